/** The world of the edge's tests: a fresh test portal, and gates before it in workerd. */
import { after, before, beforeEach } from 'node:test'
import { startPortal } from './portal.mjs'
import { startWorker } from './workerd.mjs'

/** Starts a test portal for the file's tests; every test finds it as new. */
export function edgeWorld() {
  let server
  const workers = []
  before(async () => (server = await startPortal()))
  after(async () => {
    await Promise.all(workers.map((worker) => worker.stop()))
    await server?.stop()
  })
  beforeEach(() => server.reset())

  return {
    /** The portal's origin. */
    get origin() {
      return server.portal
    },
    control: (name, body) => server.control(name, body),
    fault: (kind, more) => server.control('faults', { kind, ...more }),
    decide: (token, granted, method = 'voximplant.user.get') =>
      server.control('confirmations', { token: token.access_token, method, granted }),
    token: (scopes = ['crm', 'telephony'], more) => server.control('tokens', { scopes, ...more }),
    /** What the portal has seen: verb and path of each REST request. */
    async seen() {
      const rest = (await server.log()).filter(({ url }) => url.startsWith('/rest'))
      return rest.map(({ method, url }) => `${method} ${url.split('?')[0]}`)
    },
    /** All that is known of the REST requests. */
    requests: async () => (await server.log()).filter(({ url }) => url.startsWith('/rest')),

    /**
     * A gate before the portal, in workerd, with these options; `more` is the source of those that
     * aren't JSON. Its records are to be had by `records()`.
     */
    async gate(options = {}, miniflare = {}, more = '{}') {
      const all = { portals: [server.portal], httpToLoopbackForTests: true, ...options }
      const worker = await startWorker(gateSource(all, more), miniflare)
      workers.push(worker)
      return gateAt(worker.url)
    },
  }
}

/** A worker that is a gate and no more. */
export function gateSource(options, more = '{}') {
  return `
    import { createGate, memoryStore } from 'callgate/edge'
    const records = []
    const work = []
    const onDecision = (record) => records.push(record)
    const gate = createGate({ onDecision, ...${JSON.stringify(options)}, ...${more} })
    export default {
      async fetch(request, env, context) {
        const { pathname } = new URL(request.url)
        if (pathname === '/records') return Response.json(records.splice(0))
        if (pathname === '/check') {
          const { url, ...init } = await request.json()
          return Response.json(await gate.check(new Request(url, init), env))
        }
        if (pathname === '/settled') return new Response(String(await Promise.all(work)))
        const waitUntil = (promise) => (work.push(promise), context.waitUntil(promise))
        return gate.fetch(request, env, { waitUntil })
      },
    }`
}

/** A gate as its clients see it. */
export function gateAt(url) {
  const ask = async (path, init) => {
    const response = await fetch(url + path, { redirect: 'manual', ...init })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: parsed(text) }
  }
  const json = (body) => ({
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' },
  })
  return {
    url,
    ask,
    /** Calls a method, in JSON. */
    call: (method, token, params) =>
      ask(`/rest/${method}`, json({ auth: token.access_token, ...params })),
    /** What `check()` says of a request. */
    check: async (path, init) => (await ask('/check', json({ url: url + path, ...init }))).body,
    /** Resolves once what answers taught has been kept. */
    settled: () => ask('/settled'),
    /** The records since the last time. */
    records: async () => (await ask('/records')).body,
  }
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
