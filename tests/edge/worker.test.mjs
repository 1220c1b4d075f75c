/**
 * The package in the two kinds of edge runtime. In workerd a whole program of orders: decisions,
 * calls by the runtime's fetch and by one of the caller's, and how they end.
 */
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { startEdgeLight } from '../support/edge-light.mjs'
import { startPortal } from '../support/portal.mjs'
import { startWorker } from '../support/workerd.mjs'

/** What a worker can be asked to do, by name. */
const program = `
  import { CallgateError, Portal, ready } from 'callgate'

  const orders = {
    check: ({ token }) => {
      const { verdict, layer, needed, evidence } = token({ scope: ['crm'] }).check('task.item.list')
      return { verdict, layer, needed, evidence }
    },
    call: async ({ token, params }) => {
      const { data, status } = await token().call('crm.deal.get', params ?? { id: 7 })
      return { id: data.ID, status }
    },
    webhook: async ({ url }) => ({ status: (await Portal.webhook(url).call('profile')).status }),
    pages: async ({ token }) => {
      const first = await token().call('crm.deal.list', { select: ['ID'] })
      const second = await first.nextPage()
      return [first.data.length, second.data.length, second.more]
    },
    ownFetch: async ({ token }) => {
      const seen = []
      const own = (url, { method, headers, body }) => {
        seen.push({ method, type: headers['Content-Type'] })
        return fetch(url, { method, headers, body })
      }
      const { data } = await token({ fetch: own }).call('crm.deal.get', { id: 7 })
      return { id: data.ID, seen }
    },
    runtimesFetch: async ({ token }) => {
      const { data } = await token({ fetch: (...args) => fetch(...args) }).call('crm.deal.get', { id: 7 })
      return data.ID
    },
    brokenFetch: async ({ token }) => {
      const reasons = ['x', undefined, null, Object.create(null), new Error('cut')]
      const calls = reasons.map((reason) => {
        const portal = token({ fetch: () => Promise.reject(reason) })
        return portal.call('profile').catch(({ kind }) => kind)
      })
      return Promise.all(calls)
    },
    version3: async ({ token }) => {
      const options = { version: 3, idempotent: 'key-0001' }
      return (await token().call('tasks.task.get', { id: 1 }, options)).data.item.id
    },
    abort: ({ token }) => {
      const controller = new AbortController()
      setTimeout(() => controller.abort(), 50)
      return token().call('profile', {}, { signal: controller.signal })
    },
    aborted: ({ token }) => token().call('profile', {}, { signal: AbortSignal.abort() }),
    timeout: ({ token }) => token({ timeout: 50 }).call('profile'),
    wait: ({ token }) => {
      const options = { confirmation: 'wait', confirmationTimeout: 200 }
      return token().call('voximplant.user.get', { USER_ID: 1 }, options)
    },
    frame: () => Portal.frame(),
    fault: ({ token }) => token().call('crm.deal.get', { id: 7 }),
  }

  export async function answer({ order, domain, accessToken, ...more }) {
    await ready
    const token = (options) => Portal.token({ domain, accessToken, ...options })
    try {
      return await orders[order]({ token, ...more })
    } catch (error) {
      if (!(error instanceof CallgateError)) return { foreign: String(error?.stack ?? error) }
      const { code, kind, ran, status } = error
      return { code, kind, ran, status }
    }
  }`

let portal, token
before(async () => (portal = await startPortal()))
after(() => portal?.stop())
beforeEach(async () => {
  await portal.reset()
  token = await portal.control('tokens', { scopes: ['crm', 'task', 'tasks', 'telephony'] })
})

/** What the program is told to do. */
const order = (name, more) => ({
  order: name,
  domain: portal.portal,
  accessToken: token.access_token,
  ...more,
})

const requests = async () => (await portal.log()).filter(({ url }) => url.startsWith('/rest'))

/** The program as a worker. */
const workerd = (options) =>
  startWorker(
    `${program}
    export default {
      async fetch(request) {
        return Response.json((await answer(await request.json())) ?? null)
      },
    }`,
    options,
  )

/** What a worker makes of an order. */
async function askWorker(worker, name, more) {
  const body = JSON.stringify(order(name, more))
  const response = await fetch(worker.url, { method: 'POST', body })
  const text = await response.text()
  assert.ok(response.ok, text)
  return JSON.parse(text)
}

describe('workerd', () => {
  let worker
  before(async () => (worker = await workerd()))
  after(() => worker?.stop())
  const ask = (name, more) => askWorker(worker, name, more)

  test('it_decides_without_a_request', async () => {
    assert.deepEqual(await ask('check'), {
      verdict: 'denied',
      layer: 'scope',
      needed: [['task']],
      evidence: 'grant',
    })
    assert.deepEqual(await requests(), [])
  })

  test('it_calls_in_json_by_the_runtimes_own_fetch', async () => {
    const params = { id: 7, flag: true, nothing: null, list: [] }
    assert.deepEqual(await ask('call', { params }), { id: '7', status: 200 })
    const [{ method, headers, body }, ...more] = await requests()
    assert.deepEqual([method, headers['content-type'], more], ['POST', 'application/json', []])
    assert.deepEqual(JSON.parse(body), { auth: token.access_token, ...params })
  })

  test('it_calls_by_a_fetch_of_the_callers', async () => {
    assert.deepEqual(await ask('ownFetch'), {
      id: '7',
      seen: [{ method: 'POST', type: 'application/json' }],
    })
    assert.equal(await ask('runtimesFetch'), '7')
  })

  test('it_turns_pages_and_speaks_version_3', async () => {
    await portal.control('data', { entity: 'deal', rows: 60 })
    assert.deepEqual(await ask('pages'), [50, 10, false])
    assert.equal(await ask('version3'), 1)
    assert.equal((await requests()).at(-1).headers['idempotency-key'], 'key-0001')
  })

  test('a_webhook_works_for_it_is_a_server', async () => {
    const { url } = await portal.control('webhooks', { scopes: ['crm'] })
    assert.deepEqual(await ask('webhook', { url }), { status: 200 })
  })

  test('an_abort_ends_a_call', async () => {
    await portal.control('settings', { latency: 3_000 })
    assert.deepEqual(await ask('abort'), {
      code: 'CALLGATE_ABORTED',
      kind: 'aborted',
      ran: 'unknown',
    })
    await portal.control('settings', { latency: 0 })
    assert.deepEqual(await ask('aborted'), { code: 'CALLGATE_ABORTED', kind: 'aborted', ran: 'no' })
  })

  test('a_timeout_ends_a_call', async () => {
    await portal.control('settings', { latency: 3_000 })
    assert.deepEqual(await ask('timeout'), {
      code: 'CALLGATE_TIMEOUT',
      kind: 'timeout',
      ran: 'unknown',
    })
    await portal.control('settings', { latency: 0 })
  })

  test('a_wait_for_a_confirmation_ends_in_its_time', async () => {
    const { code, kind } = await ask('wait')
    assert.deepEqual([code, kind], ['CALLGATE_CONFIRMATION_TIMEOUT', 'timeout'])
  })

  test('errors_are_told_apart_there_as_everywhere', async () => {
    assert.deepEqual(await ask('brokenFetch'), Array(5).fill('network'))
    for (const [kind, code, status, times] of [
      ['permission', 'ACCESS_DENIED', 403, 1],
      ['redirect', 'CALLGATE_MOVED', 302, 1],
      ['html-502', 'CALLGATE_NOT_JSON', 502, 4], // what only reads is sent again
    ]) {
      await portal.control('faults', { kind, times })
      const error = await ask('fault')
      assert.deepEqual([error.code, error.status], [code, status])
    }
  })

  test('there_is_no_frame', async () => {
    assert.equal((await ask('frame')).code, 'CALLGATE_NOT_IN_FRAME')
  })
})

test('a_worker_that_keeps_to_the_runtime_of_2023_works_too', async () => {
  // It knows no WeakRef.
  const worker = await workerd({ compatibilityDate: '2023-06-01' })
  try {
    assert.equal((await askWorker(worker, 'check')).verdict, 'denied')
    assert.deepEqual(await askWorker(worker, 'call'), { id: '7', status: 200 })
    assert.equal((await askWorker(worker, 'ownFetch')).id, '7')
    assert.equal((await askWorker(worker, 'aborted')).kind, 'aborted')
  } finally {
    await worker.stop()
  }
})

test('edge_light_decides_and_calls', async () => {
  const runtime = await startEdgeLight(`${program}
    globalThis.answer = answer`)
  const ask = (name) => runtime.context.answer(order(name))
  assert.equal((await ask('check')).verdict, 'denied')
  assert.deepEqual({ ...(await ask('call')) }, { id: '7', status: 200 })
  assert.equal((await ask('aborted')).code, 'CALLGATE_ABORTED')
  const [{ headers }] = await requests()
  assert.equal(headers['content-type'], 'application/json')
})
