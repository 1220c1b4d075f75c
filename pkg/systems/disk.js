/** Deno and Bun: the module is read from disk; calls leave through the runtime's own `fetch`. */
import { readFileSync } from 'node:fs'
import { boot } from './boot.js'

const path = new URL('../wasm/systems.wasm', import.meta.url)
boot(new WebAssembly.Module(readFileSync(path)))

export { CallgateError, OneE, ready, TelecomX } from './boot.js'
