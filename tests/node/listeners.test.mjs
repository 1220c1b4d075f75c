/** What a client tells those who listen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Portal } from '../../pkg/node.js'
import {
  fakeFetch,
  heard,
  refusal,
  rejection,
  result,
  settled,
  thrown,
  uncaught,
} from '../support/world.mjs'

const client = (options) =>
  Portal.token({ domain: 'portal.example', accessToken: 'first token', ...options })

/** A client each of whose calls makes two warnings: of a missing scope, by two methods. */
function warned(options) {
  const { fetch } = fakeFetch(() => result(1))
  const portal = client({ fetch, scope: 'im', preflight: 'warn', ...options })
  const warn = async () => {
    await portal.call('crm.deal.list')
    await portal.call('crm.lead.list')
  }
  return { portal, warn }
}

test('a_warning_has_words_a_method_and_a_decision', async () => {
  const { portal, warn } = warned()
  const events = heard(portal, 'warning')
  const expected = portal.check('crm.deal.list') // before the portal has a say
  await warn()
  assert.equal(events.length, 2)
  const [, { message, method, decision }] = events[0]
  assert.match(message, /crm\.deal\.list/)
  assert.equal(method, 'crm.deal.list')
  assert.deepEqual(decision, expected)
})

test('a_new_token_is_told_without_its_secret', async () => {
  const { fetch } = fakeFetch((n) => (n === 1 ? refusal('expired_token', 401) : result(1)))
  const expiresAt = Date.now() + 3_600_000
  const refresh = async () => ({ accessToken: 'second token', refreshToken: 'other', expiresAt })
  const portal = client({ fetch, refresh })
  const events = heard(portal, 'token', 'confirmation', 'warning')
  await portal.call('profile')
  assert.deepEqual(events, [['token', { expiresAt }]])
})

test('a_new_token_without_an_end_is_told_too', async () => {
  const { fetch } = fakeFetch((n) => (n === 1 ? refusal('expired_token', 401) : result(1)))
  const portal = client({ fetch, refresh: () => ({ accessToken: 'second token' }) })
  const events = heard(portal, 'token')
  await portal.call('profile')
  assert.deepEqual(events, [['token', {}]])
})

test('a_confirmation_is_told_when_it_changes', async () => {
  const answers = [refusal('METHOD_CONFIRM_WAITING', 401), refusal('METHOD_CONFIRM_DENIED', 403)]
  const { fetch } = fakeFetch(() => answers.shift())
  const portal = client({ fetch })
  const events = heard(portal, 'confirmation')
  await rejection(portal.call('voximplant.user.get', { USER_ID: 1 }))
  await rejection(portal.call('voximplant.user.get', { USER_ID: 1 }))
  assert.deepEqual(
    events.map(([, { state }]) => state),
    ['waiting', 'denied'],
  )
})

test('the_returned_function_ends_it_and_may_be_called_again', async () => {
  const { portal, warn } = warned()
  const events = []
  const end = portal.on('warning', (event) => events.push(event.method))
  await portal.call('crm.deal.list')
  assert.equal(end(), undefined)
  end()
  await warn()
  assert.deepEqual(events, ['crm.deal.list'])
})

test('one_listener_may_listen_twice_and_end_once', async () => {
  const { portal, warn } = warned()
  let times = 0
  const listener = () => times++
  const end = portal.on('warning', listener)
  portal.on('warning', listener)
  await portal.call('crm.deal.list')
  end()
  await warn()
  assert.equal(times, 3)
})

test('a_listener_may_end_itself_end_others_and_add_more', async () => {
  const { portal, warn } = warned()
  const heard = []
  const listen = (name, and) =>
    portal.on('warning', ({ method }) => {
      heard.push(`${name} ${method}`)
      and?.()
    })
  const ends = {}
  ends.first = listen('first', () => {
    ends.first()
    ends.second()
    listen('late')
  })
  ends.second = listen('second')
  listen('third')
  await warn()
  assert.deepEqual(heard, [
    'first crm.deal.list',
    'third crm.deal.list',
    'third crm.lead.list',
    'late crm.lead.list',
  ])
})

test('a_listener_that_throws_disturbs_neither_the_call_nor_the_others', async () => {
  const { portal, warn } = warned()
  const seen = []
  portal.on('warning', () => {
    throw new Error('a careless listener')
  })
  portal.on('warning', ({ method }) => seen.push(method))
  const caught = await uncaught(warn)
  assert.deepEqual(seen, ['crm.deal.list', 'crm.lead.list'])
  assert.deepEqual(
    caught.map(({ message }) => message),
    ['a careless listener', 'a careless listener'],
  )
})

test('a_listener_may_use_the_portal', async () => {
  const { portal, warn } = warned()
  const seen = []
  portal.on('warning', ({ method }) => {
    seen.push(portal.check(method).verdict, portal.grant.source)
    portal.call('profile').then(({ data }) => seen.push(data))
  })
  await warn()
  await settled()
  assert.deepEqual(seen.sort(), [1, 1, 'denied', 'denied', 'given', 'given'])
})

test('a_listener_may_close_the_portal', async () => {
  const { portal } = warned()
  portal.on('warning', () => portal.close())
  assert.equal((await rejection(portal.call('crm.deal.list'))).kind, 'aborted')
})

test('all_four_events_exist_and_no_others', () => {
  const portal = client()
  for (const type of ['confirmation', 'warning', 'token', 'throttle']) {
    assert.equal(typeof portal.on(type, () => {}), 'function')
  }
  for (const type of ['error', '', 'Warning', undefined, null, 7, Symbol('s'), 'constructor', {}]) {
    const error = thrown(() => portal.on(type, () => {}))
    assert.equal(error.kind, 'invalid')
    assert.match(error.message, /confirmation, warning, token, throttle/)
  }
  for (const listener of [undefined, null, 'f', {}]) {
    assert.match(thrown(() => portal.on('warning', listener)).message, /listener/)
  }
})
