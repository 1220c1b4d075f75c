/** Made-up values from a seed: the same seed makes the same values, on every machine. */

/** A generator of numbers from 0 to 1 (mulberry32). */
export function random(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const ALPHABETS = [
  'abcXYZ019_-',
  ' &=+%?#/;:,.!~*\'()[]{}<>"\\|^`@$',
  '\u0000\u0001\t\n\r\u001f\u007f\u0080\u2028\ufeff\uffff',
  'äЖשׂ中ｱ',
  '😀👨‍👩‍👧𝒳',
]

const NUMBERS = [
  0,
  -0,
  1,
  -1,
  255,
  1.5,
  -1e-7,
  1e21,
  1e-7,
  123456789012,
  0.1 + 0.2,
  Number.MAX_SAFE_INTEGER,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  5e-324,
  1e300,
]

/** Makers of values. `map` makes anything that JSON can say; `plainMap` what forms can carry. */
export function values(next) {
  const below = (limit) => Math.floor(next() * limit)
  const pick = (list) => list[below(list.length)]
  const many = (limit, make) => Array.from({ length: below(limit) }, make)

  const character = () => {
    if (below(40) === 0) return String.fromCharCode(0xd800 + below(0x800)) // half a pair
    return pick([...pick(ALPHABETS)])
  }
  const text = () => many(12, character).join('')
  const number = () => {
    if (below(3) > 0) return below(100_000) - 50_000
    return below(2) ? pick(NUMBERS) : (next() - 0.5) * 10 ** (below(40) - 20)
  }
  /** PHP changes some names in forms; those go in JSON. */
  const plainName = (top) =>
    many(8, () => pick([...`abcXYZ09_-é中${top ? '' : ' .>='}`])).join('') || 'name'
  const name = () => (below(3) ? plainName() : text())

  const map = (depth = 0) =>
    Object.fromEntries(many(depth ? 4 : 8, () => [name(), value(depth + 1)]).filter(notReserved))
  const value = (depth) => {
    if (depth > 5 || below(3) > 0) {
      return pick([text, text, number, number, () => below(2) === 0, () => null])()
    }
    return below(2) ? map(depth) : many(4, () => value(depth + 1))
  }

  const plainValue = (depth) => {
    if (depth > 5 || below(3) > 0) return below(2) ? text() : number()
    return below(2)
      ? plainMap(depth)
      : [plainValue(depth + 1), ...many(3, () => plainValue(depth + 1))]
  }
  const plainMap = (depth = 0) =>
    Object.fromEntries(
      [1, ...many(depth ? 3 : 8, () => 1)].map(() => [
        plainName(depth === 0),
        plainValue(depth + 1),
      ]),
    )

  return { text, number, value: () => value(0), map, plainMap }
}

/** Names that the connection keeps for itself. */
const notReserved = ([name]) =>
  !['auth', 'access_token', 'auth_connector', 'sessid', '__proto__'].includes(name)
