/**
 * 1E Platform (formerly Tachyon): instructions that wait for an approval, and the approver's side.
 *
 * What Bitrix24 asks of a call, 1E asks of each run of an instruction: somebody has to approve it. The
 * difference that matters: the server has taken the instruction then and parked it. So an instruction
 * is posted once and its run is followed; to post it again would ask anew.
 *
 * The server's documentation leaves open with which status it refuses a second decision, a wrong code
 * or an item that can't be seen, so none of them is believed: what became of a deed is read from the
 * run after it. A status that nobody knows never counts as granted.
 *
 * Its table of approvals has slips: the sample payload has comments and is no JSON, its `RequestGuid` ends
 * with a blank, and it says "instruction" where scheduled ones are meant; each kind goes to its own
 * endpoint here. Devices that ask to be let in (servers before 4.0) and persistent instructions aren't
 * among what is pending.
 *
 * Written by hand; `tests/package` holds it against the built module.
 */

import type { Decision, Options } from './index.js'

export { CallgateError, ready } from './index.js'
export type { Decision, Kind } from './index.js'

/**
 * One client's dealings with one 1E server, in the name of one user.
 *
 * Wherever a function throws or a promise rejects, it does so with a {@link CallgateError}, whose
 * `method` is the verb and the path. A 401 means two things there, so the server is asked who the
 * caller is: kind `auth` when it doesn't know him, `denied` when a permission is missing.
 */
export class OneE {
  /** Nothing is sent. Throws with kind `invalid` for an option that is missing, wrong or unknown. */
  constructor(options: OneEOptions)

  /**
   * Issues an instruction, once: it is never posted again by itself, whatever becomes of the request.
   * Where nobody knows whether it was issued, the error says so: `ran: 'unknown'`.
   *
   * Rejects with kind `invalid` for a member that is missing, unknown or wrong; nothing is sent then.
   */
  issue(instruction: Instruction, options?: CallOptions): Promise<Run>

  /**
   * Reads a run: of an instruction by its number, of any kind by its id and kind.
   *
   * Rejects with code `CALLGATE_OUT_OF_SIGHT` where there is none, or none that one may see.
   */
  run(id: number | RunId, options?: CallOptions): Promise<Run>

  /** The approver's side. */
  readonly approvals: Approvals

  /** Uses another token from now on. Runs belong to the user, so what is followed goes on. */
  useToken(token: string): void

  /**
   * Listens to what happens. What a listener throws is reported as an uncaught error and disturbs
   * nobody.
   *
   * @returns a function that ends it
   */
  on<Type extends keyof OneEEvents>(
    type: Type,
    listener: (event: OneEEvents[Type]) => void,
  ): () => void

  /** Ends every call and every wait with kind `aborted`, and refuses later calls. Runs go on. */
  close(): void
}

/** Options of {@link OneE}. */
export interface OneEOptions {
  /**
   * The server's address, or that of its Consumer API where it isn't `/Consumer`; https, or http for
   * the loopback host.
   */
  url: string
  /** The name under which the program is registered as a consumer. */
  consumer: string
  /** The user's token. */
  token: string
  /** A version of the interface to stay with, such as `v3.2` [the server's newest]. */
  version?: string
  /** The way out instead of the runtime's own, as for a portal. */
  fetch?: Options['fetch']
  /** For one HTTP exchange, in ms [60,000]. */
  timeout?: number
}

/** Options of any call. */
export interface CallOptions {
  /**
   * Ends the call with kind `aborted`. What the server has taken goes on: a run ends by being
   * cancelled.
   */
  signal?: AbortSignal
}

/** What `OneE.on` tells, by type. */
export interface OneEEvents {
  /** Something is not as it should be: the server is older than version 3.1 of its interface. */
  warning: { message: string }
}

/**
 * An instruction to issue. Names are the server's, in any case. With `schedule…` members, of which
 * `scheduleFreqType` is one, it becomes a scheduled instruction.
 */
export interface Instruction {
  /** The definition by its number or, instead, by `definitionName`. */
  definitionId?: number
  definitionName?: string
  parameters?:
    Record<string, string | number | boolean> | { name: string; value: string | number | boolean }[]
  /** Which devices; not together with `targets`. */
  scope?: Expression
  /** Which devices, by their full names. */
  targets?: string[]
  /** How long it may run. Where it may be left out, the server decides. */
  instructionTtlMinutes?: number
  /** How long its responses are kept. */
  responseTtlMinutes?: number
  resultsFilter?: Expression
  previousResultsFilter?: Expression
  parentInstructionId?: number
  keepRaw?: boolean
  export?: boolean
  exportLocation?: string
  offloadResponses?: boolean
  consumerCustomData?: string
  requestedFor?: string
  comments?: string
  /** A scheduled instruction's own name. */
  name?: string
  /** 1 once, 4 daily, 8 weekly, 16 monthly. */
  scheduleFreqType?: number
  scheduleFreqInterval?: number
  scheduleFreqSubdayType?: number
  scheduleFreqSubdayInterval?: number
  scheduleFreqRelativeInterval?: number
  scheduleFreqRecurrenceFactor?: number
  scheduleActiveStartDate?: string
  scheduleActiveEndDate?: string
  /** Hours, minutes and seconds as one number: 235959. */
  scheduleActiveStartTime?: number
  scheduleActiveEndTime?: number
  scheduleEnabled?: boolean
  scheduleReadableFrequency?: string
}

/** A condition, or several with AND or OR between them. */
export type Expression =
  | { attribute: string; operator: string; value: string | number | boolean; dataType?: string }
  | { operator: 'AND' | 'OR'; operands: Expression[] }

/** A run's number and its kind; the two kinds have numbers of their own. */
export interface RunId {
  readonly id: number
  readonly kind?: 'instruction' | 'scheduled'
}

/**
 * Where a run stands. After `rejected`, `complete`, `expired`, `cancelled` and `failed` nothing more
 * happens. `unknown` is a number that isn't documented.
 */
export type Status =
  | 'created'
  | 'needs-code'
  | 'waiting'
  | 'rejected'
  | 'approved'
  | 'evaluating'
  | 'running'
  | 'complete'
  | 'expired'
  | 'cancelling'
  | 'cancelled'
  | 'failed'
  | 'suspended'
  | 'unknown'

/**
 * An issued instruction, as the server showed it last. It doesn't change: what is asked through it
 * brings it anew.
 */
export interface Run extends RunId {
  readonly kind: 'instruction' | 'scheduled'
  readonly status: Status
  readonly name?: string
  readonly createdBy?: string
  /** Who approved or rejected it. */
  readonly actionedBy?: string
  /** The comment with which it was approved or rejected. */
  readonly actionReason?: string
  /** While a code is needed: until when it is good (ms since 1970), by the server's usual 600 s. */
  readonly codeExpiresAt?: number
  /** Everything that the server showed, named as this server names it. */
  readonly details: Record<string, unknown>

  /**
   * May it run? By its status: `pending` while it waits for a code or an approver, `denied` once
   * somebody rejected it, with who and why in the remedy. Layer `approval`.
   */
  check(): Decision

  /**
   * Submits the one-time code that was mailed to the issuer; gives the run as it is afterwards.
   *
   * Rejects with code `CALLGATE_CODE_REFUSED`, or the server's own: kind `invalid` for a wrong code,
   * after which another can be submitted, `denied` for one that came too late.
   */
  submitCode(code: string, options?: CallOptions): Promise<Run>

  /**
   * Waits until nothing more happens to the run, looking at it at first every 5 seconds, then ever
   * more slowly down to once a minute. A rejected run is an answer, not an error.
   *
   * Rejects with code `CALLGATE_RUN_TIMEOUT` (kind `timeout`, with the decision that is due) when the
   * time is over. Failures that pass are passed over.
   */
  settled(options?: SettledOptions): Promise<Run>

  /** Cancels it; gives the run as it is afterwards. One that has ended is given as it is. */
  cancel(options?: CancelOptions): Promise<Run>

  /** All responses so far, as the server sends them, read page by page as they are wanted. */
  responses<Row = Response>(options?: ResponsesOptions): AsyncGenerator<Row, void, undefined>
}

/** Options of {@link Run.settled}. */
export interface SettledOptions extends CallOptions {
  /** How long to wait in all, in ms [for ever: an approval has no deadline]. */
  timeout?: number
  /** Hears of each new status. What it throws is reported as an uncaught error. */
  onChange?: (run: Run) => void
}

/** Options of {@link Run.cancel}. */
export interface CancelOptions extends CallOptions {
  /** Whether the responses so far are kept [true]. Scheduled instructions have none. */
  keepData?: boolean
}

/** Options of {@link Run.responses}. */
export interface ResponsesOptions extends CallOptions {
  /** How many rows are asked for at once [500]. Servers may give fewer. */
  pageSize?: number
  /** Which rows. */
  filter?: Expression
}

/** A device's response; servers may send more. */
export interface Response {
  Id: number
  Fqdn?: string
  TachyonGuid?: string
  ExecTime?: number
  CreatedTimestampUtc?: string
  ResponseTimestampUtc?: string
  Values?: Record<string, unknown>
  Blob?: unknown
}

/** The approver's side. */
export interface Approvals {
  /**
   * What waits for the user's decision. It never fails for lack of rights: then it is empty. Servers
   * before 3.2 and 3.1 are asked as they want it.
   */
  pending(options?: CallOptions): Promise<Run[]>

  /**
   * May the user decide this? Denied by layer `approval` when it isn't waiting for an approval, by
   * layer `right` when he issued it himself or the operation Approver is missing.
   *
   * Rejects with code `CALLGATE_OUT_OF_SIGHT`, or the server's own, for what has vanished: since
   * version 8.0 one sees only what was issued by somebody whose management groups one has.
   */
  check(item: number | RunId, options?: CallOptions): Promise<Decision>

  /**
   * Approves or rejects; gives the run as it is afterwards.
   *
   * Who comes too late gets code `CALLGATE_DECIDED_ALREADY`, or the server's own, with who decided
   * and what; kind `denied` says which right is missing, with the decision.
   */
  decide(item: number | RunId, options: DecideOptions): Promise<Run>
}

/** Options of {@link Approvals.decide}. */
export interface DecideOptions extends CallOptions {
  approve: boolean
  /** The reason, which others see. */
  comment?: string
}
