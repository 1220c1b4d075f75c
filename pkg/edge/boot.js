/**
 * Joins the edge's module and its glue, and names what every entry point exports. An entry point
 * gets hold of a `WebAssembly.Module` in its runtime's way and calls `boot` while it is imported.
 */
import { instantiate } from '../instantiate.js'
import * as glue from '../wasm/edge_bg.js'

export { CallgateError } from '../wasm/js/face.js'
export { createGate } from './gate.js'
export { memoryStore } from './stores/memory.js'

/** Lets the gate look at parameters more closely, with the facts that the package brings along. */
export async function loadCatalogue() {
  const facts = await import('../catalogue.js')
  glue.useCatalogue(facts.default)
}

/** Brings the module to life; once, even if a program imports two entry points. */
export const boot = (module) => instantiate(module, glue)
