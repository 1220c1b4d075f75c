/**
 * Turns a result's loose values into what they mean. Results never enter the core; this runs over
 * them where they are. A caller's own shape is strict, a built-in one keeps what doesn't fit.
 */
import { makeError } from './face.js'
import { shapes } from './shapes.js'

/** What could not be converted; its message names the path. */
class Misfit extends Error {}

const TRUE = [true, 1, 'Y', 'y', '1', 'true']
const FALSE = [false, 0, 'N', 'n', '0', 'false', '']

/** A date, perhaps with a time, perhaps with an offset. */
const DATE = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/

/** A number in a text: decimal, for JavaScript would read `0x10` and `0b1` as well. */
const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i

/** Conversions of single values; `undefined` says that it doesn't fit. */
const scalars = {
  int(value) {
    const number = toNumber(value)
    return Number.isSafeInteger(number) ? number : undefined
  },
  number: toNumber,
  flag(value) {
    if (TRUE.includes(value)) return true
    return FALSE.includes(value) ? false : undefined
  },
  date(value) {
    if (value === false || value === '') return null
    if (typeof value !== 'string' || !DATE.test(value)) return undefined
    const date = new Date(value)
    // Engines move a 30th of February into March, or refuse it.
    const [year, month, day] = value.slice(0, 10).split('-').map(Number)
    const exists = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day
    return exists && !Number.isNaN(date.getTime()) ? date : undefined
  },
  text(value) {
    if (typeof value === 'string') return value
    return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
  },
}

function toNumber(value) {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || !NUMBER.test(value)) return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

/** @param {{ method: string, warn(text: string): void }} source the call that gave the data */
export function decode(data, shape, source) {
  const { method } = source
  if (shape === undefined) {
    const name = method.toLowerCase()
    if (!Object.hasOwn(shapes, name)) return unwrap(data)
    return convert(data, shapes[name], 'result', (path, value, wanted) => {
      source.warn(`${path}: ${show(value)} is no ${wanted}; it stays as it came`)
      return value
    })
  }
  try {
    return convert(data, shape, 'result', (path, value, wanted) => {
      throw new Misfit(`${path}: ${show(value)} is no ${wanted}`)
    })
  } catch (error) {
    if (!(error instanceof Misfit)) throw error
    throw makeError(error.message, 'CALLGATE_SHAPE', 'protocol', 'yes', false, undefined, method)
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

/** Absent stays absent: every field may be null or missing. */
function convert(value, shape, path, misfit) {
  if (value === undefined || value === null) return value
  if (typeof shape === 'function') return convert(value, shape(value), path, misfit)
  if (typeof shape === 'string') {
    if (!Object.hasOwn(scalars, shape)) throw unknownShape(path, shape)
    const converted = scalars[shape](value)
    return converted === undefined ? misfit(path, value, shape) : converted
  }
  if (Array.isArray(shape)) return convertList(value, shape[0], path, misfit)
  if (typeof shape === 'object' && shape !== null) return convertMap(value, shape, path, misfit)
  throw unknownShape(path, shape)
}

/** PHP sends a list with gaps as an object; some methods send a single item for a list of one. */
function convertList(value, shape, path, misfit) {
  if (typeof value !== 'object') return misfit(path, value, 'list')
  const items = Array.isArray(value) ? value : (indexed(value) ?? [value])
  return items.map((item, index) => convert(item, shape, `${path}[${index}]`, misfit))
}

function indexed(value) {
  const keys = Object.keys(value)
  return keys.every((key) => /^\d+$/.test(key)) ? keys.map((key) => value[key]) : undefined
}

/** PHP sends an empty map as an empty list. The key `*` stands for every key that isn't named. */
function convertMap(value, shape, path, misfit) {
  if (typeof value !== 'object') return misfit(path, value, 'object')
  const list = Array.isArray(value)
  if (list && value.length > 0 && !('*' in shape)) return misfit(path, value, 'object')
  const converted = list ? Object.fromEntries(Object.entries(value)) : { ...value }
  for (const key of '*' in shape ? Object.keys(converted) : Object.keys(shape)) {
    const own = Object.hasOwn(shape, key) ? shape[key] : shape['*']
    if (Object.hasOwn(converted, key)) {
      converted[key] = convert(converted[key], own, `${path}.${key}`, misfit)
    }
  }
  return converted
}

function unknownShape(path, shape) {
  const kinds = Object.keys(scalars).join(', ')
  const words = `shape of ${path}: ${show(shape)} is none; use ${kinds}, [shape] or {field: shape}`
  return makeError(words, 'CALLGATE_INVALID', 'invalid', 'no', false)
}

/** A value in few words; results may hold what isn't for logs. */
function show(value) {
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object'
  return typeof value === 'string' && value.length > 20 ? 'a text' : JSON.stringify(value)
}
