/**
 * From the administrator's decision to the page that waits for it: the portal's event comes to the
 * gate, which tells by its relay whoever listens, and the repeated call gets its answer.
 */
import assert from 'node:assert/strict'
import { after, afterEach, beforeEach, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { edgeWorld } from '../support/edge.mjs'
import { startRelayGate, stores } from '../support/relay.mjs'
import { ownClock, until } from '../support/world.mjs'
import { Portal } from '../../pkg/node.js'

const METHOD = 'voximplant.user.get'
const world = edgeWorld()

const host = () => new URL(world.origin).host
const sleep = promisify(globalThis.setTimeout)

for (const [kind, store] of Object.entries(stores)) {
  describe(kind, { timeout: 60_000 }, () => {
    let gate, token, clock
    beforeEach(async () => {
      token = await world.token()
      gate ??= await startRelayGate(world.origin, token, store)
      await gate.records()
    })
    after(() => gate?.stop())
    afterEach(() => {
      clock?.stop()
      clock = undefined
    })

    const page = (options) =>
      Portal.token({
        domain: gate.url,
        accessToken: token.access_token,
        relay: gate.relay,
        ...options,
      })
    const post = (path, body, more) => fetch(gate.url + path, { method: 'POST', body, ...more })
    const listen = (wish) =>
      post(
        '/callgate/relay',
        JSON.stringify({ token: token.access_token, method: METHOD, ...wish }),
      )
    const outcomes = async () => (await gate.records()).map(({ outcome }) => outcome)
    const bind = (portal) =>
      portal.call('event.bind', {
        event: 'ONAPPMETHODCONFIRM',
        handler: gate.events,
      })
    const event = (more) =>
      new URLSearchParams({
        event: 'ONAPPMETHODCONFIRM',
        'data[TOKEN]': token.access_token,
        'data[METHOD]': METHOD,
        'data[CONFIRMED]': '1',
        'auth[member_id]': token.member_id,
        'auth[application_token]': token.application_token,
        ...more,
      })

    /** Lets a call wait: with the clock in the test's hands it isn't repeated by itself. */
    async function waiting(portal) {
      clock ??= ownClock()
      const call = portal.call(METHOD, { USER_ID: 1 }, { confirmation: 'wait' })
      const ended = call.then(
        (answer) => answer.data[0].ID,
        (error) => error.code,
      )
      await until(() => portal.confirmations[0]?.state === 'waiting')
      return { ended, over: () => Promise.race([ended.then(() => true), sleep(300)]) }
    }

    for (const [granted, outcome] of [
      [true, '1'],
      [false, 'METHOD_CONFIRM_DENIED'],
    ]) {
      test(`pages_hear_at_once_that_it_was_${granted ? 'granted' : 'denied'}`, async () => {
        const portals = [page(), page()]
        await bind(portals[0])
        const calls = [await waiting(portals[0]), await waiting(portals[1])]
        await world.decide(token, granted)
        for (const { ended } of calls) assert.equal(await ended, outcome)
        assert.deepEqual(await gate.records(), [
          { event: 'confirmation', portal: host(), method: METHOD, outcome: 'woken' },
        ])
      })
    }

    test('a_decision_that_came_before_one_listens_is_told_at_once', async () => {
      await page({ relay: undefined })
        .call(METHOD, { USER_ID: 1 })
        .catch(() => {})
      assert.equal((await post('/callgate/events', event())).status, 200)
      assert.equal(await (await listen()).text(), 'data: waiting\n\ndata: decided\n\n')
    })

    test('an_event_only_wakes_and_the_portal_decides', async () => {
      const { over } = await waiting(page())
      await post('/callgate/events', event())
      while (!(await world.seen()).filter((it) => it.includes(METHOD))[1]) await sleep(10)
      assert.equal(await over(), undefined)
    })

    test('events_are_proven_by_the_application_token_of_their_portal', async () => {
      const { over } = await waiting(page())
      for (const [posted, outcome] of [
        [event({ 'auth[application_token]': 'wrong' }), 'unproven'],
        [event({ 'auth[application_token]': '' }), 'unreadable'],
        [event({ 'auth[member_id]': 'another' }), 'unproven'],
        [event({ 'auth[member_id]': '__proto__' }), 'unproven'],
        [event({ 'data[TOKEN]': 'another' }), 'nobody'],
        [event({ 'data[METHOD]': 'profile' }), 'nobody'],
        [event({ event: 'ONCRMDEALADD' }), 'unreadable'],
        ['x'.repeat(70_000), 'unreadable'],
        ['', 'unreadable'],
      ]) {
        assert.equal((await post('/callgate/events', posted)).status, 200)
        assert.deepEqual(await outcomes(), [outcome])
      }
      assert.equal(await over(), undefined)
      assert.equal((await fetch(gate.events)).status, 405)
      for (let twice = 0; twice < 2; twice++) await post('/callgate/events', event())
      assert.deepEqual(await outcomes(), ['woken', 'woken'])
    })

    test('only_who_waits_for_what_the_gate_saw_waiting_may_listen', async () => {
      assert.equal((await listen()).status, 404)
      await page({ relay: undefined })
        .call(METHOD, { USER_ID: 1 })
        .catch(() => {})
      assert.equal((await listen({ token: 'another' })).status, 404)
      assert.equal((await listen({ method: 'profile' })).status, 404)
      for (const wish of ['', '{', '[]', 'null', '{"token":"x"}', '{"token":"x","method":7}'])
        assert.equal((await post('/callgate/relay', wish)).status, 400)
      assert.equal((await listen({ more: 'x'.repeat(5_000) })).status, 400)
      assert.equal((await fetch(gate.relay)).status, 405)
      const { status, headers, body } = await listen({ method: METHOD.toUpperCase() })
      assert.deepEqual([status, headers.get('access-control-allow-origin')], [200, '*'])
      await body.cancel()
    })

    test('so_many_may_listen_for_one_decision_and_no_more', async () => {
      await page({ relay: undefined })
        .call(METHOD, { USER_ID: 1 })
        .catch(() => {})
      const streams = []
      for (let listeners = 0; listeners < 20; listeners++) streams.push(await listen())
      assert.ok(streams.every(({ status }) => status === 200))
      assert.equal((await listen()).status, 429)
      await post('/callgate/events', event())
      for (const stream of streams) assert.match(await stream.text(), /decided/)
    })

    test('without_its_relay_a_page_asks_from_time_to_time', async () => {
      for (const relay of ['http://127.0.0.1:9/', `${gate.url}/callgate/elsewhere`]) {
        const { ended } = await waiting(page({ relay }))
        await world.decide(token, true)
        await clock.advance(5_000)
        assert.equal(await ended, '1')
        token = await world.token()
      }
    })
  })
}
