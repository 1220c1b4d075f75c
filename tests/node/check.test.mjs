/** Preflight: what `check` decides, and what its modes do to a call. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadCatalogue, Portal } from '../../pkg/node.js'
import { fakeFetch, heard, portalWorld, rejection, result, thrown } from '../support/world.mjs'

const world = portalWorld()

/** A client that has no portal, for checks that need none. */
const client = (options) =>
  Portal.token({ domain: 'portal.example', accessToken: 'token', ...options })

/** A client whose calls come back, and its requests. */
function answered(options) {
  const { fetch, requests } = fakeFetch(() => result(true))
  const portal = client({ fetch, ...options })
  return { portal, requests, warnings: heard(portal, 'warning') }
}

test('a_method_whose_scope_is_granted_is_allowed_on_the_grants_word', () => {
  assert.deepEqual(client({ scope: ['crm', 'im'] }).check('crm.deal.list'), {
    verdict: 'allowed',
    needed: [['crm']],
    provided: ['crm', 'im'],
    evidence: 'grant',
  })
})

test('a_method_whose_scope_is_missing_is_denied_with_the_remedy', () => {
  const { remedy, ...decision } = client({ scope: ['im'] }).check('crm.deal.list')
  assert.deepEqual(decision, {
    verdict: 'denied',
    layer: 'scope',
    needed: [['crm']],
    provided: ['im'],
    evidence: 'grant',
  })
  assert.match(remedy, /\bcrm\b/)
})

test('while_no_scope_is_known_the_scope_layer_is_unknown', () => {
  const { remedy, ...decision } = client().check('crm.deal.list')
  assert.deepEqual(decision, {
    verdict: 'unknown',
    layer: 'scope',
    needed: [['crm']],
    evidence: 'catalogue',
  })
  assert.match(remedy, /\bcrm\b.*loadGrant/)
})

test('scopes_are_compared_without_case_and_given_in_any_form', () => {
  for (const scope of [['CRM'], 'crm', 'im,crm', 'im crm', ['im', 'crm'], ['im,crm']]) {
    assert.equal(client({ scope }).check('crm.deal.list').verdict, 'allowed', String(scope))
  }
})

test('a_scope_that_nobody_knows_is_kept_and_hurts_nobody', () => {
  const portal = client({ scope: ['crm', 'новое.право'] })
  assert.deepEqual(portal.grant.scopes, ['crm', 'новое.право'])
  assert.equal(portal.check('crm.deal.list').verdict, 'allowed')
})

test('only_the_scope_app_proves_nothing', () => {
  const portal = client({ scope: 'app' })
  assert.deepEqual([portal.grant.scopes, portal.grant.source], [null, 'none'])
  assert.equal(portal.check('crm.deal.list').verdict, 'unknown')
})

test('a_method_of_the_global_scope_needs_nothing', () => {
  for (const method of ['profile', 'server.time', 'scope', 'app.info']) {
    const { verdict, needed } = client({ scope: ['im'] }).check(method)
    assert.deepEqual([verdict, needed], ['allowed', []], method)
  }
})

test('a_smaller_scope_stands_in_for_user', () => {
  for (const scope of ['user', 'user_basic', 'user_brief']) {
    assert.equal(client({ scope }).check('user.current').verdict, 'allowed', scope)
  }
  assert.equal(client({ scope: 'userconsent' }).check('user.current').verdict, 'denied')
})

test('a_method_outside_the_catalogue_is_unknown_and_passes', async () => {
  const { portal, requests, warnings } = answered({ scope: ['im'] })
  for (const method of ['vendor.thing.do', 'crm.deal.fly', 'новый.метод', 'constructor']) {
    const decision = portal.check(method, { a: 1 })
    assert.deepEqual(
      [decision.verdict, decision.layer, decision.evidence],
      ['unknown', 'method', 'none'],
    )
    assert.equal((await portal.call(method)).data, true)
  }
  assert.equal(requests.length, 4)
  assert.deepEqual(warnings, [])
})

test('missing_parameters_are_denied_and_each_is_named', () => {
  const decision = client({ scope: 'crm' }).check('crm.activity.update', {})
  assert.deepEqual(
    [decision.verdict, decision.layer, decision.evidence],
    ['denied', 'parameters', 'catalogue'],
  )
  const required = decision.problems.filter(({ severity }) => severity === 'error')
  assert.deepEqual(required.map(({ path }) => path).sort(), ['fields', 'id'])
  for (const { reason } of decision.problems) assert.equal(typeof reason, 'string')
  assert.match(decision.remedy, /id/)
  assert.match(decision.remedy, /fields/)
})

test('a_parameter_that_is_there_is_not_missing_whatever_its_case_and_value', () => {
  const portal = client({ scope: 'crm' })
  for (const params of [{ id: 1 }, { id: '' }, { id: false }, { id: [] }]) {
    assert.equal(portal.check('crm.deal.get', params).verdict, 'allowed', JSON.stringify(params))
  }
  for (const params of [{}, { id: null }, { id: undefined }, { id: () => 1 }]) {
    assert.equal(portal.check('crm.deal.get', params).layer, 'parameters')
  }
})

test('a_missing_scope_comes_before_missing_parameters', () => {
  const decision = client({ scope: 'im' }).check('crm.deal.get', {})
  assert.deepEqual([decision.verdict, decision.layer], ['denied', 'scope'])
  assert.deepEqual(
    decision.problems.map(({ path }) => path),
    ['id'],
  )
})

test('a_confirmation_that_was_never_asked_is_noted_and_allowed', () => {
  const decision = client({ scope: 'telephony' }).check('voximplant.user.get', { USER_ID: 1 })
  assert.deepEqual(
    [decision.verdict, decision.layer, decision.evidence],
    ['allowed', 'confirmation', 'grant'],
  )
  assert.match(decision.remedy, /administrator/)
})

test('a_confirmation_is_pending_then_granted_as_the_portals_answers_tell', async () => {
  const { portal, token } = await world.client({ scopes: ['telephony'], scope: 'telephony' })
  const check = () => portal.check('voximplant.user.get', { USER_ID: 1 })
  const call = () => portal.call('voximplant.user.get', { USER_ID: 1 })
  assert.equal((await rejection(call())).kind, 'waiting')
  const { verdict, layer, evidence } = check()
  assert.deepEqual([verdict, layer, evidence], ['pending', 'confirmation', 'server'])
  await world.decide(token, true)
  assert.equal(check().verdict, 'pending') // until the portal has said so itself
  await call()
  const granted = check()
  assert.deepEqual(
    [granted.verdict, granted.layer, granted.evidence],
    ['allowed', 'confirmation', 'server'],
  )
})

test('a_confirmation_that_was_denied_is_denied_and_not_asked_again', async () => {
  const { portal, token } = await world.client({ scopes: ['telephony'], scope: 'telephony' })
  const call = () => portal.call('voximplant.user.get', { USER_ID: 1 })
  await rejection(call())
  await world.decide(token, false)
  assert.equal((await rejection(call())).code, 'METHOD_CONFIRM_DENIED')
  const sent = (await world.requests()).length
  const again = await rejection(call())
  assert.deepEqual(
    [again.code, again.kind, again.ran, again.status],
    ['METHOD_CONFIRM_DENIED', 'denied', 'no', undefined],
  )
  assert.deepEqual([again.decision.layer, again.decision.evidence], ['confirmation', 'server'])
  assert.equal((await world.requests()).length, sent)
  assert.equal(portal.check('voximplant.user.get', { USER_ID: 1 }).verdict, 'denied')
})

test('versions_have_facts_of_their_own', () => {
  const portal = client({ scope: 'task' })
  assert.deepEqual(portal.check('tasks.task.get', { taskId: 1 }).needed, [['task']])
  assert.deepEqual(portal.check('tasks.task.get', { taskId: 1 }, 2).verdict, 'allowed')
  assert.deepEqual(portal.check('tasks.task.get', { id: 1 }, 3).needed, [['tasks']])
  assert.equal(portal.check('tasks.task.get', {}, 2).problems, undefined)
  assert.equal(portal.check('tasks.task.get', {}, 3).problems[0].path, 'id')
  const { verdict, layer } = portal.check('crm.deal.list', {}, 3)
  assert.deepEqual([verdict, layer], ['unknown', 'method'])
})

test('the_portals_version_goes_for_its_checks_and_the_checks_own_goes_first', () => {
  const portal = client({ scope: 'task', version: 3 })
  assert.deepEqual(portal.check('tasks.task.get', { id: 1 }).needed, [['tasks']])
  assert.deepEqual(portal.check('tasks.task.get', { taskId: 1 }, 2).needed, [['task']])
})

test('a_token_with_task_meets_tasks_and_an_unmet_scope_of_version_3_only_warns', async () => {
  assert.equal(client({ scope: 'task' }).check('tasks.task.get', { id: 1 }, 3).verdict, 'allowed')
  const { portal, requests, warnings } = answered({ scope: 'crm', version: 3 })
  const { verdict, layer } = portal.check('tasks.task.get', { id: 1 })
  assert.deepEqual([verdict, layer], ['unknown', 'scope'])
  await portal.call('tasks.task.get', { id: 1 })
  assert.equal(requests.length, 1)
  assert.equal(warnings.length, 1)
})

test('a_check_sends_nothing', async () => {
  const { portal, requests } = answered({ scope: 'im' })
  for (const method of ['crm.deal.list', 'profile', 'voximplant.user.get']) portal.check(method)
  assert.equal(requests.length, 0)
})

test('what_a_check_is_given_wrong_it_names', () => {
  const portal = client()
  for (const [args, name] of [
    [[''], /method/],
    [[undefined], /method/],
    [[7], /method/],
    [['a/b'], /method/],
    [['profile', 7], /params/],
    [['profile', 'a=1'], /params/],
    [['profile', { a: 1n }], /params\.a/],
    [['profile', {}, 1], /version/],
    [['profile', {}, '2'], /version/],
    [['profile', { auth: 'x' }], /auth/],
  ]) {
    const error = thrown(() => portal.check(...args))
    assert.equal(error.kind, 'invalid')
    assert.match(error.message, name)
  }
})

test('by_default_a_proven_missing_scope_refuses_the_call_and_nothing_is_sent', async () => {
  const { portal, requests } = answered({ scope: 'im' })
  const error = await rejection(portal.call('crm.deal.list'))
  assert.deepEqual(
    [error.code, error.kind, error.ran, error.retryable, error.status, error.method],
    ['insufficient_scope', 'denied', 'no', false, undefined, 'crm.deal.list'],
  )
  assert.deepEqual(error.decision, portal.check('crm.deal.list'))
  assert.equal(requests.length, 0)
})

test('by_default_missing_parameters_are_a_warning_and_the_call_goes_out', async () => {
  const { portal, requests, warnings } = answered({ scope: 'crm' })
  await portal.call('crm.deal.get', {})
  await portal.call('crm.deal.get', {}) // and once is enough
  assert.equal(requests.length, 2)
  const [[, warning], ...more] = warnings
  assert.deepEqual(more, [])
  assert.equal(warning.method, 'crm.deal.get')
  assert.match(warning.message, /crm\.deal\.get/)
  assert.equal(warning.decision.layer, 'parameters')
})

/** preflight, what a missing scope does, what missing parameters do */
const modes = [
  ['off', 'passes', 'passes'],
  ['warn', 'warns', 'warns'],
  ['enforce', 'refuses', 'refuses'],
  [{}, 'refuses', 'warns'],
  [{ scope: 'off' }, 'passes', 'warns'],
  [{ scope: 'warn' }, 'warns', 'warns'],
  [{ parameters: 'off' }, 'refuses', 'passes'],
  [{ parameters: 'enforce' }, 'refuses', 'refuses'],
  [{ scope: 'off', parameters: 'enforce' }, 'passes', 'refuses'],
  [{ methods: { 'crm.deal.get': 'off' } }, 'passes', 'passes'],
  [{ methods: { 'CRM.deal.get': 'warn' } }, 'warns', 'warns'],
  [{ scope: 'off', methods: { 'crm.deal.get': 'enforce' } }, 'refuses', 'refuses'],
  [{ methods: { 'crm.deal.list': 'off' } }, 'refuses', 'warns'],
]
for (const [preflight, ...wanted] of modes) {
  test(`with_preflight_${JSON.stringify(preflight)}_a_scope_${wanted[0]}_and_parameters_${wanted[1]}`, async () => {
    const outcome = async (scope, params) => {
      const { portal, requests, warnings } = answered({ scope, preflight })
      const ended = await portal.call('crm.deal.get', params).then(
        () => (warnings.length > 0 ? 'warns' : 'passes'),
        ({ kind }) => (kind === 'denied' ? 'refuses' : kind),
      )
      assert.equal(requests.length, ended === 'refuses' ? 0 : 1)
      return ended
    }
    assert.deepEqual([await outcome('im', { id: 1 }), await outcome('crm', {})], wanted)
  })
}

test('a_call_refused_for_its_parameters_says_so', async () => {
  const { portal } = answered({ scope: 'crm', preflight: 'enforce' })
  const error = await rejection(portal.call('crm.deal.get', {}))
  assert.deepEqual([error.code, error.kind, error.ran], ['CALLGATE_PARAMETERS', 'denied', 'no'])
  assert.equal(error.decision.problems[0].path, 'id')
})

test('an_unknown_method_passes_even_where_everything_is_enforced', async () => {
  const { portal, requests } = answered({ scope: 'im', preflight: 'enforce' })
  await portal.call('vendor.thing.do')
  assert.equal(requests.length, 1)
})

test('a_decision_is_the_callers_own', () => {
  const portal = client({ scope: ['im'] })
  const decision = portal.check('crm.deal.list')
  decision.needed[0].push('more')
  decision.provided.length = 0
  assert.deepEqual(portal.check('crm.deal.list').needed, [['crm']])
  assert.deepEqual(portal.grant.scopes, ['im'])
})

test('an_unknown_name_of_a_method_brings_the_one_that_was_meant', () => {
  const { remedy } = client().check('crm.deal.lits')
  assert.match(remedy, /crm\.deal\.list/)
})

test('a_batch_is_decided_command_by_command', () => {
  const cmd = JSON.parse(
    '{"deals":"crm.item.list?entityTypeId=2","me":"profile","7":"crm.item.get?id=1","__proto__":"im.user.get"}',
  )
  const { commands, ...whole } = client({ scope: 'crm' }).check('batch', { cmd })
  assert.deepEqual(
    [whole.verdict, whole.layer, whole.evidence],
    ['denied', 'parameters', 'catalogue'],
  )
  assert.match(whole.remedy, /^Command 7: .*entityTypeId/)
  assert.deepEqual(
    Object.entries(commands).map(([name, { verdict, layer }]) => [name, verdict, layer]),
    [
      ['7', 'denied', 'parameters'],
      ['deals', 'allowed', undefined],
      ['me', 'allowed', undefined],
      ['__proto__', 'denied', 'scope'],
    ],
  )
  assert.equal(Object.getPrototypeOf(commands), Object.prototype)
  const list = client({ scope: 'crm' }).check('batch', { cmd: ['profile', 5, ''] })
  assert.deepEqual(Object.keys(list.commands), ['0'])
  assert.equal(client().check('batch', { cmd: {} }).commands, undefined)
})

// From here on the whole program goes by the second tier.
test('the_second_tier_names_paths_pages_and_replacements', async () => {
  await loadCatalogue()
  const { problems, remedy, docs, deprecated, layer, verdict } = client({ scope: 'crm' }).check(
    'crm.deal.add',
    { fields: { TITEL: 'a', PROBABILITY: 'high' } },
  )
  assert.deepEqual(problems, [
    { path: 'fields.TITEL', reason: 'unknown; did you mean TITLE?', severity: 'warning' },
    { path: 'fields.PROBABILITY', reason: 'documented as a whole number', severity: 'warning' },
  ])
  assert.deepEqual([verdict, layer], ['allowed', 'parameters'])
  assert.match(remedy, /fields\.TITEL/)
  assert.match(docs, /^https:.*crm-deal-add\.html$/)
  assert.deepEqual(deprecated, { replacements: ['crm.item.add'] })
})

test('each_finding_is_warned_of_once_whatever_the_values', async () => {
  const { portal, requests, warnings } = answered({ scope: 'crm' })
  const list = (params) => portal.call('crm.item.list', { entityTypeId: 2, ...params })
  for (const id of [1, 2, 3]) await list({ filtre: { id } })
  assert.equal(warnings.length, 1)
  await list({ filtre: { id: 1 }, slect: ['id'] })
  await list({ slect: ['id'] })
  await list({ filter: { id: 1 } })
  assert.equal(warnings.length, 3)
  assert.equal(requests.length, 6)
  assert.match(warnings[0][1].message, /filtre.*did you mean filter\?/)
})

test('parameters_of_ten_thousand_names_are_checked_at_once', () => {
  const odd = JSON.parse('{"__proto__":1,"constructor":2,"toString":3,"":4}')
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`name${n}`, n]))
  const portal = client({ scope: 'crm' })
  const { problems } = portal.check('crm.item.list', { ...many, entityTypeId: 2 })
  assert.equal(problems.length, 21)
  assert.match(problems.at(-1).reason, /^and 9,?980 more$/)
  assert.deepEqual(
    portal.check('crm.item.list', { entityTypeId: 2, ...odd }).problems.map(({ path }) => path),
    ['__proto__', 'constructor', 'toString', ''],
  )
})
