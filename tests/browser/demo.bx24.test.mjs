/** The demo of BX24, as a visitor plays it: an installation, a card's tab, a dialog of the portal's. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startChromium } from '../support/chromium.mjs'
import { startPortal } from '../support/portal.mjs'
import { until } from '../support/page.mjs'

let browser, portal, page, app
/** What must not happen: requests to others, complaints on the console. */
const strangers = []
const complaints = []

before(async () => {
  ;[browser, portal] = await Promise.all([startChromium(), startPortal()])
  page = await browser.newPage({ viewport: { width: 1280, height: 860 } })
  page.setDefaultTimeout(15_000)
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url())
    const isOurs = [portal.portal, portal.app].includes(origin)
    if (protocol !== 'data:' && !isOurs) strangers.push(request.url())
  })
  page.on('pageerror', (error) => complaints.push(error.stack))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  await page.goto(portal.portal)
  await page.getByRole('link', { name: 'BX24' }).click()
  app = page.frameLocator('iframe')
})
after(async () => {
  await browser?.close()
  await portal?.stop()
})

const button = (name) => app.getByRole('button', { name })
const fact = (name) => page.locator(`#facts dt:text-is("${name}") + dd`).innerText()

/** The wire log from the oldest on. */
async function wire() {
  const rows = await page
    .locator('#entries > li')
    .evaluateAll((items) => items.map(({ dataset }) => `${dataset.kind} ${dataset.method}`))
  return rows.reverse()
}

/** Waits for a row of the wire log. */
const onTheWire = (row) => until(async () => (await wire()).includes(row), row)

/** By how many pixels the page and the app are wider than their windows. */
function overflow() {
  const excess = (root) => root.scrollWidth - root.clientWidth
  return Promise.all([page, app].map((where) => where.locator('html').evaluate(excess)))
}

test('an_app_is_installed_by_its_own_page', async () => {
  await button('Install').click()
  await app.locator('#tab.done').waitFor()
  await app.locator('#event.done').waitFor()
  assert.equal(await page.locator('#where').innerText(), 'Applications / Handover')
  assert.match(await page.locator('#source').innerText(), /BX24\.installFinish/)
  await onTheWire('call batch')
  await button('Finish').press('Enter')
  await page.locator('#deal').waitFor()
  await onTheWire('message setInstallFinish')
})

test('a_deals_card_shows_the_app_with_the_deals_person', async () => {
  await app.getByText('Mira Lindqvist').waitFor()
  await app.getByText('Account manager').waitFor()
  assert.equal(await fact('Responsible'), 'Mira Lindqvist')
  assert.match(await page.locator('#source').innerText(), /BX24\.placement\.info\(\)/)
})

test('a_dialog_of_the_portals_chooses_who_takes_over_and_the_card_follows', async () => {
  await button('Hand over').click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Tomasz Wilk/ })
    .press('Enter')
  await app.getByText('Tomasz Wilk has the deal now.').waitFor()
  await until(async () => (await fact('Responsible')) === 'Tomasz Wilk', 'the new person')
  await app.getByText('handed over by you: 1').waitFor()
  await onTheWire('call crm.deal.update')
  const rows = await wire()
  const order = ['message selectUser', 'call crm.deal.update', 'message reloadData']
  const places = order.map((row) => rows.indexOf(row))
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  )
})

test('the_other_tab_is_the_portals_and_the_app_stays_as_it_is', async () => {
  await page.getByRole('button', { name: 'General' }).click()
  await page.getByText('Heat pumps, Alder Street 4').waitFor()
  assert.equal(await page.locator('iframe').isVisible(), false)
  await page.getByRole('button', { name: 'Handover' }).click()
  assert.equal(await app.getByText('Tomasz Wilk has the deal now.').isVisible(), true)
})

test('nothing_overflows_at_400_pixels', async () => {
  await page.setViewportSize({ width: 400, height: 800 })
  assert.deepEqual(await overflow(), [0, 0])
  await button('Hand over').click()
  const dialog = await page.getByRole('dialog').boundingBox()
  assert.ok(dialog.x >= 0 && dialog.x + dialog.width <= 400)
  await page.getByRole('button', { name: 'Close' }).click()
})

test('starting_over_installs_anew', async () => {
  await page.getByRole('button', { name: 'Start over' }).click()
  await button('Install').waitFor()
  assert.equal(await page.locator('#deal').isVisible(), false)
})

test('nobody_else_was_asked_and_nothing_complained', () => {
  assert.deepEqual(strangers, [])
  assert.deepEqual(complaints, [])
})
