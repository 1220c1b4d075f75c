/** The test portal's page: what its places have of their own, commands and events. */
/* global say, sid */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pageWorld } from '../support/page.mjs'

const world = pageWorld()
const { answered, answers, ask, click, heardCommands, open, silent, tell, title, unanswered } =
  world

const CRM = ['CRM_DEAL_DETAIL_TAB', 'CRM_CONTACT_LIST_MENU', 'CRM_DYNAMIC_128_DETAIL_TAB']
const SEARCH = ['CRM_DETAIL_SEARCH', 'CRM_REQUISITE_AUTOCOMPLETE', 'CRM_BANK_DETAIL_AUTOCOMPLETE']
const cards = (names) => names.map((name) => `BackgroundCallCard::${name}`)

/** Codes, commands, events. */
const PLACES = [
  [
    ['CALL_CARD'],
    ['getStatus', 'disableAutoClose', 'enableAutoClose'],
    ['CallCard::EntityChanged', 'CallCard::BeforeClose', 'CallCard::CallStateChanged'],
  ],
  [
    ['PAGE_BACKGROUND_WORKER'],
    [
      'CallCardSetMute',
      'CallCardSetHold',
      'CallCardSetUiState',
      'CallCardGetListUiStates',
      'CallCardSetCardTitle',
      'CallCardSetStatusText',
      'CallCardStartTimer',
      'CallCardStopTimer',
      'CallCardClose',
    ],
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
    ['CALENDAR_GRIDVIEW'],
    ['getEvents', 'viewEvent', 'addEvent', 'editEvent', 'deleteEvent'],
    [
      'Calendar.customView:refreshEntries',
      'Calendar.customView:decreaseViewRangeDate',
      'Calendar.customView:increaseViewRangeDate',
      'Calendar.customView:adjustToDate',
    ],
  ],
  [CRM, ['reloadData'], []],
  [
    ['CRM_LEAD_DETAIL_ACTIVITY'],
    [
      'reloadData',
      'setLayout',
      'setLayoutItemState',
      'setPrimaryButtonState',
      'setSecondaryButtonState',
      'bindLayoutEventCallback',
      'bindValueChangeCallback',
      'bindPrimaryButtonClickCallback',
      'bindSecondaryButtonClickCallback',
      'bindEntityUpdateCallback',
      'lock',
      'unlock',
      'finish',
    ],
    [],
  ],
  [SEARCH, ['crmShowFoundEntities', 'crmShowCreatedEntity'], ['onCrmEntityIsNeedToCreate']],
  [
    ['CATALOG_EXTERNAL_PRODUCT'],
    ['onReady', 'onProductCreated', 'onProductUpdated', 'onProductsFound'],
    [
      'Catalog:ProductSelectorPlacement:onNeedProductCreate',
      'Catalog:ProductSelectorPlacement:onNeedProductUpdate',
      'Catalog:ProductSelectorPlacement:onNeedSearchProducts',
    ],
  ],
  [['USERFIELD_TYPE'], ['getValue', 'setValue', 'resizeWindow'], []],
  [['LANDING_BLOCK_about', 'LANDING_BLOCK_*'], ['refreshBlock'], []],
  [['BIZPROC_ACTIVITY_PROPERTIES_DIALOG'], ['setPropertyValue'], []],
  [['DEFAULT', 'TASK_VIEW_TAB'], [], []],
]

for (const [codes, command, event] of PLACES) {
  for (const placement of codes) {
    test(`${placement}_has_its_commands_and_events`, async () => {
      const frame = await open({ placement, options: '{"ID":"1"}' })
      const data = await ask(frame, 'getInitData')
      assert.equal(data.PLACEMENT, placement.toUpperCase())
      assert.deepEqual(data.PLACEMENT_OPTIONS, { ID: '1' })
      assert.deepEqual(await ask(frame, 'getInterface'), { command, event })
    })
  }
}

for (const [[placement], , events] of PLACES.filter(([, , events]) => events.length > 0)) {
  test(`events_of_${placement}_reach_those_who_bound_them_each_time_they_happen`, async () => {
    const frame = await open({ placement })
    const bind = (event) => tell(frame, 'placementBindEvent', { event })
    const twice = [await bind(events[0]), await bind(events[0])]
    const bound = []
    for (const event of events) bound.push(await bind(event))
    const unknown = await bind('nobody')
    await ask(frame, 'getInterface')
    const payload = world.page.getByLabel('What it carries, as JSON')
    for (const [index, event] of events.entries()) {
      await payload.fill('{"ID":7}')
      await click(event)
      await payload.fill('')
      await click(event)
      assert.deepEqual(await answered(frame, bound[index], 2), [{ ID: 7 }, ''], event)
    }
    for (const id of [...twice, ...bound]) assert.equal((await answers(frame, id)).length, 2)
    await unanswered(frame, unknown)
  })
}

test('the_title_is_the_first_places_alone_and_events_are_the_others', async () => {
  let frame = await open({ placement: 'CRM_DEAL_DETAIL_TAB' })
  await silent(frame, 'setTitle', { title: 'No' })
  assert.equal(await title(), '…')
  frame = await open()
  await silent(frame, 'placementBindEvent', { event: 'CallCard::BeforeClose' })
  assert.deepEqual(await heardCommands(), [])
})

const plainly = [
  ['CALL_CARD', ['disableAutoClose', 'enableAutoClose']],
  ['CALENDAR_GRIDVIEW', ['viewEvent', 'addEvent', 'editEvent', 'deleteEvent']],
  ['CRM_DEAL_DETAIL_TAB', ['reloadData']],
  [
    'CRM_DEAL_DETAIL_ACTIVITY',
    [
      'setLayout',
      'setLayoutItemState',
      'setPrimaryButtonState',
      'setSecondaryButtonState',
      'lock',
      'unlock',
      'finish',
    ],
  ],
  ['CRM_DETAIL_SEARCH', ['crmShowFoundEntities', 'crmShowCreatedEntity']],
  ['LANDING_BLOCK_about', ['refreshBlock']],
  ['BIZPROC_ACTIVITY_PROPERTIES_DIALOG', ['setPropertyValue']],
]

for (const [placement, commands] of plainly) {
  test(`commands_of_${placement}_without_data_answer_an_empty_list`, async () => {
    const frame = await open({ placement })
    for (const command of commands)
      assert.deepEqual(await ask(frame, command, { id: 1 }), [], command)
  })
}

test('a_call_card_tells_its_status_and_a_calendar_its_entries', async () => {
  const card = await ask(await open({ placement: 'CALL_CARD' }), 'getStatus')
  assert.deepEqual([card.CALL_ID, card.CALL_DIRECTION], ['externalCall.1', 'incoming'])
  const entries = await ask(await open({ placement: 'CALENDAR_GRIDVIEW' }), 'getEvents', {})
  assert.equal(entries[0].NAME, 'Meeting')
})

test('commands_to_a_call_card_need_one', async () => {
  const frame = await open({ placement: 'PAGE_BACKGROUND_WORKER' })
  const commands = PLACES[1][1].filter((name) => name !== 'CallCardGetListUiStates')
  const refused = (errorCode) => [{ result: 'error', errorCode }]
  for (const command of commands) {
    assert.deepEqual(await ask(frame, command, {}), refused('Call card is undefined'), command)
  }
  const states = await ask(frame, 'CallCardGetListUiStates', {})
  assert.equal(states.length, 12)
  await click('BackgroundCallCard::initialized')
  for (const command of ['SetMute', 'SetHold', 'SetCardTitle', 'SetStatusText']) {
    assert.deepEqual(await ask(frame, `CallCard${command}`, {}), [], command)
  }
  for (const command of ['CallCardStartTimer', 'CallCardStopTimer'])
    await silent(frame, command, {})
  assert.deepEqual(await ask(frame, 'CallCardSetUiState', { uiState: states[5] }), [])
  const wrong = await ask(frame, 'CallCardSetUiState', { uiState: 'happy' })
  assert.deepEqual(wrong, refused('Invalid ui state'))
  assert.deepEqual(await ask(frame, 'CallCardClose'), [])
  assert.deepEqual(await ask(frame, 'CallCardClose'), refused('Call card is undefined'))
})

test('callbacks_of_the_timeline_are_answered_as_often_as_they_are_called', async () => {
  const frame = await open({ placement: 'CRM_DEAL_DETAIL_ACTIVITY' })
  for (const command of PLACES[4][1].filter((name) => name.startsWith('bind'))) {
    const id = await tell(frame, command, {})
    await ask(frame, 'getInterface')
    assert.deepEqual(await answers(frame, id), [])
    for (let times = 0; times < 2; times++) await click(command)
    assert.deepEqual(await answered(frame, id, 2), [{}, {}])
  }
})

test('the_product_selector_takes_what_it_is_told_and_says_nothing', async () => {
  const frame = await open({ placement: 'CATALOG_EXTERNAL_PRODUCT' })
  for (const command of PLACES[6][1]) await silent(frame, command, { id: 1 })
  assert.equal((await heardCommands()).length, 4)
})

test('a_fields_value_is_what_was_set_and_the_frame_changes_its_height_alone', async () => {
  const frame = await open({ placement: 'USERFIELD_TYPE', options: '{"VALUE":"old"}' })
  assert.equal(await ask(frame, 'getValue'), 'old')
  for (const value of ['new', { a: 1 }, [1]]) {
    assert.deepEqual(await ask(frame, 'setValue', value), [])
    assert.deepEqual(await ask(frame, 'getValue'), value)
  }
  await frame.evaluate(() => say(`setValue::nothing:${sid}`)) // what a falsy value looks like
  assert.deepEqual(await answered(frame, 'nothing'), [[]])
  assert.deepEqual(await ask(frame, 'getValue'), [])
  const { width, height } = await ask(frame, 'resizeWindow', { width: 100, height: 70 })
  assert.equal(height, 70)
  assert.ok(width > 100, `${width}`)
})

test('a_name_with_a_colon_is_asked_for_by_an_object', async () => {
  const frame = await open({ placement: 'CALL_CARD' })
  const event = { event: 'CallCard::BeforeClose' }
  await frame.evaluate((params) => {
    say({ method: 'placementBindEvent', params, callback: 'bound', appSid: sid })
    say({ method: 'Some:Command', params: '', callback: 'unknown', appSid: sid })
  }, event)
  await ask(frame, 'getInterface')
  await click(event.event)
  assert.deepEqual(await answered(frame, 'bound'), [{}])
  await unanswered(frame, 'unknown')
})
