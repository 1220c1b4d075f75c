/** TelecomX through its class: logins, the map, checks and actions, against the test portal's server. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { TelecomX } from '../../pkg/systems/node.js'
import { STATUSES, telecomXWorld } from '../support/systems.mjs'
import { facts, heard, ownClock, rejection, response, thrown } from '../support/world.mjs'

const world = telecomXWorld()

const ID = '0123456789abcdef01234567'
const OTHER = 'fedcba9876543210fedcba98'
const CALL = 'pbx4.telecomx.dk:573636496893.3554'
const ACTION = '/pbx/app/action'

/** Each row of the tables: an action, its parameters, what is asked, with what body. */
const ROWS = [
  ['pickup', { device: ID, target: OTHER }, `GET ${ACTION}/pickup?device=${ID}&target=${OTHER}`],
  ['pickup', { device: ID, target: '201' }, `GET ${ACTION}/pickup?device=${ID}&target=201`],
  [
    'steal',
    { device: ID, target: CALL, extension: OTHER },
    `GET ${ACTION}/steal?device=${ID}&target=${CALL}`,
  ],
  ['spy', { device: ID, target: CALL }, `GET ${ACTION}/spy?device=${ID}&target=${CALL}`],
  [
    'queuePickup',
    { device: ID, target: CALL },
    `GET ${ACTION}/queuepickup?device=${ID}&target=${CALL}`,
  ],
  [
    'queuePickup',
    { extension: OTHER, target: CALL },
    `GET ${ACTION}/queuepickup?extension=${OTHER}&target=${CALL}`,
  ],
  [
    'call',
    { device: ID, target: '+4570305050' },
    `GET ${ACTION}/call?device=${ID}&target=%2B4570305050`,
  ],
  ['hangup', { target: CALL }, `GET ${ACTION}/hangup?target=${CALL}`],
  [
    'transfer',
    { source: CALL, destination: CALL },
    `GET ${ACTION}/transfer?source=${CALL}&destination=${CALL}`,
  ],
  ['transfer', { source: CALL, target: '201' }, `GET ${ACTION}/transfer?source=${CALL}&target=201`],
  ['hold', { device: ID }, `GET ${ACTION}/hold?device=${ID}`],
  ['unhold', { device: ID, target: CALL }, `GET ${ACTION}/unhold?device=${ID}&target=${CALL}`],
  [
    'setPresence',
    { employee: ID, extension: OTHER, presence: 'OFF_WORK', presenceUntil: 1 },
    `POST /employee/${ID}`,
    { presence: 'OFF_WORK', presenceUntil: 1 },
  ],
  [
    'redirect',
    { extension: OTHER, enable: true, number: '+4550802900' },
    `GET /pbx/extension/${OTHER}/redirect?enable=true&number=%2B4550802900`,
  ],
  [
    'joinQueue',
    { queue: ID, extension: OTHER, priority: 20, permanent: true },
    `POST /pbx/queue/${ID}/member`,
    { extension: OTHER, priority: 20, permanent: true },
  ],
  [
    'joinQueue',
    { queue: ID, number: '+4571919998' },
    `POST /pbx/queue/${ID}/member`,
    { number: '+4571919998' },
  ],
  ['leaveQueue', { queue: ID, member: OTHER }, `DELETE /pbx/queue/${ID}/member/${OTHER}`],
  ['queueMembers', { queue: ID }, `GET /pbx/queue/${ID}/member`],
  ['readCalendar', undefined, 'GET /pbx/calendar'],
  [
    'readCalendar',
    { employee: ID, offset: 0, limit: 10000, filter: 'a b&c' },
    `GET /pbx/calendar?employee=${ID}&offset=0&limit=10000&filter=a%20b%26c`,
  ],
  ['readCalendarEvent', { event: ID }, `GET /pbx/calendar/${ID}`],
  [
    'addCalendarEvent',
    { employee: ID, extension: OTHER, subject: 'Tea', body: { type: 'text' } },
    'POST /pbx/calendar',
    { employee: ID, subject: 'Tea', body: { type: 'text' } },
  ],
  [
    'removeCalendarEvent',
    { event: ID, applyToMaster: true },
    `DELETE /pbx/calendar/${ID}?applyToMaster=true`,
  ],
  [
    'readPhonebook',
    { type: 'PERSONAL', employee: ID, limit: 50000 },
    `GET /pbx/phonebook?type=PERSONAL&employee=${ID}&limit=50000`,
  ],
  ['readContact', { contact: ID }, `GET /pbx/phonebook/${ID}`],
  [
    'addContact',
    { personal: true, givenName: 'Jo' },
    'POST /pbx/phonebook',
    { personal: true, givenName: 'Jo' },
  ],
  [
    'employees',
    { ids: [ID, OTHER], calls: true, standalone: false },
    `GET /pbx/app/employees?ids=${ID}&ids=${OTHER}&calls=true&standalone=false`,
  ],
]

test('every_row_of_the_tables_is_asked_as_it_is_written', async () => {
  await world.people()
  const ann = await world.login()
  for (const [action, parameters, asked, body] of ROWS) {
    await world.forget()
    await ann[action](parameters, { preflight: 'off' }).catch(() => {})
    const [first] = await world.requests()
    assert.equal(first.asked.replaceAll('%3A', ':'), asked)
    assert.deepEqual(first.body ? JSON.parse(first.body) : undefined, body)
  }
})

test('every_function_of_the_class_is_an_action_of_the_table', () => {
  const own = Object.getOwnPropertyNames(TelecomX.prototype)
  const others = ['check', 'close', 'constructor', 'logout', 'on', 'permissions', 'session']
  others.push('token', 'useToken', 'validateToken')
  assert.deepEqual(
    own.filter((name) => !others.includes(name)).sort(),
    [...new Set(ROWS.map(([action]) => action))].sort(),
  )
})

test('a_login_tells_whose_token_it_is_and_until_when', async () => {
  const { ann } = await world.people()
  const before = Date.now()
  const short = await world.login()
  assert.equal(short.session.employee, ann.employee)
  assert.equal(short.session.accessLevel, 'PERSONAL')
  const minutes = (short.session.expiresAt - before) / 60_000
  assert.ok(minutes >= 15 && minutes < 16, `${minutes} minutes`)
  assert.equal(short.session.details.token, undefined)
  const [{ asked, body }] = await world.requests()
  assert.equal(asked, 'POST /auth/login')
  assert.deepEqual(JSON.parse(body), { username: 'ann', password: 'password', persist: false })

  const lasting = await world.login({ persist: true })
  assert.equal(lasting.session.expiresAt, null)
  const kept = new TelecomX({ url: world.origin, token: lasting.token })
  assert.equal(kept.session, undefined)
  assert.equal((await kept.validateToken()).employee, ann.employee)
  assert.equal(kept.session.employee, ann.employee)
})

test('second_factors_take_a_second_login', async () => {
  for (const [factor, code] of [
    [{ sms: true }, async () => ({ smsKey: (await world.see('telecomx/sms')).at(-1).code })],
    [{ sms: false, authenticator: '123456' }, async () => ({ authenticatorToken: '123456' })],
  ]) {
    await world.user('ann', factor)
    const error = await rejection(world.login())
    assert.deepEqual([error.kind, error.ran], ['auth', 'no'])
    assert.match(error.message, /second factor.*smsKey.*authenticatorToken/)
    const ann = await world.login(await code())
    assert.ok(ann.token)
  }
})

test('a_refused_login_is_one_whatever_the_status', async () => {
  await world.people()
  for (const status of STATUSES) {
    await world.settings({ wrongLogin: { status, code: 'nobody_knows' } })
    const error = await rejection(world.login({ password: 'wrong' }))
    assert.deepEqual([error.code, error.kind, error.status], ['nobody_knows', 'auth', status])
  }
})

test('a_token_is_validated_as_a_header_and_only_by_wish_in_the_address', async () => {
  await world.people()
  const ann = await world.login()
  await world.forget()
  await ann.validateToken({ extend: true, ip: '127.0.0.1' }).catch(() => {})
  await ann.validateToken({ tokenInUrl: true })
  assert.deepEqual(await world.asked(), [
    'GET /auth/validateToken?ip=127.0.0.1&extend=true',
    `GET /auth/validateToken?token=${ann.token}`,
  ])
})

test('a_token_that_has_ended_is_told_once', async () => {
  await world.people()
  const ann = await world.login()
  const events = heard(ann, 'tokenEnded')
  await world.pass(16 * 60)
  for (const call of [() => ann.permissions(), () => ann.employees()]) {
    const error = await rejection(call())
    assert.deepEqual([error.code, error.kind], ['expired', 'auth'])
  }
  assert.deepEqual(events, [['tokenEnded', {}]])

  const { token } = await world.login()
  ann.useToken(token)
  assert.ok(await ann.permissions())
})

test('logging_out_ends_all_tokens', async () => {
  await world.people()
  const [one, other] = [await world.login(), await world.login({ persist: true })]
  assert.deepEqual(await one.logout(), { success: true })
  assert.equal(one.token, undefined)
  assert.equal((await rejection(one.permissions())).code, 'CALLGATE_NO_TOKEN')
  assert.equal((await rejection(other.permissions())).kind, 'auth')
})

test('the_map_is_read_whole_or_for_one_extension_and_then_merged', async () => {
  const { bob } = await world.people('pickup', 'viewOtherParty')
  await world.user('bob', { override: 'HIDE_OFF_WORK' })
  const ann = await world.login()
  assert.equal(ann.check(bob.extension, 'pickup').verdict, 'unknown')
  const events = heard(ann, 'permissions')
  const map = await ann.permissions()
  assert.equal(map[bob.extension].pickup, true)
  assert.equal(map[bob.extension].viewOtherPartyOverride, 'HIDE_OFF_WORK')

  await world.grant('steal', 'viewOtherParty')
  for (const keyedSingle of [false, true]) {
    await world.settings({ keyedSingle })
    const merged = (await ann.permissions({ extension: bob.extension }))[bob.extension]
    assert.deepEqual([merged.pickup, merged.steal], [false, true])
    assert.equal(merged.viewOtherPartyOverride, 'HIDE_OFF_WORK')
  }
  assert.equal(ann.check(bob.extension, 'steal').verdict, 'allowed')
  assert.equal(events.length, 2)
})

test('a_user_without_extensions_has_an_empty_map', async () => {
  await world.user('ann', { extensions: [] })
  const ann = await world.login()
  assert.deepEqual(await ann.permissions(), {})
  assert.equal(ann.check(ID, 'pickup').verdict, 'denied')
})

test('the_documented_map_is_read_whole', async () => {
  const sample = new URL('../seeds/telecomx-permissions.200.json', import.meta.url)
  const { client } = faked(await readFile(sample, 'utf8'))
  const map = await client.permissions()
  const [first, second] = ['5c5a9dea83a3bc74d5891c95', '5beaa1574a7caf17c958ed3a']
  assert.deepEqual(Object.keys(map).sort(), [first, second].sort())
  assert.equal(client.check(first, 'setPresence').verdict, 'allowed')
  assert.equal(client.check(first, 'viewOtherParty').verdict, 'allowed')
  assert.equal(client.check(second, 'viewOtherParty').verdict, 'denied')
  assert.equal(client.check(second, 'spy').verdict, 'denied')
})

test('a_check_says_what_is_missing_and_grants_nothing_unknown', async () => {
  const { bob } = await world.people('pickup', 'viewOtherParty')
  const ann = await world.login()
  await ann.permissions()
  const denied = ann.check(bob.extension, 'spy')
  assert.deepEqual(
    [denied.verdict, denied.layer, denied.evidence, denied.needed, denied.provided],
    ['denied', 'right', 'grant', [['spy']], ['pickup', 'viewOtherParty']],
  )
  for (const [extension, action] of [
    [OTHER, 'pickup'],
    [bob.extension, 'teleport'],
    [bob.extension, 'toString'],
  ]) {
    assert.equal(ann.check(extension, action).verdict, 'denied')
  }
  const reseller = ann.check(bob.extension, 'readCalendar', { level: 'RESELLER' })
  assert.deepEqual(reseller.provided, ['RESELLER'])
  assert.equal(ann.check(bob.extension, 'pickup', { level: 'KING' }).verdict, 'unknown')
})

test('who_somebody_talks_to_is_shown_as_the_override_says_and_hidden_without_its_inputs', async () => {
  for (const [override, context, verdict] of [
    ['NONE', undefined, 'allowed'],
    ['HIDE', { presence: 'AVAILABLE', inPhonebook: false }, 'denied'],
    ['HIDE_OFF_WORK', undefined, 'denied'],
    ['HIDE_OFF_WORK', { presence: 'AVAILABLE' }, 'allowed'],
    ['HIDE_OFF_WORK', { presence: 'HOLIDAY' }, 'denied'],
    ['HIDE_PERSONAL_PHONEBOOK', { inPhonebook: false }, 'allowed'],
    ['HIDE_PERSONAL_PHONEBOOK', { inPhonebook: true }, 'denied'],
    ['HIDE_PERSONAL_PHONEBOOK', { presence: 'AVAILABLE' }, 'denied'],
    [
      'HIDE_PERSONAL_PHONEBOOK_AND_OFF_WORK',
      { presence: 'AVAILABLE', inPhonebook: false },
      'allowed',
    ],
    ['HIDE_PERSONAL_PHONEBOOK_AND_OFF_WORK', { presence: 'AVAILABLE' }, 'denied'],
    ['ANOTHER', { presence: 'AVAILABLE', inPhonebook: false }, 'denied'],
  ]) {
    const { client } = faked(JSON.stringify({ [ID]: right(override) }))
    await client.permissions()
    assert.equal(client.check(ID, 'viewOtherParty', context).verdict, verdict, override)
  }
})

const right = (override) => ({ viewOtherParty: true, viewOtherPartyOverride: override })

test('a_guarded_action_is_carried_out_once', async () => {
  const { ann, bob } = await world.people('pickup', 'steal')
  const client = await world.login()
  await world.forget()
  assert.deepEqual(await client.pickup({ device: ann.device, target: bob.extension }), {
    success: true,
  })
  const asked = await world.asked()
  assert.deepEqual(
    asked.map((it) => it.replace(/\?.*/, '')),
    ['GET /pbx/app/permissions', 'GET /pbx/app/action/pickup'],
  )
  assert.equal((await world.see('telecomx/done')).length, 1)
})

test('each_mode_does_what_its_name_says', async () => {
  const { ann, bob } = await world.people('pickup')
  const { id } = await world.control('telecomx/calls', { extension: bob.extension })
  const spy = { device: ann.device, target: id, extension: bob.extension }
  for (const [preflight, requests, warned] of [
    [undefined, 1, 0],
    ['enforce', 1, 0],
    ['warn', 3, 1],
    ['off', 2, 0],
  ]) {
    const client = await world.login({ preflight })
    const warnings = heard(client, 'warning')
    await world.forget()
    const error = await rejection(client.spy(spy))
    assert.deepEqual([error.code, error.kind, error.ran], ['access_denied', 'denied', 'no'])
    assert.equal(error.method, 'GET /pbx/app/action/spy')
    assert.deepEqual(error.decision.needed, [['spy']])
    assert.equal((await world.asked()).length, requests, preflight)
    assert.equal(warnings.length, warned)
    for (const [, { message, method, decision }] of warnings) {
      assert.match(message, /extension: the map doesn't grant this right/)
      assert.deepEqual([method, decision.verdict], ['GET /pbx/app/action/spy', 'denied'])
    }
  }
  const own = await world.login({ preflight: 'enforce' })
  await world.forget()
  await rejection(own.spy(spy, { preflight: 'off' }))
  assert.match((await world.asked())[0], /action\/spy/)
})

test('a_group_that_is_edited_meanwhile_is_read_again_when_the_server_denies', async () => {
  const { ann, bob } = await world.people('pickup')
  for (const denied of STATUSES) {
    await world.grant('pickup')
    await world.settings({ denied, foreignCall: { status: denied, code: 'access_denied' } })
    const client = await world.login()
    await client.permissions()
    await world.grant('steal')
    const error = await rejection(client.pickup({ device: ann.device, target: bob.extension }))
    assert.deepEqual(
      [error.code, error.kind, error.status, error.ran],
      ['access_denied', 'denied', denied, 'no'],
    )
    assert.match(error.message, /read again, doesn't have this right/)
    assert.deepEqual(error.decision.provided, ['steal'])
    assert.equal(client.check(bob.extension, 'steal').verdict, 'allowed')
  }
})

test('a_call_that_is_over_keeps_the_servers_code_whatever_the_status', async () => {
  const { ann, bob } = await world.people('steal')
  const client = await world.login()
  const { id } = await world.control('telecomx/calls', { extension: bob.extension })
  await fetch(`${world.origin}/_portal/telecomx/calls`, {
    method: 'DELETE',
    body: JSON.stringify({ id }),
    headers: { 'Content-Type': 'application/json' },
  })
  const steal = { device: ann.device, target: id, extension: bob.extension }
  for (const status of STATUSES) {
    await world.settings({ noCall: { status, code: 'target' } })
    const error = await rejection(client.steal(steal))
    assert.deepEqual([error.code, error.status, error.ran], ['target', status, 'no'])
    assert.equal(error.kind, status === 401 ? 'auth' : 'portal')
  }
})

test('a_rule_of_the_business_is_no_missing_right', async () => {
  const { bob } = await world.people('queueMember')
  const { id: queue } = await world.control('telecomx/queues', { dynamic: false })
  const client = await world.login()
  const { _id: member } = await client.joinQueue({ queue, extension: bob.extension })
  await world.forget()
  const error = await rejection(client.leaveQueue({ queue, member, extension: bob.extension }))
  assert.deepEqual([error.code, error.kind, error.status], ['dynamic', 'portal', 403])
  assert.equal((await world.asked()).length, 1, 'the map is not read again')
})

test('errors_are_read_in_each_container', async () => {
  await world.people()
  const client = await world.login()
  for (const errors of ['object', 'list', 'errors']) {
    await world.settings({ errors })
    const error = await rejection(client.leaveQueue({ queue: ID, member: OTHER }))
    assert.deepEqual([error.kind, error.status], ['portal', 404])
    assert.match(error.code, /^(queue|id|member)$/)
  }
})

test('rule_3_no_request_is_ever_repeated_and_a_failure_says_what_is_known', async () => {
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  for (const [answer, expected] of [
    [() => Promise.reject(refused), { kind: 'network', ran: 'no', retryable: true }],
    [() => Promise.reject(new Error('reset')), { kind: 'network', ran: 'unknown' }],
    [() => undefined, { kind: 'network', ran: 'unknown' }],
    [() => response('', 500), { kind: 'portal', ran: 'unknown', status: 500 }],
    [() => response('', 503), { kind: 'limit', ran: 'unknown', status: 503 }],
    [() => response('', 0), { kind: 'protocol', ran: 'no', status: 302 }],
    [() => response('{"success":false}'), { kind: 'portal', ran: 'unknown' }],
  ]) {
    const { client, requests } = faked(answer)
    const { code, method, ...told } = facts(await rejection(client.hangup({ target: CALL })))
    assert.deepEqual(told, { retryable: false, ...expected })
    assert.equal(method, 'GET /pbx/app/action/hangup')
    assert.ok(code.startsWith('CALLGATE_'))
    assert.equal(requests.length, 1)
  }
})

test('nothing_comes_from_a_cache_follows_a_redirect_or_brings_a_cookie', async () => {
  const { client, requests } = faked('{"success":true}')
  await client.hangup({ target: CALL })
  const { method, redirect, cache, credentials, headers } = requests[0].init
  assert.deepEqual(
    { method, redirect, cache, credentials },
    { method: 'GET', redirect: 'manual', cache: 'no-store', credentials: 'omit' },
  )
  assert.deepEqual(headers, { Accept: 'application/json', Authorization: 'Bearer a-secret-token' })
})

test('rule_9_no_secret_is_in_an_error_an_address_or_what_is_shown', async () => {
  const login = {
    username: 'ann',
    password: 'a-secret-password',
    smsKey: 'a-secret-code',
    authenticatorToken: 'a-secret-second',
  }
  const words = `no: ${Object.values(login)} a-secret-token`
  for (const answer of [
    () => Promise.reject(new Error(words, { cause: new Error(words) })),
    () => response(JSON.stringify({ error: { code: login.password, message: words } }), 400),
    () => response(words, 500),
  ]) {
    const { client, fetch, requests } = faked(answer)
    const show = (error) => `${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`
    const refused = await rejection(TelecomX.login({ ...login, fetch }))
    assert.doesNotMatch(show(refused).replaceAll('a-secret-token', ''), /a-secret/)
    for (const call of [client.permissions(), client.hangup({ target: CALL }), client.logout()])
      assert.doesNotMatch(show(await rejection(call)), /secret-token/)
    for (const { url } of requests) assert.doesNotMatch(url, /secret/)
    assert.doesNotMatch(JSON.stringify(client), /secret/)
  }
})

test('what_callers_give_is_refused_by_name_before_anything_is_sent', async () => {
  const { client, fetch, requests } = faked('{}')
  const login = { username: 'ann', password: 'p', fetch }
  for (const [make, words] of [
    [() => new TelecomX(), /TelecomX: an object of options/],
    [() => new TelecomX({ fetch }), /token: is missing/],
    [() => new TelecomX({ token: 'a b' }), /token/],
    [() => new TelecomX({ token: 't', url: 'http://api.telecomx.dk' }), /http/],
    [() => new TelecomX({ token: 't', preflight: 'maybe' }), /preflight: 'off'/],
    [() => new TelecomX({ token: 't', timeout: 'soon' }), /timeout/],
    [() => new TelecomX({ token: 't', password: 'p' }), /options\.password: there is no such/],
    [() => client.check(1, 'pickup'), /extension: a text/],
    [() => client.check(ID), /action: a text/],
    [() => client.check(ID, 'pickup', { inPhonebook: 'no' }), /inPhonebook/],
    [() => client.check(ID, 'pickup', { phonebook: true }), /options\.phonebook/],
    [() => client.on('news', () => {}), /no event 'news', but permissions, tokenEnded, warning/],
    [() => client.on('warning'), /listener must be a function/],
  ]) {
    const error = thrown(make)
    assert.deepEqual([error.code, error.kind], ['CALLGATE_INVALID', 'invalid'])
    assert.match(error.message, words)
  }
  for (const [call, words] of [
    [() => TelecomX.login(), /TelecomX\.login: an object of options/],
    [() => TelecomX.login({ ...login, username: undefined }), /username: is missing/],
    [() => TelecomX.login({ ...login, password: '' }), /password/],
    [() => TelecomX.login({ ...login, smsKey: 5 }), /smsKey: a text/],
    [() => TelecomX.login({ ...login, cookie: true }), /options\.cookie/],
    [() => client.permissions({ extension: 'a' }), /extension: an id/],
    [() => client.permissions({ extensions: [] }), /options\.extensions/],
    [() => client.hangup(), /target: it is missing/],
    [() => client.hangup('now'), /parameters: an object/],
    [() => client.hangup({ target: CALL, now: true }), /now/],
    [() => client.hangup({ target: CALL }, { preflight: 'maybe' }), /preflight/],
    [() => client.hangup({ target: CALL }, { timeout: 5 }), /options\.timeout/],
    [() => client.pickup({ device: 'a', target: '201' }), /device/],
    [() => client.joinQueue({ queue: ID, number: '1', priority: 21 }), /priority/],
    [() => client.validateToken({ extend: 'yes' }), /extend/],
  ]) {
    const error = await rejection(call())
    assert.deepEqual([error.code, error.kind, error.ran], ['CALLGATE_INVALID', 'invalid', 'no'])
    assert.match(error.message, words)
  }
  assert.equal(requests.length, 0)
})

test('a_signal_ends_every_call_and_nothing_is_left_behind', async () => {
  const { client, fetch } = faked(() => new Promise(() => {}))
  for (const call of [
    (options) => client.permissions(options),
    (options) => client.hangup({ target: CALL }, options),
    (options) => client.validateToken(options),
    (options) => client.logout(options),
    (options) => TelecomX.login({ username: 'ann', password: 'p', fetch, ...options }),
  ]) {
    const controller = new AbortController()
    const promise = call({ signal: controller.signal })
    controller.abort()
    assert.equal((await rejection(promise)).kind, 'aborted')
    const error = await rejection(call({ signal: AbortSignal.abort() }))
    assert.deepEqual([error.kind, error.ran], ['aborted', 'no'])
  }
  const timers = process.getActiveResourcesInfo().filter((it) => it === 'Timeout')
  assert.equal(timers.length, 0)
})

test('an_exchange_that_lasts_too_long_ends_with_kind_timeout', async () => {
  const clock = ownClock()
  try {
    const { client, requests } = faked(() => new Promise(() => {}), { timeout: 2_000 })
    const ended = rejection(client.hangup({ target: CALL }))
    await clock.advance(2_000)
    const error = await ended
    assert.deepEqual([error.code, error.ran], ['CALLGATE_TIMEOUT', 'unknown'])
    assert.ok(requests[0].signal.aborted)
  } finally {
    clock.stop()
  }
})

test('close_ends_what_is_under_way_and_refuses_what_comes', async () => {
  const { client } = faked(() => new Promise(() => {}))
  const ended = rejection(client.permissions())
  client.close()
  assert.equal((await ended).kind, 'aborted')
  assert.equal((await rejection(client.permissions())).code, 'CALLGATE_CLOSED')
})

/** A client whose requests are answered by a text or a function, and are kept. */
function faked(answer, options) {
  const requests = []
  const fetch = async (url, init) => {
    requests.push({ url, init, signal: init.signal })
    return typeof answer === 'string' ? response(answer) : answer()
  }
  const client = new TelecomX({ token: 'a-secret-token', fetch, ...options })
  return { client, fetch, requests }
}
