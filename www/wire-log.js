/** Every request that the portal saw, newest first, with its answer; secrets are masked. */
import { read } from '/_portal/page/control.js'
import { clock, el } from './dom.js'
import { maskForm, maskJson } from './mask.js'

/** How many are kept, and how many characters of an answer. */
const MOST = 200
const LONGEST = 20_000

export class WireLog {
  #list
  #empty
  #after = 0

  constructor(list, empty) {
    this.#list = list
    this.#empty = empty
  }

  /** Begins anew: what was seen so far is not shown. */
  async start() {
    const seen = await read('log')
    this.#after = seen.at(-1)?.seq ?? this.#after
    this.#list.replaceChildren()
    this.#empty.hidden = false
  }

  /** Shows what is new; true if something is. */
  async update() {
    const entries = await read(`log?after=${this.#after}`)
    for (const entry of entries) {
      this.#after = entry.seq
      this.#add(requestOf(entry))
    }
    return entries.length > 0
  }

  /** An event that the portal sent to the app's server. */
  event({ at, body, handler }) {
    const confirmed = new URLSearchParams(body).get('data[CONFIRMED]')
    this.#add({
      kind: 'event',
      at,
      method: 'OnAppMethodConfirm',
      result: `confirmed: ${confirmed}`,
      good: true,
      line: `POST ${handler}`,
      body: maskForm(body),
    })
  }

  /** What the application said to the portal's page. */
  message(command, params) {
    this.#add({
      kind: 'message',
      at: Date.now(),
      method: command,
      result: '',
      good: true,
      line: 'from the frame to the page',
      body: JSON.stringify(params, null, 2),
    })
  }

  /** Requests are seen a little after they were made, so the place of a row goes by its time. */
  #add(row) {
    this.#empty.hidden = true
    const isEarlier = ({ dataset }) => Number(dataset.at) <= row.at
    this.#list.insertBefore(show(row), [...this.#list.children].find(isEarlier) ?? null)
    if (this.#list.children.length > MOST) this.#list.lastElementChild.remove()
  }
}

function requestOf({ answer, at, body, headers, method: verb, status, took, url }) {
  const path = url.split('?')[0]
  const refresh = path.startsWith('/oauth/')
  const code = codeOf(answer)
  const type = headers['content-type']?.split(';')[0] ?? ''
  return {
    kind: refresh ? 'refresh' : 'call',
    at,
    method: refresh ? 'oauth/token' : path.replace(/^\/rest\//, '').replace(/\.json$/, ''),
    result: `${status}${code ? ` ${code}` : ''}`,
    good: status < 400 && !code,
    took: `${took} ms`,
    line: `${verb} ${path} · ${type}`,
    body: type.endsWith('json') ? maskJson(body) : maskForm(body),
    answer: shortened(maskJson(answer)),
  }
}

const shortened = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text)

function codeOf(answer) {
  try {
    const { error } = JSON.parse(answer)
    return error?.code ?? error
  } catch {
    return undefined
  }
}

function show({ answer, at, body, good, kind, line, method, result, took }) {
  const part = (name, text) => [el('h3', {}, name), el('pre', { tabindex: '0' }, text)]
  return el(
    'li',
    { 'data-at': at, 'data-kind': kind, 'data-method': method, 'data-result': result },
    el(
      'details',
      {},
      el(
        'summary',
        {},
        el('span', { class: `chip kind ${kind}` }, kind),
        el('code', { class: 'method' }, method),
        el('span', { class: 'quiet when' }, clock(at)),
        el('span', { class: good ? 'result' : 'result bad' }, result),
        took !== undefined && el('span', { class: 'quiet when' }, took),
      ),
      el('p', { class: 'quiet small' }, line),
      ...part(kind === 'message' ? 'Parameters' : 'Request', body),
      ...(answer === undefined ? [] : part('Answer', answer)),
    ),
  )
}
