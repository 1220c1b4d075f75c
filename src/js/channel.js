/** Messages to the portal's page, which frames this one, and back. No other page is heard. */
import { invalid, makeError } from './face.js'

/** In ms; how long the page may take to answer, unless the caller says otherwise. */
const PATIENCE = 10_000

/** In ms; what a timer takes at most. */
const LONGEST = 2 ** 31 - 1

/** What this window is called; undefined where there is no window. */
export const windowName = () => globalThis.window?.name

export const isFramed = () => window.parent !== window

export class Channel {
  #link
  #origin
  /** What ids begin with: there may be other channels in this window. */
  #name = `callgate${Math.random().toString(36).slice(2)}`
  #count = 0
  /** Functions that take answers, by the id that an answer begins with. */
  #heard = new Map()
  /** Functions that end questions that wait for an answer. */
  #asked = new Set()
  #refreshing
  #closed = false

  /** @param link a `FrameLink`, which knows the portal's origin and how messages are written */
  constructor(link) {
    this.#link = link
    this.#origin = link.origin
    window.addEventListener('message', this.#hear)
  }

  #hear = ({ origin, source, data }) => {
    if (origin !== this.#origin || source !== window.parent || typeof data !== 'string') return
    const [id, json] = this.#link.read(data) ?? []
    this.#heard.get(id)?.(json)
  }

  /** Says a command; `hear` takes the JSON text of every answer. Returns what ends that. */
  send(command, json, hear) {
    if (this.#closed) throw closed()
    if (typeof command !== 'string') throw invalid('command: a text is wanted')
    const id = hear ? this.#name + ++this.#count : ''
    const message = this.#link.write(command, json, id)
    if (hear) this.#heard.set(id, hear)
    window.parent.postMessage(message, this.#origin)
    return () => void this.#heard.delete(id)
  }

  /**
   * Resolves with the JSON text that answers a command. Rejects when none comes in time, when the
   * signal fires, and when the channel is closed.
   */
  ask(command, json, { millis = PATIENCE, signal } = {}) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw aborted(command)
      const forget = this.send(command, json, (answer) => end(resolve, answer))
      const abort = () => end(reject, aborted(command))
      const close = () => end(reject, closed())
      const late = () => end(reject, silent(command))
      const timer = millis === Infinity ? undefined : setTimeout(late, Math.min(millis, LONGEST))
      const end = (settle, value) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
        this.#asked.delete(close)
        forget()
        settle(value)
      }
      this.#asked.add(close)
      signal?.addEventListener('abort', abort)
    })
  }

  /** Asks for what the application is opened with: resolves with the JSON text, or with an error. */
  handshake(millis) {
    return this.ask('getInitData', '', { millis }).catch((error) => error)
  }

  /** Asks for a new token: one question for all who want it at the same time. */
  refresh() {
    this.#refreshing ??= this.ask('refreshAuth', '{}').finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  /** Hears nothing any more, and ends the questions under way. */
  close() {
    this.#closed = true
    window.removeEventListener('message', this.#hear)
    this.#heard.clear()
    for (const close of [...this.#asked]) close()
  }
}

/** Makes of a function that takes values one that takes JSON texts; it passes over what is none. */
export const ofValues = (take) => (json) => {
  let value
  try {
    value = JSON.parse(json)
  } catch {
    return
  }
  take(value)
}

/** What only reads has changed nothing. */
const ran = (command) => (command.startsWith('get') ? 'no' : 'unknown')

/** A command got no answer in time. */
export const silent = (command) =>
  makeError(
    `the portal's page didn't answer ${command} in time`,
    'CALLGATE_FRAME_SILENT',
    'timeout',
    ran(command),
    true,
  )

const aborted = (command) =>
  makeError(`${command} was ended`, 'CALLGATE_ABORTED', 'aborted', ran(command), false)

const closed = () => makeError('the portal was closed', 'CALLGATE_CLOSED', 'aborted', 'no', false)
