/**
 * The portal page's side of the frame: it opens the app in an iframe and answers its commands.
 * `command:JSON:callback:SID` comes in, `callback:JSON` goes out; whatever isn't from the app's own
 * origin, frame and session is ignored.
 */
import { el } from './dom.js'
import { APP, newToken } from './story.js'

export class FrameHost {
  #holder
  #origin
  #said
  #iframe
  #sid
  #token
  #firstRun = true

  /** `said` hears what the app wants of the page: `said.title(text)`, `said.token(token)`. */
  constructor(holder, origin, said) {
    this.#holder = holder
    this.#origin = origin
    this.#said = said
    addEventListener('message', (event) => this.#hear(event))
  }

  /** Opens the app anew, with a new token, as a portal does after its installation has changed. */
  async open() {
    this.#setToken(await newToken())
    this.#sid = [...crypto.getRandomValues(new Uint8Array(16))]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('')
    this.#iframe = el('iframe', {
      id: `appframe_${this.#sid}`,
      name: `${location.host}|0|${this.#sid}`,
      title: 'The app: Callgate tour',
    })
    this.#holder.replaceChildren(this.#iframe)
    this.#submit()
  }

  /** A portal opens an app by a POST into its frame, for the app's server to read. */
  #submit() {
    const query = new URLSearchParams({
      DOMAIN: location.host,
      PROTOCOL: '0',
      LANG: 'en',
      APP_SID: this.#sid,
    })
    const fields = {
      AUTH_ID: this.#token.access_token,
      AUTH_EXPIRES: String(this.#token.expires_in),
      REFRESH_ID: this.#token.refresh_token,
      member_id: this.#token.member_id,
      status: 'L',
      PLACEMENT: 'DEFAULT',
    }
    const inputs = Object.entries(fields).map(([name, value]) =>
      el('input', { type: 'hidden', name, value }),
    )
    const target = this.#iframe.name
    const form = el(
      'form',
      { method: 'post', action: `${this.#origin}/?${query}`, target },
      ...inputs,
    )
    document.body.append(form)
    form.submit()
    form.remove()
  }

  #setToken(token) {
    this.#token = token
    this.#said.token(token)
  }

  #hear({ data, origin, source }) {
    const ours = origin === this.#origin && source === this.#iframe?.contentWindow
    if (!ours || typeof data !== 'string') return
    const [command, ...rest] = data.split(':')
    const sid = rest.pop()
    const callback = rest.pop()
    if (sid !== this.#sid || !Object.hasOwn(COMMANDS, command)) return
    this.#answer(command, rest.join(':'), callback)
  }

  async #answer(command, json, callback) {
    const target = this.#iframe.contentWindow
    try {
      const reply = await COMMANDS[command](this, json ? JSON.parse(json) : {})
      if (callback) target.postMessage(`${callback}:${JSON.stringify(reply)}`, this.#origin)
    } catch (error) {
      // A portal tells its user and leaves the app without an answer.
      this.#said.problem(`${command}: ${error.message}`)
    }
  }

  initData() {
    const firstRun = this.#firstRun
    this.#firstRun = false
    return {
      LANG: 'en',
      DOMAIN: location.host,
      PROTOCOL: 0,
      PATH: '/rest',
      ...this.#auth(),
      MEMBER_ID: this.#token.member_id,
      FIRST_RUN: firstRun,
      IS_ADMIN: false,
      INSTALL: false,
      USER_OPTIONS: [],
      APP_OPTIONS: [],
      PLACEMENT: 'DEFAULT',
      PLACEMENT_OPTIONS: '',
    }
  }

  /** The portal gets the new token; a refresh token works once. */
  async refreshAuth() {
    const response = await fetch('/oauth/token/', {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: APP,
        refresh_token: this.#token.refresh_token,
      }),
    })
    const answer = await response.json()
    if (answer.error) throw new Error(answer.error_description ?? answer.error)
    this.#setToken(answer)
    return this.#auth()
  }

  resizeWindow({ width, height }) {
    const pixels = Number.parseInt(height, 10)
    if (pixels > 0) this.#holder.style.setProperty('--app-height', `${pixels}px`)
    this.#holder.style.width = width === '100%' ? width : `${Number.parseInt(width, 10) || 100}px`
    return { width: this.#holder.offsetWidth, height: this.#holder.offsetHeight }
  }

  setTitle(params) {
    this.#said.title(String(params.title ?? ''))
    return params
  }

  /** A portal's own page hands these over as texts. */
  #auth() {
    return {
      AUTH_ID: this.#token.access_token,
      AUTH_EXPIRES: String(this.#token.expires_in),
      REFRESH_ID: this.#token.refresh_token,
    }
  }
}

/** What the app may ask for. */
const COMMANDS = {
  getInitData: (host) => host.initData(),
  refreshAuth: (host) => host.refreshAuth(),
  resizeWindow: (host, params) => host.resizeWindow(params),
  setTitle: (host, params) => host.setTitle(params),
}
