/** BX24.callMethod: what its callback gets, and when; what it gives without one; what fails. */
/* global BX24, calls, errors, promise, told, uncaught */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bx24World } from '../support/bx24.mjs'
import { readForm } from '../support/form.mjs'

const early = `<!doctype html><script src="/pkg/bx24.js"></script><script>
  const calls = []
  BX24.init(() => calls.push('handler'))
  BX24.callMethod('profile', {}, () => calls.push('answer'))
  BX24.init(() => calls.push('later handler'))
  const promise = BX24.callMethod('profile')
</script>`

const world = bx24World({ '/early.html': early })

/** Opens the application, which keeps what nobody catches. */
async function open(query) {
  const frame = await world.open(query)
  await frame.evaluate(() => {
    globalThis.uncaught = []
    globalThis.told = []
    addEventListener('error', ({ message }) => uncaught.push(message))
    addEventListener('unhandledrejection', ({ reason }) => uncaught.push(String(reason)))
    BX24.onError(({ code }) => told.push(code))
  })
  return frame
}

/** Calls, and gives what the callback's result says. */
const call = (frame, method, params, options) =>
  frame.evaluate(
    ([method, params, options]) =>
      new Promise((resolve) => {
        const tell = (result) =>
          resolve({
            data: result.data(),
            error: result.error()?.ex,
            words: result.error_description(),
            text: result.error() && String(result.error()),
            decision: result.error()?.decision,
            status: result.status,
            answer: result.answer,
          })
        BX24.callMethod(method, params, tell, options)
      }),
    [method, params, options],
  )

const fault = (kind, more) => world.portal.control('faults', { kind, times: 1, ...more })

/** The tokens with which a method was called. */
const tokensOf = async (method) =>
  (await world.portal.log())
    .filter(({ url }) => url === `/rest/${method}`)
    .map(({ body }) => readForm(body).get('auth'))

test('a_callback_gets_one_result_later_with_the_window_as_this', async () => {
  const frame = await open()
  await world.portal.control('data', { entity: 'crm.deal', rows: 60 })
  const seen = await frame.evaluate(
    () =>
      new Promise((resolve) => {
        let returned = 'nothing yet'
        const params = { select: ['ID'] }
        returned = BX24.callMethod('crm.deal.list', params, function (...given) {
          const [result] = given
          resolve({
            given: given.length,
            isWindow: this === window,
            returned: returned === undefined,
            rows: result.data().length,
            more: result.more(),
            total: result.total(),
            next: result.answer.next,
            time: result.time() === result.answer.time && typeof result.time().duration,
            status: result.status,
            error: result.error() === undefined && result.error_description() === undefined,
            query: [result.query.method, result.query.data, typeof result.query.callback],
            own: result.query.data !== params,
          })
        })
      }),
  )
  assert.deepEqual(seen, {
    given: 1,
    isWindow: true,
    returned: true,
    rows: 50,
    more: true,
    total: 60,
    next: 50,
    time: 'number',
    status: 200,
    error: true,
    query: ['crm.deal.list', { select: ['ID'] }, 'function'],
    own: true,
  })
})

test('a_callback_that_throws_is_an_uncaught_error_and_disturbs_no_other', async () => {
  const frame = await open()
  await frame.evaluate(async () => {
    BX24.callMethod('profile', {}, () => {
      throw new Error('of the application')
    })
    await BX24.callMethod('profile')
  })
  const [message, ...more] = await frame.evaluate(() => uncaught)
  assert.equal(message, 'Uncaught Error: of the application')
  assert.deepEqual(more, [])
})

test('calls_before_init_are_made_at_their_place_among_its_handlers', async () => {
  await world.page.goto(world.address({ app: `${world.site.origin}/early.html` }))
  const frame = await world.listening('/early.html')
  await frame.waitForFunction(() => calls.length === 3)
  assert.deepEqual(await frame.evaluate(() => calls.slice(0, 2)), ['handler', 'later handler'])
  assert.equal(await frame.evaluate(() => promise.then(({ status }) => status)), 200)
})

test('a_promise_is_not_kept_waiting_by_a_page_that_never_opens_the_application', async () => {
  await world.portal.control('faults', { kind: 'page-silent', method: 'getInitData' })
  await world.page.clock.install()
  const frame = await world.load()
  await frame.evaluate(() => {
    globalThis.calls = []
    const keep = ({ code }) => calls.push(code)
    BX24.callMethod('profile').catch(keep)
    BX24.callBatch([['profile']]).catch(keep)
    BX24.callMethod('profile', {}, () => calls.push('called back'))
  })
  await world.page.clock.runFor(11_000)
  await frame.waitForFunction(() => calls.length === 2)
  const silent = 'CALLGATE_FRAME_SILENT'
  assert.deepEqual(await frame.evaluate(() => calls), [silent, silent])
})

test('pages_follow_until_there_is_none_and_another_callback_may_take_over', async () => {
  const frame = await open()
  await world.portal.control('data', { entity: 'crm.deal', rows: 60 })
  const seen = await frame.evaluate(
    () =>
      new Promise((resolve) => {
        BX24.callMethod('crm.deal.list', {}, (first) => {
          const returned = first.next((second) => {
            const end = second.next()
            resolve([returned, second.data().length, second.query.start, second.more(), end])
          })
        })
      }),
  )
  assert.deepEqual(seen, [undefined, 10, 50, false, false])
})

test('a_program_that_pages_by_start_minus_one_goes_on_working', async () => {
  const frame = await open()
  await world.portal.control('data', { entity: 'crm.deal', rows: 60 })
  const { answer } = await call(frame, 'crm.deal.list', { start: -1 })
  assert.deepEqual([answer.total, answer.next], [60, 50])
})

test('a_refusal_of_the_portals_is_the_whole_answer_without_a_circle', async () => {
  const frame = await open()
  await fault('permission', { method: 'profile' })
  const told = await frame.evaluate(
    () =>
      new Promise((resolve) => {
        BX24.callMethod('profile', {}, (result) => {
          const error = result.error()
          resolve({
            data: result.data(),
            ex: error.ex,
            same: error.getError() === error.ex && error === result.answer.ex,
            status: [error.getStatus(), error.status, result.status],
            text: String(error),
            words: result.error_description(),
            json: JSON.parse(JSON.stringify(result.answer)).error,
          })
        })
      }),
  )
  assert.deepEqual(told, {
    data: undefined,
    ex: { error: 'ACCESS_DENIED', error_description: 'Access denied!' },
    same: true,
    status: [403, 403, 403],
    text: 'ACCESS_DENIED: Access denied! (403)',
    words: 'Access denied!',
    json: 'ACCESS_DENIED',
  })
  await fault('generic', { method: 'profile' })
  const { error, text } = await call(frame, 'profile')
  assert.deepEqual(error, { error: '', error_description: 'Parameters check failed' })
  assert.equal(text, ': Parameters check failed (400)')
})

test('a_full_request_bucket_is_waited_for', async () => {
  const frame = await open()
  await fault('rate-limit', { method: 'profile' })
  const { data, error } = await call(frame, 'profile')
  assert.deepEqual([typeof data, error], ['object', undefined])
  assert.equal((await tokensOf('profile')).length, 2)
})

/** Has the browser see this as the answer of a method. */
const answered = (method, status, body) =>
  world.page.route(`**/rest/${method}`, (route) =>
    route.fulfill({ status, body, headers: { 'Access-Control-Allow-Origin': '*' } }),
  )

test('what_ends_without_an_answer_reaches_the_callback_and_onError', async () => {
  const frame = await open()
  const rows = [
    [403, '<h1>Forbidden</h1>', 'CALLGATE_NOT_JSON'],
    [502, '<h1>Bad gateway</h1>', 'CALLGATE_NOT_JSON'],
    [200, '{"result":{"a"', 'CALLGATE_NOT_JSON'],
    [500, '', 'CALLGATE_EMPTY'],
  ]
  for (const [status, body, code] of rows) {
    await answered('crm.deal.add', status, body)
    const told = await call(frame, 'crm.deal.add', { fields: { TITLE: 'x' } })
    assert.deepEqual([told.error?.error, told.status, told.data], [code, status, undefined])
    assert.ok(told.words.startsWith('crm.deal.add: '), told.words)
  }
  const codes = rows.map(([, , code]) => code)
  assert.deepEqual(await frame.evaluate(() => [told, uncaught]), [codes, []])
})

test('a_breakdown_that_says_which_is_told_as_the_portal_told_it', async () => {
  const frame = await open()
  const said = { error: 'INTERNAL_SERVER_ERROR', error_description: 'No.', more: 1 }
  await answered('crm.deal.add', 500, JSON.stringify(said))
  const { error, status } = await call(frame, 'crm.deal.add', { fields: { TITLE: 'x' } })
  assert.deepEqual([error, status], [said, 500])
  assert.deepEqual(await frame.evaluate(() => told), [])
})

test('what_is_no_error_is_a_result_even_if_there_is_none', async () => {
  const frame = await open()
  for (const [body, answer] of [
    ['', { result: {} }],
    ['{"openapi":"3.0"}', { openapi: '3.0' }],
    ['{"result":null}', { result: null }],
  ]) {
    await answered('crm.deal.add', 200, body)
    const told = await call(frame, 'crm.deal.add', { fields: { TITLE: 'x' } })
    assert.deepEqual([told.answer, told.data, told.error], [answer, answer.result, undefined])
  }
})

test('a_portal_that_is_out_of_reach_is_told', async () => {
  const frame = await open()
  await world.page.route('**/rest/**', (route) => route.abort())
  const { error, status } = await call(frame, 'crm.deal.add', { fields: { TITLE: 'x' } })
  assert.deepEqual([error.error, status], ['CALLGATE_NETWORK', 0])
})

test('without_a_callback_it_is_promised', async () => {
  const frame = await open()
  const told = await frame.evaluate(async () => {
    const result = await BX24.callMethod('profile')
    const refused = await BX24.callMethod('no.such.method', {}, null).catch((error) => error)
    const { name, code, kind, status } = refused
    return [result.status, typeof result.data().ID, name, code, kind, status]
  })
  assert.deepEqual(told, [200, 'string', 'CallgateError', 'ERROR_METHOD_NOT_FOUND', 'portal', 404])
})

test('a_promise_that_nobody_looks_at_disturbs_nobody', async () => {
  const frame = await open()
  await fault('html-403', { method: 'crm.deal.add' })
  await frame.evaluate(async () => {
    BX24.callMethod('no.such.method')
    BX24.callMethod('crm.deal.add', { fields: {} })
    BX24.callBatch([['no.such.method']])
    await BX24.callMethod('profile')
    await new Promise((resolve) => setTimeout(resolve, 100))
  })
  assert.deepEqual(await frame.evaluate(() => uncaught), [])
})

test('pages_are_promised_too', async () => {
  const frame = await open()
  await world.portal.control('data', { entity: 'crm.deal', rows: 60 })
  const sizes = await frame.evaluate(async () => {
    const first = await BX24.callMethod('crm.deal.list')
    const second = await first.next()
    return [first.data().length, second.data().length, second.next()]
  })
  assert.deepEqual(sizes, [50, 10, false])
})

// Tokens and permissions

test('a_program_may_add_the_token_itself_but_no_other', async () => {
  const frame = await open()
  const statuses = await frame.evaluate(async () => {
    const own = await BX24.callMethod('profile', { auth: BX24.getAuth().access_token })
    const other = await BX24.callMethod('profile', { auth: 'another' }).catch(({ code }) => code)
    return [own.status, other]
  })
  assert.deepEqual(statuses, [200, 'CALLGATE_INVALID'])
})

test('an_expired_token_is_replaced_once_for_all_calls', async () => {
  const frame = await open()
  await fault('expired-token', { method: 'profile', times: 3 })
  const statuses = await frame.evaluate(() =>
    Promise.all([1, 2, 3].map(async () => (await BX24.callMethod('profile')).status)),
  )
  assert.deepEqual(statuses, [200, 200, 200])
  assert.equal((await world.messages('refreshAuth')).length, 1)
  const tokens = await tokensOf('profile')
  assert.equal(new Set(tokens).size, 2)
  assert.equal(await frame.evaluate(() => BX24.getAuth().access_token), tokens.at(-1))
})

test('a_token_that_expires_again_at_once_is_told_and_not_replaced_for_ever', async () => {
  const frame = await open()
  await fault('expired-token', { method: 'profile', times: 9 })
  const { error } = await call(frame, 'profile')
  assert.equal(error.error, 'expired_token')
  assert.equal((await world.messages('refreshAuth')).length, 1)
})

test('a_refused_token_is_told_and_not_replaced', async () => {
  const frame = await open()
  await fault('invalid-token', { method: 'profile' })
  const { error, status } = await call(frame, 'profile')
  assert.deepEqual([error.error, status], ['invalid_token', 401])
  assert.deepEqual(await world.messages('refreshAuth'), [])
})

test('a_scope_that_is_missing_is_told_with_the_decision_and_without_a_request', async () => {
  const frame = await open({ scopes: 'crm' })
  await frame.evaluate(() => BX24.portal.loadGrant())
  const { error, decision, status } = await call(frame, 'telephony.call.attachTranscription')
  assert.equal(error.error, 'insufficient_scope')
  assert.deepEqual(
    [decision.verdict, decision.layer, decision.needed, status],
    ['denied', 'scope', [['telephony']], 0],
  )
  assert.deepEqual(await tokensOf('telephony.call.attachTranscription'), [])
})

test('a_wait_that_is_over_is_told_and_not_what_the_portal_said_before', async () => {
  const frame = await open({ scopes: 'telephony' })
  const options = { confirmation: 'wait', confirmationTimeout: 100 }
  const { error, status } = await call(frame, 'voximplant.user.get', { USER_ID: 1 }, options)
  assert.deepEqual([error.error, status], ['CALLGATE_CONFIRMATION_TIMEOUT', 401])
})

test('a_call_can_wait_for_its_confirmation_and_listeners_hear_of_it', async () => {
  const frame = await open({ scopes: 'telephony' })
  const method = 'voximplant.user.get'
  const refused = await call(frame, method, { USER_ID: 1 })
  assert.equal(refused.error.error, 'METHOD_CONFIRM_WAITING')
  assert.deepEqual([refused.decision.verdict, refused.decision.layer], ['pending', 'confirmation'])
  await frame.evaluate((method) => {
    globalThis.errors = []
    BX24.on('confirmation', ({ state }) => errors.push(state))
    BX24.callMethod(
      method,
      { USER_ID: 1 },
      (result) => (globalThis.waited = [typeof result.data(), result.error()?.ex]),
      { confirmation: 'wait' },
    )
  }, method)
  const [token] = await tokensOf(method)
  await world.portal.control('confirmations', { token, method, granted: true })
  await frame.waitForFunction(() => globalThis.waited)
  assert.deepEqual(await frame.evaluate(() => globalThis.waited), ['object', undefined])
  assert.deepEqual(await frame.evaluate(() => errors), ['granted'])
})

// Mistakes

test('a_file_that_can_not_be_read_is_told', async () => {
  const frame = await open()
  const told = await frame.evaluate(async () => {
    const folder = await navigator.storage.getDirectory()
    const handle = await folder.getFileHandle('a.txt', { create: true })
    const writable = await handle.createWritable()
    await writable.write('hello')
    await writable.close()
    const file = await handle.getFile()
    await folder.removeEntry('a.txt')
    const { kind, message } = await BX24.callMethod('profile', { file }).catch((error) => error)
    return [kind, message]
  })
  assert.equal(told[0], 'invalid')
  assert.match(told[1], /^params: a file can't be read/)
  assert.deepEqual(await tokensOf('profile'), [])
  assert.deepEqual(await frame.evaluate(() => uncaught), [])
})

test('what_can_not_be_sent_is_told_and_names_what', async () => {
  const frame = await open()
  const before = (await world.portal.log()).length
  const told = await frame.evaluate(async () => {
    const loop = { a: { b: 1 } }
    loop.a.c = loop
    const wrong = [
      ['profile', loop],
      ['profile', { auth: 'another' }],
      ['', {}],
      [undefined, {}],
      ['profile', {}, { wait: true }],
      [
        'profile',
        {
          get a() {
            throw new Error('of a getter')
          },
        },
      ],
    ]
    const ask = ([method, params, options]) =>
      new Promise((resolve) =>
        BX24.callMethod(method, params, (result) => resolve(result.error().ex), options),
      )
    return Promise.all(wrong.map(ask))
  })
  const words = [
    /params: a\[c\] contains/,
    /params\.auth/,
    /empty/,
    /method/,
    /wait/,
    /of a getter/,
  ]
  told.forEach(({ error, error_description }, at) => {
    assert.equal(error, 'CALLGATE_INVALID')
    assert.match(error_description, words[at])
  })
  assert.equal((await world.portal.log()).length, before)
})

// Events of the portal's

test('administrators_bind_handlers_and_others_do_not', async () => {
  const frame = await open()
  const returned = await frame.evaluate(
    () =>
      new Promise((resolve) => {
        BX24.callBind('OnCrmDealAdd', 'https://app.example/h', undefined, () => {
          BX24.callBind('OnCrmDealAdd', '', null, () => {
            BX24.callUnbind('OnCrmDealAdd', 'https://app.example/h', 0, () => {
              BX24.callUnBind('OnCrmDealAdd', 'https://app.example/h', null, () => resolve())
            })
          })
        })
      }),
  )
  assert.equal(returned, undefined)
  const seen = (await world.portal.log()).filter(({ url }) => url.startsWith('/rest/event.'))
  const said = seen.map(({ url, body }) => [url.slice(6), body.replace(/^auth=[^&]*&?/, '')])
  assert.deepEqual(said, [
    ['event.bind', 'event=OnCrmDealAdd&handler=https%3A%2F%2Fapp.example%2Fh&auth_type=0'],
    ['event.bind', 'event=OnCrmDealAdd&handler='],
    ['event.unbind', 'event=OnCrmDealAdd&handler=https%3A%2F%2Fapp.example%2Fh&auth_type=0'],
    ['event.unbind', 'event=OnCrmDealAdd&handler=https%3A%2F%2Fapp.example%2Fh'],
  ])
})

test('somebody_else_gets_false_and_no_request', async () => {
  await world.portal.control('data', { entity: 'user', rows: [{ ID: '1' }, { ID: '2' }] })
  const frame = await open({ user: '2' })
  const told = await frame.evaluate(() => {
    const never = () => told.push('called')
    return [
      BX24.callBind('OnCrmDealAdd', 'x', 0, never),
      BX24.callUnbind('OnCrmDealAdd', 'x', 0, never),
    ]
  })
  assert.deepEqual(told, [false, false])
  const seen = (await world.portal.log()).filter(({ url }) => url.startsWith('/rest/event.'))
  assert.deepEqual(seen, [])
})
