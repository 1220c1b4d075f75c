/** What is known to be granted, and how a client learns of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeFetch, portalWorld, rejection, result } from '../support/world.mjs'

const world = portalWorld()

test('nothing_is_known_at_first', async () => {
  const { portal } = await world.client()
  assert.deepEqual(portal.grant, { scopes: null, source: 'none', asOf: 0 })
})

test('a_given_scope_is_known_at_once', async () => {
  const before = Date.now()
  const { portal } = await world.client({ scope: 'crm,im' })
  const { scopes, source, asOf } = portal.grant
  assert.deepEqual([scopes, source], [['crm', 'im'], 'given'])
  assert.ok(asOf >= before && asOf <= Date.now())
})

test('a_client_with_a_token_asks_the_method_scope', async () => {
  const { portal } = await world.client({ scopes: ['crm', 'telephony'], scope: ['im'] })
  const grant = await portal.loadGrant()
  assert.deepEqual([grant.scopes, grant.source], [['crm', 'telephony'], 'scope'])
  assert.deepEqual(portal.grant, grant)
  assert.equal(portal.check('im.user.get').verdict, 'denied')
  const [request, ...more] = await world.requests()
  assert.equal(request.url, '/rest/scope')
  assert.deepEqual(more, [])
})

test('a_client_with_a_webhook_asks_app_info', async () => {
  const { portal } = await world.webhook({ scopes: ['crm'] })
  const grant = await portal.loadGrant()
  assert.deepEqual([grant.scopes, grant.source], [['crm'], 'app.info'])
  assert.equal(portal.check('im.user.get').verdict, 'denied')
  const [request] = await world.requests()
  assert.match(request.url, /\/app\.info$/)
})

test('the_callers_own_question_teaches_too', async () => {
  const { portal } = await world.client({ scopes: ['crm'] })
  await portal.call('scope')
  assert.deepEqual([portal.grant.scopes, portal.grant.source], [['crm'], 'scope'])
})

test('all_scopes_that_the_portal_knows_are_not_those_that_are_granted', async () => {
  const { portal } = await world.client({ scopes: ['crm'] })
  const { data } = await portal.call('scope', { full: 1 })
  assert.ok(data.length > 5)
  assert.deepEqual(portal.grant.scopes, null)
})

test('a_failed_question_rejects_and_changes_nothing', async () => {
  const { portal } = await world.client({ scope: 'im' })
  await world.fault('overload')
  const error = await rejection(portal.loadGrant())
  assert.deepEqual([error.code, error.method], ['OVERLOAD_LIMIT', 'scope'])
  assert.deepEqual([portal.grant.scopes, portal.grant.source], [['im'], 'given'])
})

test('an_answer_without_a_list_of_scopes_changes_nothing', async () => {
  for (const data of [null, 'crm', {}, [1], [['crm']], [], ['app'], { SCOPE: 'crm' }]) {
    const { fetch } = fakeFetch(() => result(data))
    const { portal } = await world.client({ scope: 'im', fetch })
    await portal.loadGrant()
    assert.deepEqual(portal.grant.scopes, ['im'], JSON.stringify(data))
  }
})

test('a_refreshs_scope_is_known_from_then_on_and_only_app_replaces_nothing', async () => {
  const scopes = ['crm,task', 'app', undefined, ['telephony']]
  const known = []
  const { fetch } = fakeFetch((n) => (n % 2 ? `{"error":"expired_token"}` : result(1)))
  const { portal } = await world.client({
    fetch,
    scope: 'im',
    refresh: async () => ({ accessToken: `token ${scopes.length}`, scope: scopes.shift() }),
  })
  for (let call = 0; call < 4; call++) {
    await portal.call('profile')
    known.push([portal.grant.source, ...portal.grant.scopes])
  }
  assert.deepEqual(known, [
    ['token', 'crm', 'task'],
    ['token', 'crm', 'task'],
    ['token', 'crm', 'task'],
    ['token', 'telephony'],
  ])
})

test('a_grant_is_the_callers_own', async () => {
  const { portal } = await world.client({ scope: 'im' })
  portal.grant.scopes.push('crm')
  assert.deepEqual(portal.grant.scopes, ['im'])
  assert.throws(() => {
    portal.grant = {}
  }, TypeError)
})
