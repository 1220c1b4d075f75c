/**
 * Turns a result's loose values into what they mean. Results never enter the core; this runs over
 * them where they are.
 *
 * A caller's own shape is strict: what doesn't fit is an error. What is known of a method, built in
 * or of the catalogue, is not: what doesn't fit stays as it came and is warned of, once for each
 * place. Null and what is missing stay so in both.
 *
 * | shape | takes | without a shape of the caller's |
 * |---|---|---|
 * | int, number | numbers, and texts of them | a text only if the number says the same: not `007` |
 * | flag | Y and N, 1 and 0, true and false; empty is false | |
 * | date | `2025-01-31`, with time, with offset; false and empty are null | a time needs an offset |
 * | text | texts, numbers, true and false | |
 * | any | whatever comes | |
 * | [shape] | a list; an object with digits for keys; a single item by its fields | |
 * | {field: shape} | an object; an empty list is an empty object; `*`: all other fields | |
 *
 * Without a shape of the caller's, false and an empty text may stand anywhere: they are PHP's word
 * for nothing. And a result that is no more than a list in `items` or `tasks` is that list.
 */
import { invalid, makeError } from './face.js'
import { ANY, Either, shapeOf } from './shapes.js'
import { isNothing, lossless, strict } from './values.js'

/** What could not be converted; its message names the path. */
class Misfit extends Error {}

/**
 * @param {{ method: string, options?: { version?: number }, warn(place: string, words: string): void }}
 *   source the call that gave the data
 */
export function decode(data, shape, source) {
  const { method, options } = source
  if (shape === undefined) {
    const known = shapeOf(method, options?.version)
    if (known === undefined) return unwrap(data)
    const warn = (place, words) => source.warn(place, `${place}: ${words}; it stays as it came`)
    return unwrap(start(data, known, false, warn))
  }
  try {
    return start(data, shape, true, (path, words) => {
      throw new Misfit(`${path}: ${words}`)
    })
  } catch (error) {
    // A shape that holds itself goes as deep as the data.
    const words = error instanceof RangeError ? 'result: it is nested too deep' : error.message
    if (!(error instanceof Misfit || error instanceof RangeError)) throw error
    throw makeError(words, 'CALLGATE_SHAPE', 'protocol', 'yes', false, undefined, method)
  }
}

/** Opens the wrappers that lists come in. */
function unwrap(data) {
  if (typeof data !== 'object' || data === null) return data
  const keys = Object.keys(data)
  const [wrapper] = keys
  const wraps = keys.length === 1 && (wrapper === 'items' || wrapper === 'tasks')
  return wraps && Array.isArray(data[wrapper]) ? data[wrapper] : data
}

/** Converts; `path` is where it is, `report` is told of what doesn't fit. */
function start(data, shape, isStrict, report) {
  const plan = compile(shape)
  if (data === null || data === undefined) return data
  return take(plan, data, { isStrict, report, path: ['result'] })
}

// What a plan does; a number is told apart faster than a text.
const SCALAR = 0
const LIST = 1
const OBJECT = 2
const EITHER = 3

/** One form for all plans: the loops below meet no other. */
const makePlan = (kind, facts) => ({
  kind,
  wanted: '',
  strict: undefined,
  lossless: undefined,
  item: undefined,
  other: undefined,
  keys: [],
  plans: [],
  rest: undefined,
  inherits: false,
  ...facts,
})

const same = (value) => value
const any = makePlan(SCALAR, { strict: same, lossless: same })
const scalars = new Map(
  Object.keys(strict).map((wanted) => {
    const facts = { wanted, strict: strict[wanted], lossless: lossless[wanted] }
    return [wanted, makePlan(SCALAR, facts)]
  }),
)

/** Shapes are looked through once, and may hold themselves. */
const compiled = new WeakMap()

function compile(shape) {
  const made = new Map()
  const plan = planOf(shape, 'result', made)
  for (const [shape, plan] of made) compiled.set(shape, plan)
  return plan
}

function planOf(shape, path, made) {
  if (shape === ANY) return any
  if (scalars.has(shape)) return scalars.get(shape)
  if (typeof shape !== 'object' || shape === null) throw unknownShape(path, shape)
  const known = compiled.get(shape) ?? made.get(shape)
  if (known) return known
  const plan = makePlan(Array.isArray(shape) ? LIST : shape instanceof Either ? EITHER : OBJECT)
  made.set(shape, plan)
  if (plan.kind === LIST) {
    plan.item = planOf(shape[0], `${path}[]`, made)
  } else if (plan.kind === EITHER) {
    plan.item = planOf(shape.container, path, made)
    plan.other = planOf(shape.scalar, path, made)
  } else {
    for (const key of Object.keys(shape)) {
      const inner = planOf(shape[key], `${path}.${key}`, made)
      if (key === '*') {
        plan.rest = inner
      } else {
        plan.keys.push(key)
        plan.plans.push(inner)
        plan.inherits ||= key in Object.prototype
      }
    }
  }
  return plan
}

function unknownShape(path, shape) {
  const kinds = Object.keys(strict).join(', ')
  return invalid(
    `shape of ${path}: ${show(shape)} is none; use ${kinds}, [shape] or {field: shape}`,
  )
}

/** What a plan makes of a value that is there. */
function take(plan, value, run) {
  switch (plan.kind) {
    case SCALAR: {
      const converted = run.isStrict ? plan.strict(value) : plan.lossless(value)
      return converted === undefined ? misfit(value, plan.wanted, run) : converted
    }
    case LIST:
      return takeList(plan, value, run)
    case OBJECT:
      return takeObject(plan, value, run)
    default:
      return take(typeof value === 'object' ? plan.item : plan.other, value, run)
  }
}

function misfit(value, wanted, run) {
  if (run.isStrict || !isNothing(value)) {
    const place = (part) =>
      typeof part === 'string' ? `.${part}` : `[${run.isStrict ? part : '*'}]`
    const path = run.path.map(place).join('').slice(1)
    run.report(path, `${show(value)} is no ${wanted}`)
  }
  return value
}

function takeList({ item }, value, run) {
  const items = Array.isArray(value) ? value : itemsOf(value, item)
  if (items === undefined) return misfit(value, 'list', run)
  const { path } = run
  const depth = path.push(0) - 1
  const list = new Array(items.length)
  for (let at = 0; at < items.length; at++) {
    const value = items[at]
    path[depth] = at
    list[at] = value === null ? null : take(item, value, run)
  }
  path.pop()
  return list
}

/** PHP sends a list with gaps as an object; some methods send a single item for a list of one. */
function itemsOf(value, item) {
  if (typeof value !== 'object') return undefined
  if (Object.keys(value).every((key) => /^\d+$/.test(key))) return Object.values(value)
  const { keys } = item.kind === EITHER ? item.item : item
  return keys.some((key) => Object.hasOwn(value, key)) ? [value] : undefined
}

/** PHP sends an empty map as an empty list, and one whose keys are 0, 1, 2 as a list. */
function takeObject(plan, value, run) {
  const { keys, plans, rest, inherits } = plan
  const isList = Array.isArray(value) && value.length > 0
  if (typeof value !== 'object' || (isList && rest === undefined)) {
    return misfit(value, 'object', run)
  }
  const { path, isStrict } = run
  const depth = path.push('') - 1
  const object = { ...value }
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at]
    const value = object[key]
    if (value === undefined || value === null) continue
    if (inherits && !Object.hasOwn(object, key)) continue
    const plan = plans[at]
    // Most fields are such, and fit; only the others need to know where they are.
    let converted
    if (plan.kind === SCALAR) converted = isStrict ? plan.strict(value) : plan.lossless(value)
    if (converted === undefined) {
      path[depth] = key
      converted = take(plan, value, run)
    }
    object[key] = converted
  }
  if (rest !== undefined) {
    for (const key of Object.keys(object)) {
      if (object[key] === null || keys.includes(key)) continue
      path[depth] = run.isStrict ? key : '*'
      object[key] = take(rest, object[key], run)
    }
  }
  path.pop()
  return object
}

/** A value in few words; results may hold what isn't for logs. */
function show(value) {
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object'
  return typeof value === 'string' && value.length > 20 ? 'a text' : JSON.stringify(value)
}
