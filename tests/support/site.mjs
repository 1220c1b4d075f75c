/** A web server for tests in browsers: pages from the test, the package from the disk. */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

const top = fileURLToPath(new URL('../../', import.meta.url))
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
}

/**
 * Serves `pages` (a path and its text, to which more may be added later) and what lies in pkg/.
 * `headers` go with every answer.
 */
export async function startSite({ pages = {}, headers = {} } = {}) {
  const server = createServer(async ({ url }, response) => {
    const { pathname } = new URL(url, 'http://site')
    try {
      if (!(pathname in pages) && !pathname.startsWith('/pkg/')) throw new Error('no such page')
      const body = pages[pathname] ?? (await readFile(top + pathname))
      response.writeHead(200, { 'Content-Type': types[extname(pathname)], ...headers })
      response.end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    pages,
    headers,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** What a page or worker that loads this module has at hand. */
export const toolbox = (entry = '/pkg/browser.js') => `
  import * as callgate from '${entry}'

  /** How a call ends, as plain data. */
  const outcome = async (work) => {
    try {
      const given = await (typeof work === 'function' ? work() : work)
      return { data: given?.data, status: given?.status }
    } catch (error) {
      const { name, code, kind, ran, message, status } = error
      return { name, code, kind, ran, message, status, ours: error instanceof callgate.CallgateError }
    }
  }
  Object.assign(globalThis, { callgate, outcome })
`

/** The page that every site of these tests has: one with the toolbox, once that has loaded. */
export const commonPages = () => ({
  '/app.html': '<!doctype html><script type="module" src="/toolbox.js"></script>',
  '/toolbox.js': toolbox(),
})

/** Waits until a page, or a frame in it, has the toolbox. */
export const loaded = (page) => page.waitForFunction(() => globalThis.callgate)
