/** The demo's last step: ten thousand deals, stopped and resumed, and a second application. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { startChromium } from '../support/chromium.mjs'
import { startPortal } from '../support/portal.mjs'

const DEALS = 10_000

let browser
let portal
let page
let app
const complaints = []

before(async () => {
  portal = await startPortal()
  browser = await startChromium()
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  page.setDefaultTimeout(20_000)
  page.on('pageerror', (error) => complaints.push(error.stack))
  page.on('console', (message) => {
    // Chromium reports every refusal of the request bucket.
    const refusal = /status of 503/.test(message.text())
    if (['error', 'warning'].includes(message.type()) && !refusal) complaints.push(message.text())
  })
  await page.goto(`${portal.portal}/`)
  app = page.frameLocator('iframe')
  await app.getByText('Connected').waitFor()
  await app.getByRole('button', { name: 'Lists' }).click()
})
after(async () => {
  await browser?.close()
  await portal?.stop()
})

const list = () => app.getByRole('region', { name: 'portal.list' })
const pages = () => app.getByRole('region', { name: 'page by page' })
const press = (name) => app.getByRole('button', { name, exact: true }).click()
const status = () => app.locator('#outcome')
const neighbour = () => app.getByRole('switch', { name: 'A second application' })

/** How many rows a lane says it has. */
const count = async (lane) =>
  Number((await lane.getByText(/rows ·/).innerText()).split(' ')[0].replaceAll(',', ''))

/** Waits for a lane's first `rows` rows. */
const reaches = (lane, rows) =>
  lane.getByRole('table').evaluate(
    (table, wanted) =>
      new Promise((resolve) => {
        const look = () =>
          Number(table.getAttribute('aria-rowcount')) > wanted
            ? resolve()
            : requestAnimationFrame(look)
        look()
      }),
    rows,
  )

/** The numbers of all deals that a lane's window shows from its first row to its last. */
const numbers = (lane) =>
  lane.getByRole('group').evaluate(async (view) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    view.style.height = '30000px'
    const found = new Map()
    for (let top = 0; top < view.scrollHeight; top += 29_000) {
      view.scrollTop = top
      for (let frames = 0; frames < 3; frames++) await frame()
      for (const row of view.querySelectorAll('tbody tr')) {
        found.set(row.getAttribute('aria-rowindex'), /#(\d+)/.exec(row.textContent)[1])
      }
    }
    view.style.height = ''
    return [...found.values()].map(Number)
  })

/** The app's requests for deals that the portal saw. */
const asked = async () =>
  (await portal.log()).filter(({ url }) => /\/(batch|crm\.deal\.list)/.test(url))

test('a_list_whose_scope_is_missing_is_refused_before_anything_is_sent', async () => {
  await press('Load')
  await status().getByText('Denied').waitFor()
  assert.equal((await asked()).length, 0)
  await page.getByRole('switch', { name: 'crm' }).click()
  await app.getByRole('heading', { name: '1. A call' }).waitFor()
  await app.getByText('Connected').waitFor()
  await app.getByRole('button', { name: 'Lists' }).click()
})

test('stopping_ends_the_requests_and_keeps_the_rows', async () => {
  await press('Load')
  await reaches(list(), 2000)
  await press('Stop')
  await status().getByText('Stopped after').waitFor()
  const rows = [await count(list()), await count(pages())]
  assert.ok(rows[0] >= 2000 && rows[0] < DEALS, String(rows))
  assert.ok(rows[1] >= 50 && rows[1] < 2000, String(rows))
  await wait(500)
  const before = await asked()
  await wait(1000)
  assert.equal((await asked()).length, before.length)
  assert.deepEqual([await count(list()), await count(pages())], rows)
})

test('resuming_goes_on_behind_the_last_row_until_all_are_there_and_none_twice', async () => {
  const [before, had] = [await asked(), await count(pages())]
  await press('Resume')
  await status().getByText('All 10,000 rows').waitFor()
  assert.equal(await count(list()), DEALS)
  await list().getByText('Deal #10000:').waitFor() // the last rows run in
  const expected = Array.from({ length: DEALS }, (_, index) => index + 1)
  assert.deepEqual(await numbers(list()), expected)
  const batches = (await asked()).filter(({ url }) => url.includes('/batch'))
  assert.ok(batches.length < 20, `${batches.length} batches`)

  // The pages went on where they were, and are far behind.
  const start = ({ body }) => new URLSearchParams(body).get('start')
  const single = (await asked()).slice(before.length).filter(({ url }) => !url.includes('/batch'))
  assert.equal(Number(start(single[0])), had)
  await reaches(pages(), had + 50)
  assert.ok((await count(pages())) < DEALS / 2)
})

test('the_page_holds_few_rows_of_the_many', async () => {
  assert.ok((await list().locator('tr').count()) < 20)
  assert.equal(await list().getByRole('table').getAttribute('aria-rowcount'), String(DEALS + 1))
})

test('a_second_application_holds_calls_back_and_the_chart_shows_it', async () => {
  const bucket = app.getByRole('figure')
  await press('Stop')
  await status().getByText('Stopped after').waitFor()
  assert.equal(await bucket.getByText('Held back').count(), 0)
  await neighbour().focus()
  await page.keyboard.press('Space')
  assert.equal(await neighbour().getAttribute('aria-checked'), 'true')
  await app.getByText(/requests, [1-9]\d* refused/).waitFor()
  await press('Resume')
  await bucket.getByText('Held back').waitFor()
  await bucket.getByText(/: (49|50) of 50/).waitFor()
  assert.match(await bucket.locator('.mark').getAttribute('d'), /^M/)
  await neighbour().click()
  await wait(300)
  const others = async () =>
    (await portal.log()).filter(({ url }) => url.includes('user.current')).length
  const before = await others()
  await wait(1000)
  assert.equal(await others(), before)
})

test('leaving_the_step_stops_everything', async () => {
  await app.getByRole('button', { name: 'Departments' }).click()
  await wait(500)
  const before = (await portal.log()).length
  await wait(1000)
  assert.equal((await portal.log()).length, before)
  await app.getByRole('button', { name: 'Lists' }).click()
  await app.getByRole('button', { name: 'Resume' }).waitFor()
})

test('nothing_overflows_at_400_pixels', async () => {
  await page.setViewportSize({ width: 400, height: 800 })
  const excess = (root) => root.scrollWidth - root.clientWidth
  const widths = [page, app].map((where) => where.locator('html').evaluate(excess))
  assert.deepEqual(await Promise.all(widths), [0, 0])
})

test('nothing_complained', () => {
  assert.deepEqual(complaints, [])
})
