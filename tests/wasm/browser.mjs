/**
 * Runs the crate's tests as wasm in Chromium. wasm-bindgen's runner serves the page; the browser is
 * steered as in all the other tests, for with chromedriver its page never loaded in one run of two.
 */
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { startChromium } from '../support/chromium.mjs'

/** In ms; how long the crate may take to compile, and the tests to run. */
const BUILD = 900_000
const TESTS = 60_000

const address = await freeAddress()
const runner = spawn(
  'cargo',
  'test --package=callgate --target=wasm32-unknown-unknown --test=wasm_browser'.split(' '),
  {
    env: { ...process.env, NO_HEADLESS: '1', WASM_BINDGEN_TEST_ADDRESS: address },
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
  },
)
let browser
try {
  await served()
  browser = await startChromium()
  const page = await browser.newPage()
  page.on('pageerror', (error) => console.error(error))
  await page.goto(`http://${address}/`)
  const ended = () => /^test result: .*|^.*error.*/m.test(document.body.innerText)
  await page.waitForFunction(ended, undefined, { timeout: TESTS }).catch(() => {})
  const said = await page.evaluate(() => document.body.innerText)
  console.log(said)
  if (!/^test result: ok\. [1-9]/m.test(said)) process.exitCode = 1
} finally {
  await browser?.close()
  // With the runner that cargo started.
  if (runner.exitCode === null) process.kill(-runner.pid)
}

async function freeAddress() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return `127.0.0.1:${port}`
}

/** Waits until the runner serves its page. */
async function served() {
  for (const late = Date.now() + BUILD; Date.now() < late; await pause(200)) {
    if (runner.exitCode !== null) throw new Error('the tests could not be built or served')
    const answer = await fetch(`http://${address}/`).catch(() => undefined)
    if (answer?.ok) return
  }
  throw new Error('the runner does not serve its page')
}
