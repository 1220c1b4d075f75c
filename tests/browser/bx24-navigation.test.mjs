/** BX24 and what it opens over the portal's page: the application once more, paths, calls, chats. */
/* global BX24 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, bx24World, call } from '../support/bx24.mjs'
import { until } from '../support/page.mjs'

const world = bx24World()
const { click, heading, carriedOut, listening, message, messages, open } = world

/** Opens the application from within; what the callback got is in the frame's `got`. */
const openAgain = (frame, ...args) =>
  frame.evaluate((args) => {
    globalThis.got = []
    BX24.openApplication(...args, (...given) => globalThis.got.push(given))
  }, args)

/** Waits for the application in the slider. */
async function child() {
  const frame = await listening()
  await frame.evaluate(() => new Promise((resolve) => BX24.init(resolve)))
  return frame
}

const closed = (frame) => frame.waitForFunction(() => globalThis.got.length > 0)
const got = (frame) => frame.evaluate(() => globalThis.got)
const json = async (command) => JSON.parse((await message(command)).json)

test('openApplication_hands_over_its_options_and_calls_back_when_closed', async () => {
  const frame = await open()
  await openAgain(frame, { deal: 7 })
  const inner = await child()
  assert.deepEqual(await call(inner, 'placement.info'), {
    placement: 'DEFAULT',
    options: { deal: 7 },
  })
  assert.deepEqual(await got(frame), [])
  await call(inner, 'closeApplication')
  await closed(frame)
  assert.deepEqual(await got(frame), [[[]]])
  assert.equal((await messages('closeApplication')).length, 1)
  assert.equal((await message('closeApplication')).json, '')
})

test('settings_of_a_slider_travel_with_a_prefix_and_leave_the_callers_object_alone', async () => {
  const frame = await open()
  const params = await frame.evaluate(() => {
    const params = { deal: 7 }
    const settings = {
      width: 500,
      leftBoundary: 40,
      title: 'Deal 7',
      label: { bgColor: 'green', text: 'new', color: '#ffffff' },
    }
    BX24.openApplication(params, () => {}, settings)
    return params
  })
  assert.deepEqual(params, { deal: 7 })
  await child()
  assert.equal(await heading(), 'Deal 7')
  assert.equal(await world.page.getByText('new', { exact: true }).isVisible(), true)
  assert.ok((await world.page.getByRole('dialog').boundingBox()).width >= 500)
  assert.deepEqual(await json('openApplication'), {
    deal: 7,
    bx24_width: 500,
    bx24_leftBoundary: 40,
    bx24_title: 'Deal 7',
    bx24_label: { bgColor: 'green', text: 'new', color: '#ffffff' },
  })
})

test('openApplication_needs_no_parameters', async () => {
  const frame = await open()
  await openAgain(frame)
  await child()
  assert.equal((await message('openApplication')).json, '{}')
  await click('Close')
  await closed(frame)
  await call(frame, 'openApplication')
  await until(async () => (await messages('openApplication')).length === 2, 'a second message')
  assert.equal((await message('openApplication')).json, '')
})

test('closeApplication_closes_only_what_is_on_top_and_the_applications_own', async () => {
  const frame = await open()
  await openAgain(frame, {})
  const inner = await child()
  await openAgain(inner, {})
  await child()
  await call(frame, 'closeApplication')
  await closed(inner)
  assert.deepEqual(await got(frame), [])
})

/** Paths, and what becomes of them. */
const close = { result: 'close' }
const refused = { result: 'error', errorCode: 'PATH_NOT_AVAILABLE' }

test('openPath_calls_back_once_when_the_page_is_closed', async () => {
  const frame = await open()
  for (const path of ['/crm/deal/details/1/', '/company/?IFRAME=Y']) {
    const answer = ask(frame, 'openPath', path)
    await world.page.getByText(path.split('?')[0], { exact: false }).first().waitFor()
    await click('Close')
    assert.deepEqual(await answer, close)
    assert.deepEqual(await json('openPath'), { path })
  }
})

test('openPath_says_which_paths_it_refuses', async () => {
  const frame = await open()
  for (const path of ['', 'crm/deal/', 'https://x.test/', '//x.test/', '/\\x.test', '/%zz']) {
    assert.deepEqual(await ask(frame, 'openPath', path), refused, path)
  }
  await world.portal.control('faults', { kind: 'page-mobile', times: 1 })
  assert.deepEqual(await ask(frame, 'openPath', '/crm/deal/'), {
    result: 'error',
    errorCode: 'METHOD_NOT_SUPPORTED_ON_DEVICE',
  })
  await world.portal.control('faults', { kind: 'page-known-paths' })
  assert.deepEqual(await ask(frame, 'openPath', '/bizproc/1/'), refused)
})

test('calls_and_chats_are_asked_for_without_a_callback', async () => {
  const frame = await open()
  const said = [
    ['callTo', [5, true], 'imCallTo {"userId":5,"video":true}'],
    ['phoneTo', ['+49'], 'imPhoneTo {"phone":"+49"}'],
    ['openMessenger', ['chat7'], 'imOpenMessenger {"dialogId":"chat7"}'],
    ['openHistory', ['imol|7'], 'imOpenHistory {"dialogId":"imol|7"}'],
    ['openMessenger', [], 'imOpenMessenger {}'],
  ]
  for (const [name, args] of said) {
    assert.equal(await call(frame, `im.${name}`, ...args), undefined)
  }
  await until(async () => (await carriedOut()).length === said.length, 'all of them')
  assert.deepEqual(
    await carriedOut(),
    said.map(([, , text]) => text),
  )
  for (const command of ['imCallTo', 'imPhoneTo', 'imOpenMessenger', 'imOpenHistory']) {
    assert.equal((await message(command)).id, '')
  }
})
