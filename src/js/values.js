/**
 * Conversions of single values. Two degrees: what a caller's shape asks for is converted whenever
 * it makes sense; by the catalogue only what can be written back as it was.
 */

/** A date of a portal: an instant, and the text that it came as, with its offset. */
export class PortalDate extends Date {
  constructor(instant, text) {
    super(instant)
    this.text = text
  }

  /** Whether it has a time; one that hasn't is midnight in UTC, and no instant. */
  get hasTime() {
    return this.text.length > 10
  }

  /** Minutes ahead of UTC; undefined where the portal sent no offset. */
  get offset() {
    return offsetOf(this.text)
  }

  /** As the portal sent it; if it was changed since, as any other date. */
  toJSON() {
    return instantOf(this.text) === this.getTime() ? this.text : super.toJSON()
  }
}

/** A date, perhaps with a time, perhaps with an offset. */
const DATE = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/

/** A number in a text: decimal, for JavaScript would read `0x10` and `0b1` as well. */
const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i

const FLAGS = new Map([
  ...[true, 1, 'Y', 'y', '1', 'true'].map((value) => [value, true]),
  ...[false, 0, 'N', 'n', '0', 'false', ''].map((value) => [value, false]),
])

/** By kind; `undefined` says that a value doesn't fit. */
export const strict = {
  int(value) {
    const number = toNumber(value)
    return Number.isSafeInteger(number) ? number : undefined
  },
  number: toNumber,
  flag: (value) => (value === 'Y' ? true : value === 'N' ? false : FLAGS.get(value)),
  date(value) {
    if (value === false || value === '') return null
    if (typeof value !== 'string') return undefined
    const instant = instantOf(value)
    return Number.isNaN(instant) ? undefined : new PortalDate(instant, value)
  },
  text(value) {
    if (typeof value === 'string') return value
    return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
  },
}

/** The same, but what would lose something stays as it is: digits, zeros in front, no offset. */
export const lossless = {
  ...strict,
  int(value) {
    const number = strict.int(value)
    return number === undefined ? stays(value) : kept(value, number)
  },
  number(value) {
    const number = toNumber(value)
    return number === undefined ? stays(value) : kept(value, number)
  },
  date(value) {
    const date = strict.date(value)
    return date?.hasTime && date.offset === undefined ? undefined : date
  },
}

/** An empty text and false are PHP's way to say that there is nothing. */
export const isNothing = (value) => value === '' || value === false

/** Digits too many for a number are no misfit. */
const stays = (value) =>
  isNothing(value) || (typeof value === 'string' && NUMBER.test(value)) ? value : undefined

const kept = (value, number) =>
  typeof value !== 'string' || decimal(value) === number ? number : value

function toNumber(value) {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return undefined
  let number = decimal(value)
  if (Number.isNaN(number)) number = NUMBER.test(value) ? Number(value) : NaN
  return Number.isFinite(number) ? number : undefined
}

/**
 * The number of a text in the usual notation, with no more digits than a number keeps; else NaN.
 * Fields of thousands of rows come through here, and `Number` takes its time.
 */
function decimal(text) {
  const end = text.length
  const negative = text.charCodeAt(0) === 45 // -
  const start = negative ? 1 : 0
  if (end === start || end > 16) return NaN
  let number = 0
  let point = 0
  for (let at = start; at < end; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit >= 0 && digit <= 9) number = 10 * number + digit
    else if (digit === -2 && point === 0 && at > start && at < end - 1) point = at
    else return NaN
  }
  const leading = text.charCodeAt(start) === 48 && end - start > 1 && point !== start + 1
  if (leading || number > 999999999999999 || (negative && number === 0)) return NaN
  if (point > 0) number /= 10 ** (end - point - 1)
  return negative ? -number : number
}

/**
 * Milliseconds since 1970; NaN for what is no date, the 30th of February for one. Read by hand, for
 * engines differ in what they take besides the standard form, and take longer.
 */
function instantOf(text) {
  if (!DATE.test(text)) return NaN
  const year = 100 * two(text, 0) + two(text, 2)
  const month = two(text, 5)
  const day = two(text, 8)
  if (month < 1 || month > 12 || day < 1) return NaN
  const midnight = DAY * dayOf(year, month, day)
  if (day > 28 && new Date(midnight).getUTCDate() !== day) return NaN
  if (text.length === 10) return midnight
  const hours = two(text, 11)
  const minutes = two(text, 14)
  const seconds = text[16] === ':' ? two(text, 17) : 0
  if (hours > 23 || minutes > 59 || seconds > 59) return NaN
  const millis = text[19] === '.' ? Math.floor(1000 * /\.\d+/.exec(text)[0]) : 0
  const offset = offsetOf(text)
  if (offset === undefined) return Date.parse(text.replace(' ', 'T'))
  return midnight + 60_000 * (60 * hours + minutes - offset) + 1000 * seconds + millis
}

const DAY = 86_400_000

/** The days of a year before each of its months, if it has no leap day. */
const BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]

/** Days since 1970. */
function dayOf(year, month, day) {
  const leap = month < 3 ? year - 1 : year
  const leaps = (leap >> 2) - Math.floor(leap / 100) + Math.floor(leap / 400)
  return 365 * year + leaps + BEFORE[month - 1] + day - 719_528
}

function offsetOf(text) {
  const end = text.length
  if (text[end - 1] === 'Z') return 0
  const start = end - (text[end - 3] === ':' ? 6 : 5)
  if (text[start] !== '+' && text[start] !== '-') return undefined
  const minutes = 60 * two(text, start + 1) + two(text, end - 2)
  return text[start] === '-' ? -minutes : minutes
}

const two = (text, at) => 10 * text.charCodeAt(at) + text.charCodeAt(at + 1) - 528
