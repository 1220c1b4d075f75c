/**
 * Callgate at the edge: a gate in front of a portal. It checks what comes, sends on what may
 * succeed, and answers the rest in the portal's own form.
 *
 * Written by hand; `tests/edge` holds it against the built module.
 */

import type { Decision, Mode } from './index.js'

export { CallgateError } from './index.js'
export type { Decision, Mode } from './index.js'

/**
 * Makes a gate. Its `fetch` is what the platform calls:
 *
 * ```js
 * import { createGate } from 'callgate/edge'
 *
 * export default createGate({ portals: ['portal.bitrix24.com'] })
 * ```
 *
 * Throws with kind `invalid`, naming the option, for one that is missing, wrong or unknown.
 *
 * @param options at least the portals that it serves
 */
export function createGate<Env = unknown>(options: GateOptions<Env>): Gate<Env>

/** A gate: it serves the portals that it was made for, and no others. */
export interface Gate<Env = unknown> {
  /**
   * What the gate would decide of a request, which goes nowhere and can still be read. Where what
   * was granted isn't known and makes a difference, the portal is asked for it, as with `fetch`.
   *
   * Rejects with kind `invalid` for what is no `Request`, and with code `CALLGATE_STORE_AWAY` where
   * the store is away and `whenStoreIsAway` says `refuse`.
   *
   * @param request as it would come to the gate
   * @param env the platform's, for a `store` that is made of it
   */
  check(request: Request, env?: Env): Promise<Decision>

  /**
   * Sends a request on to its portal and gives the portal's answer as it came, or gives an answer of
   * the gate's own: the portal's form, status and CORS headers, and one key more, `callgate`, with
   * the {@link Decision}. Never follows a redirect.
   *
   * @param request what came
   * @param env the platform's, for a `store` that is made of it
   * @param context the platform's: what answers teach is kept by its `waitUntil`
   */
  fetch(
    request: Request,
    env?: Env,
    context?: { waitUntil?(promise: Promise<unknown>): void },
  ): Promise<Response>
}

/** What an operator says. Only `portals` has to be said. */
export interface GateOptions<Env = unknown> {
  /**
   * The portals that the gate serves: a host, or an origin with https. One alone is served under
   * whatever host the gate has. Several need an object of the gate's hosts and the portals'; another
   * host gets 404.
   */
  portals: readonly string[] | { readonly [gateHost: string]: string }

  /**
   * What a finding does: `enforce` refuses the request, `warn` only tells of it in the record and
   * `check()`, `off` doesn't look. By default `warn`: watch the records for a while, then enforce.
   *
   * In `enforce` a request that can be read in two ways is refused too, with `CALLGATE_AMBIGUOUS`.
   * What no mode lets pass: other hosts and paths than a portal's REST interface, requests made to be
   * taken for two, what is past a limit, and a method that an administrator denied to this token.
   */
  preflight?:
    Mode | { scope?: Mode; parameters?: Mode; methods?: { readonly [method: string]: Mode } }

  /**
   * How the gate knows what a token carries. `ask`, the default: it asks the portal once for each
   * token, with the token's own request, and keeps it for an hour (ten minutes for a webhook). Or the
   * scopes of all tokens of a portal, by its host.
   */
  grants?: 'ask' | { readonly [portalHost: string]: readonly string[] }

  /**
   * Where the gate keeps what it knows, for all its workers: grants, confirmations under way, the
   * request budget. By default the memory of this process. A function makes it of the platform's
   * `env`. Tokens are kept as hashes only.
   */
  store?: Store | ((env: Env) => Store)

  /** What happens while the store doesn't answer: requests pass unchecked by it, or get 503. */
  whenStoreIsAway?: 'pass' | 'refuse'

  /** The portal's request budget: 50 at once and 2 a second unless said; `enterprise` is 250 and 5. */
  budget?: 'enterprise' | { burst?: number; perSecond?: number }

  /** How long a request may wait for its turn in the budget, in ms: 10,000. Then it gets 503. */
  patience?: number

  /**
   * What a call gets of which the portal said less than 30 seconds ago that an administrator has
   * still to confirm it: `forward` asks the portal again, `answer` answers so in its place.
   */
  confirmations?: 'forward' | 'answer'

  /**
   * The application token of each portal, by its member id: with it events of the portal prove
   * themselves (`paths.events`).
   */
  applicationTokens?: { readonly [memberId: string]: string }

  /** Addresses of the gate itself. None unless said; none may begin with `/rest/`. */
  paths?: {
    /** Where the portal posts OnAppMethodConfirm: the handler to bind with `event.bind`. */
    events?: string
    /** Where pages hear that an administrator has decided: the option `relay` of `Portal`. */
    relay?: string
    /** Answers 200 while the worker lives. */
    health?: string
    /** What this worker has counted, in the text format of Prometheus. Anybody can read it. */
    metrics?: string
  }

  /** How long a body may be, in bytes: 16 MiB. Files of signed upload links pass unread. */
  maxBody?: number

  /** How many variables PHP reads at the portal (`max_input_vars`): 1,000. */
  maxVariables?: number

  /** Gets a record of each decision. What it throws is logged and changes nothing. */
  onDecision?(record: DecisionRecord | EventRecord): void

  /** Lets portals be reached by http on the machine itself: for tests, as the name says. */
  httpToLoopbackForTests?: boolean
}

/** What the gate did with a request. It holds no token and no value of a parameter. */
export interface DecisionRecord {
  /** When the request came, in ms since 1970. */
  at: number
  /** The portal's host; absent where the request was for none. */
  portal?: string
  /** By what the caller is known. */
  caller?: 'token' | 'webhook' | 'session' | 'nobody'
  /** The beginning of the hash that stands for the caller: the same for the same token. */
  key?: string
  /** The method, as it was sent. */
  method?: string
  version?: 2 | 3
  /** How many commands a batch has. */
  commands?: number
  verdict?: Decision['verdict']
  layer?: Decision['layer']
  evidence?: Decision['evidence']
  problems?: Decision['problems']
  /** Whether it got the portal's answer or one of the gate's own. */
  outcome: 'passed' | 'turned away'
  /** The status of that answer. */
  status: number
  /** The code of the gate's own answer. */
  code?: string
  /** Where the portal says that it has moved to: add it to `portals` if you know it. */
  moved?: string
  /** From the request to the head of its answer. */
  millis: number
}

/** What became of an event that was posted to `paths.events`. */
export interface EventRecord {
  event: 'confirmation'
  portal: string
  method?: string
  outcome: 'woken' | 'nobody' | 'unproven' | 'unreadable' | 'away'
}

/**
 * Lets gates look at parameters more closely, with all documented parameters and values that the
 * package knows of. It is a big file: load it where that pays.
 */
export function loadCatalogue(): Promise<void>

/** Keeps everything in this process: for one process, and for trying things out. */
export function memoryStore(): Store

/**
 * Where gates keep what they know. Use one of those that the package has: {@link memoryStore},
 * `callgate/edge/cloudflare`, `callgate/edge/redis`.
 *
 * A key stands for a token. Whatever rejects counts as the store being away.
 */
export interface Store {
  /** All fields of a key that haven't expired. */
  read(portal: string, key: string): Promise<Record<string, any>>
  /** Keeps a field, a value that JSON has, for `life` ms. */
  write(portal: string, key: string, field: string, value: unknown, life: number): Promise<void>
  /** Drops a field, or all of them. */
  forget(portal: string, key: string, field?: string): Promise<void>
  /** Gives a request its turn in the portal's budget, in one step. */
  lease(portal: string, ask: Ask): Promise<Lease>
  /** The portal found its budget spent: nothing is leased for `pause` ms. */
  refused(portal: string, what: { pause: number; rate: Rate }): Promise<void>
  /** Wakes those who listen to a topic. */
  publish(portal: string, topic: string): Promise<void>
  /** Listens to a topic; rejects where `most` listen already. Gives a function that ends it. */
  subscribe(portal: string, topic: string, wake: () => void, most: number): Promise<() => void>
  /** Takes over a page's WebSocket, where the store can hold one; `most` may listen to one topic. */
  accept?(portal: string, most: number): Promise<Response>
}

/** How fast a portal's bucket drains, and how much it holds. */
export interface Rate {
  burst: number
  perSecond: number
}

/** A request that wants its turn. */
export interface Ask {
  key: string
  /** Its place in the line, from an earlier answer. */
  ticket?: string
  /** How long it may still wait, in ms. */
  patience: number
  rate: Rate
}

/**
 * Its turn, and so many more for `life` ms; or a place in the line, to come back with in `wait` ms;
 * or nothing before so many seconds.
 */
export type Lease =
  { units: number; life: number } | { ticket: string; wait: number } | { retryAfter: number }
