/** Shows how a call ended: a table, or why there is none. */
import { el } from '../dom.js'

const VERDICTS = { allowed: 'Allowed', denied: 'Denied', pending: 'Waiting', unknown: 'Unknown' }

/** On whose word a decision was made. */
const EVIDENCE = {
  server: 'the portal’s own answer',
  'method.get': 'the portal, asked about the method',
  grant: 'the scopes that the token carries',
  catalogue: 'the bundled facts about the method',
  none: 'nothing is known',
}

const chips = (codes, lacking) =>
  codes.flatMap((code) => [
    el('span', { class: lacking(code) ? 'chip lacking' : 'chip' }, code),
    ' ',
  ])

/** A verdict in a word or three, for beside the button. */
export function verdict({ layer, verdict }) {
  return el(
    'span',
    { class: `verdict ${verdict}` },
    el('span', { class: 'dot', 'aria-hidden': 'true' }),
    VERDICTS[verdict],
    layer && verdict !== 'allowed' && el('span', { class: 'layer' }, layer),
  )
}

/** What an error knows. */
export function failure(error) {
  const { code, decision, kind } = error
  const facts = [
    ...(decision ? decisionFacts(decision) : []),
    ['Code', [el('code', {}, code ?? error.name)]],
    ['Sent', [sent(error)]],
  ]
  const head = decision ? verdict(decision) : (HEADS[kind] ?? 'No answer')
  return el(
    'div',
    { class: `card ${decision?.verdict ?? ''}` },
    el('p', { class: 'head' }, head),
    el('p', {}, sentence(error)),
    el('dl', {}, ...facts.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, ...value)])),
  )
}

const HEADS = {
  aborted: 'Cancelled',
  auth: 'The token has ended',
  timeout: 'Too late',
  invalid: 'Not like this',
}

/** The message without what has a line of its own. */
const sentence = ({ code, decision, message }) =>
  [` (${code})`, decision?.remedy ?? '']
    .reduce((text, part) => text.replace(part, ''), message)
    .trim()
    .replace(/\.?$/, '.')

function sent({ decision, ran, status }) {
  if (status !== undefined) return `yes, the portal answered ${status}`
  return decision ? 'no, nothing left the app' : `executed: ${ran ?? 'no'}`
}

function decisionFacts({ evidence, needed = [], provided, remedy }) {
  const facts = []
  const between = (index, word) => (index > 0 ? [`${word} `] : [])
  const groups = needed.flatMap((group, index) => {
    const lacking = () => provided !== undefined && !group.some((code) => provided.includes(code))
    const codes = group.flatMap((code, nth) => [...between(nth, 'or'), ...chips([code], lacking)])
    return [...between(index, 'and'), ...codes]
  })
  if (groups.length > 0) facts.push(['Needed', groups])
  if (provided) facts.push(['Provided', chips(provided, () => false)])
  if (remedy) facts.push(['Remedy', [el('strong', {}, remedy)]])
  facts.push(['Known from', [EVIDENCE[evidence] ?? evidence]])
  return facts
}

/** A call that waits for an administrator; `stop` ends it. */
export function waiting(stop) {
  const text =
    'An administrator has been asked. The call is repeated by itself: after five seconds, then at longer intervals.'
  return el(
    'div',
    { class: 'card pending' },
    el('p', { class: 'head' }, verdict({ verdict: 'pending', layer: 'confirmation' })),
    el('p', {}, text),
    el(
      'p',
      { class: 'actions' },
      el('span', { id: 'timer', role: 'timer', 'aria-live': 'off' }),
      el('button', { type: 'button', onclick: stop }, 'Cancel'),
    ),
  )
}

/** The rows of an answer. */
export function table(caption, columns, rows) {
  const cells = (name, values) => values.map((value) => el(name, {}, String(value ?? '')))
  return el(
    'div',
    { class: 'scroller', tabindex: '0', role: 'group', 'aria-label': caption },
    el(
      'table',
      {},
      el('caption', { class: 'visually-hidden' }, caption),
      el('thead', {}, el('tr', {}, ...cells('th', columns))),
      el('tbody', {}, ...rows.map((row) => el('tr', {}, ...cells('td', row)))),
    ),
  )
}
