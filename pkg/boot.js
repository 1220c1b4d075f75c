/**
 * Joins the compiled module and its glue, and names what every entry point exports.
 *
 * An entry point's only task is to get hold of a `WebAssembly.Module` in its runtime's way. It
 * calls `boot` while it is being imported, so whoever could import it can use it at once.
 */
import * as glue from './wasm/callgate_bg.js'

export { Portal, scopesFor, setDefaultFetch } from './wasm/callgate_bg.js'
export { CallgateError } from './wasm/js/face.js'

/** Resolved once the module is compiled, which it is by the time one can see this. */
export const ready = Promise.resolve()

let booted = false

/** Brings the module to life; once, even if a program imports two entry points. */
export function boot(module) {
  if (booted) return
  booted = true
  const { exports } = new WebAssembly.Instance(module, { './callgate_bg.js': glue })
  glue.__wbg_set_wasm(exports)
  exports.__wbindgen_start()
}
