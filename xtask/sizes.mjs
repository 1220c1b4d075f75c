/**
 * Prints what a page loads before its first call, as `cargo xtask build` left it in pkg/.
 * The script is bundled and minified as a user's bundler does it. Or, of the files that are named,
 * what each weighs.
 */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const pkg = new URL('../pkg/', import.meta.url)

/** The bytes of `exports` of an entry point, bundled and minified. */
async function bundle(entry, names = '{ Portal, CallgateError }') {
  const { outputFiles } = await build({
    stdin: { contents: `export ${names} from './${entry}'`, resolveDir: fileURLToPath(pkg) },
    bundle: true,
    format: 'esm',
    minify: true,
    target: 'es2022',
    write: false,
  })
  return outputFiles[0].contents
}

const raw = (bytes) => bytes.length
const gzip = (bytes) => gzipSync(bytes, { level: 9 }).length
const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  }).length

const measure = (bytes) => [raw, gzip, brotli].map((size) => size(bytes))
const sum = (one, other) => one.map((size, at) => size + other[at])

async function ofPackage() {
  const wasm = await readFile(new URL('wasm/callgate.wasm', pkg))
  const script = await bundle('browser.js')
  const inline = await bundle('inline.js')

  return [
    ['callgate.wasm', measure(wasm)],
    ['script, minified', measure(script)],
    ['bytes to the first call', sum(measure(wasm), measure(script))],
    ['callgate/inline, minified', measure(inline)],
    ['bx24.js', measure(await readFile(new URL('bx24.js', pkg)))],
    ['edge.wasm', measure(await readFile(new URL('wasm/edge.wasm', pkg)))],
    ['systems.wasm', measure(await readFile(new URL('wasm/systems.wasm', pkg)))],
  ]
}

const ofFile = async (path) => [basename(path), measure(await readFile(path))]
const named = process.argv.slice(2)
const rows = named.length > 0 ? await Promise.all(named.map(ofFile)) : await ofPackage()

const line = (name, ...cells) =>
  name.padEnd(28) + cells.map((it) => String(it).padStart(10)).join('')
console.log(line('bytes', 'raw', 'gzip -9', 'brotli 11'))
for (const [name, sizes] of rows) {
  console.log(line(name, ...sizes.map((size) => size.toLocaleString('en'))))
}
