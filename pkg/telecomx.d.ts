/**
 * TelecomX PBX: who may do what with whose extension.
 *
 * A right here is a flag for an extension and an action. Nobody is asked and nothing waits: an
 * administrator edits a PBX group, and from then on the flag is another. So there is a map, which is
 * read, and a check against it, which asks nobody. An extension, a right, a level or an override that
 * isn't known grants nothing.
 *
 * The documentation leaves open with which codes a login is refused that lacks a second factor, and
 * with which statuses a call that is over: so codes decide, and the server's own are kept.
 *
 * It has slips: two keys of the map are printed with a dot at the end (`setPresence.`, `queueMember.`),
 * which would grant nothing; the map's example is no JSON; `HIDE_PERSONAL_PHONEBOOK_AND_OFF_WORK` says
 * "and" and means that either hides; the page about removing calendar events names `readCalendar`.
 *
 * Written by hand; `tests/package` holds it against the built module.
 */

import type { Decision, Mode, Options } from './index.js'

export { CallgateError, ready } from './index.js'
export type { Decision, Kind, Mode } from './index.js'

/**
 * One user's dealings with a TelecomX server.
 *
 * Wherever a function throws or a promise rejects, it does so with a {@link CallgateError}, whose
 * `method` is the verb and the path. No request is ever repeated by itself: most of this server's GETs
 * do something.
 */
export class TelecomX {
  /**
   * With a token that the caller holds. Nothing is sent. Throws with kind `invalid` for an option that
   * is missing, wrong or unknown.
   */
  constructor(options: TelecomXOptions)

  /**
   * Logs in. A second factor takes two logins: the first, without a code, is refused with kind `auth`,
   * and where the factor is an SMS the server sends it then; the second brings the code. The refusal
   * can't be told from that of a wrong password.
   */
  static login(options: LoginOptions): Promise<TelecomX>

  /** The token, to keep it if it doesn't end by itself; `undefined` after {@link logout}. */
  readonly token: string | undefined

  /** Whose token it is, after a login or {@link validateToken}. */
  readonly session: Session | undefined

  /**
   * Reads the permission map; with `extension` the rights on one alone, which are merged into what is
   * known, and all that is known is given. A user without extensions has an empty map.
   *
   * Read it at the start, after a reconnection, and when groups, extensions or employees were changed:
   * there is no event about rights. The server's `access_denied` has it read again by itself.
   */
  permissions(options?: PermissionsOptions): Promise<Permissions>

  /**
   * May the user do this with the extension now? Asks nobody: by the map that was read last and the
   * access level that the login told. Before a map was read the verdict is `unknown`.
   *
   * The verdict about `viewOtherParty` holds for this context alone; where the override needs an input
   * that isn't given, the other party is hidden.
   *
   * @param action the name of a right or of one of the functions below
   */
  check(extension: string, action: Right | ActionName | (string & {}), context?: Context): Decision

  /**
   * The actions. Each is checked against the map first where its extension is named (the map is read
   * if it wasn't yet); a missing right rejects with kind `denied`, `ran: 'no'` and the server's code
   * `access_denied`, and nothing is sent. Without `extension` it is the user's own and goes unchecked.
   * When the server itself denies an action, the map is read again, and the error tells what it says.
   *
   * A parameter that is missing, unknown or wrong rejects with kind `invalid`.
   */
  pickup(parameters: About & OnDevice, options?: ActionOptions): Promise<Done>
  /** Takes over a call under way. */
  steal(parameters: About & OnDevice, options?: ActionOptions): Promise<Done>
  /** Listens in. */
  spy(parameters: About & OnDevice, options?: ActionOptions): Promise<Done>
  /** Takes a call out of a queue, at a device or at an extension of one's own. */
  queuePickup(
    parameters: { target: string } & ({ device: string } | { extension: string }),
    options?: ActionOptions,
  ): Promise<Done>
  /** Calls an extension, by its id, or a number. */
  call(parameters: About & OnDevice, options?: ActionOptions): Promise<Done>
  hangup(parameters: About & { target: string }, options?: ActionOptions): Promise<Done>
  /** Connects a call with another one (`destination`), or with an extension or a number (`target`). */
  transfer(
    parameters: About & { source: string } & ({ destination: string } | { target: string }),
    options?: ActionOptions,
  ): Promise<Done>
  hold(
    parameters: About & { device: string; target?: string },
    options?: ActionOptions,
  ): Promise<Done>
  unhold(
    parameters: About & { device: string; target?: string },
    options?: ActionOptions,
  ): Promise<Done>
  /** What begins with `presence` goes to the server as it is. */
  setPresence(
    parameters: About & { employee: string; [presence: `presence${string}`]: unknown },
    options?: ActionOptions,
  ): Promise<Record<string, unknown>>
  redirect(
    parameters: { extension: string; enable: boolean; number?: string },
    options?: ActionOptions,
  ): Promise<Done>
  /** Adds an extension or a number to a queue. */
  joinQueue(
    parameters: { queue: string; priority?: number; permanent?: boolean } & (
      { extension: string } | { number: string }
    ),
    options?: ActionOptions,
  ): Promise<Record<string, unknown>>
  leaveQueue(
    parameters: About & { queue: string; member: string },
    options?: ActionOptions,
  ): Promise<Done>
  queueMembers(parameters: { queue: string }, options?: ActionOptions): Promise<unknown>
  readCalendar(
    parameters?: About & { employee?: string; offset?: number; limit?: number; filter?: string },
    options?: ActionOptions,
  ): Promise<unknown>
  readCalendarEvent(
    parameters: About & { event: string },
    options?: ActionOptions,
  ): Promise<unknown>
  /** All but `extension` goes to the server as it is. */
  addCalendarEvent(
    parameters: About & { employee?: string; [member: string]: unknown },
    options?: ActionOptions,
  ): Promise<Record<string, unknown>>
  removeCalendarEvent(
    parameters: About & { event: string; applyToMaster?: boolean },
    options?: ActionOptions,
  ): Promise<Done>
  readPhonebook(
    parameters?: About & {
      employee?: string
      type?: 'ALL' | 'PERSONAL' | 'SHARED'
      customer?: string
      offset?: number
      limit?: number
      filter?: string
    },
    options?: ActionOptions,
  ): Promise<unknown>
  readContact(parameters: About & { contact: string }, options?: ActionOptions): Promise<unknown>
  /** All but `extension` goes to the server as it is. */
  addContact(
    parameters: About & { employee?: string; [member: string]: unknown },
    options?: ActionOptions,
  ): Promise<Record<string, unknown>>
  /** The employees, with their presence and their override, which is learnt from it. */
  employees(
    parameters?: { ids?: string[]; calls?: boolean; standalone?: boolean },
    options?: ActionOptions,
  ): Promise<unknown>

  /**
   * Asks whether the token is good, and whose it is. Rejects with kind `auth` when it isn't.
   */
  validateToken(options?: ValidateOptions): Promise<Session>

  /** Ends **all** tokens of the user, those of other programs too. */
  logout(options?: CallOptions): Promise<Done>

  /** Uses another token from now on. What was known of rights is forgotten. */
  useToken(token: string): void

  /**
   * Listens to what happens. What a listener throws is reported as an uncaught error and disturbs
   * nobody.
   *
   * @returns a function that ends it
   */
  on<Type extends keyof TelecomXEvents>(
    type: Type,
    listener: (event: TelecomXEvents[Type]) => void,
  ): () => void

  /** Ends every call with kind `aborted`, and refuses later calls. */
  close(): void
}

interface Common {
  /** The server's address [https://api.telecomx.dk]; https, or http for the loopback host. */
  url?: string
  /** The way out instead of the runtime's own, as for a portal. */
  fetch?: Options['fetch']
  /** For one HTTP exchange, in ms [60,000]. */
  timeout?: number
  /** What the map's "no" does to an action ['enforce']. */
  preflight?: Mode
}

/** Options of {@link TelecomX}. */
export interface TelecomXOptions extends Common {
  token: string
}

/** Options of {@link TelecomX.login}. */
export interface LoginOptions extends Common, CallOptions {
  /** The address of the user's mail, or his name where the account has none. */
  username: string
  password: string
  /** The code from the SMS. */
  smsKey?: string
  /** The code from the authenticator. */
  authenticatorToken?: string
  /** Whether the token shall live until the user logs out, in place of 15 minutes. */
  persist?: boolean
}

/** Options of any call. */
export interface CallOptions {
  /** Ends the call with kind `aborted`. A request that is out may have its effect all the same. */
  signal?: AbortSignal
}

/** Options of {@link TelecomX.permissions}. */
export interface PermissionsOptions extends CallOptions {
  /** The extension whose rights are wanted alone. */
  extension?: string
}

/** Options of an action. */
export interface ActionOptions extends CallOptions {
  /** What the map's "no" does to this action [the client's]. */
  preflight?: Mode
}

/** Options of {@link TelecomX.validateToken}. */
export interface ValidateOptions extends CallOptions {
  /** The address that the user comes from; the token must have been given to the same. */
  ip?: string
  /** Whether to tell the user's name, language and the like too. */
  extend?: boolean
  /**
   * Puts the token into the URL, where logs may keep it. The documentation knows no other way; without
   * this it goes as a header, as with all other requests.
   */
  tokenInUrl?: boolean
}

/** What `TelecomX.on` tells, by type. */
export interface TelecomXEvents {
  /** The user's rights are others than before, or known for the first time: check anew. */
  permissions: {}
  /** The server doesn't take the token any longer: log in again. Told once for each token. */
  tokenEnded: {}
  /** The map stands against an action, and it goes out all the same. */
  warning: { message: string; method: string; decision: Decision }
}

/** Whose token it is, and for how long. */
export interface Session {
  readonly employee?: string
  readonly customer?: string
  readonly accessLevel?: AccessLevel | (string & {})
  /** In ms since 1970; `null` when it lives until the user logs out, absent when the server didn't say. */
  readonly expiresAt?: number | null
  /** All that the server said but the token. */
  readonly details: Record<string, unknown>
}

/** They ascend, but no request goes by "this level or higher". */
export type AccessLevel =
  'NO_LOGIN' | 'PERSONAL' | 'VIEWER' | 'MANAGER' | 'OWNER' | 'RESELLER' | 'RESELLER_ADMIN' | 'ADMIN'

/** A right of the permission map. */
export type Right =
  | 'pickup'
  | 'steal'
  | 'spy'
  | 'setPresence'
  | 'queueMember'
  | 'viewOtherParty'
  | 'readCalendar'
  | 'writeCalendar'
  | 'readPhonebook'
  | 'writePhonebook'
  | 'controlSipDevices'

/** The names of the actions. */
export type ActionName =
  | 'pickup'
  | 'steal'
  | 'spy'
  | 'queuePickup'
  | 'call'
  | 'hangup'
  | 'transfer'
  | 'hold'
  | 'unhold'
  | 'setPresence'
  | 'redirect'
  | 'joinQueue'
  | 'leaveQueue'
  | 'queueMembers'
  | 'readCalendar'
  | 'readCalendarEvent'
  | 'addCalendarEvent'
  | 'removeCalendarEvent'
  | 'readPhonebook'
  | 'readContact'
  | 'addContact'
  | 'employees'

/** The rights, by the ids of extensions, in small letters. One that isn't there grants nothing. */
export type Permissions = Record<
  string,
  { [right in Right]?: boolean } & { viewOtherPartyOverride?: string; [other: string]: unknown }
>

/** What a check needs to know beside the map. */
export interface Context {
  /** The presence of the extension's employee now. */
  presence?: string
  /** Whether the other party's number is in that employee's personal phonebook. */
  inPhonebook?: boolean
  /** The user's access level [what the login told]. */
  level?: AccessLevel | (string & {})
}

/** On which extension the right is looked up; left out for what is the user's own. */
export interface About {
  extension?: string
}

/** At which of the user's devices, and whom or which call it concerns. */
export interface OnDevice {
  /** The id of a device of the user's. */
  device: string
  /** A call's id; for a pickup and a call also an extension's id or a number. */
  target: string
}

/** What most actions answer. */
export interface Done {
  success: boolean
}
