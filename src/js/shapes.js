/**
 * What the results of single methods mean. `src/bitrix24/results.rs` has two of them as Rust types;
 * tests hold both against the answers that the documentation prints. All others come with the
 * shapes of the catalogue, once somebody loads them.
 */
import { invalid } from './face.js'

/** The shape of what nobody knows. */
export const ANY = Symbol('any')

/** One shape for objects and lists, another for all else. */
export class Either {
  constructor(container, scalar) {
    this.container = container
    this.scalar = scalar
  }
}

const user = {
  id: 'int',
  extranet: 'flag',
  network: 'flag',
  bot: 'flag',
  connector: 'flag',
  idle: 'date',
  last_activity_date: 'date',
  desktop_last_date: 'date',
  mobile_last_date: 'date',
  departments: ['int'],
  absent: 'date',
  phones: { work_phone: 'text', personal_mobile: 'text', personal_phone: 'text' },
}

const own = new Map([
  // Ids or, with USER_DATA=Y, people.
  ['im.department.managers.get', { '*': [new Either(user, 'int')] }],
  ['voximplant.user.get', [{ ID: 'int', PHONE_ENABLED: 'flag' }]],
])

/** Of the catalogue, once loaded. */
let others = new Map()

/** What is known of a method's result. */
export function shapeOf(method, version) {
  const name = method.toLowerCase()
  if (own.has(name)) return own.get(name)
  return (version === 3 && others.get(`${name}@3`)) || others.get(name)
}

const FORM = '1'

/** Takes the shapes of a catalogue; a text that is none is an error and changes nothing. */
export function useShapes(text) {
  const refuse = (why) => {
    throw invalid(`the shapes of the catalogue: ${why}`)
  }
  if (typeof text !== 'string' || !text.startsWith('CGS')) refuse('this is no text of shapes')
  if (text[3] !== FORM) refuse(`the form is ${text[3]}, where this version reads ${FORM}`)
  const body = text.slice(0, -8)
  if (checksum(body) !== Number.parseInt(text.slice(-8), 16)) refuse('the text is damaged')
  const [, table, list] = body.split('\n\n')
  const shared = []
  const found = new Map()
  try {
    for (const row of table.split('\n')) shared.push(row && read(row, shared))
    for (const line of list.split('\n')) {
      const [names, shape] = line.split('\t')
      for (const name of names.split(' ')) found.set(name, read(shape, shared))
    }
  } catch {
    refuse('the text contradicts itself')
  }
  others = found
}

/** FNV-1a. */
function checksum(text) {
  let sum = 0x811c9dc5
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193)
  return sum >>> 0
}

const LETTERS = { i: 'int', n: 'number', f: 'flag', d: 'date', '.': ANY }

/** The parts of a shape's text: a letter, a mark, a row of the table, an object's names. */
const PART = /[infd.[?{},]|\d+| [^,}]+/y

/** Reads `{i ID SORT,[f ACTIVE}` and the like. */
function read(text, shared) {
  PART.lastIndex = 0
  const next = () => PART.exec(text)[0]
  const shape = () => {
    const part = next()
    if (Object.hasOwn(LETTERS, part)) return LETTERS[part]
    if (part === '[') return [shape()]
    if (part === '?') return new Either(shape(), ANY)
    if (part === '{') return object()
    if (shared[part] === undefined) throw new Error('no such row')
    return shared[part]
  }
  const object = () => {
    const fields = []
    let part = ','
    if (text[PART.lastIndex] === '}') part = next()
    while (part === ',') {
      const inner = shape()
      for (const name of next().trim().split(' ')) fields.push([name, inner])
      part = next()
    }
    return Object.fromEntries(fields)
  }
  return shape()
}
