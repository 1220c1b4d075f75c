/**
 * From an administrator's click to the answer in the page that waits for it: by a gate's relay in
 * workerd, beside a call that goes through the same gate.
 */
import { startPortal } from '../tests/support/portal.mjs'
import { startRelayGate, stores } from '../tests/support/relay.mjs'
import { Portal } from '../pkg/node.js'

const METHOD = 'voximplant.user.get'
const ROUNDS = 100

const budget = { burst: 10_000, perSecond: 10_000 }
const portal = await startPortal()

/** One round: the time from the decision to the answer, and that of a call after it. */
async function round(gate) {
  const { access_token: accessToken } = await portal.control('tokens', { scopes: ['telephony'] })
  const page = Portal.token({ domain: gate.url, accessToken, relay: gate.relay, budget })
  const waits = new Promise((resolve) => page.on('confirmation', resolve))
  const answer = page.call(METHOD, { USER_ID: 1 }, { confirmation: 'wait' })
  await waits
  await new Promise((resolve) => setTimeout(resolve, 30)) // until it listens
  const decided = performance.now()
  const told = portal.control('confirmations', {
    token: accessToken,
    method: METHOD,
    granted: true,
  })
  await answer
  const answered = performance.now()
  await page.call(METHOD, { USER_ID: 1 })
  const called = performance.now()
  await told
  return [answered - decided, called - answered]
}

const at = (sorted, part) => sorted[Math.floor(part * (sorted.length - 1))].toFixed(1)
const row = (name, times) => {
  const sorted = times.toSorted((a, b) => a - b)
  console.log(name.padEnd(34), at(sorted, 0.5).padStart(8), at(sorted, 0.99).padStart(8))
}

console.log('ms'.padEnd(34), '  median      p99')
for (const [kind, store] of Object.entries(stores)) {
  await portal.reset()
  const token = await portal.control('tokens', { scopes: ['telephony'] })
  const gate = await startRelayGate(portal.portal, token, store, { budget })
  const binder = Portal.token({ domain: gate.url, accessToken: token.access_token })
  await binder.call('event.bind', { event: 'ONAPPMETHODCONFIRM', handler: gate.events })
  const rounds = []
  for (let done = 0; done < ROUNDS; done++) rounds.push(await round(gate))
  row(
    `${kind}: decision to answer`,
    rounds.map(([relayed]) => relayed),
  )
  row(
    `${kind}: a call through the gate`,
    rounds.map(([, called]) => called),
  )
  await gate.stop()
}
await portal.stop()
