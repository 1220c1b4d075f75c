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
