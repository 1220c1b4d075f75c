/** Walks through the steps: shows each one's code, runs it, shows what came of it. */
import { Portal } from 'callgate'
import { el, prose } from '../dom.js'
import { highlight } from './code.js'
import { Deals } from './deals.js'
import { allowedPortals, fit, setTitle } from './frame.js'
import { failure, table, verdict, waiting } from './outcome.js'
import { codeOf, steps } from './steps.js'

const at = (id) => document.getElementById(id)

/** How each step stands: untouched, under way (`stop` ends it), or with its outcome. */
const states = steps.map(() => ({}))
let portal
/** The view of the step with the lists, once it was seen. */
let deals
let shown = 0

async function start() {
  setTitle('Callgate tour')
  fit()
  makeSteps()
  try {
    portal = await Portal.frame({ allowedPortals: allowedPortals() })
    await showGrant()
    portal.on('token', showGrant)
    showStep()
  } catch (error) {
    at('grant').textContent = ''
    at('step').replaceChildren(failure(error))
  }
}

/** The scopes belong to the token, so they are asked for whenever there is a new one. */
async function showGrant() {
  const { scopes } = await portal.loadGrant()
  const chips = scopes.flatMap((scope) => [' ', el('span', { class: 'chip' }, scope)])
  at('grant').replaceChildren('Connected, with the scopes', ...chips)
  showVerdict()
}

function makeSteps() {
  const items = steps.map(({ name }, index) => {
    const number = el('span', { class: 'number' }, String(index + 1))
    const label = [number, ' ', el('span', { class: 'name' }, name)]
    return el('li', {}, el('button', { type: 'button', onclick: () => choose(index) }, ...label))
  })
  at('steps').replaceChildren(...items)
  showSteps()
}

function showSteps() {
  for (const [index, item] of [...at('steps').children].entries()) {
    item.classList.toggle('done', Boolean(states[index].outcome?.done))
    if (index === shown) item.firstChild.setAttribute('aria-current', 'step')
    else item.firstChild.removeAttribute('aria-current')
  }
}

function choose(index) {
  if (!portal) return
  shown = index
  showSteps()
  showStep()
  if (!at('steps').contains(document.activeElement)) at('step').querySelector('h2').focus()
}

function showStep() {
  const step = steps[shown]
  at('step').replaceChildren(
    el('h2', { tabindex: '-1' }, `${shown + 1}. ${step.title}`),
    el('p', { class: 'lead' }, ...prose(step.lead)),
    el('pre', { tabindex: '0', 'aria-label': 'The code that runs' }, highlight(codeOf(step.run))),
  )
  if (step.beside) return showLists(step)
  at('step').append(
    el(
      'p',
      { class: 'actions' },
      el('button', { type: 'button', class: 'primary', id: 'run', onclick: play }, 'Run'),
      el('span', { id: 'verdict', class: 'quiet' }),
    ),
    el('div', { id: 'outcome', role: 'status' }),
    el('p', { id: 'next' }),
  )
  showVerdict()
  showState(shown)
}

function showLists({ beside, run }) {
  const index = shown
  const done = () => {
    states[index].outcome = { done: true }
    showSteps()
  }
  deals ??= new Deals(portal, { list: run, pages: beside }, done)
  at('step').append(deals.element)
  deals.open()
  showVerdict()
}

/** What a check says now, without anything being sent. */
function showVerdict() {
  if (!at('verdict')) return
  const decision = portal.check(...steps[shown].check)
  at('verdict').replaceChildren('check() says ', verdict(decision))
}

async function play() {
  const index = shown
  const state = states[index]
  if (state.stop) return
  const controller = new AbortController()
  Object.assign(state, { outcome: undefined, since: Date.now(), stop: () => controller.abort() })
  const ticking = setInterval(() => showState(index), 250)
  showState(index)
  state.outcome = await outcomeOf(steps[index], controller.signal)
  clearInterval(ticking)
  state.stop = undefined
  showState(index)
  showSteps()
  showVerdict()
  if (index === shown) at('next').scrollIntoView({ block: 'nearest' })
}

async function outcomeOf({ columns, hints = {}, rows, run, title, wanted }, signal) {
  let refreshed = false
  const unlisten = portal.on('token', () => (refreshed = true))
  try {
    const view = table(title, columns, rows(await run({ portal, signal })))
    return { view, hint: (refreshed && hints.refreshed) || hints.done, done: true }
  } catch (error) {
    const why = error.decision?.layer ?? error.kind
    return { view: failure(error), hint: hints[why], done: why === wanted }
  } finally {
    unlisten()
  }
}

/** Shows how a step stands, if it is the one that is seen. */
function showState(index) {
  if (index !== shown) return
  const { outcome, stop } = states[index]
  at('run').setAttribute('aria-disabled', String(Boolean(stop)))
  if (stop) showRunning(index)
  else if (outcome) {
    const hint = outcome.hint ? [el('p', { class: 'hint' }, ...prose(outcome.hint))] : []
    at('outcome').replaceChildren(outcome.view, ...hint)
  }
  showNext(outcome?.done)
}

function showRunning(index) {
  const { since, stop } = states[index]
  const [method] = steps[index].check
  const asked = ({ method: name, state }) => name === method && state === 'waiting'
  if (!portal.confirmations.some(asked)) return at('outcome').replaceChildren()
  if (!at('timer')) at('outcome').replaceChildren(waiting(stop))
  const seconds = Math.floor((Date.now() - since) / 1000)
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  at('timer').textContent = time
  showVerdict()
}

function showNext(done) {
  const next = done && steps[shown + 1]
  const onclick = () => choose(shown + 1)
  at('next').replaceChildren(
    ...(next ? [el('button', { type: 'button', onclick }, `Next: ${next.name}`)] : []),
  )
}

start()
