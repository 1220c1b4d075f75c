/**
 * BX24 among strangers: pages that are no portal's, words that mean nothing, other windows and
 * origins, silence, policies.
 */
/* global BX24, said */
import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { ask, bx24World, call, withScript } from '../support/bx24.mjs'
import { until } from '../support/page.mjs'

const world = bx24World({
  '/nested.html': withScript('<iframe id="inner" src="/app.html"></iframe>'),
})
const { listening, load, message, messages, open } = world
const sid = '0123456789abcdef0123456789abcdef'
const HEADER = 'Content-Security-Policy'

afterEach(() => delete world.site.headers[HEADER])

/** Loads the application's page alone, its window named so; tells what it threw. */
async function alone(name) {
  const thrown = []
  world.page.on('pageerror', ({ message }) => thrown.push(message))
  await world.page.addInitScript((name) => (window.name = name), name)
  await world.page.goto(`${world.site.origin}/app.html`)
  return { thrown, BX24: await world.page.evaluate(() => window.BX24) }
}

/** Posts into the application's frame from its parent window. */
const post = (...what) =>
  world.page.evaluate((what) => what.forEach((it) => frames[0].postMessage(it, '*')), what)

/** Asks for something that no answer comes to, and gives the callback's id. */
async function waiting(frame) {
  await world.portal.control('faults', { kind: 'page-silent', method: 'getInterface', times: 1 })
  await frame.evaluate(() => {
    globalThis.got = []
    BX24.placement.getInterface((...given) => globalThis.got.push(given))
  })
  return (await message('getInterface')).id
}

const got = (frame) => frame.evaluate(() => globalThis.got)

/** Long enough for an answer that must not be taken. */
const silence = () => world.page.waitForTimeout(150)

for (const name of [
  '',
  'my frame',
  'portal.example',
  'portal.example|1',
  'portal.example|1|',
  `|1|${sid}`,
  `portal.example|2|${sid}`,
  `evil.example/x|1|${sid}`,
  `user@evil.example|1|${sid}`,
]) {
  test(`a_window_named_${name || 'nothing'}_is_no_portals`, async () => {
    const { thrown, BX24 } = await alone(name)
    assert.equal(BX24, null)
    assert.equal(thrown.length, 1)
    assert.match(thrown[0], /Unable to initialize Bitrix24 JS library!/)
  })
}

test('a_page_that_goes_on_without_a_portal_can_see_so', async () => {
  world.site.pages['/without.html'] = withScript(
    '<script>document.title = window.BX24 ? "inside" : "outside"</script>',
  )
  await world.page.goto(`${world.site.origin}/without.html`)
  assert.equal(await world.page.title(), 'outside')
})

test('words_that_mean_nothing_disturb_nobody', async () => {
  const frame = await open()
  const thrown = []
  world.page.on('pageerror', ({ message }) => thrown.push(message))
  const id = await waiting(frame)
  await post(7, null, {}, [], true, '', ':', 'hello', ':{}', 'unknown:{}')
  await post(...['call', 'name', 'toString', '__proto__', 'constructor'].map((it) => `${it}:{}`))
  await post({ id, result: 1 }, [`${id}:{}`], `${id}:{`, `${id}:undefined`, id)
  await silence()
  assert.deepEqual([await got(frame), thrown], [[], []])
  await post(`${id}:{"a":"b:c"}`)
  await until(async () => (await got(frame)).length > 0, 'an answer')
  assert.deepEqual(await got(frame), [[{ a: 'b:c' }]])
})

test('an_empty_answer_is_an_empty_list', async () => {
  const frame = await open()
  const id = await waiting(frame)
  await post(`${id}:`)
  await until(async () => (await got(frame)).length > 0, 'an answer')
  assert.deepEqual(await got(frame), [[[]]])
})

test('every_answer_to_a_callback_counts', async () => {
  const frame = await open()
  const id = await waiting(frame)
  await post(`${id}:1`, `${id}:"two"`, `${id}:null`, `${id}:false`)
  await until(async () => (await got(frame)).length === 4, 'four answers')
  assert.deepEqual(await got(frame), [[1], ['two'], [null], [false]])
})

test('an_answer_that_comes_twice_calls_back_twice_and_starts_nothing_twice', async () => {
  await world.portal.control('faults', { kind: 'page-twice' })
  const frame = await load()
  await frame.evaluate(() => {
    globalThis.got = []
    BX24.init(() => globalThis.got.push('init'))
    BX24.init(() => BX24.placement.getInterface(() => globalThis.got.push('interface')))
  })
  await until(async () => (await got(frame)).length === 3, 'three calls')
  await silence()
  assert.deepEqual(await got(frame), ['init', 'interface', 'interface'])
})

test('the_portals_origin_alone_is_heard', async () => {
  const frame = await open()
  await world.portal.control('faults', { kind: 'page-other-origin', times: 1 })
  await frame.evaluate(() => {
    globalThis.got = []
    BX24.placement.getInterface((...given) => globalThis.got.push(given))
  })
  await message('getInterface')
  await ask(frame, 'setTitle', 'after it')
  await silence()
  assert.deepEqual(await got(frame), [])
})

test('the_parent_window_alone_is_heard', async () => {
  const frame = await open()
  const id = await waiting(frame)
  await frame.evaluate((text) => window.postMessage(text, '*'), `${id}:1`)
  const { portal } = world.portal
  await frame.evaluate(
    (src) =>
      new Promise((resolve) => {
        const neighbour = Object.assign(document.createElement('iframe'), { src, onload: resolve })
        document.body.append(neighbour)
      }),
    `${portal}/_portal/page`,
  )
  const neighbour = frame.childFrames()[0]
  assert.equal(new URL(neighbour.url()).origin, portal)
  await neighbour.evaluate((text) => parent.postMessage(text, '*'), `${id}:2`)
  await silence()
  assert.deepEqual(await got(frame), [])
})

/** Opens the application in a page of another origin that calls its window as the portal does. */
async function inAnothersFrame(script = '') {
  const { host } = new URL(world.portal.portal)
  world.site.pages['/parent.html'] =
    `<!doctype html><script>${script}</script><iframe name="${host}|0|${sid}" src="/app.html"></iframe>`
  await world.page.goto(`${world.site.origin}/parent.html`)
  const frame = await listening()
  assert.equal(await frame.evaluate(() => BX24.getDomain()), host)
  return frame
}

test('nothing_is_said_to_a_parent_of_another_origin', async () => {
  await inAnothersFrame()
  await silence()
  assert.deepEqual(await world.page.evaluate(() => said), [])
})

test('a_parent_of_another_origin_is_not_heard', async () => {
  // Of the application's own origin, so that it can listen in on what is meant for the portal.
  const frame = await inAnothersFrame('window.postMessage = (text) => (window.overheard = text)')
  const id = (await world.page.evaluate(() => window.overheard)).split(':').at(-2)
  await frame.evaluate(() => BX24.init(() => (globalThis.isInit = true)))
  await post(`${id}:{"AUTH_ID":"evil","AUTH_EXPIRES":3600,"MEMBER_ID":"m"}`)
  await silence()
  assert.deepEqual(await frame.evaluate(() => [BX24.getAuth(), globalThis.isInit]), [
    false,
    undefined,
  ])
})

test('a_portal_within_another_page_is_answered_by_its_own_window', async () => {
  const inner = world.address({ app: `${world.site.origin}/app.html` }).replaceAll('&', '&amp;')
  world.site.pages['/around.html'] = `<!doctype html><iframe src="${inner}"></iframe>`
  await world.page.goto(`${world.site.origin}/around.html`)
  const frame = await listening()
  await frame.evaluate(() => new Promise((resolve) => BX24.init(resolve)))
  assert.equal((await call(frame, 'getAuth')).domain, new URL(world.portal.portal).host)
  assert.deepEqual(await world.page.evaluate(() => said), [])
})

test('a_frame_of_the_applications_own_is_no_portals_frame', async () => {
  const frame = await open({ path: '/nested.html' })
  const inner = frame.childFrames()[0]
  await inner.waitForLoadState()
  assert.equal(await inner.evaluate(() => window.BX24), null)
  assert.notEqual(await call(frame, 'getAuth'), false)
})

test('a_page_that_follows_in_the_same_frame_starts_again', async () => {
  const frame = await open()
  await frame.evaluate(() => location.replace('/app.html?page=2'))
  await frame.waitForFunction(
    () => location.search === '?page=2' && document.readyState === 'complete',
  )
  await frame.evaluate(() => new Promise((resolve) => BX24.init(resolve)))
  assert.equal((await messages('getInitData')).length, 2)
})

// Silence

test('where_the_page_never_answers_nothing_ever_happens', async () => {
  const thrown = []
  world.page.on('pageerror', ({ message }) => thrown.push(message))
  await world.portal.control('faults', { kind: 'page-silent', method: 'getInitData' })
  const frame = await load()
  await frame.evaluate(() => {
    globalThis.got = []
    BX24.init(() => globalThis.got.push('init'))
    BX24.callMethod('profile', {}, () => globalThis.got.push('called'))
    BX24.refreshAuth(() => globalThis.got.push('refreshed'))
  })
  await message('getInitData')
  await silence()
  assert.deepEqual([await got(frame), thrown], [[], []])
  const known = await frame.evaluate(() => [
    BX24.getDomain(),
    BX24.getAuth(),
    BX24.isAdmin(),
    BX24.getLang(),
    BX24.placement.info(),
  ])
  const { host } = new URL(world.portal.portal)
  assert.deepEqual(known, [host, false, false, '', { placement: null, options: null }])
  assert.deepEqual(await messages('refreshAuth'), [])
})

// Policies

test('a_policy_with_wasm_unsafe_eval_is_enough', async () => {
  world.site.headers[HEADER] =
    `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src ${world.portal.portal}`
  const frame = await open({ scopes: 'crm' })
  const { ID } = await frame.evaluate(
    () =>
      new Promise((resolve) =>
        BX24.callMethod('crm.deal.get', { id: 1 }, (result) => resolve(result.data())),
      ),
  )
  assert.equal(ID, '1')
})

test('a_policy_without_it_is_named_by_the_error', async () => {
  const thrown = []
  world.page.on('pageerror', ({ message }) => thrown.push(message))
  world.site.headers[HEADER] = "script-src 'self'"
  const frame = await load()
  assert.equal(await frame.evaluate(() => window.BX24), null)
  assert.equal(thrown.length, 1)
  assert.match(thrown[0], /wasm-unsafe-eval/)
})
