/** What BX24 sends: the bodies that were observed of the portal's own library, letter for letter. */
/* global BX24 */
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { bx24World } from '../support/bx24.mjs'

const world = bx24World()
let frame

beforeEach(async () => {
  frame = await world.open()
})

/** The calls of a method that the portal has seen: the path and, without the token, the body. */
async function sent(method) {
  const seen = (await world.portal.log()).filter(({ url }) => url === `/rest/${method}`)
  return seen.map(({ body }) => body.replace(/^auth=[^&]*/, 'auth=TOK'))
}

/** Calls a method with what `make` makes in the page, and gives the body. */
async function bodyOf(make, method = 'profile') {
  const before = (await sent(method)).length
  await frame.evaluate(
    ([make, method]) =>
      new Promise((resolve) => {
        BX24.callMethod(method, globalThis.eval(`(${make})`)(), resolve)
      }),
    [String(make), method],
  )
  const bodies = await sent(method)
  assert.equal(bodies.length, before + 1)
  return bodies.at(-1)
}

/** Puts an input for files on the page, with these files in it. */
const inputWith = (files, multiple = false) =>
  frame.evaluate(
    ([files, multiple]) => {
      const chosen = new DataTransfer()
      for (const [name, text] of files) chosen.items.add(new File([text], name))
      const input = Object.assign(document.createElement('input'), { type: 'file', multiple })
      input.files = chosen.files
      globalThis.input = input
    },
    [files, multiple],
  )

const rows = {
  'no parameters': [() => ({}), 'auth=TOK'],
  nothing: [() => undefined, 'auth=TOK'],
  'single values before objects': [
    () => ({
      filter: { '>ID': 5, '=STAGE_ID': ['A', 'B'] },
      select: ['ID', 'TITLE'],
      order: { ID: 'ASC' },
      x: 1,
    }),
    'auth=TOK&x=1&filter[%3EID]=5&filter[%3DSTAGE_ID][0]=A&filter[%3DSTAGE_ID][1]=B&select[0]=ID&select[1]=TITLE&order[ID]=ASC',
  ],
  'every sort of value': [
    () => ({
      t: true,
      f: false,
      n: null,
      u: undefined,
      z: 0,
      s: '',
      e: [],
      o: {},
      d: new Date(Date.UTC(2020, 0, 2, 3, 4, 5, 6)),
      uni: 'Привет мир &=+',
    }),
    'auth=TOK&t=true&f=false&u=undefined&z=0&s=&uni=%D0%9F%D1%80%D0%B8%D0%B2%D0%B5%D1%82%20%D0%BC%D0%B8%D1%80%20%26%3D%2B&e=&d=2020-01-02T03%3A04%3A05.006Z',
  ],
  'a list': [() => [1, [2, 3], { a: 4 }], 'auth=TOK&0=1&1[0]=2&1[1]=3&2[a]=4'],
  'a text': [() => 'a=1&b=2', 'auth=TOK&a=1&b=2'],
  'levels without single values': [
    () => ({ a: { b: { c: { d: 1 } }, x: [{ y: 1 }, { y: 2 }] } }),
    'auth=TOK&&&&a[b][c][d]=1&&a[x][0][y]=1&a[x][1][y]=2',
  ],
  'names to be escaped': [() => ({ 'a b[c]': { 'x y': 1 } }), 'auth=TOK&&a%20b%5Bc%5D[x%20y]=1'],
  'numbers that are none, functions, holes, an odd date': [
    () => ({
      nan: NaN,
      inf: -Infinity,
      f: (a) => a,
      holes: [1, , null, 4], // eslint-disable-line no-sparse-arrays
      d: new Date(NaN),
    }),
    'auth=TOK&nan=NaN&inf=-Infinity&f=(a)%20%3D%3E%20a&holes[0]=1&holes[3]=4&d=null',
  ],
  'names that are numbers come first, inherited ones not at all': [
    () => Object.assign(Object.create({ inherited: 1 }), { b: 1, 10: 2, 9: 3 }),
    'auth=TOK&9=3&10=2&b=1',
  ],
  'collections without members of their own': [
    () => ({ a: 1, map: new Map([[1, 2]]), set: new Set([1]) }),
    'auth=TOK&a=1',
  ],
  'half a surrogate pair': [() => ({ s: '\ud83d!' }), 'auth=TOK&s=%EF%BF%BD!'],
}

for (const [name, [make, body]] of Object.entries(rows)) {
  test(`${name.replaceAll(/\W+/g, '_')}_becomes_the_observed_body`, async () => {
    assert.equal(await bodyOf(make), body)
  })
}

test('fields_of_the_page_give_their_value_and_other_nodes_nothing', async () => {
  const make = () => {
    const field = Object.assign(document.createElement('input'), { value: 'a b' })
    return { field, heading: document.createElement('h1'), box: document.body }
  }
  assert.equal(await bodyOf(make), 'auth=TOK&&field=a%20b')
})

test('a_chosen_file_goes_with_its_name_behind_the_rest_of_its_level', async () => {
  await inputWith([['fi le.txt', 'hello']])
  assert.equal(
    await bodyOf(() => ({ a: 1, F: globalThis.input, z: { k: 1 } })),
    'auth=TOK&a=1&z[k]=1&F[0]=fi%20le.txt&F[1]=aGVsbG8%3D',
  )
  assert.equal(
    await bodyOf(() => ({ in: { F: globalThis.input, x: { k: 1 } }, z: { k: 1 } })),
    'auth=TOK&&&in[x][k]=1&in[F][0]=fi%20le.txt&in[F][1]=aGVsbG8%3D&z[k]=1',
  )
})

test('several_chosen_files_are_a_list_of_files', async () => {
  const files = [
    ['a.txt', 'A'],
    ['b.txt', 'B'],
  ]
  await inputWith(files, true)
  const form = new URLSearchParams(await bodyOf(() => ({ F: globalThis.input })))
  form.delete('auth')
  assert.deepEqual(
    [...form],
    [
      ['F[0][0]', 'a.txt'],
      ['F[0][1]', 'QQ=='],
      ['F[1][0]', 'b.txt'],
      ['F[1][1]', 'Qg=='],
    ],
  )
})

test('an_input_without_a_file_is_empty', async () => {
  await inputWith([])
  assert.equal(await bodyOf(() => ({ F: globalThis.input })), 'auth=TOK&&F=')
  await inputWith([], true)
  assert.equal(await bodyOf(() => ({ F: globalThis.input })), 'auth=TOK&&F=')
})

test('files_and_blobs_are_sent_as_chosen_ones_are', async () => {
  assert.equal(
    await bodyOf(() => ({ F: new File(['hello'], 'a.txt'), B: new Blob(['hello']), z: 1 })),
    'auth=TOK&z=1&F[0]=a.txt&F[1]=aGVsbG8%3D&B[0]=blob&B[1]=aGVsbG8%3D',
  )
  assert.equal(await bodyOf(() => ({ F: new File([], 'empty') })), 'auth=TOK&&F[0]=empty&F[1]=')
})

test('the_browser_does_not_ask_first', async () => {
  await bodyOf(() => ({ yes: true, none: [], 'a.b': 1 }))
  const methods = (await world.portal.log()).map(({ method }) => method)
  assert.ok(!methods.includes('OPTIONS'))
})

test('values_are_taken_when_the_call_is_made', async () => {
  await frame.evaluate(
    () =>
      new Promise((resolve) => {
        const params = { a: { b: 1 } }
        BX24.callMethod('profile', params, resolve)
        params.a.b = 2
      }),
  )
  assert.deepEqual(await sent('profile'), ['auth=TOK&&a[b]=1'])
})

test('a_start_that_asks_for_a_page_is_sent_and_another_is_not', async () => {
  for (const [start, body] of [
    [0, 'auth=TOK&start=0&a=1'],
    [50, 'auth=TOK&start=50&a=1'],
    ['50', 'auth=TOK&start=50&a=1'],
    [-1, 'auth=TOK&a=1'],
    [null, 'auth=TOK&a=1'],
  ]) {
    const left = await frame.evaluate(
      (start) =>
        new Promise((resolve) => {
          const params = { start, a: 1 }
          BX24.callMethod('profile', params, () => resolve(params.start))
        }),
      start,
    )
    assert.equal(left, start)
    assert.equal((await sent('profile')).at(-1), body, JSON.stringify(start))
  }
})

test('the_next_page_is_asked_for_by_a_start_before_the_same_parameters', async () => {
  await world.portal.control('data', { entity: 'crm.deal', rows: 120 })
  const sizes = await frame.evaluate(
    () =>
      new Promise((resolve) => {
        const sizes = []
        BX24.callMethod('crm.deal.list', { order: { ID: 'ASC' } }, (result) => {
          sizes.push(result.data().length)
          if (result.more()) result.next()
          else resolve(sizes)
        })
      }),
  )
  assert.deepEqual(sizes, [50, 50, 20])
  assert.deepEqual(await sent('crm.deal.list'), [
    'auth=TOK&&order[ID]=ASC',
    'auth=TOK&start=50&&order[ID]=ASC',
    'auth=TOK&start=100&&order[ID]=ASC',
  ])
})

test('what_php_would_drop_of_a_form_arrives_as_json', async () => {
  await frame.evaluate(
    () =>
      new Promise((resolve) => {
        const rows = Array.from({ length: 1001 }, (_, at) => ({ at, yes: true }))
        BX24.callMethod('profile', { rows }, resolve)
      }),
  )
  const { rows } = JSON.parse((await sent('profile')).at(-1))
  assert.deepEqual(rows['1000'], { at: '1000', yes: 'true' })
})

// Batches

/** Runs a batch, and gives its body. */
async function batchOf(calls, halt) {
  await frame.evaluate(
    ([calls, halt]) => new Promise((resolve) => BX24.callBatch(calls, resolve, halt)),
    [calls, halt],
  )
  return (await sent('batch')).at(-1)
}

test('a_batch_by_names_has_its_commands_escaped_twice', async () => {
  const calls = {
    u: ['user.current', {}],
    d: { method: 'crm.deal.list', params: { filter: { ID: '$result[u][ID]' } } },
    bad: [],
    nul: null,
  }
  assert.equal(
    await batchOf(calls, true),
    'auth=TOK&halt=1&cmd[u]=user.current%3F&cmd[d]=crm.deal.list%3F%26filter%5BID%5D%3D%2524result%255Bu%255D%255BID%255D',
  )
})

test('a_batch_by_numbers_keeps_them', async () => {
  assert.equal(
    await batchOf([['user.get', { a: 1 }], ['user.get']]),
    'auth=TOK&halt=0&cmd[0]=user.get%3Fa%3D1&cmd[1]=user.get%3F',
  )
  assert.equal(
    await batchOf([null, ['user.get', { start: -1 }]]),
    'auth=TOK&halt=0&cmd[1]=user.get%3Fstart%3D-1',
  )
})

test('a_name_that_no_method_has_is_no_request', async () => {
  const before = (await world.portal.log()).length
  const error = await frame.evaluate(
    () => new Promise((resolve) => BX24.callMethod('a/b c', {}, (it) => resolve(it.error().ex))),
  )
  assert.equal(error.error, 'CALLGATE_INVALID')
  assert.match(error.error_description, /method: the name holds '\/'/)
  assert.equal((await world.portal.log()).length, before)
})
