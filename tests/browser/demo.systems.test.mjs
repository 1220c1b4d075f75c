/** The demo of three systems, as a visitor plays it: each waits or refuses, and goes on. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startChromium } from '../support/chromium.mjs'
import { startPortal } from '../support/portal.mjs'

/** Waits are repeated after 5 and 8 s or more, and machines may be slow. */
const PATIENCE = 60_000

let browser, portal, page
/** What must not happen: requests to others, complaints on the console. */
const strangers = []
const complaints = []

before(async () => {
  ;[browser, portal] = await Promise.all([startChromium(), startPortal()])
  page = await browser.newPage({ viewport: { width: 1280, height: 860 } })
  page.setDefaultTimeout(PATIENCE)
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url())
    const isOurs = [portal.portal, portal.app].includes(origin)
    if (protocol !== 'data:' && !isOurs) strangers.push(request.url())
  })
  page.on('pageerror', (error) => complaints.push(error.stack))
  page.on('console', (message) => {
    const refusal = /status of (401|403)/.test(message.text())
    if (['error', 'warning'].includes(message.type()) && !refusal) complaints.push(message.text())
  })
  await page.goto(`${portal.portal}/www/bx24/`)
  await page.getByRole('link', { name: 'Three systems' }).click()
})
after(async () => {
  await browser?.close()
  await portal?.stop()
})

const lane = (name) => page.getByRole('region', { name })
const ask = (name) => lane(name).getByRole('button', { name: 'Ask' }).click()
const press = (name, label) => lane(name).getByRole('button', { name: label }).click()
/** Waits for what a lane shows of its decision. */
const shows = (name, verdict, layer) =>
  lane(name).locator(`.card.${verdict}`, { hasText: layer }).waitFor()

test('all_three_are_asked_and_wait_or_refuse_side_by_side', async () => {
  const names = ['Bitrix24', '1E Platform', 'TelecomX']
  for (const name of names) await ask(name)
  await shows('Bitrix24', 'pending', 'confirmation')
  await shows('1E Platform', 'pending', 'approval')
  await shows('TelecomX', 'denied', 'right')
  const tops = await Promise.all(names.map(async (name) => (await lane(name).boundingBox()).y))
  assert.equal(new Set(tops).size, 1, 'side by side')
  assert.match(await lane('TelecomX').innerText(), /Needed\s+pickup/)
  assert.match(await page.locator('#source').innerText(), /error\.decision/)
})

test('each_goes_on_once_its_own_administrator_says_yes', async () => {
  await press('Bitrix24', 'Allow')
  await press('1E Platform', 'Submit the code')
  await press('1E Platform', 'Approve')
  await lane('TelecomX').getByRole('switch').press('Space')
  await page.locator('#said', { hasText: 'The group has the right now' }).waitFor()
  await ask('TelecomX')
  for (const name of ['TelecomX', 'Bitrix24', '1E Platform'])
    await shows(name, 'allowed', 'Allowed')
  const done = await (await fetch(`${portal.portal}/_portal/telecomx/done`)).json()
  assert.equal(done.length, 1)
})

test('a_no_says_who_and_why', async () => {
  await page.getByRole('button', { name: 'Start over' }).click()
  await lane('1E Platform').getByText('Not asked yet.').waitFor()
  for (const name of ['Bitrix24', '1E Platform']) await ask(name)
  await press('Bitrix24', 'Refuse')
  await press('1E Platform', 'Submit the code')
  await press('1E Platform', 'Reject')
  await shows('1E Platform', 'denied', 'jonas rejected it, saying "not today"')
  await shows('Bitrix24', 'denied', 'confirmation')
})

test('it_fits_a_phone_and_disturbs_nobody', async () => {
  await page.setViewportSize({ width: 400, height: 860 })
  const excess = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    return scrollWidth - clientWidth
  })
  assert.equal(excess, 0)
  assert.deepEqual([strangers, complaints], [[], []])
})
