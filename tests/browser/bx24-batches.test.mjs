/** BX24.callBatch: what its callback gets for every way of asking, and how many requests it takes. */
/* global BX24 */
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { bx24World } from '../support/bx24.mjs'

const world = bx24World()
let frame

beforeEach(async () => {
  frame = await world.open()
})

/** Runs a batch, and gives what its results say by their names. */
const batch = (calls, halt) =>
  frame.evaluate(
    ([calls, halt]) =>
      new Promise((resolve) => {
        BX24.callBatch(
          calls,
          function (...given) {
            const [results] = given
            const told = Object.keys(results).map((name) => {
              const it = results[name]
              const { status, answer } = it
              const error = it.error()
              const said = {
                data: it.data(),
                error: error?.ex,
                words: it.error_description(),
                status,
                total: answer.total,
                next: answer.next,
                more: it.more(),
                decision: error?.decision?.layer,
              }
              return [name, JSON.parse(JSON.stringify(said))]
            })
            resolve({
              told: Object.fromEntries(told),
              isList: Array.isArray(results),
              length: results.length,
              isWindow: this === window && given.length === 1,
            })
          },
          halt,
        )
      }),
    [calls, halt],
  )

const requests = async () =>
  (await world.portal.log()).filter(({ url }) => url === '/rest/batch').map(({ body }) => body)

/** How many commands each request had. */
const sizes = async () => (await requests()).map((body) => body.match(/&cmd\[/g).length)

const deals = (rows) => world.portal.control('data', { entity: 'crm.deal', rows })

test('every_command_has_its_result_by_its_name', async () => {
  await deals(60)
  const { told, isList, isWindow } = await batch({
    me: ['profile', {}],
    list: { method: 'crm.deal.list', params: { select: ['ID'] } },
    wrong: ['no.such.method'],
    nothing: null,
    less: [],
  })
  assert.deepEqual([isList, isWindow], [false, true])
  assert.deepEqual(Object.keys(told), ['me', 'list', 'wrong'])
  assert.equal(told.me.data.ADMIN, true)
  assert.deepEqual([told.me.status, told.me.error, told.me.more], [200, undefined, false])
  assert.deepEqual(
    [told.list.data.length, told.list.total, told.list.next, told.list.more],
    [50, 60, 50, true],
  )
  assert.deepEqual(told.wrong.data, {})
  assert.equal(told.wrong.error.error, 'ERROR_METHOD_NOT_FOUND')
  assert.equal(typeof told.wrong.error.error_description, 'string')
  assert.deepEqual([told.wrong.words, told.wrong.status], [undefined, 200])
})

test('a_list_of_calls_has_a_list_of_results_with_the_same_numbers', async () => {
  const { told, isList, length } = await batch([null, ['profile'], ['no.such'], ['profile']])
  assert.deepEqual([isList, length, Object.keys(told)], [true, 4, ['1', '2', '3']])
  assert.equal(told[2].error.error, 'ERROR_METHOD_NOT_FOUND')
})

test('what_stands_behind_a_failure_is_absent_where_the_batch_halts', async () => {
  const calls = { a: ['profile'], b: ['no.such'], c: ['profile'] }
  assert.deepEqual(Object.keys((await batch(calls, true)).told), ['a', 'b'])
  assert.deepEqual(Object.keys((await batch(calls)).told), ['a', 'b', 'c'])
})

test('a_command_may_refer_to_what_another_one_answered', async () => {
  await deals(3)
  const { told } = await batch({
    first: ['crm.deal.list', { order: { ID: 'ASC' } }],
    second: ['crm.deal.get', { id: '$result[first][1][ID]' }],
  })
  assert.equal(told.second.data.ID, told.first.data[1].ID)
})

test('the_next_page_of_a_command_is_a_call_that_its_batch_hears_of', async () => {
  await deals(120)
  const seen = await frame.evaluate(
    () =>
      new Promise((resolve) => {
        const sizes = []
        const pages = (given) => {
          const result = given.list ?? given
          sizes.push(result.data().length)
          if (result.next() === false) resolve([...sizes, result.query.method])
        }
        BX24.callBatch({ list: ['crm.deal.list', { filter: { '>ID': 0 }, start: 0 }] }, pages)
      }),
  )
  assert.deepEqual(seen, [50, 50, 20, 'crm.deal.list'])
  const calls = (await world.portal.log()).filter(({ url }) => url === '/rest/crm.deal.list')
  const bodies = calls.map(({ body }) => body.replace(/^auth=[^&]*/, 'auth=TOK'))
  assert.deepEqual(bodies, [
    'auth=TOK&start=50&filter[%3EID]=0',
    'auth=TOK&start=100&filter[%3EID]=0',
  ])
})

test('more_than_fifty_commands_go_in_several_requests_with_all_their_names', async () => {
  const calls = Object.fromEntries(
    Array.from({ length: 120 }, (_, at) => [`c${at}`, ['crm.deal.get', { id: at }]]),
  )
  const { told } = await batch(calls)
  assert.deepEqual(new Set(Object.keys(told)), new Set(Object.keys(calls)))
  assert.deepEqual(await sizes(), [50, 50, 20])
})

test('commands_that_refer_to_each_other_stay_in_one_request', async () => {
  await deals(3)
  const calls = { first: ['crm.deal.list', { order: { ID: 'ASC' } }] }
  for (let at = 0; at < 60; at++) calls[`c${at}`] = ['profile']
  calls.last = ['crm.deal.get', { id: '$result[first][0][ID]', by: '$result[c30][ID]' }]
  const { told } = await batch(calls)
  assert.equal(told.last.data.ID, told.first.data[0].ID)
  assert.deepEqual(await sizes(), [50, 12])
})

test('a_failure_ends_the_requests_of_a_batch_that_halts', async () => {
  const calls = Array.from({ length: 60 }, (_, at) => [at === 7 ? 'no.such' : 'profile'])
  const { told } = await batch(calls, true)
  assert.equal(Object.keys(told).length, 8)
  assert.equal((await requests()).length, 1)
})

test('a_batch_that_fails_as_a_whole_is_told_for_each_command', async () => {
  await world.portal.control('faults', { kind: 'overload', method: 'batch' })
  const { told } = await batch({ a: ['profile'], b: ['profile'] })
  for (const { error, status, data } of Object.values(told)) {
    assert.equal(error.error, 'OVERLOAD_LIMIT')
    assert.deepEqual([status, data], [401, undefined])
  }
  assert.deepEqual(Object.keys(told), ['a', 'b'])
})

test('too_many_commands_that_hang_together_are_what_the_portal_refuses', async () => {
  const calls = { c0: ['profile'] }
  for (let at = 1; at <= 50; at++)
    calls[`c${at}`] = ['crm.deal.get', { id: `$result[c${at - 1}][ID]` }]
  const { told } = await batch(calls)
  assert.equal(told.c50.error.error, 'ERROR_BATCH_LENGTH_EXCEEDED')
})

test('what_can_not_be_sent_is_told_for_each_command_and_nothing_is_sent', async () => {
  const told = await frame.evaluate(
    () =>
      new Promise((resolve) => {
        const loop = {}
        loop.again = loop
        BX24.callBatch({ a: ['profile'], b: ['profile', loop] }, ({ a, b }) =>
          resolve([a, b].map((it) => it.error().ex)),
        )
      }),
  )
  for (const { error, error_description } of told) {
    assert.equal(error, 'CALLGATE_INVALID')
    assert.match(error_description, /again contains itself/)
  }
  assert.deepEqual(await requests(), [])
})

test('a_command_whose_scope_is_missing_has_the_decision', async () => {
  frame = await world.open({ scopes: 'crm' })
  await frame.evaluate(() => BX24.portal.loadGrant())
  const { told } = await batch({ a: ['voximplant.user.get', { USER_ID: 1 }], b: ['profile'] })
  assert.equal(told.a.error.error, 'insufficient_scope')
  assert.deepEqual([told.a.decision, told.b.decision], ['scope', undefined])
})

test('without_a_callback_the_results_are_promised', async () => {
  const told = await frame.evaluate(async () => {
    const results = await BX24.callBatch({ me: ['profile'], wrong: ['no.such'] })
    const empty = await BX24.callBatch([null])
    return [results.me.data().ADMIN, results.wrong.error().ex.error, empty]
  })
  assert.deepEqual(told, [true, 'ERROR_METHOD_NOT_FOUND', []])
  await world.portal.control('faults', { kind: 'overload', method: 'batch' })
  const refused = await frame.evaluate(() =>
    BX24.callBatch([['profile']]).catch(({ name, code }) => [name, code]),
  )
  assert.deepEqual(refused, ['CallgateError', 'OVERLOAD_LIMIT'])
  const long = await frame.evaluate(() => {
    const calls = Array.from({ length: 60 }, () => ['profile'])
    return BX24.callBatch(calls, null, true).catch(({ code }) => code)
  })
  assert.equal(long, 'OVERLOAD_LIMIT')
})

test('nothing_to_call_is_no_request_and_no_callback', async () => {
  const called = await frame.evaluate(async () => {
    let called = 0
    for (const calls of [[], {}, null, [null, []], { a: {} }]) BX24.callBatch(calls, () => called++)
    await BX24.callMethod('profile')
    return called
  })
  assert.equal(called, 0)
  assert.deepEqual(await requests(), [])
})
