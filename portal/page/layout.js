/**
 * An application in its frame. It is opened by a POST, as its own server expects; from then on its
 * commands are heard and answered. What the commands do is in commands.js and placements.js.
 */
import { BASE } from './commands.js'
import { read, tell } from './control.js'
import { el } from './dom.js'
import { answer, paramsOf, parse, postFromElsewhere } from './messages.js'
import { deniedAt, placement } from './placements.js'

/** In ms; options of the application that are set within it go to the portal together. */
const ONE_TICK = 50

export class AppLayout {
  app
  opening
  place
  /** What the portal keeps for the application and the user. */
  kept
  /** What the placement's commands have to remember. */
  memory = {}
  sid = [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
  element = el('div', { id: `appframe_layout_${this.sid}`, class: 'app-layout' })
  #frame = el('iframe', {
    id: `appframe_${this.sid}`,
    name: `${location.host}|${Number(location.protocol === 'https:')}|${this.sid}`,
    title: 'The application',
    allow: 'geolocation *; microphone *; camera *; autoplay *;',
  })
  #url
  #own
  #commands
  #denied
  #installing
  #firstRun
  #token
  #refreshed = Promise.resolve()
  #unsent
  #turn = Promise.resolve()
  #bound = new Map()
  #end = new AbortController()

  /**
   * @param app how the application is registered, and who looks at it: `url`, `install` (the URL of
   *   its installation, if it has one), `client`, `user`, `lang`, and `scopes` and `expiresIn` of its
   *   token
   * @param opening where it is opened: `placement`, its `options` (`''` for none), whether in a
   *   `popup`
   * @param place the page around it: the `element` that holds it, `title(text)`, `scroll(pixels)`,
   *   `reload()`, `finished(installed)`, `alert(text)`; and, where somebody wants to know,
   *   `token(token)` and `heard(command, params)`
   */
  constructor(app, opening, place) {
    Object.assign(this, { app, opening, place })
    this.#own = placement(opening.placement)
    this.#commands = { ...BASE, ...this.#own.commands }
    this.#denied = deniedAt(opening)
  }

  /** Another one of the same application. */
  another = (opening, place) => new AppLayout(this.app, opening, place)

  /** Is aborted when the layout is closed. */
  get ended() {
    return this.#end.signal
  }

  /** What may happen at this place: events, and callbacks that commands have bound. */
  get happenings() {
    return [
      ...this.#own.events,
      ...Object.keys(this.#own.commands).filter((name) => /^bind/.test(name)),
    ]
  }

  async open() {
    const { client, install, scopes, expiresIn, url, user } = this.app
    this.kept = await read(`page/app?${new URLSearchParams({ app: client, user })}`)
    this.#firstRun = this.kept.firstRun
    this.#installing = !this.kept.installed && install !== undefined
    if (this.#installing && !this.kept.isAdmin) {
      this.place.element.replaceChildren(
        el('p', {}, 'This application isn’t installed. Ask an administrator to do it.'),
      )
      return
    }
    this.#url = new URL(this.#installing ? install : url)
    const token = await tell('tokens', { app: client, user, scopes, expiresIn })
    if (this.ended.aborted) return
    this.#setToken(token)
    addEventListener('message', (event) => this.#hear(event), { signal: this.ended })
    this.element.append(this.#frame)
    this.place.element.replaceChildren(this.element)
    this.#submit()
  }

  close() {
    this.#end.abort()
    this.element.remove()
  }

  #submit() {
    const action = new URL(this.#url)
    const system = { DOMAIN: location.host, PROTOCOL: 0, LANG: this.app.lang, APP_SID: this.sid }
    for (const [name, value] of Object.entries(system)) action.searchParams.append(name, value)
    const fields = {
      ...this.#auth(),
      APPLICATION_TOKEN: this.#token.application_token,
      APPLICATION_SCOPE: this.#token.scope,
      member_id: this.#token.member_id,
      status: 'L',
      PLACEMENT: this.opening.placement,
      ...(this.opening.options && { PLACEMENT_OPTIONS: JSON.stringify(this.opening.options) }),
    }
    const inputs = Object.entries(fields).map(([name, value]) =>
      el('input', { type: 'hidden', name, value }),
    )
    const form = el('form', { method: 'post', action, target: this.#frame.name }, ...inputs)
    document.body.append(form)
    form.submit()
    form.remove()
  }

  /** A portal looks at the origin and the SID, not at the window that the message comes from. */
  #hear({ data, origin }) {
    const message = parse(data)
    if (origin !== this.#url.origin || message?.sid !== this.sid) return
    const { command } = message
    if (!Object.hasOwn(this.#commands, command) || this.#denied.includes(command)) return
    this.#turn = this.#turn.then(() => this.#obey(message))
  }

  /** Commands begin in the order in which they came; some take longer than others. */
  async #obey(message) {
    const { command, callback, json } = message
    try {
      const faults = await tell('page/faults', { command })
      if (faults.includes('page-silent')) return
      if (faults.includes('page-texts-only') && json === undefined) return
      const params = paramsOf(message)
      this.place.heard?.(command, params)
      this.#run(command, params, (value) => this.#answer(callback, value, faults), faults)
    } catch (error) {
      this.#fail(command, error)
    }
  }

  async #run(command, params, post, faults) {
    let again = faults.includes('page-again')
    const run = async () => {
      try {
        await this.#commands[command](this, params, reply, faults)
      } catch (error) {
        this.#fail(command, error)
      }
    }
    const reply = (value) => {
      post(value)
      if (!again) return
      again = false
      run()
    }
    await run()
  }

  /** An application gets no answer then; its user sees why. */
  #fail(command, error) {
    this.place.alert(`${command}: ${error.message}`)
  }

  #answer(callback, value, faults) {
    if (!callback || this.ended.aborted) return
    const text = answer(callback, value)
    const target = this.#frame.contentWindow
    for (let times = faults.includes('page-twice') ? 2 : 1; times > 0; times--) {
      if (faults.includes('page-other-origin')) postFromElsewhere(target, text)
      else target.postMessage(text, this.#url.origin)
    }
  }

  /** What the application is told when it starts. Only the first time can be the first run. */
  initData() {
    const firstRun = this.#firstRun
    this.#firstRun = false
    const { appOptions, isAdmin, userOptions } = this.kept
    return {
      LANG: this.app.lang,
      DOMAIN: location.host,
      PROTOCOL: Number(location.protocol === 'https:'),
      PATH: '/rest',
      ...this.#auth(),
      MEMBER_ID: this.#token.member_id,
      FIRST_RUN: firstRun,
      IS_ADMIN: isAdmin,
      INSTALL: this.#installing,
      USER_OPTIONS: phpArray(userOptions),
      APP_OPTIONS: phpArray(appOptions),
      PLACEMENT: this.opening.placement,
      PLACEMENT_OPTIONS: this.opening.options,
    }
  }

  /** What the place has of its own. */
  interface() {
    const command = Object.keys(this.#own.commands).filter((name) => !this.#denied.includes(name))
    return { command, event: this.#own.events }
  }

  /** A portal's own page hands these over as texts. */
  #auth() {
    const { access_token: AUTH_ID, expires_in, refresh_token: REFRESH_ID } = this.#token
    return { AUTH_ID, AUTH_EXPIRES: String(expires_in), REFRESH_ID }
  }

  #setToken(token) {
    this.#token = token
    this.place.token?.(token)
  }

  /** A new token. A refresh token works once, so refreshes wait for each other. */
  refresh() {
    const refreshed = this.#refreshed.then(() => this.#refresh())
    this.#refreshed = refreshed.catch(() => {})
    return refreshed
  }

  async #refresh() {
    const response = await fetch('/oauth/token/', {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: this.app.client,
        refresh_token: this.#token.refresh_token,
      }),
    })
    const answer = await response.json()
    if (answer.error) throw new Error(answer.error_description ?? answer.error)
    this.#setToken(answer)
    return this.#auth()
  }

  /** Lets the portal keep something for the next visit. */
  async keep(change) {
    const { client, user } = this.app
    this.kept = await tell('page/app', { app: client, user, ...change })
  }

  /** Sets an option of the application, and gives all of them. */
  async setAppOption(name, value) {
    this.#unsent ??= { appOptions: {}, sent: this.#sendOptions() }
    this.#unsent.appOptions[name] = value
    await this.#unsent.sent
    return phpArray(this.kept.appOptions)
  }

  async #sendOptions() {
    await new Promise((resolve) => setTimeout(resolve, ONE_TICK))
    const { appOptions } = this.#unsent
    this.#unsent = undefined
    await this.keep({ appOptions })
  }

  /** Remembers who wants to hear of something that may happen here. */
  bind(happening, reply) {
    if (!this.happenings.includes(happening)) return
    this.#bound.set(happening, [...(this.#bound.get(happening) ?? []), reply])
  }

  /** Lets something happen. */
  happen(happening, payload) {
    this.#own.happens?.(this, happening)
    for (const reply of this.#bound.get(happening) ?? []) reply(payload)
  }
}

/** PHP writes an empty map as an empty list. */
const phpArray = (map) => (Object.keys(map).length ? map : [])
