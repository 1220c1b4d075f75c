/** Vercel's edge runtime: the platform compiles the module and hands it over. */
import module from './wasm/callgate.wasm?module'
import { boot } from './boot.js'

boot(module)

export { CallgateError, loadCatalogue, Portal, ready, ref, scopesFor } from './boot.js'
