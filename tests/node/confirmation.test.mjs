/** A method that an administrator has to confirm: refused at once, or waited for. */
import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import {
  facts,
  fakeFetch,
  heard,
  ownClock,
  portalWorld,
  refusal,
  rejection,
  result,
  settled,
  until,
} from '../support/world.mjs'

const world = portalWorld()
const METHOD = 'voximplant.user.get'

let clock
afterEach(() => clock?.stop())

/** A client that may call the method once an administrator has said so. */
const client = (options) => world.client({ scopes: ['telephony', 'crm'], ...options })

const call = (portal, options) => portal.call(METHOD, { USER_ID: [1, 2] }, options)
const wait = (portal, options) => call(portal, { confirmation: 'wait', ...options })

/** How often the portal was asked. */
const asked = async () => (await world.requests()).filter(({ url }) => url.includes(METHOD)).length

/** Lets a call wait, with the clock in the test's hands from its first answer on. */
async function parked(portal, options) {
  clock = ownClock()
  const call = wait(portal, options)
  const ended = call.then(
    (answer) => answer,
    (error) => error,
  )
  await until(() => portal.confirmations[0]?.state === 'waiting')
  return { ended, over: async () => (await Promise.race([ended, settled()])) !== undefined }
}

test('by_default_a_call_that_waits_for_a_confirmation_rejects', async () => {
  const { portal } = await client()
  for (const options of [undefined, { confirmation: 'reject' }]) {
    assert.deepEqual(facts(await rejection(call(portal, options))), {
      code: 'METHOD_CONFIRM_WAITING',
      kind: 'waiting',
      ran: 'no',
      retryable: true,
      status: 401,
      method: METHOD,
    })
  }
  assert.equal(await asked(), 2)
})

test('a_confirmation_is_known_with_its_state_and_since_when', async () => {
  const { portal, token } = await client()
  assert.deepEqual(portal.confirmations, [])
  const before = Date.now()
  await rejection(call(portal))
  const [{ method, state, since }, ...more] = portal.confirmations
  assert.deepEqual([method, state, more], [METHOD, 'waiting', []])
  assert.ok(since >= before && since <= Date.now())
  await world.decide(token, true)
  assert.equal((await call(portal)).data[0].ID, '1')
  assert.equal(portal.confirmations[0].state, 'granted')
  assert.equal((await call(portal)).status, 200)
})

test('a_method_that_needs_none_has_no_confirmation', async () => {
  const { portal } = await client()
  await portal.call('profile', {}, { confirmation: 'wait' })
  assert.deepEqual(portal.confirmations, [])
})

test('a_call_that_waits_is_repeated_until_it_is_granted_and_gets_its_result', async () => {
  const { portal, token } = await client()
  const { ended, over } = await parked(portal)
  await clock.advance(4_900)
  assert.equal(await asked(), 1) // nobody is hammered
  await clock.advance(200)
  await until(async () => (await asked()) === 2)
  assert.equal(await over(), false)
  await world.decide(token, true)
  await clock.advance(60_000)
  const answer = await ended
  assert.deepEqual(
    answer.data.map(({ ID }) => ID),
    ['1', '2'],
  )
  assert.equal(await asked(), 3)
  assert.equal(portal.confirmations[0].state, 'granted')
})

test('a_call_that_waits_ends_when_it_is_denied', async () => {
  const { portal, token } = await client()
  const { ended } = await parked(portal)
  await world.decide(token, false)
  await clock.advance(5_100)
  assert.deepEqual(facts(await ended), {
    code: 'METHOD_CONFIRM_DENIED',
    kind: 'denied',
    ran: 'no',
    retryable: false,
    status: 403,
    method: METHOD,
  })
  assert.equal(portal.confirmations[0].state, 'denied')
})

test('the_longer_it_takes_the_slower_it_asks', async () => {
  const { portal } = await client()
  const { over } = await parked(portal)
  for (let seconds = 0; seconds < 300; seconds++) await clock.advance(1_000)
  const times = await asked()
  assert.ok(times >= 5 && times <= 12, `it asked ${times} times in 5 minutes`)
  assert.equal(await over(), false)
  portal.close()
})

test('confirmation_timeout_ends_the_wait_and_says_that_nothing_ran', async () => {
  const { portal } = await client()
  const { ended, over } = await parked(portal, { confirmationTimeout: 3_000 })
  await clock.advance(2_900)
  assert.equal(await over(), false)
  await clock.advance(200)
  assert.deepEqual(facts(await ended), {
    code: 'CALLGATE_CONFIRMATION_TIMEOUT',
    kind: 'timeout',
    ran: 'no',
    retryable: true,
    method: METHOD,
  })
  assert.equal(portal.confirmations[0].state, 'waiting') // the administrator may still decide
})

test('the_tokens_end_ends_the_wait', async () => {
  const { portal } = await client({ expiresAt: Date.now() + 20_000 })
  const { ended, over } = await parked(portal)
  await clock.advance(19_000)
  assert.equal(await over(), false)
  await clock.advance(2_000)
  const error = await ended
  assert.deepEqual(facts(error), {
    code: 'CALLGATE_CONFIRMATION_LAPSED',
    kind: 'waiting',
    ran: 'no',
    retryable: true,
    method: METHOD,
  })
  assert.equal(portal.confirmations[0].state, 'lapsed')
})

test('the_portals_word_that_the_token_has_ended_ends_the_wait_and_refreshes_nothing', async () => {
  let refreshes = 0
  const refresh = async () => ({ accessToken: `fresh ${refreshes++}` })
  const { portal } = await client({ refresh })
  const { ended } = await parked(portal)
  await world.control('clock', { advance: 4_000 })
  await clock.advance(5_100)
  const error = await ended
  assert.deepEqual([error.code, error.kind], ['expired_token', 'auth'])
  assert.equal(refreshes, 0)
  assert.equal(portal.confirmations[0].state, 'lapsed')
})

test('a_signal_ends_the_wait', async () => {
  const { portal } = await client()
  const controller = new AbortController()
  const { ended } = await parked(portal, { signal: controller.signal })
  controller.abort()
  const error = await ended
  assert.deepEqual([error.kind, error.code, error.ran], ['aborted', 'CALLGATE_ABORTED', 'no'])
  await clock.advance(60_000)
  assert.equal(await asked(), 1)
})

test('closing_ends_every_wait', async () => {
  const { portal } = await client()
  const { ended } = await parked(portal)
  const other = rejection(wait(portal))
  await until(async () => (await asked()) === 2)
  portal.close()
  for (const error of [await ended, await other]) assert.equal(error.kind, 'aborted')
  await clock.advance(600_000)
  assert.equal(await asked(), 2)
})

test('a_waiting_call_keeps_its_token_while_others_refresh', async () => {
  const fresh = await world.token({ scopes: ['telephony', 'crm'] })
  let refreshes = 0
  const refresh = async () => (refreshes++, { accessToken: fresh.access_token })
  const { portal, token } = await client({ refresh })
  const { ended } = await parked(portal)
  await world.fault('expired-token', { times: 1, method: 'profile' })
  await portal.call('profile')
  assert.equal(refreshes, 1)
  await world.decide(token, true)
  await clock.advance(5_100)
  assert.equal((await ended).status, 200)
  const tokens = (await world.requests())
    .filter(({ url }) => url.includes(METHOD))
    .map(({ body }) => JSON.parse(body).auth)
  assert.deepEqual(new Set(tokens), new Set([token.access_token]))
})

test('calls_that_wait_for_the_same_ask_one_at_a_time_and_all_get_their_answers', async () => {
  const { portal, token } = await client()
  clock = ownClock()
  const calls = [1, 2, 3].map((USER_ID) =>
    portal.call(METHOD, { USER_ID }, { confirmation: 'wait' }),
  )
  await until(async () => (await asked()) === 3)
  await settled()
  await clock.advance(5_100)
  await until(async () => (await asked()) === 4)
  await world.decide(token, true)
  await clock.advance(30_000)
  const answers = await Promise.all(calls)
  assert.deepEqual(
    answers.map(({ data }) => data[0].ID),
    ['1', '2', '3'],
  )
})

test('a_wait_survives_an_answer_that_is_none', async () => {
  const { portal, token } = await client()
  const { ended, over } = await parked(portal)
  await world.fault('html-502', { times: 1 })
  await world.decide(token, true)
  await clock.advance(5_100)
  await until(async () => (await asked()) === 2)
  assert.equal(await over(), false)
  await clock.advance(60_000)
  assert.equal((await ended).status, 200)
})

/** The event as an application's handler gets it, in the four forms that `applyEvent` takes. */
const forms = {
  form_encoded_text: (fields) => new URLSearchParams(fields).toString(),
  url_search_params: (fields) => new URLSearchParams(fields),
  form_data(fields) {
    const data = new FormData()
    for (const [name, value] of fields) data.append(name, value)
    return data
  },
  a_plain_object(fields) {
    const { event, ts, ...rest } = Object.fromEntries(fields)
    const inside = (name) =>
      Object.fromEntries(
        Object.entries(rest)
          .filter(([key]) => key.startsWith(`${name}[`))
          .map(([key, value]) => [key.slice(name.length + 1, -1), value]),
      )
    return { event, ts, data: inside('data'), auth: inside('auth') }
  },
}

/** An event's fields. */
const fieldsOf = (token, change = {}) =>
  Object.entries({
    event: 'ONAPPMETHODCONFIRM',
    event_handler_id: '1',
    'data[TOKEN]': token.access_token,
    'data[METHOD]': METHOD,
    'data[CONFIRMED]': '1',
    'data[LANGUAGE_ID]': 'en',
    ts: '1478790852',
    'auth[domain]': 'portal.test',
    'auth[member_id]': token.member_id,
    'auth[application_token]': token.application_token,
    ...change,
  })

for (const [form, write] of Object.entries(forms)) {
  test(`an_event_as_${form}_wakes_the_wait_which_repeats_its_call`, async () => {
    const { token } = await client()
    const applicationToken = token.application_token
    const portal = world.clientOf(token, { applicationToken, memberId: token.member_id })
    const { ended } = await parked(portal)
    await world.decide(token, true)
    assert.equal(portal.applyEvent(write(fieldsOf(token))), true)
    await clock.advance(0)
    assert.equal((await ended).data.length, 2)
    assert.equal(await asked(), 2)
    assert.equal(portal.applyEvent(write(fieldsOf(token))), false) // nothing waits any more
  })
}

test('an_event_never_settles_a_wait_by_itself', async () => {
  const { token } = await client()
  const portal = world.clientOf(token, { applicationToken: token.application_token })
  const { over } = await parked(portal)
  for (const CONFIRMED of ['1', '0']) {
    const before = await asked()
    const event = fieldsOf(token, { 'data[CONFIRMED]': CONFIRMED })
    assert.equal(portal.applyEvent(new URLSearchParams(event)), true)
    await clock.advance(0)
    await until(async () => (await asked()) === before + 1)
    await settled()
    assert.equal(await over(), false)
    assert.equal(portal.confirmations[0].state, 'waiting')
  }
  portal.close()
})

test('the_event_that_the_portal_itself_sends_is_understood', async () => {
  const { token } = await client()
  const portal = world.clientOf(token, { applicationToken: token.application_token })
  const handler = 'http://127.0.0.1:9/event'
  await portal.call('event.bind', { event: 'ONAPPMETHODCONFIRM', handler })
  for (const fault of [undefined, 'server-andpoint']) {
    const other = await world.token({ scopes: ['telephony'] })
    const waiting = world.clientOf(other, { applicationToken: other.application_token })
    const { ended } = await parked(waiting)
    if (fault) await world.fault(fault, { times: 1 })
    const { events } = await world.decide(other, true)
    assert.equal(events.length, 1)
    assert.equal(waiting.applyEvent(events[0].body), true)
    await clock.advance(0)
    assert.equal((await ended).status, 200)
    clock.stop()
  }
})

test('an_event_with_a_wrong_application_token_is_ignored', async () => {
  const { token } = await client()
  const portal = world.clientOf(token, { applicationToken: token.application_token })
  const { over } = await parked(portal)
  for (const wrong of ['', 'wrong', token.application_token.slice(0, -1)]) {
    for (const write of Object.values(forms)) {
      const event = write(fieldsOf(token, { 'auth[application_token]': wrong }))
      assert.equal(portal.applyEvent(event), false)
    }
  }
  await clock.advance(0)
  assert.equal(await asked(), 1)
  assert.equal(await over(), false)
  portal.close()
})

test('an_event_about_something_else_is_ignored', async () => {
  const { token } = await client()
  const { member_id: memberId, application_token: applicationToken } = token
  const portal = world.clientOf(token, { applicationToken, memberId })
  await parked(portal)
  for (const change of [
    { event: 'ONAPPINSTALL' },
    { 'data[TOKEN]': 'another token' },
    { 'data[METHOD]': 'crm.deal.get' },
    { 'auth[member_id]': 'another portal' },
  ]) {
    const event = new URLSearchParams(fieldsOf(token, change))
    assert.equal(portal.applyEvent(event), false, JSON.stringify(change))
  }
  await settled()
  assert.equal(await asked(), 1)
  portal.close()
})

test('without_an_application_token_every_event_is_ignored_and_one_warning_given', async () => {
  const { portal, token } = await client()
  const warnings = heard(portal, 'warning')
  await parked(portal)
  for (const write of Object.values(forms)) {
    assert.equal(portal.applyEvent(write(fieldsOf(token))), false)
  }
  assert.equal(warnings.length, 1)
  assert.match(warnings[0][1].message, /applicationToken/)
  await settled()
  assert.equal(await asked(), 1)
  portal.close()
})

test('a_webhook_takes_no_event', async () => {
  const { portal } = await world.webhook()
  const token = await world.token()
  assert.equal(portal.applyEvent(new URLSearchParams(fieldsOf(token))), false)
})

test('what_is_no_event_is_false_or_an_error_and_never_anything_else', async () => {
  const { token } = await client()
  const portal = world.clientOf(token, { applicationToken: token.application_token })
  const cycle = {}
  cycle.self = cycle
  for (const nothing of ['', 'event', '[1]', '&&&===', [], {}, { event: 7 }, new Date()]) {
    assert.equal(portal.applyEvent(nothing), false)
  }
  for (const absurd of [undefined, null, 7, true, Symbol('s'), () => {}, cycle, '{', '{"a":', 1n]) {
    assert.throws(
      () => portal.applyEvent(absurd),
      ({ name, kind, message }) =>
        name === 'CallgateError' && kind === 'invalid' && message.startsWith('event: '),
    )
  }
})

test('a_webhook_is_told_that_it_cannot_be_confirmed', async () => {
  const { portal } = await world.webhook({ scopes: ['telephony'] })
  const error = await rejection(wait(portal))
  assert.deepEqual([error.code, error.kind], ['ACCESS_DENIED', 'denied'])
  assert.deepEqual(portal.confirmations, [])
})

test('a_state_that_the_portal_forgot_is_waiting_again', async () => {
  const { portal, token } = await client()
  await rejection(call(portal))
  await world.decide(token, true)
  await call(portal)
  await world.fault('cache-flush', { times: 1 })
  assert.equal((await rejection(call(portal))).kind, 'waiting')
  assert.equal(portal.confirmations[0].state, 'waiting')
})

test('confirmations_have_changes_that_can_be_listened_to', async () => {
  const answers = [refusal('METHOD_CONFIRM_WAITING', 401), refusal('METHOD_CONFIRM_WAITING', 401)]
  const { fetch } = fakeFetch(() => answers.shift() ?? result([]))
  const { portal } = await client({ fetch })
  const events = heard(portal, 'confirmation')
  await rejection(call(portal))
  await rejection(call(portal))
  await call(portal)
  await call(portal)
  assert.deepEqual(
    events.map(([, { method, state }]) => [method, state]),
    [
      [METHOD, 'waiting'],
      [METHOD, 'granted'],
    ],
  )
  assert.deepEqual(events[1][1], portal.confirmations[0])
})
