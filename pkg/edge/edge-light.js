/** Vercel's edge runtime: the platform compiles the module and hands it over. */
import module from '../wasm/edge.wasm?module'
import { boot } from './boot.js'

boot(module)

export { CallgateError, createGate, loadCatalogue, memoryStore } from './boot.js'
