/** The test portal's page: how it opens an application, what it takes for a message, its faults. */
/* global heard, say, sid */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PEOPLE, pageWorld, until } from '../support/page.mjs'

const world = pageWorld()
const {
  address,
  answered,
  answers,
  ask,
  complaint,
  heardCommands,
  open,
  profile,
  silent,
  tell,
  title,
  unanswered,
} = world

test('an_application_is_opened_by_a_post_and_finds_its_frame_named', async () => {
  const request = world.page.waitForRequest((it) =>
    it.url().startsWith(`${world.site.origin}/app.html`),
  )
  const frame = await open({ placement: 'crm_deal_detail_tab', options: '{"ID":"42"}' })
  const posted = await request
  const { host } = new URL(world.portal.portal)
  const [domain, protocol, sid] = (await frame.evaluate(() => window.name)).split('|')
  assert.deepEqual([domain, protocol, sid.length], [host, '0', 32])
  assert.equal(posted.method(), 'POST')
  const query = Object.fromEntries(new URL(posted.url()).searchParams)
  assert.deepEqual(query, { DOMAIN: host, PROTOCOL: '0', LANG: 'en', APP_SID: sid })
  const fields = Object.fromEntries(new URLSearchParams(posted.postData()))
  assert.deepEqual(Object.keys(fields), [
    'AUTH_ID',
    'AUTH_EXPIRES',
    'REFRESH_ID',
    'APPLICATION_TOKEN',
    'APPLICATION_SCOPE',
    'member_id',
    'status',
    'PLACEMENT',
    'PLACEMENT_OPTIONS',
  ])
  assert.equal(fields.PLACEMENT, 'CRM_DEAL_DETAIL_TAB')
  assert.equal(fields.PLACEMENT_OPTIONS, '{"ID":"42"}')
  assert.equal(await profile(fields.AUTH_ID), 200)
})

test('what_else_the_address_says_are_the_applications_options_as_texts', async () => {
  const frame = await open({ view: '7' })
  const { PLACEMENT, PLACEMENT_OPTIONS } = await ask(frame, 'getInitData')
  assert.deepEqual([PLACEMENT, PLACEMENT_OPTIONS], ['DEFAULT', { view: '7' }])
})

test('a_wrong_address_is_named', async () => {
  for (const [query, words] of [
    [{ app: 'javascript:alert(1)' }, /^app: /],
    [{ app: 'nowhere' }, /^app: /],
    [{ install: 'ftp://x/' }, /^install: /],
    [{ options: '{' }, /JSON/],
    [{ user: 'me' }, /user/],
  ]) {
    await world.page.goto(address(query))
    await world.page.locator('#alert').waitFor()
    assert.match(await complaint(), words)
  }
  await world.page.goto(`${world.portal.portal}/_portal/page`)
  await world.page.locator('#alert').waitFor()
  assert.match(await complaint(), /app: is missing/)
})

// The grammar

test('a_message_is_a_text_of_three_or_four_parts_or_an_object', async () => {
  const frame = await open()
  await frame.evaluate(() => say(`getInterface:three:${sid}`))
  await frame.evaluate(() => say({ method: 'getInterface', callback: 'four', appSid: sid }))
  const nothing = { command: [], event: [] }
  assert.deepEqual(await answered(frame, 'three'), [nothing])
  assert.deepEqual(await answered(frame, 'four'), [nothing])
  const params = { title: 'a:b:{"c":1}' }
  assert.deepEqual(await ask(frame, 'setTitle', params), params)
  assert.equal(await title(), params.title)
  const object = { title: 'by an object' }
  await frame.evaluate((params) => {
    say({ method: 'setTitle', params, callback: 'five', appSid: sid, requestId: 1 })
  }, object)
  assert.deepEqual(await answered(frame, 'five'), [object])
})

test('an_answer_comes_from_the_portals_origin', async () => {
  const frame = await open()
  await ask(frame, 'getInterface')
  assert.deepEqual(await frame.evaluate(() => heard.map(({ origin }) => origin)), [
    world.portal.portal,
  ])
})

test('whatever_else_comes_is_ignored', async () => {
  const frame = await open()
  await frame.evaluate(() => {
    say(`getInterface::other:${'0'.repeat(32)}`)
    for (const name of ['noSuch', 'toString', '__proto__', '']) say(`${name}::other:${sid}`)
    for (const what of [null, 7, [], {}, '', ':', 'getInterface']) say(what)
    say({ method: 'getInterface', callback: 'other', appSid: 'another' })
  })
  // The right words, but from the portal's own origin.
  const name = await frame.evaluate(() => window.name)
  await world.page.evaluate(
    (sid) => postMessage(`getInterface::other:${sid}`, '*'),
    name.split('|')[2],
  )
  await ask(frame, 'getInterface')
  await unanswered(frame, 'other')
  assert.equal((await heardCommands()).length, 1)
})

test('parameters_that_are_no_json_get_no_answer_but_a_complaint', async () => {
  const frame = await open()
  await frame.evaluate(() => say(`setTitle:{"title":bad:${sid}`))
  await frame.evaluate(() => say(`setTitle:{"title":bad:six:${sid}`))
  await world.page.locator('#alert').waitFor()
  assert.match(await complaint(), /^setTitle: /)
  await unanswered(frame, 'six')
  assert.deepEqual(await ask(frame, 'getInterface'), { command: [], event: [] })
})

test('a_command_without_a_callback_is_carried_out', async () => {
  const frame = await open()
  await frame.evaluate(() => say(`setTitle:{"title":"No callback"}::${sid}`))
  await until(async () => (await title()) === 'No callback', 'a title')
  assert.deepEqual(await frame.evaluate(() => heard), [])
})

// Faults

test('a_page_that_is_silent_does_nothing_either', async () => {
  const frame = await open()
  await world.portal.control('faults', { kind: 'page-silent', method: 'setTitle', times: 1 })
  await silent(frame, 'setTitle', { title: 'No' })
  assert.equal(await title(), '…')
  assert.deepEqual(await ask(frame, 'setTitle', { title: 'Yes' }), { title: 'Yes' })
})

test('a_page_of_old_hears_no_objects', async () => {
  const frame = await open()
  await world.portal.control('faults', { kind: 'page-texts-only' })
  await frame.evaluate(() => say({ method: 'getInterface', callback: 'old', appSid: sid }))
  await ask(frame, 'getInterface')
  await unanswered(frame, 'old')
})

test('an_answer_may_come_twice', async () => {
  const frame = await open()
  await world.portal.control('faults', { kind: 'page-twice', method: 'getInitData' })
  const id = await tell(frame, 'getInitData')
  const [first, second] = await answered(frame, id, 2)
  assert.deepEqual(first, second)
  await ask(frame, 'getInterface')
  assert.equal((await answers(frame, id)).length, 2)
})

test('a_command_may_be_answered_again_with_something_else', async () => {
  const frame = await open()
  await world.portal.control('faults', { kind: 'page-again' })
  const [first, second] = await answered(frame, await tell(frame, 'refreshAuth', {}), 2)
  assert.notEqual(first.AUTH_ID, second.AUTH_ID)
  const runs = await answered(frame, await tell(frame, 'getInitData'), 2)
  assert.deepEqual(
    runs.map(({ FIRST_RUN }) => FIRST_RUN),
    [true, false],
  )
  await world.portal.control('data', { entity: 'user', rows: PEOPLE })
  const id = await tell(frame, 'selectUser', { mult: false })
  for (const name of [/^Mira/, /^Jonas/]) await world.page.getByRole('button', { name }).click()
  const chosen = await answered(frame, id, 2)
  assert.deepEqual(
    chosen.map(({ name }) => name),
    ['Mira Lindqvist', 'Jonas Okafor'],
  )
})

test('an_answer_may_come_from_another_origin', async () => {
  const frame = await open()
  await world.portal.control('faults', { kind: 'page-other-origin', method: 'setTitle', times: 1 })
  const params = { title: '</script>"' }
  const id = await tell(frame, 'setTitle', params)
  assert.deepEqual(await answered(frame, id), [params])
  const origins = await frame.evaluate(() => heard.map(({ origin }) => origin))
  assert.deepEqual(origins, ['null'])
})
