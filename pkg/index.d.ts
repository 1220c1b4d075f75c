/**
 * Callgate: knows before a call leaves whether it may be made, sees an administrator's
 * confirmation through, and decodes what comes back.
 *
 * Written by hand; `tests/package` holds it against the built module.
 */

import type { Deprecated, Documented, Documented3 } from './methods.js'

/** Resolved once the module is compiled, which it is when the import has finished. */
export const ready: Promise<void>

/**
 * Lets every portal of this program know more than names, scopes and required parameters: all
 * documented parameters, alternatives, values, deprecations, events and pages, for checks; and the
 * shapes of results, for `decode()`. Without arguments it loads the package's own
 * (`callgate/catalogue` and `callgate/shapes`, which a bundler puts into files of their own).
 *
 * Where `import()` is not allowed, as in a service worker, import one of them or both and hand them
 * over. To know what a newer release knows, hand over its `callgate/catalogue.bin`.
 *
 * Rejects with kind `invalid`, saying why, for a file that is cut, damaged, foreign or made for
 * another catalogue; what was in use before stays in use.
 *
 * @param files facts as a text or as bytes, in any order
 */
export function loadCatalogue(...files: (string | Uint8Array | ArrayBuffer)[]): Promise<void>

/**
 * One client's dealings with one portal: a token or a webhook, what is known to be granted, the
 * confirmations under way.
 *
 * Wherever a function throws or a promise rejects, it does so with a {@link CallgateError}.
 */
export class Portal {
  private constructor()

  /**
   * The portal around this page: inside its iframe, with the token that it hands over. The token is
   * refreshed through the portal's page; its scopes are asked for alongside the first call.
   *
   * The portal's origin is taken from `window.name`, which the page that opened the frame wrote:
   * name your portals in `allowedPortals` if your page must not talk to any other.
   *
   * Rejects with code `CALLGATE_NOT_IN_FRAME` outside a portal's frame, `CALLGATE_PORTAL_NOT_ALLOWED`
   * for a portal that isn't in the list, `CALLGATE_FRAME_SILENT` (kind `timeout`) when the portal's
   * page doesn't answer within `handshakeTimeout`.
   */
  static frame(options?: FrameOptions): Promise<FramedPortal>

  /**
   * A portal that gave an OAuth token; in any runtime. Nothing is sent.
   *
   * Throws with kind `invalid` for an option that is missing, wrong or unknown.
   */
  static token(options: TokenOptions): Portal

  /**
   * A portal that gave an inbound webhook, `https://HOST/rest/USER/SECRET/`. The address holds a
   * secret, so it is for servers: in a browser it throws with code `CALLGATE_WEBHOOK_IN_BROWSER`
   * unless `exposeSecretInBrowser` is set.
   */
  static webhook(url: string, options?: WebhookOptions): Portal

  /**
   * May this be called? Asks the layers in order (method, scope, confirmation, parameters) by what
   * is known here; nothing is sent. A method that isn't in the catalogue is `unknown`, which passes.
   *
   * @param method the method's name, compared without case
   * @param params what it would be called with
   * @param version the REST version; without it 2 where the method exists there, else 3
   */
  check(method: MethodName, params?: object, version?: Version): Decision

  /**
   * The same decision, once the portal itself has been asked whether it has the method and lets the
   * token call it (`method.get`). It is asked once for a method and a token. Of confirmations, of
   * the user's own rights and of parameters it says nothing. Rejects as a call does.
   */
  ask(method: MethodName, params?: object, version?: Version): Promise<Decision>

  /**
   * Calls a method.
   *
   * One that is documented, or that the program describes in {@link Methods}, has its parameters and
   * its result: `data` as the portal sends it, `decode()` as it is meant. Any other takes what it is
   * given. `call<T>` takes any method with any parameters, and has `T` for a result.
   *
   * Before anything is sent, preflight may refuse the call: kind `denied`, `ran: 'no'`, with the
   * decision. What the portal refuses rejects with the portal's own code.
   *
   * @deprecated this method; the last type argument is what its documentation says to use instead
   */
  call<
    T = never,
    Name extends string = string,
    V extends Version = 2,
    Instead = [Name] extends [keyof Deprecated] ? Deprecated[Name] : never,
  >(
    method: Name,
    ...rest: [Name, V] extends [keyof Deprecated, 2]
      ? Rest<Params<Called<T, Name, V>>, V>
      : Refused<Params<Called<T, Name, V>>, V>
  ): Promise<AnswerTo<Called<T, Name, V>>>
  /** Never chosen: by this an editor completes the names. */
  call(method: MethodName, ...never: Refused<object, Version>): never
  /**
   * Calls a method.
   *
   * One that is documented, or that the program describes in {@link Methods}, has its parameters and
   * its result: `data` as the portal sends it, `decode()` as it is meant. Any other takes what it is
   * given. `call<T>` takes any method with any parameters, and has `T` for a result.
   *
   * Before anything is sent, preflight may refuse the call: kind `denied`, `ran: 'no'`, with the
   * decision. What the portal refuses rejects with the portal's own code.
   *
   * A call that failed and did not run is repeated, up to three times and with growing pauses; so is
   * one that may have run, if it only reads or is `idempotent`. One that a limit of the portal's refused
   * waits until there is room.
   */
  call<T = never, Name extends string = string, V extends Version = 2>(
    method: Name,
    ...rest: Rest<Params<Called<T, Name, V>>, V>
  ): Promise<AnswerTo<Called<T, Name, V>>>

  /**
   * Runs many calls in few requests: up to 50 in each, the requests one after the other, the calls
   * in their order. One may refer to what an earlier one answers, by {@link ref}; calls that refer to
   * each other go in one request.
   *
   * What becomes of a call concerns it alone, and those that refer to it: preflight and the portal
   * refuse single calls, and a request that gets no answer fails its own. With `halt` nothing runs
   * behind the first that fails. Of several calls that would ask an administrator for the same
   * confirmation one is sent ahead, so that the administrator is asked once.
   *
   * Parameters go as a query there (version 2): every value arrives as a text, true and false as 1
   * and 0, null and an empty list as an empty text; an empty object doesn't arrive. What a query
   * would lose otherwise fails with kind `invalid`.
   *
   * In version 3 calls are run all or none: the first that fails fails those of its request, with
   * `ran: 'unknown'`. A browser can't send them, for a token has to go in a header there.
   *
   * Rejects for what concerns all of it: with kind `invalid` for calls or options that are none, for
   * more than 50 calls connected by references, for calls of two versions; with kind `aborted`,
   * after which nothing is known of its calls. An empty batch sends nothing.
   *
   * @param calls an array or an object of `[method, params]` or `{ method, params }`
   */
  batch<const Calls extends BatchCalls, V extends Version = 2>(
    calls: Calls,
    options?: BatchOptions<V>,
  ): Promise<BatchAnswer<Calls, V>>

  /**
   * All rows of a list, in order, none twice, and none lost that was there throughout:
   *
   *     for await (const deal of portal.list('crm.deal.list', { filter: { '>OPPORTUNITY': 1000 } })) …
   *
   * The method's own filter, order and selection hold. Where rows can be asked for by their ids, which
   * the first request proves, they are: side by side, many pages to a request. Where they can't, and
   * for any other order than by id, pages are asked for by their number; if the list shrinks all the
   * while, rows may be missing then, which is told by an event `warning` at the end.
   *
   * Nothing is sent until somebody reads, and who reads slowly has no more than 25,000 rows under way
   * and waiting. Whatever is wrong, with arguments too, is told where rows are read, after the pages
   * before it: what was handed out stays good. Requests are repeated as those of calls are.
   *
   * @param params without `start` (version 3: `cursor`, and `pagination` but for its `limit`)
   */
  list<T = never, Name extends string = string, V extends Version = 2>(
    method: Name,
    ...rest: ListRest<Params<Called<T, Name, V>>, V>
  ): ListStream<[T] extends [never] ? RowOf<Member<Method<Name, V>, 'result', unknown>> : T>

  /** The page around the application, if {@link Portal.frame} made this. */
  readonly frame?: Frame

  /** The scopes that are known to be granted, on whose word, and since when. */
  readonly grant: Grant

  /** The scopes that are granted beside those that are required. */
  readonly scopes: Scopes

  /**
   * Asks the portal for the granted scopes: the method `scope`, or `app.info` through a webhook.
   * Rejects as that call does.
   */
  loadGrant(): Promise<Grant>

  /** How much of the portal's request budget is used. */
  readonly budget: Budget

  /** The confirmations that calls have run into, oldest first. */
  readonly confirmations: Confirmation[]

  /**
   * Takes in an OnAppMethodConfirm event, as an object, as form data or as the form-encoded text
   * that the portal posts. The event decides nothing: one whose application token is right wakes
   * the call that waits, which is repeated, and the portal's answer decides.
   *
   * Any other event, and the request that opens a placement, tell the scopes of the token that comes
   * with them: where that is this portal's own, and the application token is right, they are its grant.
   *
   * @returns true when it woke a call; false for another event, a wrong application token, a token
   *   or method that nobody waits for, or (with a warning, once) without `applicationToken`
   */
  applyEvent(event: object | URLSearchParams | FormData | string): boolean

  /**
   * Listens to what happens. What a listener throws is reported as an uncaught error and disturbs
   * nobody. Throws with kind `invalid` for an event that doesn't exist.
   *
   * @returns a function that ends it
   */
  on<Type extends keyof Events>(type: Type, listener: (event: Events[Type]) => void): () => void

  /** Ends every call and every wait with kind `aborted`, and refuses later ones. */
  close(): void
}

/**
 * The fewest scopes that an application must ask for to call these methods and to hear of these
 * events. Nothing is sent. Only what the documentation says for certain is asked for.
 *
 * Throws with kind `invalid` for anything but texts, and for `events` before `loadCatalogue()`.
 *
 * @param methods names, compared without case
 * @param options.version the REST version; without it 2 where the method exists there, else 3
 */
export function scopesFor(
  methods: readonly string[],
  options?: { events?: readonly string[]; version?: Version },
): ScopeNeeds

/**
 * Stands in a batch for what an earlier call of it answers, or for a part of that:
 * `{ id: ref('new') }`, `{ ID: ref('me', 'UF_DEPARTMENT', 0) }`. As a parameter's whole value it
 * keeps its type on the portal, so it fits wherever that does; within a text it must be followed by a
 * blank or be at the end.
 *
 * A reference to a call that fails in the portal gets the answers of all calls so far for a value,
 * which is told by an event `warning`: `halt` prevents that.
 *
 * Throws with kind `invalid` for names that a portal would misread.
 *
 * @param call the call's name, or its number in an array
 * @param path the names or numbers that lead to the part
 */
export function ref(call: string | number, ...path: (string | number)[]): any

/** A portal with its page around the application. */
export interface FramedPortal extends Portal {
  readonly frame: Frame
}

/**
 * What an application in a frame can have the portal's page do.
 *
 * A command that the page never answers rejects with code `CALLGATE_FRAME_SILENT` (kind `timeout`)
 * after ten seconds: a portal says nothing where a command isn't allowed, and older ones don't know
 * all of them. Where a person decides nothing is hurried: closing a dialog is no answer, so give a
 * signal if the application goes on without one. After `destroy()` or `portal.close()` everything ends
 * with kind `aborted`.
 */
export interface Frame {
  /** The language of the portal's page, such as `en`. */
  readonly lang: string
  /** Whether the user is an administrator, or may install this application. */
  readonly isAdmin: boolean
  /** Whether the portal shows the application's installation, which {@link installFinish} ends. */
  readonly isInstalling: boolean
  /** Whether this user opens this version of the application for the first time. */
  readonly isFirstRun: boolean
  /** Where the application was opened. */
  readonly placement: Placement
  /** What the portal keeps for the application. */
  readonly options: {
    /** For all users; only an administrator sets one. */
    readonly app: PortalOptions
    /** For each user. */
    readonly user: PortalOptions
  }
  /** Calls and chats. The page answers none of these. */
  readonly im: {
    /** Calls a user of the portal. */
    callTo(userId: number, options?: { video?: boolean }): void
    /** Calls a number. */
    phoneTo(phone: string): void
    /** Opens a chat: a user's number, `chat7`, `sg7`, `imol|7`; without one, the list of them. */
    openMessenger(dialogId?: string | number): void
    openHistory(dialogId: string | number): void
  }

  /**
   * Resizes the frame.
   *
   * @param width in pixels, or `'100%'` for all there is
   * @param height in pixels
   * @returns what it measures then
   */
  resize(width: number | '100%', height: number): Promise<{ width: number; height: number }>
  /** Makes the frame as wide as there is room and as high as the document. */
  fit(): Promise<{ width: number; height: number }>
  /** Reloads the portal's page, and this one with it. */
  reload(): void
  /** Sets the title of the portal's page; only where the application has a page of its own. */
  title(title: string): Promise<void>
  /** Scrolls the portal's page to so many pixels from its top. */
  scroll(pixels: number): Promise<void>

  /** Lets the user choose one. Asked again, the dialog answers who asked last. */
  selectUser(options?: { signal?: AbortSignal }): Promise<PortalUser>
  selectUsers(options?: { signal?: AbortSignal }): Promise<PortalUser[]>
  /** Lets the user choose who has access; `value` are the codes that are chosen from the start. */
  selectAccess(options?: { value?: string[]; signal?: AbortSignal }): Promise<AccessCode[]>
  /**
   * Lets the user choose items of the CRM. The types that nothing was chosen of are missing.
   *
   * @param options.entityType what is offered [all]
   * @param options.multiple whether more than one can be chosen
   * @param options.value what is chosen from the start: codes such as `D_7`, or numbers by type
   */
  selectCRM(options?: {
    entityType?: CrmType[]
    multiple?: boolean
    value?: string[] | { [Type in CrmType]?: (string | number)[] }
    signal?: AbortSignal
  }): Promise<{ [Type in CrmType]?: CrmItem[] }>

  /**
   * Opens the application once more, in a panel over the page; resolves when that is closed.
   *
   * @param params what it finds there as `placement.options`
   */
  openApplication(
    params?: object,
    options?: {
      /** In pixels. */
      width?: number
      /** What stays free at the left, in pixels. */
      leftBoundary?: number
      title?: string
      label?: {
        text?: string
        color?: string
        bgColor?: 'aqua' | 'green' | 'orange' | 'brown' | 'pink' | 'blue' | 'grey' | 'violet'
      }
      signal?: AbortSignal
    },
  ): Promise<void>
  /** Closes the panel that the application was opened in. */
  closeApplication(): void
  /**
   * Opens a page of the portal in a panel; resolves when that is closed. Rejects with the portal's
   * code: `PATH_NOT_AVAILABLE`, `METHOD_NOT_SUPPORTED_ON_DEVICE`.
   */
  openPath(path: string, options?: { signal?: AbortSignal }): Promise<void>

  /**
   * Tells the portal that the application is installed; it reloads its page then. Throws with kind
   * `invalid` when the application isn't being installed.
   */
  installFinish(): void
  /** Tells the portal that the first run is over. */
  firstRunFinish(): Promise<void>
  /** Ends the portal with its calls, its listeners and the channel to its page; as `close()`. */
  destroy(): void
}

/** The place where an application was opened, and what it has of its own. */
export interface Placement {
  /** Such as `CRM_DEAL_DETAIL_TAB`; `DEFAULT` for the application's own page. */
  readonly name: string
  /** What the place is about, such as `{ ID: '42' }`. */
  readonly options: Readonly<Record<string, unknown>>
  /** The names of its commands and events. */
  interface(): Promise<{ command: string[]; event: string[] }>
  /**
   * Has the place do something. What it answers may be an error of its own, such as
   * `[{ result: 'error', errorCode: '…' }]`.
   */
  call(command: string, params?: unknown, options?: { signal?: AbortSignal }): Promise<any>
  /**
   * Listens to an event of the place. What a listener throws is an uncaught error.
   *
   * @returns a function that ends it
   */
  on(event: string, listener: (event: any) => void): () => void
  /** Listens by a command, such as `bindValueChangeCallback`. */
  bind(command: string, listener: (event: any) => void, params?: unknown): () => void
}

/** Options that a portal keeps. Numbers and flags may be texts at the next visit. */
export interface PortalOptions {
  /** As it was when the application was opened, or as it was set since; undefined if it isn't. */
  get(name: string): unknown
  /** Rejects with code `access_denied` (kind `denied`) where the user may not. */
  set(name: string, value: unknown): Promise<void>
}

/** A user, as the portal's dialog tells it. */
export interface PortalUser {
  id: string
  name: string
  position?: string
  photo?: string
  url?: string
  /** Whether this is a subordinate, or a superior, of who chose. */
  sub?: boolean
  sup?: boolean
}

/** Somebody who can be given access: a user, a group, a department. */
export interface AccessCode {
  provider: string
  /** The code, such as `U1`, `AU`, `DR1`. */
  id: string
  name: string
}

export type CrmType = 'lead' | 'contact' | 'company' | 'deal' | 'quote'

/** An item of the CRM, as the portal's dialog tells it. */
export interface CrmItem {
  /** With the type's letter: `D_7`. */
  id: string
  type: CrmType
  title: string
  desc?: string
  url?: string
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
 * Methods that a program adds to the documented ones, or that it knows better:
 *
 *     declare module 'callgate' {
 *       interface Methods {
 *         'shop.order.get': { params: { id: number }; result: { order: Order } }
 *       }
 *     }
 *
 * A third member, `decoded`, is what `decode()` makes of the result.
 */
export interface Methods {}

/** A method's name: one that is known, or any other. */
export type MethodName = keyof Methods | keyof Documented | (string & {})

/**
 * What is known of a method: `params`, `result` as the portal sends it, `decoded` as `decode()`
 * makes it. A name that is in both versions means version 2, unless told otherwise.
 */
export type Method<Name extends string, V extends Version = 2> = Name extends keyof Methods
  ? Methods[Name]
  : [Name, V] extends [keyof Documented3, 3]
    ? Documented3[Name & keyof Documented3]
    : Name extends keyof Documented
      ? Documented[Name]
      : Unknown

/** The generation of a portal's interface. */
export type Version = 2 | 3

/**
 * What a layer's "no" does to a call: nothing, since it isn't asked (`off`); an event `warning`, once
 * for each method and layer (`warn`); a refusal (`enforce`). Only what is proven is enforced.
 */
export type Mode = 'off' | 'warn' | 'enforce'

/**
 * What sort of failure a {@link CallgateError} is.
 *
 * - `denied`: a permission is missing, and asking again won't change that
 * - `waiting`: an administrator has been asked and hasn't decided
 * - `portal`: the portal refused or failed for a reason of its own
 * - `auth`: the token or webhook isn't accepted
 * - `limit`: too many requests, or too much operating time
 * - `network`: the connection failed
 * - `timeout`: time ran out on this side
 * - `aborted`: the caller ended it
 * - `invalid`: the caller's input is wrong
 * - `protocol`: the answer isn't one that a portal gives
 */
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

/** What all ways to a portal have in common. */
export interface Options {
  /**
   * The way out instead of the runtime's own. It gets the address and an init with `method`,
   * `headers`, `body`, `redirect: 'manual'` and `signal`; its answer needs no more than `status`,
   * `headers.get` and `text()`.
   */
  fetch?: (url: string, init: RequestInit) => Promise<FetchAnswer>
  /** The REST version of calls that don't choose one [2 where the method exists there, else 3]. */
  version?: Version
  /**
   * How many requests the portal takes: `burst` at once, and `perSecond` in the long run [50 and 2,
   * as in ordinary plans; `'enterprise'`: 250 and 5]. Calls beyond that wait for their turn, in order,
   * and one of many pieces of a list gives way to a single call. Where another program at the same
   * address uses the budget too, the pace is slowed down until there is room again.
   */
  budget?: { burst?: number; perSecond?: number } | 'enterprise'
  /**
   * Asked when the portal has moved: whether it, with the token, is at this host now. With `true` the
   * calls that found it moved are repeated there, and all others go there from now on; store the host.
   * With anything else, without this function, or in a browser, which doesn't tell the new host, such
   * a call rejects with code `CALLGATE_MOVED` and did not run.
   */
  onMoved?: (host: string) => boolean | Promise<boolean>
  /**
   * How many bytes an answer may have [268,435,456]. A longer one isn't read to its end: the call
   * rejects with code `CALLGATE_TOO_LONG`. For Node's transport; another `fetch` finds it in its init.
   */
  maxBody?: number
  /** For one HTTP attempt, its body included, in ms [60,000]. Waiting for a turn doesn't count. */
  timeout?: number
  /** The checks before a call [scope: 'enforce', parameters: 'warn']. */
  preflight?: Mode | { scope?: Mode; parameters?: Mode; methods?: Record<string, Mode> }
}

/** What is read of a fetch's answer. */
export interface FetchAnswer {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
}

/** Options of {@link Portal.token}. */
export interface TokenOptions extends Options {
  /** The portal's host, or its origin; https, or http for the loopback host. */
  domain: string
  accessToken: string
  /** Handed to `refresh`, once. */
  refreshToken?: string
  /** In ms since 1970. A token whose time has passed is refreshed before the next call. */
  expiresAt?: number
  /** The portal's id; events of another portal are ignored. */
  memberId?: string
  /**
   * The scopes that came with the token: a list, or a text with commas or blanks, such as `scope` of
   * the token's answer, `auth[scope]` of an event, `APPLICATION_SCOPE` of a placement.
   */
  scope?: string | string[]
  /** Proves that an event comes from the portal. */
  applicationToken?: string
  /**
   * Where a gate (`callgate/edge`, its `paths.relay`) tells that an administrator has decided: while
   * calls wait for one, this is listened to, and they are repeated at once instead of from time to
   * time. Their token is sent there, so the address is https or wss, or of the loopback host; wss
   * needs a gate whose store holds WebSockets. While it can't be reached calls wait as without it.
   */
  relay?: string
  /**
   * Gets a new token; called once for all calls that need one, and never twice with the same
   * `refreshToken`. What it throws ends those calls with code `CALLGATE_REFRESH_FAILED`.
   */
  refresh?: (current: Token) => Promise<Token>
}

/** Options of {@link Portal.frame}. */
export interface FrameOptions extends Options {
  /** The portals' hosts or origins that may embed this page; any, if not given. */
  allowedPortals?: string[]
  /** How long the portal's page may take to answer, in ms [10,000]. */
  handshakeTimeout?: number
  /** Proves that an event comes from the portal. */
  applicationToken?: string
  /** Where a gate tells that an administrator has decided, as in {@link TokenOptions}. */
  relay?: string
}

/** Options of {@link Portal.webhook}. */
export interface WebhookOptions extends Options {
  /** Lets a browser have the webhook's secret, and with it everybody who opens the page. */
  exposeSecretInBrowser?: boolean
}

/** A token as it is refreshed. */
export interface Token {
  accessToken: string
  refreshToken?: string
  /** In ms since 1970. */
  expiresAt?: number
  scope?: string | string[]
}

/** Options of one call. */
export interface CallOptions<V extends Version = Version> {
  /** Ends the call with kind `aborted`, wherever it is. */
  signal?: AbortSignal
  /** For one HTTP attempt, in ms [the portal's]. */
  timeout?: number
  /** The REST version [the portal's]. */
  version?: V
  /** The row to start a page at; replaces `start` among the parameters. Version 2 only. */
  start?: number
  /**
   * The call is sent again when it is unknown whether it ran, as one that only reads is. A text is also sent as the header
   * `Idempotency-Key` where the interface has it (version 3) and CORS allows it (not in a browser).
   */
  idempotent?: boolean | string
  /**
   * What to do when an administrator has to confirm the method first ['reject']: reject with kind
   * `waiting`, or wait: keep the token and repeat the call, slowly, until it gets another answer.
   */
  confirmation?: 'reject' | 'wait'
  /** How long to wait for the administrator, in ms [as long as the token lives]. */
  confirmationTimeout?: number
}

/** A call of a batch. */
export type BatchCall =
  | readonly [method: MethodName, params?: object]
  | { readonly method: MethodName; readonly params?: object }

/** The calls of a batch, by their numbers or by names. */
export type BatchCalls = readonly BatchCall[] | { readonly [name: string]: BatchCall }

/** Options of a batch. */
export interface BatchOptions<V extends Version = Version> {
  /** Ends the batch with kind `aborted`, wherever it is. */
  signal?: AbortSignal
  /** For one HTTP attempt, in ms [the portal's]. */
  timeout?: number
  /** The REST version of all calls [the portal's, or that of their methods if it is the same]. */
  version?: V
  /** Nothing runs behind a call that failed [false]. */
  halt?: boolean
  /** The calls may be sent again when it is unknown whether they ran. Those that read are anyway. */
  idempotent?: boolean
  /**
   * What becomes of a call that an administrator has to confirm first ['reject']: it fails with kind
   * `waiting`, or it waits by itself, as it would alone, while the others run. One that is connected
   * with others by references never waits.
   */
  confirmation?: 'reject' | 'wait'
  /** How long to wait for the administrator, in ms [as long as the token lives]. */
  confirmationTimeout?: number
}

/**
 * What became of a batch's calls. Each name stands in one of the three, in the order in which the
 * calls were given; JavaScript itself lists names that are whole numbers first, by their size.
 */
export interface BatchAnswer<Calls extends BatchCalls = BatchCalls, V extends Version = 2> {
  /** The answers of those that ran, as if each had been called alone. */
  readonly executed: {
    readonly [Name in BatchNames<Calls>]?: AnswerTo<Method<MethodOf<Calls, Name>, V>>
  }
  /** The others' errors: of those that the portal refused, and of those that were not sent. */
  readonly failed: { readonly [Name in BatchNames<Calls>]?: CallgateError }
  /** Those behind one that failed, with `halt`. */
  readonly notRun: BatchNames<Calls>[]
}

/** Options of a list. */
export interface ListOptions<V extends Version = Version> {
  /** Ends the list with kind `aborted`, wherever it is. */
  signal?: AbortSignal
  /** For one HTTP attempt, in ms [the portal's]. */
  timeout?: number
  /** The REST version [the portal's]. */
  version?: V
  /** As for a call: what to do when an administrator has to confirm the method first ['reject']. */
  confirmation?: 'reject' | 'wait'
  /** How long to wait for the administrator, in ms [as long as the token lives]. */
  confirmationTimeout?: number
  /** Hears how far the list has come, with each page. What it throws ends the list. */
  onProgress?: (progress: Progress) => void
}

/** How far a list has come. */
export interface Progress {
  /** Rows on the pages handed out. */
  readonly rows: number
  /** How many there were when the portal counted them, with the first page; version 3 doesn't. */
  readonly total?: number
  readonly requests: number
}

/**
 * The rows of a list, as the portal sends them; they can be read once. Who leaves the loop ends the
 * list, its requests included.
 */
export interface ListStream<Row = unknown> extends AsyncIterable<Row> {
  readonly progress: Progress
  [Symbol.asyncIterator](): AsyncGenerator<Row, void, undefined>
  /** Page by page, as they come from the portal. */
  pages(): AsyncGenerator<Row[], void, undefined>
  toArray(): Promise<Row[]>
}

/** What a call brought: `T` as the portal sent it, `D` as it is meant. */
export interface Answer<T = unknown, D = unknown> {
  /** The result as the portal sent it, parsed. */
  readonly data: T
  /** How many rows there are in all, where the portal counted them. */
  readonly total?: number
  /** Where the next page starts. */
  readonly next?: number
  readonly time?: Time
  /** The HTTP status. */
  readonly status: number
  /** Whether there is a next page. */
  readonly more: boolean
  /**
   * Converts the result, or a copy of it, by what is known of the method. What doesn't fit stays as
   * it came, whatever its type says, with an event `warning`.
   */
  decode(): D
  /**
   * Converts the fields that the shape names, into a copy. A field that is null or missing stays so.
   * Throws with code `CALLGATE_SHAPE`, naming the path, for a value that doesn't fit.
   */
  decode<const S extends Shape>(shape: S): Decoded<S>
  /** The same as either, the caller naming the type. */
  decode<S = unknown>(shape?: Shape): S
  /** The next page; rejects with kind `invalid` when there is none. */
  nextPage(): Promise<Answer<T, D>>
}

/**
 * What fields are to become: `{ ID: 'int', ACTIVE: 'flag', phones: [{ KIND: 'text' }] }`. A list
 * has one shape for all that is in it; `'*'` stands for every field that isn't named. An object
 * where a list is meant becomes a list: PHP sends a list with gaps as an object.
 */
export type Shape = keyof Converted | readonly [Shape] | { readonly [field: string]: Shape }

/** What a value of each kind is converted to. */
export interface Converted {
  int: number
  number: number
  /** Of Y and N, 1 and 0, true and false; empty is false. */
  flag: boolean
  /** Of a date with or without a time; false and empty are null. */
  date: PortalDate | null
  text: string
}

/** A date of the portal's: the instant, with what the portal said of it. */
export interface PortalDate extends Date {
  /** As the portal sent it; `toJSON` gives it back. */
  readonly text: string
  /** False for a date alone, which is midnight in UTC: read it by the `getUTC…` methods. */
  readonly hasTime: boolean
  /** Minutes ahead of UTC, where the portal sent an offset. */
  readonly offset: number | undefined
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

/** Whether a call may be made, which layer said so, and what to do about it. */
export interface Decision {
  verdict: 'allowed' | 'denied' | 'pending' | 'unknown'
  layer?: 'method' | 'scope' | 'parameters' | 'confirmation' | 'approval' | 'right' | 'plan'
  /** The scopes that the call needs: all of the lists, any one of each. */
  needed?: string[][]
  /** The scopes that are known to be granted. */
  provided?: string[]
  /** What the decision rests on, strongest first. */
  evidence: 'server' | 'method.get' | 'grant' | 'catalogue' | 'none'
  /** What is wrong with the parameters. */
  problems?: { path: string; reason: string; severity: 'error' | 'warning' }[]
  /** For a batch: each command's own. */
  commands?: Record<string, Decision>
  /** What to do, in one sentence. */
  remedy?: string
  docs?: string
  deprecated?: { replacements: string[] }
}

/** What is known to be granted. */
export interface Grant {
  /** `null` while nothing is known. */
  scopes: string[] | null
  source: 'token' | 'event' | 'scope' | 'app.info' | 'given' | 'none'
  /** In ms since 1970. */
  asOf: number
}

/** The requests that the portal takes, and how many are made. */
export interface Budget {
  /** How many requests count at present, those under way included. */
  filled: number
  /** How many may count. */
  burst: number
  /** How many cease to count in a second; less while others use the same budget. */
  perSecond: number
  /** How many requests wait for their turn. */
  waiting: number
}

/** The scopes of a portal's client. */
export interface Scopes {
  /**
   * Compares the grant with what is required: codes as a text or a list, or what {@link scopesFor}
   * gave, whose alternatives then count too. Throws with kind `invalid` for anything else.
   */
  compare(required: string | readonly string[] | ScopeNeeds): ScopeComparison
}

/** All of it is null while nothing is known to be granted: `await portal.loadGrant()`. */
export type ScopeComparison =
  | {
      /** The required scopes that are granted, by their own code or by one that will do. */
      granted: string[]
      /** The required scopes that aren't. */
      missing: string[]
      /** The granted scopes that nothing requires; never one that every token has. */
      unneeded: string[]
    }
  | { granted: null; missing: null; unneeded: null }

/** What methods and events need together. */
export interface ScopeNeeds {
  /** The scopes to ask for: the fewest that will do, in alphabetical order. */
  scopes: string[]
  /** The scopes of those for which others would do as well, each alone; and for which methods. */
  alternatives: { scope: string; instead: string[]; methods: string[] }[]
  /**
   * Methods whose scopes aren't certain, with what they perhaps need beside `scopes`: one code of each
   * list; a code with `$` depends on the parameters. `null`: nobody wrote down what they need.
   */
  uncertain: { name: string; needed: string[][] | null }[]
  /** The names that aren't documented. */
  unknown: string[]
}

/** An administrator's decision about a method, for one token. */
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
  /** The token was replaced. The token itself isn't told. */
  token: { expiresAt?: number }
  /**
   * A call is held back, as is told once for each: by the request budget, or because its method has
   * worked too long. `until` (ms since 1970) is when it goes, as things stand.
   */
  throttle: { method?: string; until: number }
}

/** What is called: a method by its name, or any method whose result the caller names. */
type Called<T, Name extends string, V extends Version> = [T] extends [never]
  ? Method<Name, V>
  : { params: object; result: T }

type Unknown = { params: object }

/** The names of a batch's calls; those of an array whose length isn't known are any. */
type BatchNames<Calls> = Calls extends readonly unknown[]
  ? number extends Calls['length']
    ? string
    : keyof Calls & `${number}`
  : keyof Calls & string

type MethodOf<Calls, Name> = (
  Name extends keyof Calls ? Calls[Name] : Calls extends readonly unknown[] ? Calls[number] : never
) extends infer Call
  ? Call extends readonly [infer Method extends string, ...unknown[]]
    ? Method
    : Call extends { method: infer Method extends string }
      ? Method
      : string
  : never

/** Parameters of a list. */
type ListRest<Params, V extends Version> = {} extends Params
  ? [params?: Params, options?: ListOptions<V>]
  : [params: Params, options?: ListOptions<V>]

/** What is in a list, or in the one list that is in a wrapper. */
type RowOf<Result> = Result extends readonly (infer Row)[]
  ? Row
  : Result extends object
    ? Known<{ [Key in Named<Result>]: Result[Key] extends readonly (infer Row)[] ? Row : never }>
    : unknown

/** The members that have names of their own. */
type Named<Of> = keyof { [Key in keyof Of as string extends Key ? never : Key]: Key }

type Known<Rows> = [Rows[keyof Rows]] extends [never] ? unknown : Rows[keyof Rows]

type Member<Of, Name extends 'params' | 'result' | 'decoded', Or> = Of extends {
  [Own in Name]: infer Is
}
  ? Is
  : Or

type Params<Called> = Member<Called, 'params', object>

/** An answer to what is called. */
type AnswerTo<Called> = Answer<
  Member<Called, 'result', unknown>,
  Member<Called, 'decoded', unknown>
>

/** Parameters may be left out where none is required. */
type Rest<Params, V extends Version> = {} extends Params
  ? [params?: Params, options?: CallOptions<V>]
  : [params: Params, options?: CallOptions<V>]

/** No call has so many arguments: the signature is for others. An editor sees the parameters. */
type Refused<Params, V extends Version> = [
  params: Params,
  options: CallOptions<V>,
  never: never,
  never: never,
]
