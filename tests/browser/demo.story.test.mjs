/** The demo's story, as a visitor plays it: in one page, by clicks and by keyboard. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startChromium } from '../support/chromium.mjs'
import { startPortal } from '../support/portal.mjs'

/** A wait is repeated after 5, 8 and 13 s, and machines may be slow. */
const PATIENCE = 60_000

let browser
let portal
let page
let app
/** What must not happen: requests to others, complaints on the console. */
const strangers = []
const complaints = []

before(async () => {
  portal = await startPortal()
  browser = await startChromium()
  page = await open({ colorScheme: 'light', viewport: { width: 1360, height: 860 } })
  app = page.frameLocator('iframe')
})
after(async () => {
  await browser?.close()
  await portal?.stop()
})

async function open(options) {
  const opened = await browser.newPage(options)
  opened.setDefaultTimeout(PATIENCE)
  opened.on('request', (request) => {
    const { origin, protocol } = new URL(request.url())
    if (protocol !== 'data:' && ![portal.portal, portal.app].includes(origin)) {
      strangers.push(request.url())
    }
  })
  opened.on('pageerror', (error) => complaints.push(error.stack))
  opened.on('console', (message) => {
    // Chromium reports every refusal of the portal; refusals are what the story is about.
    const refusal = /status of (401|403)/.test(message.text())
    if (['error', 'warning'].includes(message.type()) && !refusal) complaints.push(message.text())
  })
  await opened.goto(`${portal.portal}/`)
  return opened
}

const outcome = () => app.locator('#outcome')
const run = () => app.getByRole('button', { name: 'Run' })
const step = (name) => app.getByRole('button', { name, exact: false })
/** Waits for the head of the outcome, and for the verdict beside the button. */
const ended = (word) => outcome().locator('.head').getByText(word).waitFor()
const checked = (word) => app.locator('#verdict').getByText(word).waitFor()
const rows = () => outcome().locator('tbody tr').allInnerTexts()

/** What stands beside a word of the decision. */
const fact = (name) => outcome().locator(`dt:text-is("${name}") + dd`).innerText()

/** The wire log from the oldest on, without the questions for scopes. */
async function wire() {
  const rows = await page
    .locator('#entries > li')
    .evaluateAll((items) =>
      items.map(({ dataset }) => `${dataset.kind} ${dataset.method} ${dataset.result}`),
    )
  return rows.reverse().filter((row) => row !== 'call scope 200')
}

/** Waits until the wire log ends so, and returns what it gained since it had `known` rows. */
async function wireEndsWith(known, last) {
  await page.locator(`#entries > li:first-child[data-result="${last}"]`).waitFor()
  return (await wire()).slice(known)
}

/** By how many pixels the page and the app are wider than their windows. */
function overflow() {
  const excess = (root) => root.scrollWidth - root.clientWidth
  return Promise.all([page, app].map((where) => where.locator('html').evaluate(excess)))
}

/** Goes on with the Tab key until an element has the focus that `wanted` accepts. */
async function tabTo(wanted) {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab')
    if (await wanted.evaluate((element) => element === document.activeElement)) return
  }
  assert.fail('the Tab key never led there')
}

test('a_missing_scope_is_shown_before_anything_is_sent', async () => {
  await app.getByText('Connected').waitFor()
  await checked('Denied')
  await tabTo(run())
  await page.keyboard.press('Enter')
  await ended('Denied')
  assert.equal(await fact('Needed'), 'crm')
  assert.deepEqual((await fact('Provided')).split(/\s+/), ['im', 'telephony', 'user'])
  assert.match(await fact('Remedy'), /crm/)
  assert.equal(await fact('Code'), 'insufficient_scope')
  assert.match(await fact('Sent'), /^no/)
  assert.equal(await page.locator('#app-title').innerText(), 'Callgate tour')
  const log = await portal.log()
  assert.equal(
    log.some(({ url }) => url.includes('crm.deal.list')),
    false,
  )
})

test('the_same_call_works_after_the_grant', async () => {
  const crm = page.getByRole('switch', { name: 'crm' })
  assert.equal(await crm.getAttribute('aria-checked'), 'false')
  await tabTo(crm)
  await page.keyboard.press('Space')
  await checked('Allowed')
  assert.equal(await crm.getAttribute('aria-checked'), 'true')
  await run().click()
  await outcome().getByRole('table').waitFor()
  assert.equal((await rows()).length, 3)
  assert.match((await rows())[0], /^1\tSolar roof for Vega School\t€18,400\.00$/)
})

test('the_heads_of_departments_are_decoded', async () => {
  await app.getByRole('button', { name: 'Next: Departments' }).click()
  await run().click()
  await outcome().getByRole('table').waitFor()
  assert.deepEqual(
    (await rows()).map((row) => row.split('\t').slice(0, 3)),
    [
      ['1', 'Ada Moreau', 'Head of Operations'],
      ['2', 'Tomasz Wilk', 'Head of Sales'],
      ['3', 'Priya Raman', 'Head of Support'],
    ],
  )
})

test('a_wait_can_be_cancelled_and_ends_in_a_table_when_the_administrator_allows', async () => {
  await app.getByRole('button', { name: 'Next: Confirmation' }).click()
  const before = (await wire()).length
  await run().click()
  await app.getByRole('timer').waitFor()
  await app.getByText(/^0:(?!00)\d\d$/).waitFor()
  await app.getByRole('button', { name: 'Cancel' }).click()
  await ended('Cancelled')

  await run().press('Enter')
  await app.getByRole('timer').waitFor()
  const allow = page.getByRole('button', { name: 'Allow' })
  await allow.focus()
  await page.keyboard.press('Enter')
  await page.getByText('Allowed at').waitFor()
  await outcome().getByRole('table').waitFor()
  assert.deepEqual((await rows())[0].split('\t'), ['3', '103', 'yes', 'phone3', '••••••'])
  const gained = await wireEndsWith(before, '200')
  assert.ok(gained.includes('event OnAppMethodConfirm confirmed: 1'), gained.join('\n'))
  assert.equal(gained.at(-1), 'call voximplant.user.get 200')
})

test('a_token_that_has_expired_is_refreshed_once_and_the_call_succeeds', async () => {
  await app.getByRole('button', { name: 'Next: Expiry' }).click()
  const before = (await wire()).length
  const token = await page.locator('#token').innerText()
  await page.getByRole('button', { name: 'Let an hour pass' }).click()
  await page.getByText('Lapsed').waitFor()
  await run().click()
  await outcome().getByRole('table').waitFor()
  assert.match((await rows())[0], /^2\tMira Lindqvist\t/)
  assert.notEqual(await page.locator('#token').innerText(), token)
  await page.locator('#entries > li[data-method="user.current"][data-result="200"]').waitFor()
  assert.deepEqual((await wire()).slice(before), [
    'call user.current 401 expired_token',
    'refresh oauth/token 200',
    'call user.current 200',
  ])
})

test('a_new_token_needs_a_new_confirmation_and_a_refusal_is_final', async () => {
  await app.getByRole('button', { name: 'Next: Refusal' }).click()
  await run().click()
  await page.getByRole('button', { name: 'Refuse' }).click()
  await ended('Denied')
  assert.equal(await fact('Code'), 'METHOD_CONFIRM_DENIED')
  assert.match(await fact('Remedy'), /administrator refused/)
  assert.match(await fact('Sent'), /403/)
  await wireEndsWith(0, '403 METHOD_CONFIRM_DENIED')

  const before = (await portal.log()).length
  await run().click()
  await outcome().getByText('nothing left the app').waitFor()
  assert.equal((await portal.log()).length, before)
})

test('the_wire_log_opens_by_keyboard_and_keeps_secrets', async () => {
  const granted = page.locator('[data-method="voximplant.user.get"][data-result="200"]')
  await granted.locator('summary').focus()
  await page.keyboard.press('Enter')
  await granted.getByText('SIP_LOGIN').waitFor()
  const shown = await page.locator('#entries').evaluate((list) => list.textContent)
  const log = await portal.log()
  const secrets = new Set(
    log.flatMap(({ answer, body }) => [
      ...[...new URLSearchParams(body)].filter(([name]) => /auth|token/.test(name)).flat(),
      ...(answer.match(/(?<="(?:access|refresh)_token":")\w+|secret\d/g) ?? []),
    ]),
  )
  for (const secret of secrets) {
    if (secret.length > 16 || secret.startsWith('secret'))
      assert.ok(!shown.includes(secret), secret)
  }
  assert.ok([...secrets].some((secret) => secret.startsWith('secret')))
  assert.match(shown, /auth = \w{4}…/)
})

test('light_and_dark_have_their_own_colours', async () => {
  const colours = () =>
    page.evaluate(() => {
      const { backgroundColor, color } = getComputedStyle(document.body)
      return [backgroundColor, color].map((text) => Number(/\d+/.exec(text)[0]))
    })
  const [paper, ink] = await colours()
  assert.ok(paper > 200 && ink < 60, `${paper} ${ink}`)
  await page.emulateMedia({ colorScheme: 'dark' })
  const [darkPaper, darkInk] = await colours()
  assert.ok(darkPaper < 60 && darkInk > 200, `${darkPaper} ${darkInk}`)
  const appPaper = await app
    .locator('body')
    .evaluate((body) => Number(/\d+/.exec(getComputedStyle(body).backgroundColor)[0]))
  assert.ok(appPaper < 60, String(appPaper))
})

test('nothing_overflows_at_400_pixels_in_any_step', async () => {
  await page.setViewportSize({ width: 400, height: 800 })
  for (const name of ['Scope', 'Departments', 'Confirmation', 'Expiry', 'Refusal']) {
    await step(name).first().click()
    await app.getByRole('heading', { level: 2 }).waitFor()
    assert.deepEqual(await overflow(), [0, 0], name)
  }
  // The app is as high as its content, first, then the inbox, then the log.
  const tops = await page
    .locator('main > section')
    .evaluateAll((sections) => sections.map((section) => section.getBoundingClientRect().top))
  assert.deepEqual(
    tops,
    tops.toSorted((a, b) => a - b),
  )
  await app.locator('html').evaluate(
    (root) =>
      new Promise((resolve) => {
        const look = () =>
          root.scrollHeight <= root.clientHeight ? resolve() : requestAnimationFrame(look)
        look()
      }),
  )
})

test('starting_over_makes_everything_new', async () => {
  await page.getByRole('button', { name: 'Start over' }).click()
  await app.getByRole('heading', { name: '1. A call' }).waitFor()
  await checked('Denied')
  assert.equal(
    await page.getByRole('switch', { name: 'crm' }).getAttribute('aria-checked'),
    'false',
  )
  assert.equal(await page.locator('#requests li').count(), 0)
})

test('on_a_narrow_page_a_request_beckons_from_below', async () => {
  const beckon = page.getByRole('link', { name: 'A request waits below' })
  assert.equal(await beckon.isVisible(), false)
  await step('Confirmation').click()
  await run().click()
  await app.getByRole('timer').waitFor()
  await beckon.click()
  assert.deepEqual(await overflow(), [0, 0])
  await page.getByRole('button', { name: 'Refuse' }).click()
  await ended('Denied')
  assert.equal(await beckon.isVisible(), false)
})

test('the_app_alone_says_where_it_belongs', async () => {
  const alone = await browser.newPage()
  await alone.goto(portal.app)
  await alone.getByText('CALLGATE_NOT_IN_FRAME').waitFor()
  await alone.close()
})

test('nobody_else_was_asked_and_nothing_complained', () => {
  assert.deepEqual(strangers, [])
  assert.deepEqual(complaints, [])
})
