/**
 * What the places of a portal add to the base commands: commands of their own, and events. A place
 * that has nothing of its own isn't listed.
 */
import { measured, setHeight } from './commands.js'

/** Does its work out of sight. */
const done = (layout, params, reply) => reply([])

/** Answers each time that what it is named after happens. */
const binds = (name) => (layout, params, reply) => layout.bind(name, reply)

const named = (names, command) => Object.fromEntries(names.map((name) => [name, command(name)]))
const all = (names) => named(names, () => done)

/** In front of what needs a call card on the screen. */
const withCard = (command) => (layout, params, reply) => {
  if (layout.memory.card) command(layout, params, reply)
  else reply([{ result: 'error', errorCode: 'Call card is undefined' }])
}

const CARD_STATES = [
  'incoming',
  'transferIncoming',
  'outgoing',
  'connectingIncoming',
  'connectingOutgoing',
  'connected',
  'transferring',
  'transferFailed',
  'transferConnected',
  'error',
  'moneyError',
  'redial',
]

const callCard = {
  commands: {
    getStatus: (layout, params, reply) =>
      reply({
        CALL_ID: 'externalCall.1',
        PHONE_NUMBER: '+493012345',
        CRM_ENTITY_TYPE: 'CONTACT',
        CRM_ENTITY_ID: 1,
        CRM_ACTIVITY_ID: 1,
        CALL_DIRECTION: 'incoming',
        CALL_LIST_MODE: false,
        CRM_BINDINGS: [],
      }),
    ...all(['disableAutoClose', 'enableAutoClose']),
  },
  events: ['EntityChanged', 'BeforeClose', 'CallStateChanged'].map((name) => `CallCard::${name}`),
}

/** A call card is there from `initialized` until it is closed. */
const backgroundWorker = {
  commands: {
    ...named(['CallCardSetMute', 'CallCardSetHold'], () => withCard(done)),
    CallCardSetUiState: withCard((layout, { uiState }, reply) =>
      reply(
        CARD_STATES.includes(uiState) ? [] : [{ result: 'error', errorCode: 'Invalid ui state' }],
      ),
    ),
    CallCardGetListUiStates: (layout, params, reply) => reply(CARD_STATES),
    ...named(['CallCardSetCardTitle', 'CallCardSetStatusText'], () => withCard(done)),
    // A browser's portal answers these two only when they fail.
    ...named(['CallCardStartTimer', 'CallCardStopTimer'], () => withCard(() => {})),
    CallCardClose: withCard((layout, params, reply) => {
      layout.memory.card = false
      reply([])
    }),
  },
  events: [
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
  ].map((name) => `BackgroundCallCard::${name}`),
  happens(layout, event) {
    if (event === 'BackgroundCallCard::initialized') layout.memory.card = true
  },
}

const calendar = {
  commands: {
    getEvents: (layout, params, reply) =>
      reply([{ ID: '1', NAME: 'Meeting', DATE_FROM: '2026-11-23', DATE_TO: '2026-11-23' }]),
    ...all(['viewEvent', 'addEvent', 'editEvent', 'deleteEvent']),
  },
  events: ['refreshEntries', 'decreaseViewRangeDate', 'increaseViewRangeDate', 'adjustToDate'].map(
    (name) => `Calendar.customView:${name}`,
  ),
}

const timeline = {
  commands: {
    ...all(['setLayout', 'setLayoutItemState', 'setPrimaryButtonState', 'setSecondaryButtonState']),
    ...named(
      [
        'bindLayoutEventCallback',
        'bindValueChangeCallback',
        'bindPrimaryButtonClickCallback',
        'bindSecondaryButtonClickCallback',
        'bindEntityUpdateCallback',
      ],
      binds,
    ),
    ...all(['lock', 'unlock', 'finish']),
  },
}

const clientSearch = {
  commands: all(['crmShowFoundEntities', 'crmShowCreatedEntity']),
  events: ['onCrmEntityIsNeedToCreate'],
}

/** The portal takes what these tell it, and answers nothing. */
const products = {
  commands: named(
    ['onReady', 'onProductCreated', 'onProductUpdated', 'onProductsFound'],
    () => () => {},
  ),
  events: ['onNeedProductCreate', 'onNeedProductUpdate', 'onNeedSearchProducts'].map(
    (name) => `Catalog:ProductSelectorPlacement:${name}`,
  ),
}

/** The stored value is the field's; what is set is the parameters themselves. */
const userField = {
  commands: {
    getValue: ({ memory, opening }, params, reply) =>
      reply(memory.value ?? opening.options?.VALUE ?? ''),
    setValue({ memory }, params, reply) {
      memory.value = params
      reply([])
    },
    resizeWindow({ element }, { height }, reply) {
      setHeight(element, height)
      reply(measured(element))
    },
  },
}

const PLACEMENTS = [
  [/^CALL_CARD$/, callCard],
  [/^PAGE_BACKGROUND_WORKER$/, backgroundWorker],
  [/^CALENDAR_GRIDVIEW$/, calendar],
  [/^CRM_.+_(DETAIL_TAB|DETAIL_ACTIVITY|LIST_MENU)$/, { commands: all(['reloadData']) }],
  [/^CRM_.+_DETAIL_ACTIVITY$/, timeline],
  [/^CRM_(DETAIL_SEARCH|REQUISITE_AUTOCOMPLETE|BANK_DETAIL_AUTOCOMPLETE)$/, clientSearch],
  [/^CATALOG_EXTERNAL_PRODUCT$/, products],
  [/^USERFIELD_TYPE$/, userField],
  [/^LANDING_BLOCK_/, { commands: all(['refreshBlock']) }],
  [/^BIZPROC_ACTIVITY_PROPERTIES_DIALOG$/, { commands: all(['setPropertyValue']) }],
]

/** What a place has of its own: `commands`, `events`, and what `happens` to it with them. */
export function placement(code) {
  const parts = PLACEMENTS.filter(([pattern]) => pattern.test(code)).map(([, part]) => part)
  return {
    commands: Object.assign({}, ...parts.map(({ commands }) => commands)),
    events: parts.flatMap(({ events }) => events ?? []),
    happens: parts.find(({ happens }) => happens)?.happens,
  }
}

/** The commands that nobody hears there. */
export function deniedAt({ placement: code, popup }) {
  const denied = [code === 'DEFAULT' ? 'placementBindEvent' : 'setTitle']
  if (popup && code !== 'USERFIELD_TYPE') denied.push('resizeWindow')
  return denied
}
