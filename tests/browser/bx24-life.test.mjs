/** BX24: how an application is opened, its first run, its installation, its token. */
/* global BX24, told */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bx24World, call, withScript } from '../support/bx24.mjs'
import { readForm } from '../support/form.mjs'

/** A page whose script runs right behind BX24's, and tells what happened in `told`. */
const early = (script) => withScript(`<script>const told = []; ${script}</script>`)

const world = bx24World({
  '/order.html': early(`
    BX24.init(function () { told.push('one', this === window, arguments.length) })
    BX24.init(undefined)
    BX24.init(() => { throw new Error('the second handler') })
    BX24.init(() => told.push('three'))
    told.push('here')
    addEventListener('error', ({ message }) => told.push(message))`),
  '/before.html': early(`
    BX24.refreshAuth(() => told.push('refreshed'))
    BX24.userOption.set('size', 1)
    BX24.appOption.set('size', 1, () => told.push('set'))
    told.push(
      BX24.getAuth(), BX24.isAdmin(), BX24.getLang(), BX24.getDomain(), BX24.placement.info(),
      BX24.userOption.get('size'), BX24.appOption.get('size'), BX24.portal)`),
  '/first.html': early(`
    BX24.install(function () {
      told.push('one', this === document, arguments.length)
      setTimeout(() => {
        told.push('advance')
        BX24.installFinish()
      }, 20)
    })
    BX24.install('/item.js')
    BX24.install(() => {
      told.push('three')
      BX24.installFinish()
    })
    BX24.init(() => told.push('handler'))`),
  '/item.js': `
    told.push('script')
    setTimeout(() => BX24.installFinish(), 100)`,
  '/nothing.js': '',
  '/broken.html': early(`
    BX24.install(() => { throw new Error('no room') })
    BX24.install(() => told.push('never'))
    BX24.init(() => told.push('never'))
    window.alert = (words) => told.push(words)
    BX24.onError(({ message }) => told.push(message))`),
  '/install.html': early(`BX24.init(() => setTimeout(() => BX24.installFinish(), 10))`),
  '/hasty.html': early(`BX24.installFinish()`),
  '/listens.html': early(`
    addEventListener('error', ({ message }) => told.push(message))
    BX24.onError((error) => told.push(error.code))
    BX24.on('token', () => told.push('token'))
    BX24.on('nothing', () => {})`),
})

const toldIn = (frame, count) =>
  frame
    .waitForFunction((count) => told.length >= count, count)
    .then(() => frame.evaluate(() => told))

/** The calls that the portal has seen: method and token. */
const calls = async () =>
  (await world.portal.log())
    .filter(({ url }) => url.startsWith('/rest'))
    .map(({ url, body }) => [url.slice('/rest/'.length), readForm(body).get('auth')])

/** Says to the application what the portal's page hasn't said. */
const answer = (id, told) =>
  world.page.evaluate((text) => frames[0].postMessage(text, '*'), `${id}:${JSON.stringify(told)}`)

// init

test('handlers_run_in_their_order_and_none_disturbs_the_next', async () => {
  const frame = await world.open({ path: '/order.html' })
  const [here, ...rest] = await toldIn(frame, 6)
  assert.equal(here, 'here')
  assert.deepEqual(rest.slice(0, 3), ['one', true, 0])
  assert.match(rest[3], /the second handler/)
  assert.equal(rest[4], 'three')
})

test('a_handler_of_later_runs_soon_and_not_at_once', async () => {
  const frame = await world.open()
  const order = await frame.evaluate(
    () =>
      new Promise((resolve) => {
        const order = []
        BX24.init(function () {
          resolve([...order, this === window, arguments.length])
        })
        order.push('here')
      }),
  )
  assert.deepEqual(order, ['here', true, 0])
})

test('before_that_nothing_is_known_but_the_portals_host', async () => {
  const frame = await world.open({ path: '/before.html' })
  const { host } = new URL(world.portal.portal)
  const nothing = { placement: null, options: null }
  assert.deepEqual(await toldIn(frame, 8), [
    false,
    false,
    '',
    host,
    nothing,
    undefined,
    undefined,
    undefined,
  ])
  assert.deepEqual(await world.messages('refreshAuth'), [])
  assert.deepEqual(await world.messages('setAppOption'), [])
})

// The first run

test('what_is_to_be_done_at_the_first_run_is_done_first_and_in_order', async () => {
  const frame = await world.open({ path: '/first.html' })
  const happened = ['one', true, 0, 'advance', 'script', 'three', 'handler']
  assert.deepEqual(await toldIn(frame, happened.length), happened)
  assert.equal((await world.message('setInstall')).json, '{"install":true}')
  await call(frame, 'installFinish')
  assert.deepEqual(await world.messages('setInstallFinish'), [])

  const again = await world.open({ path: '/first.html' })
  assert.deepEqual(await toldIn(again, 1), ['handler'])
})

test('an_item_that_throws_stops_the_application_and_its_user_is_told', async () => {
  const frame = await world.load({ path: '/broken.html' })
  const told = ['Installation failed!', 'no room']
  assert.deepEqual(await toldIn(frame, 2), told)
  await call(frame, 'installFinish')
  await world.page.waitForTimeout(100)
  assert.deepEqual(await toldIn(frame, 2), told)
  assert.deepEqual(await world.messages('setInstall'), [])
})

test('an_item_that_comes_after_init_is_never_run', async () => {
  const frame = await world.open()
  await frame.evaluate(() => {
    globalThis.ran = false
    BX24.install(() => (globalThis.ran = true))
  })
  await frame.evaluate(() => new Promise((resolve) => BX24.init(resolve)))
  assert.equal(await frame.evaluate(() => globalThis.ran), false)
})

// Installation

test('an_installation_ends_when_the_application_says_so', async () => {
  await world.portal.control('page/app', { app: 'local.app', user: 1, installed: false })
  const install = `${world.site.origin}/install.html`
  await world.page.goto(world.address({ install }))
  await world.listening('/app.html')
  assert.match(world.page.url(), /install_finished=Y/)
})

test('outside_of_one_there_is_nothing_to_finish', async () => {
  const frame = await world.open()
  await call(frame, 'installFinish')
  await frame.evaluate(() => new Promise((resolve) => BX24.setTitle('after', resolve)))
  assert.deepEqual(await world.messages('setInstallFinish'), [])
})

test('who_finishes_before_init_is_heard_at_once', async () => {
  // The page would be loaded anew, and the application with it.
  await world.portal.control('faults', { kind: 'page-silent', method: 'setInstallFinish' })
  await world.load({ path: '/hasty.html' })
  const { json, id } = await world.message('setInstallFinish')
  assert.deepEqual([json, id], ['{}', ''])
})

// The token

test('a_refreshed_token_is_told_and_used', async () => {
  const frame = await world.open({ scopes: 'crm' })
  const tokens = await frame.evaluate(async () => {
    const before = BX24.getAuth()
    const refreshed = () => new Promise((resolve) => BX24.refreshAuth((auth) => resolve(auth)))
    const [one, two] = await Promise.all([refreshed(), refreshed()])
    return [before, one, two, BX24.getAuth()].map(({ access_token }) => access_token)
  })
  assert.notEqual(tokens[0], tokens[1])
  assert.deepEqual(tokens.slice(1), Array(3).fill(tokens[1]))
  assert.equal((await world.messages('refreshAuth')).length, 1)
  await frame.evaluate(
    () => new Promise((resolve) => BX24.callMethod('crm.deal.get', { id: 1 }, resolve)),
  )
  const used = (await calls()).filter(([method]) => method.startsWith('crm.deal.get'))
  assert.deepEqual(
    used.map(([, auth]) => auth),
    [tokens[1]],
  )
})

test('a_token_that_calls_had_refreshed_is_told_too', async () => {
  const frame = await world.open({ scopes: 'crm' })
  await world.portal.control('faults', { kind: 'expired-token', times: 1, method: 'crm.deal.get' })
  const [before, after] = await frame.evaluate(async () => {
    const before = BX24.getAuth().access_token
    await new Promise((resolve) => BX24.callMethod('crm.deal.get', { id: 1 }, resolve))
    return [before, BX24.getAuth().access_token]
  })
  assert.notEqual(before, after)
  const used = (await calls()).filter(([method]) => method.startsWith('crm.deal.get'))
  assert.deepEqual(
    used.map(([, auth]) => auth),
    [before, after],
  )
})

test('a_token_whose_time_has_passed_is_none', async () => {
  const frame = await world.open({ expires: '0' })
  assert.equal(await call(frame, 'getAuth'), false)
  const auth = await frame.evaluate(() => {
    BX24.refreshAuth()
    return BX24.getAuth()
  })
  assert.equal(auth, false)
})

// What is added

test('events_and_errors_can_be_listened_to_from_the_start', async () => {
  const frame = await world.open({ path: '/listens.html' })
  const [mistake] = await toldIn(frame, 1)
  assert.match(mistake, /there is no event 'nothing'/)
  await frame.evaluate(() => {
    BX24.refreshAuth()
    BX24.loadScript('/none.js')
  })
  assert.deepEqual((await toldIn(frame, 3)).slice(1).sort(), ['CALLGATE_SCRIPT', 'token'])
})

test('what_the_original_kept_silent_about_is_told_to_listeners_alone', async () => {
  const frame = await world.open()
  const uncaught = await frame.evaluate(async () => {
    const uncaught = []
    addEventListener('error', ({ message }) => uncaught.push(message))
    BX24.loadScript('/none.js')
    await new Promise((resolve) => BX24.loadScript('/nothing.js', resolve))
    return uncaught
  })
  assert.deepEqual(uncaught, [])
})

test('a_listener_that_has_ended_hears_nothing', async () => {
  const frame = await world.open()
  const heard = await frame.evaluate(async () => {
    const heard = []
    BX24.onError(() => heard.push('one'))()
    const failed = new Promise((resolve) => BX24.onError(resolve))
    BX24.loadScript('/none.js')
    const { code, kind } = await failed
    return [...heard, code, kind]
  })
  assert.deepEqual(heard, ['CALLGATE_SCRIPT', 'network'])
})

test('the_portal_behind_it_is_a_portal_with_its_page', async () => {
  const frame = await world.open({ scopes: 'crm' })
  const told = await frame.evaluate(async () => {
    const { data } = await BX24.portal.call('crm.deal.get', { id: 1 })
    const { height } = await BX24.portal.frame.resize(300, 200)
    return [data.ID, height]
  })
  assert.deepEqual(told, ['1', 200])
})

test('a_page_that_does_not_answer_is_told_of_and_may_still_answer', async () => {
  await world.page.clock.install()
  await world.portal.control('faults', { kind: 'page-silent', method: 'getInitData', times: 1 })
  const frame = await world.load({ path: '/listens.html' })
  const { id } = await world.message('getInitData')
  await world.page.clock.fastForward(11_000)
  assert.deepEqual(await toldIn(frame, 1), ['CALLGATE_FRAME_SILENT'])
  await answer(id, { AUTH_ID: 'a', AUTH_EXPIRES: 60, LANG: 'de' })
  await frame.waitForFunction(() => BX24.getLang() === 'de')
})

test('an_answer_without_a_token_opens_nothing', async () => {
  await world.portal.control('faults', { kind: 'page-silent', method: 'getInitData', times: 1 })
  const frame = await world.load({ path: '/listens.html' })
  const { id } = await world.message('getInitData')
  await answer(id, { LANG: 'de' })
  const [code, message] = await toldIn(frame, 2)
  assert.equal(code, 'CALLGATE_FRAME_ANSWER')
  assert.match(message, /has no AUTH_ID/)
  assert.equal(await call(frame, 'getLang'), '')
})
