/** The entries of 1E and TelecomX, as npm delivers them. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { makeProject } from '../support/project.mjs'

const pkg = fileURLToPath(new URL('../../pkg/', import.meta.url))
const tool = (path) => fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url))

let made
before(() => (made = makeProject()))
after(() => made?.remove())

const runtimes = {
  Node: ['node'],
  Bun: [tool('.bin/bun')],
  Deno: [tool('@deno/linux-x64-glibc/deno'), 'run', '--allow-read'],
}

/** Uses both entries, without a request: what a program sees of them. */
const program = (way) => `
  import { CallgateError as own } from 'callgate'
  import { CallgateError, OneE, ready } from 'callgate/one-e${way}'
  import { TelecomX } from 'callgate/telecomx${way}'
  await ready
  const seen = []
  for (const make of [() => new OneE({ url: 'x' }), () => new TelecomX({})]) {
    try {
      make()
    } catch (error) {
      seen.push(error instanceof CallgateError && CallgateError === own && error.message)
    }
  }
  const { verdict } = new TelecomX({ token: 't' }).check('a', 'spy')
  console.log(JSON.stringify([...seen, verdict]))`

for (const [name, [command, ...flags]] of Object.entries(runtimes)) {
  // Its package holds the program for this one platform.
  const skip = command.startsWith('/') && !existsSync(command)

  for (const way of ['', '/inline']) {
    test(`both entries${way} work in ${name} and share the error's class`, { skip }, () => {
      const file = join(made.folder, 'systems.js')
      writeFileSync(file, program(way))
      const printed = execFileSync(command, [...flags, file], {
        cwd: made.folder,
        encoding: 'utf8',
      })
      assert.deepEqual(JSON.parse(printed), [
        'consumer: is missing (CALLGATE_INVALID)',
        'token: is missing (CALLGATE_INVALID)',
        'unknown',
      ])
    })
  }
}

test('a_browser_streams_their_module_and_a_page_with_a_portal_alone_has_nothing_of_them', async () => {
  const bundle = async (contents) => {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: made.folder },
      bundle: true,
      format: 'esm',
      platform: 'browser',
      write: false,
    })
    return outputFiles[0].text
  }
  const own = await bundle(`export * from 'callgate/one-e'`)
  assert.match(own, /new URL\("\.\.\/wasm\/systems\.wasm", import\.meta\.url\)/)
  assert.doesNotMatch(own, /node:|callgate\.wasm/)
  assert.doesNotMatch(await bundle(`export * from 'callgate'`), /systems\.wasm|TelecomX/)
})

test('the_types_name_what_the_classes_have', async () => {
  const { OneE, TelecomX } = await import('callgate/one-e')
  const one = new OneE({
    url: 'https://onee.example',
    consumer: 'C',
    token: 't',
    fetch: async () => new Response('{"Id":1,"Status":1}'),
  })
  const run = await one.run(1)
  const methods = (object) =>
    Object.getOwnPropertyNames(object).filter((name) => name !== 'constructor')
  for (const [file, name, built] of [
    ['one-e', 'class OneE', [...methods(OneE.prototype), 'approvals']],
    ['one-e', 'interface Run extends RunId', methods(Object.getPrototypeOf(run))],
    ['one-e', 'interface Approvals', methods(Object.getPrototypeOf(one.approvals))],
    ['telecomx', 'class TelecomX', [...methods(TelecomX.prototype), 'login']],
  ]) {
    const types = readFileSync(join(pkg, `${file}.d.ts`), 'utf8')
    const [, body] = new RegExp(`^export ${name} \\{\\n([^]*?)^\\}`, 'm').exec(types)
    const found = [...body.matchAll(/^ {2}(?:static )?(?:readonly )?(\w+)(\??)(?=[<(:?])/gm)]
    const facts = name.includes('Run') ? ['kind', 'status'] : [] // these are the run's own
    const declared = found
      .filter(([, name, optional]) => name !== 'constructor' && !optional)
      .map(([, name]) => name)
      .filter((name) => !facts.includes(name))
    // What may be missing stands among the run's facts too.
    const optional = ['name', 'createdBy', 'actionedBy', 'actionReason', 'codeExpiresAt']
    assert.deepEqual(declared.filter((name) => !optional.includes(name)).sort(), built.sort(), name)
  }
})
