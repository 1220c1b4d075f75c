/**
 * The JavaScript half of a portal's driver: promises, listeners and HTTP exchanges. It decides
 * nothing. What happens is told to the core, and the core says what to do.
 */
import { Exchange, explain, ownFetch, takesCredentials } from './exchange.js'
import { Answer, makeError } from './face.js'
import { ListStream } from './list.js'
import { Listeners } from './listeners.js'
import { listen } from './relay.js'

// What the core is told; it knows these by number. The first ones are how an exchange ends.
const RESULT = 0
const ERROR = 1
const FOREIGN = 2
const NOT_JSON = 3
const EMPTY = 4
const MOVED = 5
const TOO_LONG = 6
const FAILED = 7
const CANCELLED = 8
const RENEWED = 9
const CONSENTED = 10
const LISTED = 11
const WANTED = 12
const WOKEN = 13
const DECIDED = 14

/** The promise of what `next` makes of what is promised. */
export const then = (promise, next) => promise.then(next)

export class Desk {
  #calls = new Map()
  #exchanges = new Map()
  #ears = new Map()
  #warned = new Set()
  #listeners = new Listeners('confirmation', 'warning', 'token', 'throttle')
  #tell
  #answered
  #again
  #maxBody
  #owner
  #timer

  /**
   * @param tell takes in what happened: (what, call, attempt, status, body, a, b, retryAfter)
   * @param answered takes in a result:
   *   (call, attempt, status, body, next, total, operating, operatingResetAt)
   * @param again makes a call anew: (method, text, options, start) → Promise<Answer>
   * @param maxBody how many bytes an answer may have
   */
  constructor(tell, answered, again, maxBody) {
    this.#tell = tell
    this.#answered = answered
    this.#again = again
    this.#maxBody = maxBody
  }

  /**
   * Says whose desk this is. A portal lives as long as somebody holds it, a call of it is under way
   * or an answer of it can still ask for its next page; so each of these holds it.
   */
  belongTo(portal) {
    // A runtime without it (workerd, by a compatibility date before May 2025) collects no portal.
    if (typeof WeakRef === 'function') this.#owner = new WeakRef(portal)
  }

  /** A promise for a call that the core has taken. */
  open(call, method, text, options) {
    return this.#open(call, new Call(this, method, text, options), options)
  }

  /** Lets `heard` have the status and the parsed body of every answer to a call, errors too. */
  hear(call, heard) {
    const entry = this.#calls.get(call)
    if (entry) entry.heard = heard
  }

  /** A promise for a batch that the core has taken; `items` as `batchItems` gave them. */
  openBatch(batch, items, options) {
    return this.#open(batch, new Batch(this, items, options), options)
  }

  #open(call, entry, options) {
    entry.owner = this.#owner?.deref()
    this.#keep(call, entry, options?.signal)
    return new Promise((resolve, reject) => {
      entry.resolve = resolve
      entry.reject = reject
    })
  }

  #keep(call, entry, signal) {
    this.#calls.set(call, entry)
    if (!signal) return
    const abort = () => this.cancel(call)
    signal.addEventListener('abort', abort)
    entry.unlisten = () => signal.removeEventListener('abort', abort)
  }

  cancel(call) {
    this.#tell(CANCELLED, call)
  }

  /** The rows of a list, which begins when somebody reads them. */
  list(method, params, options) {
    return new ListStream(this, this.#owner?.deref(), method, params, options)
  }

  /** Gives a list to the core, which opens it or rejects it at once. */
  beginList(walk, text) {
    this.#tell(LISTED, 0, 0, 0, walk, walk.method, text)
  }

  openList(list, walk) {
    walk.list = list
    this.#keep(list, walk, walk.options?.signal)
  }

  wantRows(list) {
    this.#tell(WANTED, list)
  }

  /** The page that a list's reader waits for. */
  page(list, body, onlyNew, total, requests) {
    this.#calls.get(list).page(body, onlyNew, total, requests)
  }

  endList(list, total, requests) {
    this.#close(list).resolve(total, requests)
  }

  resolve(call, body, status, next, total) {
    const entry = this.#close(call)
    entry.resolve(new Answer(body, status, next, total, entry))
  }

  reject(call, error) {
    this.#close(call).reject(error)
  }

  /** A command of a batch ran. What becomes of one is told before its batch has ended. */
  executed(batch, place, body, status, next, total) {
    const entry = this.#calls.get(batch)
    entry.executed[place] = new Answer(body, status, next, total, entry.command(place))
  }

  failed(batch, place, error) {
    this.#calls.get(batch).failed[place] = error
  }

  resolveBatch(batch) {
    const entry = this.#close(batch)
    entry.resolve(entry.answer())
  }

  #close(call) {
    const entry = this.#calls.get(call)
    this.#calls.delete(call)
    entry.unlisten?.()
    return entry
  }

  /** The same call from another row on. */
  again({ method, text, options }, start) {
    return this.#again(method, text, options, start)
  }

  /** Makes a request through a fetch that the caller, or the runtime's entry point, provided. */
  send(call, attempt, fetch, url, contentType, idempotencyKey, bearer, body) {
    const headers = { 'Content-Type': contentType }
    if (idempotencyKey !== undefined) headers['Idempotency-Key'] = idempotencyKey
    if (bearer !== undefined) headers.Authorization = `Bearer ${bearer}`
    const exchange = new Exchange(call, attempt)
    const init = {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      maxBody: this.#maxBody,
      get signal() {
        return exchange.signal
      },
      hold: (abort) => exchange.hold(abort),
    }
    if (takesCredentials) init.credentials = 'omit'
    this.#run(exchange, fetch, url, init)
  }

  /** Makes a request that the core built, through the runtime's own fetch. */
  sendRequest(call, attempt, request) {
    const exchange = new Exchange(call, attempt)
    this.#run(exchange, ownFetch, request, { signal: exchange.signal })
  }

  abort(call) {
    this.#exchanges.get(call)?.abort()
    this.#exchanges.delete(call)
  }

  async #run(exchange, fetch, request, init) {
    exchange.owner = this.#owner?.deref()
    this.#exchanges.set(exchange.call, exchange)
    let status, told
    try {
      const response = await fetch(request, init)
      status = response?.status
      if (!Number.isInteger(status) || typeof response.text !== 'function') {
        const words = 'fetch gave something that is no response'
        return this.#ended(exchange, 0, FAILED, undefined, words, true)
      }
      if (status === 0 || (status >= 301 && status <= 308 && status !== 304)) {
        const location = response.headers?.get('location') ?? undefined
        return this.#ended(exchange, status, MOVED, undefined, location)
      }
      told = read(await response.text())
      if (told[0] !== RESULT) told[4] = retryAfter(response)
    } catch (error) {
      return this.#ended(exchange, 0, ...unanswered(error))
    }
    this.#ended(exchange, status, ...told)
  }

  #ended(exchange, status, what, body, a, b, c, d) {
    const { call, attempt } = exchange
    if (this.#exchanges.get(call) !== exchange) return // it was aborted
    this.#exchanges.delete(call)
    this.#calls.get(call)?.heard?.(status, body)
    if (what === RESULT) this.#answered(call, attempt, status, body, a, b, c, d)
    else this.#tell(what, call, attempt, status, body, a, b, c)
  }

  /** Wakes the core when the time has passed, and not when it was told to before. */
  wake(millis) {
    clearTimeout(this.#timer)
    if (millis !== undefined) this.#timer = setTimeout(() => this.#tell(WOKEN), millis)
  }

  /** Tells the core, by a number, when the relay says that an administrator has decided. */
  listen(ear, relay, token, method) {
    const decided = () => this.#tell(DECIDED, ear)
    this.#ears.set(ear, listen(relay, token, method, decided))
  }

  unlisten(ear) {
    this.#ears.get(ear)()
    this.#ears.delete(ear)
  }

  /** Tells the core what a refresh gave, or in which words it failed. */
  renew(refresh) {
    const failed = (error) =>
      error instanceof Error ? error.message : 'refresh threw something that is no error'
    refresh.then(
      (given) => this.#tell(RENEWED, 0, 0, 0, given),
      (error) => this.#tell(RENEWED, 0, 0, 0, undefined, failed(error)),
    )
  }

  /** Tells the core whether the caller agreed to the portal's new host. */
  consent(asked) {
    const tell = (agreed) => this.#tell(CONSENTED, 0, 0, 0, undefined, agreed)
    asked.then(
      (agreed) => tell(agreed === true),
      () => tell(false),
    )
  }

  on(type, listener) {
    return this.#listeners.add(type, listener)
  }

  emit(type, event) {
    this.#listeners.tell(type, event)
  }

  warnOnce(method, place, message) {
    const known = `${method.toLowerCase()} ${place}`
    if (this.#warned.has(known)) return
    this.#warned.add(known)
    this.emit('warning', { method, message })
  }
}

/** A call under way and, once it has one, what its answer needs to know of it. */
class Call {
  #desk
  resolve
  reject
  unlisten
  owner
  heard

  constructor(desk, method, text, options) {
    this.#desk = desk
    this.method = method
    this.text = text
    this.options = options
  }

  again(start) {
    return this.#desk.again(this, start)
  }

  /** Once for each place of a method's result. */
  warn(place, message) {
    this.#desk.warnOnce(this.method, place, message)
  }
}

/** A reference to another command of a batch, as JSON text has it. */
const REFERENCE = /\$(result|next|total|time)\[/

/** A command of a batch, as the call that its answer is asked for the next page of. */
class Command extends Call {
  again(start) {
    if (REFERENCE.test(this.text)) {
      const words = 'it refers to other commands of its batch, so it has no next page by itself'
      throw makeError(words, 'CALLGATE_INVALID', 'invalid', 'no', false, undefined, this.method)
    }
    return super.again(start)
  }
}

/** A batch under way, and what became of its commands, each at its place. */
class Batch {
  resolve
  reject
  unlisten
  owner
  executed = []
  failed = []
  #desk
  #items
  #options

  constructor(desk, items, options) {
    this.#desk = desk
    this.#items = items
    this.#options = { ...options }
    delete this.#options.halt
  }

  command(place) {
    const [method, text] = [this.#items[place * 4 + 2], this.#items[place * 4 + 3]]
    const command = new Command(this.#desk, method, text, this.#options)
    command.owner = this.owner
    return command
  }

  answer() {
    const names = this.#items.filter((_, at) => at % 4 === 0)
    const named = (told) =>
      Object.fromEntries(told.map((it, place) => [names[place], it]).filter(Boolean))
    const isUntold = (_, place) => !(place in this.executed || place in this.failed)
    return {
      executed: named(this.executed),
      failed: named(this.failed),
      notRun: names.filter(isUntold),
    }
  }
}

/** Of the body the core gets to know no more than what follows it. */
function read(text) {
  let body
  try {
    body = JSON.parse(text)
  } catch {
    return [text?.trim?.() === '' ? EMPTY : NOT_JSON]
  }
  return readBody(body)
}

function readBody(body) {
  if (typeof body !== 'object' || body === null) return [FOREIGN, body]
  const { error } = body
  if (error !== undefined && error !== null) {
    return typeof error === 'object'
      ? [ERROR, body, String(error.code ?? ''), String(error.message ?? '')]
      : [ERROR, body, String(error), String(body.error_description ?? '')]
  }
  if (!('result' in body)) return [FOREIGN, body]
  const { next, total, time } = body
  const [operating, resetAt] = [time?.operating, time?.operating_reset_at]
  return [RESULT, body, number(next), number(total), number(operating), number(resetAt)]
}

/** A number, which portals send as such or as a text; NaN for anything else. */
function number(value) {
  if (typeof value === 'number') return value
  return typeof value === 'string' ? Number.parseFloat(value) : Number.NaN
}

/** The seconds that an answer's header asks for; NaN without it, or where it names a date. */
const retryAfter = (response) => Number.parseFloat(response.headers?.get?.('retry-after'))

/**
 * What the answer of a batch says of the commands at `places`, as if each had been called alone: for
 * each what it is and four numbers, which only a result has, as `read` gives them. To `bodies` come
 * the body of a result, and of what is none the two items behind it. Version 3 answers by a list, in
 * the order of the commands.
 */
export function readBatch({ result }, places, isList, bodies) {
  const numbers = []
  places.forEach((place, index) => {
    const listed = () => (index < result?.length ? { result: result[index] } : {})
    const [what, body, a, b, c, d] = readBody(isList ? listed() : bodyOf(result, `c${place}`))
    if (what === RESULT) numbers.push(what, a, b, c, d)
    else numbers.push(what, 0, 0, 0, 0)
    bodies.push(what === RESULT ? body : [a, b])
  })
  return numbers
}

/** The body of one command. Without commands a map is an empty list. */
function bodyOf(maps, key) {
  const error = maps?.result_error?.[key]
  if (typeof error === 'object' && error !== null) return error
  const body = {}
  const [data, total] = [maps?.result?.[key], maps?.result_total?.[key]]
  const [next, time] = [maps?.result_next?.[key], maps?.result_time?.[key]]
  if (data !== undefined) body.result = data
  if (total !== undefined) body.total = total
  if (next !== undefined) body.next = next
  if (time !== undefined) body.time = time
  return body
}

/** How an exchange ends that brought no answer. */
function unanswered(error) {
  const { words, sent, isTooLong } = explain(error)
  return isTooLong ? [TOO_LONG] : [FAILED, undefined, words, sent]
}
