/** One way to load the list: its clock, its progress, its rows; it can be stopped and goes on. */
import { el } from '../dom.js'
import { RowWindow } from './rows.js'

const many = (number) => number.toLocaleString('en-GB')

/** `0:03.2`. */
const stopwatch = (ms) =>
  `${Math.floor(ms / 60_000)}:${((ms % 60_000) / 1000).toFixed(1).padStart(4, '0')}`

export class Lane {
  element
  rows = []
  requests = 0
  isWhole = false
  #load
  #time = el('span', { class: 'stopwatch', role: 'timer', 'aria-live': 'off' })
  #progress
  #facts = el('p', { class: 'quiet small' })
  #window
  #controller
  #began = 0
  #spent = 0

  /** @param load `load({ rows, last, show, signal })` loads what comes behind `rows`, whose last id is `last` */
  constructor(name, load) {
    this.#load = load
    this.#progress = el('progress', { 'aria-label': `${name}: rows loaded` })
    this.#window = new RowWindow(`Deals, ${name}`)
    this.element = el(
      'section',
      { class: 'lane', 'aria-label': name },
      el('p', { class: 'lane-head' }, name, this.#time),
      this.#progress,
      this.#facts,
      this.#window.element,
    )
    this.update()
  }

  get isRunning() {
    return this.#controller !== undefined
  }

  get time() {
    return stopwatch(this.#spent + (this.isRunning ? performance.now() - this.#began : 0))
  }

  clear() {
    this.rows = []
    this.requests = 0
    this.isWhole = false
    this.#spent = 0
    this.#window.show(this.rows)
  }

  /** Loads what is missing. Rejects as the call does, but not when it was stopped. */
  async run() {
    this.#controller = new AbortController()
    this.#began = performance.now()
    const { signal } = this.#controller
    const had = this.requests
    const show = (rows, { requests }) => {
      this.rows.push(...rows)
      this.requests = had + requests
      this.#window.show(this.rows)
    }
    try {
      const last = this.rows.at(-1)?.ID ?? 0
      await this.#load({ rows: this.rows, last, show, signal })
      this.isWhole = true
    } catch (error) {
      if (error.kind !== 'aborted') throw error
    } finally {
      this.#spent += performance.now() - this.#began
      this.#controller = undefined
    }
  }

  stop() {
    this.#controller?.abort()
  }

  /** Shows how far it is, of `total` rows where that is known. */
  update(total) {
    this.#time.textContent = this.time
    this.#progress.max = total ?? 1
    if (total === undefined && this.isRunning) this.#progress.removeAttribute('value')
    else this.#progress.value = this.rows.length
    const of = total === undefined ? '' : ` of ${many(total)}`
    const requests = `${many(this.requests)} ${this.requests === 1 ? 'request' : 'requests'}`
    this.#facts.textContent = `${many(this.rows.length)}${of} rows · ${requests}`
  }
}
