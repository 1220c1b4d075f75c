/** The package's entry points in Chromium, from a server that is as kind or unkind as a test says. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { startChromium } from '../support/chromium.mjs'

const kinds = { html: 'text/html', js: 'text/javascript', wasm: 'application/wasm' }

/** What a module sees of an entry point. */
const seen = (entry) => `
  const seen = import('${entry}').then(async (callgate) => {
    await callgate.ready
    return Object.keys(callgate).sort()
  })`

const pages = {
  '/browser.html': `<script type="module" src="/browser-page.js"></script>`,
  '/browser-page.js': `${seen('/pkg/browser.js')}
    globalThis.report = seen.catch(String)`,
  '/worker.html': '',
  '/worker.js': `
    import * as callgate from '/pkg/inline.js'
    onmessage = ({ source }) => source.postMessage(Object.keys(callgate).sort())`,
}

let browser
let server
let page
/** How the server departs from a good one: other headers, files that it lacks. */
let unkind

before(async () => {
  browser = await startChromium()
  server = createServer(answer)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
})
after(async () => {
  await browser?.close()
  server?.closeAllConnections()
  server?.close()
})
beforeEach(async () => {
  unkind = {}
  page = await browser.newPage()
  await page.addInitScript(() => {
    const { compileStreaming } = WebAssembly
    globalThis.streamed = 0
    WebAssembly.compileStreaming = (source) => {
      globalThis.streamed++
      return compileStreaming(source)
    }
  })
})
afterEach(() => page.close())

async function answer({ url }, response) {
  const { headers, missing, types } = unkind
  const kind = url.split('.').pop()
  try {
    if (url === missing) throw new Error('it is missing')
    const body = pages[url] ?? (await readFile(new URL(`../..${url}`, import.meta.url)))
    response.writeHead(200, { 'Content-Type': types?.[kind] ?? kinds[kind], ...headers })
    response.end(body)
  } catch {
    response.writeHead(404).end()
  }
}

/** Opens a page of the server and returns what its script reports. */
async function open(path) {
  await page.goto(`http://127.0.0.1:${server.address().port}${path}`)
  return page.evaluate(() => globalThis.report)
}

const names = ['CallgateError', 'Portal', 'loadCatalogue', 'ready', 'ref', 'scopesFor']
const streamed = () => page.evaluate(() => globalThis.streamed)

test('the_browser_entry_compiles_the_module_while_it_arrives', async () => {
  assert.deepEqual(await open('/browser.html'), names)
  assert.equal(await streamed(), 1)
})

test('a_server_that_misnames_the_type_costs_only_the_streaming', async () => {
  for (const type of ['application/octet-stream', 'application/wasm; charset=utf-8']) {
    unkind.types = { wasm: type }
    assert.deepEqual(await open('/browser.html'), names)
    assert.equal(await streamed(), 0)
  }
})

test('a_module_that_is_not_there_is_an_error_that_names_it', async () => {
  unkind.missing = '/pkg/wasm/callgate.wasm'
  assert.match(await open('/browser.html'), /^Error: callgate: http.*callgate\.wasm answered 404$/)
})

test('a_page_that_allows_wasm_but_no_eval_is_enough', async () => {
  unkind.headers = { 'Content-Security-Policy': "script-src 'self' 'wasm-unsafe-eval'" }
  assert.deepEqual(await open('/browser.html'), names)
})

test('the_inline_entry_works_in_a_service_worker', async () => {
  await open('/worker.html')
  const reported = await page.evaluate(async () => {
    await navigator.serviceWorker.register('/worker.js', { type: 'module' })
    const { active } = await navigator.serviceWorker.ready
    const message = new Promise((resolve) => {
      navigator.serviceWorker.onmessage = ({ data }) => resolve(data)
      navigator.serviceWorker.startMessages()
    })
    active.postMessage('who is there?')
    return message
  })
  assert.deepEqual(reported, names)
})
