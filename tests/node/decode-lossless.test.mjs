/**
 * Whatever a portal sends, decoding by the catalogue loses nothing: encoded again, it is what the
 * portal sent, in words that mean the same to it. Values are random, from seeds that are named.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import text from '../../pkg/shapes.js'
import { decode } from '../../pkg/wasm/js/decode.js'
import { ANY, Either, shapeOf, useShapes } from '../../pkg/wasm/js/shapes.js'
import { shapesOf } from '../support/shapes.mjs'

/** Numbers below a limit, the same for the same seed. */
function chance(seed) {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)

const mapObject = (object, change) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]))

const ofField = (shape, key) => (Object.hasOwn(shape, key) ? shape[key] : (shape['*'] ?? ANY))

/** What a program would send back. */
function encode(value, shape) {
  if (value === null || shape === ANY) return value
  if (shape instanceof Either) {
    return encode(value, typeof value === 'object' ? shape.container : shape.scalar)
  }
  if (Array.isArray(shape)) {
    return Array.isArray(value) ? value.map((item) => encode(item, shape[0])) : value
  }
  if (isObject(shape)) {
    if (!isObject(value)) return value
    return mapObject(value, (inner, key) => encode(inner, ofField(shape, key)))
  }
  if (value instanceof Date) return value.toJSON()
  if (typeof value === 'boolean' && shape === 'flag') return value ? 'Y' : 'N'
  return value
}

const YES = [true, 1, 'Y', 'y', '1', 'true']
const NO = [false, 0, 'N', 'n', '0', 'false', '']

/** One of the forms that mean the same to a portal. */
function meant(value, shape) {
  if (value === null || shape === ANY) return value
  if (shape instanceof Either) {
    return meant(value, typeof value === 'object' ? shape.container : shape.scalar)
  }
  if (Array.isArray(shape)) {
    const items = meantItems(value, shape[0])
    return items ? items.map((item) => meant(item, shape[0])) : value
  }
  if (isObject(shape)) {
    const isMap = Array.isArray(value) && (value.length === 0 || '*' in shape)
    if (!isMap && !isObject(value)) return value
    return mapObject({ ...value }, (inner, key) => meant(inner, ofField(shape, key)))
  }
  if (shape === 'flag') return YES.includes(value) ? 'Y' : NO.includes(value) ? 'N' : value
  if (shape === 'date') return value === false || value === '' ? null : value
  if (typeof value === 'number') return decimal(String(value))
  return typeof value === 'string' ? decimal(value) : value
}

function meantItems(value, item) {
  if (!isObject(value)) return Array.isArray(value) ? value : undefined
  if (Object.keys(value).every((key) => /^\d+$/.test(key))) return Object.values(value)
  const fields = item instanceof Either ? item.container : item
  const isItem =
    isObject(fields) && Object.keys(fields).some((key) => key !== '*' && Object.hasOwn(value, key))
  return isItem ? [value] : undefined
}

/** 12.50 is 12.5. */
const decimal = (text) => (/^-?(0|[1-9]\d*)\.\d+$/.test(text) ? text.replace(/\.?0+$/, '') : text)

function opened(value) {
  const [[key, list] = [], more] = isObject(value) ? Object.entries(value) : []
  return !more && (key === 'items' || key === 'tasks') && Array.isArray(list) ? list : value
}

function assertNothingIsLost(sent, method, why) {
  const shape = shapeOf(method)
  const before = structuredClone(sent)
  const got = decode(sent, undefined, { method, warn() {} })
  assert.deepEqual(sent, before, why)
  const wanted = meant(sent, shape)
  const isOpened = opened(wanted) !== wanted
  const own = isOpened ? ofField(shape, Object.keys(wanted)[0]) : shape
  assert.deepEqual(meant(encode(got, own), own), opened(wanted), why)
}

/** A value of each kind that `catalogue/results.txt` knows. */
const kinds = {
  int: (pick) => [0, 1, 7, -3, 2 ** 31, Number.MAX_SAFE_INTEGER][pick(6)],
  float: (pick) => [0.5, -1.25, 1e21, 0.1 + 0.2][pick(4)],
  bool: (pick) => pick(2) === 1,
  null: () => null,
  numstr: (pick) => ['0', '1', '42', '-7', '007', '9007199254740993', '+5', '-0'][pick(8)],
  decstr: (pick) => ['12.50', '0.10', '-3.0', '1234567890123456.78', '.5', '00.5'][pick(6)],
  yn: (pick) => 'YN'[pick(2)],
  tfstr: (pick) => ['true', 'false'][pick(2)],
  atom: (pick) =>
    `2025-0${1 + pick(9)}-${10 + pick(22)}T${10 + pick(15)}:30:00${['+03:00', '-05:30', 'Z'][pick(3)]}`,
  isodt: (pick) => ['2025-01-31T10:00:00', '2025-01-31 10:00'][pick(2)],
  date: (pick) => ['2025-01-31', '2025-02-30', '2024-02-29'][pick(3)],
  ldate: () => '31.01.2025',
  ldt: () => '31.01.2025 10:00:00',
  money: () => '10|USD',
  empty: () => '',
  str: (pick) => ['text', 'Y&N', '1e3', '0x10', ' 5 ', '__proto__'][pick(6)],
  '[]': () => [],
  '{}': () => ({}),
  arr: (pick) => [kinds.numstr(pick), kinds.str(pick)],
  obj: (pick) => ({ a: kinds.numstr(pick), [pick(9)]: kinds.yn(pick) }),
}
const names = Object.keys(kinds)
const anything = (pick) => kinds[names[pick(names.length)]](pick)

/** The places of `catalogue/results.txt`, by method; those of version 3 are left to the others. */
function places() {
  const file = readFileSync(new URL('../../catalogue/results.txt', import.meta.url), 'utf8')
  const methods = new Map()
  let stack = []
  for (const line of file.split('\n')) {
    const method = /^(\S+) v2$/.exec(line)
    if (method) stack = [methods.set(method[1], { inner: [] }).get(method[1])]
    const place = /^( +)[-+] ("[^"]*"|[^ ,]+)/.exec(line)
    if (!place) continue
    const seen = /, seen (.*)$/.exec(line)?.[1].split(' ') ?? []
    const own = { name: place[2], seen, inner: [] }
    const depth = place[1].length / 2
    stack.length = depth
    stack.at(-1).inner.push(own)
    stack.push(own)
  }
  return methods
}

/** What an example might have shown in a place; now and then something else. */
function shown(place, pick) {
  const inside = (name) => place.inner.find((inner) => inner.name === name)
  const options = place.seen.map((kind) => kinds[kind])
  const fields = place.inner.filter(({ name }) => name !== '[]' && name !== '*')
  const item = inside('[]')
  const value = inside('*')
  if (item) options.push(() => Array.from({ length: pick(4) }, () => shown(item, pick)))
  if (item) options.push(() => ({ 2: shown(item, pick), 5: shown(item, pick) }))
  if (value) options.push(() => ({ 7: shown(value, pick), UF_A: shown(value, pick) }))
  if (fields.length > 0) {
    options.push(() => Object.fromEntries(fields.map((field) => [field.name, shown(field, pick)])))
  }
  if (options.length === 0 || pick(12) === 0) options.push(anything, () => null)
  return options[pick(options.length)](pick)
}

test('nothing_of_any_methods_result_is_lost', () => {
  useShapes(text)
  let known = 0
  for (const [method, { inner }] of places()) {
    if (inner.length === 0 || shapeOf(method) === undefined) continue
    known++
    for (let seed = 1; seed <= 8; seed++) {
      assertNothingIsLost(shown(inner[0], chance(seed)), method, `${method}, seed ${seed}`)
    }
  }
  assert.ok(known > 1_000, `${known} methods`)
})

function randomShape(pick, depth) {
  if (depth === 0 || pick(3) === 0) return ['int', 'number', 'flag', 'date', ANY][pick(5)]
  if (pick(4) === 0) return [randomShape(pick, depth - 1)]
  const keys = ['a', 'b', '__proto__', 'constructor', '0', 'items', '*'].filter(() => pick(2))
  const object = Object.fromEntries(keys.map((key) => [key, randomShape(pick, depth - 1)]))
  return pick(4) === 0 ? new Either(object, ANY) : object
}

function randomValue(shape, pick) {
  if (pick(8) === 0) return anything(pick)
  if (shape instanceof Either) return randomValue(shape.container, pick)
  if (Array.isArray(shape)) {
    const list = Array.from({ length: pick(4) }, () => randomValue(shape[0], pick))
    return pick(3) ? list : { ...list, 9: list[0] ?? null }
  }
  if (!isObject(shape)) return anything(pick)
  const keys = ['a', 'b', '__proto__', 'constructor', '0', 'items', 'other'].filter(() => pick(2))
  return Object.fromEntries(keys.map((key) => [key, randomValue(ofField(shape, key), pick)]))
}

const LETTERS = { int: 'i', number: 'n', flag: 'f', date: 'd' }

function written(shape) {
  if (shape === ANY) return '.'
  if (shape instanceof Either) return `?${written(shape.container)}`
  if (Array.isArray(shape)) return `[${written(shape[0])}`
  if (!isObject(shape)) return LETTERS[shape]
  return `{${Object.entries(shape).map(([key, inner]) => `${written(inner)} ${key}`)}}`
}

test('nothing_of_random_values_of_random_shapes_is_lost', () => {
  for (let seed = 1; seed <= 1_000; seed++) {
    const pick = chance(seed)
    const shape = randomShape(pick, 4)
    useShapes(shapesOf(`some.thing\t${written(shape)}`))
    assert.deepEqual(shapeOf('some.thing'), shape, `seed ${seed}`)
    for (let turn = 0; turn < 5; turn++) {
      assertNothingIsLost(randomValue(shape, pick), 'some.thing', `seed ${seed}, turn ${turn}`)
    }
  }
  useShapes(text)
})
