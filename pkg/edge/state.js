/**
 * What the gate knows of tokens and of a portal's budget: the store's words, with what this worker
 * has at hand, so that a request normally costs no trip.
 *
 * Whoever asks gets an answer although the store is away: as if nothing were known, or, where the
 * operator wants that, an error. Whoever tells something never hears of it.
 */
import { makeError } from '../wasm/js/face.js'
import { confirmations, fieldOf, standing, topicOf } from './confirmations.js'

const HOUR = 3_600_000
const TEN_MINUTES = 600_000
/** How long a worker goes by what it read, in ms. */
const AT_HAND = 30_000
/** How many tokens' records a worker has at hand. */
const MOST = 10_000
/** How long a trip to the store may take, in ms. */
const TRIP = 2_000
/** How long the store is left alone after it failed, in ms. */
const REST = 1_000
/** How many may listen for the same decision. */
const LISTENERS = 20
/** What the field of a method's standing begins with. */
const SCOPE = 'scope '

export class State {
  #store
  #rate
  #patience
  #refuses
  /** By portal and key: what was read, and until when that will do. */
  #records = new Map()
  /** By portal: what is leased beyond the request that asked. */
  #slices = new Map()
  #awayUntil = 0

  /**
   * @param {import('../edge').Store} store
   * @param {{ rate: { burst: number, perSecond: number }, patience: number,
   *   whenStoreIsAway: 'pass' | 'refuse' }} options `patience`: how long a request may wait for its
   *   turn, in ms
   */
  constructor(store, { rate, patience, whenStoreIsAway }) {
    this.#store = store
    this.#rate = rate
    this.#patience = patience
    this.#refuses = whenStoreIsAway === 'refuse'
  }

  /**
   * What is known of a token: the scopes that it carries, and the confirmations that were asked for
   * it. One that waits is `fresh` while nothing speaks for asking the portal again.
   *
   * @param {string} portal its host
   * @param {string} key
   * @returns {Promise<{ grant?: { scopes: string[], asOf: number }, confirmations: Record<string,
   *   { state: 'waiting' | 'denied', since: number, fresh: boolean }>, standings: Record<string,
   *   'refused' | 'allowed'> }>} `standings`: what answers said about the scopes of methods
   */
  async known(portal, key) {
    const now = Date.now()
    const fields = await this.#record(portal, key)
    const { scopes, asOf, until = 0 } = fields.grant ?? {}
    return {
      ...(until > now && { grant: { scopes, asOf } }),
      confirmations: confirmations(fields, now),
      standings: standings(fields, now),
    }
  }

  /** Notes what the portal said, when asked, that a token carries. */
  learnGrant(portal, key, scopes, { webhook = false } = {}) {
    const life = webhook ? TEN_MINUTES : HOUR
    const asOf = Date.now()
    return this.#write(portal, key, 'grant', { scopes, asOf, until: asOf + life }, life)
  }

  /** An answer contradicted what was known of a token's scopes. */
  dropGrant(portal, key) {
    return this.#forget(portal, key, 'grant')
  }

  /** Notes that an answer said something else about a method's scope than was thought. */
  learnStanding(portal, key, method, said, { webhook = false } = {}) {
    const life = webhook ? TEN_MINUTES : HOUR
    return this.#write(portal, key, SCOPE + method, { said, until: Date.now() + life }, life)
  }

  /** A token has ended: nothing that is known of it matters any more. */
  forget(portal, key) {
    return this.#forget(portal, key)
  }

  /**
   * Notes what the portal answered about a method that an administrator has to confirm; without a
   * state, that it ran after all. A page that is told to wait may ask the relay at once: let this
   * end before it hears the answer.
   */
  async learnConfirmation(portal, key, method, state) {
    const field = fieldOf(method)
    if (state === undefined) return this.#forget(portal, key, field)
    const now = Date.now()
    const before = (await this.#quietly(() => this.#store.read(portal, key)))?.[field]
    const first = before?.first ?? now
    const since = before?.state === state ? before.since : now
    // No token lives longer than an hour, and this one lived when the portal spoke of it first.
    return this.#write(portal, key, field, { state, since, first, told: now }, first + HOUR - now)
  }

  /**
   * An event says that an administrator has decided: the next call asks the portal, and those who
   * listen are woken. False where nobody is known to wait. Rejects when the store is away.
   */
  async decided(portal, key, method) {
    const field = fieldOf(method)
    const fields = await this.#trip(() => this.#store.read(portal, key))
    if (standing(fields, method) === undefined) return false
    const waiting = { ...fields[field], told: 0 }
    await this.#write(portal, key, field, waiting, waiting.first + HOUR - Date.now())
    await this.#trip(() => this.#store.publish(portal, topicOf(key, method)))
    return true
  }

  /**
   * Calls `wake` once an event says that an administrator has decided, which may have been already.
   * The answer stops that; undefined where the portal wasn't seen to wait. Rejects when too many
   * listen, or the store is away.
   */
  async listen(portal, key, method, wake) {
    const read = async () => standing(await this.#trip(() => this.#store.read(portal, key)), method)
    if ((await read()) === undefined) return undefined
    const stop = await this.#store.subscribe(portal, topicOf(key, method), wake, LISTENERS)
    // The event may have come in between.
    if ((await read()) === 'decided') wake()
    return stop
  }

  /** Has the store take over a page's WebSocket; undefined where it can't. */
  accept(portal) {
    return this.#store.accept?.(portal, LISTENERS)
  }

  /**
   * Waits for a request's turn in the portal's budget: undefined when it may go, or after how many
   * seconds it is worth trying again.
   */
  async turn(portal, key) {
    const slice = this.#slices.get(portal)
    if (slice?.units > 0 && Date.now() < slice.until) {
      slice.units -= 1
      return undefined
    }
    const deadline = Date.now() + this.#patience
    for (let ticket; ;) {
      const asked = Date.now()
      const ask = { key, ticket, patience: deadline - asked, rate: this.#rate }
      const lease = await this.#ask(() => this.#store.lease(portal, ask), { units: 0 })
      if (lease.retryAfter !== undefined) return lease.retryAfter
      if (lease.units !== undefined) {
        this.#keep(portal, lease.units, asked + lease.life)
        return undefined
      }
      ticket = lease.ticket
      await new Promise((resolve) => setTimeout(resolve, lease.wait))
    }
  }

  /** The portal refused a request because its bucket is full. */
  limited(portal, retryAfter = 1) {
    this.#slices.delete(portal)
    const what = { pause: Math.max(1, retryAfter) * 1_000, rate: this.#rate }
    return this.#quietly(() => this.#store.refused(portal, what))
  }

  #keep(portal, units, until) {
    if (units === 0) return
    const own = this.#slices.get(portal)
    if (own?.units > 0 && own.until > Date.now()) {
      own.units += units
      own.until = Math.min(own.until, until)
    } else {
      this.#slices.set(portal, { units, until })
    }
  }

  async #record(portal, key) {
    const name = `${portal} ${key}`
    const kept = this.#records.get(name)
    if (kept?.until > Date.now()) return kept.fields
    const fields = await this.#ask(() => this.#store.read(portal, key))
    if (fields === undefined) return kept?.fields ?? {}
    this.#remember(name, fields)
    return fields
  }

  /** What waits is asked for every time: another worker may hear of the decision. */
  #remember(name, fields) {
    const waits = Object.values(fields).some(({ state }) => state === 'waiting')
    this.#records.delete(name)
    if (this.#records.size >= MOST) this.#records.delete(this.#records.keys().next().value)
    this.#records.set(name, { fields, until: waits ? 0 : Date.now() + AT_HAND })
  }

  #write(portal, key, field, value, life) {
    const name = `${portal} ${key}`
    this.#remember(name, { ...this.#records.get(name)?.fields, [field]: value })
    return this.#quietly(() => this.#store.write(portal, key, field, value, life))
  }

  #forget(portal, key, field) {
    this.#records.delete(`${portal} ${key}`)
    return this.#quietly(() => this.#store.forget(portal, key, field))
  }

  /** Asks the store; `instead` is the answer where it is away and the operator lets pass. */
  async #ask(ask, instead) {
    try {
      return await this.#trip(ask)
    } catch {
      if (!this.#refuses) return instead
      const words = 'the store of the gate is away'
      throw makeError(words, 'CALLGATE_STORE_AWAY', 'network', 'no', true, 503)
    }
  }

  async #quietly(tell) {
    try {
      return await this.#trip(tell)
    } catch {
      return undefined
    }
  }

  async #trip(run) {
    if (Date.now() < this.#awayUntil) throw new Error('it was away just now')
    let timer
    const late = new Promise((resolve, reject) => {
      timer = setTimeout(reject, TRIP, new Error('it takes too long'))
    })
    try {
      return await Promise.race([run(), late])
    } catch (error) {
      this.#awayUntil = Date.now() + REST
      throw error
    } finally {
      clearTimeout(timer)
    }
  }
}

function standings(fields, now) {
  const found = {}
  for (const [field, { said, until }] of Object.entries(fields)) {
    if (field.startsWith(SCOPE) && until > now) found[field.slice(SCOPE.length)] = said
  }
  return found
}
