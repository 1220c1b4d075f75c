/** Browsers: the module is fetched from beside the package's files and compiled while it arrives. */
import { load } from '../instantiate.js'
import { boot } from './boot.js'

boot(await load(new URL('../wasm/systems.wasm', import.meta.url)))

export { CallgateError, OneE, ready, TelecomX } from './boot.js'
