/** Walks through the steps: shows each one's code, runs it, shows what came of it. */
import { Portal } from 'callgate'
import { el, prose } from '../dom.js'
import { highlight } from './code.js'
import { allowedPortals, fit, setTitle } from './frame.js'
import { failure, table, verdict } from './outcome.js'
import { codeOf, steps } from './steps.js'

const at = (id) => document.getElementById(id)

/** How a step stands: nothing yet, a call under way, or an outcome. One object per step. */
const states = steps.map(() => ({}))
let portal
let shown = 0

async function start() {
  setTitle('Callgate tour')
  fit()
  showSteps()
  try {
    portal = await Portal.frame({ allowedPortals: allowedPortals() })
    await showGrant()
    portal.on('token', () => showGrant())
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

function showSteps() {
  const buttons = steps.map(({ name }, index) => {
    const number = el('span', { class: 'number' }, String(index + 1))
    const current = index === shown ? 'step' : undefined
    const done = Boolean(states[index].outcome)
    const label = [number, ' ', el('span', { class: 'name' }, name)]
    const onclick = () => choose(index)
    const button = el('button', { type: 'button', 'aria-current': current, onclick }, ...label)
    return el('li', { class: done ? 'done' : '' }, button)
  })
  at('steps').replaceChildren(...buttons)
}

function choose(index) {
  const hadFocus = at('steps').contains(document.activeElement)
  shown = index
  showSteps()
  showStep()
  if (hadFocus) at('steps').children[index].firstChild.focus()
  else at('step').querySelector('h2').focus()
}

function showStep() {
  const step = steps[shown]
  const run = el('button', { type: 'button', class: 'primary', id: 'run', onclick: play }, 'Run')
  at('step').replaceChildren(
    el('h2', { tabindex: '-1' }, `${shown + 1}. ${step.title}`),
    el('p', { class: 'lead' }, ...prose(step.lead)),
    el('pre', { tabindex: '0', 'aria-label': 'The code that runs' }, highlight(codeOf(step.run))),
    el('p', { class: 'actions' }, run, el('span', { id: 'verdict', class: 'quiet' })),
    el('div', { id: 'outcome', role: 'status' }),
    el('p', { id: 'next' }),
  )
  showVerdict()
  showState(shown)
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
  const { signal } = controller
  Object.assign(state, { outcome: undefined, since: Date.now(), stop: () => controller.abort() })
  let refreshed = false
  const unlisten = portal.on('token', () => (refreshed = true))
  const ticking = setInterval(() => showState(index), 250)
  showState(index)
  const step = steps[index]
  try {
    const rows = step.rows(await step.run({ portal, signal }))
    const hint = (refreshed && step.hints?.refreshed) || step.hints?.done
    state.outcome = { view: table(step.title, step.columns, rows), hint }
  } catch (error) {
    state.outcome = {
      view: failure(error),
      hint: step.hints?.[error.decision?.layer ?? error.kind],
    }
  }
  clearInterval(ticking)
  unlisten()
  state.stop = undefined
  showState(index)
  showSteps()
  showVerdict()
}

/** Shows how a step stands, if it is the one that is seen. */
function showState(index) {
  if (index !== shown) return
  const { outcome, stop } = states[index]
  at('run').disabled = Boolean(stop)
  if (stop) showRunning(index)
  else if (outcome) {
    const hint = outcome.hint && el('p', { class: 'hint' }, ...prose(outcome.hint))
    at('outcome').replaceChildren(...[outcome.view, hint].filter(Boolean))
  }
  showNext(Boolean(outcome))
}

function showRunning(index) {
  const { since, stop } = states[index]
  const [method] = steps[index].check
  const asked = ({ method: name, state }) => name === method && state === 'waiting'
  if (!portal.confirmations.some(asked)) return at('outcome').replaceChildren()
  const seconds = Math.floor((Date.now() - since) / 1000)
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  if (at('timer')) at('timer').textContent = time
  else {
    at('outcome').replaceChildren(
      el(
        'div',
        { class: 'card pending' },
        el('p', { class: 'head' }, verdict({ verdict: 'pending', layer: 'confirmation' })),
        el(
          'p',
          {},
          'An administrator has been asked. The call is repeated by itself, at first after five seconds, then at longer intervals.',
        ),
        el(
          'p',
          { class: 'actions' },
          el('span', { id: 'timer', role: 'timer', 'aria-live': 'off' }, time),
          el('button', { type: 'button', onclick: stop }, 'Cancel'),
        ),
      ),
    )
  }
  showVerdict()
}

function showNext(ready) {
  const next = steps[shown + 1]
  const onclick = () => choose(shown + 1)
  const label = next && `Next: ${next.name}`
  at('next').replaceChildren(
    ...(ready && next ? [el('button', { type: 'button', onclick }, label)] : []),
  )
}

start()
