/**
 * What decoding costs beside plain JSON.parse: `node benches/decode.mjs`.
 *
 * Every way starts from the same text and takes its turn within one run, so that a noisy machine
 * disturbs them alike. CPU is what the process used, all its threads together; a row is the median
 * of its rounds.
 */
import { decode } from '../src/js/decode.js'

const ROUNDS = 25
const TURNS = 4
const ROWS = 2_500

/** So many fields of each kind; the others are texts. */
const MIXES = {
  'texts only': {},
  '4 ids, 3 flags': { int: 4, flag: 3 },
  '4 ids, 2 flags, 1 date': { int: 4, flag: 2, date: 1 },
  '6 ids, 3 flags, 2 sums, 3 dates': { int: 6, flag: 3, number: 2, date: 3 },
}

const values = {
  int: (n) => String(1000 + n),
  flag: (n) => (n % 3 ? 'Y' : 'N'),
  number: (n) => `${n}.${10 + (n % 90)}`,
  date: (n) => `2025-0${1 + (n % 9)}-1${n % 10}T1${n % 10}:${10 + (n % 50)}:00+03:00`,
  text: (n) => `the text of row ${n}`,
}

function fields(mix) {
  const kinds = Object.entries(mix).flatMap(([kind, count]) => Array(count).fill(kind))
  const all = [...kinds, ...Array(25 - kinds.length).fill('text')]
  return all.map((kind, at) => [`${kind.toUpperCase()}_${at}`, kind])
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1]

for (const [title, mix] of Object.entries(MIXES)) {
  const columns = fields(mix)
  const row = (n) => Object.fromEntries(columns.map(([name, kind]) => [name, values[kind](n)]))
  const text = JSON.stringify({ result: Array.from({ length: ROWS }, (_, n) => row(n)) })
  const shape = [Object.fromEntries(columns.filter(([, kind]) => kind !== 'text'))]
  const source = { method: 'some.list' }
  const revive = (key, value) => value
  const ways = {
    'JSON.parse': () => JSON.parse(text).result,
    'and decode': () => decode(JSON.parse(text).result, shape, source),
    'and a copy of each row': () => JSON.parse(text).result.map((row) => ({ ...row })),
    'with a reviver': () => JSON.parse(text, revive).result,
  }
  const spent = Object.fromEntries(Object.keys(ways).map((name) => [name, []]))
  for (let round = -5; round < ROUNDS; round++) {
    for (const [name, way] of Object.entries(ways)) {
      const before = process.cpuUsage()
      for (let turn = 0; turn < TURNS; turn++) way()
      const { user, system } = process.cpuUsage(before)
      if (round >= 0) spent[name].push((user + system) / TURNS / 1000)
    }
  }
  const plain = median(spent['JSON.parse'])
  console.log(`\n${ROWS} rows of 25 fields, ${title}`)
  for (const [name, times] of Object.entries(spent)) {
    const millis = median(times)
    const ratio = (millis / plain).toFixed(2).padStart(6)
    console.log(`  ${name.padEnd(24)} ${millis.toFixed(2).padStart(8)} ms ${ratio}`)
  }
}
