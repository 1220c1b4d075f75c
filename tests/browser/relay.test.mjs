/** A page behind a gate hears at once what an administrator decided, both ways. */
/* global callgate */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { startChromium } from '../support/chromium.mjs'
import { startPortal } from '../support/portal.mjs'
import { startRelayGate, stores } from '../support/relay.mjs'
import { commonPages, loaded, startSite } from '../support/site.mjs'

const METHOD = 'voximplant.user.get'

let browser, gate, page, portal, site, token
before(async () => {
  ;[browser, portal] = await Promise.all([startChromium(), startPortal()])
  site = await startSite({ pages: commonPages() })
  token = await portal.control('tokens', { scopes: ['telephony'] })
  gate = await startRelayGate(portal.portal, token, stores.durable)
})
after(async () => {
  site?.stop()
  await Promise.all([browser?.close(), gate?.stop(), portal?.stop()])
})
beforeEach(async () => {
  await portal.reset()
  token = await portal.control('tokens', { scopes: ['telephony'] })
  page = await browser.newPage()
  await page.goto(`${site.origin}/app.html`)
  await loaded(page)
})

/** Lets the page call and wait, and tells once it has heard that it has to. */
async function wait(relay) {
  await page.evaluate(
    async ({ given, handler, METHOD }) => {
      const portal = callgate.Portal.token(given)
      await portal.call('event.bind', { event: 'ONAPPMETHODCONFIRM', handler })
      const waits = new Promise((resolve) => portal.on('confirmation', resolve))
      // Nobody but the relay wakes it: what is to come in seconds doesn't come.
      const later = globalThis.setTimeout
      globalThis.setTimeout = (then, millis) => (millis < 1_000 ? later(then, millis) : 0)
      globalThis.call = portal.call(METHOD, { USER_ID: 1 }, { confirmation: 'wait' })
      await waits
    },
    {
      given: { domain: gate.url, accessToken: token.access_token, relay },
      handler: gate.events,
      METHOD,
    },
  )
}

for (const [way, scheme] of [
  ['a_stream', 'http'],
  ['a_websocket', 'ws'],
]) {
  test(`by_${way}`, async () => {
    const relay = gate.relay.replace('http', scheme)
    const addresses = []
    page.on('request', (request) => addresses.push(request.url()))
    page.on('websocket', (socket) => addresses.push(socket.url()))
    await wait(relay)
    const decision = { token: token.access_token, method: METHOD, granted: true }
    await portal.control('confirmations', decision)
    const id = await page.evaluate(async () => (await globalThis.call).data[0].ID)
    assert.equal(id, '1')
    assert.ok(addresses.includes(relay))
    assert.ok(addresses.every((url) => !url.includes(token.access_token)))
  })
}

test('sockets_that_never_say_what_they_wait_for_give_way_to_newer_ones', async () => {
  const codes = await page.evaluate(
    async (relay) => {
      const sockets = []
      const closed = []
      for (let opened = 0; opened < 103; opened++) {
        const socket = new WebSocket(relay)
        await new Promise((resolve) => (socket.onopen = resolve))
        socket.onclose = ({ code }) => closed.push([opened, code])
        sockets.push(socket)
      }
      sockets[102].send('nonsense')
      sockets[101].send(JSON.stringify({ token: 'another', method: 'profile' }))
      while (closed.length < 5) await new Promise((resolve) => setTimeout(resolve, 20))
      return closed.sort(([a], [b]) => a - b)
    },
    gate.relay.replace('http', 'ws'),
  )
  assert.deepEqual(codes, [
    [0, 4408],
    [1, 4408],
    [2, 4408],
    [101, 4404],
    [102, 4400],
  ])
})
