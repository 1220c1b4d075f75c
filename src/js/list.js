/**
 * The rows of a list: what the core has to know of a page, and the stream in which a caller reads
 * them. The core walks the list and says which page comes next; the rows never enter it.
 */
import { invalid } from './face.js'
import { paramsText } from './text.js'

// How a page's ids lie; the core knows these by number.
const UNKNOWN = 0
const RISING = 1
const FALLING = 2

/** The facts of a page: how many rows, how their ids lie, the first id and the last. */
export function readPage({ result }) {
  const rows = rowsOf(result)
  if (rows === undefined) return undefined
  const first = idOf(rows[0])
  let [order, last] = [first === undefined ? UNKNOWN : RISING, first]
  for (let at = 1; at < rows.length && order !== UNKNOWN; at++) {
    const id = idOf(rows[at])
    if (at === 1 && id < last) order = FALLING
    else if (order === RISING ? !(id > last) : !(id < last)) order = UNKNOWN
    last = id
  }
  return [rows.length, order, first, last]
}

/**
 * The rows of a list method's result. It may be a list; a map of rows by their ids; either of them in
 * a wrapper (`items`, `tasks`, …); or one of the five empties: null, false, an empty text, list or
 * map. Undefined when it is none of these.
 */
export function rowsOf(result) {
  if (result === null || result === false || result === '') return []
  if (Array.isArray(result)) return result
  if (typeof result !== 'object') return undefined
  if (isMap(result)) return Object.values(result)
  const isList = (value) =>
    Array.isArray(value) ||
    (typeof value === 'object' && value !== null && isMap(value) && Object.keys(value).length > 0)
  const lists = Object.values(result).filter(isList)
  const list = lists.length === 1 ? lists[0] : (result.items ?? result.tasks)
  return isList(list) ? rowsOf(list) : undefined
}

const isMap = (value) => Object.keys(value).every((key) => /^\d+$/.test(key))

/** A row's own number, as different methods spell it. */
function idOf(row) {
  const id = row?.ID ?? row?.id
  const number = typeof id === 'string' && /^\d+$/.test(id) ? Number(id) : id
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

/** A list as its caller reads it: row by row, page by page, or all at once. */
export class ListStream {
  #source
  #isRead = false

  /** @param portal lives as long as its list */
  constructor(desk, portal, method, params, options) {
    this.#source = { portal, walk: new Walk(desk, method, params, options) }
  }

  get progress() {
    return this.#source.walk.progress
  }

  async *[Symbol.asyncIterator]() {
    for await (const page of this.pages()) {
      for (const row of page) {
        if (this.#source.walk.isBroken) break // what comes instead of the next page says why
        yield row
      }
    }
  }

  /** Page by page; none is empty. Whoever leaves the loop ends the list. */
  async *pages() {
    if (this.#isRead) throw invalid('list: it has been read already: make another one')
    this.#isRead = true
    const { walk } = this.#source
    try {
      for (;;) {
        const page = await walk.next()
        if (page === undefined) return
        walk.options?.onProgress?.(walk.progress)
        if (page.length > 0) yield page
      }
    } finally {
      walk.leave()
    }
  }

  async toArray() {
    const rows = []
    this.#source.walk.takesAll = true
    for await (const page of this.pages()) {
      for (const row of page) rows.push(row)
    }
    return rows
  }
}

/** What the core walks: here it puts the page that was asked for, or the list's end. */
class Walk {
  progress = { rows: 0, requests: 0 }
  /** By which number the core knows it, once it does. */
  list
  unlisten
  isBroken = false
  /** Its reader wants all rows at once, so that nothing is gained by holding pages back. */
  takesAll = false
  #desk
  #text
  /** The ids of the rows that were handed out, where the core wants to know of them. */
  #seen = new Set()
  #waiting
  #ended

  constructor(desk, method, params, options) {
    this.#desk = desk
    this.method = method
    this.options = options
    try {
      this.#text = paramsText(params)
    } catch (error) {
      this.reject(error)
    }
  }

  /** The next page; undefined at the end. */
  next() {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      if (!this.#ended && this.list === undefined) this.#desk.beginList(this, this.#text)
      if (this.#ended) this.#ended()
      else this.#desk.wantRows(this.list)
    })
  }

  leave() {
    if (!this.#ended) this.#desk.cancel(this.list)
  }

  page(body, onlyNew, total, requests) {
    const rows = rowsOf(body.result)
    const page = onlyNew ? rows.filter((row) => this.#isNew(row)) : rows
    this.#note(this.progress.rows + page.length, total, requests)
    this.#waiting.resolve(page)
  }

  #isNew(row) {
    const id = idOf(row)
    if (id === undefined) return true
    const isNew = !this.#seen.has(id)
    this.#seen.add(id)
    return isNew
  }

  /** All pages were handed out. */
  resolve(total, requests) {
    this.#note(this.progress.rows, total, requests)
    this.#end(() => this.#waiting?.resolve(undefined))
  }

  reject(error) {
    this.isBroken = true
    this.#end(() => this.#waiting?.reject(error))
  }

  #end(tell) {
    this.#ended = tell
    this.#seen.clear()
    tell()
  }

  #note(rows, total, requests) {
    this.progress = { rows, requests, ...(total !== undefined && { total }) }
  }
}
