/** BX24's start: the portals that may frame the page, and the form that bundlers take. */
/* global BX24 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundle } from '../support/bundle.mjs'
import { bx24World, call } from '../support/bx24.mjs'

/** A page whose tag names portals; `failure` is what the script threw. */
const naming = (portals) => `<!doctype html>
  <script>addEventListener('error', ({ error }) => (window.failure = error))</script>
  <script src="/pkg/bx24.js" data-allowed-portals="${portals}"></script>`

const world = bx24World({ '/module.html': '<!doctype html><script src="/module.js"></script>' })

const failureIn = (frame) =>
  frame.evaluate(() => [globalThis.BX24, globalThis.failure.message, globalThis.failure.cause.code])

test('a_page_may_say_which_portals_frame_it', async () => {
  world.site.pages['/named.html'] = naming(`other.example, ${world.portal.portal}`)
  const frame = await world.open({ path: '/named.html' })
  assert.equal(await call(frame, 'isAdmin'), true)
})

test('another_portal_is_told_nothing', async () => {
  world.site.pages['/other.html'] = naming('other.example')
  const frame = await world.load({ path: '/other.html' })
  const [BX24, message, code] = await failureIn(frame)
  assert.equal(BX24, null)
  assert.match(message, /^Unable to initialize Bitrix24 JS library! .*is not among allowedPortals/)
  assert.equal(code, 'CALLGATE_PORTAL_NOT_ALLOWED')
  assert.deepEqual(await world.messages('getInitData'), [])
})

test('an_empty_list_allows_nobody_and_a_wrong_one_is_named', async () => {
  for (const [portals, code] of [
    ['', 'CALLGATE_PORTAL_NOT_ALLOWED'],
    ['no host', 'CALLGATE_INVALID'],
  ]) {
    world.site.pages['/other.html'] = naming(portals)
    const frame = await world.load({ path: '/other.html' })
    assert.deepEqual((await failureIn(frame))[2], code)
  }
})

test('a_bundled_program_imports_it', async () => {
  const source = `
    import { BX24 } from 'callgate/bx24'
    globalThis.isSame = BX24 === window.BX24`
  world.site.pages['/module.js'] = await bundle(source, { format: 'iife', conditions: ['browser'] })
  const frame = await world.open({ path: '/module.html' })
  assert.equal(await frame.evaluate(() => globalThis.isSame), true)
  const name = await frame.evaluate(
    () =>
      new Promise((resolve) => BX24.callMethod('profile', {}, (told) => resolve(told.data().ID))),
  )
  assert.equal(name, '1')
})
