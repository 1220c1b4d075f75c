/** One request on its way through the gate, and what is known of it so far. */
import { bodyOf, headOf, isLink } from './incoming.js'
import { keyOf } from './key.js'
import { askForGrant } from './grants.js'

export class Visit {
  /** When it came. */
  at = Date.now()
  /** The request as the portal would see it; the core's, so it has to be freed. */
  seen
  /** What goes on to the portal as its body. */
  body
  /** The hash that stands for the caller, who may be nobody. */
  key
  /** What the store knows of the caller. */
  known
  #rules
  #context
  #later = []

  constructor({ request, rules, origin, target, state, context }) {
    this.request = request
    this.origin = origin
    this.portal = origin.slice(origin.indexOf('://') + 3)
    this.target = target
    this.state = state
    this.#rules = rules
    this.#context = context
  }

  /** Reads the request. @throws {import('./incoming.js').Unreadable} */
  async read() {
    const { portal, request, target } = this
    const { method, headers } = request
    if (isLink(target)) {
      this.body = request.body
      const head = headOf(withoutBody(headers))
      this.seen = this.#rules.read(portal, 'GET', target, head, new Uint8Array(0))
      return
    }
    this.body = await bodyOf(request, this.#rules.maxBody)
    this.seen = this.#rules.read(portal, method, target, headOf(headers), this.body)
  }

  /** Decides by what is known, and asks the portal where that isn't enough. */
  async decide({ asks }) {
    const { portal, seen, state } = this
    const { secret } = seen
    if (secret !== undefined) {
      this.key = await keyOf(portal, secret)
      this.known = await state.known(portal, this.key)
    }
    this.#judge()
    if (!asks || secret === undefined) return
    const wanted = seen.wantsGrant
    if (wanted === 'enforce') {
      this.known = await askForGrant(this, secret)
      this.#judge()
    } else if (wanted === 'warn') {
      this.later(askForGrant(this, secret))
    }
  }

  /** The portal's answer to a call of which it is known that it still waits. */
  get waiting() {
    const confirmation = this.known?.confirmations[this.seen.methodOf()]
    return confirmation?.state === 'waiting' && confirmation.fresh ? this.seen.waiting : undefined
  }

  /** Waits for its turn in the portal's budget; gives the seconds to stay away if there is none. */
  turn() {
    return this.state.turn(this.portal, this.key ?? this.seen.caller)
  }

  /** Lets work go on after the answer has gone. */
  later(work) {
    const quiet = work.catch(() => {})
    this.#later.push(quiet)
    this.#context?.waitUntil?.(quiet)
  }

  /** Gives back what the core holds, once nothing needs it any more. */
  end() {
    const free = () => this.seen?.free()
    if (this.#later.length === 0) free()
    else this.later(Promise.all(this.#later).then(free))
  }

  #judge() {
    const { grant, confirmations = {}, standings = {} } = this.known ?? {}
    const told = Object.entries(standings).flat()
    for (const [method, { state }] of Object.entries(confirmations)) told.unshift(method, state)
    this.seen.decide(grant?.scopes.join(','), told)
  }
}

/** The headers without those that tell of a body. */
const withoutBody = (headers) =>
  [...headers].filter(([name]) => !/^(content-|transfer-encoding$)/i.test(name))
