/**
 * BX24 at the places of a portal: every command and event of each, from the application's side,
 * through `placement.call` and `placement.bindEvent`.
 */
/* global BX24, said */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, bx24World, call } from '../support/bx24.mjs'
import { until } from '../support/page.mjs'

const world = bx24World()
const { click, carriedOut, message, messages, open } = world

const cards = (names) => names.map((name) => `BackgroundCallCard::${name}`)

/** Of each place: its code, the commands that answer `[]`, its events. */
const PLACES = [
  [
    'CALL_CARD',
    ['disableAutoClose', 'enableAutoClose'],
    ['CallCard::EntityChanged', 'CallCard::BeforeClose', 'CallCard::CallStateChanged'],
  ],
  [
    'PAGE_BACKGROUND_WORKER',
    [],
    cards([
      'initialized',
      'entityChanged',
      'addCommentButtonClick',
      'answerButtonClick',
      'cancelTransferButtonClick',
      'closeButtonClick',
      'completeTransferButtonClick',
      'dialpadButtonClick',
      'hangupButtonClick',
      'holdButtonClick',
      'makeCallButtonClick',
      'muteButtonClick',
      'nextButtonClick',
      'notifyAdminButtonClick',
      'qualityMeterClick',
      'skipButtonClick',
      'transferButtonClick',
    ]),
  ],
  [
    'CALENDAR_GRIDVIEW',
    ['viewEvent', 'addEvent', 'editEvent', 'deleteEvent'],
    [
      'Calendar.customView:refreshEntries',
      'Calendar.customView:decreaseViewRangeDate',
      'Calendar.customView:increaseViewRangeDate',
      'Calendar.customView:adjustToDate',
    ],
  ],
  ['CRM_DEAL_DETAIL_TAB', ['reloadData'], []],
  ['CRM_CONTACT_LIST_MENU', ['reloadData'], []],
  [
    'CRM_LEAD_DETAIL_ACTIVITY',
    [
      'reloadData',
      'setLayout',
      'setLayoutItemState',
      'setPrimaryButtonState',
      'setSecondaryButtonState',
      'lock',
      'unlock',
      'finish',
    ],
    [],
  ],
  [
    'CRM_DETAIL_SEARCH',
    ['crmShowFoundEntities', 'crmShowCreatedEntity'],
    ['onCrmEntityIsNeedToCreate'],
  ],
  [
    'CRM_REQUISITE_AUTOCOMPLETE',
    ['crmShowFoundEntities', 'crmShowCreatedEntity'],
    ['onCrmEntityIsNeedToCreate'],
  ],
  [
    'CATALOG_EXTERNAL_PRODUCT',
    [],
    [
      'Catalog:ProductSelectorPlacement:onNeedProductCreate',
      'Catalog:ProductSelectorPlacement:onNeedProductUpdate',
      'Catalog:ProductSelectorPlacement:onNeedSearchProducts',
    ],
  ],
  ['LANDING_BLOCK_about', ['refreshBlock'], []],
  ['BIZPROC_ACTIVITY_PROPERTIES_DIALOG', ['setPropertyValue'], []],
]

/** Calls a command; what its callback got is in the frame's `got`. */
const listen = (frame, command, params) =>
  frame.evaluate(
    ([command, params]) => {
      globalThis.got = []
      BX24.placement.call(command, params, (...given) => globalThis.got.push(given))
    },
    [command, params],
  )

const got = (frame) => frame.evaluate(() => globalThis.got)
const times = (frame, count) =>
  frame.waitForFunction((count) => globalThis.got.length >= count, count)

for (const [placement, commands] of PLACES.filter(([, commands]) => commands.length > 0)) {
  test(`commands_of_${placement}_are_carried_out_and_answer_an_empty_list`, async () => {
    const frame = await open({ placement })
    for (const command of commands) {
      assert.deepEqual(await ask(frame, 'placement.call', command, { id: 1 }), [], command)
      assert.equal((await message(command)).json, '{"id":1}')
      assert.deepEqual(await ask(frame, 'placement.call', command), [], command)
      assert.equal((await message(command)).json, '{}', 'without parameters')
    }
    assert.equal((await carriedOut()).length, 2 * commands.length)
  })
}

for (const [placement, , events] of PLACES.filter(([, , events]) => events.length > 0)) {
  test(`events_of_${placement}_call_back_each_time_they_happen`, async () => {
    const frame = await open({ placement })
    const payload = world.page.getByLabel('What it carries, as JSON')
    for (const event of events) {
      await frame.evaluate((event) => {
        globalThis.got = []
        for (const who of ['one', 'two']) {
          BX24.placement.bindEvent(event, (...given) => globalThis.got.push([who, ...given]))
        }
      }, event)
      await until(
        async () =>
          (await messages('placementBindEvent')).filter((text) => text.includes(event)).length > 1,
        'two messages',
      )
      assert.equal((await message('placementBindEvent')).json, JSON.stringify({ event }))
      await ask(frame, 'placement.getInterface') // commands are carried out in order
      await payload.fill('{"ID":7}')
      await click(event)
      await times(frame, 2)
      await payload.fill('')
      await click(event)
      await times(frame, 4)
      const heard = [{ ID: 7 }, []].flatMap((what) => [
        ['one', what],
        ['two', what],
      ])
      assert.deepEqual(await got(frame), heard, event)
    }
  })
}

test('a_call_card_tells_its_status_and_a_calendar_its_entries', async () => {
  const card = await ask(await open({ placement: 'CALL_CARD' }), 'placement.call', 'getStatus')
  assert.deepEqual([card.CALL_ID, card.CALL_DIRECTION], ['externalCall.1', 'incoming'])
  const calendar = await open({ placement: 'CALENDAR_GRIDVIEW' })
  const entries = await ask(calendar, 'placement.call', 'getEvents', {})
  assert.equal(entries[0].NAME, 'Meeting')
})

test('commands_to_a_call_card_need_one_and_two_of_them_answer_nothing', async () => {
  const frame = await open({ placement: 'PAGE_BACKGROUND_WORKER' })
  const tell = (command, params = {}) => ask(frame, 'placement.call', command, params)
  const refused = (errorCode) => [{ result: 'error', errorCode }]
  for (const name of [
    'SetMute',
    'SetHold',
    'SetUiState',
    'SetCardTitle',
    'SetStatusText',
    'StartTimer',
    'StopTimer',
    'Close',
  ]) {
    assert.deepEqual(await tell(`CallCard${name}`), refused('Call card is undefined'), name)
  }
  const states = await tell('CallCardGetListUiStates')
  assert.equal(states.length, 12)
  await click('BackgroundCallCard::initialized')
  for (const name of ['SetMute', 'SetHold', 'SetCardTitle', 'SetStatusText']) {
    assert.deepEqual(await tell(`CallCard${name}`), [], name)
  }
  await listen(frame, 'CallCardStartTimer', {})
  assert.deepEqual(await tell('CallCardSetUiState', { uiState: states[5] }), [])
  assert.deepEqual(await got(frame), [])
  assert.deepEqual(
    await tell('CallCardSetUiState', { uiState: 'happy' }),
    refused('Invalid ui state'),
  )
  assert.deepEqual(await tell('CallCardClose'), [])
})

test('callbacks_of_the_timeline_are_called_as_often_as_something_happens', async () => {
  const frame = await open({ placement: 'CRM_DEAL_DETAIL_ACTIVITY' })
  for (const what of [
    'LayoutEvent',
    'ValueChange',
    'PrimaryButtonClick',
    'SecondaryButtonClick',
    'EntityUpdate',
  ]) {
    const command = `bind${what}Callback`
    await listen(frame, command, {})
    await ask(frame, 'placement.getInterface')
    assert.deepEqual(await got(frame), [])
    for (const count of [1, 2]) {
      await click(command)
      await times(frame, count)
    }
    assert.deepEqual(await got(frame), [[{}], [{}]], what)
  }
})

test('the_product_selector_hears_what_it_is_told', async () => {
  const frame = await open({ placement: 'CATALOG_EXTERNAL_PRODUCT' })
  const commands = ['onReady', 'onProductCreated', 'onProductUpdated', 'onProductsFound']
  for (const command of commands) await listen(frame, command, { id: 1 })
  await ask(frame, 'placement.getInterface')
  assert.deepEqual(await got(frame), [])
  const heard = (await carriedOut()).filter((text) => /^on/.test(text))
  assert.deepEqual(
    heard,
    commands.map((command) => `${command} {"id":1}`),
  )
})

test('a_fields_value_is_the_parameters_themselves_and_a_falsy_one_cannot_be_sent', async () => {
  const frame = await open({ placement: 'USERFIELD_TYPE', options: '{"VALUE":"old"}' })
  const tell = (...args) => ask(frame, 'placement.call', ...args)
  assert.equal(await tell('getValue'), 'old')
  for (const [value, json, stored] of [
    ['new', '"new"', 'new'],
    ['a:b', '"a:b"', 'a:b'],
    [{ a: [1] }, '{"a":[1]}', { a: [1] }],
    [[1], '[1]', [1]],
    [true, 'true', true],
    ['', '', []],
    [0, '', []],
    [false, '', []],
    [null, '', []],
  ]) {
    assert.deepEqual(await tell('setValue', value), [])
    assert.equal((await message('setValue')).json, json)
    assert.deepEqual(await tell('getValue'), stored)
  }
})

test('a_field_changes_its_height_alone', async () => {
  const frame = await open({ placement: 'USERFIELD_TYPE' })
  const { width, height } = await ask(frame, 'resizeWindow', 100, 70)
  assert.equal(height, 70)
  assert.ok(width > 100, `${width}`)
})

test('the_title_is_not_a_placements_to_set', async () => {
  const frame = await open({ placement: 'CRM_DEAL_DETAIL_TAB' })
  await frame.evaluate(() => {
    globalThis.got = []
    BX24.setTitle('No', (...given) => globalThis.got.push(given))
  })
  await ask(frame, 'placement.getInterface')
  assert.deepEqual(await got(frame), [])
  assert.equal(await world.title(), '…')
})

test('placement_call_does_nothing_for_names_that_BX24_has_itself', async () => {
  const frame = await open()
  for (const name of ['resizeWindow', 'setTitle', 'openApplication', 'init', 'placement']) {
    await listen(frame, name, { width: 10, height: 10, title: 'No' })
    assert.equal(await call(frame, 'placement.call', name, {}), undefined)
  }
  await ask(frame, 'placement.getInterface')
  assert.deepEqual(await got(frame), [])
  assert.deepEqual(await carriedOut(), ['getInterface []'])
})

test('a_command_with_a_colon_travels_as_an_object_and_is_answered', async () => {
  const frame = await open({ placement: 'CALL_CARD' })
  await frame.evaluate(() => BX24.placement.call('Some:Command', { a: 1 }, () => {}))
  const heard = await world.page.waitForFunction(() => said.find((it) => it.method))
  const { appSid, callback, method, params } = await heard.jsonValue()
  assert.deepEqual([method, params], ['Some:Command', { a: 1 }])
  assert.match(callback, /^[^:]+$/)
  assert.equal(appSid, await frame.evaluate(() => window.name.split('|')[2]))
})
