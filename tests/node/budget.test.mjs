/** The request budget, repetitions and a portal that moved, as a program in Node sees them. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { Portal } from '../../pkg/node.js'
import { serve } from '../support/serve.mjs'
import {
  fakeFetch,
  heard,
  ownClock,
  portalWorld,
  refusal,
  rejection,
  response,
  result,
  settled,
  thrown,
} from '../support/world.mjs'

const world = portalWorld()

const client = (options) =>
  Portal.token({ domain: 'portal.example', accessToken: 'token', ...options })

const deal = { fields: { TITLE: 'A' } }

test('calls_beyond_the_portals_budget_wait_for_their_turn_and_none_is_refused', async () => {
  const budget = { burst: 5, perSecond: 40 }
  await world.control('settings', { budget })
  const { portal } = await world.client({ budget })
  const events = heard(portal, 'throttle')
  const calls = Array.from({ length: 40 }, () => portal.call('profile'))
  const { burst, perSecond, filled, waiting } = portal.budget
  assert.deepEqual({ burst, perSecond, filled, waiting }, { ...budget, filled: 5, waiting: 35 })
  await Promise.all(calls)

  const statuses = (await world.requests()).map(({ status }) => status)
  assert.deepEqual(statuses, Array(40).fill(200))
  assert.equal(portal.budget.waiting, 0)
  assert.equal(events.length, 35)
  for (const [, { method, until }] of events) {
    assert.equal(method, 'profile')
    assert.ok(Math.abs(until - Date.now()) < 5_000)
  }
})

test('another_application_at_the_same_address_is_made_room_for', async () => {
  const budget = { burst: 3, perSecond: 3 }
  await world.control('settings', { budget })
  const { portal: stranger } = await world.client({ budget: { burst: 1_000, perSecond: 1_000 } })
  const { portal } = await world.client({ budget })
  const theirs = Array.from({ length: 6 }, () => stranger.call('profile').catch(() => {}))
  const own = Array.from({ length: 4 }, () => portal.call('profile'))
  for (const { status } of await Promise.all(own)) assert.equal(status, 200)
  assert.ok(portal.budget.perSecond < 3, 'it has learnt')
  stranger.close()
  await Promise.all(theirs)
})

test('without_a_word_the_budget_is_that_of_ordinary_plans_and_it_can_be_chosen', () => {
  const rate = (budget) => {
    const { burst, perSecond } = client({ budget }).budget
    return [burst, perSecond]
  }
  assert.deepEqual(rate(undefined), [50, 2])
  assert.deepEqual(rate('enterprise'), [250, 5])
  assert.deepEqual(rate({ burst: 10 }), [10, 2])
  assert.deepEqual(rate({ perSecond: 0.5 }), [50, 0.5])
  for (const [budget, words] of [
    ['large', /^budget: /],
    [5, /^budget: /],
    [{ burst: 0 }, /^budget\.burst: /],
    [{ burst: '50' }, /^budget\.burst: /],
    [{ perSecond: -1 }, /^budget\.perSecond: /],
    [{ perSecond: Number.NaN }, /^budget\.perSecond: /],
    [{ rate: 1 }, /^budget: .*rate/],
  ]) {
    const error = thrown(() => client({ budget }))
    assert.equal(error.kind, 'invalid')
    assert.match(error.message, words)
  }
})

test('a_queued_call_ends_by_its_signal_and_by_close_and_leaves_no_timer', async () => {
  const clock = ownClock()
  try {
    const { fetch, requests } = fakeFetch(() => result(1))
    const portal = client({ fetch, budget: { burst: 1, perSecond: 0.01 } })
    await portal.call('profile')
    const controller = new AbortController()
    const aborted = rejection(portal.call('crm.deal.add', deal, { signal: controller.signal }))
    controller.abort()
    const error = await aborted
    assert.deepEqual([error.kind, error.ran], ['aborted', 'no'])
    assert.equal(portal.budget.waiting, 0)

    const closed = rejection(portal.call('profile'))
    portal.close()
    assert.equal((await closed).code, 'CALLGATE_CLOSED')
    await clock.advance(1_000_000)
    assert.equal(requests.length, 1)
  } finally {
    clock.stop()
  }
})

test('a_program_whose_waiting_calls_were_aborted_is_free_to_exit', async () => {
  const program = `
    import { Portal } from ${JSON.stringify(new URL('../../pkg/node.js', import.meta.url).href)}
    const fails = async () => { throw Object.assign(new Error(), { code: 'ECONNREFUSED' }) }
    const hangs = () => new Promise(() => {})
    const busy = async () => ({
      status: 503, headers: { get: () => '500' }, text: async () => '<h1>Busy</h1>',
    })
    const options = (fetch) => ({ domain: 'a.example', accessToken: 'a', fetch, budget: { burst: 1 } })
    for (const fetch of [fails, hangs, busy]) {
      const portal = Portal.token(options(fetch))
      const controller = new AbortController()
      for (const method of ['profile', 'profile', 'profile'])
        portal.call(method, {}, { signal: controller.signal }).catch(() => {})
      setTimeout(() => controller.abort(), 20)
    }`
  const node = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: 'inherit',
  })
  const late = setTimeout(() => node.kill(), 5_000)
  const code = await new Promise((resolve) => node.on('exit', resolve))
  clearTimeout(late)
  assert.equal(code, 0, 'it hung')
})

test('a_read_is_repeated_after_a_reset_a_cut_body_and_a_page_of_html', async () => {
  const answers = [
    (answer) => answer.destroy(),
    (answer) => {
      answer.writeHead(200, { 'Content-Length': 100 })
      answer.write('{"result":')
      setTimeout(() => answer.destroy(), 5)
    },
    (answer) => answer.writeHead(502).end('<h1>Bad Gateway</h1>'),
    (answer) => answer.end('{"result":"at last"}'),
  ]
  let requests = 0
  const { url: domain } = await serve((_, answer) => answers[requests++](answer))
  const { data } = await client({ domain }).call('profile')
  assert.equal(data, 'at last')

  requests = 0
  const write = () => rejection(client({ domain }).call('crm.deal.add', deal))
  for (const kind of ['network', 'network', 'protocol']) {
    const error = await write()
    assert.deepEqual([error.kind, error.ran, error.retryable], [kind, 'unknown', false])
  }
  assert.equal(requests, 3)
})

test('an_answer_beyond_max_body_is_not_read_to_its_end_and_not_asked_for_again', async () => {
  let sent = 0
  let requests = 0
  const { url: domain } = await serve((_, answer) => {
    requests++
    const more = setInterval(() => {
      sent += 1_000
      answer.write('x'.repeat(1_000))
    }, 1)
    answer.on('close', () => clearInterval(more))
  })
  const error = await rejection(client({ domain, maxBody: 10_000 }).call('profile'))
  assert.deepEqual(
    [error.code, error.kind, error.ran],
    ['CALLGATE_TOO_LONG', 'protocol', 'unknown'],
  )
  assert.equal(error.retryable, false)
  assert.ok(sent < 1_000_000)
  assert.equal(requests, 1)
  const wrong = thrown(() => client({ maxBody: 'much' }))
  assert.match(wrong.message, /^maxBody: /)
})

test('a_body_that_trickles_runs_into_the_timeout_too', async () => {
  const { url: domain } = await serve((_, answer) => {
    const more = setInterval(() => answer.write(' '), 5)
    answer.on('close', () => clearInterval(more))
  })
  const error = await rejection(client({ domain, timeout: 60 }).call('crm.deal.add', deal))
  assert.deepEqual([error.code, error.ran], ['CALLGATE_TIMEOUT', 'unknown'])
})

test('the_header_retry_after_is_kept', async () => {
  const clock = ownClock()
  try {
    const busy = response('<h1>Busy</h1>', 503, { 'retry-after': '40' })
    const { fetch, requests } = fakeFetch((n) => (n === 1 ? busy : result(1)))
    const call = client({ fetch }).call('profile')
    await settled()
    await clock.advance(39_000)
    assert.equal(requests.length, 1)
    await clock.advance(1_000)
    assert.equal((await call).data, 1)
  } finally {
    clock.stop()
  }
})

test('a_method_that_worked_too_long_waits_alone_until_the_time_that_was_told', async () => {
  const clock = ownClock()
  try {
    const resetAt = Math.floor(Date.now() / 1000) + 90
    const time = { operating: 430, operating_reset_at: resetAt }
    const worked = JSON.stringify({ result: 1, time })
    const answers = [response(worked), refusal('OPERATION_TIME_LIMIT', 429), result(2), result(3)]
    const { fetch, requests } = fakeFetch((n) => answers[n - 1])
    const portal = client({ fetch })
    const events = heard(portal, 'throttle')
    assert.equal((await portal.call('user.get')).time.operating, 430)
    const stopped = portal.call('user.get')
    await settled()
    assert.deepEqual(events, [['throttle', { method: 'user.get', until: resetAt * 1000 }]])
    assert.equal((await portal.call('profile')).data, 2)
    await clock.advance(80_000)
    assert.equal(requests.length, 3)
    await clock.advance(10_000)
    assert.equal((await stopped).data, 3)
  } finally {
    clock.stop()
  }
})

test('with_consent_a_call_goes_to_the_portals_new_host_as_the_same_post', async () => {
  const seen = []
  const { url: place } = await serve(async (request, answer) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    seen.push([request.method, request.url, JSON.parse(Buffer.concat(chunks))])
    answer.end('{"result":7}')
  })
  const { url: old } = await serve((request, answer) =>
    answer.writeHead(302, { Location: `${place}${request.url}` }).end(),
  )
  const asked = []
  for (const onMoved of [(host) => asked.push(host) > 0, async () => true]) {
    const portal = client({ domain: old, onMoved })
    assert.equal((await portal.call('crm.deal.add', deal)).data, 7)
    assert.equal((await portal.call('profile')).data, 7)
  }
  assert.deepEqual(asked, [new URL(place).host])
  assert.deepEqual(seen[0], ['POST', '/rest/crm.deal.add', { auth: 'token', ...deal }])
  assert.equal(seen.length, 4)
})

test('without_consent_nothing_reaches_the_new_host', async () => {
  let requests = 0
  const { url: place } = await serve((_, answer) => {
    requests++
    answer.end('{"result":7}')
  })
  const { url: old } = await serve((_, answer) => answer.writeHead(302, { Location: place }).end())
  const fails = () => {
    throw new Error('no')
  }
  for (const onMoved of [undefined, () => false, () => 'yes', async () => {}, fails]) {
    const error = await rejection(client({ domain: old, onMoved }).call('crm.deal.add', deal))
    assert.deepEqual([error.code, error.kind, error.ran], ['CALLGATE_MOVED', 'portal', 'no'])
    assert.match(error.message, new RegExp(new URL(place).host))
  }
  assert.equal(requests, 0)
})

test('where_a_redirect_can_not_be_read_the_call_ends_and_nobody_is_asked', async () => {
  const opaque = {
    status: 0,
    type: 'opaqueredirect',
    headers: { get: () => null },
    text: async () => '',
  }
  const onMoved = () => assert.fail('asked')
  const error = await rejection(client({ fetch: async () => opaque, onMoved }).call('profile'))
  assert.deepEqual([error.code, error.ran, 'status' in error], ['CALLGATE_MOVED', 'no', false])
})
