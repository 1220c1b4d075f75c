/** The portal's modern SDK, as it comes from npm, finds itself at home on the test portal's page. */
/* global B24Js, b24 */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { startChromium } from '../support/chromium.mjs'
import { startPortal } from '../support/portal.mjs'
import { startSite } from '../support/site.mjs'

const sdk = new URL('dist/umd/index.min.js', import.meta.resolve('@bitrix24/b24jssdk/package.json'))

let browser, portal, site, page
before(async () => {
  ;[browser, portal] = await Promise.all([startChromium(), startPortal()])
  const pages = {
    '/app.html': '<!doctype html><script src="/sdk.js"></script>',
    '/sdk.js': await readFile(sdk, 'utf8'),
  }
  site = await startSite({ pages })
  page = await browser.newPage()
  page.setDefaultTimeout(5_000)
})
after(async () => {
  site?.stop()
  await Promise.all([browser?.close(), portal?.stop()])
})

/** Opens the application and starts the SDK in it. */
async function open(query) {
  await page.goto(
    `${portal.portal}/_portal/page?${new URLSearchParams({ app: `${site.origin}/app.html`, ...query })}`,
  )
  await page.waitForFunction(() => document.querySelector('iframe'))
  const frame = page.frames().at(-1)
  await frame.waitForFunction(() => globalThis.B24Js)
  await frame.evaluate(async () => {
    globalThis.b24 = await B24Js.initializeB24Frame()
  })
  return frame
}

test('it_starts_and_ends_the_first_run', async () => {
  const frame = await open()
  const told = await frame.evaluate(() => {
    const { member_id, access_token, domain } = b24.auth.getAuthData()
    return [
      b24.isInit,
      b24.isFirstRun,
      b24.auth.isAdmin,
      domain,
      member_id.length,
      access_token.length,
    ]
  })
  assert.deepEqual(told, [true, true, true, portal.portal, 32, 32])
  const again = await open()
  assert.equal(await again.evaluate(() => b24.isFirstRun), false)
})

test('it_calls_and_batches', async () => {
  const frame = await open({ scopes: 'crm' })
  const deal = await frame.evaluate(async () => {
    const answer = await b24.actions.v2.call.make({ method: 'crm.deal.get', params: { id: 1 } })
    return answer.getData().result
  })
  assert.equal(deal.ID, '1')
  const ids = await frame.evaluate(async () => {
    const calls = { one: ['crm.deal.get', { id: 1 }], two: ['crm.deal.get', { id: 2 }] }
    const answer = await b24.actions.v2.batch.make({ calls })
    const { one, two } = answer.getData()
    return [one.ID, two.ID]
  })
  assert.deepEqual(ids, ['1', '2'])
})

test('it_refreshes_its_token_by_hand_and_when_it_has_expired', async () => {
  const frame = await open({ scopes: 'crm' })
  const [before, after] = await frame.evaluate(async () => {
    const { access_token: before } = b24.auth.getAuthData()
    return [before, (await b24.auth.refreshAuth()).access_token]
  })
  assert.notEqual(before, after)
  await portal.control('faults', { kind: 'expired-token', times: 1, method: 'crm.deal.get' })
  const [id, newest] = await frame.evaluate(async () => {
    const answer = await b24.actions.v2.call.make({ method: 'crm.deal.get', params: { id: 1 } })
    return [answer.getData().result.ID, b24.auth.getAuthData().access_token]
  })
  assert.equal(id, '1')
  assert.notEqual(newest, after)
})

test('it_sets_options_that_the_next_visit_finds', async () => {
  const frame = await open()
  await frame.evaluate(async () => {
    await b24.options.userSet('colour', 'green')
    await b24.options.appSet('size', '7')
  })
  const next = await open()
  const options = await next.evaluate(() => [
    b24.options.userGet('colour'),
    b24.options.appGet('size'),
  ])
  assert.deepEqual(options, ['green', '7'])
})

test('it_speaks_to_its_place', async () => {
  const frame = await open({ placement: 'USERFIELD_TYPE', options: '{"VALUE":"old"}' })
  const told = await frame.evaluate(async () => {
    const { command } = await b24.placement.getInterface()
    const old = await b24.placement.call('getValue')
    const set = await b24.placement.setValue('new')
    const value = await b24.placement.call('getValue')
    return [b24.placement.placement, b24.placement.options, command, old, set, value]
  })
  const commands = ['getValue', 'setValue', 'resizeWindow']
  assert.deepEqual(told, ['USERFIELD_TYPE', { VALUE: 'old' }, commands, 'old', [], 'new'])
})

test('it_hears_events_and_uses_the_dialogs_and_sliders', async () => {
  let frame = await open({ placement: 'CALL_CARD' })
  await frame.evaluate(() =>
    b24.placement.bindEvent('CallCard::BeforeClose', (event) => (globalThis.happened = event)),
  )
  await page.getByLabel('What it carries, as JSON').fill('{"ID":7}')
  await page.getByRole('button', { name: 'CallCard::BeforeClose' }).click()
  await frame.waitForFunction(() => globalThis.happened?.ID === 7)

  frame = await open()
  const user = frame.evaluate(() => b24.dialog.selectUser())
  await page.getByRole('dialog').getByRole('listitem').first().getByRole('button').click()
  assert.equal((await user).id, '1')
  const path = frame.evaluate(() => b24.slider.openPath(b24.slider.getUrl('/company/'), 1640))
  await page.getByRole('button', { name: 'Close' }).click()
  assert.deepEqual(await path, { isOpenAtNewWindow: false, isClose: true })
})
