/** What HTTP exchanges have in common, whoever makes them. */
import { makeError, wordsOf } from './face.js'

/** Systems' codes for a request that never left. */
const NEVER_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']

/** Whether `Request` takes an option: workerd throws at those that it doesn't know. */
const takes = (init) => {
  try {
    return Boolean(new Request('https://host.invalid/', init))
  } catch {
    return false
  }
}

export const takesCredentials = takes({ credentials: 'omit' })
export const takesCache = takes({ cache: 'no-store' })

/** The runtime's own fetch. */
export function ownFetch(request, init) {
  if (typeof globalThis.fetch !== 'function')
    throw new Error('there is no fetch: give options.fetch')
  return globalThis.fetch(request, init)
}

/** A request under way, and how it can be ended: by a signal, which is made only when asked for. */
export class Exchange {
  owner
  #controller
  #end

  constructor(call, attempt) {
    this.call = call
    this.attempt = attempt
  }

  get signal() {
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }

  /** A cheaper way to hear of the end, for transports that know it. */
  hold(end) {
    this.#end = end
  }

  abort() {
    const reason = makeError('the call ended', 'CALLGATE_ABORTED', 'aborted', 'unknown', false)
    this.#end?.(reason)
    this.#controller?.abort(reason)
  }
}

/** Why a request failed, and whether it may have left; whatever it was that was thrown. */
export function explain(error) {
  try {
    const [outer, inner] = [wordsOf(error), error?.cause && wordsOf(error.cause)]
    const words = inner && inner !== outer ? `${outer}: ${inner}` : outer
    const sent = !NEVER_SENT.includes(error?.cause?.code ?? error?.code)
    return { words, sent, isTooLong: error?.code === 'CALLGATE_TOO_LONG' }
  } catch {
    return { words: wordsOf(error), sent: true, isTooLong: false }
  }
}
