/** Any other runtime, and single files: the module's bytes stand in a script, compiled at once. */
import { compile } from '../instantiate.js'
import hex from '../wasm/edge_inline.js'
import { boot } from './boot.js'

boot(compile(hex))

export { CallgateError, createGate, loadCatalogue, memoryStore } from './boot.js'
