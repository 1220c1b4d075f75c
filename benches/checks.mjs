/**
 * What a check costs in Node, beside the same parameter checks written as JSON Schema:
 * `node benches/checks.mjs`.
 *
 * The schemas are made of the same facts. They find what is missing, unknown or of a wrong type;
 * they know nothing of scopes, confirmations, near names or remedies. ajv compiles its schemas to
 * JavaScript beforehand, which a page's Content-Security-Policy or an edge runtime may forbid.
 */
import { readFileSync } from 'node:fs'
import { Validator } from '@cfworker/json-schema'
import Ajv from 'ajv'
import { Portal, loadCatalogue } from 'callgate'

const ROUNDS = 25
const TURNS = 2_000
const METHOD = 'crm.lead.add'

/** The parameters of a method as `catalogue/methods.txt` has them. */
function parameters(method) {
  const text = readFileSync(new URL('../catalogue/methods.txt', import.meta.url), 'utf8')
  const [, body] = text.split(`\n${method} v2\n`)
  const lines = body.split('\n\n')[0].split('\n')
  const top = []
  for (const line of lines) {
    const found = /^( +)([!-]) (\S+)(?: ([a-z_[\]. ]*))?/.exec(line)
    if (!found) continue
    const [, indent, mark, name, types = ''] = found
    const one = { name, required: mark === '!', type: types.split(' ')[0], nested: [] }
    const into = indent.length === 2 ? top : top.at(-1).nested
    if (indent.length <= 4) into.push(one)
  }
  return top
}

const loose = {
  integer: { anyOf: [{ type: 'integer' }, { type: 'string', pattern: '^-?\\d+$' }] },
  double: { anyOf: [{ type: 'number' }, { type: 'string', pattern: '^-?[\\d.]+$' }] },
  char: { enum: ['Y', 'N', true, false, 1, 0, '1', '0'] },
  object: { type: ['object', 'array'] },
  array: { type: ['object', 'array'] },
}

function schema(list) {
  return {
    type: 'object',
    additionalProperties: false,
    required: list.filter((it) => it.required).map((it) => it.name),
    properties: Object.fromEntries(
      list.map(({ name, type, nested }) => [
        name,
        nested.length > 0 ? schema(nested) : (loose[type] ?? {}),
      ]),
    ),
    patternProperties: { '^UF_': {} },
  }
}

const facts = parameters(METHOD)
const known = facts.find(({ name }) => name === 'fields').nested
const value = { integer: 7, double: 1.5, char: 'Y', array: [], object: {} }
const call = (count) => {
  const own = known.slice(0, count).map(({ name, type }) => [name, value[type] ?? 'text'])
  const more = Array.from({ length: count - own.length }, (_, n) => [`UF_CRM_${n}`, 'text'])
  return { fields: Object.fromEntries([...own, ...more]) }
}

const compiled = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema(facts))
const interpreted = new Validator(schema(facts), '7', false)
const budget = { burst: 1_000_000, perSecond: 1_000_000 }
const options = { domain: 'portal.example', accessToken: 'token', scope: 'crm', budget }
const [off, on] = [{ preflight: 'off' }, { preflight: { parameters: 'enforce' } }].map((modes) =>
  Portal.token({ ...options, ...modes, fetch: answering() }),
)

function answering() {
  const answer = { status: 200, headers: { get: () => null }, text: async () => '{"result":1}' }
  return async () => answer
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1]

/** Microseconds of CPU for a turn of each way, the ways taking turns. */
async function measure(ways) {
  const spent = Object.fromEntries(Object.keys(ways).map((name) => [name, []]))
  for (let round = -3; round < ROUNDS; round++) {
    for (const [name, way] of Object.entries(ways)) {
      const before = process.cpuUsage()
      for (let turn = 0; turn < TURNS; turn++) await way()
      const { user, system } = process.cpuUsage(before)
      if (round >= 0) spent[name].push((user + system) / TURNS)
    }
  }
  return Object.entries(spent).map(([name, times]) => [name, median(times)])
}

for (const tiers of ['by names alone', 'by both tiers']) {
  for (const count of [3, 60]) {
    const params = call(count)
    const found = [compiled(params), interpreted.validate(params).valid]
    if (found.includes(false)) throw new Error('a schema refuses the call that all should accept')
    console.log(`\na call with ${count} fields, checked ${tiers}`)
    const costs = await measure({
      'ajv, compiled': () => compiled(params),
      '@cfworker/json-schema': () => interpreted.validate(params),
      'check(), with its decision': () => on.check(METHOD, params),
      'a call without preflight': () => off.call(METHOD, params),
      'a call with preflight': () => on.call(METHOD, params),
    })
    const [[, first]] = costs
    for (const [name, cost] of costs) {
      const ratio = (cost / first).toFixed(2).padStart(8)
      console.log(`  ${name.padEnd(28)} ${cost.toFixed(2).padStart(8)} µs ${ratio}`)
    }
    const [without, with_] = costs.slice(-2).map(([, cost]) => cost)
    console.log(`  preflight inside a call      ${(with_ - without).toFixed(2).padStart(8)} µs`)
  }
  await loadCatalogue()
}
