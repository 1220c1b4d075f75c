/** The package as npm delivers it: packed, installed into a project of its own, and imported. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { makeProject } from '../support/project.mjs'

const pkg = fileURLToPath(new URL('../../pkg/', import.meta.url))
const manifest = JSON.parse(readFileSync(join(pkg, 'package.json'), 'utf8'))
const names = ['CallgateError', 'Portal', 'loadCatalogue', 'ready', 'ref', 'scopesFor']

let made
let project
let packed

before(() => {
  made = makeProject()
  project = made.folder
  packed = made.packed
})

after(() => made?.remove())

/** Runs a module inside the project and returns what it printed, parsed. */
function inProject(source, [program, ...flags] = ['node']) {
  writeFileSync(join(project, 'main.js'), source)
  const printed = execFileSync(program, [...flags, 'main.js'], { cwd: project, encoding: 'utf8' })
  return JSON.parse(printed)
}

const tool = (path) => fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url))

const runtimes = {
  Node: ['node'],
  Bun: [tool('.bin/bun')],
  Deno: [tool('@deno/linux-x64-glibc/deno'), 'run', '--allow-read'],
}

test('holds_each_module_once_and_nothing_of_the_workshop', () => {
  assert.deepEqual(
    packed.filter((path) => path.endsWith('.wasm')),
    ['wasm/callgate.wasm', 'wasm/edge.wasm', 'wasm/systems.wasm'],
  )
  for (const needed of ['README.md', 'LICENSE-MIT', 'LICENSE-APACHE', 'index.d.ts']) {
    assert.ok(packed.includes(needed), `${needed} is missing`)
  }
  const ours =
    /^(wasm\/.*|.*\.js|.*\.d\.ts|catalogue\.bin|(README|BX24)\.md|LICENSE-.*|package\.json)$/
  const foreign = packed.filter((path) => !ours.test(path))
  assert.deepEqual(foreign, [])
})

test('the_module_names_no_folder_of_the_machine_that_built_it', () => {
  const module = readFileSync(join(pkg, 'wasm/callgate.wasm'), 'latin1')
  assert.deepEqual(module.match(/[^\0]{0,40}(registry\/src|\/\.?cargo|\/home\/|\/Users\/)/g), null)
})

test('every_file_that_the_manifest_names_is_there', () => {
  const targets = (entry) =>
    typeof entry === 'string' ? [entry] : Object.values(entry).flatMap(targets)
  for (const path of [...targets(manifest.exports), ...manifest.sideEffects]) {
    assert.ok(packed.includes(path.replace(/^\.\//, '')), `${path} is missing`)
  }
})

test('the_manifest_has_no_fault_that_publint_knows', async () => {
  const { messages } = await publint({ pkgDir: pkg, strict: true })
  assert.deepEqual(
    messages.map((message) => formatMessage(message, manifest)),
    [],
  )
})

for (const [name, runtime] of Object.entries(runtimes)) {
  // Its package holds the program for this one platform.
  const skip = runtime[0].startsWith('/') && !existsSync(runtime[0])

  for (const entry of ['callgate', 'callgate/inline']) {
    test(`${entry} has its names in ${name} and is ready at once`, { skip }, () => {
      const seen = inProject(
        `import * as callgate from '${entry}'
        await callgate.ready
        const { CallgateError, Portal } = callgate
        console.log(JSON.stringify({
          names: Object.keys(callgate).sort(),
          isError: CallgateError.prototype instanceof Error,
          isClass: typeof Portal,
        }))`,
        runtime,
      )
      assert.deepEqual(seen, { names, isError: true, isClass: 'function' })
    })
  }
}

test('two_entry_points_in_one_program_are_one_library', () => {
  const same = inProject(`
    import { Portal } from 'callgate'
    import { Portal as Inline } from 'callgate/inline'
    console.log(Portal === Inline)`)
  assert.equal(same, true)
})

test('a_browser_gets_the_entry_that_streams_and_a_bundler_can_see_the_file', async () => {
  const { outputFiles } = await build({
    stdin: { contents: `export * from 'callgate'`, resolveDir: project },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  })
  const script = outputFiles[0].text
  assert.match(script, /new URL\("\.\/wasm\/callgate\.wasm", import\.meta\.url\)/)
  assert.doesNotMatch(script, /node:/)
})

test('the_types_name_what_the_module_has', async () => {
  const types = readFileSync(join(pkg, 'index.d.ts'), 'utf8')
  const declared = [...types.matchAll(/^export (?:const|class|function) (\w+)/gm)].map(
    ([, name]) => name,
  )
  assert.deepEqual(declared.sort(), names)

  const [, body] = /^export class Portal \{\n([^]*?)^\}/m.exec(types)
  const found = [...body.matchAll(/^ {2}(?:(static) )?(?:readonly )?(\w+)(?=[<(:?])/gm)]
  const members = found
    .filter(([, , name]) => name !== 'constructor')
    .map(([, side, name]) => (side ? `static ${name}` : name))

  const { Portal } = await import('callgate')
  const own = (object) =>
    Object.getOwnPropertyNames(object).filter((name) => !name.startsWith('__'))
  const ours = ['constructor', 'free', 'length', 'name', 'prototype'] // the language's and the glue's
  const framed = ['frame'] // which a portal has when a page frames it
  const built = [
    ...framed,
    ...own(Portal).map((name) => `static ${name}`),
    ...own(Portal.prototype),
  ]
  const isOurs = (name) => ours.includes(name.replace('static ', ''))
  assert.deepEqual([...new Set(members)].sort(), built.filter((name) => !isOurs(name)).sort())
})
