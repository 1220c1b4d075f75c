/** Lists: all rows of a method, at the pace of whoever reads them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Portal } from '../../pkg/node.js'
import {
  asInABrowser,
  facts,
  fakeFetch,
  heard,
  portalWorld,
  refusal,
  rejection,
  response,
  until,
} from '../support/world.mjs'

const world = portalWorld()
const PHONES = 'voximplant.user.get'

const count = async () => (await world.requests()).length
const ids = (rows) => rows.map(({ ID }) => Number(ID))
const upTo = (last) => Array.from({ length: last }, (_, at) => at + 1)

/** Reads until the list rejects: the rows before that, and the error. */
async function readUntilError(list) {
  const rows = []
  const error = await rejection(
    (async () => {
      for await (const row of list) rows.push(row)
    })(),
  )
  return { rows, error }
}

async function readPages(list) {
  for await (const page of list.pages()) assert.ok(page.length > 0)
}

/** A client of nobody, whose requests a function answers: (params, commands) → body. */
function pretend(answer, options) {
  const { fetch, requests } = fakeFetch(async (_, url) => {
    const { body } = requests.at(-1)
    const commands = Object.values(body.cmd ?? {}).map((command) => {
      const [, query] = command.split(/\?(.*)/)
      return Object.fromEntries(new URLSearchParams(query))
    })
    return response(JSON.stringify(await answer(body, commands, url)))
  })
  const portal = Portal.token({ domain: 'x.example', accessToken: 'token', fetch, ...options })
  return { portal, requests }
}

/** The answer of a batch whose commands a function answers. */
const batched = (commands, answer) => ({
  result: {
    result: Object.fromEntries(commands.map((command, at) => [`c${at}`, answer(command)])),
    result_error: [],
  },
})

/** What a portal with so many rows, numbered from 1, gives for a range of them. */
const rowsIn = (total) => (command) => {
  const backwards = command['order[ID]'] === 'DESC'
  const above = Number(command['filter[>ID]'] ?? (backwards ? total - 50 : 0))
  const last = Math.min(Number(command['filter[<=ID]'] ?? total), total, above + 50)
  const rows = Array.from({ length: Math.max(0, last - above) }, (_, at) => ({
    ID: above + at + 1,
  }))
  return backwards ? rows.reverse() : rows
}

test('rows_come_one_by_one_in_order', async () => {
  const { portal } = await world.client()
  const list = portal.list('crm.deal.list', { select: ['ID'] })
  assert.deepEqual(list.progress, { rows: 0, requests: 0 })
  const rows = []
  for await (const row of list) rows.push(row)
  assert.deepEqual(ids(rows), upTo(10_000))
  assert.deepEqual(list.progress, { rows: 10_000, requests: 5, total: 10_000 })
  assert.equal(await count(), 5)
})

test('pages_and_the_whole_array_have_the_same_rows', async () => {
  await world.control('data', { entity: 'deal', rows: 1_234 })
  const { portal } = await world.client()
  const list = () => portal.list('crm.deal.list', { order: { ID: 'DESC' }, select: ['ID'] })
  const all = await list().toArray()
  assert.deepEqual(ids(all), upTo(1_234).reverse())
  const pages = []
  for await (const page of list().pages()) pages.push(page)
  assert.ok(pages.every(({ length }) => length > 0 && length <= 50))
  assert.deepEqual(pages.flat(), all)
})

test('the_portals_own_filter_and_order_hold', async () => {
  await world.control('data', { entity: 'deal', rows: 300 })
  const { portal } = await world.client()
  const params = { filter: { '>ID': 100, '<=ID': 250 }, order: { TITLE: 'DESC' } }
  const list = portal.list('crm.deal.list', params)
  const titles = (await list.toArray()).map(({ TITLE }) => TITLE)
  assert.deepEqual(titles, [...titles].sort().reverse())
  assert.equal(titles.length, 150)
  assert.equal(list.progress.total, 150)
})

test('version_3_is_read_too', async () => {
  await world.control('data', { entity: 'task', rows: 2_500 })
  const { portal } = await world.client({ scopes: ['task', 'tasks'] })
  const rows = await portal.list('tasks.task.list', { select: ['id'] }, { version: 3 }).toArray()
  assert.deepEqual(
    rows.map(({ id }) => id),
    upTo(2_500),
  )
})

test('a_browser_sends_forms', async () => {
  const { portal: outside, token } = await world.client()
  const portal = asInABrowser(() => world.clientOf(token))
  outside.close()
  assert.equal((await portal.list('crm.deal.list', { select: ['ID'] }).toArray()).length, 10_000)
  const types = (await world.requests()).map(({ headers }) => headers['content-type'])
  assert.deepEqual([...new Set(types)], ['application/x-www-form-urlencoded'])
})

test('nothing_is_sent_until_somebody_reads', async () => {
  const { portal } = await world.client()
  const list = portal.list('crm.deal.list')
  const iterator = list[Symbol.asyncIterator]()
  await wait(30)
  assert.equal(await count(), 0)
  assert.equal((await iterator.next()).value.ID, '1')
  await iterator.return()
})

test('who_leaves_the_loop_ends_the_list', async () => {
  await world.control('settings', { latency: 30 })
  const { portal } = await world.client()
  const leave = {
    async break(list) {
      for await (const row of list) if (row.ID === '3') break
    },
    async throw(list) {
      const oops = new Error('oops')
      const read = async () => {
        for await (const row of list) if (row.ID === '3') throw oops
      }
      await assert.rejects(read(), oops)
    },
    async return(list) {
      const pages = list.pages()
      await pages.next()
      assert.deepEqual(await pages.return(), { done: true, value: undefined })
      assert.deepEqual(await pages.next(), { done: true, value: undefined })
    },
  }
  for (const [how, by] of Object.entries(leave)) {
    await world.forget()
    await by(portal.list('crm.deal.list', { select: ['ID'] }))
    await wait(50)
    const sent = await count()
    await wait(100)
    assert.equal(await count(), sent, how)
    assert.equal(portal.budget.waiting, 0, how)
  }
})

test('a_signal_ends_the_list_wherever_it_is', async () => {
  const { portal } = await world.client()
  const options = () => {
    const controller = new AbortController()
    return { controller, signal: controller.signal }
  }
  const aborted = { code: 'CALLGATE_ABORTED', kind: 'aborted', method: 'crm.deal.list' }

  // Before it begins.
  const { error: early } = await readUntilError(
    portal.list('crm.deal.list', {}, { signal: AbortSignal.abort() }),
  )
  assert.deepEqual(facts(early), { ...aborted, ran: 'no', retryable: false })
  assert.equal(await count(), 0)

  // Between two rows of a page.
  const middle = options()
  const rows = []
  const error = await rejection(
    (async () => {
      for await (const row of portal.list('crm.deal.list', {}, { signal: middle.signal })) {
        rows.push(row)
        if (rows.length === 60) middle.controller.abort()
      }
    })(),
  )
  assert.equal(rows.length, 60)
  assert.equal(error.kind, 'aborted')

  // While a page is waited for.
  await world.control('settings', { latency: 60_000 })
  const waiting = options()
  const ended = rejection(portal.list('crm.deal.list', {}, { signal: waiting.signal }).toArray())
  await until(() => portal.budget.filled > 0)
  waiting.controller.abort()
  assert.equal((await ended).kind, 'aborted')
})

test('closing_the_portal_ends_its_lists', async () => {
  const { portal } = await world.client()
  const list = portal.list('crm.deal.list').pages()
  await list.next()
  portal.close()
  assert.equal((await rejection(list.next())).code, 'CALLGATE_CLOSED')
  assert.equal((await rejection(portal.list('user.get').toArray())).code, 'CALLGATE_CLOSED')
})

test('an_error_comes_behind_the_rows_before_it', async () => {
  const { portal } = await world.client()
  await world.fault('permission', { method: 'crm.deal.list', after: 90, times: 1 })
  const list = portal.list('crm.deal.list', { select: ['ID'] })
  const { rows, error } = await readUntilError(list)
  const { code, kind, method } = error
  assert.deepEqual([code, kind, method], ['ACCESS_DENIED', 'denied', 'crm.deal.list'])
  assert.ok(rows.length > 0 && rows.length < 10_000, `${rows.length} rows`)
  assert.deepEqual(ids(rows), upTo(rows.length))
  assert.equal(list.progress.rows, rows.length)
})

test('what_may_be_repeated_is_repeated_and_costs_no_row', async () => {
  const { portal } = await world.client()
  await world.fault('html-502', { after: 2, times: 1 })
  await world.fault('rate-limit', { after: 3, times: 1 })
  const rows = await portal.list('crm.deal.list', { select: ['ID'] }).toArray()
  assert.deepEqual(ids(rows), upTo(10_000))
})

test('what_preflight_refuses_is_not_sent', async () => {
  const { portal } = await world.client({ scope: ['im'] })
  const { error } = await readUntilError(portal.list('crm.deal.list'))
  assert.deepEqual([error.code, error.ran], ['insufficient_scope', 'no'])
  assert.equal(error.decision.verdict, 'denied')
  assert.equal(await count(), 0)
})

test('a_list_that_has_to_be_confirmed_rejects_or_waits', async () => {
  const { portal, token } = await world.client({ scopes: ['telephony'] })
  const { error } = await readUntilError(portal.list(PHONES, { USER_ID: [1, 2] }))
  assert.equal(error.kind, 'waiting')
  await world.decide(token, true)
  const rows = await portal.list(PHONES, { USER_ID: [1, 2] }, { confirmation: 'wait' }).toArray()
  assert.deepEqual(ids(rows), [1, 2])
})

test('rows_are_found_in_whatever_form_they_come', async () => {
  const [one, two] = [{ ID: '1' }, { ID: '2' }]
  for (const [result, rows] of [
    [
      [one, two],
      [one, two],
    ],
    [{ 1: one, 2: two }, [one, two]],
    [{ items: [one, two] }, [one, two]],
    [{ tasks: { 1: one, 2: two }, note: 'x' }, [one, two]],
    [{ orders: [one], note: 'x' }, [one]],
    [{ items: [one], errors: [] }, [one]],
    [{ items: [] }, []],
    [null, []],
    [false, []],
    ['', []],
    [[], []],
    [{}, []],
  ]) {
    const { portal } = pretend(() => ({ result }))
    assert.deepEqual(await portal.list('vendor.thing.get').toArray(), rows, JSON.stringify(result))
  }
  for (const result of [7, true, 'text', { TITLE: 'one row' }, { a: [one], b: [two] }]) {
    const { portal } = pretend(() => ({ result }))
    const error = await rejection(portal.list('vendor.thing.get').toArray())
    assert.deepEqual([error.code, error.kind], ['CALLGATE_NO_LIST', 'protocol'])
  }
})

test('a_row_that_slips_into_a_second_page_comes_once', async () => {
  const pages = { 0: [1, 2, 3], 3: [3, 4, 5], 6: [6] }
  const { portal } = pretend((body, commands) => {
    const page = (start) => pages[start].map((ID) => ({ ID }))
    if (commands.length === 0) return { result: page(body.start), total: 7, next: 3 }
    return batched(commands, ({ start }) => page(start))
  })
  const list = portal.list('vendor.thing.get')
  assert.deepEqual(ids(await list.toArray()), [1, 2, 3, 4, 5, 6])
  assert.deepEqual(list.progress, { rows: 6, requests: 2, total: 7 })
})

test('a_list_that_shrinks_all_the_while_says_that_rows_may_be_missing', async () => {
  let total = 60
  const page = (start) => [{ ID: Number(start) + 1 }]
  const { portal } = pretend(({ start }, commands) => {
    total--
    if (commands.length === 0) {
      return { result: page(start), total, ...(start + 1 < total && { next: start + 1 }) }
    }
    const answer = batched(commands, ({ start }) => page(start))
    answer.result.result_total = Object.fromEntries(commands.map((_, at) => [`c${at}`, total]))
    return answer
  })
  const events = heard(portal, 'warning')
  await portal.list('vendor.thing.get').toArray()
  assert.equal(events.length, 1)
  assert.match(events[0][1].message, /some may be missing/)
  assert.equal(events[0][1].method, 'vendor.thing.get')
})

test('who_takes_all_rows_at_once_has_more_requests_under_way', async () => {
  for (const [read, most] of [
    [(list) => list.toArray(), 21],
    [readPages, 11],
  ]) {
    const silence = new Promise(() => {})
    const { portal, requests } = pretend((body, commands) =>
      requests.length > 1 ? silence : batched(commands, rowsIn(1_000_000)),
    )
    const rows = read(portal.list('crm.deal.list'))
    await until(() => requests.length >= most)
    await wait(20)
    assert.equal(requests.length, most)
    portal.close()
    await rejection(rows)
  }
})

test('who_reads_slowly_is_not_buried_in_pages', async () => {
  const { portal, requests } = pretend((_, commands) => batched(commands, rowsIn(1_000_000)))
  const pages = portal.list('crm.deal.list').pages()
  await pages.next()
  await wait(200)
  const asked = requests.reduce((sum, { body }) => sum + Object.keys(body.cmd).length, 0)
  assert.ok(asked >= 400 && asked <= 551, `${asked} pages were asked for`)
  const sent = requests.length
  for (let page = 0; page < 60; page++) await pages.next()
  await until(() => requests.length > sent)
  await pages.return()
})

test('progress_is_told_with_each_page_and_what_its_listener_throws_ends_the_list', async () => {
  await world.control('data', { entity: 'deal', rows: 120 })
  const { portal } = await world.client()
  const told = []
  const onProgress = ({ rows }) => told.push(rows)
  await portal.list('crm.deal.list', {}, { onProgress }).toArray()
  assert.deepEqual([told[0], told.at(-1)], [50, 120])
  const oops = new Error('oops')
  const throwing = () => {
    throw oops
  }
  const list = portal.list('crm.deal.list', {}, { onProgress: throwing })
  await assert.rejects(list.toArray(), oops)
  assert.equal(portal.budget.waiting, 0)
})

test('what_is_wrong_is_told_where_rows_are_read_and_nothing_is_sent', async () => {
  const { portal, requests } = pretend(() => ({ result: [] }))
  const circle = {}
  circle.self = circle
  for (const [given, words] of [
    [[7], 'method: a text is wanted'],
    [['no good'], 'method'],
    [['user.get', 'text'], 'params: an object is wanted'],
    [['user.get', { a: [1n] }], 'params.a[0]: a BigInt'],
    [['user.get', circle], 'params.self: the value contains itself'],
    [['user.get', [1]], 'params: a list needs parameters with names'],
    [['user.get', { start: 50 }], 'params.start: a list walks all pages by itself'],
    [['crm.deal.list', { order: {}, ORDER: {} }], 'params.ORDER: stands there twice'],
    [['user.get', {}, { start: 50 }], 'options.start: there is no such option'],
    [['user.get', {}, { version: 4 }], 'version: 2 or 3 is wanted'],
    [['user.get', {}, { timeout: 'x' }], 'timeout: a number'],
    [['user.get', {}, { signal: {} }], 'signal: an AbortSignal is wanted'],
    [['user.get', {}, { onProgress: 1 }], 'onProgress: a function is wanted'],
    [['user.get', {}, { confirmation: 'x' }], "confirmation: 'reject' or 'wait'"],
    [['user.get', {}, 'options'], 'options: an object is wanted'],
  ]) {
    const error = await rejection(portal.list(...given).toArray())
    assert.equal(error.kind, 'invalid', words)
    assert.ok(error.message.includes(words), error.message)
  }
  assert.deepEqual(requests, [])
})

test('parameters_count_as_they_were_when_the_list_was_made', async () => {
  const { portal, requests } = pretend(() => ({ result: [] }))
  const params = { FILTER: { ACTIVE: 'Y' } }
  const list = portal.list('user.get', params)
  params.FILTER.ACTIVE = 'N'
  await list.toArray()
  assert.equal(requests[0].body.FILTER.ACTIVE, 'Y')
})

test('a_list_can_be_read_once', async () => {
  const { portal } = pretend(() => ({ result: [{ ID: 1 }] }))
  const list = portal.list('user.get')
  assert.equal((await list.toArray()).length, 1)
  const error = await rejection(list.toArray())
  assert.deepEqual([error.kind, error.message.includes('read already')], ['invalid', true])
})

test('lists_at_the_same_time_get_their_own_rows', async () => {
  const { portal } = await world.client({ scopes: ['crm', 'user'] })
  const [deals, users, more] = await Promise.all([
    portal.list('crm.deal.list', { select: ['ID'] }).toArray(),
    portal.list('user.get').toArray(),
    portal.list('crm.deal.list', { select: ['ID'], filter: { '<=ID': 70 } }).toArray(),
  ])
  assert.deepEqual(ids(deals), upTo(10_000))
  assert.deepEqual(ids(users), upTo(users.length))
  assert.deepEqual(ids(more), upTo(70))
})

test('a_refusal_of_the_first_page_is_the_lists_error', async () => {
  const { fetch } = fakeFetch(() => refusal('ERROR_METHOD_NOT_FOUND', 404, 'Method not found!'))
  const portal = Portal.token({ domain: 'x.example', accessToken: 'token', fetch })
  const { rows, error } = await readUntilError(portal.list('vendor.thing.list'))
  assert.deepEqual([rows, error.code, error.status], [[], 'ERROR_METHOD_NOT_FOUND', 404])
})
