/** Browsers: the module is fetched from beside this file and compiled while it arrives. */
import { boot } from './boot.js'
import { load } from './instantiate.js'

boot(await load(new URL('./wasm/callgate.wasm', import.meta.url)))

export { CallgateError, loadCatalogue, Portal, ready, ref, scopesFor } from './boot.js'
