/** Decoding: what values become by a caller's shape, and by what is known of a method. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Portal } from '../../pkg/node.js'
import { PortalDate } from '../../pkg/wasm/js/values.js'
import { fakeFetch, heard, portalWorld, result, thrown } from '../support/world.mjs'

const world = portalWorld()

/** The answer to a call whose result is given. */
async function answerOf(data, method = 'vendor.thing.get', params) {
  const { fetch } = fakeFetch(() => result(data))
  const portal = Portal.token({ domain: 'portal.example', accessToken: 'token', fetch })
  const warnings = heard(portal, 'warning')
  const answer = await portal.call(method, params)
  warnings.length = 0
  return { answer, warnings }
}

const decoded = async (data, shape, method) => (await answerOf(data, method)).answer.decode(shape)

/** The date of a text, whose instant is given so that no test leans on what it tests. */
const at = (text, instant = text) => new PortalDate(Date.parse(instant), text)

/** kind: pairs of what is accepted and what it becomes; what is refused */
const kinds = {
  int: [
    [
      [7, 7],
      ['7', 7],
      ['-7', -7],
      ['+7', 7],
      [0, 0],
      ['0', 0],
      ['007', 7],
      ['7.0', 7],
      [7.0, 7],
      ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ],
    [
      7.5,
      '7.5',
      '',
      ' ',
      'seven',
      '7a',
      '0x10',
      '0b1',
      '1,5',
      true,
      false,
      [],
      {},
      [7],
      '9007199254740993',
      2 ** 53,
      '1e400',
      'Infinity',
      'NaN',
    ],
  ],
  number: [
    [
      [7.5, 7.5],
      ['7.5', 7.5],
      ['-7.50', -7.5],
      ['1e3', 1000],
      ['.5', 0.5],
      ['5.', 5],
      ['1234567890.12', 1234567890.12],
      [0, 0],
    ],
    ['', ' ', 'x', '1,5', '1 000', '7.5 USD', '0x1F', '1e400', true, false, [], {}],
  ],
  flag: [
    [
      ['Y', true],
      ['N', false],
      ['y', true],
      ['n', false],
      [1, true],
      [0, false],
      ['1', true],
      ['0', false],
      [true, true],
      [false, false],
      ['true', true],
      ['false', false],
      ['', false],
    ],
    ['yes', 'no', 'J', 2, -1, '2', ' ', [], {}],
  ],
  date: [
    [
      ['2018-01-29T17:35:31+03:00', at('2018-01-29T17:35:31+03:00', '2018-01-29T14:35:31Z')],
      ['2018-01-29T17:35:31-0530', at('2018-01-29T17:35:31-0530', '2018-01-29T23:05:31Z')],
      ['2018-01-29T17:35:31Z', at('2018-01-29T17:35:31Z')],
      ['2018-01-29T17:35:31.250Z', at('2018-01-29T17:35:31.250Z')],
      ['2018-01-29T17:35+03:00', at('2018-01-29T17:35+03:00', '2018-01-29T14:35:00Z')],
      ['2018-01-29 17:35:31+03:00', at('2018-01-29 17:35:31+03:00', '2018-01-29T14:35:31Z')],
      ['2018-01-29', at('2018-01-29')],
      ['2018-01-29T17:35:31', at('2018-01-29T17:35:31')],
      ['2024-02-29', at('2024-02-29')],
      [false, null],
      ['', null],
    ],
    [
      '29.01.2018',
      '2018',
      '2018-1-29',
      '2018-13-01',
      '2018-02-29',
      '2018-02-31',
      '2018-04-31',
      '0000-00-00',
      '2018-01-29T25:00:00Z',
      '17:35',
      'now',
      1517236531,
      0,
      true,
      [],
      {},
    ],
  ],
  text: [
    [
      ['text', 'text'],
      ['', ''],
      [7, '7'],
      [1.5, '1.5'],
      [true, 'true'],
      [false, 'false'],
      ['<b>&amp;</b>', '<b>&amp;</b>'],
    ],
    [[], {}, ['text']],
  ],
}
for (const [kind, [accepted, refused]] of Object.entries(kinds)) {
  test(`${kind}_takes_what_portals_send_for_it`, async () => {
    for (const [value, wanted] of accepted) {
      assert.deepEqual(await decoded({ A: value }, { A: kind }), { A: wanted }, String(value))
    }
  })

  test(`${kind}_refuses_everything_else_by_path`, async () => {
    for (const value of refused) {
      const { answer } = await answerOf({ list: [{ A: value }] })
      const error = thrown(() => answer.decode({ list: [{ A: kind }] }))
      assert.deepEqual(
        [error.code, error.kind, error.ran, error.retryable, error.method],
        ['CALLGATE_SHAPE', 'protocol', 'yes', false, 'vendor.thing.get'],
        JSON.stringify(value),
      )
      assert.match(error.message, new RegExp(`result\\.list\\[0\\]\\.A: .* is no ${kind}`))
    }
  })

  test(`${kind}_lets_null_and_absent_be`, async () => {
    assert.deepEqual(await decoded({ A: null }, { A: kind, B: kind }), { A: null })
    assert.equal(await decoded(null, kind), null)
  })
}

test('a_date_is_a_date_object_of_the_callers_own', async () => {
  const { answer } = await answerOf({ A: '2018-01-29' })
  const [one, other] = [answer.decode({ A: 'date' }), answer.decode({ A: 'date' })]
  assert.ok(one.A instanceof Date)
  assert.notEqual(one.A, other.A)
})

test('fields_that_no_shape_names_stay_as_they_came', async () => {
  const data = { ID: '1', NAME: 'A', more: { ID: '2' } }
  assert.deepEqual(await decoded(data, { ID: 'int' }), { ID: 1, NAME: 'A', more: { ID: '2' } })
})

test('shapes_nest', async () => {
  const data = {
    ID: '1',
    phones: [
      { KIND: 1, ok: 'Y' },
      { KIND: 'work', ok: 'N' },
    ],
    by: { day: { 1: '2018-01-29', 2: false } },
    grid: [['1', '2'], ['3']],
  }
  const shape = {
    ID: 'int',
    phones: [{ KIND: 'text', ok: 'flag' }],
    by: { day: { '*': 'date' } },
    grid: [['int']],
  }
  assert.deepEqual(await decoded(data, shape), {
    ID: 1,
    phones: [
      { KIND: '1', ok: true },
      { KIND: 'work', ok: false },
    ],
    by: { day: { 1: at('2018-01-29'), 2: null } },
    grid: [[1, 2], [3]],
  })
})

test('a_shape_may_be_for_the_whole_result', async () => {
  assert.equal(await decoded('7', 'int'), 7)
  assert.deepEqual(await decoded(['7', '8'], ['int']), [7, 8])
  assert.equal(await decoded('Y', 'flag'), true)
})

test('an_empty_list_where_a_map_is_meant_is_an_empty_map', async () => {
  assert.deepEqual(await decoded([], { ID: 'int' }), {})
  assert.deepEqual(await decoded({ phones: [] }, { phones: { work: 'text' } }), { phones: {} })
  assert.deepEqual(await decoded([], { '*': 'int' }), {})
})

test('a_map_that_php_made_a_list_is_a_map_again_where_any_key_is_meant', async () => {
  assert.deepEqual(await decoded(['1', '2'], { '*': 'int' }), { 0: 1, 1: 2 })
})

test('a_list_where_a_map_of_named_fields_is_meant_is_refused', async () => {
  const { answer } = await answerOf({ a: [1] })
  assert.match(thrown(() => answer.decode({ a: { ID: 'int' } })).message, /result\.a: a list is no/)
})

test('an_object_where_a_list_is_meant_is_a_list', async () => {
  assert.deepEqual(await decoded({ 1: '5', 3: '7' }, ['int']), [5, 7])
  assert.deepEqual(await decoded({}, ['int']), [])
  assert.deepEqual(await decoded({ rows: { 0: { ID: '1' } } }, { rows: [{ ID: 'int' }] }), {
    rows: [{ ID: 1 }],
  })
})

test('a_scalar_where_a_list_or_map_is_meant_is_refused', async () => {
  const { answer } = await answerOf({ a: 'x', b: 7 })
  assert.match(thrown(() => answer.decode({ a: ['int'] })).message, /result\.a: "x" is no list/)
  assert.match(
    thrown(() => answer.decode({ b: { c: 'int' } })).message,
    /result\.b: 7 is no object/,
  )
})

test('a_single_item_is_a_list_of_one_if_it_has_a_field_of_the_items', async () => {
  assert.deepEqual(await decoded({ ID: '1', more: 'x' }, [{ ID: 'int' }]), [{ ID: 1, more: 'x' }])
  for (const [data, shape] of [
    [{ a: { ID: '1' } }, [{ ID: 'int' }]],
    [{ a: '1' }, ['int']],
  ]) {
    const { answer } = await answerOf(data)
    assert.match(thrown(() => answer.decode(shape)).message, /result: an object is no list/)
  }
})

test('a_shape_may_hold_itself', async () => {
  const task = { ID: 'int' }
  task.children = [task]
  const data = { ID: '1', children: [{ ID: '2' }, { ID: '3', children: [{ ID: '4' }] }] }
  assert.deepEqual(await decoded(data, task), {
    ID: 1,
    children: [{ ID: 2 }, { ID: 3, children: [{ ID: 4 }] }],
  })
  const { answer } = await answerOf({ ID: '1', children: [{ children: [{ ID: 'x' }] }] })
  assert.match(
    thrown(() => answer.decode(task)).message,
    /result\.children\[0\]\.children\[0\]\.ID:/,
  )
})

test('a_shape_that_holds_itself_gives_up_on_endless_depth_with_an_error', async () => {
  const list = []
  list.push(list)
  const deep = `{"result":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  const fetch = async () => new Response(deep)
  const portal = Portal.token({ domain: 'portal.example', accessToken: 'token', fetch })
  const answer = await portal.call('vendor.thing.get')
  const error = thrown(() => answer.decode(list))
  assert.deepEqual([error.code, error.kind], ['CALLGATE_SHAPE', 'protocol'])
  assert.match(error.message, /nested too deep/)
  assert.equal(answer.decode(), answer.data)
})

test('a_mistake_in_a_shape_is_named_every_time', async () => {
  const shape = { rows: [{ ID: 'integer' }] }
  const { answer } = await answerOf({})
  const words = () => thrown(() => answer.decode(shape)).message
  assert.match(words(), /shape of result\.rows\[\]\.ID/)
  assert.equal(words(), words())
})

test('long_values_are_not_repeated_in_errors', async () => {
  const secret = 'a secret of more than twenty characters'
  const { answer } = await answerOf({ ID: secret })
  const error = thrown(() => answer.decode({ ID: 'int' }))
  assert.equal(error.message.includes(secret), false)
})

test('what_is_no_shape_is_refused_as_the_callers_mistake', async () => {
  const { answer } = await answerOf({ ID: '1' })
  for (const shape of [
    'integer',
    '',
    'constructor',
    'toString',
    '__proto__',
    7,
    true,
    null,
    [],
    () => 'int',
    Symbol('s'),
  ]) {
    const error = thrown(() => answer.decode({ ID: shape }))
    assert.deepEqual([error.code, error.kind], ['CALLGATE_INVALID', 'invalid'], String(shape))
    assert.match(error.message, /shape of result\.ID/)
  }
})

test('keys_of_the_prototype_are_keys_like_others', async () => {
  const data = JSON.parse('{"__proto__":{"ID":"1"},"constructor":"2","hasOwnProperty":"3"}')
  const shape = JSON.parse('{"__proto__":{"ID":"int"},"constructor":"int","toString":"int"}')
  const given = await decoded(data, shape)
  assert.equal(Object.getPrototypeOf(given), Object.prototype)
  assert.deepEqual(Object.entries(given), [
    ['__proto__', { ID: 1 }],
    ['constructor', 2],
    ['hasOwnProperty', '3'],
  ])
  const any = await decoded(
    data,
    JSON.parse('{"*":{"ID":"int"},"constructor":"int","hasOwnProperty":"int"}'),
  )
  assert.deepEqual(Object.values(any), [{ ID: 1 }, 2, 3])
  assert.equal({}.ID, undefined)
})

test('decoding_leaves_data_as_the_portal_sent_it', async () => {
  const data = { ID: '1', list: [{ A: 'Y' }], map: [], gaps: { 1: '2' } }
  const { answer } = await answerOf(data)
  const before = structuredClone(answer.data)
  const given = answer.decode({
    ID: 'int',
    list: [{ A: 'flag' }],
    map: { x: 'int' },
    gaps: ['int'],
  })
  assert.deepEqual(answer.data, before)
  assert.deepEqual(given, { ID: 1, list: [{ A: true }], map: {}, gaps: [2] })
  given.list.push('more')
  assert.equal(answer.data.list.length, 1)
})

test('without_a_shape_what_nobody_knows_stays_as_it_came', async () => {
  for (const data of [null, false, 0, '', 'Y', [], ['1'], {}, { ID: '1' }]) {
    assert.deepEqual(await decoded(data), data)
  }
  // Not even where a method is called like something that every object has.
  for (const method of ['constructor', 'toString', '__proto__']) {
    assert.deepEqual(await decoded({ ID: '1' }, undefined, method), { ID: '1' })
  }
})

test('without_a_shape_wrappers_are_opened', async () => {
  assert.deepEqual(await decoded({ items: [{ id: 1 }] }), [{ id: 1 }])
  assert.deepEqual(await decoded({ tasks: [] }), [])
  for (const data of [{ items: [], more: 1 }, { items: 'x' }, { rows: [] }, { item: {} }]) {
    assert.deepEqual(await decoded(data), data)
  }
})

test('a_real_list_of_items_is_opened', async () => {
  await world.control('data', { entity: 'deal', rows: 3 })
  const { portal } = await world.client()
  const answer = await portal.call('crm.item.list', { entityTypeId: 2 })
  assert.deepEqual(Object.keys(answer.data), ['items'])
  assert.deepEqual(
    answer.decode().map(({ id }) => id),
    [1, 2, 3],
  )
})

/** The person of the documentation's example. */
const person = {
  id: 1,
  name: 'Евгений Шеленков',
  first_name: 'Евгений',
  last_name: 'Шеленков',
  work_position: '',
  color: '#df532d',
  avatar: '',
  gender: 'M',
  birthday: '',
  extranet: false,
  network: false,
  bot: false,
  connector: false,
  external_auth_id: 'default',
  status: 'online',
  idle: false,
  last_activity_date: '2018-01-29T17:35:31+03:00',
  desktop_last_date: false,
  mobile_last_date: false,
  departments: [50],
  absent: false,
  phones: { work_phone: '', personal_mobile: '', personal_phone: '' },
}
const personDecoded = {
  ...person,
  idle: null,
  last_activity_date: at('2018-01-29T17:35:31+03:00'),
  desktop_last_date: null,
  mobile_last_date: null,
  absent: null,
}
const MANAGERS = 'im.department.managers.get'

test('managers_are_ids_people_or_one_person_by_department', async () => {
  for (const [data, wanted] of [
    [{ 105: [1] }, { 105: [1] }],
    [{ 105: ['1', 2] }, { 105: [1, 2] }],
    [{ 105: person }, { 105: [personDecoded] }],
    [{ 105: [person] }, { 105: [personDecoded] }],
    [{ 105: { 3: '7', 5: '8' } }, { 105: [7, 8] }],
    [[], {}],
    [[['1'], ['2']], { 0: [1], 1: [2] }],
  ]) {
    const { answer, warnings } = await answerOf(data, MANAGERS, { ID: [105] })
    assert.deepEqual(answer.decode(), wanted)
    assert.deepEqual(warnings, [])
  }
})

test('people_of_other_portals_fit_as_well', async () => {
  const other = {
    ...person,
    id: '7',
    extranet: 'N',
    bot: 'Y',
    idle: '',
    phones: [],
    departments: ['5'],
  }
  const [given] = (await decoded({ 7: [other] }, undefined, MANAGERS))[7]
  assert.deepEqual(
    [given.id, given.extranet, given.bot, given.idle, given.phones, given.departments],
    [7, false, true, null, {}, [5]],
  )
})

test('the_name_of_a_known_method_has_no_case', async () => {
  const data = { 105: ['1'] }
  assert.deepEqual(await decoded(data, undefined, 'IM.Department.Managers.GET'), { 105: [1] })
})

test('what_does_not_fit_a_known_method_stays_and_is_warned_of_by_path', async () => {
  const odd = { ...person, id: 'first', absent: 'yesterday', bot: 'maybe', phones: 'none' }
  const { answer, warnings } = await answerOf({ 105: [odd] }, MANAGERS, { ID: [105] })
  const [given] = answer.decode()[105]
  assert.deepEqual(
    [given.id, given.absent, given.bot, given.phones, given.idle],
    ['first', 'yesterday', 'maybe', 'none', null],
  )
  assert.deepEqual(
    warnings.map(([, { method, message }]) => [method, message.split(':')[0]]).sort(),
    [
      [MANAGERS, 'result.*[*].absent'],
      [MANAGERS, 'result.*[*].bot'],
      [MANAGERS, 'result.*[*].id'],
      [MANAGERS, 'result.*[*].phones'],
    ],
  )
})

test('a_known_methods_result_of_another_kind_stays_as_it_came', async () => {
  for (const data of ['text', 7, true]) {
    const { answer, warnings } = await answerOf(data, MANAGERS, { ID: [105] })
    assert.deepEqual(answer.decode(), data)
    assert.equal(warnings.length, 1)
  }
})

test('a_shape_of_the_callers_goes_before_what_is_known', async () => {
  const { answer } = await answerOf({ 105: ['1'] }, MANAGERS, { ID: [105] })
  assert.deepEqual(answer.decode({ 105: ['text'] }), { 105: ['1'] })
})

test('the_test_portals_own_answers_decode_without_a_warning', async () => {
  const { portal, token } = await world.client({ scopes: ['im', 'telephony'] })
  const warnings = heard(portal, 'warning')
  const ids = await portal.call(MANAGERS, { ID: [105, 3] })
  assert.deepEqual(ids.decode(), { 3: [5], 105: [1] })
  const people = await portal.call(MANAGERS, { ID: [105], USER_DATA: 'Y' })
  await world.fault('single-user-data', { times: 1 })
  const single = await portal.call(MANAGERS, { ID: [105], USER_DATA: 'Y' })
  assert.ok(Array.isArray(people.data[105]) && !Array.isArray(single.data[105]))
  assert.deepEqual(single.decode(), people.decode())
  assert.deepEqual(people.decode()[105][0].last_activity_date, at('2018-01-29T17:35:31+03:00'))
  assert.deepEqual((await portal.call(MANAGERS, { ID: [999] })).decode(), {})

  const users = () => portal.call('voximplant.user.get', { USER_ID: [1, 2] })
  await users().catch(() => {})
  await world.decide(token, true)
  const telephony = (await users()).decode()
  assert.deepEqual(
    telephony.map(({ ID, PHONE_ENABLED, DEFAULT_LINE }) => [ID, PHONE_ENABLED, DEFAULT_LINE]),
    [
      [1, true, null],
      [2, false, null],
    ],
  )
  assert.deepEqual(warnings, [])
})
