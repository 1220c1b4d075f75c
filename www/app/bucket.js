/** The portal's request bucket as the app sees it: half a minute of its level, and who was held back. */
import { clock, el } from '../dom.js'

/** In ms. */
const SPAN = 30_000
const SVG = 'http://www.w3.org/2000/svg'
const [WIDTH, HEIGHT] = [300, 60]

function shape(name, attributes = {}) {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  return element
}

export class Bucket {
  element
  #portal
  #levels = []
  #held = []
  #until = 0
  #area = shape('path', { class: 'area' })
  #line = shape('path', { class: 'level' })
  #marks = shape('path', { class: 'mark' })
  #level = el('span')
  #notice = el('span', { class: 'held' })

  constructor(portal) {
    this.#portal = portal
    const box = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none' }
    const chart = shape('svg', { ...box, 'aria-hidden': 'true' })
    chart.append(this.#area, this.#line, this.#marks)
    this.element = el(
      'figure',
      { class: 'bucket' },
      el('figcaption', { class: 'small' }, this.#level, this.#notice),
      chart,
    )
    portal.on('throttle', ({ until }) => {
      this.#held.push(Date.now())
      this.#until = until
    })
  }

  /** How often a call was held back. */
  get held() {
    return this.#held.length
  }

  /** Takes the level down and shows it. */
  update() {
    const { burst, filled, perSecond, waiting } = this.#portal.budget
    const now = Date.now()
    this.#levels.push({ at: now, level: Math.min(filled / burst, 1) })
    while (this.#levels[0].at < now - SPAN) this.#levels.shift()
    const queue = waiting > 0 ? `, ${waiting} waiting` : ''
    const pace = Number(perSecond.toFixed(1))
    this.#level.textContent = `Request bucket: ${Math.round(filled)} of ${burst}, ${pace} a second drain${queue}`
    this.#notice.textContent = this.#sayHeld(now)
    this.#draw(now)
  }

  #sayHeld(now) {
    if (this.held === 0) return ''
    const times = this.held === 1 ? 'once' : `${this.held} times`
    const until = this.#until > now ? `, now until ${clock(this.#until)}` : ''
    return `Held back ${times}${until}`
  }

  #draw(now) {
    const x = (at) => (WIDTH * (1 - (now - at) / SPAN)).toFixed(1)
    const y = (level) => (HEIGHT * (1 - level)).toFixed(1)
    const line = this.#levels.map(({ at, level }) => `${x(at)},${y(level)}`).join('L')
    const seen = this.#held.filter((at) => at > now - SPAN)
    this.#line.setAttribute('d', `M${line}`)
    this.#area.setAttribute('d', `M${x(this.#levels[0].at)},${HEIGHT}L${line}V${HEIGHT}Z`)
    this.#marks.setAttribute('d', seen.map((at) => `M${x(at)},0V${HEIGHT}`).join(''))
  }
}
