/** The package in the two kinds of edge runtime: it loads there, decides there, and calls out. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { startEdgeLight } from '../support/edge-light.mjs'
import { startPortal } from '../support/portal.mjs'
import { startWorker } from '../support/workerd.mjs'

/** Answers /check with a decision made from a grant of `crm`, /call with what the portal says. */
const program = `
  import { Portal, ready } from 'callgate'

  export async function answer({ domain, accessToken, path }) {
    await ready
    const portal = Portal.token({ domain, accessToken, scope: ['crm'] })
    if (path === '/check') return { verdict: portal.check('task.item.list').verdict }
    const { data, status } = await portal.call('crm.deal.list')
    return { rows: Array.isArray(data), status }
  }`

let portal
let token
before(async () => (portal = await startPortal()))
after(() => portal?.stop())
beforeEach(async () => {
  await portal.reset()
  token = await portal.control('tokens', { scopes: ['crm'] })
})

/** What the program is told to do. */
const order = (path) => ({ domain: portal.portal, accessToken: token.access_token, path })

test('workerd_decides_and_calls', async () => {
  const worker = await startWorker(`${program}
    export default {
      async fetch(request) {
        return Response.json(await answer(await request.json()))
      },
    }`)
  const ask = async (path) => {
    const response = await fetch(worker.url, { method: 'POST', body: JSON.stringify(order(path)) })
    const text = await response.text()
    assert.ok(response.ok, text)
    return JSON.parse(text)
  }
  try {
    assert.deepEqual(await ask('/check'), { verdict: 'denied' })
    assert.deepEqual(await ask('/call'), { rows: true, status: 200 })
  } finally {
    await worker.stop()
  }
})

test('edge_light_decides_and_calls', async () => {
  const runtime = await startEdgeLight(`${program}
    globalThis.answer = answer`)
  const ask = (path) => runtime.context.answer(order(path))
  assert.deepEqual({ ...(await ask('/check')) }, { verdict: 'denied' })
  assert.deepEqual({ ...(await ask('/call')) }, { rows: true, status: 200 })
})
