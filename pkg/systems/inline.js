/** Wherever `await` and a second file are in the way: the module's bytes stand in a script. */
import { compile } from '../instantiate.js'
import hex from '../wasm/systems_inline.js'
import { boot } from './boot.js'

boot(compile(hex))

export { CallgateError, OneE, ready, TelecomX } from './boot.js'
