/** Calls that fail: what the error says, for every kind, and for answers that are none. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  facts,
  fakeFetch,
  inTheEnd,
  portalWorld,
  refusal,
  rejection,
  response,
  thrown,
} from '../support/world.mjs'

const world = portalWorld()

/** The error that reading a deal ends with once the portal has a fault. */
async function withFault(kind, { method = 'crm.deal.get', params = { id: 1 }, ...more } = {}) {
  const { portal } = await world.client()
  await world.fault(kind, { ...more })
  return inTheEnd(() => portal.call(method, params))
}

test('a_refusal_of_the_portals_keeps_its_code_status_and_words', async () => {
  const error = await withFault('argument')
  assert.ok(error instanceof Error)
  assert.equal(error.name, 'CallgateError')
  assert.deepEqual(facts(error), {
    code: 'ERROR_ARGUMENT',
    kind: 'portal',
    ran: 'no',
    retryable: false,
    status: 400,
    method: 'crm.deal.get',
  })
  assert.match(error.message, /^crm\.deal\.get: .*Argument 'ID' is null or empty/)
  assert.match(error.stack, /^CallgateError: /m)
})

/** fault, code, kind, ran, retryable, status */
const table = [
  ['portal-deleted', 'PORTAL_DELETED', 'portal', 'no', false, 403],
  ['method-not-found', 'ERROR_METHOD_NOT_FOUND', 'portal', 'no', false, 404],
  ['connection-error', 'CONNECTION_ERROR', 'portal', 'no', true, 401],
  ['exception', 'ERROR_CORE', 'portal', 'unknown', false, 400],
  ['sql', 'ERROR_CORE', 'portal', 'unknown', false, 500],
  ['generic', '', 'portal', 'unknown', false, 400],
  ['numeric', '0', 'portal', 'unknown', false, 400],
  ['server-error', 'INTERNAL_SERVER_ERROR', 'portal', 'unknown', false, 500],
  ['invalid-token', 'invalid_token', 'auth', 'no', false, 401],
  ['expired-token', 'expired_token', 'auth', 'no', false, 401],
  ['no-auth', 'NO_AUTH_FOUND', 'auth', 'no', false, 401],
  ['application-not-found', 'APPLICATION_NOT_FOUND', 'auth', 'no', false, 401],
  ['user-access', 'user_access_error', 'auth', 'no', false, 401],
  ['rate-limit', 'QUERY_LIMIT_EXCEEDED', 'limit', 'no', true, 503],
  ['barred', 'QUERY_LIMIT_EXCEEDED', 'limit', 'no', true, 401],
  ['operating-limit', 'OPERATION_TIME_LIMIT', 'limit', 'no', true, 429],
  ['overload', 'OVERLOAD_LIMIT', 'limit', 'no', false, 401],
]
for (const [kind, code, ...rest] of table) {
  const [wanted, ran, retryable, status] = rest
  test(`${kind}_is_an_error_of_kind_${wanted}`, async () => {
    const error = await withFault(kind)
    const method = 'crm.deal.get'
    assert.deepEqual(facts(error), { code, kind: wanted, ran, retryable, status, method })
    assert.equal('decision' in error, false)
  })
}

/** fault, code, layer, status */
const denials = [
  ['insufficient-scope', 'insufficient_scope', 'scope', 401],
  ['error-200', 'insufficient_scope', 'scope', 200],
  ['permission', 'ACCESS_DENIED', 'right', 403],
  ['wrong-auth-type', 'WRONG_AUTH_TYPE', 'right', 403],
  ['licence', 'WRONG_LICENSE', 'plan', 403],
  ['payment-required', 'PAYMENT_REQUIRED', 'plan', 401],
  ['confirm-denied', 'METHOD_CONFIRM_DENIED', 'confirmation', 403],
]
for (const [kind, code, layer, status] of denials) {
  test(`${kind}_is_a_denial_with_a_decision_of_the_servers`, async () => {
    const { decision, ...error } = await withFault(kind)
    assert.deepEqual(
      [error.code, error.kind, error.ran, error.retryable, error.status],
      [code, 'denied', 'no', false, status],
    )
    assert.equal(decision.verdict, 'denied')
    assert.equal(decision.layer, layer)
    assert.equal(decision.evidence, 'server')
    assert.deepEqual(decision.needed, [['crm']])
    assert.equal(typeof decision.remedy, 'string')
  })
}

test('waiting_is_not_a_denial_and_may_be_tried_again', async () => {
  const { decision, ...error } = await withFault('confirm-waiting')
  assert.deepEqual(
    [error.code, error.kind, error.ran, error.retryable, error.status],
    ['METHOD_CONFIRM_WAITING', 'waiting', 'no', true, 401],
  )
  assert.equal(decision.verdict, 'pending')
  assert.equal(decision.layer, 'confirmation')
  assert.equal(decision.evidence, 'server')
})

test('codes_decide_whatever_the_status_and_the_case', async () => {
  for (const [code, kind] of [
    ['Insufficient_Scope', 'denied'],
    ['method_confirm_waiting', 'waiting'],
    ['query_limit_exceeded', 'limit'],
    ['EXPIRED_TOKEN', 'auth'],
    ['NEVER_HEARD_OF', 'portal'],
  ]) {
    for (const status of [200, 400, 401, 403, 429, 500, 503]) {
      const { fetch } = fakeFetch(() => refusal(code, status))
      const { portal } = await world.client({ fetch })
      const error = await inTheEnd(() => portal.call('crm.deal.get', { id: 1 }))
      assert.deepEqual([error.code, error.kind, error.status], [code, kind, status])
    }
  }
})

test('strict_statuses_change_nothing_but_the_status', async () => {
  await world.control('settings', { strictStatuses: true })
  const error = await withFault('insufficient-scope')
  assert.deepEqual([error.code, error.kind, error.status], ['insufficient_scope', 'denied', 403])
})

test('an_error_of_version_3_gives_its_own_code_and_words', async () => {
  const { portal } = await world.client({ scopes: ['task'] })
  const call = (params) => portal.call('tasks.task.get', params, { version: 3 })
  const error = await rejection(call({ id: 1, select: ['nonsense'] }))
  assert.match(error.code, /^BITRIX_REST_V3_EXCEPTION_/)
  assert.equal(error.status, 400)
  assert.match(error.message, /nonsense/)
})

test('a_401_of_version_3_is_about_authorization_and_a_403_about_a_right', async () => {
  const code = 'BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION'
  const body = JSON.stringify({ error: { code, message: 'Access denied' } })
  for (const [status, kind] of [
    [401, 'auth'],
    [403, 'denied'],
  ]) {
    const { fetch } = fakeFetch(() => response(body, status))
    const { portal } = await world.client({ fetch, version: 3 })
    const error = await rejection(portal.call('tasks.task.get', { id: 1 }))
    assert.deepEqual([error.code, error.kind, error.status], [code, kind, status])
  }
})

test('markup_in_a_description_is_left_out', async () => {
  const { message } = await withFault('html-text')
  assert.doesNotMatch(message, /<|>/)
  assert.match(message, /Please fill in the field/)
})

test('an_error_without_a_description_still_has_words', async () => {
  const { fetch } = fakeFetch(() => response('{"error":"wrong_client"}'))
  const { portal } = await world.client({ fetch })
  const error = await rejection(portal.call('profile'))
  assert.deepEqual([error.code, error.kind, error.status], ['wrong_client', 'auth', 200])
  assert.match(error.message, /^profile: \S+/)
})

/** fault, code, status */
const noAnswers = [
  ['empty', 'CALLGATE_EMPTY', 200],
  ['php-error-empty', 'CALLGATE_EMPTY', 500],
  ['not-json', 'CALLGATE_NOT_JSON', 200],
  ['truncated', 'CALLGATE_NOT_JSON', 200],
  ['html-403', 'CALLGATE_NOT_JSON', 403],
  ['html-502', 'CALLGATE_NOT_JSON', 502],
  ['html-503', 'CALLGATE_NOT_JSON', 503],
  ['html-504', 'CALLGATE_NOT_JSON', 504],
  ['php-error', 'CALLGATE_NOT_JSON', 500],
]
for (const [kind, code, status] of noAnswers) {
  test(`${kind}_is_no_answer_so_nobody_knows_whether_a_write_ran`, async () => {
    const read = await withFault(kind)
    assert.deepEqual([read.code, read.kind, read.ran], [code, 'protocol', 'unknown'])
    assert.equal(read.status, status)
    assert.equal(read.retryable, true) // it only reads
    const written = { method: 'crm.deal.add', params: { fields: { TITLE: 'A' } } }
    await world.forget()
    const write = await withFault(kind, written)
    assert.deepEqual([write.code, write.ran, write.retryable], [code, 'unknown', false])
    assert.equal((await world.requests()).length, 1)
  })
}

test('a_write_that_is_called_idempotent_is_tried_again_and_the_error_says_how_often', async () => {
  for (const idempotent of [true, 'key-0001']) {
    const { portal } = await world.client()
    const fields = { TITLE: 'A' }
    await world.fault('empty', { times: 5 })
    await world.forget()
    const call = () => portal.call('crm.deal.add', { fields }, { idempotent })
    const error = await inTheEnd(call)
    assert.deepEqual([error.ran, error.retryable], ['unknown', true])
    assert.match(error.message, /^crm\.deal\.add: after 4 attempts: /)
    assert.equal((await world.requests()).length, 4)
    assert.equal((await call()).status, 200)
    assert.equal((await world.requests()).length, 6)
  }
})

test('json_without_result_or_error_is_no_answer', async () => {
  for (const body of [
    '{}',
    '[]',
    '[1]',
    'null',
    '1',
    '"result"',
    '{"time":{}}',
    '{"error":null}',
  ]) {
    const { fetch } = fakeFetch(() => body)
    const { portal } = await world.client({ fetch })
    const error = await rejection(portal.call('crm.deal.add', { fields: { TITLE: 'A' } }))
    assert.deepEqual(
      [error.code, error.kind, error.ran, error.status],
      ['CALLGATE_NO_RESULT', 'protocol', 'unknown', 200],
      body,
    )
  }
})

test('an_error_beside_a_result_is_an_error', async () => {
  const { fetch } = fakeFetch(() => '{"result":[],"error":"ERROR_CORE","error_description":"no"}')
  const { portal } = await world.client({ fetch })
  assert.equal((await rejection(portal.call('profile'))).code, 'ERROR_CORE')
})

test('a_portal_that_moved_is_reported_and_not_followed', async () => {
  const error = await withFault('redirect', { to: 'https://new.example' })
  assert.deepEqual(
    [error.code, error.kind, error.ran, error.retryable, error.status],
    ['CALLGATE_MOVED', 'portal', 'no', false, 302],
  )
  assert.match(error.message, /new\.example/)
  assert.equal((await world.requests()).length, 1)
})

test('a_portal_that_is_not_there_is_a_network_error_and_the_call_did_not_run', async () => {
  const { portal } = await world.client({ domain: 'http://127.0.0.1:9' })
  const error = await inTheEnd(() => portal.call('crm.deal.add', { fields: { TITLE: 'A' } }))
  assert.deepEqual(facts(error), {
    code: 'CALLGATE_NETWORK',
    kind: 'network',
    ran: 'no',
    retryable: true,
    method: 'crm.deal.add',
  })
})

test('a_name_that_nobody_knows_is_a_network_error_and_the_call_did_not_run', async () => {
  const { portal } = await world.client({ domain: 'https://no-such-portal.invalid' })
  const error = await inTheEnd(() => portal.call('crm.deal.add', { fields: { TITLE: 'A' } }))
  assert.deepEqual([error.kind, error.ran, error.retryable], ['network', 'no', true])
})

test('an_answer_that_takes_too_long_is_a_timeout_and_nobody_knows', async () => {
  await world.control('settings', { latency: 2_000 })
  const { portal } = await world.client({ timeout: 40 })
  const error = await rejection(portal.call('crm.deal.add', { fields: { TITLE: 'A' } }))
  assert.deepEqual(facts(error), {
    code: 'CALLGATE_TIMEOUT',
    kind: 'timeout',
    ran: 'unknown',
    retryable: false,
    method: 'crm.deal.add',
  })
  await world.control('settings', { latency: 0 })
})

test('a_calls_own_timeout_goes_before_the_portals', async () => {
  await world.control('settings', { latency: 150 })
  const { portal } = await world.client({ timeout: 40 })
  assert.equal((await rejection(portal.call('profile'))).retryable, true)
  assert.equal((await portal.call('profile', {}, { timeout: 3_000 })).status, 200)
  await world.control('settings', { latency: 0 })
})

test('an_abort_ends_a_call_that_is_out_and_nobody_knows_whether_it_ran', async () => {
  await world.control('settings', { latency: 2_000 })
  const { portal } = await world.client()
  const controller = new AbortController()
  const call = portal.call(
    'crm.deal.add',
    { fields: { TITLE: 'A' } },
    { signal: controller.signal },
  )
  setTimeout(() => controller.abort(), 30)
  assert.deepEqual(facts(await rejection(call)), {
    code: 'CALLGATE_ABORTED',
    kind: 'aborted',
    ran: 'unknown',
    retryable: false,
    method: 'crm.deal.add',
  })
  await world.control('settings', { latency: 0 })
})

test('a_signal_that_has_fired_already_lets_nothing_out', async () => {
  const { portal } = await world.client()
  const error = await rejection(portal.call('profile', {}, { signal: AbortSignal.abort() }))
  assert.deepEqual([error.kind, error.ran], ['aborted', 'no'])
  assert.deepEqual(await world.requests(), [])
})

test('an_abort_after_the_answer_changes_nothing', async () => {
  const { portal } = await world.client()
  const controller = new AbortController()
  const { data } = await portal.call('profile', {}, { signal: controller.signal })
  controller.abort()
  assert.ok(data.ID)
})

test('closing_ends_what_is_out_and_refuses_what_comes', async () => {
  await world.control('settings', { latency: 2_000 })
  const { portal } = await world.client()
  const calls = [portal.call('profile'), portal.call('server.time')]
  setTimeout(() => portal.close(), 30)
  for (const call of calls) {
    const error = await rejection(call)
    assert.deepEqual([error.kind, error.code, error.ran], ['aborted', 'CALLGATE_CLOSED', 'unknown'])
  }
  const late = await rejection(portal.call('profile'))
  assert.deepEqual([late.kind, late.ran], ['aborted', 'no'])
  assert.equal((await rejection(portal.loadGrant())).kind, 'aborted')
  portal.close()
  assert.equal(portal.check('profile').verdict, 'allowed')
  await world.control('settings', { latency: 0 })
})

test('what_is_wrong_with_a_check_is_thrown_and_what_is_wrong_with_a_call_rejects', async () => {
  const { portal } = await world.client()
  const error = thrown(() => portal.check(''))
  assert.deepEqual(
    [error.code, error.kind, error.ran, error.retryable],
    ['CALLGATE_INVALID', 'invalid', 'no', false],
  )
  const call = portal.call('')
  assert.ok(call instanceof Promise)
  assert.equal((await rejection(call)).message, error.message)
})
