/** Programs that know nothing of the gate work through it as they are: the vendor's SDK and ours. */
import assert from 'node:assert/strict'
import { before, beforeEach, describe, test } from 'node:test'
import { B24Hook, B24OAuth } from '@bitrix24/b24jssdk'
import { Portal } from '../../pkg/node.js'
import { edgeWorld } from '../support/edge.mjs'

const world = edgeWorld()

/** Whatever a client sends is clear to the gate. */
async function nothingWasHeldBack(gate) {
  const records = await gate.records()
  assert.ok(records.length > 0)
  for (const { outcome, problems, verdict } of records) {
    assert.deepEqual([outcome, problems], ['passed', undefined])
    assert.notEqual(verdict, 'denied')
  }
}

async function drive(gate, sdk) {
  const one = await sdk.actions.v2.call.make({ method: 'crm.deal.get', params: { id: 7 } })
  assert.equal(one.getData().result.ID, '7')
  const many = await sdk.actions.v2.batch.make({
    calls: {
      me: ['profile', {}],
      deals: ['crm.deal.list', { filter: { '>ID': 5 }, select: ['ID'] }],
    },
    options: { returnAjaxResult: true },
  })
  assert.equal(many.isSuccess, true)
  const rows = await sdk.actions.v2.callList.make({
    method: 'crm.deal.list',
    params: { select: ['ID'] },
  })
  assert.equal(rows.getData().length, 120)
  await nothingWasHeldBack(gate)
}

describe('through_a_gate_that_enforces', () => {
  let gate
  before(async () => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0' // the gate's certificate is of its own making
    gate = await world.gate(
      { preflight: 'enforce', budget: { burst: 1e6, perSecond: 1e6 } },
      { https: true },
    )
  })
  beforeEach(async () => {
    await world.control('data', { entity: 'deal', rows: 120 })
    await gate.records()
  })

  test('the_vendors_sdk_by_a_webhook_over_tls', async () => {
    const { url } = await world.control('webhooks', { scopes: ['crm'] })
    await drive(gate, B24Hook.fromWebhookUrl(gate.url + new URL(url).pathname))
  })

  test('the_vendors_sdk_by_a_token', async () => {
    const token = await world.token(['crm'])
    await drive(
      gate,
      new B24OAuth(
        {
          applicationToken: token.application_token,
          userId: 1,
          memberId: token.member_id,
          accessToken: token.access_token,
          refreshToken: token.refresh_token,
          expires: token.expires,
          expiresIn: token.expires_in,
          scope: token.scope,
          domain: gate.url,
          clientEndpoint: `${gate.url}/rest`,
          serverEndpoint: `${world.origin}/rest`,
          status: 'L',
        },
        { clientId: 'app', clientSecret: 'secret' },
      ),
    )
  })

  test('our_own_client', async () => {
    const token = await world.token(['crm', 'telephony'])
    const options = {
      domain: gate.url,
      accessToken: token.access_token,
      scope: ['crm', 'telephony'],
    }
    const portal = Portal.token(options)
    assert.equal((await portal.call('crm.deal.get', { id: 7 })).data.ID, '7')
    const { failed } = await portal.batch({ me: ['profile'], deal: ['crm.deal.get', { id: 7 }] })
    assert.deepEqual(failed, {})
    assert.equal((await portal.list('crm.deal.list', { select: ['ID'] }).toArray()).length, 120)
    const waiting = await portal.call('voximplant.user.get', { USER_ID: 1 }).catch((error) => error)
    assert.equal(waiting.kind, 'waiting')
    await nothingWasHeldBack(gate)
  })

  test('our_own_client_understands_what_the_gate_refuses', async () => {
    const token = await world.token(['crm'])
    const portal = Portal.token({ domain: gate.url, accessToken: token.access_token })
    const error = await portal.call('user.get').catch((error) => error)
    assert.deepEqual([error.code, error.kind, error.ran], ['insufficient_scope', 'denied', 'no'])
  })
})
