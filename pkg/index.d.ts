/**
 * Callgate: knows before a call leaves whether it may be made, sees an administrator's
 * confirmation through, and decodes what comes back.
 *
 * Written by hand; `tests/package` holds it against the built module.
 */

/** Resolved once the module is compiled, which it is when the import has finished. */
export const ready: Promise<void>

/** One client's dealings with one portal. */
export class Portal {
  private constructor()

  /** The portal around this page: inside its iframe, with the token that it hands over. */
  static frame(options?: FrameOptions): Promise<Portal>
  /** A portal that gave an OAuth token; in any runtime. */
  static token(options: TokenOptions): Portal
  /** A portal that gave an inbound webhook; for servers, refused in a browser. */
  static webhook(url: string, options?: Options): Portal

  /** May this be called? Pure: nothing is sent. */
  check(method: string, params?: object, version?: Version): Decision

  /** Calls a method whose parameters and result are known. */
  call<Name extends keyof Methods>(
    method: Name,
    ...rest: Rest<Methods[Name]['params']>
  ): Promise<Answer<Methods[Name]['result']>>
  /** Calls any method; the caller names the result's type. */
  call<T = never>(
    method: [T] extends [never] ? never : string,
    params?: object,
    options?: CallOptions,
  ): Promise<Answer<T>>
  /** Calls a method that isn't known here. */
  call<Name extends string>(
    method: Name extends keyof Methods ? never : Name,
    params?: object,
    options?: CallOptions,
  ): Promise<Answer<unknown>>

  /** Makes many calls in few requests; more than fifty are split. */
  batch(calls: Command[] | Record<string, Command>, options?: BatchOptions): Promise<BatchAnswer>

  /** Reads a whole list, row by row, in as few requests as it takes. */
  list<Row = unknown>(method: string, params?: object, options?: ListOptions): ListStream<Row>

  /** The scopes that are known to be granted, and whose word that is. */
  readonly grant: Grant
  /** Asks the portal for the granted scopes. */
  loadGrant(): Promise<Grant>
  /** The confirmations that calls have run into. */
  readonly confirmations: Confirmation[]
  /** Takes an OnAppMethodConfirm event in; true when it woke a call that waits. */
  applyEvent(event: object | URLSearchParams | FormData | string): boolean

  /** Listens; the returned function ends it. */
  on<Type extends keyof Events>(type: Type, listener: (event: Events[Type]) => void): () => void
  /** Ends every call and wait with kind `aborted`. */
  close(): void
}

/** Every failure, with what a program needs to decide what to do next. */
export class CallgateError extends Error {
  private constructor()
  /** The portal's own code, unchanged, or one of ours, which begin with `CALLGATE_`. */
  readonly code: string
  readonly kind: Kind
  /** The HTTP status, if there was an answer. */
  readonly status?: number
  readonly method?: string
  /** Whether the portal executed the call. */
  readonly ran: 'yes' | 'no' | 'unknown'
  /** Whether the same call may succeed later. */
  readonly retryable: boolean
  /** Where a permission is the cause: which, and what would help. */
  readonly decision?: Decision
}

/**
 * The methods whose parameters and results are typed. A program adds its own:
 *
 *     declare module 'callgate' {
 *       interface Methods {
 *         'shop.order.get': { params: { id: number }; result: { order: Order } }
 *       }
 *     }
 */
export interface Methods {}

/** The generation of a portal's interface. */
export type Version = 2 | 3

/** How strictly a check before the call is taken. */
export type Mode = 'off' | 'warn' | 'enforce'

export type Kind =
  | 'denied'
  | 'waiting'
  | 'portal'
  | 'auth'
  | 'limit'
  | 'network'
  | 'timeout'
  | 'aborted'
  | 'invalid'
  | 'protocol'

export interface Options {
  fetch?: typeof fetch
  version?: Version
  /** The requests that the portal lets us send. */
  budget?: { burst?: number; perSecond?: number } | 'enterprise'
  /** For one HTTP attempt, in ms [60,000]. */
  timeout?: number
  /** The checks before a call [scope: 'enforce', parameters: 'warn']. */
  preflight?: Mode | { scope?: Mode; parameters?: Mode; methods?: Record<string, Mode> }
}

export interface TokenOptions extends Options {
  /** The portal's host, or its origin; plain http for loopback only. */
  domain: string
  accessToken: string
  refreshToken?: string
  /** In ms since 1970. */
  expiresAt?: number
  memberId?: string
  scope?: string | string[]
  /** Proves that an event comes from the portal. */
  applicationToken?: string
  refresh?: (current: Token) => Promise<Token>
}

export interface FrameOptions extends Options {
  /** The portals that may embed this page; any, if not given. */
  allowedPortals?: string[]
  /** In ms [10,000]. */
  handshakeTimeout?: number
  applicationToken?: string
}

/** A token as it is refreshed, and as a listener to `token` gets it. */
export interface Token {
  accessToken: string
  refreshToken?: string
  expiresAt?: number
  scope?: string | string[]
}

export interface CallOptions {
  signal?: AbortSignal
  /** For one HTTP attempt, in ms. */
  timeout?: number
  version?: Version
  /** The row to start a page at. */
  start?: number
  /** The call may be sent again when it is unknown whether it ran. A string is sent as the key. */
  idempotent?: boolean | string
  /** What to do when an administrator has to confirm the method first ['reject']. */
  confirmation?: 'reject' | 'wait'
  /** In ms [the token's life]. */
  confirmationTimeout?: number
}

export interface BatchOptions extends CallOptions {
  /** Nothing after a failed command is run. */
  halt?: boolean
}

export interface ListOptions extends CallOptions {
  /** Rows after which to stop. */
  limit?: number
}

export type Command = [method: string, params?: object] | { method: string; params?: object }

export interface Answer<T = unknown> {
  readonly data: T
  readonly total?: number
  readonly next?: number
  readonly time?: Time
  readonly status: number
  readonly more: boolean
  /** Converts the fields that the shape names; one that doesn't fit is an error. */
  decode<const S extends Shape>(shape: S): Decoded<S>
  /** The same, the caller naming the type; without a shape, by what is known of the method. */
  decode<S = unknown>(shape?: Shape): S
  /** The next page; rejects with kind `invalid` when there is none. */
  nextPage(): Promise<Answer<T>>
}

/**
 * What fields are to become: `{ ID: 'int', ACTIVE: 'flag', phones: [{ KIND: 'text' }] }`. A list
 * has one shape for all that is in it.
 */
export type Shape = keyof Converted | readonly [Shape] | { readonly [field: string]: Shape }

/** What a value of each kind is converted to. */
export interface Converted {
  int: number
  number: number
  /** Of Y and N, 1 and 0, true and false; empty is false. */
  flag: boolean
  /** Of a date with or without a time; false and empty are null. */
  date: Date | null
  text: string
}

/** The type that a shape makes. */
export type Decoded<S> = S extends keyof Converted
  ? Converted[S]
  : S extends readonly [infer Item]
    ? Decoded<Item>[]
    : { -readonly [Field in keyof S]: Decoded<S[Field]> }

/** What the portal says about the time it took. */
export interface Time {
  start: number
  finish: number
  duration: number
  processing: number
  date_start: string
  date_finish: string
  operating_reset_at?: number
  operating?: number
}

export interface BatchAnswer {
  executed: Record<string, Answer>
  failed: Record<string, CallgateError>
  notRun: string[]
}

export interface ListStream<Row> extends AsyncIterable<Row> {
  pages(): AsyncIterable<Row[]>
  toArray(): Promise<Row[]>
}

export interface Decision {
  verdict: 'allowed' | 'denied' | 'pending' | 'unknown'
  layer?: 'method' | 'scope' | 'parameters' | 'confirmation' | 'approval' | 'right' | 'plan'
  /** All of the lists, any of each. */
  needed?: string[][]
  provided?: string[]
  evidence: 'server' | 'method.get' | 'grant' | 'catalogue' | 'none'
  problems?: { path: string; reason: string; severity: 'error' | 'warning' }[]
  /** For a batch: each command's own. */
  commands?: Record<string, Decision>
  remedy?: string
  docs?: string
  deprecated?: { replacements: string[] }
}

export interface Grant {
  /** `null` while nothing is known. */
  scopes: string[] | null
  source: 'token' | 'event' | 'scope' | 'app.info' | 'given' | 'none'
  /** In ms since 1970. */
  asOf: number
}

export interface Confirmation {
  method: string
  state: 'waiting' | 'granted' | 'denied' | 'lapsed'
  /** In ms since 1970. */
  since: number
}

/** What `Portal.on` tells, by type. */
export interface Events {
  confirmation: Confirmation
  warning: { message: string; method?: string; decision?: Decision }
  token: Token
  throttle: { method?: string; until: number }
}

type Rest<Params> = object extends Params
  ? [params?: Params, options?: CallOptions]
  : [params: Params, options?: CallOptions]
