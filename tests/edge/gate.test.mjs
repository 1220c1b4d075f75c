/** The gate in workerd, over HTTP, before the test portal. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { before, describe, test } from 'node:test'
import { edgeWorld } from '../support/edge.mjs'

const world = edgeWorld()

describe('in enforce', () => {
  let gate
  before(async () => (gate = await world.gate({ preflight: 'enforce' })))

  test('what_may_succeed_goes_on_and_its_answer_comes_back_as_it_was', async () => {
    const token = await world.token()
    const path = `/rest/crm.deal.get.json?id=7&auth=${token.access_token}`
    const through = await gate.ask(path)
    const direct = await fetch(world.origin + path)
    assert.equal(through.status, 200)
    assert.deepEqual(through.body.result, (await direct.json()).result)
    const ours = ['access-control-allow-origin', 'access-control-allow-headers', 'content-type']
    for (const name of ours) assert.equal(through.headers.get(name), direct.headers.get(name))
    assert.deepEqual(await world.seen(), [
      'POST /rest/scope',
      'GET /rest/crm.deal.get.json',
      'GET /rest/crm.deal.get.json',
    ])
  })

  test('what_cannot_succeed_costs_the_portal_nothing_but_one_question_for_its_token', async () => {
    const token = await world.token(['crm'])
    for (let round = 0; round < 3; round++) {
      const { status, body } = await gate.call('user.get', token)
      assert.deepEqual([status, body.error], [401, 'insufficient_scope'])
      assert.deepEqual(body.callgate.provided, ['crm'])
    }
    assert.deepEqual(await world.seen(), ['POST /rest/scope'])
  })

  test('many_who_ask_at_once_let_the_portal_be_asked_once', async () => {
    const token = await world.token(['crm'])
    const calls = Array.from({ length: 20 }, () => gate.call('user.get', token))
    for (const { status } of await Promise.all(calls)) assert.equal(status, 401)
    assert.deepEqual(await world.seen(), ['POST /rest/scope'])
  })

  test('a_webhook_is_asked_by_its_own_way', async () => {
    const { url } = await world.control('webhooks', { scopes: ['crm'] })
    const { pathname } = new URL(url)
    assert.equal((await gate.ask(`${pathname}crm.deal.get?id=7`)).status, 200)
    assert.equal((await gate.ask(`${pathname}user.get`)).body.error, 'insufficient_scope')
    const paths = (await world.seen()).map((it) => it.split('/').at(-1))
    assert.deepEqual(paths, ['app.info', 'crm.deal.get'])
  })

  test('a_batch_with_a_refused_command_is_refused_whole', async () => {
    const token = await world.token(['crm'])
    const cmd = { deal: 'crm.deal.get?id=7', user: 'user.get' }
    const { body } = await gate.call('batch', token, { cmd })
    assert.equal(body.error, 'insufficient_scope')
    const { deal, user } = body.callgate.commands
    assert.deepEqual([deal.verdict, user.verdict], ['allowed', 'denied'])
    assert.deepEqual(await world.seen(), ['POST /rest/scope'])
  })

  test('what_can_be_read_in_two_ways_is_refused', async () => {
    const token = await world.token()
    const { body } = await gate.ask(`/rest/profile?auth=${token.access_token}&auth=other`)
    assert.equal(body.error, 'CALLGATE_AMBIGUOUS')
    assert.deepEqual(await world.seen(), [])
  })

  test('a_denied_confirmation_is_answered_at_the_edge_for_this_token_and_no_other', async () => {
    const token = await world.token()
    const call = (by) => gate.call('voximplant.user.get', by, { USER_ID: 1 })
    assert.equal((await call(token)).body.error, 'METHOD_CONFIRM_WAITING')
    await world.decide(token, false)
    assert.equal((await call(token)).body.callgate, undefined)
    const before = (await world.seen()).length
    const { status, body } = await call(token)
    assert.deepEqual([status, body.error], [403, 'METHOD_CONFIRM_DENIED'])
    assert.equal(body.callgate.layer, 'confirmation')
    assert.equal((await world.seen()).length, before)
    const other = await world.token()
    assert.equal((await call(other)).body.error, 'METHOD_CONFIRM_WAITING')
  })

  test('check_says_the_same_and_sends_nothing_on', async () => {
    const token = await world.token(['crm'])
    const decision = await gate.check(`/rest/user.get?auth=${token.access_token}`)
    assert.deepEqual([decision.verdict, decision.layer], ['denied', 'scope'])
    assert.deepEqual(await world.seen(), ['POST /rest/scope'])
    const unreadable = await gate.check('/elsewhere')
    assert.equal(unreadable.verdict, 'denied')
    assert.match(unreadable.problems[0].reason, /not found/i)
  })
})

describe('what answers teach', () => {
  let gate
  before(async () => (gate = await world.gate({ preflight: 'enforce' })))

  test('a_scope_that_the_portal_refuses_in_spite_of_the_grant_is_asked_for_no_more', async () => {
    const token = await world.token(['crm'])
    assert.equal((await gate.call('crm.deal.get', token, { id: 7 })).status, 200)
    await world.fault('insufficient_scope', { times: 1 })
    assert.equal((await gate.call('crm.deal.list', token)).body.error, 'insufficient_scope')
    await gate.settled()
    const before = (await world.seen()).length
    const { status, body } = await gate.call('crm.deal.list', token)
    assert.deepEqual([status, body.callgate.evidence], [401, 'server'])
    assert.equal((await world.seen()).length, before)
    assert.equal((await gate.call('crm.deal.get', token, { id: 7 })).status, 200)
    assert.equal((await world.seen()).filter((it) => it.endsWith('/scope')).length, 2)
  })

  test('a_token_that_has_ended_is_forgotten', async () => {
    const token = await world.token(['crm'])
    await gate.call('crm.deal.get', token, { id: 7 })
    await world.fault('expired_token', { times: 1 })
    assert.equal((await gate.call('crm.deal.get', token, { id: 7 })).body.error, 'expired_token')
    await gate.settled()
    assert.equal((await gate.call('crm.deal.get', token, { id: 7 })).status, 200)
    assert.equal((await world.seen()).filter((it) => it.endsWith('/scope')).length, 2)
  })

  test('a_confirmation_that_was_granted_is_known_by_the_answer', async () => {
    const token = await world.token()
    const call = () => gate.call('voximplant.user.get', token, { USER_ID: 1 })
    assert.equal((await call()).body.error, 'METHOD_CONFIRM_WAITING')
    await world.decide(token, true)
    await gate.records()
    assert.equal((await call()).status, 200)
    await gate.settled()
    await call()
    const verdicts = (await gate.records()).map(({ verdict }) => verdict)
    assert.deepEqual(verdicts, ['pending', 'allowed'])
  })

  test('a_commands_waiting_is_learnt_from_the_batch_that_it_stood_in', async () => {
    const token = await world.token()
    const cmd = { who: 'voximplant.user.get?USER_ID=1', me: 'profile' }
    const { status, body } = await gate.call('batch', token, { cmd })
    assert.equal(status, 200)
    assert.equal(body.result.result_error.who.error, 'METHOD_CONFIRM_WAITING')
    await gate.settled()
    const decision = await gate.check(
      `/rest/voximplant.user.get?USER_ID=1&auth=${token.access_token}`,
    )
    assert.equal(decision.verdict, 'pending')
  })

  test('a_spent_budget_holds_the_next_requests_back', async () => {
    const token = await world.token(['crm'])
    await gate.call('crm.deal.get', token, { id: 7 })
    await world.fault('QUERY_LIMIT_EXCEEDED', { times: 1 })
    assert.equal((await gate.call('profile', token)).status, 503)
    await gate.settled()
    assert.equal((await gate.call('profile', token)).status, 200)
    const log = await world.requests()
    const [refused, next] = log.slice(-2).map(({ at }) => at)
    assert.ok(next - refused >= 900, `after ${next - refused} ms`)
  })

  test('a_portal_that_moved_is_reported_and_not_followed', async () => {
    const token = await world.token()
    await world.fault('redirect', { times: 1 })
    await gate.records()
    const { status, headers } = await gate.call('profile', token)
    assert.equal(status, 302)
    const [{ moved, outcome }] = await gate.records()
    assert.equal(moved, new URL(headers.get('location')).host)
    assert.equal(outcome, 'passed')
  })
})

describe('in warn, the default', () => {
  let gate
  before(async () => (gate = await world.gate()))

  test('nothing_is_held_back_and_the_record_tells_what_would_have_been', async () => {
    const token = await world.token(['crm'])
    await gate.call('user.get', token)
    await gate.settled()
    await gate.records()
    const { status, body } = await gate.call('user.get', token)
    assert.deepEqual([status, body.callgate], [401, undefined])
    const [record] = await gate.records()
    assert.deepEqual(
      [record.verdict, record.layer, record.outcome, record.status],
      ['denied', 'scope', 'passed', 401],
    )
    const doubtful = await gate.ask(`/rest/profile?auth=${token.access_token}&auth=other`)
    assert.notEqual(doubtful.body.error, 'CALLGATE_AMBIGUOUS')
    assert.equal((await gate.records())[0].problems[0].path, 'auth')
  })

  test('other_hosts_and_paths_are_no_matter_of_modes', async () => {
    for (const path of ['/', '/rest/', '/bitrix/admin/', '/rest/a/b/c/d/e']) {
      const { status, body } = await gate.ask(path)
      assert.deepEqual([status, body.error], [404, 'ERROR_METHOD_NOT_FOUND'])
    }
    assert.deepEqual(await world.seen(), [])
  })

  test('records_and_answers_hold_no_secret', async () => {
    const token = await world.token()
    const secret = token.access_token
    const { url } = await world.control('webhooks', { scopes: ['crm'] })
    const hook = new URL(url).pathname
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const requests = [
      [`/rest/user.get?auth=${secret}`],
      [`/rest/profile?auth=${secret}&auth=${secret}`],
      ['/rest/profile', { method: 'POST', headers: form, body: JSON.stringify({ auth: secret }) }],
      [
        '/rest/profile',
        { method: 'POST', headers: form, body: `{"auth":"${secret}"}&{"auth":"${secret}"}` },
      ],
      [`${hook}user.get`],
      [`${hook}profile?auth=${secret}`],
    ]
    const answers = []
    for (const [path, init] of requests) answers.push((await gate.ask(path, init)).text)
    await gate.settled()
    const told = JSON.stringify(await gate.records()) + answers.join('')
    assert.ok(!told.includes(secret), 'the token')
    assert.ok(!told.includes(hook.split('/')[3]), "the webhook's secret")
  })
})

test('a_browser_is_answered_at_the_edge_as_the_portal_would', async () => {
  const gate = await world.gate()
  const { status, headers } = await gate.ask('/rest/profile', { method: 'OPTIONS' })
  const portal = await fetch(`${world.origin}/rest/profile`, { method: 'OPTIONS' })
  assert.equal(status, portal.status)
  for (const name of ['access-control-allow-origin', 'access-control-allow-headers']) {
    assert.equal(headers.get(name), portal.headers.get(name))
  }
  assert.equal(headers.get('access-control-max-age'), '86400')
  assert.equal((await world.seen()).length, 1)
})

test('the_gate_answers_for_the_portal_while_an_administrator_thinks_where_that_is_wanted', async () => {
  const gate = await world.gate({ confirmations: 'answer' })
  const token = await world.token()
  const call = () => gate.call('voximplant.user.get', token, { USER_ID: 1 })
  const first = await call()
  const second = await call()
  assert.deepEqual([first.status, second.status], [401, 401])
  const { callgate, ...own } = second.body
  assert.deepEqual(own, first.body)
  assert.equal(callgate.verdict, 'pending')
  const asked = (await world.seen()).filter((it) => it.includes('voximplant'))
  assert.equal(asked.length, 1)
})

test('own_addresses_are_where_the_operator_puts_them', async () => {
  const gate = await world.gate({ paths: { health: '/healthy', metrics: '/numbers' } })
  assert.equal((await gate.ask('/healthy')).text, 'ok\n')
  const token = await world.token()
  await gate.call('profile', token)
  await gate.ask('/elsewhere')
  const { text } = await gate.ask('/numbers')
  assert.match(text, /^# TYPE callgate_requests_total counter$/m)
  assert.match(text, /^callgate_requests_total\{portal="[\d.:]+",outcome="passed"\} 1$/m)
  assert.match(text, /^callgate_refusals_total\{[^}]*code="ERROR_METHOD_NOT_FOUND"\} 1$/m)
  const other = await world.gate()
  assert.equal((await other.ask('/healthy')).status, 404)
})

test('a_portal_that_is_away_is_said_to_be', async () => {
  const gate = await world.gate({ portals: ['http://127.0.0.1:1'] })
  const { status, body } = await gate.ask('/rest/profile?auth=x')
  assert.deepEqual([status, body.error], [502, 'CALLGATE_PORTAL_AWAY'])
})

test('an_option_that_is_wrong_is_named', async () => {
  const { createGate } = await import('../../pkg/edge/disk.js')
  const portals = ['portal.example']
  for (const [options, words] of [
    [undefined, /^portals: /],
    [{ portals: [] }, /^portals: /],
    [{ portals: ['http://127.0.0.1'] }, /^portals: /],
    [{ portals: [1] }, /^portals: /],
    [{ portals, portal: 'x' }, /^options\.portal: there is no such option/],
    [{ portals, preflight: 'strict' }, /^preflight: /],
    [{ portals, preflight: { scopes: 'warn' } }, /^preflight: options\.scopes: /],
    [{ portals, grants: 'all' }, /^grants: /],
    [{ portals, grants: { 'other.example': ['crm'] } }, /^grants\.other\.example: /],
    [{ portals, grants: { 'portal.example': 5 } }, /^grants\.portal\.example: /],
    [{ portals, maxBody: 0 }, /^maxBody: /],
    [{ portals, maxVariables: 1.5 }, /^maxVariables: /],
    [{ portals, store: {} }, /^store: /],
    [{ portals, whenStoreIsAway: 'wait' }, /^whenStoreIsAway: /],
    [{ portals, confirmations: 'reject' }, /^confirmations: /],
    [{ portals, budget: { perSecond: 0 } }, /^budget\.perSecond: /],
    [{ portals, budget: { rate: 1 } }, /^budget\.rate: /],
    [{ portals, patience: -1 }, /^patience: /],
    [{ portals, applicationTokens: { a: '' } }, /^applicationTokens\.a: /],
    [{ portals, paths: { health: '/rest/health' } }, /^paths\.health: /],
    [{ portals, paths: { health: 'health' } }, /^paths\.health: /],
    [{ portals, paths: { here: '/here' } }, /^paths\.here: /],
    [{ portals, paths: { health: '/a', metrics: '/a' } }, /^paths\.metrics: /],
    [{ portals, onDecision: true }, /^onDecision: /],
    [{ portals, httpToLoopbackForTests: 1 }, /^httpToLoopbackForTests: /],
  ]) {
    const wrong = { name: 'CallgateError', kind: 'invalid', message: words }
    assert.throws(() => createGate(options), wrong, JSON.stringify(options))
  }
})

test('the_entry_exports_what_its_types_say', async () => {
  const entry = await import('../../pkg/edge/disk.js')
  const names = ['CallgateError', 'createGate', 'loadCatalogue', 'memoryStore']
  assert.deepEqual(Object.keys(entry), names)
  const types = await readFile(new URL('../../pkg/edge.d.ts', import.meta.url), 'utf8')
  for (const name of names) assert.match(types, new RegExp(`^export .*\\b${name}\\b`, 'm'))
})
