/** A token that ends, and the caller's function that gets another. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fakeFetch, facts, portalWorld, refusal, rejection, result } from '../support/world.mjs'

const world = portalWorld()

/** A client whose token the portal no longer takes, and a good one. */
async function stale(options) {
  const token = await world.token({ expiresIn: 0 })
  const good = await world.token()
  const asked = []
  const refresh = async (current) => {
    asked.push(current)
    return { accessToken: good.access_token, refreshToken: good.refresh_token }
  }
  const portal = world.clientOf(token, { refresh, refreshToken: token.refresh_token, ...options })
  return { portal, token, good, asked }
}

const tokens = async () => (await world.requests()).map(({ body }) => JSON.parse(body).auth)

test('a_call_that_finds_its_token_expired_is_repeated_once_with_the_new_one', async () => {
  const { portal, token, good, asked } = await stale()
  assert.equal((await portal.call('profile')).status, 200)
  assert.deepEqual(asked, [{ accessToken: token.access_token, refreshToken: token.refresh_token }])
  assert.deepEqual(await tokens(), [token.access_token, good.access_token])
  await portal.call('server.time')
  assert.equal(asked.length, 1)
})

test('a_token_that_is_known_to_have_ended_is_not_even_tried', async () => {
  const { portal, good, asked } = await stale({ expiresAt: Date.now() - 1 })
  await portal.call('profile')
  assert.equal(asked.length, 1)
  assert.deepEqual(await tokens(), [good.access_token])
})

test('one_refresh_serves_all_calls_that_need_it', async () => {
  await world.control('settings', { latency: 20 })
  const { portal, asked } = await stale()
  const calls = Array.from({ length: 25 }, () => portal.call('profile'))
  for (const call of calls) assert.equal((await call).status, 200)
  assert.equal(asked.length, 1)
  assert.equal((await world.requests()).length, 50)
})

test('calls_that_come_while_a_refresh_is_under_way_wait_for_it', async () => {
  let give
  const { portal, good } = await stale({
    expiresAt: Date.now() - 1,
    refresh: () => new Promise((resolve) => (give = resolve)),
  })
  const calls = [portal.call('profile'), portal.call('server.time')]
  await wait(10)
  assert.deepEqual(await tokens(), [])
  give({ accessToken: good.access_token })
  for (const call of calls) assert.equal((await call).status, 200)
})

test('a_token_that_the_portal_refuses_twice_is_not_refreshed_twice', async () => {
  let refreshes = 0
  const { fetch, requests } = fakeFetch(() => refusal('expired_token', 401))
  const { portal } = await world.client({
    fetch,
    refresh: () => ({ accessToken: `token ${refreshes++}` }),
  })
  const error = await rejection(portal.call('profile'))
  assert.deepEqual([error.code, error.kind], ['expired_token', 'auth'])
  assert.deepEqual([refreshes, requests.length], [1, 2])
})

test('without_a_function_an_expired_token_is_the_callers_to_deal_with', async () => {
  const token = await world.token({ expiresIn: 0 })
  const portal = world.clientOf(token)
  const error = await rejection(portal.call('profile'))
  assert.deepEqual([error.code, error.kind, error.ran], ['expired_token', 'auth', 'no'])
})

test('a_refresh_may_answer_without_a_promise', async () => {
  const { fetch } = fakeFetch((n) => (n === 1 ? refusal('invalid_token', 401) : result('ok')))
  const { portal } = await world.client({ fetch, refresh: () => ({ accessToken: 'other' }) })
  assert.equal((await portal.call('profile')).data, 'ok')
})

test('what_else_a_refresh_gives_is_left_alone', async () => {
  const { portal, good } = await stale({
    refresh: async () => ({ accessToken: good.access_token, expires_in: 3600, anything: [] }),
  })
  assert.equal((await portal.call('profile')).status, 200)
})

const failures = {
  rejects: [() => Promise.reject(new Error('the OAuth server is away')), /OAuth server is away/],
  throws: [
    () => {
      throw new Error('the OAuth server is away')
    },
    /OAuth server is away/,
  ],
  rejects_with_a_text: [() => Promise.reject('away'), /refresh/],
  rejects_with_nothing: [() => Promise.reject(), /refresh/],
  rejects_with_what_says_nothing: [() => Promise.reject(Object.create(null)), /refresh/],
  gives_nothing: [async () => undefined, /object/],
  gives_a_text: [async () => 'token', /object/],
  gives_no_token: [async () => ({}), /accessToken/],
  gives_an_empty_token: [async () => ({ accessToken: '' }), /accessToken/],
  gives_a_number_for_a_token: [async () => ({ accessToken: 7 }), /accessToken/],
  gives_a_wrong_end: [async () => ({ accessToken: 'x', expiresAt: 'soon' }), /expiresAt/],
  gives_a_wrong_scope: [async () => ({ accessToken: 'x', scope: [1] }), /scope/],
  gives_what_throws: [
    async () => ({
      get accessToken() {
        throw new Error('away')
      },
    }),
    /accessToken|away/,
  ],
}
for (const [what, [refresh, words]] of Object.entries(failures)) {
  test(`a_refresh_that_${what}_fails_the_calls_that_waited_for_it`, async () => {
    const { portal } = await stale({ refresh, expiresAt: Date.now() - 1 })
    const calls = [portal.call('profile'), portal.call('server.time')]
    for (const call of calls) {
      const error = await rejection(call)
      const { method, ...rest } = facts(error)
      assert.deepEqual(rest, {
        code: 'CALLGATE_REFRESH_FAILED',
        kind: 'auth',
        ran: 'no',
        retryable: false,
      })
      assert.ok(['profile', 'server.time'].includes(method))
      assert.match(error.message, words)
    }
    assert.deepEqual(await world.requests(), [])
  })
}

test('a_refresh_that_never_settles_ends_in_the_calls_own_timeout', async () => {
  let refreshes = 0
  const refresh = () => (refreshes++, new Promise(() => {}))
  const { portal } = await stale({ refresh, expiresAt: Date.now() - 1, timeout: 40 })
  const error = await rejection(portal.call('profile'))
  assert.deepEqual([error.kind, error.ran, error.retryable], ['timeout', 'no', true])
  assert.equal((await rejection(portal.call('profile'))).kind, 'timeout')
  assert.equal(refreshes, 1)
})

test('a_wait_for_a_token_can_be_aborted', async () => {
  const refresh = () => new Promise(() => {})
  const { portal } = await stale({ refresh, expiresAt: Date.now() - 1 })
  const controller = new AbortController()
  const call = portal.call('profile', {}, { signal: controller.signal })
  controller.abort()
  const error = await rejection(call)
  assert.deepEqual([error.kind, error.ran], ['aborted', 'no'])
})

test('a_refresh_token_is_never_used_twice', async () => {
  const used = []
  const { portal } = await stale({
    expiresAt: Date.now() - 1,
    refresh: async ({ refreshToken }) => {
      used.push(refreshToken)
      throw new Error('the answer was lost')
    },
  })
  await rejection(portal.call('profile'))
  await rejection(portal.call('profile'))
  assert.equal(used.length, 1)
})

test('a_refresh_without_a_refresh_token_may_be_tried_again', async () => {
  const answers = [Promise.reject(new Error('away')), { accessToken: 'x' }]
  answers[0].catch(() => {})
  const { fetch } = fakeFetch(() => result('ok'))
  const { portal } = await world.client({
    fetch,
    expiresAt: Date.now() - 1,
    refresh: () => answers.shift(),
  })
  await rejection(portal.call('profile'))
  assert.equal((await portal.call('profile')).data, 'ok')
})

test('a_new_tokens_end_is_kept', async () => {
  let refreshes = 0
  const { fetch, requests } = fakeFetch(() => result(1))
  const { portal } = await world.client({
    fetch,
    expiresAt: Date.now() - 1,
    refresh: () => ({ accessToken: `token ${++refreshes}`, expiresAt: Date.now() + 40 }),
  })
  await portal.call('profile')
  await wait(50)
  await portal.call('profile')
  assert.deepEqual(
    requests.map(({ body }) => body.auth),
    ['token 1', 'token 2'],
  )
})

test('a_401_of_version_3_refreshes_only_when_the_token_is_past_its_end', async () => {
  const code = 'BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION'
  const body = JSON.stringify({ error: { code, message: 'Access denied' } })
  const outcome = async (expiresAt, afterwards) => {
    let refreshes = 0
    const refresh = () => (refreshes++, { accessToken: 'other' })
    const fetch = async (url, init) => {
      await afterwards?.()
      const ok = init.body.includes('other')
      return { status: ok ? 200 : 401, text: async () => (ok ? '{"result":1}' : body) }
    }
    const { portal } = await world.client({ fetch, refresh, expiresAt, version: 3 })
    const ended = await portal.call('main.eventlog.get', { id: 1 }).then(
      ({ data }) => data,
      ({ kind }) => kind,
    )
    return [ended, refreshes]
  }
  assert.deepEqual(await outcome(undefined), ['auth', 0])
  assert.deepEqual(await outcome(Date.now() + 60_000), ['auth', 0])
  assert.deepEqual(await outcome(Date.now() + 30, () => wait(50)), [1, 1])
})

test('the_oauth_servers_own_answer_refreshes', async () => {
  await world.control('apps', { app: 'local.app', clientSecret: 'secret' })
  const token = await world.token({ expiresIn: 0 })
  const oauth = async (current) => {
    const query = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'local.app',
      client_secret: 'secret',
      refresh_token: current.refreshToken,
    })
    const answer = await (await fetch(`${world.origin}/oauth/token/?${query}`)).json()
    if (answer.error) throw new Error(answer.error)
    return {
      accessToken: answer.access_token,
      refreshToken: answer.refresh_token,
      expiresAt: answer.expires * 1000,
      scope: answer.scope,
    }
  }
  const portal = world.clientOf(token, { refreshToken: token.refresh_token, refresh: oauth })
  const outcome = await portal.call('profile').then(
    ({ status }) => status,
    ({ message }) => message,
  )
  assert.equal(outcome, 200)
  assert.deepEqual([portal.grant.scopes, portal.grant.source], [['crm'], 'token'])
})
