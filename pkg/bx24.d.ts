/**
 * BX24: the library that a portal gives to the pages in its frames, with Callgate behind it. A page
 * has it by one script, `<script src="…/callgate/bx24.js"></script>`, or by an import of
 * `callgate/bx24`; `/// <reference types="callgate/bx24" />` gives a script's page these types.
 * + `data-allowed-portals="a.example,b.example"` on a script's tag names the portals that may embed
 * the page; any other finds `BX24` null.
 *
 * Callbacks get one argument, `this` is the window. Where the portal's page doesn't answer, which is
 * its way of saying no, a callback is never called. What differs from the portal's own library is
 * marked by a plus sign here, and listed with the reasons in BX24.md.
 *
 * Written by hand; `tests/package` holds it against the built script.
 */

import type {
  CallgateError,
  CallOptions,
  Decision,
  Events,
  FramedPortal,
  Method,
  MethodName,
  Time,
} from './index.js'

declare global {
  /** Complete when the script has run. Outside a portal's frame it is null, and the script throws. */
  var BX24: BX24
}

export const BX24: BX24

export interface BX24 {
  // Life cycle

  /**
   * Calls back once the portal's page has answered; a little later if it has already. Handlers run in
   * their order, each for itself: what one throws doesn't stop the next.
   */
  init(handler: () => void): void

  /**
   * What has to be done at the very first run, before any handler of `init`: a function, which calls
   * {@link installFinish} when it is done, or the address of a script. Several run one after the
   * other; the application waits until all have called it. After `init` it has no effect.
   */
  install(step: (() => void) | string): void

  /**
   * In a step of {@link install}: the step is done. On an installation page, after `init`: the
   * installation is finished, upon which the portal loads its page anew. Otherwise nothing.
   */
  installFinish(): void

  /** The token; false before `init` and when its time is over. */
  getAuth(): Auth | false

  /** Gets a new token. Before `init`, and where the portal refuses, it never calls back. */
  refreshAuth(callback?: (auth: Auth) => void): void

  /** Whether the user is an administrator or may install this application; false before `init`. */
  isAdmin(): boolean
  /** The language of the portal's page, such as `en`; empty before `init`. */
  getLang(): string
  /** The portal's host, with its port if it has one of its own; known at once. */
  getDomain(): string
  /** Whether the browser can do something: `upload`, reading files; anything else is true. */
  canUse(what: string): boolean

  // Calls

  /**
   * Calls a method of the portal's; before `init`, as soon as that has come. The callback gets the
   * portal's answer, its refusals included.
   *
   * Parameters may hold texts, numbers, booleans, arrays, objects, dates, and file inputs, which are
   * sent as name and content; + files and blobs too, and inputs with several files. A text is a query
   * that is sent as it stands. `start` is left out unless it is 0: ask for the next page by
   * {@link AjaxResult.next}.
   *
   * + Without a callback it gives a promise, which rejects with a {@link CallgateError} where the
   * answer is an error; nobody has to look at it. Preflight, retries and the request budget are those of
   * `Portal.call`; what fails without any answer of the portal's calls back with an error, too.
   *
   * @param options + `{ confirmation: 'wait' }` and the others of a call
   */
  callMethod<T = never, Name extends MethodName = MethodName>(
    method: Name,
    params: CallParams,
    callback: (result: AjaxResult<ResultOf<T, Name>>) => void,
    options?: CallOptions,
  ): void
  callMethod<T = never, Name extends MethodName = MethodName>(
    method: Name,
    params?: CallParams,
    callback?: null,
    options?: CallOptions,
  ): Promise<AjaxResult<ResultOf<T, Name>>>

  /**
   * Calls many methods in one request, + or in several where there are more than 50. The callback
   * gets one result for each call, by the same names or numbers; those behind a failure are absent
   * where the batch halts. `$result[name][field]` stands for what an earlier call answered.
   *
   * A result's `next()` asks for the next page of that one call, and hands it to the batch's callback
   * unless it is given another.
   *
   * @param calls `[method, params]` or `{ method, params }` each; empty ones are passed over
   * @param halt whether the first failure ends the batch [false]
   */
  callBatch<const Calls extends BatchCalls>(
    calls: Calls,
    callback: (results: BatchResults<Calls>) => void,
    halt?: boolean,
  ): void
  callBatch<const Calls extends BatchCalls>(
    calls: Calls,
    callback?: null,
    halt?: boolean,
  ): Promise<BatchResults<Calls>>

  /**
   * Has the portal post an event to a handler on the application's server. For administrators: for
   * anybody else it does nothing and returns false.
   *
   * @param authType the user in whose name the handler is called [0: who caused the event]
   */
  callBind(
    event: string,
    handler: string,
    authType?: number | null,
    callback?: (result: AjaxResult<boolean>) => void,
  ): Promise<AjaxResult<boolean>> | false | void
  /** Ends what {@link callBind} began. */
  callUnbind(
    event: string,
    handler: string,
    authType?: number | null,
    callback?: (result: AjaxResult<{ count: number }>) => void,
  ): Promise<AjaxResult<{ count: number }>> | false | void
  /** The same function as {@link callUnbind}. */
  callUnBind: BX24['callUnbind']

  // Window

  /**
   * Gives the frame another size, in pixels. Texts are read as numbers, so `'100%'` is 100; unless both
   * are above 0 nothing happens. The callback gets the size that came of it.
   */
  resizeWindow(
    width: number | string,
    height: number | string,
    callback?: (size: Size) => void,
  ): void
  /** Makes the frame as wide as the page allows and as high as its content. */
  fitWindow(callback?: (size: Size) => void): void
  /** Loads the portal's page anew. */
  reloadWindow(callback?: () => void): void
  /** Sets the title of the portal's page. A placement has none: it is never answered there. */
  setTitle(title: string | number, callback?: (set: { title: string }) => void): void
  /** Scrolls the portal's page to so many pixels from its top. */
  scrollParentWindow(scroll: number | string, callback?: (set: { scroll: number }) => void): void
  /** How large the content of this page is, in pixels. */
  getScrollSize(): { scrollWidth: number; scrollHeight: number }

  // Dialogs of the portal's. Closing one calls nobody back.

  /** Lets the user choose a person. The title isn't shown. */
  selectUser(callback: (user: User) => void): void
  selectUser(title: string, callback: (user: User) => void): void
  /** Lets the user choose several people, or none. */
  selectUsers(callback: (users: User[]) => void): void
  selectUsers(title: string, callback: (users: User[]) => void): void
  /** Lets the user choose who has access: `value` holds the codes that are chosen from the start. */
  selectAccess(callback: (rights: Access[]) => void): void
  selectAccess(value: string[], callback: (rights: Access[]) => void): void
  selectAccess(title: string, callback: (rights: Access[]) => void): void
  selectAccess(title: string, value: string[], callback: (rights: Access[]) => void): void
  /** Lets the user choose entries of the CRM. */
  selectCRM(callback: (chosen: CrmChoice) => void): void
  selectCRM(params: CrmDialog, callback: (chosen: CrmChoice) => void): void

  // Navigation

  /**
   * Opens the application once more, in a panel over the page; what is given is its
   * `placement.info().options`. The callback is called when the panel is closed.
   */
  openApplication(callback?: () => void): void
  openApplication(params: object | undefined, callback?: () => void, settings?: Slider): void
  /** Closes the panel on top, if it shows this application. */
  closeApplication(callback?: () => void): void
  /** Opens a page of the portal's, by its path, in a panel. Not in the mobile application. */
  openPath(path: string, callback?: (answer: PathAnswer) => void): void
  /** Calls and chats of the portal's messenger. Nothing is answered. */
  im: {
    callTo(userId: number | string, video?: boolean): void
    phoneTo(phone: string): void
    /** @param dialogId a user, `chat…`, `sg…` or `imol|…`; without it the list of chats */
    openMessenger(dialogId?: number | string): void
    openHistory(dialogId: number | string): void
  }

  // Options, which the portal keeps. Before `init` nothing can be read or set.

  /** The user's own. */
  userOption: {
    /** As it was when the page was opened, or as it was set since; texts, as the portal keeps them. */
    get(name: string): any
    set(name: string, value: unknown): void
  }
  /** The application's, the same for all. */
  appOption: {
    get(name: string): any
    /** For administrators: anybody else's does nothing. The callback gets all options. */
    set(
      name: string,
      value: unknown,
      callback?: (all: Record<string, any> | { error: 'access_denied' }) => void,
    ): void
  }

  // Placement

  placement: {
    /** Where the application was opened, and with what; both null before `init`. */
    info(): PlacementInfo
    /** What can be called and bound here. */
    getInterface(callback: (has: { command: string[]; event: string[] }) => void): void
    /**
     * Calls a command of the place. Parameters that are empty, 0 or false can't be sent: the portal gets
     * an empty list. Names of functions of BX24's do nothing.
     */
    call(command: string, callback?: (answer: any) => void): void
    call(command: string, params: unknown, callback?: (answer: any) => void): void
    /** Calls back each time that an event happens. */
    bindEvent(event: string, callback: (payload: any) => void): void
  }

  // The document

  /** Calls back once the document is there; independent of `init`. */
  ready(handler: () => void): void
  isReady(): boolean
  /** Listens to an event of an element. */
  bind(element: EventTarget | null | undefined, event: string, handler: (event: any) => void): void
  unbind(
    element: EventTarget | null | undefined,
    event: string,
    handler: (event: any) => void,
  ): void
  /**
   * A function for which `this` is the object; for the same two it is always the same, so that it can
   * be unbound.
   */
  proxy<Of extends (...args: any[]) => any>(handler: Of, object: object): Of
  /** Within a {@link proxy}: the `this` that it was called with. Otherwise null. */
  proxyContext(): any
  /** Loads scripts one after the other, then calls back. */
  loadScript(urls: string | string[], callback?: () => void): void

  // + Callgate's own

  /** + The client behind it, from `init` on; undefined before. */
  readonly portal: FramedPortal | undefined
  /** + Listens to what the client tells. @returns a function that ends it */
  on<Type extends keyof Events>(type: Type, listener: (event: Events[Type]) => void): () => void
  /**
   * + Listens to failures that no callback hears of, and to calls that ended without an answer of the
   * portal's. @returns a function that ends it
   */
  onError(listener: (error: CallgateError) => void): () => void
}

export interface Auth {
  access_token: string
  refresh_token: string
  /** When it ends, in ms since 1970: a moment, in spite of its name. */
  expires_in: number
  /** The portal's host, without a scheme. */
  domain: string
  /** The portal's id. */
  member_id: string
}

/** An answer of the portal's. */
export interface AjaxResult<T = any> {
  /** The result; undefined where there is an error, `{}` for a call of a batch. */
  data(): T
  /** What went wrong; undefined if nothing did. */
  error(): AjaxError | undefined
  /** In words; undefined for a call of a batch, whose words are in `error().ex`. */
  error_description(): string | undefined
  /** Whether there is a next page. */
  more(): boolean
  /** How many rows there are; NaN where the portal didn't count. */
  total(): number
  /**
   * Asks for the next page: for the same callback, unless it is given another; + without any it gives a
   * promise. False when there is none.
   */
  next(callback?: (result: AjaxResult<T>) => void): false | void | Promise<AjaxResult<T>>
  /** + What the portal says about the time it took; undefined for a call of a batch. */
  time(): Time | undefined
  /** The portal's whole answer. */
  answer: {
    result?: T
    error?: string
    error_description?: string
    total?: number | string
    next?: number
    time?: Time
  }
  /** What was asked. */
  query: { method: string; data: any; start?: number; callback?: (result: AjaxResult<T>) => void }
  /** The HTTP status. */
  status: number
}

export interface AjaxError {
  /** The portal's code and words: `result.error().ex.error`. */
  ex: { error: string; error_description?: string }
  /** The HTTP status. */
  status: number
  getError(): AjaxError['ex']
  getStatus(): number
  /** `code: words (status)`. */
  toString(): string
  /** + Where a permission is the cause: which, and what helps. */
  decision?: Decision
}

/** What a call may be given: parameters by name or place, or a query that is sent as it stands. */
export type CallParams = object | string | null | undefined

export type BatchItem =
  | readonly [method: MethodName, params?: CallParams]
  | { readonly method: MethodName; readonly params?: CallParams }
  | null
  | undefined
  | false

export type BatchCalls = readonly BatchItem[] | { readonly [name: string]: BatchItem }

export type BatchResults<Calls extends BatchCalls> = {
  -readonly [Name in keyof Calls]: AjaxResult<ItemResult<Calls[Name]>>
}

export interface Size {
  width: number
  height: number
}

export interface User {
  id: string
  name: string
  position: string
  photo: string
  url: string
  sub: boolean
  sup: boolean
}

export interface Access {
  provider: string
  /** Such as `U1`, `DR5`, `G2`, `AU`. */
  id: string
  name: string
}

export type CrmType = 'lead' | 'contact' | 'company' | 'deal' | 'quote'

export interface CrmDialog {
  entityType?: readonly CrmType[]
  multiple?: boolean
  /** What is chosen from the start: numbers or codes. */
  value?: object
}

/** By type, and by number: objects, not lists, and only of the types that were chosen. */
export type CrmChoice = { [Type in CrmType]?: { [index: number]: CrmEntry } }

export interface CrmEntry {
  /** `L_1`, `C_1`, `CO_1`, `D_1`, `Q_1`. */
  id: string
  type: CrmType
  place: string
  title: string
  desc: string
  url: string
  image?: string
  largeImage?: string
}

/** How a panel looks. */
export interface Slider {
  /** In pixels. */
  width?: number
  /** How much is left free on the left, in pixels. */
  leftBoundary?: number
  title?: string
  label?: {
    bgColor?: 'aqua' | 'green' | 'orange' | 'brown' | 'pink' | 'blue' | 'grey' | 'violet'
    text?: string
    color?: string
  }
}

export type PathAnswer =
  | { result: 'close' }
  | { result: 'error'; errorCode: 'PATH_NOT_AVAILABLE' | 'METHOD_NOT_SUPPORTED_ON_DEVICE' }

export interface PlacementInfo {
  /** Such as `CRM_DEAL_DETAIL_TAB`; `DEFAULT` for the application's own page. */
  placement: string | null
  /** An object; without options the portal hands over an empty text or an empty list. */
  options: any
}

type ResultOf<T, Name extends string> = [T] extends [never]
  ? Method<Name> extends { result: infer Result }
    ? Result
    : any
  : T

type ItemResult<Item> = Item extends readonly [infer Name extends string, ...unknown[]]
  ? ResultOf<never, Name>
  : Item extends { method: infer Name extends string }
    ? ResultOf<never, Name>
    : any
