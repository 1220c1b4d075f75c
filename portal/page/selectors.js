/** The portal's dialogs in which a user chooses something for the application. */
import { read } from './control.js'
import { el, showDialog } from './dom.js'

/**
 * Shows a list to choose from. A single choice ends with a click on it; several are ticked and then
 * taken together. Closed without a choice, it tells nobody.
 *
 * @param choices `{ name, detail, value, ticked }` each
 * @param chosen hears the values
 * @param closed hears that it is gone
 */
function choose(layout, { heading, choices, several, chosen, closed = () => {} }) {
  let taken
  const take = (values) => {
    taken = values
    dialog.close()
  }
  const boxes = new Map()
  const row = ({ name, detail, value, ticked }) => {
    const text = [name, el('small', {}, detail)]
    if (!several) {
      return el('button', { type: 'button', onclick: () => take([value]) }, ...text)
    }
    const box = el('input', { type: 'checkbox', checked: Boolean(ticked) })
    boxes.set(box, value)
    return el('label', {}, box, ' ', ...text)
  }
  const ticked = () => [...boxes].filter(([{ checked }]) => checked).map(([, value]) => value)
  const select = el('button', { type: 'button', onclick: () => take(ticked()) }, 'Select')
  const close = el('button', { type: 'button', onclick: () => dialog.close() }, 'Close')
  const dialog = el(
    'dialog',
    { class: 'portal-dialog', 'aria-label': heading },
    el('strong', {}, heading),
    el('ul', {}, ...choices.map((choice) => el('li', {}, row(choice)))),
    ...(several ? [select, ' '] : []),
    close,
  )
  showDialog(layout, dialog, () => {
    closed()
    if (taken) chosen(taken)
  })
}

async function people() {
  const rows = await read('data?entity=user')
  return rows.map(({ ID, NAME, LAST_NAME, WORK_POSITION }) => ({
    id: String(ID),
    name: [NAME, LAST_NAME].filter(Boolean).join(' '),
    sub: false,
    sup: false,
    position: WORK_POSITION ?? '',
    photo: '',
    url: `/company/personal/user/${ID}/`,
  }))
}

/** There is one dialog for a single user: asked again, it serves who asked last. */
export async function selectUser(layout, { mult }, reply) {
  const { memory } = layout
  if (!mult) {
    memory.wantsUser = reply
    if (memory.choosesUser) return
    memory.choosesUser = true
  }
  const choices = (await people()).map((user) => ({
    name: user.name,
    detail: user.position,
    value: user,
  }))
  if (mult) {
    choose(layout, { heading: 'Choose people', choices, several: true, chosen: reply })
    return
  }
  choose(layout, {
    heading: 'Choose a person',
    choices,
    several: false,
    chosen: ([user]) => memory.wantsUser(user),
    closed: () => (memory.choosesUser = false),
  })
}

/** Groups of people that every portal has. */
const EVERYBODY = [
  { provider: 'other', id: 'AU', name: 'All authorized users' },
  { provider: 'intranet', id: 'DR1', name: 'Department 1 and all below it' },
  { provider: 'group', id: 'G1', name: 'Group 1' },
]

export async function selectAccess(layout, { value }, reply) {
  const users = (await people()).map(({ id, name }) => ({ provider: 'user', id: `U${id}`, name }))
  const choices = [...EVERYBODY, ...users].map((access) => ({
    name: access.name,
    detail: access.id,
    value: access,
    ticked: value?.includes(access.id),
  }))
  choose(layout, { heading: 'Choose who has access', choices, several: true, chosen: reply })
}

/** What a CRM dialog offers, and what its items' identifiers begin with. */
const CRM = { lead: 'L', contact: 'C', company: 'CO', deal: 'D', quote: 'Q' }

/** The portal keeps no table of quotes. */
const QUOTES = [{ ID: '1', TITLE: 'Quote 1' }]

export async function selectCRM(layout, { entityType, multiple, value }, reply) {
  const wanted = entityType ?? Object.keys(CRM)
  const types = Object.keys(CRM).filter((type) => wanted.includes(type))
  const ticked = codesIn(value)
  const lists = types.map(async (type) => {
    const rows = type === 'quote' ? QUOTES : await read(`data?entity=${type}`)
    return rows.map((row) => item(type, row))
  })
  const choices = (await Promise.all(lists)).flat().map((entity) => ({
    name: entity.title,
    detail: `${entity.type} ${entity.id}`,
    value: entity,
    ticked: ticked.includes(entity.id),
  }))
  choose(layout, {
    heading: 'Choose from the CRM',
    choices,
    several: Boolean(multiple),
    chosen: (entities) => reply(buckets(entities)),
  })
}

function item(type, { ID, NAME, LAST_NAME, TITLE }) {
  const title = TITLE ?? [NAME, LAST_NAME].filter(Boolean).join(' ')
  const url = `/crm/${type}/details/${ID}/`
  return { id: `${CRM[type]}_${ID}`, type, place: type, title, desc: '', url }
}

/** By type, then by number: objects, and only of the types that were chosen. */
function buckets(entities) {
  const found = {}
  for (const entity of entities) {
    const bucket = (found[entity.type] ??= {})
    bucket[Object.keys(bucket).length] = entity
  }
  return found
}

/** What is chosen from the start: a list of codes, or lists of numbers or codes by type. */
function codesIn(value) {
  return Object.entries(value ?? {}).flatMap(([type, given]) =>
    [given].flat().map((id) => (/^\d+$/.test(id) ? `${CRM[type]}_${id}` : id)),
  )
}
