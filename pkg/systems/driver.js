/**
 * Carries out what a core wants: promises, timers and HTTP exchanges. It decides nothing. The core is
 * told what happened and asked what to do, as long as it says something.
 *
 * Nobody but its caller holds a driver: one that waits is held by its timer or its exchange, and one
 * that nobody uses is collected, its core with it.
 */
import { Exchange, explain, ownFetch, takesCache, takesCredentials } from '../wasm/js/exchange.js'
import { Listeners, tellOne } from '../wasm/js/listeners.js'

let standardFetch = ownFetch

/** Sets the fetch-shaped function that is used where none is given. For entry points. */
export function setStandardFetch(fetch) {
  standardFetch = fetch
}

/** What all requests have in common. GETs change things, so none may come from a cache. */
const HOW = {
  redirect: 'manual',
  ...(takesCredentials && { credentials: 'omit' }),
  ...(takesCache && { cache: 'no-store' }),
}

export class Driver {
  #core
  #fetch
  #listeners
  #calls = new Map()
  #exchanges = new Map()
  #timer

  /**
   * @param core what is driven
   * @param {{ fetch?: typeof fetch }} options the client's, which the core has read already
   * @param {...string} events what can be listened to
   */
  constructor(core, options, ...events) {
    this.#core = core
    this.#fetch = options.fetch ?? standardFetch
    this.#listeners = new Listeners(...events)
  }

  /** Looks at the core; it is not to be told anything by this. */
  get core() {
    return this.#core
  }

  /**
   * The promise of what becomes of a call.
   *
   * @param {(core) => number} begin gives the call to the core, or throws what is wrong with it
   * @param {{ signal?: AbortSignal }} options the call's
   * @param {(news) => void} [told] hears what the core tells of the call before its end
   */
  call(begin, options, told) {
    return new Promise((resolve, reject) => {
      const call = begin(this.#core)
      const { signal } = options ?? {}
      const abort = () => this.#tell((core) => core.cancel(call))
      const unlisten = () => signal?.removeEventListener('abort', abort)
      this.#calls.set(call, { resolve, reject, told, unlisten })
      signal?.addEventListener('abort', abort)
      if (signal?.aborted) this.#core.cancel(call)
      this.#drain()
    })
  }

  on(type, listener) {
    return this.#listeners.add(type, listener)
  }

  /** Ends all calls. */
  close() {
    this.#tell((core) => core.close())
  }

  #tell(what) {
    what(this.#core)
    this.#drain()
  }

  #drain() {
    for (let output; (output = this.#core.poll());) this.#carryOut(...output)
    clearTimeout(this.#timer)
    const millis = this.#core.wakeIn()
    if (millis !== undefined) this.#timer = setTimeout(() => this.#drain(), millis)
  }

  #carryOut(what, ...rest) {
    switch (what) {
      case 'send':
        return void this.#send(...rest)
      case 'abort':
        return this.#abort(...rest)
      case 'resolve':
      case 'reject':
        return this.#settle(what, ...rest)
      case 'told':
        return this.#hear(...rest)
      case 'emit':
        return this.#listeners.tell(...rest)
    }
  }

  async #send(call, attempt, { url, ...request }) {
    const exchange = new Exchange(call, attempt)
    this.#exchanges.set(call, exchange)
    const init = {
      ...request,
      ...HOW,
      get signal() {
        return exchange.signal
      },
      hold: (abort) => exchange.hold(abort),
    }
    const fetch = this.#fetch
    let tell
    try {
      const answer = await fetch(url, init)
      const status = answer?.status
      if (!Number.isInteger(status) || typeof answer.text !== 'function')
        throw new Error('fetch gave something that is no response')
      const text = String(await answer.text())
      // What a browser hides of a redirect is that it is one.
      tell = (core) => core.response(call, attempt, status || 302, text)
    } catch (error) {
      const { words, sent } = explain(error)
      tell = (core) => core.failure(call, attempt, sent, words)
    }
    if (this.#exchanges.get(call) !== exchange) return // it was aborted
    this.#exchanges.delete(call)
    this.#tell(tell)
  }

  #abort(call) {
    this.#exchanges.get(call)?.abort()
    this.#exchanges.delete(call)
  }

  #settle(how, call, value) {
    const entry = this.#calls.get(call)
    this.#calls.delete(call)
    entry.unlisten()
    entry[how](value)
  }

  #hear(call, news) {
    const { told } = this.#calls.get(call)
    if (told) tellOne(told, news)
  }
}
