/** The channel to the portal's page: an application in its frame, at another origin. */
/* global callgate, openApp, outcome, speak */
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startChromium } from '../support/chromium.mjs'
import { readForm } from '../support/form.mjs'
import { startPortal } from '../support/portal.mjs'
import { commonPages, loaded, startSite } from '../support/site.mjs'

const fixtures = fileURLToPath(new URL('fixtures', import.meta.url))
const sid = '0123456789abcdef0123456789abcdef'

let browser, portal, site, page, token
before(async () => {
  ;[browser, portal] = await Promise.all([startChromium(), startPortal({ root: fixtures })])
  site = await startSite({ pages: commonPages() })
})
after(async () => {
  site?.stop()
  await Promise.all([browser?.close(), portal?.stop()])
})
beforeEach(async () => {
  await portal.reset()
  token = await portal.control('tokens', { scopes: ['crm', 'im'] })
  page = await browser.newPage()
})
afterEach(() => page.close())

/** What the portal's page says of itself. */
const init = (change) => ({
  LANG: 'en',
  DOMAIN: new URL(portal.portal).host,
  PROTOCOL: 0,
  PATH: '/rest',
  AUTH_ID: token.access_token,
  AUTH_EXPIRES: '3600',
  REFRESH_ID: token.refresh_token,
  MEMBER_ID: token.member_id,
  FIRST_RUN: false,
  IS_ADMIN: true,
  INSTALL: false,
  USER_OPTIONS: [],
  APP_OPTIONS: [],
  PLACEMENT: 'DEFAULT',
  PLACEMENT_OPTIONS: '',
  ...change,
})

/** Opens the application in the portal's page and gives its frame. */
async function inFrame({ answers = { getInitData: [reply(init())] }, name, parent } = {}) {
  await page.goto(parent ?? `${portal.portal}/www/parent.html`)
  await page.evaluate((given) => openApp(given), { app: `${site.origin}/app.html`, name, answers })
  const frame = page.frames().find((frame) => frame.url().endsWith('/app.html'))
  await loaded(frame)
  return frame
}

/** A message that answers a command. */
const reply = (value) => `$ID:${JSON.stringify(value)}`

/** Opens `Portal.frame`, and tells how that ends. */
const handshake = (frame, options) =>
  frame.evaluate(async (options) => {
    const start = performance.now()
    const ended = await outcome(async () => {
      globalThis.portal = await callgate.Portal.frame(options)
    })
    return { ...ended, took: performance.now() - start }
  }, options)

const call = (frame, ...args) =>
  frame.evaluate((args) => outcome(globalThis.portal.call(...args)), args)

const grant = (frame) => frame.evaluate(() => globalThis.portal.grant)

/** What the portal's page has heard. */
const received = () => page.evaluate(() => received.map(({ data }) => data))

/** The REST calls that the portal has seen: method and token. */
const calls = async () =>
  (await portal.log())
    .filter(({ url }) => url.startsWith('/rest'))
    .map(({ url, body }) => [url.slice('/rest/'.length), readForm(body).get('auth')])

test('the_handshake_brings_a_portal_that_calls_with_the_pages_token', async () => {
  const frame = await inFrame()
  assert.equal((await handshake(frame)).kind, undefined)
  const [message, ...more] = await received()
  assert.match(message, new RegExp(`^getInitData::[^:]+:${sid}$`))
  assert.deepEqual(more, [])
  assert.deepEqual(await calls(), []) // opening costs no request
  const { status } = await call(frame, 'crm.deal.get', { id: 1 })
  assert.equal(status, 200)
})

test('the_first_call_asks_for_the_scopes_alongside_and_the_second_does_not', async () => {
  const frame = await inFrame()
  await handshake(frame)
  const before = await frame.evaluate(() => portal.check('crm.deal.get', { id: 1 }))
  assert.deepEqual([before.verdict, before.layer], ['unknown', 'scope'])
  assert.equal((await grant(frame)).source, 'none')
  await call(frame, 'crm.deal.get', { id: 1 })
  await frame.waitForFunction(() => globalThis.portal.grant.source === 'scope')
  const { scopes } = await grant(frame)
  assert.deepEqual(scopes, ['crm', 'im'])
  const methods = (await calls()).map(([method]) => method).sort()
  assert.deepEqual(methods, ['crm.deal.get', 'scope'])
  await call(frame, 'crm.deal.get', { id: 2 })
  assert.equal((await calls()).length, 3)
  const refused = await call(frame, 'task.item.list')
  assert.deepEqual([refused.code, refused.ran], ['insufficient_scope', 'no'])
  assert.equal((await calls()).length, 3)
})

test('scopes_that_cannot_be_had_disturb_no_call', async () => {
  const frame = await inFrame()
  await handshake(frame)
  await portal.control('faults', { kind: 'overload', method: 'scope' })
  assert.equal((await call(frame, 'crm.deal.get', { id: 1 })).status, 200)
  assert.equal((await grant(frame)).source, 'none')
})

test('an_expired_token_is_refreshed_by_the_portals_page', async () => {
  const fresh = await portal.control('tokens', { scopes: ['crm', 'im'] })
  const answer = { AUTH_ID: fresh.access_token, AUTH_EXPIRES: '3600', REFRESH_ID: 'r' }
  const frame = await inFrame({
    answers: { getInitData: [reply(init())], refreshAuth: [reply(answer)] },
  })
  await handshake(frame)
  await portal.control('faults', { kind: 'expired-token', times: 1, method: 'crm.deal.get' })
  assert.equal((await call(frame, 'crm.deal.get', { id: 1 })).status, 200)
  const commands = (await received()).map((message) => message.split(':')[0])
  assert.deepEqual(commands, ['getInitData', 'refreshAuth'])
  assert.match((await received())[1], new RegExp(`^refreshAuth:{}:[^:]+:${sid}$`))
  const used = (await calls()).filter(([method]) => method === 'crm.deal.get')
  assert.deepEqual(
    used.map(([, auth]) => auth),
    [token.access_token, fresh.access_token],
  )
})

test('a_token_whose_life_is_over_is_refreshed_before_it_is_used', async () => {
  const fresh = await portal.control('tokens', { scopes: ['crm'] })
  const frame = await inFrame({
    answers: {
      getInitData: [reply(init({ AUTH_EXPIRES: '0' }))],
      refreshAuth: [reply({ AUTH_ID: fresh.access_token, AUTH_EXPIRES: 3600 })],
    },
  })
  await handshake(frame)
  assert.equal((await call(frame, 'crm.deal.get', { id: 1 })).status, 200)
  for (const [, auth] of await calls()) assert.equal(auth, fresh.access_token)
})

test('a_refresh_that_the_page_never_answers_ends_in_the_calls_timeout', async () => {
  const frame = await inFrame()
  await handshake(frame)
  await portal.control('faults', { kind: 'expired-token', method: 'crm.deal.get' })
  const error = await call(frame, 'crm.deal.get', { id: 1 }, { timeout: 300 })
  assert.deepEqual([error.ours, error.kind, error.ran], [true, 'timeout', 'no'])
})

test('allowed_portals_may_be_hosts_or_origins_and_one_of_them_has_to_fit', async () => {
  const { host } = new URL(portal.portal)
  const frame = await inFrame()
  // A bare host means https, and the test portal speaks http.
  for (const allowedPortals of [[portal.portal], ['other.example', `${portal.portal}/`]]) {
    assert.equal((await handshake(frame, { allowedPortals })).kind, undefined)
  }
  const before = (await received()).length
  for (const allowedPortals of [[], [host], ['portal.example'], [`https://${host}`]]) {
    const error = await handshake(frame, { allowedPortals })
    assert.deepEqual(
      [error.ours, error.code, error.kind, error.ran],
      [true, 'CALLGATE_PORTAL_NOT_ALLOWED', 'invalid', 'no'],
    )
  }
  assert.equal((await received()).length, before)
})

test('a_frame_that_is_not_a_portals_is_refused_and_says_nothing_to_anybody', async () => {
  for (const name of [
    'my frame',
    `portal.example|${sid}`,
    `portal.example|2|${sid}`,
    'portal.example|1|',
    `evil.example/x|1|${sid}`,
    `user@evil.example|1|${sid}`,
    `portal.example|0|${sid}`,
  ]) {
    const frame = await inFrame({ name })
    const error = await handshake(frame)
    assert.deepEqual(
      [error.ours, error.code, error.kind],
      [true, 'CALLGATE_NOT_IN_FRAME', 'invalid'],
      name,
    )
    assert.deepEqual(await received(), [])
  }
})

test('a_page_that_is_not_framed_is_refused', async () => {
  await page.goto(`${site.origin}/app.html`)
  await loaded(page)
  await page.evaluate((name) => (window.name = name), `portal.example|1|${sid}`)
  const error = await handshake(page)
  assert.deepEqual([error.code, error.kind], ['CALLGATE_NOT_IN_FRAME', 'invalid'])
})

test('a_portals_page_that_never_answers_is_a_timeout', async () => {
  const frame = await inFrame({ answers: {} })
  const error = await handshake(frame, { handshakeTimeout: 200 })
  assert.deepEqual(
    [error.ours, error.code, error.kind, error.ran],
    [true, 'CALLGATE_FRAME_SILENT', 'timeout', 'no'],
  )
  assert.ok(error.took >= 190 && error.took < 9_000, `after ${error.took} ms`)
  assert.equal((await received()).length, 1)
})

test('a_timeout_may_be_longer_than_a_timer_can_run', async () => {
  const frame = await inFrame()
  const handshakeTimeout = 1e12
  assert.equal((await handshake(frame, { handshakeTimeout })).kind, undefined)
})

test('nothing_is_said_to_a_parent_of_another_origin_and_nothing_it_says_is_heard', async () => {
  // The same page, but from the application's own server: not the portal that the name speaks of.
  const name = `${new URL(portal.portal).host}|0|${sid}`
  const text = await (await fetch(`${portal.portal}/www/parent.html`)).text()
  site.pages['/parent.html'] = text
  const frame = await inFrame({ parent: `${site.origin}/parent.html`, name })
  await page.evaluate(() => {
    const post = window.postMessage
    window.postMessage = (text, target) => {
      globalThis.meant = text // for the portal
      post(text, target)
    }
  })
  const silent = handshake(frame, { handshakeTimeout: 500 })
  await page.waitForFunction(() => globalThis.meant)
  await page.evaluate((json) => {
    frames[0].postMessage(`${globalThis.meant.split(':').at(-2)}:${json}`, '*')
  }, JSON.stringify(init()))
  assert.equal((await silent).code, 'CALLGATE_FRAME_SILENT')
  assert.deepEqual(await received(), [])
})

test('another_frame_of_the_portals_origin_is_not_heard', async () => {
  const frame = await inFrame({ answers: {} })
  await page.evaluate(() => {
    return new Promise((resolve) => {
      const neighbour = document.createElement('iframe')
      neighbour.src = '/www/neighbour.html'
      neighbour.onload = resolve
      document.body.append(neighbour)
    })
  })
  const ended = handshake(frame, { handshakeTimeout: 500 })
  await page.waitForFunction(() => received.length === 1)
  const [message] = await received()
  const id = message.split(':').at(-2)
  const neighbour = page.frames().find((it) => it.url().endsWith('/neighbour.html'))
  await neighbour.evaluate((text) => speak(text), `${id}:${JSON.stringify(init())}`)
  assert.equal((await ended).code, 'CALLGATE_FRAME_SILENT')
})

test('the_applications_own_window_is_not_heard_either', async () => {
  const frame = await inFrame({ answers: {} })
  const ended = handshake(frame, { handshakeTimeout: 400 })
  await page.waitForFunction(() => received.length === 1)
  const id = (await received())[0].split(':').at(-2)
  await frame.evaluate((text) => window.postMessage(text, '*'), `${id}:${JSON.stringify(init())}`)
  assert.equal((await ended).code, 'CALLGATE_FRAME_SILENT')
})

test('messages_that_mean_nothing_are_passed_over', async () => {
  const nonsense = ['hello', '', ':', ':{}', 'callgate999:{}', 'name:{}', 'constructor:{}', 7, null]
  const getInitData = [...nonsense, { AUTH_ID: 'evil' }, ['$ID:{}'], reply(init()), 'after:{}']
  const frame = await inFrame({ answers: { getInitData } })
  assert.equal((await handshake(frame)).kind, undefined)
  assert.equal((await call(frame, 'crm.deal.get', { id: 1 })).status, 200)
})

test('the_first_answer_counts', async () => {
  const getInitData = [reply(init()), reply(init({ AUTH_ID: 'another token' }))]
  const frame = await inFrame({ answers: { getInitData } })
  await handshake(frame)
  assert.equal((await call(frame, 'crm.deal.get', { id: 1 })).status, 200)
})

test('an_answer_that_is_none_is_an_error', async () => {
  for (const answer of [
    '$ID:{"AUTH_ID"',
    '$ID:',
    '$ID:[]',
    '$ID:null',
    '$ID:{}',
    '$ID:{"AUTH_ID":""}',
  ]) {
    const frame = await inFrame({ answers: { getInitData: [answer] } })
    const error = await handshake(frame)
    assert.deepEqual(
      [error.ours, error.code, error.kind, error.ran],
      [true, 'CALLGATE_FRAME_ANSWER', 'protocol', 'no'],
      answer,
    )
  }
})

test('closing_ends_calls_and_takes_the_listener_away', async () => {
  const frame = await inFrame()
  await frame.evaluate(() => {
    globalThis.listeners = 0
    const { addEventListener: add, removeEventListener: remove } = window
    window.addEventListener = (type, ...rest) => {
      if (type === 'message') globalThis.listeners++
      return add.call(window, type, ...rest)
    }
    window.removeEventListener = (type, ...rest) => {
      if (type === 'message') globalThis.listeners--
      return remove.call(window, type, ...rest)
    }
  })
  await handshake(frame)
  assert.equal(await frame.evaluate(() => globalThis.listeners), 1)
  await portal.control('settings', { latency: 2_000 })
  const ended = await frame.evaluate(async () => {
    const call = outcome(globalThis.portal.call('profile'))
    setTimeout(() => globalThis.portal.close(), 100)
    return call
  })
  assert.deepEqual([ended.ours, ended.kind], [true, 'aborted'])
  assert.equal(await frame.evaluate(() => globalThis.listeners), 0)
  assert.deepEqual([(await call(frame, 'profile')).kind], ['aborted'])
  await portal.control('settings', { latency: 0 })
})

test('a_handshake_that_fails_takes_its_listener_away', async () => {
  const frame = await inFrame({ answers: {} })
  const left = await frame.evaluate(async () => {
    let listeners = 0
    const { addEventListener: add, removeEventListener: remove } = window
    window.addEventListener = (...args) => (listeners++, add.apply(window, args))
    window.removeEventListener = (...args) => (listeners--, remove.apply(window, args))
    await outcome(callgate.Portal.frame({ handshakeTimeout: 50 }))
    return listeners
  })
  assert.equal(left, 0)
})

test('wrong_options_are_named', async () => {
  const frame = await inFrame()
  for (const [options, words] of [
    [{ handshakeTimeout: 'soon' }, /handshakeTimeout/],
    [{ handshakeTimeout: -1 }, /handshakeTimeout/],
    [{ allowedPortals: 7 }, /allowedPortals/],
    [{ allowedPortals: [7] }, /allowedPortals/],
    [{ allowedPortals: ['no host'] }, /allowedPortals/],
    [{ domain: 'portal.example' }, /domain/],
    ['options', /options/],
  ]) {
    const error = await handshake(frame, options)
    assert.deepEqual([error.ours, error.kind], [true, 'invalid'])
    assert.match(error.message, words)
  }
})

test('the_page_that_frames_is_asked_again_for_every_portal', async () => {
  const frame = await inFrame()
  const statuses = await frame.evaluate(async () => {
    const portals = await Promise.all([callgate.Portal.frame(), callgate.Portal.frame()])
    const calls = portals.map((portal) => outcome(portal.call('crm.deal.get', { id: 1 })))
    return (await Promise.all(calls)).map(({ status }) => status)
  })
  assert.deepEqual(statuses, [200, 200])
  assert.equal((await received()).length, 2)
})
