/** Gets hold of modules, and joins them and their glue. */

const alive = new Set()

/** Brings a module to life; once, even if a program imports two of its entry points. */
export function instantiate(module, glue) {
  if (alive.has(glue)) return
  alive.add(glue)
  const { exports } = new WebAssembly.Instance(module, { glue })
  glue.__wbg_set_wasm(exports)
  exports.__wbindgen_start()
}

/**
 * Fetches a module and compiles it while it arrives. A server that names another type than
 * application/wasm costs the streaming, nothing else.
 */
export async function load(url) {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`callgate: ${url} answered ${response.status}`)
  return response.headers.get('content-type') === 'application/wasm'
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer())
}

const digit = (text, at) => {
  const code = text.charCodeAt(at)
  return code < 58 ? code - 48 : code - 87 // '0' to '9', else 'a' to 'f'
}

function bytesOf(hex) {
  const bytes = new Uint8Array(hex.length / 2)
  for (let at = 0; at < bytes.length; at++)
    bytes[at] = digit(hex, 2 * at) * 16 + digit(hex, 2 * at + 1)
  return bytes
}

/** Compiles a module whose bytes are written in hexadecimal, at once. Newer engines read that faster. */
export function compile(hex) {
  return new WebAssembly.Module(Uint8Array.fromHex?.(hex) ?? bytesOf(hex))
}
