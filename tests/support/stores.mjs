/**
 * The three kinds of store, for a suite that all have to pass: each opened as often as there are
 * workers, in its real runtime.
 */
import { createClient } from 'redis'
import { memoryStore } from '../../pkg/edge/stores/memory.js'
import { redisStore } from '../../pkg/edge/redis.js'
import { startRedis } from './redis.mjs'
import { startWorker } from './workerd.mjs'

/** One process: its workers share the store itself. */
async function memory() {
  const store = memoryStore()
  return { open: async () => store, stop: async () => {} }
}

/** A server, and a connection for each worker. */
async function redis() {
  const server = await startRedis()
  const clients = []
  const open = async () => {
    const client = createClient({ url: server.url, socket: { reconnectStrategy: 20 } })
    client.on('error', () => {}) // it is away in some tests
    clients.push(await client.connect())
    return redisStore(client)
  }
  const stop = async () => {
    for (const client of clients) client.destroy()
    await server.stop()
  }
  return {
    open,
    stop,
    goAway: () => server.stop(),
    comeBack: () => server.restart(),
    hang: () => server.hang(),
    goOn: () => server.goOn(),
  }
}

/** A worker that hands on what it is told to its Durable Object. */
const worker = `
  import { CallgateState, durableStore } from 'callgate/edge/cloudflare'

  let away = false
  export class State extends CallgateState {
    lease(...ask) { return this.#there() && super.lease(...ask) }
    read(...ask) { return this.#there() && super.read(...ask) }
    #there() {
      if (away) this.ctx.abort('away')
      return true
    }
  }

  const control = {
    goAway: () => void (away = true),
    comeBack: () => void (away = false),
  }

  export default {
    async fetch(request, env) {
      const store = durableStore(env.STATE)
      if (request.headers.get('upgrade')) return store.accept('socket.example', 2)
      const { name, args: given } = await request.json()
      const args = given.map((it) => it ?? undefined) // JSON has no undefined
      if (name === 'subscribe') return listen(store, args)
      try {
        return Response.json((await (control[name] ?? store[name])(...args)) ?? null)
      } catch (error) {
        return Response.json(String(error), { status: 500 })
      }
    },
  }

  async function listen(store, [portal, topic, most]) {
    const { readable, writable } = new TransformStream()
    const writer = writable.getWriter()
    const say = (text) => writer.write(new TextEncoder().encode(text))
    const wake = async () => {
      clearInterval(beat)
      await say('woken')
      await writer.close()
    }
    let beat
    try {
      const stop = await store.subscribe(portal, topic, wake, most)
      // Only who writes learns that nobody reads any more.
      beat = setInterval(() => say(' ').catch(() => (clearInterval(beat), stop())), 20)
    } catch (error) {
      return Response.json(String(error), { status: 429 })
    }
    return new Response(readable, { headers: { 'Content-Type': 'text/event-stream' } })
  }`

async function durable() {
  const running = await startWorker(worker, {
    durableObjects: { STATE: { className: 'State', useSQLite: true } },
  })
  const ask = async (name, ...args) => {
    const response = await fetch(running.url, {
      method: 'POST',
      body: JSON.stringify({ name, args }),
    })
    const answer = await response.json()
    if (!response.ok) throw new Error(answer)
    return answer
  }
  const names = ['read', 'write', 'forget', 'lease', 'refused', 'publish']
  const store = Object.fromEntries(names.map((name) => [name, (...args) => ask(name, ...args)]))
  store.subscribe = async (portal, topic, wake, most) => {
    const controller = new AbortController()
    const body = JSON.stringify({ name: 'subscribe', args: [portal, topic, most] })
    const response = await fetch(running.url, { method: 'POST', body, signal: controller.signal })
    if (!response.ok) throw new Error(await response.json())
    const read = async () => {
      for await (const part of response.body) {
        if (new TextDecoder().decode(part).includes('woken')) wake()
      }
    }
    read().catch(() => {}) // it was stopped
    return () => controller.abort()
  }
  return {
    url: running.url,
    open: async () => store,
    stop: () => running.stop(),
    goAway: () => ask('goAway'),
    comeBack: () => ask('comeBack'),
  }
}

export const kinds = { memory, redis, durable }
