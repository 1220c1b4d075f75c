/** What callers may give, good and bad, and what reaches the portal of it: in JSON and in forms. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readForm } from '../support/form.mjs'
import { asInABrowser, fakeFetch, portalWorld, rejection, result } from '../support/world.mjs'
import { Portal } from '../../pkg/node.js'

const world = portalWorld()
const METHOD = 'crm.deal.fields' // it takes anything

/** Sends parameters to the real portal and gives what arrived: the body and its type. */
async function arrived(params, { form = false, method = METHOD } = {}) {
  const token = await world.token()
  const portal = form ? asInABrowser(() => world.clientOf(token)) : world.clientOf(token)
  await portal.call(method, params)
  const { body, headers } = (await world.requests()).at(-1)
  const auth = token.access_token
  return { body: body.replace(auth, 'AUTH'), type: headers['content-type'] }
}

const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'

/** A client that sends nothing, and tells if it did. */
function silent() {
  const { fetch, requests } = fakeFetch(() => result(1))
  return {
    portal: Portal.token({ domain: 'portal.example', accessToken: 'token', fetch }),
    requests,
  }
}

/** name, why it is refused */
const absurd = [
  ['', /empty/],
  [' ', /holds/],
  ['.', /dots/],
  ['...', /dots/],
  ['a b', /holds/],
  ['a/b', /'\/'/],
  ['../secret', /'\/'/],
  ['a\\b', /holds/],
  ['a?b=c', /'\?'/],
  ['a#b', /'#'/],
  ['a%2fb', /'%'/],
  ['a&b', /'&'/],
  ['a\nb', /control character/],
  ['a\0b', /control character/],
  ['crm.deal.get.json', /suffix/],
  ['crm.deal.get.xml', /suffix/],
  ['a'.repeat(201), /longer/],
  [undefined, /text/],
  [null, /text/],
  [7, /text/],
  [{}, /text/],
  [['profile'], /text/],
  [Symbol('s'), /text/],
  [10n, /text/],
]
for (const [name, why] of absurd) {
  test(`a_method_called_${String(JSON.stringify(String(name))).slice(0, 30)}_is_refused`, async () => {
    const { portal, requests } = silent()
    const error = await rejection(portal.call(name))
    assert.deepEqual([error.code, error.kind, error.ran], ['CALLGATE_INVALID', 'invalid', 'no'])
    assert.match(error.message, /^method: /)
    assert.match(error.message, why)
    assert.equal(requests.length, 0)
  })
}

test('names_that_are_only_unusual_are_sent_as_they_are', async () => {
  const { portal, requests } = silent()
  const names = ['vendor:module.do', 'новый.метод', "it's", 'a'.repeat(200), 'x-y_z.9', '😀', '.a']
  for (const name of names) await portal.call(name)
  assert.deepEqual(
    requests.map(({ url }) => decodeURIComponent(new URL(url).pathname)),
    names.map((name) => `/rest/${name}`),
  )
})

const cycle = { name: 'loop', list: [1] }
cycle.list.push({ back: cycle })
const twice = { same: 1 }

/** parameters, the path that the error names */
const refused = [
  [cycle, /params\.list\[1\]\.back/],
  [{ id: 10n }, /params\.id.*BigInt/],
  [{ deep: { list: [1, [2, { x: 3n }]] } }, /params\.deep\.list\[1\]\[1\]\.x/],
  [{ id: NaN }, /params\.id.*NaN/],
  [{ list: [1, Infinity] }, /params\.list\[1\].*Infinity/],
  [{ a: null, b: { c: -Infinity } }, /params\.b\.c.*-Infinity/],
  [{ a: Object(1n) }, /params\.a.*BigInt/],
  [{ a: new Number(NaN) }, /params\.a.*NaN/],
  [{ a: { toJSON: () => NaN } }, /params\.a.*NaN/],
  [new Proxy({}, { ownKeys: () => assert.fail('no keys for you') }), /params: .*no keys for you/],
  [{ a: { toJSON: () => assert.fail('not today') } }, /params: .*not today/],
  [
    {
      get a() {
        throw Object.create(null)
      },
    },
    /params: /,
  ],
  ['a=1', /params: an object/],
  [7, /params: an object/],
  [true, /params: an object/],
  [Symbol('s'), /params: an object/],
  [() => ({}), /params: an object/],
  [10n, /params: an object/],
  [new Date(), /params: /],
  [{ toJSON: () => 'text' }, /params: /],
  [{ toJSON: () => undefined }, /params: /],
  [new String('text'), /params: /],
  [{ auth: 'x' }, /params\.auth/],
  [{ access_token: 'x' }, /params\.access_token/],
  [{ sessid: 'x' }, /params\.sessid/],
]
for (const [index, [params, names]] of refused.entries()) {
  test(`bad_parameters_${index + 1}_are_refused_by_name_${names.source.slice(0, 30)}`, async () => {
    const { portal, requests } = silent()
    const error = await rejection(portal.call('profile', params))
    assert.deepEqual([error.code, error.kind, error.ran], ['CALLGATE_INVALID', 'invalid', 'no'])
    assert.match(error.message, names)
    assert.equal(requests.length, 0)
    assert.equal((await portal.call('profile')).data, 1)
  })
}

test('parameters_too_deep_for_the_engine_are_an_error_and_nothing_worse', async () => {
  let deep = {}
  for (let level = 0; level < 100_000; level++) deep = { deep }
  const { portal, requests } = silent()
  const error = await rejection(portal.call('profile', deep))
  assert.deepEqual([error.kind, error.ran], ['invalid', 'no'])
  assert.equal(requests.length, 0)
})

/** parameters, what follows the token in JSON, what follows it in a form (none: JSON there too) */
const written = {
  scalars: [
    { a: 1, b: 'text', c: 1.5, d: -0, e: 1e21, f: 1e-7 },
    '"a":1,"b":"text","c":1.5,"d":0,"e":1e+21,"f":1e-7',
    'a=1&b=text&c=1.5&d=0&e=1e%2B21&f=1e-7',
  ],
  what_json_leaves_out: [
    { a: undefined, b: () => 1, c: Symbol('s'), [Symbol('k')]: 1, d: 1 },
    '"d":1',
    'd=1',
  ],
  what_json_makes_null_in_lists: [{ a: [undefined, () => 1, 1] }, '"a":[null,null,1]'],
  lists_and_maps: [
    { filter: { '>ID': 5, '!=X': 'y' }, select: ['ID', 'UF_*'], deep: [[{ a: [1] }]] },
    '"filter":{">ID":5,"!=X":"y"},"select":["ID","UF_*"],"deep":[[{"a":[1]}]]',
    'filter[%3EID]=5&filter[!%3DX]=y&select[0]=ID&select[1]=UF_*&deep[0][0][a][0]=1',
  ],
  special_characters: [
    { a: 'a+b c&d=e%f"\\\n\t', 'k+&=': '#?/' },
    '"a":"a+b c&d=e%f\\"\\\\\\n\\t","k+&=":"#?/"',
    'a=a%2Bb%20c%26d%3De%25f%22%5C%0A%09&k%2B%26%3D=%23%3F%2F',
  ],
  other_alphabets: [
    { имя: 'Жук 😀', deep: { ключ: 'ü' } },
    '"имя":"Жук 😀","deep":{"ключ":"ü"}',
    'имя=Жук 😀&deep[ключ]=ü',
  ],
  what_only_looks_like_half_a_surrogate_pair: [
    { a: '\\ud800', b: '\\\\ud800', c: '\u0001😀\\' },
    '"a":"\\\\ud800","b":"\\\\\\\\ud800","c":"\\u0001😀\\\\"',
    'a=%5Cud800&b=%5C%5Cud800&c=%01😀%5C',
  ],
  lone_surrogates: [
    { a: 'x\ud800y', b: '\udc00' },
    '"a":"x\ufffdy","b":"\ufffd"',
    'a=x\ufffdy&b=\ufffd',
  ],
  dates: [
    { at: new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6)) },
    '"at":"2026-01-02T03:04:05.006Z"',
    'at=2026-01-02T03%3A04%3A05.006Z',
  ],
  what_has_a_to_json: [
    { a: { toJSON: (key) => `json of ${key}` } },
    '"a":"json of a"',
    'a=json of a',
  ],
  boxed_scalars: [{ a: new String('x'), b: new Number(7) }, '"a":"x","b":7', 'a=x&b=7'],
  the_same_object_twice: [
    { a: twice, b: [twice] },
    '"a":{"same":1},"b":[{"same":1}]',
    'a[same]=1&b[0][same]=1',
  ],
  keys_of_the_prototype: [
    JSON.parse('{"__proto__":{"x":1},"constructor":2,"toString":3,"a":{"__proto__":4}}'),
    '"__proto__":{"x":1},"constructor":2,"toString":3,"a":{"__proto__":4}',
    '__proto__[x]=1&constructor=2&toString=3&a[__proto__]=4',
  ],
  a_list_as_parameters: [[7, 'a', { b: [1] }], '"0":7,"1":"a","2":{"b":[1]}', '0=7&1=a&2[b][0]=1'],
  an_empty_list: [[], '', ''],
  objects_without_a_prototype: [Object.assign(Object.create(null), { a: 1 }), '"a":1', 'a=1'],
  booleans: [{ a: true, b: [false] }, '"a":true,"b":[false]'],
  nulls: [{ a: null, b: 'null' }, '"a":null,"b":"null"'],
  empty_containers: [{ a: [], b: {} }, '"a":[],"b":{}'],
  maps_and_sets_which_json_empties: [{ a: new Map([[1, 2]]), b: new Set([1]) }, '"a":{},"b":{}'],
  names_that_php_would_change: [{ 'a.b': 1, 'c d': 2 }, '"a.b":1,"c d":2'],
  names_with_brackets: [{ 'a[b]': 1 }, '"a[b]":1'],
  empty_names: [{ '': 1, a: { '': 2 } }, '"":1,"a":{"":2}'],
  empty_texts: [{ a: '', b: [''] }, '"a":"","b":[""]', 'a=&b[0]='],
  bytes: [{ a: new Uint8Array([1, 2]) }, '"a":{"0":1,"1":2}', 'a[0]=1&a[1]=2'],
}
for (const [what, [params, json, form]] of Object.entries(written)) {
  const body = `{"auth":"AUTH"${json && ','}${json}}`

  test(`${what}_arrive_in_json_as_json_stringify_writes_them`, async () => {
    assert.deepEqual(await arrived(params), { body, type: JSON_TYPE })
  })

  test(`${what}_arrive_in_a_browser_as_${form === undefined ? 'json' : 'a_form'}`, async () => {
    const sent = await arrived(params, { form: true })
    if (form === undefined) {
      assert.deepEqual(sent, { body, type: JSON_TYPE })
      return
    }
    assert.equal(sent.type, FORM_TYPE)
    assert.deepEqual(readForm(sent.body), readForm(`auth=AUTH${form && '&'}${form}`))
  })
}

test('a_hundred_levels_arrive_in_both_formats', async () => {
  let nested = 'bottom'
  for (let level = 0; level < 100; level++) nested = level % 2 ? [nested] : { a: nested }
  const params = { nested }
  for (const form of [false, true]) {
    const { body } = await arrived(params, { form })
    assert.deepEqual(JSON.parse(body), { auth: 'AUTH', nested })
  }
})

test('sixty_levels_still_fit_a_form', async () => {
  let nested = 'bottom'
  for (let level = 0; level < 60; level++) nested = { a: nested }
  const { body, type } = await arrived({ nested }, { form: true })
  assert.equal(type, FORM_TYPE)
  assert.equal(body, `auth=AUTH&nested${'[a]'.repeat(60)}=bottom`)
})

test('ten_thousand_keys_arrive_in_both_formats', async () => {
  const entries = Array.from({ length: 10_000 }, (_, index) => [`key${index}`, `value ${index}`])
  const params = Object.fromEntries(entries)
  assert.deepEqual(JSON.parse((await arrived(params)).body), { auth: 'AUTH', ...params })
  // PHP takes a thousand variables from a form and drops the rest in silence.
  const many = await arrived(params, { form: true })
  assert.equal(many.type, JSON_TYPE)
  assert.deepEqual(JSON.parse(many.body), { auth: 'AUTH', ...params })
  const few = await arrived(Object.fromEntries(entries.slice(0, 900)), { form: true })
  assert.equal(few.type, FORM_TYPE)
  assert.equal(readForm(few.body).get('key899'), 'value 899')
})

test('a_long_text_arrives_whole', async () => {
  const text = 'Жук & "quotes" \\ '.repeat(50_000)
  assert.equal(JSON.parse((await arrived({ text })).body).text, text)
  assert.equal(readForm((await arrived({ text }, { form: true })).body).get('text'), text)
})

test('the_start_of_a_page_goes_in_a_form_too', async () => {
  const token = await world.token()
  const portal = asInABrowser(() => world.clientOf(token))
  await portal.call('crm.deal.list', { start: 0, select: ['ID'] }, { start: 50 })
  const [{ body }] = await world.requests()
  assert.equal(body, `auth=${token.access_token}&start=50&select[0]=ID`)
})

test('version_3_is_json_everywhere_and_has_no_header_in_a_browser', async () => {
  const token = await world.token({ scopes: ['task'] })
  const portal = asInABrowser(() => world.clientOf(token))
  await portal.call('tasks.task.get', { id: 1 }, { version: 3, idempotent: 'key-0001' })
  const [{ headers, body }] = await world.requests()
  assert.equal(headers['content-type'], JSON_TYPE)
  assert.equal(headers['idempotency-key'], undefined)
  assert.equal(headers.authorization, undefined)
  assert.equal(body, `{"auth":"${token.access_token}","id":1}`)
})

test('a_webhook_is_refused_where_a_user_could_read_it', async () => {
  const { url } = await world.webhook()
  assert.throws(
    () => asInABrowser(() => Portal.webhook(url)),
    ({ name, code, kind, message }) =>
      name === 'CallgateError' &&
      code === 'CALLGATE_WEBHOOK_IN_BROWSER' &&
      kind === 'invalid' &&
      !message.includes(new URL(url).pathname.split('/')[3]),
  )
  const exposed = asInABrowser(() => Portal.webhook(url, { exposeSecretInBrowser: true }))
  assert.equal((await exposed.call('profile')).status, 200)
})

test('parameters_are_taken_when_the_call_is_made', async () => {
  const { fetch, requests } = fakeFetch(() => result(1))
  const portal = Portal.token({ domain: 'portal.example', accessToken: 'token', fetch })
  const params = { filter: { ID: 1 } }
  const call = portal.call('crm.deal.list', params)
  params.filter.ID = 2
  await call
  assert.deepEqual(requests[0].body.filter, { ID: 1 })
  assert.deepEqual(params, { filter: { ID: 2 } })
})

test('parameters_are_never_changed', async () => {
  const params = Object.freeze({ start: 0, filter: Object.freeze({ ID: 1 }) })
  const { portal } = silent()
  await portal.call('crm.deal.list', params, { start: 50 })
  portal.check('crm.deal.list', params)
  assert.deepEqual(params, { start: 0, filter: { ID: 1 } })
})
