/** Batches: many calls in few requests, and what becomes of each. */
import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { Portal, ref } from '../../pkg/node.js'
import {
  asInABrowser,
  facts,
  fakeFetch,
  heard,
  ownClock,
  portalWorld,
  refusal,
  rejection,
  response,
  settled,
  thrown,
  until,
} from '../support/world.mjs'

const world = portalWorld()
const PHONES = 'voximplant.user.get'

let clock
afterEach(() => {
  clock?.stop()
  clock = undefined
})

const deal = (TITLE) => ['crm.deal.add', { fields: { TITLE } }]

/** The addresses of the requests, without their hosts. */
const paths = async () => (await world.requests()).map(({ url }) => url)

/** A client of nobody, whose requests a function answers. */
function pretend(answer, options) {
  const { fetch, requests } = fakeFetch(answer)
  const portal = Portal.token({ domain: 'x.example', accessToken: 'token', fetch, ...options })
  return { portal, requests }
}

/** The answer of a batch, as a portal gives it: each command by its key. */
const answered = (result, more) =>
  response(JSON.stringify({ result: { result, result_error: [], ...more } }))

test('calls_go_together_and_each_has_its_answer', async () => {
  const { portal } = await world.client()
  const calls = {
    me: ['profile'],
    new: { method: 'crm.deal.add', params: { fields: { TITLE: 'A & B' } } },
    read: ['crm.deal.get', { id: ref('new') }],
    list: ['CRM.deal.list', { order: { ID: 'DESC' }, select: ['ID'] }],
  }
  const { executed, failed, notRun } = await portal.batch(calls)
  assert.deepEqual([Object.keys(executed), failed, notRun], [Object.keys(calls), {}, []])
  assert.equal(executed.read.data.TITLE, 'A & B')
  assert.equal(executed.list.data[0].ID, String(executed.new.data))
  assert.equal(executed.list.total, 10_001)
  assert.equal(typeof executed.me.time.duration, 'number')
  assert.deepEqual([executed.me.status, executed.me.more], [200, false])
  assert.deepEqual(await paths(), ['/rest/batch'])
})

test('more_than_fifty_go_in_several_requests', async () => {
  const { portal } = await world.client()
  const titles = Array.from({ length: 120 }, (_, number) => `deal ${number}`)
  const { executed } = await portal.batch(titles.map(deal))
  assert.deepEqual(
    Object.keys(executed),
    titles.map((_, place) => String(place)),
  )
  assert.equal((await paths()).length, 3)
  const { data } = await portal.call('crm.deal.get', { id: executed[119].data })
  assert.equal(data.TITLE, 'deal 119')
})

test('no_calls_are_an_empty_answer_without_a_request', async () => {
  const { portal } = await world.client()
  for (const calls of [[], {}]) {
    assert.deepEqual(await portal.batch(calls), { executed: {}, failed: {}, notRun: [] })
  }
  assert.deepEqual(await paths(), [])
})

test('names_may_be_any_text', async () => {
  const { portal } = await world.client()
  const names = ['__proto__', 'constructor', '', ' ', '10', '2', '02', 'ключ', 'a]b', '$x[', 'c0']
  const calls = Object.fromEntries(names.map((name) => [name, ['profile']]))
  const refused = Object.fromEntries(names.map((name) => [name, ['im.user.get']]))
  for (const options of [{}, { halt: true }]) {
    const { executed } = await portal.batch(calls, options)
    assert.deepEqual(Object.keys(executed), Object.keys(calls))
    assert.equal(Object.getPrototypeOf(executed), Object.prototype)
    assert.ok(Object.values(executed).every((answer) => answer.data.ID === '1'))
  }
  const { failed } = await portal.batch(refused)
  assert.deepEqual(Object.keys(failed), Object.keys(refused))
})

test('one_that_fails_leaves_the_others_alone_and_halt_ends_them', async () => {
  const { portal } = await world.client()
  const calls = { a: ['profile'], b: ['no.such.method'], c: ['profile'] }
  const loose = await portal.batch(calls)
  assert.deepEqual([Object.keys(loose.executed), loose.notRun], [['a', 'c'], []])
  assert.deepEqual(facts(loose.failed.b), {
    code: 'ERROR_METHOD_NOT_FOUND',
    kind: 'portal',
    ran: 'no',
    retryable: false,
    method: 'no.such.method',
  })
  const halted = await portal.batch(calls, { halt: true })
  assert.deepEqual([Object.keys(halted.executed), Object.keys(halted.failed)], [['a'], ['b']])
  assert.deepEqual(halted.notRun, ['c'])
})

test('what_preflight_refuses_is_not_sent_and_says_why', async () => {
  const { portal } = await world.client({ scope: ['crm'] })
  const calls = [['profile'], [PHONES, { USER_ID: 1 }], ['crm.deal.get', { id: ref(1, 0, 'ID') }]]
  const { executed, failed } = await portal.batch(calls)
  assert.deepEqual(Object.keys(executed), ['0'])
  assert.equal(failed[1].code, 'insufficient_scope')
  assert.deepEqual(failed[1].decision.needed, [['telephony']])
  assert.deepEqual([failed[2].code, failed[2].ran], ['CALLGATE_REFERENCE', 'no'])
  const [{ body }] = await world.requests()
  assert.doesNotMatch(JSON.stringify(body), /voximplant/)
})

test('a_missing_scope_that_the_portal_has_no_words_for_gets_some', async () => {
  const { portal } = await world.client()
  const { failed } = await portal.batch({ users: ['im.user.get', { ID: 1 }] })
  assert.match(failed.users.message, /^im\.user\.get: Give the application the scope im\b/)
  assert.equal(failed.users.decision.evidence, 'server')
  assert.equal(portal.check('im.user.get', { ID: 1 }).verdict, 'denied')
})

test('an_answer_in_a_batch_decodes_and_turns_its_page', async () => {
  const { portal, token } = await world.client({ scopes: ['crm', 'telephony'] })
  await rejection(portal.call(PHONES, { USER_ID: [1] }))
  await world.decide(token, true)
  const calls = {
    phones: [PHONES, { USER_ID: [1] }],
    list: ['crm.deal.list', { select: ['ID'] }],
    later: ['crm.deal.list', { filter: { '>ID': ref('list', 0, 'ID') } }],
  }
  const options = { halt: true, timeout: 9_000, idempotent: true, confirmation: 'wait' }
  const { executed } = await portal.batch(calls, options)
  assert.equal(executed.phones.decode()[0].ID, 1)
  assert.deepEqual(executed.list.decode([{ ID: 'int' }])[0], { ID: 1 })

  const second = await executed.list.nextPage()
  assert.equal(second.data[0].ID, '51')
  assert.equal((await second.nextPage()).data[0].ID, '101')
  const error = await rejection(executed.later.nextPage())
  assert.equal(error.kind, 'invalid')
  assert.match(error.message, /^crm\.deal\.list: it refers to other commands/)
  assert.equal((await rejection(executed.phones.nextPage())).code, 'CALLGATE_NO_MORE')
})

test('a_call_to_be_confirmed_fails_or_waits_while_the_others_run', async () => {
  const { portal, token } = await world.client({ scopes: ['crm', 'telephony'] })
  const calls = {
    phones: [PHONES, { USER_ID: [1] }],
    again: [PHONES, { USER_ID: [2] }],
    me: ['profile'],
  }
  const { executed, failed } = await portal.batch(calls)
  assert.deepEqual([Object.keys(executed), Object.keys(failed)], [['me'], ['phones', 'again']])
  assert.equal(failed.phones.kind, 'waiting')
  assert.equal(portal.confirmations[0].state, 'waiting')

  await world.forget()
  clock = ownClock()
  let ended
  const waits = portal.batch(calls, { confirmation: 'wait' }).then((answer) => (ended = answer))
  await until(async () => (await paths()).length === 1)
  await world.decide(token, true)
  await settled()
  assert.equal(ended, undefined)
  await clock.advance(60_000)
  await until(() => ended)
  assert.deepEqual(Object.keys((await waits).executed), ['phones', 'again', 'me'])
  assert.equal(ended.executed.phones.data[0].ID, '1')
})

test('an_ended_token_is_refreshed_for_the_whole_request', async () => {
  const { portal } = await world.client()
  await world.fault('expired_token', { times: 1 })
  const error = await rejection(
    portal.batch({ me: ['profile'] }).then(({ failed }) => {
      throw failed.me
    }),
  )
  assert.equal(error.code, 'expired_token')

  const fresh = await world.token()
  const { portal: renewing } = await world.client({
    refresh: async () => ({ accessToken: fresh.access_token }),
  })
  await world.fault('expired_token', { times: 1 })
  assert.equal((await renewing.batch({ me: ['profile'] })).executed.me.data.ID, '1')
})

test('a_request_without_an_answer_fails_its_own_calls_and_no_others', async () => {
  const { portal, requests } = pretend((call) => {
    if (call === 1) throw new Error('the line is dead')
    return answered({ c50: 7 })
  })
  const { executed, failed } = await portal.batch(Array.from({ length: 51 }, () => deal('x')))
  assert.deepEqual([Object.keys(executed), Object.keys(failed).length], [['50'], 50])
  const { kind, ran, method } = failed[0]
  assert.deepEqual([kind, ran, method], ['network', 'unknown', 'crm.deal.add'])
  assert.equal(requests.length, 2)
})

test('a_call_that_ran_on_a_failed_ones_answer_is_warned_of', async () => {
  const { portal } = pretend(() =>
    answered(
      { c1: 7 },
      { result_error: { c0: { error: 'NOT_FOUND', error_description: 'gone' } } },
    ),
  )
  const events = heard(portal, 'warning')
  const calls = { gone: ['crm.deal.get', { id: 1 }], next: ['crm.deal.get', { id: ref('gone') }] }
  const { executed, failed } = await portal.batch(calls)
  assert.deepEqual([executed.next.data, failed.gone.code], [7, 'NOT_FOUND'])
  assert.match(events[0][1].message, /`next` ran and refers to `gone`/)
})

test('answers_that_are_no_batchs_are_errors_of_each_call', async () => {
  for (const [body, code] of [
    ['{"result":[]}', 'CALLGATE_NO_RESULT'],
    ['{"result":null}', 'CALLGATE_NO_RESULT'],
    ['{"result":{"result":"x","result_error":5}}', 'CALLGATE_NO_RESULT'],
    ['[]', 'CALLGATE_NO_RESULT'],
    ['<html>', 'CALLGATE_NOT_JSON'],
    ['', 'CALLGATE_EMPTY'],
  ]) {
    const { portal } = pretend(() => body)
    const { failed } = await portal.batch([deal('x')])
    assert.deepEqual([failed[0].code, failed[0].ran], [code, 'unknown'], body)
  }
})

test('a_signal_ends_a_batch_once_wherever_it_is', async () => {
  const { portal, requests } = pretend(() => new Promise(() => {}))
  const fired = await rejection(portal.batch([deal('x')], { signal: AbortSignal.abort() }))
  assert.deepEqual([fired.code, fired.ran, requests.length], ['CALLGATE_ABORTED', 'no', 0])

  const controller = new AbortController()
  const batch = portal.batch([deal('x')], { signal: controller.signal })
  await until(() => requests.length === 1)
  controller.abort()
  const error = await rejection(batch)
  assert.deepEqual([error.kind, error.ran], ['aborted', 'unknown'])
  assert.equal(requests[0].signal.aborted, true)

  const waiting = pretend(() =>
    answered([], { result_error: { c0: { error: 'METHOD_CONFIRM_WAITING' } } }),
  )
  const other = new AbortController()
  const options = { signal: other.signal, confirmation: 'wait' }
  const waits = rejection(waiting.portal.batch([[PHONES]], options))
  await until(() => waiting.portal.confirmations.length)
  other.abort()
  assert.equal((await waits).ran, 'no')
})

test('closing_ends_batches_and_refuses_later_ones', async () => {
  const { portal, requests } = pretend(() => new Promise(() => {}))
  const batch = rejection(portal.batch([deal('x')]))
  await until(() => requests.length === 1)
  portal.close()
  assert.equal((await batch).code, 'CALLGATE_CLOSED')
  assert.equal((await rejection(portal.batch([deal('x')]))).code, 'CALLGATE_CLOSED')
})

test('version_3_sends_its_token_in_a_header_and_runs_all_or_nothing', async () => {
  const { portal, token } = await world.client({ scopes: ['tasks', 'task'] })
  const get = (id) => ['tasks.task.get', { id, select: ['id'] }]
  const { executed } = await portal.batch([get(2), get(ref(0, 'item', 'id'))], { version: 3 })
  assert.deepEqual(executed[1].data, { item: { id: 2 } })
  const [{ url, body, headers }] = await world.requests()
  assert.equal(url, '/rest/api/batch')
  assert.doesNotMatch(JSON.stringify(body), new RegExp(token.access_token))
  assert.match(JSON.stringify(headers), /Bearer/)

  const { failed } = await portal.batch([get(2), get(99_999_999)], { version: 3 })
  assert.deepEqual([failed[0].ran, failed[1].ran], ['unknown', 'unknown'])
})

test('in_a_browser_a_batch_is_a_simple_request_and_version_3_is_refused', async () => {
  const token = await world.token({ scopes: ['crm', 'tasks'] })
  const portal = asInABrowser(() => world.clientOf(token))
  const calls = { new: deal('ä=&[1] + "x"'), read: ['crm.deal.get', { id: ref('new') }] }
  const { executed } = await portal.batch(calls)
  assert.equal(executed.read.data.TITLE, 'ä=&[1] + "x"')
  const [{ headers }] = await world.requests()
  assert.match(JSON.stringify(headers), /x-www-form-urlencoded/)
  const error = await rejection(portal.batch([['tasks.task.get', { id: 1 }]], { version: 3 }))
  assert.equal(error.kind, 'invalid')
  assert.match(error.message, /a browser can't send a batch of version 3/)
})

test('a_webhook_runs_batches', async () => {
  const { portal } = await world.webhook()
  assert.equal((await portal.batch({ me: ['profile'] })).executed.me.data.ID, '1')
})

const BAD = [
  [undefined, 'calls: an array or an object of calls is wanted'],
  [null, 'calls: an array or an object of calls is wanted'],
  ['profile', 'calls: an array or an object of calls is wanted'],
  [new Map([['a', ['profile']]]), 'calls: an array or an object of calls is wanted'],
  [{ a: 'profile' }, 'calls.a: [method, params] or { method, params } is wanted'],
  [[['profile'], null], 'calls[1]: [method, params] or { method, params } is wanted'],
  [[, ['profile']], 'calls[0]: [method, params] or { method, params } is wanted'], // eslint-disable-line no-sparse-arrays
  [[[]], 'calls[0][0]: the name of a method is wanted, not nothing'],
  [[[5]], 'calls[0][0]: the name of a method is wanted, not a number'],
  [{ a: {} }, 'calls.a.method: the name of a method is wanted, not nothing'],
  [{ a: ['profile', 5] }, 'calls.a[1]: an object is wanted, not a number'],
  [{ a: ['profile', {}, {}] }, 'calls.a[2]: a call is a method and its params, and no more'],
  [
    { a: { method: 'profile', parameters: {} } },
    'calls.a.parameters: a call is a method and its params, and no more',
  ],
  [{ a: ['a b'] }, "calls.a: method: the name holds ' ', which no method name has"],
  [
    [['profile', { auth: 1 }]],
    'calls[0]: params.auth: the connection adds the authorization itself',
  ],
  [
    { a: { method: 'x', params: { y: [1n] } } },
    'calls.a.params.y[0]: a BigInt has no JSON: give a text',
  ],
  [[['x', { y: NaN }]], 'calls[0][1].y: NaN has no JSON'],
]

test('bad_calls_get_an_error_that_names_the_place', async () => {
  const { portal, requests } = pretend(() => answered({}))
  const round = {}
  round.round = round
  for (const [calls, words] of [
    ...BAD,
    [[['x', round]], 'calls[0][1].round: the value contains itself'],
  ]) {
    const error = await rejection(portal.batch(calls))
    assert.equal(error.message, `${words} (CALLGATE_INVALID)`)
    assert.deepEqual([error.kind, error.ran], ['invalid', 'no'])
  }
  assert.equal(requests.length, 0)
})

test('bad_options_are_named', async () => {
  const { portal, requests } = pretend(() => answered({}))
  for (const [options, words] of [
    [{ start: 5 }, /^options\.start: there is no such option, but signal, .*halt/],
    [{ halt: 1 }, /^halt: true or false is wanted/],
    [{ version: 1 }, /^version: 2 or 3 is wanted/],
    [{ signal: {} }, /^signal: an AbortSignal is wanted/],
    [{ idempotent: 'key' }, /^idempotent: true or false is wanted/],
    [{ confirmation: 'yes' }, /^confirmation: 'reject' or 'wait' is wanted/],
    [5, /^options: an object is wanted/],
  ]) {
    assert.match((await rejection(portal.batch([['profile']], options))).message, words)
  }
  assert.equal(requests.length, 0)
})

test('a_chain_that_fits_in_no_request_and_mixed_versions_are_refused_at_once', async () => {
  const { portal, requests } = pretend(() => answered({}))
  const chain = Array.from({ length: 51 }, (_, place) => [
    'crm.deal.get',
    { id: place ? ref(place - 1, 'ID') : 1 },
  ])
  assert.match((await rejection(portal.batch(chain))).message, /more than the 50/)
  const mixed = { a: ['profile'], b: ['call.followup.get', { id: 1 }] }
  assert.match((await rejection(portal.batch(mixed))).message, /^calls: `b` is called in another/)
  assert.equal(requests.length, 0)
})

test('references_are_built_clean_or_not_at_all', async () => {
  assert.equal(ref('me'), '$result[me]')
  assert.equal(ref('me', 'UF_DEPARTMENT', 0), '$result[me][UF_DEPARTMENT][0]')
  assert.equal(ref(12, 'ID'), '$result[12][ID]')
  for (const wrong of [
    [],
    [''],
    ['a]'],
    [-1],
    [1.5],
    ['a', ''],
    ['a', 'x y'],
    ['a', '$b'],
    ['a', {}],
  ]) {
    assert.equal(thrown(() => ref(...wrong)).kind, 'invalid', JSON.stringify(wrong))
  }
  const { portal, requests } = pretend(() => answered({ c0: 1 }))
  const calls = { a: ['profile'], b: ['crm.deal.get', { id: `${ref('a', 'ID')},5` }] }
  const { failed } = await portal.batch(calls)
  assert.match(failed.b.message, /^crm\.deal\.get: params\.id: a reference ends at a blank/)
  assert.equal(Object.keys(requests[0].body.cmd).length, 1)
})

test('no_secret_is_in_what_a_batch_tells', async () => {
  const { portal } = pretend(() => refusal('ERROR_CORE', 400, 'no such token: token'))
  const { failed } = await portal.batch({ a: ['profile'] })
  assert.doesNotMatch(failed.a.message.replace('no such token', ''), /token/)
})

test('calls_arrive_whole_whatever_their_names_and_values_hold', async () => {
  const long = 'ä\n'.repeat(50_000)
  const calls = {
    'a\nb': ['crm.deal.add', { fields: { TITLE: 'one\ntwo', UF_CRM_1: '100% №5 *()' } }],
    '': ['crm.deal.add', { fields: { TITLE: long } }],
    '"\\': ['crm.deal.get', { id: 1 }],
    '\ud800': ['crm.deal.get'],
    ['__proto__']: ['crm.deal.add', { fields: { TITLE: 'last' } }],
  }
  const { portal, requests } = pretend(() => answered({ c0: 1, c1: 2, c2: 3, c3: 4, c4: 5 }))
  const { executed } = await portal.batch(calls)
  const title = (text) => `crm.deal.add?fields[TITLE]=${encodeURIComponent(text)}`
  assert.deepEqual(requests[0].body.cmd, {
    c0: `${title('one\ntwo')}&fields[UF_CRM_1]=${encodeURIComponent('100% №5 *()')}`,
    c1: title(long),
    c2: 'crm.deal.get?id=1',
    c3: 'crm.deal.get?',
    c4: title('last'),
  })
  const told = Object.entries(executed).map(([name, { data }]) => [name, data])
  assert.deepEqual(
    told,
    Object.keys(calls).map((name, place) => [name, place + 1]),
  )
  const { message } = await rejection(portal.batch([...Object.values(calls), ['a\nb']]))
  assert.equal(message.includes('calls[5]'), true, message)
  assert.match(message, /control character/)
})
