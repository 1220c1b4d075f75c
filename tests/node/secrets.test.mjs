/** Secrets appear in no log, error, event or thrown value, whatever a program prints. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { Console } from 'node:console'
import { PassThrough } from 'node:stream'
import { Portal } from '../../pkg/node.js'
import { fakeFetch, refusal, rejection, response, result } from '../support/world.mjs'

const secrets = {
  accessToken: 'ACCESS-0a1b2c3d4e5f',
  refreshToken: 'REFRESH-1a2b3c4d5e6f',
  applicationToken: 'APPLICATION-9f8e7d6c5b',
  second: 'SECOND-77aa88bb99cc',
  secondRefresh: 'AGAIN-55dd66ee77ff',
  webhook: 'WEBHOOK0123456789ab',
}

/** All that a program could print of a value. */
async function printed(value) {
  const stream = new PassThrough()
  const console = new Console(stream)
  for (const print of ['log', 'error', 'dir', 'table', 'info']) console[print](value)
  stream.end()
  let text = ''
  stream.on('data', (chunk) => (text += chunk))
  await once(stream, 'end')
  const options = { depth: Infinity, showHidden: true, getters: true }
  const json = (it) => {
    try {
      return JSON.stringify(it)
    } catch {
      return ''
    }
  }
  const own = (it) =>
    Object(it) === it ? Object.getOwnPropertyNames(it).map((key) => it[key]) : []
  return [
    text,
    inspect(value, options),
    json(value),
    `${String(value)} ${value?.stack} ${value?.message}`,
    ...own(value).map((it) => inspect(it, options)),
    ...(value?.cause ? [await printed(value.cause)] : []),
  ].join('\n')
}

/** Holds values to print no secret. */
async function keepSecrets(...values) {
  for (const value of values) {
    const text = await printed(value)
    for (const [name, secret] of Object.entries(secrets)) {
      const hidden = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]
      for (const form of hidden) assert.equal(text.includes(form), false, `${name} in: ${text}`)
    }
  }
}

const client = (fetch, options) =>
  Portal.token({
    domain: 'portal.example',
    accessToken: secrets.accessToken,
    refreshToken: secrets.refreshToken,
    applicationToken: secrets.applicationToken,
    fetch,
    ...options,
  })

const webhook = (fetch) =>
  Portal.webhook(`https://portal.example/rest/1/${secrets.webhook}/`, { fetch })

test('portals_print_none', async () => {
  await keepSecrets(
    client(async () => result(1)),
    webhook(async () => result(1)),
  )
})

test('answers_print_none', async () => {
  for (const make of [client, webhook]) {
    const portal = make(async () => response('{"result":[1],"next":50,"total":51,"time":{}}'))
    const answer = await portal.call('crm.deal.list')
    await keepSecrets(portal, answer, answer.data, await answer.nextPage())
  }
})

test('decisions_grants_and_confirmations_print_none', async () => {
  const portal = client(async () => refusal('METHOD_CONFIRM_WAITING', 401))
  const error = await rejection(portal.call('voximplant.user.get', { USER_ID: 1 }))
  const decision = portal.check('voximplant.user.get', { USER_ID: 1 })
  await keepSecrets(error, error.decision, decision, portal.grant, portal.confirmations)
})

/** What a careless fetch, proxy or portal may say of a request. */
const echoes = {
  an_error_that_repeats_the_request: (url, init) => {
    throw new Error(`cannot POST ${url} ${init.body}`)
  },
  a_text_that_repeats_the_request: (url, init) => Promise.reject(`${url} ${init.body}`),
  a_cause_that_repeats_the_request: (url, init) =>
    Promise.reject(new TypeError('fetch failed', { cause: new Error(`${url} ${init.body}`) })),
  an_error_that_carries_the_request: (url, init) =>
    Promise.reject(Object.assign(new Error('failed'), { config: { url, ...init }, url })),
  a_body_that_repeats_the_request: (url, init) => ({
    status: 200,
    text: () => Promise.reject(new Error(`${url} ${init.body}`)),
  }),
  a_page_that_repeats_the_request: async (url, init) =>
    response(`<html>${url} ${init.body}</html>`, 502),
  an_error_code_and_description_that_repeat_the_request: async (url, init) =>
    refusal(`BAD ${url} ${init.body}`, 400, `no such thing: ${url} ${init.body}`),
  an_error_of_version_3_that_repeats_the_request: async (url, init) =>
    response(JSON.stringify({ error: { code: init.body, message: url + init.body } }), 400),
  a_place_to_go_that_repeats_the_request: async (url, init) =>
    response('', 302, { location: `https://new.example/?${url}&${init.body}` }),
  a_place_to_go_with_a_password: async (url, init) => {
    const secret = url.includes(secrets.webhook) ? secrets.webhook : JSON.parse(init.body).auth
    return response('', 302, { location: `https://user:${secret}@new.example/rest/` })
  },
}
for (const [what, fetch] of Object.entries(echoes)) {
  test(`${what}_gives_none_away`, async () => {
    for (const make of [client, webhook]) {
      const portal = make(fetch)
      const events = []
      for (const type of ['warning', 'token', 'confirmation']) {
        portal.on(type, (event) => events.push(event))
      }
      const error = await rejection(portal.call('crm.deal.add', { fields: { TITLE: 'A' } }))
      assert.ok(error.message.length > 10)
      await keepSecrets(error, portal, ...events)
    }
  })
}

test('a_refresh_gives_none_away_whether_it_works_or_not', async () => {
  const { fetch } = fakeFetch((n) => (n === 1 ? refusal('expired_token', 401) : result(1)))
  const events = []
  const portal = client(fetch, {
    refresh: async () => ({
      accessToken: secrets.second,
      refreshToken: secrets.secondRefresh,
      scope: 'crm',
    }),
  })
  for (const type of ['warning', 'token', 'confirmation']) {
    portal.on(type, (event) => events.push(event))
  }
  const answer = await portal.call('profile')
  assert.equal(events.length, 1)
  await keepSecrets(portal, answer, ...events)

  const failing = client(async () => refusal('expired_token', 401), {
    refresh: ({ accessToken, refreshToken }) =>
      Promise.reject(new Error(`refused: ${accessToken} ${refreshToken}`)),
  })
  const error = await rejection(failing.call('profile'))
  assert.equal(error.code, 'CALLGATE_REFRESH_FAILED')
  await keepSecrets(error, failing)
})

test('a_replaced_secret_is_still_a_secret', async () => {
  let old
  const portal = client(
    async (url, init) => {
      if (!old) {
        old = init.body
        return refusal('expired_token', 401)
      }
      throw new Error(`${old} and ${init.body}`)
    },
    { refresh: async () => ({ accessToken: secrets.second }) },
  )
  await keepSecrets(await rejection(portal.call('profile')))
})

test('the_reason_that_a_request_is_told_to_stop_for_has_none', async () => {
  let reason
  const fetch = (url, { signal }) => {
    signal.addEventListener('abort', () => (reason = signal.reason))
    return new Promise(() => {})
  }
  const error = await rejection(client(fetch, { timeout: 10 }).call('profile'))
  await keepSecrets(error, reason)
})

test('an_event_that_was_refused_gives_none_away', async () => {
  const portal = client(async () => result(1))
  const warnings = []
  portal.on('warning', (event) => warnings.push(event))
  const event = {
    event: 'ONAPPMETHODCONFIRM',
    data: { TOKEN: secrets.accessToken, METHOD: 'x' },
    auth: { application_token: secrets.applicationToken },
  }
  portal.applyEvent(event)
  let error
  try {
    portal.applyEvent(`{"auth":{"application_token":"${secrets.applicationToken}`)
  } catch (thrown) {
    error = thrown
  }
  assert.equal(error.kind, 'invalid')
  await keepSecrets(error, ...warnings)
})

test('wrong_options_are_not_repeated', async () => {
  const wrong = [
    () => client(undefined, { domain: `https://user:${secrets.second}@portal.example` }),
    () => client(undefined, { domain: `portal.example/rest/1/${secrets.webhook}` }),
    () => client(undefined, { accessToken: [secrets.accessToken] }),
    () => client(undefined, { scope: { secret: secrets.second } }),
    () => Portal.webhook(`https://portal.example/rest/1/${secrets.webhook}/extra/`),
    () => Portal.webhook(`portal.example/rest/1/${secrets.webhook}`),
    () => Portal.webhook(`http://portal.example/rest/1/${secrets.webhook}/`),
  ]
  for (const make of wrong) {
    let error
    try {
      make()
    } catch (thrown) {
      error = thrown
    }
    assert.equal(error?.kind, 'invalid')
    await keepSecrets(error)
  }
})

test('a_call_that_was_refused_for_its_token_parameter_does_not_repeat_it', async () => {
  const portal = client(async () => result(1))
  const error = await rejection(portal.call('profile', { auth: secrets.second }))
  await keepSecrets(error)
})
