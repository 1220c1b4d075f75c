/** Which scopes a program needs, and how they compare with what it was granted. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadCatalogue, scopesFor } from '../../pkg/node.js'
import { portalWorld, thrown } from '../support/world.mjs'

const world = portalWorld()
const nothing = { scopes: [], alternatives: [], uncertain: [], unknown: [] }

test('the_fewest_scopes_are_asked_for_and_the_alternatives_named', () => {
  const methods = [
    'user.get',
    'crm.deal.list',
    'CRM.Deal.Add',
    'voximplant.infocall.startwithsound',
  ]
  assert.deepEqual(scopesFor(methods), {
    ...nothing,
    scopes: ['call', 'crm', 'user'],
    alternatives: [
      {
        scope: 'call',
        instead: ['telephony'],
        methods: ['voximplant.infocall.startwithsound'],
      },
      { scope: 'user', instead: ['user_basic', 'user_brief'], methods: ['user.get'] },
    ],
  })
})

test('what_is_not_certain_and_what_is_unknown_is_listed_apart', () => {
  assert.deepEqual(scopesFor(['placement.bind', 'event.test', 'crm.deal.lst', 'toString', '']), {
    ...nothing,
    scopes: ['placement'],
    uncertain: [
      { name: 'placement.bind', needed: [['$placement']] },
      { name: 'event.test', needed: null },
    ],
    unknown: ['crm.deal.lst', 'toString', ''],
  })
  assert.deepEqual(scopesFor([]), nothing)
})

test('the_version_says_which_method_of_a_name_is_meant', () => {
  const methods = ['crm.deal.list', 'note.file.get']
  assert.deepEqual(scopesFor(methods, { version: 2 }).unknown, ['note.file.get'])
  assert.deepEqual(scopesFor(methods, { version: 3 }).unknown, ['crm.deal.list'])
})

test('anything_but_lists_of_texts_is_refused_by_name', () => {
  const loop = []
  loop.push(loop)
  for (const [methods, options, words] of [
    [undefined, undefined, 'methods: a list of texts is wanted'],
    ['crm.deal.list', undefined, 'methods: a list of texts is wanted'],
    [['user.get', 1], undefined, 'methods[1]: a text is wanted'],
    [[null], undefined, 'methods[0]: a text is wanted'],
    [loop, undefined, 'methods: a list of texts is wanted'],
    [[1n], undefined, 'methods: a list of texts is wanted'],
    [[], { events: 'OnTaskAdd' }, 'events: a list of texts is wanted'],
    [[], { version: 4 }, 'version: 2 or 3 is wanted'],
    [[], { verison: 3 }, 'options.verison: there is no such option, but events, version'],
    [[], 3, 'options: an object is wanted'],
  ]) {
    const error = thrown(() => scopesFor(methods, options))
    assert.deepEqual([error.kind, error.message], ['invalid', `${words} (CALLGATE_INVALID)`])
  }
})

test('a_grant_is_compared_with_codes_or_with_what_methods_need', async () => {
  const { portal } = await world.client({ scope: 'user_brief,telephony,disk,app' })
  const expected = { granted: ['user'], missing: ['crm'], unneeded: ['telephony', 'disk'] }
  for (const required of ['user,crm', 'user crm', ['user', 'crm'], { scopes: ['user', 'crm'] }]) {
    assert.deepEqual(portal.scopes.compare(required), expected)
  }
  const needs = scopesFor(['user.get', 'crm.deal.list', 'voximplant.infocall.startwithsound'])
  assert.deepEqual(portal.scopes.compare(needs), {
    granted: ['call', 'user'],
    missing: ['crm'],
    unneeded: ['disk'],
  })
  assert.deepEqual(portal.scopes.compare(needs.scopes).missing, ['call', 'crm'])
})

test('what_is_perhaps_needed_is_not_granted_in_vain', async () => {
  const { portal } = await world.client({ scope: 'sign.b2e,im' })
  const comparison = portal.scopes.compare(scopesFor(['sign.b2e.document.get']))
  assert.deepEqual(comparison, { granted: [], missing: [], unneeded: ['im'] })
})

test('an_unknown_grant_is_not_compared', async () => {
  const { portal } = await world.client({ scopes: ['crm'] })
  const unknown = { granted: null, missing: null, unneeded: null }
  assert.deepEqual(portal.scopes.compare('crm'), unknown)
  await portal.loadGrant()
  assert.deepEqual(portal.scopes.compare('crm').granted, ['crm'])
})

test('a_comparison_with_nonsense_is_refused', async () => {
  const { portal } = await world.client({ scope: 'crm' })
  for (const [required, words] of [
    [undefined, 'required: a text, a list of texts or what scopesFor gave is wanted'],
    [7, 'required: a text, a list of texts or what scopesFor gave is wanted'],
    [{}, 'required: a text, a list of texts or what scopesFor gave is wanted'],
    [['crm', 7], 'required[1]: a text is wanted'],
    [{ scopes: 'crm' }, 'required.scopes: a list of texts is wanted'],
    [
      { scopes: ['crm'], alternatives: [{ scope: 'crm' }] },
      'required.alternatives: a list of texts is wanted',
    ],
  ]) {
    const error = thrown(() => portal.scopes.compare(required))
    assert.deepEqual([error.kind, error.message], ['invalid', `${words} (CALLGATE_INVALID)`])
  }
  assert.deepEqual(portal.scopes.compare('').unneeded, ['crm'])
})

test('an_event_with_the_portals_own_token_tells_its_scopes', async () => {
  const { token, portal } = await world.client({ scope: 'im', applicationToken: 'app' })
  const event = { event: 'ONCRMDEALADD', auth: { scope: 'crm,im', application_token: 'app' } }
  const apply = (auth) => portal.applyEvent({ ...event, auth: { ...event.auth, ...auth } })

  assert.equal(apply({ access_token: 'of another user' }), false)
  assert.equal(apply({ access_token: token.access_token, application_token: 'wrong' }), false)
  assert.deepEqual(portal.grant.source, 'given')
  assert.equal(apply({ access_token: token.access_token }), false)
  assert.deepEqual([portal.grant.scopes, portal.grant.source], [['crm', 'im'], 'event'])

  const placement = {
    AUTH_ID: token.access_token,
    APPLICATION_SCOPE: 'disk',
    APPLICATION_TOKEN: 'app',
  }
  portal.applyEvent(new URLSearchParams(placement))
  assert.deepEqual([portal.grant.scopes, portal.grant.source], [['disk'], 'event'])
})

test('events_count_too_once_they_are_known', async () => {
  const error = thrown(() => scopesFor([], { events: ['OnTaskAdd'] }))
  assert.match(error.message, /^events: they are known once loadCatalogue\(\) is done/)
  await loadCatalogue()
  const events = ['ONTASKADD', 'onAppInstall', 'onNothing']
  const needs = scopesFor(['crm.deal.list'], { events })
  assert.deepEqual(needs, { ...nothing, scopes: ['crm', 'task'], unknown: ['onNothing'] })
})
