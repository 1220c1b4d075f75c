/** The gate in workerd, over HTTP, before the test portal. */
import assert from 'node:assert/strict'
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
