/**
 * Browsers: the module is fetched from beside this file and compiled while it arrives.
 * A server that names another type than application/wasm costs the streaming, nothing else.
 */
import { boot } from './boot.js'

const url = new URL('./wasm/callgate.wasm', import.meta.url)
const response = await fetch(url)
if (!response.ok) throw new Error(`callgate: ${url} answered ${response.status}`)
boot(
  response.headers.get('content-type') === 'application/wasm'
    ? await WebAssembly.compileStreaming(response)
    : await WebAssembly.compile(await response.arrayBuffer()),
)

export { CallgateError, loadCatalogue, Portal, ready, ref, scopesFor } from './boot.js'
