/**
 * What a page loads and how long it takes until its first call has an answer, in headless Chromium
 * and in a portal's frame: `node benches/browser.mjs`.
 *
 * The ways take turns, each in a browser profile of its own; a row is the median of its rounds, counted
 * from the navigation of the frame. Every answer takes 30 ms, whether a file's or the portal's, which
 * is of another origin. Files are sent with gzip; bytes are those of all files of the page.
 */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { startChromium } from '../tests/support/chromium.mjs'
import { startPortal } from '../tests/support/portal.mjs'

const ROUNDS = 15
const LATENCY = 30
const METHOD = 'crm.deal.list'
const PARAMS = "{ filter: { '>ID': 5 }, select: ['ID', 'TITLE'] }"

const file = (path) => readFile(new URL(`../${path}`, import.meta.url))
const sdk = new URL('dist/umd/index.min.js', import.meta.resolve('@bitrix24/b24jssdk/package.json'))
const packageFolder = fileURLToPath(new URL('../pkg/', import.meta.url))

/** A program for the page, with all that it imports, as a user's bundler makes it. */
async function bundled(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: packageFolder },
    bundle: true,
    format: 'esm',
    minify: true,
    target: 'es2022',
    write: false,
  })
  return outputFiles[0].contents
}

/** What is behind each way: its page, which sets `took`, and the files that the page loads. */
const ways = {
  'fetch by hand': {
    // Its server knows the token, as it was posted, and writes it into the page.
    page: (auth, rest) => `<script>
      const body = new URLSearchParams({ auth: '${auth}', 'filter[>ID]': 5, 'select[0]': 'ID', 'select[1]': 'TITLE' })
      fetch('${rest}${METHOD}', { method: 'POST', body })
        .then((response) => response.json())
        .then(() => (globalThis.took = performance.now()))
    </script>`,
    files: {},
  },
  'bx24.js': {
    page: () => `<script src="/bx24.js"></script><script>
      BX24.init(() => BX24.callMethod('${METHOD}', ${PARAMS}, () => (globalThis.took = performance.now())))
    </script>`,
    files: { '/bx24.js': await file('pkg/bx24.js') },
  },
  callgate: {
    page: () => '<script type="module" src="/app.js"></script>',
    files: {
      '/app.js': await bundled(`import { Portal } from './browser.js'
        const portal = await Portal.frame()
        await portal.call('${METHOD}', ${PARAMS})
        globalThis.took = performance.now()`),
      '/wasm/callgate.wasm': await file('pkg/wasm/callgate.wasm'),
    },
  },
  'b24jssdk 2.2.0, UMD': {
    page: () => `<script src="/sdk.js"></script><script type="module">
      const b24 = await B24Js.initializeB24Frame()
      await b24.actions.v2.call.make({ method: '${METHOD}', params: ${PARAMS} })
      globalThis.took = performance.now()
    </script>`,
    files: { '/sdk.js': await readFile(sdk) },
  },
}

const zipped = (bytes) => gzipSync(bytes, { level: 9 })
for (const way of Object.values(ways)) {
  const files = Object.entries(way.files)
  way.raw = files.reduce((sum, [, { length }]) => sum + length, 0)
  way.zipped = Object.fromEntries(files.map(([path, bytes]) => [path, zipped(bytes)]))
  way.gzip = Object.values(way.zipped).reduce((sum, { length }) => sum + length, 0)
}

const TYPES = { js: 'text/javascript', wasm: 'application/wasm' }

/** Serves the page and the files of one way at a time. */
async function startApp(rest) {
  const app = { way: undefined }
  const server = createServer(async (request, response) => {
    let posted = ''
    for await (const chunk of request) posted += chunk
    const { pathname } = new URL(request.url, 'http://app')
    const page = () => app.way.page(new URLSearchParams(posted).get('AUTH_ID'), rest)
    const body = pathname === '/' ? zipped(`<!doctype html>${page()}`) : app.way.zipped[pathname]
    await wait(LATENCY)
    if (!body) return response.writeHead(404).end()
    const type = TYPES[pathname.split('.')[1]] ?? 'text/html; charset=utf-8'
    response.writeHead(200, { 'Content-Type': type, 'Content-Encoding': 'gzip' }).end(body)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  app.origin = `http://127.0.0.1:${server.address().port}`
  app.stop = () => {
    server.closeAllConnections()
    server.close()
  }
  return app
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

const [browser, portal] = await Promise.all([startChromium(), startPortal()])
await portal.control('settings', { latency: LATENCY })
const app = await startApp(`${portal.portal}/rest/`)
const rows = Object.keys(ways).map((name) => ({ name, times: [] }))

for (let round = -1; round < ROUNDS; round++) {
  for (const row of rows) {
    app.way = ways[row.name]
    const last = (await portal.log()).at(-1)?.seq ?? 0
    const page = await browser.newPage()
    await page.goto(`${portal.portal}/_portal/page?scopes=crm&app=${app.origin}/`)
    const frame = await (await page.waitForSelector('#stage iframe')).contentFrame()
    const took = await frame.waitForFunction(() => globalThis.took)
    if (round >= 0) row.times.push(await took.jsonValue())
    await page.context().close()
    const seen = (await portal.log()).filter(({ seq, url }) => seq > last && /^.rest/.test(url))
    row.options = seen.filter(({ method }) => method === 'OPTIONS').length
    row.calls = seen.length - row.options
  }
}

const line = (name, ...cells) =>
  name.padEnd(22) + cells.map((cell) => String(cell).padStart(10)).join('')
console.log(line('to the first answer', 'ms', 'ratio', 'bytes', 'gzip -9', 'calls', 'OPTIONS'))
const [first] = rows.map(({ times }) => median(times))
for (const { name, times, calls, options } of rows) {
  const took = median(times)
  const bytes = [ways[name].raw, ways[name].gzip].map((it) => it.toLocaleString('en'))
  console.log(line(name, took.toFixed(0), (took / first).toFixed(2), ...bytes, calls, options))
}
app.stop()
await Promise.all([browser.close(), portal.stop()])
