/** Cloudflare's workerd: the platform compiles the module and hands it over. */
import module from './wasm/callgate.wasm'
import { boot } from './boot.js'

boot(module)

export { CallgateError, loadCatalogue, Portal, ready, ref, scopesFor } from './boot.js'
