/** The step with ten thousand deals: two ways to load them, the request bucket, a second application. */
import { el } from '../dom.js'
import { tell } from './backstage.js'
import { Bucket } from './bucket.js'
import { Lane } from './lane.js'
import { Neighbour } from './neighbour.js'
import { failure } from './outcome.js'

const DEALS = 10_000
/** In ms; how often what moves is shown. */
const PACE = matchMedia('(prefers-reduced-motion: reduce)').matches ? 1000 : 100

const many = (number) => number.toLocaleString('en-GB')

/**
 * What a portal with so many deals and an ordinary plan has. The request bucket's refusals come with
 * CORS headers here; without them a page couldn't tell a refusal from a lost connection.
 */
async function stock() {
  const budget = { burst: 50, perSecond: 2 }
  await tell('settings', { budget, frontCors: true })
  await tell('data', { entity: 'deal', rows: DEALS })
}

export class Deals {
  element
  #lanes
  #bucket
  #neighbour = new Neighbour()
  #stocked
  #isLoading = false
  #total
  #done
  #button = el('button', { type: 'button', class: 'primary', id: 'load' })
  #busy
  #busyFacts = el('span', { class: 'quiet small' })
  #outcome = el('div', { id: 'outcome', role: 'status' })

  /**
   * @param ways `list` and `pages`, each `({ portal, rows, show, signal })`
   * @param done is called when the list has all rows
   */
  constructor(portal, ways, done) {
    this.#done = done
    this.#bucket = new Bucket(portal)
    const lane = (name, load) => new Lane(name, (task) => load({ portal, ...task }))
    const counted = async (task) => {
      await ways.pages({ ...task, count: (total) => (this.#total = total) })
    }
    this.#lanes = [lane('portal.list', ways.list), lane('page by page', counted)]
    this.#button.addEventListener('click', () => this.#press())
    this.#busy = el(
      'button',
      {
        type: 'button',
        role: 'switch',
        class: 'switch',
        'aria-checked': 'false',
        onclick: () => this.#toggle(),
      },
      el('span', { class: 'knob', 'aria-hidden': 'true' }),
      'A second application is busy',
    )
    this.#say('The first load puts ten thousand deals into the portal.')
    this.element = el(
      'div',
      { class: 'deals' },
      el('p', { class: 'actions' }, this.#button, el('span', { id: 'verdict', class: 'quiet' })),
      this.#outcome,
      el('div', { class: 'lanes' }, ...this.#lanes.map(({ element }) => element)),
      this.#bucket.element,
      el('p', { class: 'actions' }, this.#busy, this.#busyFacts),
    )
  }

  /** Moves as long as it is shown; whoever leaves the step stops everything. */
  open() {
    this.#update()
    const ticking = setInterval(() => {
      if (this.element.isConnected) return this.#update()
      clearInterval(ticking)
      this.#stop()
      if (this.#neighbour.isBusy) this.#toggle()
    }, PACE)
  }

  #update() {
    for (const lane of this.#lanes) lane.update(this.#total)
    this.#bucket.update()
    this.#button.textContent = this.#label()
    const { refused, sent } = this.#neighbour
    this.#busyFacts.textContent = sent ? `${many(sent)} requests, ${many(refused)} refused` : ''
  }

  #label() {
    if (this.#isLoading) return 'Stop'
    if (this.#lanes.every(({ isWhole }) => isWhole)) return 'Load again'
    return this.#lanes.some(({ rows }) => rows.length > 0) ? 'Resume' : 'Load'
  }

  async #press() {
    if (this.#isLoading) return this.#stop()
    this.#isLoading = true
    if (this.#lanes.every(({ isWhole }) => isWhole)) for (const lane of this.#lanes) lane.clear()
    this.#say('Loading…')
    try {
      await (this.#stocked ??= stock())
      const rest = this.#lanes.filter(({ isWhole }) => !isWhole)
      const ends = await Promise.allSettled(rest.map((lane) => this.#run(lane)))
      const failed = ends.find(({ status }) => status === 'rejected')
      if (failed) throw failed.reason
      if (rest.some(({ isWhole }) => !isWhole)) this.#sayStopped()
    } catch (error) {
      this.#outcome.replaceChildren(failure(error))
    }
    this.#isLoading = false
    this.#update()
  }

  async #run(lane) {
    await lane.run()
    this.#update()
    if (!lane.isWhole || lane !== this.#lanes[0]) return
    const { requests, rows, time } = lane
    this.#say(`All ${many(rows.length)} rows in ${time}, with ${requests} requests.`)
    this.#done()
  }

  #sayStopped() {
    const [list, pages] = this.#lanes.map(({ rows }) => many(rows.length))
    this.#say(`Stopped after ${list} and ${pages} rows. They stay; it goes on behind the last one.`)
  }

  #stop() {
    for (const lane of this.#lanes) lane.stop()
  }

  #toggle() {
    if (this.#neighbour.isBusy) this.#neighbour.stop()
    else this.#neighbour.start()
    this.#busy.setAttribute('aria-checked', String(this.#neighbour.isBusy))
  }

  #say(text) {
    this.#outcome.replaceChildren(el('p', {}, text))
  }
}
