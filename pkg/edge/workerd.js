/** Cloudflare's workerd: the platform compiles the module and hands it over. */
import module from '../wasm/edge.wasm'
import { boot } from './boot.js'

boot(module)

export { CallgateError, createGate, loadCatalogue, memoryStore } from './boot.js'
