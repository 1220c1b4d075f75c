/** The life of an application: it is opened, perhaps for the first time, and gets new tokens. */
import { FrameLink } from '../boot.js'
import { Channel, silent } from '../wasm/js/channel.js'
import { loadScript } from './dom.js'

/** In ms; what is said of a page that hasn't told whom it opened by then. It may still do so. */
export const PATIENCE = 10_000

/** In ms; handlers run that much later. */
const SOON = 10

export class Life {
  channel
  /** The portal behind the façade, from `isInit` on. */
  portal
  isInit = false
  /** What the portal's page says of the application, its user and its place. */
  told = {}
  /** What `installFinish` does at present. */
  finish = () => this.channel.send('setInstallFinish', '{}')
  #link
  #events
  #auth
  #handlers = []
  #installers = []

  constructor(link, events) {
    this.#link = link
    this.#events = events
    this.channel = new TokenChannel(link, (auth) => this.#keep(auth))
  }

  /** Asks the portal's page for all that it has to say. */
  open() {
    const late = () => this.tell(silent('getInitData'))
    const timer = setTimeout(late, PATIENCE)
    const forget = this.channel.send('getInitData', '', (json) => {
      clearTimeout(timer)
      forget()
      try {
        this.portal = this.#link.portal(this.channel, json)
        this.told = { USER_OPTIONS: {}, APP_OPTIONS: {}, ...JSON.parse(json) }
      } catch (error) {
        this.tell(error)
        throw error
      }
      this.#keep(this.told)
      this.isInit = true
      this.#events.open(this.portal)
      this.#begin()
    })
  }

  tell(error) {
    this.#events.tell(error)
  }

  get isAdmin() {
    return Boolean(this.told.IS_ADMIN)
  }

  init(handler) {
    if (!handler) return
    if (this.isInit) runSoon(handler)
    else this.#handlers.push(handler)
  }

  install(item) {
    if (item && !this.isInit) this.#installers.push(item)
  }

  #begin() {
    if (!this.told.INSTALL) this.finish = () => {}
    if (!this.told.FIRST_RUN) return this.#run()
    if (this.#installers.length > 0) return this.#install()
    this.#endFirstRun()
  }

  /** Runs what is to be done at the first run: each item says by `installFinish` that it is done. */
  #install() {
    const item = this.#installers.shift()
    const next = () => this.#install()
    if (item === undefined) {
      this.finish = () => {}
      return this.#endFirstRun()
    }
    if (typeof item === 'string') {
      const loaded = () => (this.finish = next)
      return loadScript(item, loaded, (error) => this.tell(error))
    }
    this.finish = next
    try {
      item.call(document)
    } catch (error) {
      this.finish = () => {}
      alert('Installation failed!')
      console.log(error)
      this.tell(error)
    }
  }

  #endFirstRun() {
    this.channel.send('setInstall', '{"install":true}')
    this.#run()
  }

  #run() {
    for (const handler of this.#handlers.splice(0)) runSoon(handler)
  }

  #keep({ AUTH_ID, AUTH_EXPIRES, REFRESH_ID }) {
    this.#auth = {
      access_token: AUTH_ID,
      refresh_token: REFRESH_ID,
      expires_in: Date.now() + AUTH_EXPIRES * 1000,
      domain: this.domain,
      member_id: this.told.MEMBER_ID,
    }
  }

  /** The token; false without one that lives. */
  get auth() {
    return this.#auth?.expires_in > Date.now() ? { ...this.#auth } : false
  }

  /** The portal's host. */
  get domain() {
    return new URL(this.#link.origin).host
  }

  /** Has the token replaced; `done` hears of it, as of an answer from the portal's page. */
  refresh(done) {
    if (!this.isInit) return
    FrameLink.renew(this.portal)
    this.channel.refresh().then(
      () => queueMicrotask(() => done?.call(window, this.auth)),
      (error) => this.tell(error),
    )
  }
}

/** Hands on each new token. */
class TokenChannel extends Channel {
  #keep

  constructor(link, keep) {
    super(link)
    this.#keep = keep
  }

  async refresh() {
    const json = await super.refresh()
    this.#keep(JSON.parse(json))
    return json
  }
}

const runSoon = (handler) => setTimeout(() => handler.call(window), SOON)

export const lifeFunctions = (life) => ({
  init: (handler) => life.init(handler),
  install: (item) => life.install(item),
  installFinish() {
    life.finish()
  },
  getAuth: () => life.auth,
  refreshAuth: (callback) => life.refresh(callback),
  isAdmin: () => life.isAdmin,
  getLang: () => life.told.LANG ?? '',
  getDomain: () => life.domain,
  canUse: (what) => what !== 'upload' || typeof FileReader === 'function',
})
