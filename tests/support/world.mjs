/** The world that the tests in Node start from: a fresh test portal, and clients of it. */
import { after, before, beforeEach, mock } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { CallgateError, Portal } from '../../pkg/node.js'
import { startPortal } from './portal.mjs'

/** Starts a test portal for the file's tests; every test finds it as new. */
export function portalWorld() {
  let server
  before(async () => (server = await startPortal()))
  after(() => server?.stop())
  beforeEach(() => server.reset())

  return {
    /** The portal's origin. */
    get origin() {
      return server.portal
    },
    /** Tells the control plane something. */
    control: (name, body) => server.control(name, body),
    /** Lets the portal misbehave: `fault('empty', { times: 1 })`. */
    fault: (kind, more) => server.control('faults', { kind, ...more }),
    /** An administrator decides. */
    decide: (token, granted, method = 'voximplant.user.get') =>
      server.control('confirmations', { token: token.access_token, method, granted }),
    /** The REST requests that the portal has seen. */
    async requests() {
      return (await server.log()).filter(({ url }) => url.startsWith('/rest'))
    },
    /** Lets the portal forget the requests. */
    forget: () => fetch(`${server.portal}/_portal/log`, { method: 'DELETE' }),
    /** A token of the portal's. */
    token: ({ scopes = ['crm'], expiresIn } = {}) =>
      server.control('tokens', { scopes, ...(expiresIn !== undefined && { expiresIn }) }),
    /** A client with a token of its own, which is told nothing about its scopes. */
    async client({ scopes, expiresIn, ...options } = {}) {
      const token = await this.token({ scopes, expiresIn })
      return { token, portal: this.clientOf(token, options) }
    },
    /** A client that holds a given token. */
    clientOf: (token, options) =>
      Portal.token({ domain: server.portal, accessToken: token.access_token, ...options }),
    /** A client through a webhook. */
    async webhook({ scopes = ['crm'], ...options } = {}) {
      const { url } = await server.control('webhooks', { scopes })
      return { url, portal: Portal.webhook(url, options) }
    },
  }
}

/** The `CallgateError` that a promise rejects with. */
export async function rejection(promise) {
  return promise.then(
    (value) => {
      throw new Error(`it did not reject, it gave ${JSON.stringify(value)}`)
    },
    (error) => {
      if (error instanceof CallgateError) return error
      throw new Error('it rejected with something that is no CallgateError', { cause: error })
    },
  )
}

/** The `CallgateError` that a call rejects with, its repetitions done without waiting for them. */
export async function inTheEnd(call) {
  const clock = ownClock()
  try {
    let error
    const rejected = rejection(call()).finally(() => (error = true))
    await until(async () => {
      await clock.advance(250)
      return error
    })
    return await rejected
  } finally {
    clock.stop()
  }
}

/** The `CallgateError` that a function throws. */
export function thrown(work) {
  let value
  try {
    value = work()
  } catch (error) {
    if (error instanceof CallgateError) return error
    throw new Error('it threw something that is no CallgateError', { cause: error })
  }
  throw new Error(`it did not throw, it gave ${JSON.stringify(value)}`)
}

/** What an error says, beside its words and its decision. */
export function facts(error) {
  const named = Object.entries(error).filter(([key]) => key !== 'name' && key !== 'decision')
  return Object.fromEntries(named)
}

/** All that a client tells its listeners, in order: `[type, event]`. */
export function heard(portal, ...types) {
  const events = []
  for (const type of types) portal.on(type, (event) => events.push([type, event]))
  return events
}

/** A fetch that answers what a function says, and keeps what it was asked. */
export function fakeFetch(answer) {
  const requests = []
  const fetch = async (url, init) => {
    requests.push({ url, ...init, body: JSON.parse(init.body) })
    const given = await answer(requests.length, url, init)
    return typeof given === 'string' ? response(given) : given
  }
  return { fetch, requests }
}

/** As little of a response as a fetch has to give. */
export const response = (text, status = 200, headers = {}) => ({
  status,
  headers: { get: (name) => headers[name.toLowerCase()] ?? null },
  text: async () => text,
})

/** An answer with a result. */
export const result = (data) => response(JSON.stringify({ result: data }))

/** A portal's refusal. */
export const refusal = (code, status = 400, words = '') =>
  response(JSON.stringify({ error: code, error_description: words }), status)

/** Waits until something is so; it polls without timers, which may be in a test's own hands. */
export async function until(isSo) {
  const late = performance.now() + 5_000
  for (;;) {
    const so = await isSo()
    if (so) return so
    if (performance.now() > late) throw new Error(`in vain: until ${isSo}`)
    await turn()
  }
}

/** Catches what a listener throws, before the test runner sees it. */
export async function uncaught(work) {
  const theirs = process.listeners('uncaughtException')
  const caught = []
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => caught.push(error))
  try {
    await work()
    await settled()
  } finally {
    process.removeAllListeners('uncaughtException')
    for (const listener of theirs) process.on('uncaughtException', listener)
  }
  return caught
}

/** Lets everything happen that needs no time to pass. */
export async function settled() {
  for (let round = 0; round < 20; round++) await turn()
}

/** Takes the clock into the test's hands: `advance` moves it and lets what is due happen. */
export function ownClock() {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() })
  return {
    async advance(millis) {
      mock.timers.tick(millis)
      await settled()
    },
    stop: () => mock.timers.reset(),
  }
}

/**
 * Makes something while this process looks like a browser with Node inside (Electron's renderer),
 * so that the portal that is made takes CORS into account and writes forms.
 */
export function asInABrowser(make) {
  const { type } = process
  process.type = 'renderer'
  globalThis.document = {}
  try {
    return make()
  } finally {
    delete globalThis.document
    process.type = type
  }
}
