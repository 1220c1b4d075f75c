/** Vercel's edge runtime: the platform compiles the module and hands it over. */
import module from '../wasm/systems.wasm?module'
import { boot } from './boot.js'

boot(module)

export { CallgateError, OneE, ready, TelecomX } from './boot.js'
