/** The page of BX24's differences names tests that there are, and leaves no row without one. */
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'

const at = (path) => new URL(`../../${path}`, import.meta.url)
const browser = at('tests/browser/')
const tests = readdirSync(browser, { encoding: 'utf8' })
  .filter((name) => name.startsWith('bx24-'))
  .map((name) => readFileSync(new URL(name, browser), 'utf8'))
  .join('\n')

test('every difference names a test that exists', () => {
  const page = readFileSync(at('pkg/BX24.md'), 'utf8')
  const rows = page.split('\n').filter((line) => /^\| (?!-|the original|what +\|)/.test(line))
  assert.ok(rows.length > 30)
  for (const row of rows) {
    const named = [
      ...row
        .split('|')
        .at(-2)
        .matchAll(/`(\w+)`/g),
    ].map(([, name]) => name)
    assert.ok(named.length > 0, `no test: ${row}`)
    for (const name of named)
      assert.ok(tests.includes(`test('${name}'`), `there is no test ${name}`)
  }
})
