/**
 * What an application can have the portal's page do, as promises. Whoever waits for the page waits
 * for some seconds; whoever waits for a person waits as long as that takes.
 */
import { ofValues } from './channel.js'
import { invalid, makeError } from './face.js'

/** Gives a portal the page around it. */
export function attach(portal, channel, json) {
  const value = new Frame(portal, channel, JSON.parse(json))
  Object.defineProperty(portal, 'frame', { value, enumerable: true })
}

export class Frame {
  #line

  constructor(portal, channel, told) {
    this.#line = new Line(portal, channel)
    this.lang = told.LANG
    this.isAdmin = Boolean(told.IS_ADMIN)
    this.isInstalling = Boolean(told.INSTALL)
    this.isFirstRun = Boolean(told.FIRST_RUN)
    this.placement = new Placement(this.#line, told)
    this.options = {
      app: new AppOptions(this.#line, told),
      user: new UserOptions(this.#line, told),
    }
    this.im = new Messenger(this.#line)
  }

  /** Ends the portal with all that belongs to it. */
  destroy() {
    this.#line.end()
  }

  installFinish() {
    if (!this.isInstalling) throw invalid('installFinish: the portal is not installing it')
    this.#line.say('setInstallFinish', {})
  }

  async firstRunFinish() {
    await this.#line.ask('setInstall', { install: true })
    this.isFirstRun = false
  }

  async resize(width, height) {
    if (width !== '100%') mustBePositive(width, 'width')
    mustBePositive(height, 'height')
    return this.#line.ask('resizeWindow', { width, height })
  }

  /** As wide as there is room, as high as the document. */
  fit() {
    const { scrollHeight, offsetHeight } = document.documentElement
    return this.resize('100%', Math.max(scrollHeight, offsetHeight))
  }

  reload() {
    this.#line.say('reloadWindow', {})
  }

  async title(title) {
    await this.#line.ask('setTitle', { title: String(title) })
  }

  async scroll(pixels) {
    if (!(Number.isFinite(pixels) && pixels >= 0))
      throw invalid('scroll: a number of pixels is wanted')
    await this.#line.ask('setScroll', { scroll: pixels })
  }

  selectUser({ signal } = {}) {
    return this.#line.wait('selectUser', { title: '', mult: false }, signal)
  }

  selectUsers({ signal } = {}) {
    return this.#line.wait('selectUser', { title: '', mult: true }, signal)
  }

  selectAccess({ value = [], signal } = {}) {
    return this.#line.wait('selectAccess', { value }, signal)
  }

  /** The page answers with objects whose names are numbers. */
  async selectCRM({ signal, ...which } = {}) {
    const chosen = await this.#line.wait('selectCRM', which, signal)
    return mapValues(chosen, (items) => Object.values(items))
  }

  async openApplication(params = {}, { signal, ...slider } = {}) {
    const settings = Object.entries(slider).map(([name, value]) => [`bx24_${name}`, value])
    const all = { ...params, ...Object.fromEntries(settings) }
    await this.#line.wait('openApplication', all, signal)
  }

  closeApplication() {
    this.#line.say('closeApplication')
  }

  async openPath(path, { signal } = {}) {
    const { result, errorCode } = await this.#line.wait('openPath', { path }, signal)
    if (result !== 'error') return
    throw makeError(`the portal doesn't open ${path}`, String(errorCode), 'portal', 'no', false)
  }
}

/** The place that the application was opened at. */
class Placement {
  #line

  constructor(line, { PLACEMENT, PLACEMENT_OPTIONS }) {
    this.#line = line
    this.name = PLACEMENT
    this.options = asObject(PLACEMENT_OPTIONS)
  }

  interface() {
    return this.#line.ask('getInterface')
  }

  call(command, params, { signal } = {}) {
    return this.#line.ask(command, params, { signal })
  }

  on(event, listener) {
    return this.bind('placementBindEvent', listener, { event })
  }

  /** For commands that answer whenever something happens. */
  bind(command, listener, params) {
    if (typeof listener !== 'function') throw invalid(`${command}: the listener must be a function`)
    return this.#line.hear(command, params, listener)
  }
}

/** What the portal keeps for the application, for all users. */
class AppOptions {
  #line
  #isAdmin
  #values

  constructor(line, { APP_OPTIONS, IS_ADMIN }) {
    this.#line = line
    this.#isAdmin = IS_ADMIN
    this.#values = asObject(APP_OPTIONS)
  }

  get(name) {
    return own(this.#values, name)
  }

  async set(name, value) {
    const denied = () =>
      makeError(
        'only an administrator sets options of the application',
        'access_denied',
        'denied',
        'no',
        false,
      )
    if (!this.#isAdmin) throw denied() // the page wouldn't answer
    const all = await this.#line.ask('setAppOption', { name, value })
    if (all?.error === 'access_denied') throw denied()
    this.#values = asObject(all)
  }
}

/** What the portal keeps for the application and its present user. */
class UserOptions {
  #line
  #values

  constructor(line, { USER_OPTIONS }) {
    this.#line = line
    this.#values = asObject(USER_OPTIONS)
  }

  get(name) {
    return own(this.#values, name)
  }

  async set(name, value) {
    await this.#line.ask('setUserOption', { name, value })
    this.#values = { ...this.#values, [name]: value }
  }
}

/** Calls and chats; the page answers none of these. */
class Messenger {
  #line

  constructor(line) {
    this.#line = line
  }

  callTo(userId, { video = false } = {}) {
    this.#line.say('imCallTo', { userId, video })
  }

  phoneTo(phone) {
    this.#line.say('imPhoneTo', { phone })
  }

  openMessenger(dialogId) {
    this.#line.say('imOpenMessenger', { dialogId })
  }

  openHistory(dialogId) {
    this.#line.say('imOpenHistory', { dialogId })
  }
}

/** The channel for values instead of texts. It holds the portal, with which the channel would end. */
class Line {
  #portal
  #channel

  constructor(portal, channel) {
    this.#portal = portal
    this.#channel = channel
  }

  end() {
    this.#portal.close()
  }

  say(command, params) {
    this.#channel.send(command, textOf(command, params))
  }

  /** For what the page answers by itself. */
  async ask(command, params, { signal, millis } = {}) {
    if (signal && !(signal instanceof AbortSignal))
      throw invalid('signal: an AbortSignal is wanted')
    const json = await this.#channel.ask(command, textOf(command, params), { signal, millis })
    try {
      return JSON.parse(json)
    } catch {
      const words = `the answer of the portal's page to ${command} is no JSON`
      throw makeError(words, 'CALLGATE_FRAME_ANSWER', 'protocol', 'unknown', false)
    }
  }

  /** For what a person decides. */
  wait(command, params, signal) {
    return this.ask(command, params, { signal, millis: Infinity })
  }

  /** Returns what ends it. While somebody listens, the portal is held. */
  hear(command, params, listener) {
    const take = ofValues((value) => this.#tell(listener, value))
    return this.#channel.send(command, textOf(command, params), take)
  }

  #tell(listener, value) {
    listener(value)
  }
}

/** The JSON of parameters; none for none. */
function textOf(command, params) {
  if (params === undefined) return ''
  try {
    return JSON.stringify(params) ?? ''
  } catch (error) {
    throw invalid(`${command}: ${error.message}`)
  }
}

function mustBePositive(pixels, name) {
  if (!(Number.isFinite(pixels) && pixels > 0))
    throw invalid(`${name}: a number of pixels is wanted`)
}

/** PHP has one empty value for lists, maps and texts. */
const asObject = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}

const own = (values, name) => (Object.hasOwn(values, name) ? values[name] : undefined)

const mapValues = (map, change) =>
  Object.fromEntries(Object.entries(asObject(map)).map(([name, value]) => [name, change(value)]))
