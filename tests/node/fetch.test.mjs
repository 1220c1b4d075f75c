/** A fetch of the caller's own, as good and as bad as it may be. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { CallgateError, Portal } from '../../pkg/node.js'
import { facts, fakeFetch, inTheEnd, rejection, response, result } from '../support/world.mjs'

const client = (fetch, options) =>
  Portal.token({ domain: 'portal.example', accessToken: 'token', fetch, ...options })

const write = (portal, options) => portal.call('crm.deal.add', { fields: { TITLE: 'A' } }, options)

test('it_gets_an_address_and_what_a_fetch_takes', async () => {
  const { fetch, requests } = fakeFetch(() => result(1))
  await write(client(fetch))
  const [{ url, method, headers, body, redirect, credentials }] = requests
  assert.equal(url, 'https://portal.example/rest/crm.deal.add')
  assert.deepEqual(
    { method, headers, redirect, credentials },
    {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      redirect: 'manual',
      credentials: 'omit',
    },
  )
  assert.deepEqual(body, { auth: 'token', fields: { TITLE: 'A' } })
})

test('the_runtimes_own_fetch_will_do', async () => {
  const server = (await import('node:http')).createServer((request, answer) =>
    answer.end('{"result":"hello"}'),
  )
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const domain = `http://127.0.0.1:${server.address().port}`
    const { data } = await client(globalThis.fetch, { domain }).call('profile')
    assert.equal(data, 'hello')
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test('a_response_that_can_do_no_more_than_it_has_to_will_do', async () => {
  const portal = client(async () => ({ status: 200, text: async () => '{"result":1}' }))
  assert.equal((await portal.call('profile')).data, 1)
  const plain = client(() => ({ status: 200, text: () => '{"result":2}' }))
  assert.equal((await plain.call('profile')).data, 2)
})

const broken = {
  throws_at_once() {
    throw new Error('the cable is cut')
  },
  throws_something_that_is_no_error() {
    throw 'the cable is cut'
  },
  rejects_with_an_error: () => Promise.reject(new Error('the cable is cut')),
  rejects_with_a_text: () => Promise.reject('the cable is cut'),
  rejects_with_an_errors_cause: () =>
    Promise.reject(new TypeError('fetch failed', { cause: new Error('the cable is cut') })),
  gives_a_body_that_breaks: () => ({
    status: 200,
    text: () => Promise.reject(new Error('the cable is cut')),
  }),
}
for (const [what, fetch] of Object.entries(broken)) {
  test(`one_that_${what}_is_a_network_error_with_the_reason`, async () => {
    const error = await rejection(write(client(fetch)))
    assert.deepEqual(facts(error), {
      code: 'CALLGATE_NETWORK',
      kind: 'network',
      ran: 'unknown',
      retryable: false,
      method: 'crm.deal.add',
    })
    assert.match(error.message, /the cable is cut/)
  })
}

test('one_that_rejects_with_anything_at_all_ends_the_call_all_the_same', async () => {
  const nothings = [undefined, null, 0, '', Symbol('s'), {}, [], Object.create(null), () => {}, 10n]
  const trap = new Proxy({}, { get: () => assert.fail('touched') })
  const words = Object.assign(new Error('x'), { message: { no: 'text' } })
  for (const reason of [...nothings, trap, words]) {
    const fetch = () => Promise.reject(reason)
    const call = write(client(fetch))
    const error = await Promise.race([rejection(call), wait(1_000, undefined, { ref: false })])
    assert.ok(error, `${typeof reason}: the call never ended`)
    assert.deepEqual([error.kind, error.ran], ['network', 'unknown'])
  }
})

test('one_that_answers_nonsense_ends_the_call_all_the_same', async () => {
  const text = async () => '{"result":1}'
  const headers = { get: () => null }
  for (const nonsense of [
    undefined,
    null,
    0,
    'text',
    [],
    {},
    { status: '200', text },
    { status: NaN, text },
    { status: 200 },
    { status: 200, headers, text: '{"result":1}' },
    { headers, text },
  ]) {
    const error = await rejection(write(client(async () => nonsense)))
    assert.deepEqual([error.kind, error.ran], ['network', 'unknown'])
    assert.match(error.message, /no response/)
  }
})

test('one_whose_text_is_no_text_ends_the_call_all_the_same', async () => {
  for (const text of [undefined, null, {}, [], Symbol('s'), 5n, new Uint8Array(3)]) {
    const portal = client(async () => ({ status: 200, text: async () => text }))
    const error = await rejection(write(portal))
    assert.deepEqual([error.kind, error.ran], ['protocol', 'unknown'])
  }
})

test('statuses_that_no_server_gives_are_taken_as_they_come', async () => {
  for (const status of [1, 99, 204, 600, 999]) {
    const portal = client(async () => response('{"result":1}', status))
    assert.equal((await portal.call('profile')).status, status)
  }
})

test('systems_codes_for_requests_that_never_left_say_that_the_call_did_not_run', async () => {
  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']) {
    const cause = Object.assign(new Error(`connect ${code}`), { code })
    for (const error of [cause, new TypeError('fetch failed', { cause })]) {
      const call = () => write(client(() => Promise.reject(error)))
      const { kind, ran, retryable } = await inTheEnd(call)
      assert.deepEqual([kind, ran, retryable], ['network', 'no', true])
    }
  }
})

test('one_that_never_answers_runs_into_the_timeout_and_is_told_to_stop', async () => {
  let told
  const fetch = (url, { signal }) => {
    signal.addEventListener('abort', () => (told = signal.reason))
    return new Promise(() => {})
  }
  const error = await rejection(write(client(fetch, { timeout: 30 })))
  assert.deepEqual([error.kind, error.ran], ['timeout', 'unknown'])
  assert.ok(told instanceof CallgateError)
})

test('one_whose_body_never_ends_runs_into_the_timeout_too', async () => {
  const fetch = async () => ({ status: 200, text: () => new Promise(() => {}) })
  assert.equal((await rejection(write(client(fetch, { timeout: 30 })))).kind, 'timeout')
})

test('its_signal_fires_when_the_callers_does', async () => {
  const controller = new AbortController()
  let own
  const fetch = (url, { signal }) => {
    own = signal
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }
  const call = write(client(fetch), { signal: controller.signal })
  assert.equal(own.aborted, false)
  controller.abort()
  const error = await rejection(call)
  assert.equal(error.kind, 'aborted')
  assert.equal(own.aborted, true)
})

test('an_answer_that_comes_after_the_end_changes_nothing', async () => {
  let answer
  const portal = client(() => new Promise((resolve) => (answer = resolve)), { timeout: 30 })
  const error = await rejection(write(portal))
  answer(result(1))
  await wait(5)
  assert.equal(error.kind, 'timeout')
  const next = portal.call('profile')
  answer(result(2))
  assert.equal((await next).data, 2)
})

test('the_callers_listener_is_let_go_when_the_call_has_ended', async () => {
  const { signal } = new AbortController()
  let listeners = 0
  const { addEventListener: add, removeEventListener: remove } = signal
  signal.addEventListener = (...args) => (listeners++, add.apply(signal, args))
  signal.removeEventListener = (...args) => (listeners--, remove.apply(signal, args))
  await write(
    client(() => result(1)),
    { signal },
  )
  await rejection(
    write(
      client(() => response('', 500)),
      { signal },
    ),
  )
  assert.equal(listeners, 0)
})

test('one_that_calls_back_into_the_portal_finds_it_free', async () => {
  const seen = []
  const portal = client(async (url) => {
    seen.push(
      portal.check('crm.deal.add').verdict,
      portal.grant.source,
      portal.confirmations.length,
    )
    if (url.endsWith('profile')) return result('inner')
    return result((await portal.call('profile')).data)
  })
  assert.equal((await write(portal)).data, 'inner')
  assert.deepEqual(seen.slice(1, 3), ['none', 0])
})

test('one_that_closes_the_portal_at_once_ends_its_own_call', async () => {
  const portal = client(() => {
    portal.close()
    return result(1)
  })
  assert.equal((await rejection(write(portal))).kind, 'aborted')
})

test('a_signal_that_is_none_is_refused_by_name_and_nothing_is_sent', async () => {
  const { fetch, requests } = fakeFetch(() => result(1))
  for (const signal of ['signal', 1, {}, { aborted: true }, () => {}]) {
    const error = await rejection(write(client(fetch), { signal }))
    assert.equal(error.kind, 'invalid')
    assert.match(error.message, /signal/)
  }
  assert.equal(requests.length, 0)
})
