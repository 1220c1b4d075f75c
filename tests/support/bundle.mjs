/** Bundles a program that imports `callgate`, as a platform's own tool does before it deploys. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const folder = fileURLToPath(new URL('../', import.meta.url))

/**
 * Returns the bundled script. `conditions` are the export conditions of the platform; `wasm` says
 * what stands in the script for an import of the compiled module.
 */
export async function bundle(source, { conditions, format = 'esm', wasm }) {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: folder },
    bundle: true,
    conditions,
    external: ['cloudflare:*'],
    format,
    logLevel: 'error',
    plugins: [wasmImport(wasm)],
    target: 'es2022',
    write: false,
  })
  return outputFiles[0].text
}

/** The bytes of a module that `cargo xtask build` made. */
export const moduleBytes = (name = 'callgate') =>
  readFile(new URL(`../../pkg/wasm/${name}.wasm`, import.meta.url))

const wasmImport = (contents) => ({
  name: 'wasm-import',
  setup({ onLoad, onResolve }) {
    const filter = /\.wasm(\?module)?$/
    if (contents === undefined) {
      onResolve({ filter }, ({ path }) => ({ path: `./${basename(path)}`, external: true }))
      return
    }
    onResolve({ filter }, ({ path }) => ({ path, namespace: 'wasm-import' }))
    onLoad({ filter, namespace: 'wasm-import' }, () => ({ contents }))
  },
})
