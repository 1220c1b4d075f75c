/** What a callback gets. */

/** The answer to a call, or to one command of a batch. */
export class AjaxResult {
  #again

  /**
   * @param answer the portal's whole answer, or as much of it as is about the command
   * @param query what was asked: { method, data, callback, start }
   * @param status the HTTP status; 0 without an answer
   * @param again asks for the page from a row on: (start, callback)
   * @param decision where a permission is the cause of an error: the decision
   */
  constructor(answer, query, status, again, decision) {
    this.answer = { ...answer }
    this.query = query
    this.status = status
    this.#again = again
    if ('next' in this.answer) this.answer.next = Number.parseInt(this.answer.next, 10)
    const { error } = answer
    if (error === undefined) return
    // A command's error is an object of its own. A call's is its answer: of that a copy, for the
    // answer itself would then contain itself.
    const ex = typeof error === 'object' ? error : { ...answer }
    this.answer.ex = new AjaxError(ex, status, decision)
  }

  data() {
    return this.answer.result
  }

  error() {
    return this.answer.ex
  }

  error_description() {
    return this.answer.error_description
  }

  more() {
    return !Number.isNaN(Number(this.answer.next))
  }

  total() {
    return Number.parseInt(this.answer.total, 10)
  }

  time() {
    return this.answer.time
  }

  /** Asks for the next page, for the same callback unless another is given; false without one. */
  next(callback) {
    if (!this.more()) return false
    const heir = typeof callback === 'function' ? callback : this.query.callback
    return this.#again(this.answer.next, heir)
  }
}

class AjaxError {
  constructor(ex, status, decision) {
    this.ex = ex
    this.status = status
    if (decision !== undefined) this.decision = decision
  }

  getError() {
    return this.ex
  }

  getStatus() {
    return this.status
  }

  toString() {
    const { error, error_description: words } = this.ex
    return `${error}${words ? `: ${words}` : ''} (${this.status})`
  }
}
