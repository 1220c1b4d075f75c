/** The package where there is no page: in workers, and as a script that needs no module. */
/* global Callgate, callgate, outcome */
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { bundle } from '../support/bundle.mjs'
import { startChromium } from '../support/chromium.mjs'
import { startPortal } from '../support/portal.mjs'
import { commonPages, loaded, startSite, toolbox } from '../support/site.mjs'

/** A worker that makes what it is told to make, and calls. */
const worker = `
  addEventListener('message', async ({ data, ports: [port] }) => {
    const { made, method, params } = data
    const portal = () => callgate.Portal[made.how](...made.args)
    port.postMessage(await outcome(async () => (await portal()).call(method, params)))
  })`

/** The package and \`outcome\` in one classic script, as a bundler makes it. */
const classic = (script) =>
  bundle(`${toolbox('callgate/inline')}\n${script}`, { conditions: ['browser'], format: 'iife' })

let browser, portal, site, page, token
before(async () => {
  ;[browser, portal] = await Promise.all([startChromium(), startPortal()])
  const pages = {
    ...commonPages(),
    '/worker.js': `${toolbox()}\n${worker}\npostMessage('ready')`,
    '/inline-worker.js': `${toolbox('/pkg/inline.js')}\n${worker}\npostMessage('ready')`,
    '/classic-worker.js': await classic(`${worker}\npostMessage('ready')`),
    '/service-worker.js': await classic(worker),
    '/classic.js': await classic('globalThis.Callgate = callgate'),
    '/classic.html': `<!doctype html><script src="/classic.js"></script>
      <script>globalThis.atOnce = typeof Callgate.Portal.token</script>`,
    '/strict.html': '<!doctype html><script src="/classic.js"></script>',
    '/empty.html': '<!doctype html>',
  }
  site = await startSite({ pages })
})
after(async () => {
  site?.stop()
  await Promise.all([browser?.close(), portal?.stop()])
})
beforeEach(async () => {
  site.headers['Content-Security-Policy'] = ''
  await portal.reset()
  token = await portal.control('tokens', { scopes: ['crm'] })
  page = await browser.newPage()
})
afterEach(() => page.close())

const withToken = () => ({
  how: 'token',
  args: [{ domain: portal.portal, accessToken: token.access_token }],
})

const requests = async () => (await portal.log()).filter(({ url }) => url.startsWith('/rest'))

/** What a worker's call comes to. */
async function inWorker(script, made, type = 'module') {
  await page.goto(`${site.origin}/empty.html`)
  return page.evaluate(
    async ({ script, type, order }) => {
      const worker = new Worker(script, { type })
      await new Promise((resolve, reject) => {
        worker.onmessage = resolve
        worker.onerror = ({ message }) => reject(new Error(message))
      })
      const { port1, port2 } = new MessageChannel()
      const answer = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)))
      worker.postMessage(order, [port2])
      return answer
    },
    { script, type, order: { made, method: 'crm.deal.get', params: { id: 1 } } },
  )
}

for (const [script, type] of [
  ['/worker.js', 'module'],
  ['/inline-worker.js', 'module'],
  ['/classic-worker.js', 'classic'],
]) {
  test(`${script.slice(1)}_calls_in_one_request`, async () => {
    const { status, data } = await inWorker(script, withToken(), type)
    assert.deepEqual([status, data?.ID], [200, '1'])
    const [{ method, headers }, ...more] = await requests()
    assert.deepEqual([method, more], ['POST', []])
    assert.match(headers['content-type'], /form-urlencoded/)
  })
}

test('a_webhook_is_refused_in_a_worker_unless_the_secret_is_exposed_by_name', async () => {
  const { url } = await portal.control('webhooks', { scopes: ['crm'] })
  const refused = await inWorker('/worker.js', { how: 'webhook', args: [url] })
  assert.deepEqual([refused.ours, refused.code], [true, 'CALLGATE_WEBHOOK_IN_BROWSER'])
  assert.deepEqual(await requests(), [])
  const args = [url, { exposeSecretInBrowser: true }]
  assert.equal((await inWorker('/worker.js', { how: 'webhook', args })).status, 200)
})

test('a_worker_has_no_frame', async () => {
  const error = await inWorker('/worker.js', { how: 'frame', args: [] })
  assert.deepEqual([error.ours, error.code], [true, 'CALLGATE_NOT_IN_FRAME'])
})

test('a_classic_page_has_it_when_its_script_has_run', async () => {
  await page.goto(`${site.origin}/classic.html`)
  assert.equal(await page.evaluate(() => globalThis.atOnce), 'function')
  const answer = await page.evaluate(
    ({ args }) => outcome(Callgate.Portal.token(...args).call('crm.deal.get', { id: 1 })),
    withToken(),
  )
  assert.equal(answer.status, 200)
  assert.equal((await requests()).length, 1)
})

test('a_classic_page_may_have_a_policy_that_allows_wasm_but_no_eval', async () => {
  site.headers['Content-Security-Policy'] =
    `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src ${portal.portal}`
  await page.goto(`${site.origin}/strict.html`)
  const answer = await page.evaluate(
    ({ args }) => outcome(Callgate.Portal.token(...args).call('crm.deal.get', { id: 1 })),
    withToken(),
  )
  assert.equal(answer.status, 200)
})

test('a_policy_without_wasm_is_a_clear_error', async () => {
  site.headers['Content-Security-Policy'] = "script-src 'self'"
  const errors = []
  page.on('pageerror', ({ message }) => errors.push(message))
  await page.goto(`${site.origin}/strict.html`)
  assert.equal(await page.evaluate(() => typeof globalThis.Callgate), 'undefined')
  assert.match(errors.join(), /WebAssembly|wasm/)
})

test('a_service_worker_calls_too', async () => {
  await page.goto(`${site.origin}/empty.html`)
  const answer = await page.evaluate(
    async (order) => {
      await navigator.serviceWorker.register('/service-worker.js')
      const { active } = await navigator.serviceWorker.ready
      const { port1, port2 } = new MessageChannel()
      const answer = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)))
      active.postMessage(order, [port2])
      return answer
    },
    { made: withToken(), method: 'crm.deal.get', params: { id: 1 } },
  )
  assert.deepEqual([answer.status, answer.data?.ID], [200, '1'])
  const [{ method }, ...more] = await requests()
  assert.deepEqual([method, more], ['POST', []])
})

test('a_portal_outlives_the_import_of_another_entry_point', async () => {
  await page.goto(`${site.origin}/app.html`)
  await loaded(page)
  const outcomes = await page.evaluate(async ({ args: [options] }) => {
    const { Portal } = callgate
    const portal = Portal.token({ ...options, scope: 'crm' })
    const again = await import('/pkg/inline.js')
    const known = portal.grant.scopes
    const { status } = await outcome(portal.call('profile'))
    return [again.Portal === Portal, known, status]
  }, withToken())
  assert.deepEqual(outcomes, [true, ['crm'], 200])
})
