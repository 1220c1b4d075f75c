/**
 * What long lists take, beside plain code and the vendor's SDK: `node benches/lists.mjs`.
 *
 * The test portal answers after 50 ms, works 20 ms for each command and has an ordinary portal's
 * request bucket (50, and 2 a second), which is what decides for whoever asks page by page: for each
 * way it is started anew. With `--long` those ways read 50,000 rows too, eight minutes each.
 *
 * The floor is what a program can do by hand that knows the portal: all offsets at once, 50 to a batch.
 * It minds no row that comes or goes meanwhile, no error and no budget.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { B24OAuth } from '@bitrix24/b24jssdk'
import { Portal } from 'callgate'
import { startPortal } from '../tests/support/portal.mjs'

process.setMaxListeners(0) // each way has a portal of its own, which ends with this process
setFlagsFromString('--expose_gc')
const gc = runInNewContext('gc')

const METHOD = 'crm.deal.list'
const SELECT = ['ID', 'TITLE', 'STAGE_ID', 'OPPORTUNITY', 'DATE_CREATE']

const OWN = 'Callgate'
const FLOOR = 'by hand, all offsets at once'
const BY_CHUNK = 'b24jssdk 2.2.0, batchByChunk'
/** Those that ask for many pages in a request. */
const FEW_REQUESTS = [OWN, FLOOR, BY_CHUNK]

/** Each reads all rows and gives how many they were. */
const ways = {
  async [OWN](origin, token) {
    const portal = Portal.token({ domain: origin, accessToken: token.access_token })
    const rows = await portal.list(METHOD, { select: SELECT }).toArray()
    return rows.length
  },
  async 'fetch, page by page'(origin, token) {
    let [count, last] = [0, 0]
    for (;;) {
      const params = { select: SELECT, order: { ID: 'ASC' }, filter: { '>ID': last }, start: -1 }
      const response = await fetch(`${origin}/rest/${METHOD}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ auth: token.access_token, ...params }),
      })
      const { result } = JSON.parse(await response.text())
      if (response.status === 503) {
        await wait(500)
        continue
      }
      count += result.length
      if (result.length < 50) return count
      last = result.at(-1).ID
    }
  },
  async [FLOOR](origin, token) {
    const post = async (method, params) => {
      const response = await fetch(`${origin}/rest/${method}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ auth: token.access_token, ...params }),
      })
      return JSON.parse(await response.text())
    }
    const fields = SELECT.map((field) => `&select[]=${field}`).join('')
    const command = (start) => `${METHOD}?order[ID]=ASC&start=${start}${fields}`
    const { total } = await post(METHOD, { select: SELECT, order: { ID: 'ASC' } })
    const batches = chunks(offsets(0, total), 50).map(async (starts) => {
      const cmd = Object.fromEntries(starts.map((start) => [`c${start}`, command(start)]))
      const { result } = await post('batch', { halt: 0, cmd })
      return starts.flatMap((start) => result.result[`c${start}`])
    })
    return (await Promise.all(batches)).flat().length
  },
  async [BY_CHUNK](origin, token) {
    const { v2 } = sdk(origin, token).actions
    const params = { select: SELECT, order: { ID: 'ASC' } }
    const first = await v2.call.make({ method: METHOD, params })
    const rest = offsets(50, first.getTotal())
    const calls = rest.map((start) => [METHOD, { ...params, start }])
    const pages = await v2.batchByChunk.make({ calls })
    return first.getData().result.length + pages.getData().flat().length
  },
  async 'b24jssdk 2.2.0, callList'(origin, token) {
    const response = await sdk(origin, token).actions.v2.callList.make({
      method: METHOD,
      params: { select: SELECT },
    })
    return response.getData().length
  },
  async 'b24jssdk 2.2.0, fetchList'(origin, token) {
    const pages = sdk(origin, token).actions.v2.fetchList.make({
      method: METHOD,
      params: { select: SELECT },
    })
    let count = 0
    for await (const page of pages) count += page.length
    return count
  },
}

/** Where the pages behind a row begin. */
const offsets = (from, total) =>
  Array.from({ length: Math.ceil((total - from) / 50) }, (_, page) => from + page * 50)

const chunks = (list, size) =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, at) =>
    list.slice(at * size, (at + 1) * size),
  )

/** It wants https of webhooks; an application's token may come with any endpoint. */
const sdk = (origin, token) =>
  new B24OAuth(
    {
      applicationToken: token.application_token,
      userId: 1,
      memberId: token.member_id,
      accessToken: token.access_token,
      refreshToken: token.refresh_token,
      expires: token.expires,
      expiresIn: token.expires_in,
      scope: token.scope,
      domain: new URL(origin).host,
      clientEndpoint: `${origin}/rest`,
      serverEndpoint: `${origin}/rest`,
      status: 'F',
    },
    { clientId: 'local.app', clientSecret: 'secret' },
  )

/** A portal with so many deals, as the figures want it. */
async function portalWith(rows) {
  const server = await startPortal()
  await server.control('data', { entity: 'deal', rows })
  await server.control('settings', {
    latency: 50,
    work: 20,
    budget: { burst: 50, perSecond: 2 },
  })
  return { server, token: await server.control('tokens', { scopes: ['crm'] }) }
}

async function measure(name, rows) {
  const { server, token } = await portalWith(rows)
  try {
    const began = performance.now()
    const count = await ways[name](server.portal, token)
    const seconds = (performance.now() - began) / 1000
    if (count !== rows) throw new Error(`${name} read ${count} of ${rows} rows`)
    const log = (await server.log()).filter(({ url }) => url.startsWith('/rest'))
    const refused = log.filter(({ status }) => status === 503).length
    return { name, seconds, requests: log.length, refused }
  } finally {
    await server.stop()
  }
}

/** Those that wait for the bucket nearly all the time do it side by side. */
async function compare(rows, names) {
  const results = []
  for (const name of FEW_REQUESTS) results.push(await measure(name, rows))
  const others = names.filter((name) => !FEW_REQUESTS.includes(name))
  results.push(...(await Promise.all(others.map((name) => measure(name, rows)))))
  console.log(`\n${rows.toLocaleString('en')} rows`)
  for (const { name, seconds, requests, refused } of results) {
    const ratio = (seconds / results[0].seconds).toFixed(1).padStart(6)
    const asked = `${requests} requests${refused ? `, ${refused} refused` : ''}`
    console.log(`  ${name.padEnd(29)} ${seconds.toFixed(2).padStart(8)} s ${ratio}   ${asked}`)
  }
}

/** What a walk keeps alive while its reader takes its time, beside all rows at once. */
async function memory(rows) {
  const { server, token } = await portalWith(rows)
  try {
    const portal = Portal.token({ domain: server.portal, accessToken: token.access_token })
    const used = () => {
      gc()
      const { heapUsed, external } = process.memoryUsage()
      return (heapUsed + external) / 1e6
    }
    const before = used()
    let [peak, pages] = [0, 0]
    for await (const page of portal.list(METHOD).pages()) {
      await wait(5)
      if (++pages % 10 === 0 && page.length > 0) peak = Math.max(peak, used() - before)
    }
    const all = await portal.list(METHOD).toArray()
    const whole = used() - before
    console.log(`\nmemory of ${all.length.toLocaleString('en')} rows with all their fields`)
    console.log(`  a reader of 5 ms a page, at most ${peak.toFixed(1).padStart(8)} MB`)
    console.log(`  toArray()                        ${whole.toFixed(1).padStart(8)} MB`)
  } finally {
    await server.stop()
  }
}

const names = Object.keys(ways)
await memory(50_000) // before there is anything else to be collected
await compare(10_000, names)
await compare(50_000, process.argv.includes('--long') ? names : FEW_REQUESTS)
process.exit() // the SDK's limiter keeps a timer
