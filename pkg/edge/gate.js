/** The gate: a request comes in, and the portal's answer or a refusal goes out. */
import { Gate } from '../wasm/edge_bg.js'
import { invalid } from '../wasm/js/face.js'
import { receiveEvent } from './events.js'
import { forward } from './forward.js'
import { addressOf, Unreadable } from './incoming.js'
import { Journal } from './journal.js'
import { learn } from './lessons.js'
import { readOptions } from './options.js'
import { relay } from './relay.js'
import { State } from './state.js'
import { Visit } from './visit.js'

/** Makes a gate of the operator's options. */
export function createGate(options) {
  const doorman = new Doorman(new Gate(options), readOptions(options))
  return {
    check: (request, env) => doorman.check(request, env),
    fetch: (request, env, context) => doorman.fetch(request, env, context),
  }
}

class Doorman {
  #rules
  #options
  #journal
  #states = new Map()

  constructor(rules, options) {
    this.#rules = rules
    this.#options = options
    this.#journal = new Journal(options.onDecision)
  }

  /** What the gate would decide of a request, which stays unread and goes nowhere. */
  async check(request, env) {
    if (typeof request?.url !== 'string' || typeof request.clone !== 'function') {
      throw invalid('request: a Request is wanted')
    }
    const { host, target } = addressOf(request.url)
    const visit = this.#visit(request.clone(), { env, host, target })
    if (!visit) return unreadable('the gate serves no portal under its host')
    try {
      await visit.read()
      if (!visit.seen.refused) await visit.decide(this.#options)
      return visit.seen.decision
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      return unreadable(error.message)
    } finally {
      visit.end()
    }
  }

  async fetch(request, env, context) {
    if (request.method === 'OPTIONS') return respond(this.#rules.options())
    const { host, target } = addressOf(request.url)
    const own = this.#options.paths.get(target.split('?', 1)[0])
    if (own === 'health') return text('ok\n')
    if (own === 'metrics') return text(this.#journal.counters())
    const visit = this.#visit(request, { env, context, host, target })
    if (!visit) return this.#turnAway(undefined, this.#rules.reject(target, 'host'))
    if (own === 'events') return this.#receiveEvent(visit)
    if (own === 'relay') return relay(request, visit)
    try {
      return await this.#pass(visit)
    } finally {
      visit.end()
    }
  }

  /** Sends a request on, unless something stands against it. */
  async #pass(visit) {
    const reject = (reason, seconds) =>
      this.#turnAway(visit, this.#rules.reject(visit.target, reason, seconds))
    try {
      await visit.read()
      if (!visit.seen.refused) await visit.decide(this.#options)
      if (visit.seen.refused) return this.#turnAway(visit, visit.seen.answer)
      const waiting = this.#options.answersWaiting && visit.waiting
      if (waiting) return this.#turnAway(visit, waiting)
      const seconds = await visit.turn()
      if (seconds !== undefined) return reject('budget', seconds)
    } catch (error) {
      if (error instanceof Unreadable) return reject(error.reason)
      if (error?.code === 'CALLGATE_STORE_AWAY') return reject('store')
      throw error
    }
    const answer = await forward(visit)
    if (!answer) return reject('portal')
    this.#journal.passed(visit, answer)
    return learn(visit, answer, (lesson) => this.#journal.learnt(lesson))
  }

  /** A request for a portal; undefined where the gate serves none under that host. */
  #visit(request, { env, context, host, target }) {
    const origin = this.#rules.portal(host)
    if (origin === undefined) return undefined
    const state = this.#stateOf(env)
    return new Visit({ request, rules: this.#rules, origin, target, state, context })
  }

  #stateOf(env) {
    const { store, shared } = this.#options
    const made = typeof store === 'function'
    const owner = made ? env : undefined
    if (!this.#states.has(owner)) {
      this.#states.clear() // a platform that comes with another env means it
      this.#states.set(owner, new State(made ? store(env) : store, shared))
    }
    return this.#states.get(owner)
  }

  #receiveEvent({ portal, request, state }) {
    const { applicationTokens } = this.#options
    const record = (event) => this.#journal.tell({ portal, ...event })
    return receiveEvent(request, { portal, state, applicationTokens, record })
  }

  #turnAway(visit, answer) {
    this.#journal.turnedAway(visit, answer)
    return respond(answer)
  }
}

/** The answer in the portal's place. */
const respond = ({ status, headers, body }) => new Response(body || null, { status, headers })

const text = (body) =>
  new Response(body, { headers: { 'Content-Type': 'text/plain; charset=utf-8' } })

/** The decision about a request that isn't even read. */
const unreadable = (reason) => ({
  verdict: 'denied',
  evidence: 'none',
  problems: [{ path: 'request', reason, severity: 'error' }],
})
