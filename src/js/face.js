/** What a caller gets back: an error or an answer. Both are plain JavaScript, made once a call. */
import { decode } from './decode.js'

/** Every failure, with what a program needs to decide what to do next. */
export class CallgateError extends Error {
  name = 'CallgateError'

  /** @param {string} message @param {object} facts code, kind, status, method, ran, … */
  constructor(message, facts) {
    super(message)
    Object.assign(this, facts)
  }
}

/** Called by the core, with absent facts as undefined: they don't become properties. */
export function makeError(words, code, kind, ran, retryable, status, method, decision) {
  const facts = { code, kind, ran, retryable }
  if (status !== undefined) facts.status = status
  if (method !== undefined) facts.method = method
  if (decision !== undefined) facts.decision = decision
  const named = method === undefined || words.startsWith(method) ? words : `${method}: ${words}`
  return new CallgateError(code === '' ? named : `${named} (${code})`, facts)
}

/** The words of whatever was thrown. */
export function wordsOf(thrown) {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown)
  } catch {
    return 'something was thrown that says nothing'
  }
}

/** An error about what the caller gave. */
export const invalid = (words) => makeError(words, 'CALLGATE_INVALID', 'invalid', 'no', false)

/** The answer to one call. */
export class Answer {
  #source

  /**
   * @param {object} body the portal's whole answer, parsed
   * @param {{ again(start: number): Promise<Answer>, method: string, warn(place: string, message: string): void }}
   *   source the call that it answers
   */
  constructor(body, status, next, total, source) {
    this.data = body.result
    if (total !== undefined) this.total = total
    if (next !== undefined) this.next = next
    if (body.time !== undefined) this.time = body.time
    this.status = status
    this.more = next !== undefined
    this.#source = source
  }

  /** Converts by the caller's shape, strictly; without one by what is known of the method. */
  decode(shape) {
    return decode(this.data, shape, this.#source)
  }

  /** The same call, one page further. */
  async nextPage() {
    if (!this.more) {
      throw makeError(
        'there is no next page',
        'CALLGATE_NO_MORE',
        'invalid',
        'no',
        false,
        undefined,
        this.#source.method,
      )
    }
    return this.#source.again(this.next)
  }
}
