/** A window on many rows: the page only holds those that are seen, whatever their number. */
import { el } from '../dom.js'

/** In pixels; style.css has it too. */
const HEIGHT = 30

const euros = (sum) => Number(sum).toLocaleString('en-GB', { style: 'currency', currency: 'EUR' })

export class RowWindow {
  /** What goes into the page. */
  element
  #rows = []
  #space
  #table
  #body = el('tbody')
  #calm = matchMedia('(prefers-reduced-motion: reduce)')
  #shown = 0
  #planned = false

  constructor(caption) {
    const heads = ['Title', 'Worth'].map((name) => el('th', { scope: 'col' }, name))
    this.#table = el(
      'table',
      {},
      el('caption', { class: 'visually-hidden' }, caption),
      el('colgroup', {}, el('col'), el('col', { class: 'sum' })),
      el('thead', { class: 'visually-hidden' }, el('tr', {}, ...heads)),
      this.#body,
    )
    this.#space = el('div', {}, this.#table)
    const shell = { class: 'window', tabindex: '0', role: 'group', 'aria-label': caption }
    this.element = el('div', { ...shell, onscroll: () => this.#plan() }, this.#space)
    new ResizeObserver(() => this.#plan()).observe(this.element)
  }

  /** The rows as they are now: what is new runs in within half a second. */
  show(rows) {
    this.#rows = rows
    this.#shown = Math.min(this.#shown, rows.length)
    this.#table.setAttribute('aria-rowcount', String(rows.length + 1))
    this.#plan()
  }

  /** Draws once a frame, however much comes in between. */
  #plan() {
    if (this.#planned) return
    this.#planned = true
    requestAnimationFrame(() => {
      this.#planned = false
      this.#grow()
      this.#draw()
    })
  }

  /** Lets some of what is new in. Who looks at the last row goes on seeing the last one. */
  #grow() {
    const { clientHeight, scrollHeight, scrollTop } = this.element
    const isAtEnd = scrollTop + clientHeight >= scrollHeight - HEIGHT
    const more = this.#rows.length - this.#shown
    this.#shown += this.#calm.matches ? more : Math.ceil(more / 8)
    this.#space.style.height = `${this.#shown * HEIGHT}px`
    if (isAtEnd && !this.#calm.matches) this.element.scrollTop = this.element.scrollHeight
    if (this.#shown < this.#rows.length) this.#plan()
  }

  #draw() {
    const { clientHeight, scrollTop } = this.element
    const first = Math.floor(scrollTop / HEIGHT)
    const seen = this.#rows.slice(
      first,
      Math.min(first + Math.ceil(clientHeight / HEIGHT) + 1, this.#shown),
    )
    this.#table.style.top = `${first * HEIGHT}px`
    this.#body.replaceChildren(
      ...seen.map(({ OPPORTUNITY, TITLE }, index) =>
        el(
          'tr',
          { 'aria-rowindex': String(first + index + 2) },
          el('td', {}, TITLE),
          el('td', {}, euros(OPPORTUNITY)),
        ),
      ),
    )
  }
}
