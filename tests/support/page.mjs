/**
 * The world of the tests of the portal's page: the page in a browser, and in its frame, at another
 * origin, an application that knows nothing but the wire.
 */
/* global say, heard, sid */
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach } from 'node:test'
import { startChromium } from './chromium.mjs'
import { startPortal } from './portal.mjs'
import { startSite } from './site.mjs'

/** How long a thing may take that has to happen; machines may be slow. */
const PATIENCE = 15_000

/** Long enough for an answer that must not come. */
const SILENCE = 150

const application = `<!doctype html>
  <title>An application that speaks by hand</title>
  <body style="height: 900px">
  <script>
    const [host, secure, sid] = window.name.split('|')
    const heard = []
    addEventListener('message', ({ data, origin }) => {
      const [id] = data.split(':')
      heard.push({ id, text: data.slice(id.length + 1), origin })
    })
    const say = (message) =>
      parent.postMessage(message, (secure === '1' ? 'https://' : 'http://') + host)
  </script>`

/** The portal's users in tests that show them. */
export const PEOPLE = [
  { ID: '1', NAME: 'Jonas', LAST_NAME: 'Okafor', WORK_POSITION: 'Administrator' },
  { ID: '2', NAME: 'Mira', LAST_NAME: 'Lindqvist', WORK_POSITION: 'Manager' },
]

/** Waits until something is so. */
export async function until(isSo, what, patience = PATIENCE) {
  const late = Date.now() + patience
  while (!(await isSo())) {
    assert.ok(Date.now() < late, `in vain: until there is ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** It is there and listens. */
const byHand = () => typeof sid === 'string'

/**
 * Starts it for a file's tests; every test finds a fresh portal and a page without a past. `pages`
 * are the application's, by their paths, and `started` says within one whether it can be used.
 */
export function pageWorld({
  pages = { '/app.html': application, '/install.html': application },
  started = byHand,
} = {}) {
  let browser, portal, site, page
  before(async () => {
    ;[browser, portal] = await Promise.all([startChromium(), startPortal()])
    site = await startSite({ pages })
  })
  after(async () => {
    site?.stop()
    await Promise.all([browser?.close(), portal?.stop()])
  })
  beforeEach(async () => {
    await portal.reset()
    page = await browser.newPage()
    page.setDefaultTimeout(PATIENCE)
  })
  afterEach(() => page.close())

  const address = (query) =>
    `${portal.portal}/_portal/page?${new URLSearchParams({ app: `${site.origin}/app.html`, ...query })}`

  /** Opens the application, and gives its frame once it listens. */
  async function open({ path = '/app.html', ...query } = {}) {
    await page.goto(address({ app: site.origin + path, ...query }))
    return listening(path)
  }

  /** The frames that this has given already. */
  const met = new WeakSet()

  /** Waits for a frame that shows the application anew. */
  async function listening(path = '/app.html') {
    const unmet = () =>
      page.frames().find((it) => it.url().startsWith(site.origin + path) && !met.has(it))
    await until(unmet, `a frame with ${path}`)
    const frame = unmet()
    met.add(frame)
    await frame.waitForFunction(started)
    return frame
  }

  let asked = 0

  /** Says a command, and gives its callback's id. */
  async function tell(frame, command, params) {
    const id = `id${++asked}`
    const json = params === undefined ? '' : JSON.stringify(params)
    await frame.evaluate((parts) => say([...parts, sid].join(':')), [command, json, id])
    return id
  }

  /** The texts that answered a callback so far. */
  const answers = (frame, id) =>
    frame.evaluate((id) => heard.filter((it) => it.id === id).map(({ text }) => text), id)

  /** Waits for so many answers, and gives them. */
  async function answered(frame, id, count = 1) {
    await frame
      .waitForFunction(
        ([id, count]) => heard.filter((it) => it.id === id).length >= count,
        [id, count],
      )
      .catch(() => assert.fail(`no answer came`))
    return (await answers(frame, id)).map((text) => text && JSON.parse(text))
  }

  /** Says a command and gives the value that answers it. */
  const ask = async (frame, command, params) =>
    (await answered(frame, await tell(frame, command, params)))[0]

  /** Makes sure that a command, or an id, is not answered. */
  async function unanswered(frame, id) {
    await page.waitForTimeout(SILENCE)
    assert.deepEqual(await answers(frame, id), [])
  }

  const silent = async (frame, command, params) =>
    unanswered(frame, await tell(frame, command, params))

  const title = () => page.locator('#title').innerText()
  const heading = () => page.getByRole('dialog').last().getByRole('heading').innerText()
  const heardCommands = () => page.locator('#heard li').allInnerTexts()
  const complaint = () => page.locator('#alert').innerText()
  const click = (name) => page.getByRole('button', { name, exact: true }).click()
  const profile = async (auth) => (await fetch(`${portal.portal}/rest/profile?auth=${auth}`)).status

  return {
    /** The test portal, the application's server, and the browser's page. */
    get portal() {
      return portal
    },
    get site() {
      return site
    },
    get page() {
      return page
    },
    address,
    open,
    listening,
    tell,
    answers,
    answered,
    ask,
    unanswered,
    silent,
    title,
    heading,
    heardCommands,
    complaint,
    click,
    profile,
  }
}
