/** Node, Deno and Bun: the module is read from disk. */
import { readFileSync } from 'node:fs'
import { boot } from './boot.js'

const path = new URL('../wasm/edge.wasm', import.meta.url)
boot(new WebAssembly.Module(readFileSync(path)))

export { CallgateError, createGate, loadCatalogue, memoryStore } from './boot.js'
