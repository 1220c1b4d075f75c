/** One system's lane: what is asked, what was decided, and the one who decides. */
import { highlight } from '../app/code.js'
import { verdict } from '../app/outcome.js'
import { codeOf } from '../app/steps.js'
import { el } from '../dom.js'

export class Lane {
  element
  #card = el('div', { class: 'card', role: 'status' })
  #controls = el('p', { class: 'answers' })
  #controlsFor
  #run
  #ask
  #isBusy = false

  /**
   * @param name the system's name
   * @param what what it asks of a call
   * @param ask the function whose text is shown
   * @param run `run(show)` runs it and shows decisions
   * @param other who decides; `controls(decision)` are the buttons by which he can
   */
  constructor({ name, what, ask, run, other, controls }) {
    this.#run = run
    this.#controlsFor = controls
    const onclick = () => this.#play()
    this.#ask = el('button', { type: 'button', class: 'primary', onclick }, 'Ask')
    const label = `What is asked of ${name}`
    this.element = el(
      'section',
      { 'aria-label': name },
      el('div', { class: 'chrome' }, el('h2', {}, name), el('p', { class: 'quiet' }, what)),
      el(
        'div',
        { class: 'ask' },
        el('pre', { tabindex: '0', 'aria-label': label }, highlight(codeOf(ask))),
        el('p', {}, this.#ask),
        this.#card,
      ),
      el('div', { class: 'other' }, el('h3', {}, other), this.#controls),
    )
    this.#card.append(el('p', { class: 'quiet' }, 'Not asked yet.'))
    this.#showControls({})
  }

  async #play() {
    if (this.#isBusy) return
    this.#setBusy(true)
    await this.#run((decision) => this.#show(decision))
    this.#setBusy(false)
  }

  #setBusy(isBusy) {
    this.#isBusy = isBusy
    this.#ask.setAttribute('aria-disabled', String(isBusy))
  }

  #show(decision) {
    const { needed = [], provided = [], remedy } = decision
    const chip = (code) => [
      el('span', { class: provided.includes(code) ? 'chip' : 'chip lacking' }, code),
      ' ',
    ]
    const facts = [
      ['Needed ', needed.flat()],
      ['Provided ', provided],
    ].filter(([, codes]) => codes.length > 0)
    this.#card.className = `card ${decision.verdict}`
    this.#card.replaceChildren(
      el('p', {}, verdict(decision)),
      ...facts.map(([name, codes]) => el('p', { class: 'small' }, name, ...codes.flatMap(chip))),
      ...(remedy === undefined ? [] : [el('p', { class: 'small' }, remedy)]),
    )
    this.#showControls(decision)
  }

  #showControls(decision) {
    const hadFocus = this.#controls.contains(document.activeElement)
    const controls = this.#controlsFor(decision)
    const nothing = el('span', { class: 'quiet small' }, 'There is nothing to decide.')
    this.#controls.replaceChildren(...(controls.length > 0 ? controls : [nothing]))
    if (hadFocus) (controls[0] ?? this.#ask).focus()
  }
}
