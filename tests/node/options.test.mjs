/** Options: each wrong one is named with the reason, before anything is sent. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Portal } from '../../pkg/node.js'
import { fakeFetch, rejection, result, thrown } from '../support/world.mjs'

const URL = 'https://portal.example/rest/1/abcdef/'
const token = (options) =>
  Portal.token({ domain: 'portal.example', accessToken: 'token', ...options })
const webhook = (options) => Portal.webhook(URL, options)

/** Holds an error to be about what the caller gave, and to name it. */
function complains(error, ...words) {
  assert.deepEqual(
    [error.code, error.kind, error.ran, error.retryable, error.status],
    ['CALLGATE_INVALID', 'invalid', 'no', false, undefined],
  )
  for (const word of words) assert.match(error.message, word)
}

test('a_portal_is_made_by_its_three_functions_alone', () => {
  assert.ok(token() instanceof Portal)
  assert.ok(webhook() instanceof Portal)
  assert.equal(typeof Portal.frame, 'function')
})

test('a_token_needs_an_object_a_domain_and_an_access_token', () => {
  for (const nothing of [undefined, null, 7, 'portal.example', true]) {
    complains(
      thrown(() => Portal.token(nothing)),
      /object/,
    )
  }
  complains(
    thrown(() => Portal.token({})),
    /domain/,
  )
  complains(
    thrown(() => Portal.token({ domain: 'portal.example' })),
    /accessToken/,
  )
  complains(
    thrown(() => Portal.token({ accessToken: 'x' })),
    /domain/,
  )
})

test('a_domain_is_a_host_or_an_origin', async () => {
  for (const [domain, origin] of [
    ['portal.example', 'https://portal.example'],
    ['Portal.Example', 'https://portal.example'],
    ['portal.example:8443', 'https://portal.example:8443'],
    ['https://portal.example', 'https://portal.example'],
    ['https://portal.example/', 'https://portal.example'],
    ['http://localhost:8024', 'http://localhost:8024'],
    ['http://127.0.0.1:8024', 'http://127.0.0.1:8024'],
    ['http://[::1]:8024', 'http://[::1]:8024'],
  ]) {
    const { fetch, requests } = fakeFetch(() => result(1))
    await token({ domain, fetch }).call('profile')
    assert.equal(requests[0].url, `${origin}/rest/profile`)
  }
})

test('what_is_no_domain_is_refused', () => {
  for (const domain of [
    '',
    'https://',
    'http://portal.example',
    'ftp://portal.example',
    'javascript:alert(1)',
    'portal.example/rest',
    'user:secret@portal.example',
    'portal.example:port',
    'portal example',
    'portal.example?x',
    'portal.example#x',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'http://127.0.0.1@evil.example',
    7,
    {},
    ['portal.example'],
  ]) {
    complains(
      thrown(() => token({ domain })),
      /domain/,
    )
  }
})

/** option, wrong values */
const common = [
  ['fetch', ['fetch', {}, 7, true]],
  ['version', [1, 4, '2', '3', {}, true, NaN]],
  ['timeout', ['60', -1, NaN, Infinity, {}, true]],
  ['preflight', ['strict', '', 7, true]],
]
const tokens = [
  ['accessToken', ['', 7, {}, ['x']]],
  ['refreshToken', ['', 7, {}]],
  ['expiresAt', ['soon', -1, NaN, new Date(), Infinity]],
  ['memberId', [7, {}]],
  ['scope', [7, {}, [7], [['crm']], true]],
  ['applicationToken', ['', 7, {}]],
  ['refresh', ['refresh', {}, Promise.resolve()]],
  ['relay', ['', 'gate.example', 'ftp://g.example/', 'http://g.example/', 'wss://u@g.example/', 7]],
]
for (const [option, values] of [...common, ...tokens]) {
  test(`a_wrong_${option}_is_named`, () => {
    for (const value of values) {
      complains(
        thrown(() => token({ [option]: value })),
        new RegExp(option),
      )
    }
  })
}

test('a_webhook_holds_to_the_common_options_too', () => {
  for (const [option, [value]] of common) {
    complains(
      thrown(() => webhook({ [option]: value })),
      new RegExp(option),
    )
  }
})

test('an_option_that_nobody_knows_is_refused_with_those_that_are', () => {
  for (const make of [() => token({ Timeout: 1 }), () => webhook({ accessToken: 'x' })]) {
    complains(thrown(make), /there is no such option/, /timeout/)
  }
  complains(
    thrown(() => token({ preflight: { scopes: 'off' } })),
    /preflight/,
    /scopes/,
  )
})

test('modes_are_named_where_they_stand', () => {
  for (const [preflight, ...words] of [
    [{ scope: 'on' }, /preflight\.scope/],
    [{ parameters: true }, /preflight\.parameters/],
    [{ methods: 'crm.deal.get' }, /preflight\.methods/],
    [{ methods: { 'crm.deal.get': 'on' } }, /preflight\.methods/],
    [{ methods: { '': 'off' } }, /method/],
  ]) {
    complains(
      thrown(() => token({ preflight })),
      ...words,
    )
  }
})

test('an_option_that_is_undefined_or_null_is_not_given', async () => {
  const { fetch } = fakeFetch(() => result('ok'))
  const names = [...common, ...tokens].map(([name]) => name)
  for (const nothing of [undefined, null]) {
    const options = Object.fromEntries(names.map((name) => [name, nothing]))
    const portal = token({ ...options, accessToken: 'x', fetch })
    assert.equal((await portal.call('profile')).data, 'ok')
    assert.equal(portal.grant.source, 'none')
  }
  assert.ok(Portal.webhook(URL, undefined))
  assert.ok(Portal.webhook(URL, null))
})

test('options_may_come_with_a_prototype', async () => {
  class Settings {
    domain = 'portal.example'
    get accessToken() {
      return 'token'
    }
  }
  const { fetch, requests } = fakeFetch(() => result(1))
  await Portal.token(Object.assign(new Settings(), { fetch })).call('profile')
  assert.equal(requests[0].body.auth, 'token')
})

test('what_is_no_webhook_is_refused_and_never_repeated', () => {
  for (const url of [
    '',
    'S3CRET',
    'portal.example/rest/1/S3CRET/',
    'http://portal.example/rest/1/S3CRET/',
    'https://portal.example/rest/1/',
    'https://portal.example/rest/1/S3CRET/profile',
    'https://portal.example/rest/1/S3CRET/?x=1',
    'https://portal.example/rest//S3CRET/',
    'https://user:S3CRET@portal.example/rest/1/S3CRET/',
    'https://portal.example/1/S3CRET/',
    7,
    undefined,
    null,
    {},
  ]) {
    const error = thrown(() => Portal.webhook(url))
    complains(error, /url/)
    assert.doesNotMatch(error.message, /S3CRET/)
  }
})

/** option, wrong values */
const calls = [
  ['signal', ['stop', 7, {}]],
  ['timeout', ['60', -1, NaN]],
  ['version', [1, '3', {}]],
  ['start', ['50', 1.5, NaN, Infinity, {}]],
  ['idempotent', [7, {}, '', 'two words', 'ключ', 'a\nb']],
  ['confirmation', ['Wait', '', 7, true]],
  ['confirmationTimeout', ['60', -1, NaN]],
]
for (const [option, values] of calls) {
  test(`a_calls_wrong_${option}_is_named_and_nothing_is_sent`, async () => {
    const { fetch, requests } = fakeFetch(() => result(1))
    const portal = token({ fetch })
    for (const value of values) {
      const error = await rejection(portal.call('profile', {}, { [option]: value }))
      complains(error, new RegExp(option))
    }
    assert.equal(requests.length, 0)
    assert.equal((await portal.call('profile')).data, 1) // it is as it was
  })
}

test('a_calls_options_are_an_object_with_known_names', async () => {
  const portal = token()
  for (const options of [7, 'wait', true]) {
    complains(await rejection(portal.call('profile', {}, options)), /options/)
  }
  complains(await rejection(portal.call('profile', {}, { confirm: 'wait' })), /confirm/, /signal/)
})

test('a_budget_is_taken', () => {
  for (const budget of [{}, { burst: 10 }, { burst: 10, perSecond: 1 }, 'enterprise']) {
    assert.ok(token({ budget }))
  }
})

test('a_timeout_of_nothing_and_one_of_years_do_what_they_say', async () => {
  const { fetch } = fakeFetch(() => result('ok'))
  const years = 9e12
  assert.equal((await token({ fetch, timeout: years }).call('profile')).data, 'ok')
  const never = () => new Promise(() => {})
  assert.equal(
    (await rejection(token({ fetch: never, timeout: 0 }).call('profile'))).kind,
    'timeout',
  )
})
