/** Vercel's edge runtime. Its build tool turns an import of wasm into a module; we hand it one. */
import { EdgeRuntime } from 'edge-runtime'
import { bundle, moduleBytes } from './bundle.mjs'

/**
 * Starts a program from its text, which may import one of the package's modules, and returns the
 * runtime. `globals` are put into it.
 */
export async function startEdgeLight(source, name, globals) {
  const script = await bundle(source, {
    conditions: ['edge-light'],
    format: 'iife',
    wasm: 'export default globalThis.compiledModule',
  })
  const compiledModule = await WebAssembly.compile(await moduleBytes(name))
  const extend = (context) => Object.assign(context, { compiledModule }, globals)
  return new EdgeRuntime({
    initialCode: script,
    extend,
    codeGeneration: { strings: false, wasm: false },
  })
}
