/** One call, from the caller's values to what the callback gets. */
import { callForm } from '../../boot.js'
import { silent } from '../../wasm/js/channel.js'
import { CallgateError, invalid, wordsOf } from '../../wasm/js/face.js'
import { PATIENCE } from '../life.js'
import { formOf, without } from './form.js'
import { AjaxResult } from './result.js'

/**
 * What comes of a call: its result and, where that is one, the error. Never rejects.
 *
 * @param query what is asked: { method, data, callback, start }
 */
export async function ask(life, query, options) {
  let heard = { status: 0 }
  let thrown
  try {
    const how = { ...options }
    if (query.start !== undefined) how.start = query.start
    const written = formOf(how.start === undefined ? query.data : without(query.data, 'start'))
    query.data = copy(query.data)
    const [form] = await Promise.all([written, life.isInit || opened(life, query.callback)])
    await callForm(life.portal, query.method, form, how, (status, body) => {
      heard = { status, body }
    })
  } catch (error) {
    thrown = error
  }
  return conclude(life, query, options, heard, thrown)
}

/** The same for what the portal was heard to say last and, unless that is the answer, what was thrown. */
export function conclude(life, query, options, { status, body }, thrown) {
  const isOurs = thrown === undefined || thrown instanceof CallgateError
  const error = isOurs ? thrown : invalid(wordsOf(thrown))
  let answer = error ? refusalIn(error, status, body) : body
  if (!answer) {
    life.tell(error)
    answer = { error: error.code, error_description: error.message }
  }
  const again = pager(life, query, options)
  const result = new AjaxResult(answer, query, status || error?.status || 0, again, error?.decision)
  return { result, error: result.error() && error }
}

/** Waits until the application is open; for ever only with a callback. */
function opened(life, callback) {
  return new Promise((resolve, reject) => {
    life.init(resolve)
    if (typeof callback !== 'function') setTimeout(reject, PATIENCE, silent('getInitData'))
  })
}

/** What the portal answered to a call that failed, also where its own library saw no failure. */
function refusalIn({ code }, status, body) {
  if (code === 'CALLGATE_EMPTY' && status < 500) return { result: {} }
  if (typeof body !== 'object' || body === null) return undefined
  // What it said before may not be why the call ended.
  const isWhy =
    body.error === undefined ? code === 'CALLGATE_NO_RESULT' : String(body.error) === code
  return isWhy ? body : undefined
}

/** Asks the same from a row on, for a callback. */
export const pager = (life, query, options) => (start, callback) =>
  deliver(ask(life, { ...query, callback, start }, options), callback)

/** Hands the result to the callback. Without one it is promised, and who ignores it isn't told. */
export function deliver(outcome, callback) {
  if (typeof callback === 'function') {
    // As a microtask of its own, so that what it throws is an uncaught error and no rejection.
    outcome.then(({ result }) => queueMicrotask(() => callback.call(window, result)))
    return undefined
  }
  const promise = outcome.then(({ result, error }) => {
    if (error) throw error
    return result
  })
  promise.catch(() => {})
  return promise
}

/** A copy that the caller can't change: of lists and plain objects; the rest stays what it is. */
function copy(value) {
  if (Array.isArray(value)) return value.map(copy)
  if (typeof value !== 'object' || value === null) return value
  if (![Object.prototype, null].includes(Object.getPrototypeOf(value))) return value
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, copy(held)]))
}
