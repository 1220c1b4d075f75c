/** Calls that go well, with a token and through a webhook, and what their answers hold. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as callgate from '../../pkg/node.js'
import { fakeFetch, portalWorld, rejection, response, result } from '../support/world.mjs'

const world = portalWorld()

const bodyOf = ({ body }) => JSON.parse(body)

const names = ['CallgateError', 'Portal', 'loadCatalogue', 'ready', 'ref', 'scopesFor']

test('the_package_is_ready_when_it_is_imported', async () => {
  assert.deepEqual(Object.keys(callgate).sort(), names)
  assert.equal(await callgate.ready, undefined)
})

test('a_call_with_a_token_brings_the_portals_own_data', async () => {
  const { portal, token } = await world.client()
  const answer = await portal.call('crm.deal.get', { id: 7 })
  assert.equal(answer.data.ID, '7')
  const [request, ...more] = await world.requests()
  assert.deepEqual(more, [])
  assert.equal(request.method, 'POST')
  assert.equal(request.url, '/rest/crm.deal.get')
  assert.equal(request.headers['content-type'], 'application/json')
  assert.deepEqual(bodyOf(request), { auth: token.access_token, id: 7 })
  assert.deepEqual(answer.data, JSON.parse(request.answer).result)
})

test('a_call_through_a_webhook_has_its_secret_in_the_address_alone', async () => {
  const { portal, url } = await world.webhook()
  const { data } = await portal.call('crm.deal.get', { id: 7 })
  assert.equal(data.ID, '7')
  const [request] = await world.requests()
  assert.equal(request.url, `${new URL(url).pathname}crm.deal.get`)
  assert.deepEqual(bodyOf(request), { id: 7 })
})

test('a_webhooks_address_may_lack_its_last_slash_or_name_version_3', async () => {
  const { url } = await world.webhook()
  for (const form of [url, url.slice(0, -1), url.replace('/rest/', '/rest/api/')]) {
    const { status } = await callgate.Portal.webhook(form).call('profile')
    assert.equal(status, 200, form.replace(/\/[^/]{10,}/, '/…'))
  }
})

test('an_answer_to_a_list_has_data_total_next_time_status_and_more', async () => {
  await world.control('data', { entity: 'deal', rows: 120 })
  const { portal } = await world.client()
  const answer = await portal.call('crm.deal.list', { select: ['ID'] })
  assert.deepEqual(Object.keys(answer), ['data', 'total', 'next', 'time', 'status', 'more'])
  assert.equal(answer.data.length, 50)
  assert.equal(answer.total, 120)
  assert.equal(answer.next, 50)
  assert.equal(answer.status, 200)
  assert.equal(answer.more, true)
  assert.equal(typeof answer.time.duration, 'number')
  assert.match(answer.time.date_start, /^\d{4}-\d\d-\d\dT/)
})

test('an_answer_leaves_out_what_the_portal_did_not_send', async () => {
  const { fetch } = fakeFetch(() => result(null))
  const { portal } = await world.client({ fetch })
  const answer = await portal.call('server.time')
  assert.deepEqual({ ...answer }, { data: null, status: 200, more: false })
  assert.equal('total' in answer || 'next' in answer || 'time' in answer, false)
})

test('results_of_every_kind_are_results', async () => {
  for (const data of [null, false, '', [], 0, {}, 'text', { result: 1, error: 2 }]) {
    const { fetch } = fakeFetch(() => result(data))
    const { portal } = await world.client({ fetch })
    assert.deepEqual((await portal.call('server.time')).data, data)
  }
})

test('total_and_next_may_come_as_texts', async () => {
  const { fetch } = fakeFetch(() => '{"result":[],"total":"120","next":"50"}')
  const { portal } = await world.client({ fetch })
  const { total, next, more } = await portal.call('crm.deal.list')
  assert.deepEqual({ total, next, more }, { total: 120, next: 50, more: true })
})

test('the_next_page_is_the_same_call_further_on_until_there_is_no_more', async () => {
  await world.control('data', { entity: 'deal', rows: 120 })
  const { portal } = await world.client()
  const params = { order: { ID: 'ASC' }, select: ['ID'], filter: { '>ID': 0 } }
  const first = await portal.call('crm.deal.list', params)
  params.select.push('TITLE') // what is asked for doesn't change any more
  const second = await first.nextPage()
  const third = await second.nextPage()
  const ids = [first, second, third].flatMap(({ data }) => data.map(({ ID }) => Number(ID)))
  assert.deepEqual(
    ids,
    Array.from({ length: 120 }, (_, index) => index + 1),
  )
  assert.deepEqual([first.more, second.more, third.more], [true, true, false])
  assert.deepEqual(Object.keys(third.data[0]), ['ID'])
  assert.equal(third.next, undefined)
  const bodies = (await world.requests()).map(bodyOf)
  assert.deepEqual(
    bodies.map(({ start }) => start),
    [undefined, 50, 100],
  )
  assert.deepEqual(bodies[2].filter, { '>ID': 0 })
})

test('a_page_beyond_the_last_is_refused_and_nothing_is_sent', async () => {
  const { portal } = await world.client()
  const answer = await portal.call('crm.deal.get', { id: 1 })
  const error = await rejection(answer.nextPage())
  assert.equal(error.kind, 'invalid')
  assert.equal(error.ran, 'no')
  assert.equal(error.method, 'crm.deal.get')
  assert.equal((await world.requests()).length, 1)
})

test('the_next_page_takes_the_calls_options_along', async () => {
  const { fetch, requests } = fakeFetch(() => response('{"result":[],"next":50}'))
  const { portal } = await world.client({ fetch })
  const controller = new AbortController()
  const answer = await portal.call('crm.deal.list', {}, { signal: controller.signal, start: 100 })
  assert.equal(requests[0].body.start, 100)
  controller.abort()
  assert.equal((await rejection(answer.nextPage())).kind, 'aborted')
  assert.equal(requests.length, 1)
})

test('start_replaces_the_parameters_own', async () => {
  await world.control('data', { entity: 'deal', rows: 120 })
  const { portal } = await world.client()
  const { data } = await portal.call('crm.deal.list', { start: 0, select: ['ID'] }, { start: 100 })
  assert.equal(data.length, 20)
  const uncounted = await portal.call('crm.deal.list', {}, { start: -1 })
  assert.equal(uncounted.more, false)
  assert.deepEqual(
    (await world.requests()).map((request) => bodyOf(request).start),
    [100, -1],
  )
})

test('a_method_that_is_only_known_in_version_3_is_called_there', async () => {
  const { portal } = await world.client({ scopes: ['main'] })
  const { data } = await portal.call('main.eventlog.list', { pagination: { limit: 3 } })
  assert.equal(data.items.length, 3)
  const [{ url }] = await world.requests()
  assert.equal(url, '/rest/api/main.eventlog.list')
})

test('a_version_is_chosen_by_the_call_before_the_portal_before_the_catalogue', async () => {
  const scopes = ['task', 'tasks']
  const { portal, token } = await world.client({ scopes })
  const task = async (client, params, options) => {
    const { data } = await client.call('tasks.task.get', params, options)
    return [(await world.requests()).at(-1).url, Object.keys(data)]
  }
  assert.deepEqual(await task(portal, { taskId: 1 }), ['/rest/tasks.task.get', ['task']])
  const three = ['/rest/api/tasks.task.get', ['item']]
  assert.deepEqual(await task(portal, { id: 1 }, { version: 3 }), three)
  const ofThree = world.clientOf(token, { version: 3 })
  assert.deepEqual(await task(ofThree, { id: 1 }), three)
  assert.deepEqual((await task(ofThree, { taskId: 1 }, { version: 2 }))[0], '/rest/tasks.task.get')
})

test('a_webhook_reaches_version_3_too', async () => {
  const { portal, url } = await world.webhook({ scopes: ['task', 'tasks'] })
  const { data } = await portal.call('tasks.task.get', { id: 1 }, { version: 3 })
  assert.equal(data.item.id, 1)
  const [request] = await world.requests()
  assert.equal(
    request.url,
    `${new URL(url).pathname.replace('/rest/', '/rest/api/')}tasks.task.get`,
  )
})

test('version_3_has_no_start', async () => {
  const { portal } = await world.client({ scopes: ['main'] })
  const error = await rejection(portal.call('main.eventlog.list', {}, { start: 50 }))
  assert.equal(error.kind, 'invalid')
  assert.match(error.message, /start/)
  assert.deepEqual(await world.requests(), [])
})

test('an_idempotency_key_is_a_header_in_version_3_and_nothing_in_version_2', async () => {
  const { portal } = await world.client({ scopes: ['task', 'tasks'] })
  const fields = { title: 'A', creatorId: 1, responsibleId: 1 }
  const add = () =>
    portal.call('tasks.task.add', { fields }, { version: 3, idempotent: 'key-0001' })
  const [first, second] = [await add(), await add()]
  assert.deepEqual(second.data, first.data)
  await portal.call('tasks.task.get', { taskId: 1 }, { idempotent: 'key-0001' })
  await portal.call('tasks.task.get', { id: 1 }, { version: 3, idempotent: true })
  const keys = (await world.requests()).map(({ headers }) => headers['idempotency-key'])
  assert.deepEqual(keys, ['key-0001', 'key-0001', undefined, undefined])
})

test('a_known_method_is_found_in_any_case_and_called_by_its_own_name', async () => {
  const { portal } = await world.client()
  assert.equal(portal.check('CRM.Deal.GET', { id: 1 }, 2).needed[0][0], 'crm')
  assert.equal((await portal.call('CRM.Deal.GET', { id: 7 })).data.ID, '7')
})

test('parameters_may_be_left_out_and_options_too', async () => {
  const { portal, token } = await world.client()
  for (const given of [[], [undefined], [null], [{}], [undefined, undefined], [null, null]]) {
    await portal.call('profile', ...given)
  }
  const bodies = (await world.requests()).map(({ body }) => body)
  assert.deepEqual(new Set(bodies), new Set([`{"auth":"${token.access_token}"}`]))
  assert.equal(bodies.length, 6)
})

test('calls_at_the_same_time_get_their_own_answers', async () => {
  await world.control('settings', { latency: 20 })
  const { portal } = await world.client()
  const ids = Array.from({ length: 30 }, (_, index) => index + 1)
  const answers = await Promise.all(ids.map((id) => portal.call('crm.deal.get', { id })))
  assert.deepEqual(
    answers.map(({ data }) => Number(data.ID)),
    ids,
  )
})

test('two_portals_in_one_program_know_nothing_of_each_other', async () => {
  const one = await world.client({ scope: ['crm'] })
  const other = await world.client({ scope: ['im'] })
  one.portal.close()
  assert.deepEqual(other.portal.grant.scopes, ['im'])
  assert.equal((await other.portal.call('profile')).status, 200)
})
