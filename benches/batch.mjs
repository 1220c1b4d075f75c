/**
 * What a batch of 50 writes costs in Node, beside the same written by hand and the vendor's SDK:
 * `node benches/batch.mjs`.
 *
 * The transport answers at once. All ways take turns within one run, so that a noisy machine disturbs
 * them alike; a row is the median of its rounds. CPU is what the process used, all its threads together.
 */
import { ApiVersion, B24Hook, ParamsFactory } from '@bitrix24/b24jssdk'
import { Portal } from 'callgate'

const ROUNDS = 25
const TURNS = 60
const METHOD = 'crm.deal.add'
const ADDRESS = 'https://portal.example/rest/1/abcdefghijklmnop/'

const time = {
  start: 1.5,
  finish: 2.5,
  duration: 1,
  processing: 0.9,
  date_start: '',
  date_finish: '',
}

/** A deal with so many fields. */
const deal = (nth, fields) => ({
  fields: {
    TITLE: `Deal № ${nth}`,
    ...Object.fromEntries(
      Array.from({ length: fields - 1 }, (_, at) => [`UF_CRM_${at}`, `${at} & ä`]),
    ),
  },
})

/** What the portal answers, by the commands' names. */
function answerOf(names) {
  const each = (make) => Object.fromEntries(names.map((name, nth) => [name, make(nth)]))
  const none = []
  const maps = { result_error: none, result_total: none, result_next: none }
  const result = { result: each((nth) => 1000 + nth), ...maps, result_time: each(() => time) }
  return JSON.stringify({ result, time })
}

const names = Array.from({ length: 50 }, (_, nth) => `c${nth}`)
const text = answerOf(names)
/** The SDK numbers its commands. */
const numbered = answerOf(names.map((_, nth) => String(nth)))

/** PHP's form encoding, as short as it can be written. */
function encode(value, name, pairs) {
  if (typeof value === 'object' && value !== null) {
    for (const key in value) {
      encode(
        value[key],
        name ? `${name}[${encodeURIComponent(key)}]` : encodeURIComponent(key),
        pairs,
      )
    }
  } else pairs.push(`${name}=${encodeURIComponent(value)}`)
  return pairs
}

const fetch = async () => ({ status: 200, headers: { get: () => null }, text: async () => text })

async function byHand(deals) {
  const cmd = {}
  deals.forEach((params, nth) => (cmd[`c${nth}`] = `${METHOD}?${encode(params, '', []).join('&')}`))
  const headers = { 'Content-Type': 'application/json' }
  const body = JSON.stringify({ halt: 0, cmd })
  const response = await fetch(`${ADDRESS}batch`, { method: 'POST', headers, body })
  const { result } = JSON.parse(await response.text())
  return deals.map((_, nth) => result.result[`c${nth}`])
}

const unlimited = { burst: 1_000_000, perSecond: 1_000_000 }
const gate = Portal.webhook(ADDRESS, { fetch, budget: unlimited })
const unchecked = Portal.webhook(ADDRESS, { fetch, budget: unlimited, preflight: 'off' })
const callgate = async (portal, deals) => {
  const { executed } = await portal.batch(deals.map((params) => [METHOD, params]))
  return deals.map((_, nth) => executed[nth].data)
}

const sdk = B24Hook.fromWebhookUrl(ADDRESS)
const limits = ParamsFactory.getBatchProcessing()
await sdk.setRestrictionManagerParams({
  ...limits,
  rateLimit: { ...limits.rateLimit, burstLimit: 1_000_000, drainRate: 1_000_000 },
})
sdk.getHttpClient(ApiVersion.v2).ajaxClient.defaults.adapter = async (config) => ({
  data: numbered,
  status: 200,
  statusText: 'OK',
  headers: {},
  config,
})
async function b24jssdk(deals) {
  const calls = deals.map((params) => [METHOD, params])
  const response = await sdk.actions.v2.batch.make({ calls, options: { isHaltOnError: false } })
  return response.getData()
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1]

for (const fields of [3, 20]) {
  const deals = Array.from({ length: 50 }, (_, nth) => deal(nth, fields))
  const ways = {
    'by hand': () => byHand(deals),
    Callgate: () => callgate(gate, deals),
    'Callgate without preflight': () => callgate(unchecked, deals),
    'b24jssdk 2.2.0': () => b24jssdk(deals),
  }
  const spent = Object.fromEntries(Object.keys(ways).map((name) => [name, []]))
  for (let round = -5; round < ROUNDS; round++) {
    for (const [name, way] of Object.entries(ways)) {
      const before = process.cpuUsage()
      for (let turn = 0; turn < TURNS; turn++) {
        const ids = await way()
        if (ids.length !== 50 || ids[49] !== 1049) throw new Error(`${name} lost results`)
      }
      const { user, system } = process.cpuUsage(before)
      if (round >= 0) spent[name].push((user + system) / TURNS)
    }
  }
  const plain = median(spent['by hand'])
  console.log(`\na batch of 50 writes of ${fields} fields`)
  for (const [name, times] of Object.entries(spent)) {
    const micros = median(times)
    const ratio = (micros / plain).toFixed(2).padStart(6)
    console.log(`  ${name.padEnd(28)} ${micros.toFixed(0).padStart(6)} µs ${ratio}`)
  }
}
process.exit() // the SDK's limiter keeps a timer
