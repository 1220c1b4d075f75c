/**
 * Joins the compiled module and its glue, and names what every entry point exports.
 *
 * An entry point's only task is to get hold of a `WebAssembly.Module` in its runtime's way. It
 * calls `boot` while it is being imported, so whoever could import it can use it at once.
 */
import { instantiate } from './instantiate.js'
import * as glue from './wasm/callgate_bg.js'
import { invalid } from './wasm/js/face.js'
import { useShapes } from './wasm/js/shapes.js'

export { callForm, FrameLink, Portal, ref, scopesFor, setDefaultFetch } from './wasm/callgate_bg.js'
export { CallgateError } from './wasm/js/face.js'

/** Resolved once the module is compiled, which it is by the time one can see this. */
export const ready = Promise.resolve()

/**
 * Puts facts in use for all portals of the program: those of the package, loaded now, or the files
 * given, as text or bytes. Each says by its first letters what it is.
 */
export async function loadCatalogue(...files) {
  if (files.length === 0) {
    const own = await Promise.all([import('./catalogue.js'), import('./shapes.js')])
    files = own.map((file) => file.default)
  }
  for (const text of files.map(textOf)) {
    if (text.startsWith('CGS')) useShapes(text)
    else glue.useCatalogue(text)
  }
}

function textOf(file) {
  if (typeof file === 'string') return file
  try {
    return new TextDecoder().decode(file ?? null)
  } catch {
    throw invalid('loadCatalogue: a file is wanted, as a text or as bytes')
  }
}

/** Brings the module to life; once, even if a program imports two entry points. */
export const boot = (module) => instantiate(module, glue)
