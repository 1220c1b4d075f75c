/** The administrator's side: requests to confirm, what the app may do, the portal's clock. */
import { read, tell } from '/_portal/page/control.js'
import { clock, el } from './dom.js'
import { short } from './mask.js'
import { APP, FIRST_SCOPES, SCOPES, USER, grant } from './story.js'

const STATES = {
  granted: 'Allowed',
  denied: 'Refused',
  lapsed: 'Lapsed with its token',
}

const key = ({ token, method }) => `${token} ${method}`

export class Inbox {
  #parts
  #hooks
  #granted
  #cards = new Map()
  /** When the answers were given. */
  #decided = new Map()

  /**
   * @param parts the elements: requests, empty, beckon, scopes, time, hour
   * @param hooks `reopen()` opens the app anew, `event(event)` is what the portal sent out,
   *   `say(text)` announces
   */
  constructor(parts, hooks) {
    this.#parts = parts
    this.#hooks = hooks
    parts.hour.addEventListener('click', () => this.#anHourPasses())
    this.start()
  }

  /** As it is on a fresh portal. */
  start() {
    this.#granted = new Set(FIRST_SCOPES)
    this.#cards.clear()
    this.#decided.clear()
    this.#parts.requests.replaceChildren()
    this.#parts.empty.hidden = false
    this.#showScopes()
  }

  #showScopes() {
    const switches = Object.entries(SCOPES).map(([scope, what]) => {
      const on = this.#granted.has(scope)
      return el(
        'li',
        {},
        el(
          'button',
          {
            type: 'button',
            role: 'switch',
            'aria-checked': String(on),
            'data-scope': scope,
            onclick: () => this.#toggle(scope),
          },
          el('span', { class: 'knob', 'aria-hidden': 'true' }),
          el('code', {}, scope),
          el('span', { class: 'quiet' }, what),
        ),
      )
    })
    this.#parts.scopes.replaceChildren(...switches)
  }

  async #toggle(scope) {
    const gives = !this.#granted.has(scope)
    if (gives) this.#granted.add(scope)
    else this.#granted.delete(scope)
    this.#showScopes()
    this.#parts.scopes.querySelector(`[data-scope="${scope}"]`).focus()
    await grant(Object.keys(SCOPES).filter((known) => this.#granted.has(known)))
    await this.#hooks.reopen()
    this.#hooks.say(`${scope} ${gives ? 'granted' : 'withdrawn'}; the app was opened again`)
  }

  async #anHourPasses() {
    await tell('clock', { advance: 3600 })
    await this.update()
    this.#hooks.say('An hour has passed: the app’s token has run out')
  }

  /** Shows the requests and the clock as they stand in the portal. */
  async update() {
    const [{ now }, confirmations] = await Promise.all([read('clock'), read('confirmations')])
    this.#parts.time.textContent = clock(now).slice(0, 5)
    for (const confirmation of confirmations) this.#show(confirmation)
    this.#parts.empty.hidden = confirmations.length > 0
    this.#parts.beckon.hidden = !confirmations.some(({ state }) => state === 'waiting')
  }

  #show(confirmation) {
    const known = this.#cards.get(key(confirmation))
    if (known?.dataset.state === confirmation.state) return
    const card = this.#card(confirmation)
    const holdsFocus = known?.contains(document.activeElement)
    if (known) known.replaceWith(card)
    else this.#parts.requests.prepend(card)
    if (holdsFocus) card.focus()
    if (!known) this.#hooks.say(`New request: may the app call ${confirmation.method}?`)
    this.#cards.set(key(confirmation), card)
  }

  #card(confirmation) {
    const { method, since, state, token } = confirmation
    const shell = { class: 'request', 'data-state': state, tabindex: '-1' }
    const name = el('code', {}, method)
    const owner = el('code', {}, short(token))
    if (state !== 'waiting') {
      const decided = this.#decided.get(key(confirmation))
      const when = decided !== undefined && state !== 'lapsed' && ` at ${clock(decided)}`
      const answer = el('p', { class: 'answered' }, STATES[state] ?? state, when)
      return el('li', shell, el('p', {}, name, ' for token ', owner), answer)
    }
    return el(
      'li',
      shell,
      el('p', {}, `May ${APP} call `, name, '?'),
      el(
        'p',
        { class: 'small' },
        `For ${USER.name}, with token `,
        owner,
        ` · asked ${clock(since)}`,
      ),
      el(
        'p',
        { class: 'answers' },
        this.#answer(confirmation, true, 'Allow'),
        this.#answer(confirmation, false, 'Refuse'),
      ),
    )
  }

  #answer(confirmation, granted, label) {
    const { method, token } = confirmation
    const onclick = async () => {
      const { events } = await tell('confirmations', { token, method, granted })
      const { now } = await read('clock')
      this.#decided.set(key(confirmation), now)
      for (const event of events) this.#hooks.event({ ...event, at: now })
      await this.update()
    }
    return el('button', { type: 'button', class: granted ? 'primary' : '', onclick }, label)
  }
}
