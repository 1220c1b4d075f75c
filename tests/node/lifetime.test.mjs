/** Portals that nobody holds any more: their calls still end, their answers still turn pages. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Portal } from '../../pkg/node.js'
import { heard, refusal, rejection, response, result } from '../support/world.mjs'

setFlagsFromString('--expose_gc')
const gc = runInNewContext('gc')

/** Collects what nobody holds, finalizers included. */
async function collect() {
  for (let round = 0; round < 5; round++) {
    gc()
    await wait(1)
  }
}

/** A fetch that keeps nothing of what it is given, for that would keep the portal. */
function answering(answer) {
  let calls = 0
  return async (url, init) => answer(++calls, JSON.parse(init.body))
}

const client = (fetch, options) =>
  Portal.token({ domain: 'portal.example', accessToken: 'token', fetch, ...options })

/** Made in functions of their own, so that no variable here holds the portal. */
const pageOf = (fetch) => client(fetch).call('crm.deal.list')
const callOf = (fetch, options) => client(fetch, options).call('profile')

test('an_answer_still_turns_its_page', async () => {
  const starts = []
  const fetch = answering((call, { start }) => {
    starts.push(start)
    return response(`{"result":[${call}],"next":${50 * call}}`)
  })
  const first = await pageOf(fetch)
  await collect()
  const second = await first.nextPage()
  await collect()
  assert.deepEqual((await second.nextPage()).data, [3])
  assert.deepEqual(starts, [undefined, 50, 100])
})

test('a_call_under_way_still_ends', async () => {
  const call = callOf(() => wait(40, result('late')))
  await collect()
  assert.equal((await call).data, 'late')
})

test('a_timeout_and_the_answer_that_comes_after_it_disturb_nobody', async () => {
  let answer
  const fetch = () => new Promise((resolve) => (answer = resolve))
  const error = await rejection(callOf(fetch, { timeout: 20 }))
  await collect()
  answer(result(1))
  await collect()
  assert.equal(error.kind, 'timeout')
})

test('a_wait_for_a_confirmation_still_ends', async () => {
  const fetch = answering(() => refusal('METHOD_CONFIRM_WAITING', 401))
  const options = { confirmation: 'wait', confirmationTimeout: 60 }
  const call = client(fetch).call('voximplant.user.get', { USER_ID: 1 }, options)
  const ended = rejection(call)
  await collect()
  assert.equal((await ended).code, 'CALLGATE_CONFIRMATION_TIMEOUT')
})

test('a_refresh_still_serves_the_calls_that_wait_for_it', async () => {
  const fetch = answering(() => result('fresh'))
  const refresh = () => wait(40, { accessToken: 'other' })
  const call = callOf(fetch, { refresh, expiresAt: 1 })
  await collect()
  assert.equal((await call).data, 'fresh')
})

test('a_decoded_answer_still_warns', async () => {
  const fetch = answering(() => result({ 105: ['x'] }))
  const events = []
  const answer = await (async () => {
    const portal = client(fetch)
    events.push(heard(portal, 'warning'))
    return portal.call('im.department.managers.get', { ID: [105] })
  })()
  await collect()
  assert.deepEqual(answer.decode(), { 105: ['x'] })
  assert.equal(events[0].length, 1)
})

test('a_list_is_still_read_to_its_end', async () => {
  const fetch = answering((call, { start }) =>
    wait(5, response(`{"result":[{"ID":${call}}]${start < 2 ? `,"next":${start + 1}` : ''}}`)),
  )
  const pages = client(fetch).list('vendor.thing.get').pages()
  const rows = []
  for await (const page of pages) {
    rows.push(...page)
    await collect()
  }
  assert.deepEqual(rows, [{ ID: 1 }, { ID: 2 }, { ID: 3 }])
})

test('a_list_that_nobody_reads_on_keeps_no_portal', async () => {
  const fetch = answering(() => response('{"result":[{"ID":1}],"next":1}'))
  let collected = 0
  const registry = new FinalizationRegistry(() => collected++)
  const begin = async () => {
    const portal = client(fetch)
    registry.register(portal)
    await portal.list('vendor.thing.get').pages().next()
  }
  for (let round = 0; round < 20; round++) await begin()
  await collect()
  assert.ok(collected > 15, `only ${collected} of 20 were collected`)
})

test('a_thousand_portals_leave_nothing_behind', async () => {
  const fetch = async () => result('x'.repeat(1_000))
  let collected = 0
  const registry = new FinalizationRegistry(() => collected++)
  for (let round = 0; round < 1_000; round++) {
    const portal = client(fetch)
    registry.register(portal)
    await portal.call('profile')
  }
  await collect()
  assert.ok(collected > 900, `only ${collected} of 1000 were collected`)
})
