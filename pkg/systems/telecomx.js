/** The class `TelecomX`: who may do what with which extension. Types: `telecomx.d.ts`. */
import { paramsText } from '../wasm/js/text.js'
import { TelecomXCore } from '../wasm/systems_bg.js'
import { Driver } from './driver.js'

/** Each becomes a function of the class. */
const ACTIONS = [
  'pickup',
  'steal',
  'spy',
  'queuePickup',
  'call',
  'hangup',
  'transfer',
  'hold',
  'unhold',
  'setPresence',
  'redirect',
  'joinQueue',
  'leaveQueue',
  'queueMembers',
  'readCalendar',
  'readCalendarEvent',
  'addCalendarEvent',
  'removeCalendarEvent',
  'readPhonebook',
  'readContact',
  'addContact',
  'employees',
]

export class TelecomX {
  #driver

  static {
    for (const name of ACTIONS) {
      this.prototype[name] = function (parameters, options) {
        const begin = (core) => core.act(name, paramsText(parameters, 'parameters'), options)
        return this.#json(begin, options)
      }
    }
  }

  constructor(options) {
    this.#driver = options instanceof Driver ? options : drive(new TelecomXCore(options), options)
  }

  static async login(options) {
    const driver = drive(TelecomXCore.loggedOut(options), options)
    await driver.call((core) => core.login(options), options)
    return new TelecomX(driver)
  }

  get token() {
    return this.#driver.core.token
  }

  get session() {
    const shown = this.#driver.core.session
    return shown && sessionOf(shown)
  }

  check(extension, action, context) {
    return this.#driver.core.check(extension, action, context)
  }

  permissions(options) {
    return this.#json((core) => core.permissions(options), options)
  }

  async validateToken(options) {
    return sessionOf(await this.#driver.call((core) => core.validate(options), options))
  }

  logout(options) {
    return this.#json((core) => core.logout(options), options)
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

  async #json(begin, options) {
    return JSON.parse(await this.#driver.call(begin, options))
  }
}

const drive = (core, options) => new Driver(core, options, 'permissions', 'tokenEnded', 'warning')

const sessionOf = ({ shown, ...facts }) => ({ ...facts, details: JSON.parse(shown) })
