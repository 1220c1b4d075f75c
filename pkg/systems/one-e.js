/** The class `OneE`: instructions of the 1E Platform, and their approvals. Types: `one-e.d.ts`. */
import { paramsText } from '../wasm/js/text.js'
import { OneECore } from '../wasm/systems_bg.js'
import { Driver } from './driver.js'

export class OneE {
  #driver

  constructor(options) {
    this.#driver = new Driver(new OneECore(options), options, 'warning')
    this.approvals = new Approvals(this.#driver)
  }

  issue(instruction, options) {
    const begin = (core) => core.issue(paramsText(instruction, 'instruction'), options)
    return runOf(this.#driver, begin, options)
  }

  run(id, options) {
    return runOf(this.#driver, (core) => core.read(id, options), options)
  }

  useToken(token) {
    this.#driver.core.useToken(token)
  }

  on(type, listener) {
    return this.#driver.on(type, listener)
  }

  close() {
    this.#driver.close()
  }
}

class Approvals {
  #driver

  constructor(driver) {
    this.#driver = driver
  }

  async pending(options) {
    const shown = await this.#driver.call((core) => core.pending(options), options)
    return shown.map((run) => new Run(this.#driver, run))
  }

  check(item, options) {
    return this.#driver.call((core) => core.check(item, options), options)
  }

  decide(item, options) {
    return runOf(this.#driver, (core) => core.decide(item, options), options)
  }
}

/** The promise of the run that a call brings. */
async function runOf(driver, begin, options, told) {
  return new Run(driver, await driver.call(begin, options, told))
}

/** An issued instruction, as the server showed it last. */
export class Run {
  #driver
  #shown
  #details
  #decision

  constructor(driver, { shown, decision, ...facts }) {
    this.#driver = driver
    this.#shown = shown
    this.#decision = decision
    Object.assign(this, facts)
  }

  get details() {
    this.#details ??= JSON.parse(this.#shown)
    return this.#details
  }

  check() {
    return this.#decision
  }

  submitCode(code, options) {
    return this.#next((core) => core.submitCode(this, code, options), options)
  }

  settled(options) {
    const told = (shown) => options?.onChange?.(new Run(this.#driver, shown))
    return this.#next((core) => core.follow(this, this.#shown, options), options, told)
  }

  cancel(options) {
    return this.#next((core) => core.withdraw(this, options), options)
  }

  async *responses(options) {
    const filter = options?.filter && paramsText(options.filter, 'filter')
    for (let from; ;) {
      const begin = (core) => core.responses(this, from, filter, options)
      const [rows, next] = await this.#driver.call(begin, options)
      yield* JSON.parse(rows)
      if (next === undefined) return
      from = next
    }
  }

  #next(begin, options, told) {
    return runOf(this.#driver, begin, options, told)
  }
}
