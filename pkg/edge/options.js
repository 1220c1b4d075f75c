/** The operator's options, but those that the core reads: portals, preflight, grants and limits. */
import { invalid } from '../wasm/js/face.js'
import { memoryStore } from './stores/memory.js'

const PATHS = ['events', 'relay', 'health', 'metrics']

/** Reads them; what isn't said is as usual. The core has seen to it that no name is unknown. */
export function readOptions(options) {
  const { store = memoryStore(), onDecision, budget } = options
  const isStore = typeof store === 'function' || typeof store?.read === 'function'
  if (!isStore) throw invalid('store: a store, or a function from env to one, is wanted')
  if (isGiven(onDecision) && typeof onDecision !== 'function') {
    throw invalid('onDecision: a function is wanted')
  }
  return {
    asks: !isGiven(options.grants) || options.grants === 'ask',
    store,
    onDecision,
    shared: {
      rate: readBudget(budget),
      patience: number('patience', options.patience, 0) ?? 10_000,
      whenStoreIsAway: oneOf('whenStoreIsAway', options.whenStoreIsAway, ['pass', 'refuse']),
    },
    answersWaiting:
      oneOf('confirmations', options.confirmations, ['forward', 'answer']) === 'answer',
    applicationTokens: members('applicationTokens', options.applicationTokens, (token, name) => {
      if (typeof token !== 'string' || token === '') throw invalid(`${name}: a text is wanted`)
    }),
    paths: readPaths(options.paths),
  }
}

/** Own addresses of the gate, by path. */
function readPaths(given) {
  const paths = new Map()
  const texts = members('paths', given, (path, name) => {
    const isPath = typeof path === 'string' && /^\/[\w\-./~]+$/.test(path)
    if (!isPath) throw invalid(`${name}: a path such as /callgate/health is wanted`)
    if (/^\/rest(\/|$)/i.test(path)) throw invalid(`${name}: the portal's own paths begin so`)
  })
  for (const [name, path] of Object.entries(texts)) {
    if (!PATHS.includes(name)) throw invalid(`paths.${name}: there is no such path, but ${PATHS}`)
    if (paths.has(path)) throw invalid(`paths.${name}: stands there twice`)
    paths.set(path, name)
  }
  return paths
}

/** What a portal takes: so many requests at once, and so many a second. */
function readBudget(budget) {
  if (budget === 'enterprise') return { burst: 250, perSecond: 5 }
  const { burst, perSecond, ...more } = members('budget', budget)
  const [other] = Object.keys(more)
  if (other !== undefined) throw invalid(`budget.${other}: there is no such option`)
  if (perSecond === 0) throw invalid('budget.perSecond: more than 0 is wanted')
  return {
    burst: number('budget.burst', burst, 1) ?? 50,
    perSecond: number('budget.perSecond', perSecond, 0) ?? 2,
  }
}

/** An object, or nothing at all; `look` complains about a member. */
function members(name, value, look = () => {}) {
  if (!isGiven(value)) return {}
  const isObject = typeof value === 'object' && !Array.isArray(value)
  if (!isObject) throw invalid(`${name}: an object is wanted`)
  for (const [own, member] of Object.entries(value)) look(member, `${name}.${own}`)
  return value
}

function number(name, value, least) {
  if (!isGiven(value)) return undefined
  const good = typeof value === 'number' && value >= least && value < 1e12
  if (!good) throw invalid(`${name}: a number from ${least} on is wanted`)
  return value
}

function oneOf(name, value, known) {
  if (!isGiven(value)) return known[0]
  if (!known.includes(value)) throw invalid(`${name}: '${known.join("' or '")}' is wanted`)
  return value
}

const isGiven = (value) => value !== undefined && value !== null
