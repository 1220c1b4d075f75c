/**
 * One suite that every store passes, in its own runtime, and what the gate makes of a store: the
 * shared budget, and how it does without one.
 */
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { State } from '../../pkg/edge/state.js'
import { kinds } from '../support/stores.mjs'

const nothing = { confirmations: {}, standings: {} }
const wide = { burst: 1_000, perSecond: 1_000 }
const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis))
const times = (count, make) => Promise.all(Array.from({ length: count }, (_, at) => make(at)))

for (const [kind, start] of Object.entries(kinds)) {
  describe(kind, { timeout: 60_000 }, () => {
    let world, stores, portal
    let portals = 0
    before(async () => {
      world = await start()
      stores = [await world.open(), await world.open()]
    })
    after(() => world?.stop())
    beforeEach(() => (portal = `p${++portals}.example`))

    /** A worker's view, by a store of its own. */
    const worker = (options, at = 0) =>
      new State(stores[at], { rate: wide, patience: 10_000, whenStoreIsAway: 'pass', ...options })

    test('what_is_written_is_there_for_all_until_its_time_is_over', async () => {
      const [one, other] = stores
      await one.write(portal, 'key', 'grant', { scopes: ['crm', 'ü "\\ '] }, 60_000)
      await one.write(portal, 'key', 'brief', 1, 30)
      await one.write(portal, 'key', 'grant', { scopes: [] }, 60_000)
      await one.write(portal, 'other', 'grant', 2, 60_000)
      await sleep(60)
      assert.deepEqual(await other.read(portal, 'key'), { grant: { scopes: [] } })
      assert.deepEqual(await other.read('elsewhere.example', 'key'), {})
      await other.write(portal, 'key', 'text', 'ü "\\ 10 ', 60_000)
      await other.forget(portal, 'key', 'grant')
      assert.deepEqual(await one.read(portal, 'key'), { text: 'ü "\\ 10 ' })
      await other.forget(portal, 'key')
      assert.deepEqual(await one.read(portal, 'key'), {})
      assert.deepEqual(await one.read(portal, 'other'), { grant: 2 })
    })

    test('fields_that_are_written_at_once_all_stay', async () => {
      await times(60, (at) => stores[at % 2].write(portal, 'key', `f${at}`, at, 60_000))
      const kept = await stores[0].read(portal, 'key')
      assert.equal(Object.keys(kept).length, 60)
      assert.equal(kept.f59, 59)
    })

    test('many_workers_never_lease_more_than_the_budget', async () => {
      const rate = { burst: 30, perSecond: 40 }
      const began = performance.now()
      let units = 0
      await times(12, async (at) => {
        for (let asked = 0; asked < 10; asked++) {
          const ask = { key: `t${at}`, patience: 0, rate }
          const lease = await stores[at % 2].lease(portal, ask)
          if (lease.units !== undefined) units += 1 + lease.units
        }
      })
      const most = 30 + (40 * (performance.now() - began)) / 1_000
      assert.ok(units >= 30 && units <= most, `${units} of ${most}`)
    })

    test('a_worker_spends_its_slice_without_a_trip', async () => {
      let trips = 0
      const store = { ...stores[0], lease: (...ask) => (trips++, stores[0].lease(...ask)) }
      const state = new State(store, {
        rate: { burst: 50, perSecond: 2 },
        patience: 0,
        whenStoreIsAway: 'refuse',
      })
      for (let turns = 0; turns < 20; turns++)
        assert.equal(await state.turn(portal, 't'), undefined)
      assert.ok(trips <= 4, `${trips} trips`)
    })

    test('a_request_waits_for_its_turn_or_is_told_when_to_come_back', async () => {
      const rate = { burst: 20, perSecond: 20 }
      const [patient, hasty] = [worker({ rate }), worker({ rate, patience: 100 }, 1)]
      const turns = await times(24, () => patient.turn(portal, 'a'))
      assert.deepEqual(turns, Array(24).fill(undefined))
      const line = times(8, () => patient.turn(portal, 'a'))
      const seconds = await times(20, () => hasty.turn(portal, 'b'))
      assert.ok(
        seconds.some((it) => it >= 1),
        'some are refused',
      )
      await line
    })

    test('who_wants_much_does_not_keep_others_waiting', async () => {
      const rate = { burst: 20, perSecond: 20 }
      const [greedy, modest] = [worker({ rate }), worker({ rate }, 1)]
      let served = 0
      const line = times(50, async () => {
        await greedy.turn(portal, 'greedy')
        served += 1
      })
      while (served < 22) await sleep(5)
      await modest.turn(portal, 'modest')
      assert.ok(served < 40, `${served} others went first`)
      await line
    })

    test('nothing_is_leased_for_a_while_once_the_portal_has_refused', async () => {
      const [one, other] = [worker({ patience: 0 }), worker({ patience: 0 }, 1)]
      assert.equal(await one.turn(portal, 'a'), undefined)
      await one.limited(portal, 3)
      assert.equal(await one.turn(portal, 'a'), 3)
      assert.equal(await other.turn(portal, 'b'), 3)
    })

    test('those_who_listen_are_woken_and_only_they', async () => {
      const woken = []
      const listen = (at, name, topic) =>
        stores[at].subscribe(portal, topic, () => woken.push(name), 3)
      const stops = [
        await listen(0, 'a', 'one'),
        await listen(1, 'b', 'one'),
        await listen(1, 'c', 'one'),
        await listen(0, 'd', 'two'),
      ]
      await stops[2]()
      await sleep(100) // the end of a listener is on its way
      await stores[1].publish(portal, 'one')
      await stores[1].publish('elsewhere.example', 'two')
      while (woken.length < 2) await sleep(5)
      await sleep(50)
      assert.deepEqual(woken.sort(), ['a', 'b'])
      for (const stop of stops) await stop()
    })

    test('no_more_than_so_many_listen_for_the_same', async () => {
      const listen = () => stores[0].subscribe(portal, 'one', () => {}, 2)
      const stops = [await listen(), await listen()]
      await assert.rejects(listen, /too many/)
      for (const stop of stops) await stop()
      // The end of a listener is on its way for a moment.
      const again = () => listen().catch(() => sleep(20).then(again))
      const last = await again()
      await last()
    })

    test('what_is_learned_is_known_to_all_and_forgotten_again', async () => {
      const [one, other] = [worker(), worker({}, 1)]
      assert.deepEqual(await other.known(portal, 'key'), nothing)
      await one.learnGrant(portal, 'key', ['crm'])
      await one.learnConfirmation(portal, 'key', 'Voximplant.user.get', 'waiting')
      const { grant, confirmations } = await worker({}, 1).known(portal, 'key')
      assert.deepEqual(grant.scopes, ['crm'])
      const { state, fresh } = confirmations['voximplant.user.get']
      assert.deepEqual([state, fresh], ['waiting', true])
      await one.learnConfirmation(portal, 'key', 'voximplant.user.get', 'denied')
      await one.dropGrant(portal, 'key')
      const later = await worker({}, 1).known(portal, 'key')
      assert.deepEqual(
        [later.grant, later.confirmations['voximplant.user.get'].state],
        [undefined, 'denied'],
      )
      await one.forget(portal, 'key')
      assert.deepEqual(await worker({}, 1).known(portal, 'key'), nothing)
    })

    test('a_decision_wakes_those_who_wait_and_the_next_call_asks_the_portal', async () => {
      const [one, other] = [worker(), worker({}, 1)]
      const method = 'voximplant.user.get'
      assert.equal(await one.decided(portal, 'key', method), false)
      assert.equal(await one.listen(portal, 'key', method, () => {}), undefined)
      await one.learnConfirmation(portal, 'key', method, 'waiting')
      let woken
      const decided = new Promise((resolve) => (woken = resolve))
      const stop = await one.listen(portal, 'key', method, woken)
      assert.equal(await other.decided(portal, 'key', 'VOXIMPLANT.user.get'), true)
      await decided
      await stop()
      const known = await one.known(portal, 'key')
      assert.equal(known.confirmations[method].fresh, false)
      // Who comes late is woken at once, and a second event is harmless.
      assert.equal(await other.decided(portal, 'key', method), true)
      let late = 0
      await (
        await one.listen(portal, 'key', method, () => (late += 1))
      )()
      assert.equal(late, 1)
    })

    if (kind === 'memory') return

    test('without_its_store_the_gate_lets_pass_or_refuses_as_the_operator_wants', async () => {
      const [passes, refuses] = [worker(), worker({ whenStoreIsAway: 'refuse' }, 1)]
      const away = { code: 'CALLGATE_STORE_AWAY', status: 503, retryable: true }
      await world.goAway()
      try {
        assert.equal(await passes.turn(portal, 'key'), undefined)
        assert.deepEqual(await passes.known(portal, 'key'), nothing)
        await assert.rejects(refuses.turn(portal, 'key'), away)
        await assert.rejects(refuses.known(portal, 'key'), away)
        await passes.learnGrant(portal, 'key', ['crm'])
        assert.deepEqual((await passes.known(portal, 'key')).grant.scopes, ['crm'])
        await assert.rejects(passes.decided(portal, 'key', 'voximplant.user.get'))
      } finally {
        await world.comeBack()
      }
      for (;;) {
        const turn = refuses.turn(portal, 'key').catch((error) => error.code)
        if ((await turn) === undefined) break
        await sleep(100)
      }
      await refuses.learnGrant(portal, 'key', ['im'])
      assert.deepEqual((await worker().known(portal, 'key')).grant.scopes, ['im'])
    })

    if (kind === 'durable') {
      test('what_is_kept_outlives_the_object_that_keeps_it', async () => {
        const [store] = stores
        const ask = { key: 'a', patience: 0, rate: { burst: 1, perSecond: 0.01 } }
        await store.write(portal, 'key', 'grant', 1, 60_000)
        assert.deepEqual(await store.lease(portal, ask), { units: 0, life: 10_000 })
        await world.goAway()
        await assert.rejects(store.read(portal, 'key'))
        await world.comeBack()
        assert.deepEqual(await store.read(portal, 'key'), { grant: 1 })
        assert.ok((await store.lease(portal, ask)).retryAfter > 90)
      })
      return
    }

    test('a_store_that_hangs_is_away', async () => {
      const state = worker({ whenStoreIsAway: 'refuse' })
      world.hang()
      try {
        await assert.rejects(state.turn(portal, 'key'), { code: 'CALLGATE_STORE_AWAY' })
        await assert.rejects(state.known(portal, 'key'), { code: 'CALLGATE_STORE_AWAY' })
      } finally {
        world.goOn()
      }
    })
  })
}
