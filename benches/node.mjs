/**
 * What a call costs in Node, beside the same written by hand: `node benches/node.mjs`.
 *
 * All ways of a table take turns within one run, so that a noisy machine disturbs them alike; a
 * row is the median of its rounds. CPU is what the process used, all its threads together.
 */
import { fork } from 'node:child_process'
import http from 'node:http'
import { Portal } from 'callgate'

const ROUNDS = 15

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1]

/** Microseconds of CPU for one turn of each way. */
async function measure(ways, turns) {
  const names = Object.keys(ways)
  const spent = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = -2; round < ROUNDS; round++) {
    for (const name of names) {
      const before = process.cpuUsage()
      await ways[name](turns)
      const { user, system } = process.cpuUsage(before)
      if (round >= 0) spent[name].push((user + system) / turns)
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(spent[name])]))
}

/** Prints a table whose first way is 1. */
async function compare(title, turns, ways) {
  const costs = await measure(ways, turns)
  const [first] = Object.values(costs)
  console.log(`\n${title}`)
  for (const [name, cost] of Object.entries(costs)) {
    const ratio = (cost / first).toFixed(2).padStart(6)
    console.log(`  ${name.padEnd(34)} ${cost.toFixed(2).padStart(10)} µs ${ratio}`)
  }
}

const ADDRESS = 'https://portal.example/rest/'
const SMALL = { filter: { '>ID': 5 }, select: ['ID', 'TITLE'] }
const WIDE = {
  fields: Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`UF_${n}`, `value ${n} ä &`])),
}
const row = (n) =>
  Object.fromEntries(Array.from({ length: 25 }, (_, f) => [`FIELD_${f}`, `${n} row's ${f}`]))
const rows = (count) => JSON.stringify({ result: Array.from({ length: count }, (_, n) => row(n)) })
const one = JSON.stringify({ result: { ID: '1' }, time: { start: 1, finish: 2, duration: 1 } })

/** A transport that answers at once. */
const answering = (text) => async () => ({
  status: 200,
  headers: { get: () => null },
  text: async () => text,
})

/** The same with what a real fetch answers. */
const answeringResponse = (text) => async () => new Response(text)

/** The least that a program writes by hand. */
const byHand = (fetch) => async (method, params) => {
  const body = JSON.stringify({ auth: 'token', ...params })
  const headers = { 'Content-Type': 'application/json' }
  const response = await fetch(ADDRESS + method, { method: 'POST', headers, body })
  return JSON.parse(await response.text())
}

const repeat = (call) => async (turns) => {
  for (let turn = 0; turn < turns; turn++) await call()
}

/** More requests than a portal takes, so that no call waits for its turn. */
const budget = { burst: 1_000_000, perSecond: 1_000_000 }
const portal = (options) =>
  Portal.token({ domain: 'portal.example', accessToken: 'token', scope: 'crm', budget, ...options })

for (const [title, fetch, method, params, turns] of [
  ['a call, answered by a bare object', answering(one), 'crm.deal.list', SMALL, 2_000],
  ['a call, answered by a Response', answeringResponse(one), 'crm.deal.list', SMALL, 1_000],
  ['a call with 60 fields', answering(one), 'crm.deal.add', WIDE, 1_000],
  ['an answer of 50 rows', answering(rows(50)), 'crm.deal.list', SMALL, 200],
  ['an answer of 2,500 rows', answering(rows(2_500)), 'crm.deal.list', SMALL, 5],
]) {
  const plain = byHand(fetch)
  const gate = portal({ fetch })
  const unchecked = portal({ fetch, preflight: 'off' })
  await compare(title, turns, {
    'by hand': repeat(() => plain(method, params)),
    Callgate: repeat(() => gate.call(method, params)),
    'Callgate without preflight': repeat(() => unchecked.call(method, params)),
  })
}

const gate = portal({ fetch: answering(one) })
const unchecked = portal({ fetch: answering(one), preflight: 'off' })
const inside = await measure(
  {
    with: repeat(() => gate.call('crm.deal.list', SMALL)),
    without: repeat(() => unchecked.call('crm.deal.list', SMALL)),
  },
  5_000,
)
console.log(`\npreflight inside a call: ${(inside.with - inside.without).toFixed(2)} µs`)

await compare('a check, with its decision as an object', 5_000, {
  'crm.deal.list, allowed': repeat(() => gate.check('crm.deal.list', SMALL)),
  'voximplant.user.get, denied': repeat(() => gate.check('voximplant.user.get', SMALL)),
  'vendor.method, unknown': repeat(() => gate.check('vendor.method', SMALL)),
})

await overSockets()

/** The server is a process of its own, so that its CPU doesn't count. */
async function overSockets() {
  const child = fork(new URL('server.mjs', import.meta.url))
  const port = await new Promise((resolve) => child.once('message', resolve))
  const origin = `http://127.0.0.1:${port}`
  const agent = new http.Agent({ keepAlive: true })
  const plain = () =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify({ auth: 'token', ...SMALL })
      const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length }
      const request = http.request(`${origin}/rest/crm.deal.list`, {
        method: 'POST',
        agent,
        headers,
      })
      request.on('error', reject).on('response', (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk) => (text += chunk))
        response.on('end', () => resolve(JSON.parse(text)))
      })
      request.end(body)
    })
  const fetched = byHand((url, init) => fetch(url.replace('https://portal.example', origin), init))
  const real = portal({ domain: origin })
  await compare('a call over a real socket', 300, {
    'node:http by hand': repeat(plain),
    'fetch by hand': repeat(() => fetched('crm.deal.list', SMALL)),
    Callgate: repeat(() => real.call('crm.deal.list', SMALL)),
  })
  child.kill()
  agent.destroy()
}
