/** Decoding by the shapes of the catalogue: nothing is refused, and nothing is lost. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { Portal } from '../../pkg/node.js'
import text from '../../pkg/shapes.js'
import { useShapes } from '../../pkg/wasm/js/shapes.js'
import { shapesOf } from '../support/shapes.mjs'
import { fakeFetch, heard, result, thrown } from '../support/world.mjs'

function portalOf(data) {
  const { fetch } = fakeFetch(() => result(data))
  const portal = Portal.token({ domain: 'portal.example', accessToken: 'token', fetch })
  const warnings = heard(portal, 'warning')
  return { portal, warnings }
}

/** What a result becomes, and what was warned of. */
async function decoded(data, method = 'some.list', options) {
  const { portal, warnings } = portalOf(data)
  const answer = await portal.call(method, {}, options)
  warnings.length = 0
  const before = structuredClone(answer.data)
  const value = answer.decode()
  assert.deepEqual(answer.data, before)
  return { value, warned: warnings.map(([, { message }]) => message) }
}

beforeEach(() => useShapes(text))
afterEach(() => useShapes(text))

test('documented_fields_are_converted_once_the_shapes_are_loaded', async () => {
  const row = {
    ID: '17',
    TITLE: '17',
    OPPORTUNITY: '100.50',
    CLOSED: 'N',
    DATE_CREATE: '2025-01-31T10:00:00+03:00',
    BEGINDATE: '2025-01-31',
    COMPANY_ID: null,
    UF_CRM_1: '17',
  }
  const { value, warned } = await decoded([row], 'crm.deal.list')
  assert.deepEqual(warned, [])
  const [deal] = value
  assert.deepEqual(
    [deal.ID, deal.TITLE, deal.OPPORTUNITY, deal.CLOSED, deal.COMPANY_ID, deal.UF_CRM_1],
    [17, '17', 100.5, false, null, '17'],
  )
  assert.equal(deal.DATE_CREATE.toISOString(), '2025-01-31T07:00:00.000Z')
})

test('dates_keep_their_offset_and_dates_without_a_time_stay_dates', async () => {
  useShapes(shapesOf('some.list\t{d A B C D}'))
  const data = {
    A: '2025-01-31T23:30:00-05:30',
    B: '2025-01-31',
    C: '2025-01-31T10:00:00Z',
    D: '2025-01-31T10:00:00.5+03:00',
  }
  const { value } = await decoded(data)
  const facts = ({ offset, hasTime }) => [offset, hasTime]
  assert.deepEqual(Object.values(value).map(facts), [
    [-330, true],
    [undefined, false],
    [0, true],
    [180, true],
  ])
  assert.equal(value.A.getTime(), Date.parse('2025-02-01T05:00:00Z'))
  assert.equal(value.B.toISOString(), '2025-01-31T00:00:00.000Z')
  assert.equal(value.D.getTime(), Date.parse('2025-01-31T07:00:00.500Z'))
  assert.deepEqual(JSON.parse(JSON.stringify(value)), data)
  value.A.setTime(0)
  assert.equal(JSON.stringify(value.A), '"1970-01-01T00:00:00.000Z"')
})

test('what_would_lose_something_stays_as_it_came_without_a_word', async () => {
  useShapes(shapesOf('some.list\t{i A B C D E,n F G H,f I}'))
  const data = {
    A: '007',
    B: '9007199254740993',
    C: '',
    D: false,
    E: '12345678901234567890',
    F: '0.12345678901234567',
    G: '00.5',
    H: '',
    I: null,
  }
  assert.deepEqual(await decoded(data), { value: data, warned: [] })
})

test('what_does_not_fit_stays_as_it_came_and_is_warned_of_once_for_a_portal', async () => {
  useShapes(shapesOf('some.list\t[{i ID,f OK,d AT,[i LIST,{i x} MAP,{d *} BY}'))
  const row = {
    ID: 'first',
    OK: 'maybe',
    AT: '31.01.2025 10:00:00',
    LIST: ['1', 'x', { a: 1 }],
    MAP: [1],
    BY: { a: '2025-01-31', b: 'today', c: '2025-01-31T10:00:00' },
  }
  const { portal, warnings } = portalOf([row, row])
  const answer = await portal.call('some.list')
  warnings.length = 0
  const [one, other] = answer.decode()
  assert.deepEqual(JSON.parse(JSON.stringify(one)), { ...row, LIST: [1, 'x', { a: 1 }] })
  assert.deepEqual(one, other)
  const again = await portal.call('Some.List')
  again.decode()
  assert.deepEqual(
    warnings.map(([, { message }]) => message),
    [
      'result[*].ID: "first" is no int; it stays as it came',
      'result[*].OK: "maybe" is no flag; it stays as it came',
      'result[*].AT: "31.01.2025 10:00:00" is no date; it stays as it came',
      'result[*].LIST[*]: "x" is no int; it stays as it came',
      'result[*].MAP: a list is no object; it stays as it came',
      'result[*].BY.*: "today" is no date; it stays as it came',
    ],
  )
})

test('containers_that_php_made_something_else_of_are_what_is_meant', async () => {
  useShapes(shapesOf('some.list\t{{} A,{i *} B,[i C D,[0 E F,?[i G H,[. I}', '{i ID,f OK}'))
  const data = {
    A: [],
    B: ['1', '2'],
    C: { 1: '5', 3: '7' },
    D: {},
    E: { ID: '1', NAME: 'x' },
    F: { a: { ID: '1' } },
    G: 'none',
    H: ['1'],
    I: { 2: 'x' },
  }
  const { value, warned } = await decoded(data)
  assert.deepEqual(value, {
    A: {},
    B: { 0: 1, 1: 2 },
    C: [5, 7],
    D: [],
    E: [{ ID: 1, NAME: 'x' }],
    F: data.F,
    G: 'none',
    H: [1],
    I: ['x'],
  })
  assert.deepEqual(warned, ['result.F: an object is no list; it stays as it came'])
})

test('wrappers_are_opened_only_where_nothing_else_is_lost', async () => {
  useShapes(shapesOf('some.list\t{[{i id} items tasks rows}'))
  for (const [data, wanted] of [
    [{ items: [{ id: '1' }] }, [{ id: 1 }]],
    [{ tasks: { 4: { id: '1' } } }, [{ id: 1 }]],
    [
      { items: [], tasks: [] },
      { items: [], tasks: [] },
    ],
    [{ rows: [{ id: '1' }] }, { rows: [{ id: 1 }] }],
  ]) {
    assert.deepEqual((await decoded(data)).value, wanted)
  }
})

test('a_method_of_both_versions_is_told_apart_by_the_calls_version', async () => {
  useShapes(shapesOf('both\ti\nboth@3\tf\nthird\td'))
  assert.equal((await decoded('1', 'both')).value, 1)
  assert.equal((await decoded('1', 'both', { version: 3 })).value, true)
  assert.equal((await decoded('2025-01-31', 'third', { version: 3 })).value.hasTime, false)
})

test('keys_of_the_prototype_and_nulls_are_no_harm', async () => {
  useShapes(shapesOf('some.list\t[{i ID __proto__ constructor,[i LIST,{i x} MAP,{i *} BY}'))
  const json =
    '[{"__proto__":"1","constructor":"2","toString":"3"},{"ID":null},null,{"LIST":[null,"1"],"MAP":null,"BY":{"__proto__":"7","a":null}}]'
  const { value, warned } = await decoded(JSON.parse(json))
  assert.deepEqual(warned, [])
  assert.deepEqual(
    JSON.stringify(value),
    '[{"__proto__":1,"constructor":2,"toString":"3"},{"ID":null},null,{"LIST":[null,1],"MAP":null,"BY":{"__proto__":7,"a":null}}]',
  )
  assert.equal(Object.getPrototypeOf(value[1]), Object.prototype)
  assert.deepEqual((await decoded([{ A: 1 }])).value, [{ A: 1 }])
})

test('depth_and_size_are_no_harm', async () => {
  useShapes(shapesOf('some.list\t{i ID,[i LIST}'))
  const deep = `{"result":{"ID":"1","LIST":${'['.repeat(5_000)}${']'.repeat(5_000)}}}`
  const fetch = async () => new Response(deep)
  const one = Portal.token({ domain: 'portal.example', accessToken: 'token', fetch })
  assert.equal((await one.call('some.list')).decode().ID, 1)
  const rows = Array.from({ length: 100_000 }, (_, n) => ({ ID: `${n}`, TEXT: 'x'.repeat(80) }))
  useShapes(shapesOf('some.list\t[{i ID}'))
  const { portal } = portalOf(rows)
  const answer = await portal.call('some.list')
  const start = performance.now()
  assert.equal(answer.decode().at(-1).ID, 99_999)
  assert.ok(performance.now() - start < 2_000)
})

test('a_shape_of_the_callers_goes_before_the_catalogues', async () => {
  useShapes(shapesOf('some.list\t{i ID}'))
  const { portal } = portalOf({ ID: '1' })
  assert.deepEqual((await portal.call('some.list')).decode({ ID: 'text' }), { ID: '1' })
})

test('a_foreign_or_damaged_text_is_an_error_that_says_why_and_changes_nothing', async () => {
  const good = shapesOf('some.list\ti')
  useShapes(good)
  const cut = Array.from({ length: good.length }, (_, end) => good.slice(0, end))
  const changed = Array.from(
    { length: good.length },
    (_, at) =>
      good.slice(0, at) + String.fromCharCode(good.charCodeAt(at) ^ 1) + good.slice(at + 1),
  )
  for (const bad of [...cut, ...changed, `${good} `, undefined, null, 7, {}, new Uint8Array(9)]) {
    const error = thrown(() => useShapes(bad))
    assert.deepEqual([error.code, error.kind], ['CALLGATE_INVALID', 'invalid'])
    assert.match(error.message, /^the shapes of the catalogue: ./)
  }
  for (const [bad, why] of [
    ['CGD1 2026-08', /no text of shapes/],
    [undefined, /no text of shapes/],
    [shapesOf('some.list\tf', '', 'CGS2 2027-01'), /form is 2, where this version reads 1/],
    [good.slice(0, -1), /damaged/],
    [good.replace('\ti', '\tf'), /damaged/],
  ]) {
    assert.match(thrown(() => useShapes(bad)).message, why)
  }
  assert.equal((await decoded('1')).value, 1)
})
