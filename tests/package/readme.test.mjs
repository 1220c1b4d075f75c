/** The README's first code runs as it stands, against a portal that gives it what it asks for. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startPortal } from '../support/portal.mjs'

const path = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url))

test('the first code of the README runs', { timeout: 60_000 }, async (t) => {
  const server = await startPortal()
  t.after(() => server.stop())
  const scopes = ['im', 'telephony']
  const { access_token: token } = await server.control('tokens', { scopes })

  const [, code] = /```js\n(.*?)```/s.exec(readFileSync(path('README.md'), 'utf8'))
  const program = code.replace('portal.example', server.portal).replace("'token'", `'${token}'`)
  assert.notEqual(program, code)
  mkdirSync(path('target'), { recursive: true })
  writeFileSync(path('target/readme.mjs'), program)
  const running = promisify(execFile)(process.execPath, [path('target/readme.mjs')])

  const decision = { token, method: 'voximplant.user.get', granted: true }
  const decide = () => server.control('confirmations', decision).catch(() => pause(50).then(decide))
  await decide()
  const { stdout } = await running
  assert.match(stdout, /^Give the application the scope crm in the portal/)
  assert.match(stdout, /'105': \[/)
  assert.match(stdout, /PHONE_ENABLED: (true|false)/)
  t.diagnostic(stdout)
})

test('the code of the README for three systems shows what its comments say', async (t) => {
  const server = await startPortal()
  t.after(() => server.stop())
  const { access_token: portals } = await server.control('tokens', { scopes: ['telephony'] })
  const { token: oneEs } = await server.control('one-e/users', { name: 'mira' })
  const [mira, ada] = await Promise.all(
    ['mira', 'ada'].map((name) => server.control('telecomx/users', { name })),
  )
  const url = server.portal
  const login = await fetch(`${url}/auth/login`, {
    method: 'POST',
    body: JSON.stringify({ username: 'mira', password: 'password' }),
    headers: { 'Content-Type': 'application/json' },
  })
  const { token: telecomXs } = await login.json()

  const blocks = [...readFileSync(path('README.md'), 'utf8').matchAll(/```js\n(.*?)```/gs)]
  const [, code] = blocks.find(([, block]) => block.includes('callgate/one-e'))
  const program = [
    ["'portal.example', accessToken: 'token'", `'${url}', accessToken: '${portals}'`],
    [
      "'https://onee.example', consumer: 'Callgate', token: 'token'",
      `'${url}', consumer: 'Callgate', token: '${oneEs}'`,
    ],
    ["TelecomX({ token: 'token' })", `TelecomX({ url: '${url}', token: '${telecomXs}' })`],
    ['5b8d2e0c9f1a4b3c7d6e5f40', mira.devices[0]],
    ['5c5a9dea83a3bc74d5891c95', ada.extensions[0]],
    ['60_000', '100'],
  ].reduce((text, [from, to]) => {
    assert.ok(text.includes(from), from)
    return text.replace(from, to)
  }, code)
  writeFileSync(path('target/readme-systems.mjs'), program)
  const { stdout } = await promisify(execFile)(process.execPath, [
    path('target/readme-systems.mjs'),
  ])
  const shown = stdout.trim().split('\n')
  const comments = [...code.matchAll(/\/\/ (.*) …/g)].map(([, comment]) => comment)
  assert.equal(comments.length, 3)
  for (const comment of comments)
    assert.ok(
      shown.some((line) => line.startsWith(comment)),
      comment,
    )
})
