/** 1E and TelecomX in the two kinds of edge runtime: a program that uses both of them there. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startEdgeLight } from '../support/edge-light.mjs'
import { startPortal } from '../support/portal.mjs'
import { startWorker } from '../support/workerd.mjs'

/** Issues an instruction and looks at the permission map; tells what came of it. */
const program = `
  import { OneE } from 'callgate/one-e'
  import { TelecomX } from 'callgate/telecomx'

  export async function answer({ url, token, extension }) {
    const one = new OneE({ url, consumer: 'Callgate', token })
    const run = await one.issue({ definitionId: 8 })
    const refused = await run.submitCode('wrong').catch(({ kind, ran }) => ({ kind, ran }))
    const telecomx = await TelecomX.login({ url, username: 'ann', password: 'password' })
    await telecomx.permissions()
    const may = ['pickup', 'spy'].map((right) => telecomx.check(extension, right).verdict)
    return { status: run.status, verdict: run.check().verdict, refused, may }
  }`

const expected = {
  status: 'needs-code',
  verdict: 'pending',
  refused: { kind: 'invalid', ran: 'no' },
  may: ['allowed', 'denied'],
}

let portal
let order
before(async () => {
  portal = await startPortal()
  const { token } = await portal.control('one-e/users', { name: 'ann' })
  const [ann, bob] = [
    await portal.control('telecomx/users', { name: 'ann' }),
    await portal.control('telecomx/users', { name: 'bob' }),
  ]
  await portal.control('telecomx/groups', {
    name: 'team',
    members: bob.extensions,
    controllers: ann.extensions,
    rights: ['pickup'],
  })
  order = { url: portal.portal, token, extension: bob.extensions[0] }
})
after(() => portal?.stop())

test('workerd_runs_both', async () => {
  const worker = await startWorker(`${program}
    export default {
      async fetch(request) {
        return Response.json(await answer(await request.json()))
      },
    }`)
  try {
    const response = await fetch(worker.url, { method: 'POST', body: JSON.stringify(order) })
    const text = await response.text()
    assert.ok(response.ok, text)
    assert.deepEqual(JSON.parse(text), expected)
  } finally {
    await worker.stop()
  }
})

test('edge_light_runs_both', async () => {
  const runtime = await startEdgeLight(
    `${program}
    addEventListener('fetch', (event) => {
      const told = event.request.json().then(answer)
      event.respondWith(told.then((seen) => Response.json(seen)))
    })`,
    'systems',
  )
  const request = { method: 'POST', body: JSON.stringify(order) }
  const response = await runtime.dispatchFetch('https://edge.example/', request)
  const text = await response.text()
  await response.waitUntil()
  assert.ok(response.ok, text)
  assert.deepEqual(JSON.parse(text), expected)
})
