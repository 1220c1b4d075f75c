/** The portal in which the story plays: its people, its deals, and the app with its first scopes. */
import { tell } from '/_portal/page/control.js'

export const APP = 'callgate.tour'

/** Who is logged in. */
export const USER = { id: 2, name: 'Mira Lindqvist' }

/** What an administrator can grant, and what the app starts with: the scope of its deals is missing. */
export const SCOPES = { crm: 'deals', im: 'departments', telephony: 'phones', user: 'people' }
export const FIRST_SCOPES = ['im', 'telephony', 'user']

const person = ([ID, NAME, LAST_NAME, WORK_POSITION, department]) => ({
  ID,
  ACTIVE: true,
  NAME,
  LAST_NAME,
  WORK_POSITION,
  UF_DEPARTMENT: [department],
  USER_TYPE: 'employee',
})

const users = [
  ['1', 'Jonas', 'Okafor', 'Administrator', 1],
  ['2', 'Mira', 'Lindqvist', 'Account manager', 2],
  ['3', 'Ada', 'Moreau', 'Head of Operations', 1],
  ['4', 'Tomasz', 'Wilk', 'Head of Sales', 2],
  ['5', 'Priya', 'Raman', 'Head of Support', 3],
].map(person)

const deals = [
  { ID: '1', TITLE: 'Solar roof for Vega School', STAGE_ID: 'NEW', OPPORTUNITY: '18400.00' },
  { ID: '2', TITLE: 'Heat pumps, Alder Street 4', STAGE_ID: 'EXECUTING', OPPORTUNITY: '42150.50' },
  { ID: '3', TITLE: 'Yearly service, Harbour Inn', STAGE_ID: 'WON', OPPORTUNITY: '3600.00' },
].map((deal) => ({ ...deal, ASSIGNED_BY_ID: '2' }))

/** A fresh portal with its people and its deals. */
export async function furnish() {
  await tell('reset')
  await tell('settings', { latency: 90, work: 30 })
  await tell('data', { entity: 'user', rows: users })
  await tell('data', { entity: 'deal', rows: deals })
}

/** The same with the app installed: its server hears of confirmations from now on. */
export async function install(appOrigin) {
  await furnish()
  await grant(FIRST_SCOPES)
  const { access_token: auth } = await newToken()
  const handler = `${appOrigin}/events`
  const body = new URLSearchParams({ auth, event: 'ONAPPMETHODCONFIRM', handler })
  await fetch('/rest/event.bind', { method: 'POST', body })
}

/** What the app's tokens carry from now on. */
export const grant = (scopes) => tell('apps', { app: APP, scopes })

export const newToken = () => tell('tokens', { app: APP, user: USER.id })
