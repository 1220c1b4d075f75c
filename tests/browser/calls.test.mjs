/** Calls from a page to a portal of another origin: how many requests, and what can be read. */
/* global callgate, outcome */
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { startChromium } from '../support/chromium.mjs'
import { readForm } from '../support/form.mjs'
import { startPortal } from '../support/portal.mjs'
import { commonPages, loaded, startSite } from '../support/site.mjs'

let browser, portal, site, page, token
/** What the browser itself says that it sent to the portal: the methods of its requests. */
let sent

before(async () => {
  ;[browser, portal] = await Promise.all([startChromium(), startPortal()])
  site = await startSite({ pages: commonPages() })
})
after(async () => {
  site?.stop()
  await Promise.all([browser?.close(), portal?.stop()])
})
beforeEach(async () => {
  await portal.reset()
  site.headers['Content-Security-Policy'] = ''
  token = await portal.control('tokens', { scopes: ['crm', 'task', 'tasks', 'telephony'] })
  await open()
})
afterEach(() => page.close())

async function open() {
  await page?.close()
  page = await browser.newPage()
  sent = []
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Network.enable')
  devtools.on('Network.requestWillBeSent', ({ request }) => {
    if (request.url.startsWith(portal.portal)) sent.push(request.method)
  })
  await page.goto(`${site.origin}/app.html`)
  await loaded(page)
}

/** Makes a call in the page. */
const call = (method, params, { options, ...more } = {}) =>
  page.evaluate(
    ({ given, args }) => {
      globalThis.portal ??= callgate.Portal.token(given)
      return outcome(globalThis.portal.call(...args))
    },
    {
      given: { domain: portal.portal, accessToken: token.access_token, ...more },
      args: [method, params, options],
    },
  )

const requests = async () => (await portal.log()).filter(({ url }) => url.startsWith('/rest'))

test('a_call_is_exactly_one_request', async () => {
  const params = { filter: { '>ID': 0, TITLE: 'Жук & Co' }, select: ['ID', 'TITLE'], start: 0 }
  const { status, data } = await call('crm.deal.list', params)
  assert.equal(status, 200)
  assert.ok(Array.isArray(data))
  assert.deepEqual(sent, ['POST'])
  const [request, ...more] = await requests()
  assert.deepEqual(more, [])
  assert.equal(request.method, 'POST')
  assert.match(request.headers['content-type'], /^application\/x-www-form-urlencoded/)
  const form = readForm(request.body)
  assert.equal(form.get('auth'), token.access_token)
  assert.equal(form.get('filter').get('>ID'), '0')
  assert.equal(form.get('filter').get('TITLE'), 'Жук & Co')
  assert.deepEqual([...form.get('select').values()], ['ID', 'TITLE'])
})

test('ten_calls_are_ten_requests', async () => {
  for (let id = 1; id <= 10; id++) assert.equal((await call('crm.deal.get', { id })).status, 200)
  assert.deepEqual(sent, Array(10).fill('POST'))
  assert.equal((await requests()).length, 10)
})

test('a_call_has_no_header_that_cors_would_ask_about', async () => {
  await call('crm.deal.get', { id: 1 }, { options: { idempotent: 'key-0001' } })
  const [{ headers }] = await requests()
  assert.equal(headers.authorization, undefined)
  assert.equal(headers['idempotency-key'], undefined)
  assert.equal(headers['x-requested-with'], undefined)
})

test('cookies_stay_at_home', async () => {
  await page.context().addCookies([{ name: 'PHPSESSID', value: 'x', url: portal.portal }])
  await call('profile')
  const [{ headers }] = await requests()
  assert.equal(headers.cookie, undefined)
})

for (const [what, params] of Object.entries({
  a_boolean: { id: 1, deep: [{ flag: true }] },
  a_null: { id: 1, nothing: null },
  an_empty_list: { id: 1, list: [] },
  an_empty_map: { id: 1, deep: { map: {} } },
})) {
  test(`${what}_goes_in_json_which_costs_a_second_request`, async () => {
    assert.equal((await call('crm.deal.get', params)).status, 200)
    assert.deepEqual(sent.sort(), ['OPTIONS', 'POST'])
    const [asked, request, ...more] = await requests()
    assert.deepEqual([asked.method, request.method, more], ['OPTIONS', 'POST', []])
    assert.equal(request.headers['content-type'], 'application/json')
    assert.deepEqual(JSON.parse(request.body), { auth: token.access_token, ...params })
  })
}

test('version_3_works_in_json', async () => {
  const options = { version: 3, idempotent: 'key-0001' }
  const { data } = await call('tasks.task.get', { id: 1 }, { options })
  assert.equal(data.item.id, 1)
  const [, { headers }] = await requests()
  assert.equal(headers['idempotency-key'], undefined)
})

test('the_next_page_is_one_request_more', async () => {
  await portal.control('data', { entity: 'deal', rows: 60 })
  const given = { domain: portal.portal, accessToken: token.access_token }
  const counts = await page.evaluate(async (given) => {
    const first = await callgate.Portal.token(given).call('crm.deal.list', { select: ['ID'] })
    const second = await first.nextPage()
    return [first.data.length, second.data.length, second.more]
  }, given)
  assert.deepEqual(counts, [50, 10, false])
  assert.deepEqual(sent, ['POST', 'POST'])
})

test('refusals_can_be_read', async () => {
  for (const [kind, code, status] of [
    ['permission', 'ACCESS_DENIED', 403],
    ['insufficient-scope', 'insufficient_scope', 401], // the last: the portal is not asked again
  ]) {
    await portal.control('faults', { kind, times: 1 })
    const error = await call('crm.deal.get', { id: 1 })
    assert.deepEqual([error.ours, error.code, error.status], [true, code, status])
  }
  const waiting = await call('voximplant.user.get', { USER_ID: 1 })
  assert.equal(waiting.kind, 'waiting')
})

test('a_portal_that_moved_is_reported_and_not_followed', async () => {
  await portal.control('settings', { frontCors: true })
  await portal.control('faults', { kind: 'redirect', to: site.origin })
  const error = await call('crm.deal.get', { id: 1 })
  assert.deepEqual([error.ours, error.code, error.ran], [true, 'CALLGATE_MOVED', 'no'])
  assert.equal((await requests()).length, 1)
})

test('an_answer_that_cors_hides_is_a_network_error', async () => {
  await portal.control('settings', { frontCors: false })
  await portal.control('faults', { kind: 'html-502' })
  const error = await call('crm.deal.add', { fields: { TITLE: 'A' } })
  assert.deepEqual([error.ours, error.kind, error.ran], [true, 'network', 'unknown'])
})

test('a_portal_that_is_not_there_is_a_network_error', async () => {
  const error = await call('profile', {}, { domain: 'http://127.0.0.1:9' })
  assert.deepEqual([error.ours, error.kind], [true, 'network'])
})

test('a_timeout_and_an_abort_end_the_request_too', async () => {
  await portal.control('settings', { latency: 3_000 })
  const late = await call('profile', {}, { timeout: 100 })
  assert.deepEqual([late.ours, late.kind, late.ran], [true, 'timeout', 'unknown'])
  const aborted = await page.evaluate(() => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 100)
    return outcome(
      globalThis.portal.call('profile', {}, { signal: controller.signal, timeout: 9_000 }),
    )
  })
  assert.deepEqual([aborted.ours, aborted.kind, aborted.ran], [true, 'aborted', 'unknown'])
  await portal.control('settings', { latency: 0 })
})

test('a_fetch_of_the_pages_own_is_used', async () => {
  const seen = await page.evaluate(async (domain) => {
    const seen = []
    const fetch = async (url, init) => {
      seen.push([url, init.headers['Content-Type'], init.body])
      return new Response('{"result":7}')
    }
    const portal = callgate.Portal.token({ domain, accessToken: 'token', fetch })
    seen.push((await portal.call('profile', { a: 'b' })).data)
    return seen
  }, portal.portal)
  const type = 'application/x-www-form-urlencoded'
  assert.deepEqual(seen, [[`${portal.portal}/rest/profile`, type, 'auth=token&a=b'], 7])
  assert.deepEqual(sent, [])
})

test('a_fetch_that_breaks_ends_the_call_and_breaks_nothing_else', async () => {
  const kinds = await page.evaluate(async (domain) => {
    const kinds = []
    for (const reason of [new Error('x'), 'x', undefined, null, Object.create(null)]) {
      globalThis.fetch = () => Promise.reject(reason)
      const portal = callgate.Portal.token({ domain, accessToken: 'token' })
      kinds.push((await outcome(portal.call('profile'))).kind)
    }
    for (const nonsense of [undefined, 7, {}, { status: 200 }]) {
      globalThis.fetch = async () => nonsense
      const portal = callgate.Portal.token({ domain, accessToken: 'token' })
      kinds.push((await outcome(portal.call('profile'))).kind)
    }
    return kinds
  }, portal.portal)
  assert.deepEqual(kinds, Array(9).fill('network'))
})

test('a_webhook_is_refused_unless_the_secret_is_exposed_by_name', async () => {
  const { url } = await portal.control('webhooks', { scopes: ['crm'] })
  const make = (options) =>
    page.evaluate(
      ([url, options]) => outcome(() => callgate.Portal.webhook(url, options).call('profile')),
      [url, options],
    )
  const refused = await make()
  assert.deepEqual(
    [refused.ours, refused.code, refused.kind],
    [true, 'CALLGATE_WEBHOOK_IN_BROWSER', 'invalid'],
  )
  assert.equal((await make({ exposeSecretInBrowser: true })).status, 200)
  assert.deepEqual(sent, ['POST'])
})

test('a_form_made_by_the_page_is_an_event_too', async () => {
  const woken = await page.evaluate(() => {
    const portal = callgate.Portal.token({
      domain: 'a.example',
      accessToken: 'x',
      applicationToken: 'y',
    })
    const form = new FormData()
    form.append('event', 'ONAPPMETHODCONFIRM')
    return portal.applyEvent(form)
  })
  assert.equal(woken, false)
})

test('a_policy_that_allows_wasm_but_no_eval_is_enough', async () => {
  site.headers['Content-Security-Policy'] =
    `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${portal.portal}`
  await open()
  assert.equal((await call('profile')).status, 200)
})
