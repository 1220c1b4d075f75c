/**
 * What the gate costs in workerd, beside a worker that only forwards: time and CPU of a call, of a
 * batch and of a megabyte; requests a second; the start of an isolate; a Durable Object that a
 * thousand requests ask at once. With `--load`: 200 clients for a minute, with faults.
 *
 * On a busy machine times say little; the CPU that workerd used says more.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import http from 'node:http'
import { startPortal } from '../tests/support/portal.mjs'
import { startWorker } from '../tests/support/workerd.mjs'

const TOKEN = 'f1ba3c70a5e24d6b9c8e7f6a5b4c3d2e'

const gateSource = (origin, more = '') => `
  import { createGate } from 'callgate/edge'
  import { durableStore } from 'callgate/edge/cloudflare'
  export { CallgateState } from 'callgate/edge/cloudflare'
  const gate = createGate({
    portals: ['${origin}'],
    httpToLoopbackForTests: true,
    preflight: 'enforce',
    grants: { '${new URL(origin).host}': ['crm'] },
    budget: { burst: 1e6, perSecond: 1e6 },
    ${more}
  })
  export default { fetch: (request, env, context) => gate.fetch(request, env, context) }`

const forwardSource = (origin) => `
  export default {
    fetch(request) {
      const { pathname, search } = new URL(request.url)
      const { method, headers, body } = request
      return fetch('${origin}' + pathname + search, { method, headers, body, redirect: 'manual' })
    },
  }`

/** A portal that answers at once, so that only the worker's time is seen. */
async function startEcho() {
  const server = http.createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      response.setHeader('Content-Type', 'application/json; charset=utf-8')
      response.end('{"result":{"ID":"7"},"time":{}}')
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { origin: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() }
}

const statOf = (pid) => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ')
const own = () =>
  readdirSync('/proc').filter((pid) => {
    try {
      const name = readFileSync(`/proc/${pid}/comm`, 'latin1')
      return name.startsWith('workerd') && statOf(pid)[1] === String(process.pid)
    } catch {
      return false
    }
  })

/** A worker whose process is known. */
async function start(source, options) {
  const before = new Set(own())
  const worker = await startWorker(source, options)
  const pid = own().find((it) => !before.has(it))
  return {
    ...worker,
    /** CPU time, in µs. */
    cpu: () =>
      statOf(pid)
        .slice(11, 13)
        .reduce((sum, ticks) => sum + Number(ticks), 0) * 10_000,
    /** Resident memory, in MB. */
    memory: () => (Number(statOf(pid)[21]) * 4_096) / 1e6,
  }
}

const pool = (maxSockets) => new http.Agent({ keepAlive: true, maxSockets })

/** Posts JSON; gives the status, the text and the time that it took, in µs. */
function post(agent, url, body) {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    }
    const request = http.request(url, { agent, method: 'POST', headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part) => (text += part))
      response.on('error', reject)
      response.on('end', () => {
        const micros = (performance.now() - started) * 1_000
        resolve({ status: response.statusCode, text, micros })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

const at = (numbers, share) =>
  Math.round([...numbers].sort((a, b) => a - b)[Math.floor(numbers.length * share)])

const commands = Array.from({ length: 50 }, (_, number) => [
  `c${number}`,
  `crm.deal.get?id=${number}&select[0]=ID&select[1]=TITLE`,
])
const kinds = [
  ['a call', 'crm.deal.get', { id: 7, select: ['ID', 'TITLE'] }, 2_000],
  ['a batch of 50', 'batch', { halt: 0, cmd: Object.fromEntries(commands) }, 600],
  ['a body of 1 MB', 'crm.deal.add', { fields: { COMMENTS: 'y'.repeat(1e6) } }, 60],
]

async function costs(gate, plain) {
  const agent = pool(1)
  for (const [name, method, params, rounds] of kinds) {
    const body = JSON.stringify({ auth: TOKEN, ...params })
    const workers = [plain, gate].map((worker) => ({ worker, times: [], cpu: 0 }))
    for (let round = -rounds / 4; round < rounds; round += 20) {
      for (const it of workers) {
        const before = it.worker.cpu()
        for (let call = 0; call < 20; call++) {
          const { micros, status } = await post(agent, `${it.worker.url}/rest/${method}`, body)
          assert.equal(status, 200)
          if (round >= 0) it.times.push(micros)
        }
        if (round >= 0) it.cpu += it.worker.cpu() - before
      }
    }
    const [forwarded, gated] = workers.map(({ times, cpu }) => ({
      p50: at(times, 0.5),
      p99: at(times, 0.99),
      cpu: Math.round(cpu / times.length),
    }))
    console.log(
      `${name.padEnd(16)} added p50 ${gated.p50 - forwarded.p50} µs, p99 ${gated.p99 - forwarded.p99} µs,` +
        ` CPU ${gated.cpu - forwarded.cpu} µs (only forwarding: ${forwarded.p50}, ${forwarded.p99}, ${forwarded.cpu})`,
    )
  }
  agent.destroy()
}

async function throughput(name, worker) {
  const agent = pool(32)
  const body = JSON.stringify({ auth: TOKEN, id: 7 })
  const ends = performance.now() + 3_000
  let count = 0
  const client = async () => {
    while (performance.now() < ends) {
      await post(agent, `${worker.url}/rest/crm.deal.get`, body)
      count += 1
    }
  }
  await Promise.all(Array.from({ length: 32 }, client))
  agent.destroy()
  console.log(`${name.padEnd(16)} ${Math.round(count / 3)} requests a second, 32 at a time`)
}

async function startUp(name, source) {
  const times = []
  for (let round = 0; round < 5; round++) {
    const started = performance.now()
    const worker = await startWorker(source)
    await fetch(`${worker.url}/rest/`, { method: 'OPTIONS' })
    times.push(performance.now() - started)
    await worker.stop()
  }
  console.log(`${name.padEnd(16)} ${at(times, 0.5)} ms until the runtime has answered first`)
}

/** A thousand requests of as many tokens at once: each asks the one object. */
async function contention(origin) {
  const durable = { CALLGATE: { className: 'CallgateState', useSQLite: true } }
  const store = 'store: (env) => durableStore(env.CALLGATE)'
  const worker = await start(gateSource(origin, store), { durableObjects: durable })
  const agent = pool(1_000)
  const bodies = Array.from({ length: 1_000 }, (_, id) => JSON.stringify({ auth: TOKEN + id, id }))
  const started = performance.now()
  const answers = await Promise.all(
    bodies.map((body) => post(agent, `${worker.url}/rest/crm.deal.get`, body)),
  )
  const took = Math.round(performance.now() - started)
  assert.ok(answers.every(({ status }) => status === 200))
  const times = answers.map(({ micros }) => micros / 1_000)
  console.log(
    `one object       1,000 requests at once: all in ${took} ms, p50 ${at(times, 0.5)} ms, p99 ${at(times, 0.99)} ms`,
  )
  agent.destroy()
  await worker.stop()
}

/**
 * 200 clients for a minute, with faults: each request gets one answer, its own. The memory of a
 * worker that only forwards tells how much of it is the runtime's.
 */
async function load(name, sourceFor, seconds) {
  const portal = await startPortal()
  await portal.control('settings', { budget: null })
  const token = await portal.control('tokens', { scopes: ['crm'] })
  const worker = await start(sourceFor(portal.portal))
  const agent = pool(200)
  const told = { right: 0, fault: 0, wrong: 0, lost: 0 }
  const ends = performance.now() + seconds * 1_000
  let sent = 0
  const client = async () => {
    while (performance.now() < ends) {
      const id = 1 + (sent++ % 50)
      const body = JSON.stringify({ auth: token.access_token, id })
      try {
        const { status, text } = await post(agent, `${worker.url}/rest/crm.deal.get`, body)
        if (status !== 200 || !text.endsWith('}}')) told.fault += 1
        else if (JSON.parse(text).result.ID === String(id)) told.right += 1
        else told.wrong += 1
      } catch {
        told.lost += 1
      }
    }
  }
  const kinds = ['html-502', 'expired_token', 'empty', 'OVERLOAD_LIMIT', 'html-500']
  const memory = []
  const watch = setInterval(() => {
    memory.push(Math.round(worker.memory()))
    portal.control('faults', { kind: kinds[memory.length % kinds.length], times: 5 })
  }, 2_000)
  await Promise.all(Array.from({ length: 200 }, client))
  clearInterval(watch)
  const reached = (await portal.log()).filter(({ url }) => url.startsWith('/rest')).length
  console.log(
    `${name}, 200 clients, ${seconds} s: ${sent} sent, ${reached} reached the portal`,
    told,
  )
  console.log(`memory of workerd in MB, every 2 s: ${memory.join(' ')}`)
  agent.destroy()
  await worker.stop()
  await portal.stop()
}

if (process.argv.includes('--load')) {
  await load('only forwarding', forwardSource, 60)
  await load('the gate', gateSource, 60)
} else {
  const echo = await startEcho()
  const [gate, plain] = [
    await start(gateSource(echo.origin)),
    await start(forwardSource(echo.origin)),
  ]
  await costs(gate, plain)
  await throughput('only forwarding', plain)
  await throughput('the gate', gate)
  await Promise.all([gate.stop(), plain.stop()])
  await startUp('only forwarding', forwardSource(echo.origin))
  await startUp('the gate', gateSource(echo.origin))
  await contention(echo.origin)
  echo.stop()
}
