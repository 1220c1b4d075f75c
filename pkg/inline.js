/**
 * Wherever `await` and a second file are in the way: the module's bytes stand in a script and are
 * compiled at once. Meant for service workers, single files and runtimes not named in the manifest.
 */
import { boot } from './boot.js'
import { compile } from './instantiate.js'
import hex from './wasm/callgate_inline.js'

boot(compile(hex))

export { CallgateError, loadCatalogue, Portal, ready, ref, scopesFor } from './boot.js'
