/**
 * Wherever `await` and a second file are in the way: the module's bytes stand in a script and are
 * compiled at once. Meant for service workers, single files and runtimes not named in the manifest.
 */
import { boot } from './boot.js'
import hex from './wasm/inline.js'

const digit = (at) => {
  const code = hex.charCodeAt(at)
  return code < 58 ? code - 48 : code - 87 // '0' to '9', else 'a' to 'f'
}
const bytes = new Uint8Array(hex.length / 2)
for (let at = 0; at < bytes.length; at++) bytes[at] = digit(2 * at) * 16 + digit(2 * at + 1)
boot(new WebAssembly.Module(bytes))

export { CallgateError, loadCatalogue, Portal, ready, ref, scopesFor } from './boot.js'
