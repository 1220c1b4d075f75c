/**
 * Whatever JSON can say reaches the portal as it was: thousands of made-up values, in JSON and in
 * forms. A failure prints its seed; `SEED=… node --test tests/node/roundtrip.test.mjs` repeats it.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asPhpSees, readForm } from '../support/form.mjs'
import { random, values } from '../support/values.mjs'
import { asInABrowser, portalWorld } from '../support/world.mjs'

const world = portalWorld()
const first = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32))
const COUNT = process.env.SEED === undefined ? 250 : 1
const METHOD = 'crm.deal.fields' // it takes anything
const budget = { burst: 1_000_000, perSecond: 1_000_000 }

/** What JSON itself makes of a value, half surrogate pairs mended. */
const asJsonSees = (value) =>
  JSON.parse(
    JSON.stringify(value, (_, it) => {
      if (typeof it === 'string') return it.toWellFormed()
      if (typeof it !== 'object' || it === null || Array.isArray(it)) return it
      return Object.fromEntries(Object.entries(it).map(([key, item]) => [key.toWellFormed(), item]))
    }),
  )

/** Sends values of many seeds one after the other, and holds each to what `check` says. */
async function sendAll(client, make, check) {
  for (let seed = first; seed < first + COUNT; seed++) {
    const params = make(values(random(seed)))
    try {
      await client.call(METHOD, params)
      const requests = await world.requests()
      check(params, requests.at(-1))
    } catch (error) {
      error.message = `SEED=${seed}: ${error.message}\n${JSON.stringify(params)}`
      throw error
    }
    if (seed % 50 === 0) await world.forget()
  }
}

test('anything_arrives_in_json_as_it_was', async () => {
  const { portal, token } = await world.client({ budget })
  await sendAll(
    portal,
    ({ map }) => map(),
    (params, { body, headers }) => {
      assert.equal(headers['content-type'], 'application/json')
      assert.deepEqual(JSON.parse(body), { auth: token.access_token, ...asJsonSees(params) })
    },
  )
})

test('anything_arrives_in_a_browser_as_it_was_in_the_form_that_keeps_it', async () => {
  const token = await world.token()
  const portal = asInABrowser(() => world.clientOf(token, { budget }))
  const used = { form: 0, json: 0 }
  await sendAll(
    portal,
    ({ map }) => map(),
    (params, { body, headers }) => {
      if (headers['content-type'] === 'application/json') {
        used.json++
        assert.deepEqual(JSON.parse(body), { auth: token.access_token, ...asJsonSees(params) })
      } else {
        used.form++
        const sent = { auth: token.access_token, ...JSON.parse(JSON.stringify(params)) }
        assert.deepEqual(readForm(body), asPhpSees(sent))
      }
    },
  )
  assert.ok(COUNT === 1 || used.json > 0, 'no value needed JSON')
})

test('what_a_form_can_carry_goes_in_a_form_and_arrives_as_it_was', async () => {
  const token = await world.token()
  const portal = asInABrowser(() => world.clientOf(token, { budget }))
  await sendAll(
    portal,
    ({ plainMap }) => plainMap(),
    (params, { body, headers }) => {
      // A name inside that begins with a blank only JSON keeps.
      if (/" [^"]*":/.test(JSON.stringify(params))) return
      assert.equal(headers['content-type'], 'application/x-www-form-urlencoded')
      const sent = { auth: token.access_token, ...JSON.parse(JSON.stringify(params)) }
      assert.deepEqual(readForm(body), asPhpSees(sent))
    },
  )
})
