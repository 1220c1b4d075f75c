/** Brings the page to life: the portal installs the app and shows it in the card of a deal. */
import { read, tell } from '/_portal/page/control.js'
import { AppLayout } from '/_portal/page/layout.js'
import { highlight } from '../app/code.js'
import { el } from '../dom.js'
import { furnish } from '../story.js'
import { WireLog } from '../wire-log.js'

/** In ms; how often the portal is asked for news. */
const PACE = 500

/** Who is logged in: an administrator, for only they install. */
const USER = { id: 1, name: 'Jonas Okafor' }
const DEAL = '1'
const STAGES = { NEW: 'New', EXECUTING: 'In work', WON: 'Won' }

const at = (id) => document.getElementById(id)
const say = (text) => {
  at('said').textContent = text
}

const { app: origin } = await read('demo')
const APP = {
  url: `${origin}/www/bx24/app/tab.html`,
  install: `${origin}/www/bx24/app/install.html`,
  client: 'callgate.handover',
  user: USER.id,
  lang: 'en',
  scopes: 'crm,placement,user',
}
const PLACES = {
  install: { placement: 'DEFAULT', options: '', popup: false },
  tab: { placement: 'CRM_DEAL_DETAIL_TAB', options: { ID: DEAL }, popup: false },
}

const wire = new WireLog(at('entries'), at('wire-empty'))
const place = {
  element: at('stage'),
  title: (text) => {
    at('where').textContent = `Applications / ${text}`
  },
  scroll: (pixels) => scrollTo(0, pixels),
  reload: () => open('tab'),
  async finished() {
    await open('tab')
    say('The app is installed, and a deal’s card shows it')
  },
  alert: say,
  heard(command, params) {
    wire.message(command, params)
    if (command === 'reloadData') showDeal()
  },
}

let layout

/** Opens one of the app's pages where it belongs. */
async function open(page) {
  layout?.close()
  at('deal').hidden = page === 'install'
  at('where').textContent = page === 'install' ? 'Applications' : 'CRM / Deals'
  choose('app')
  const script = await fetch(`/www/bx24/app/${page}.js`)
  at('source').replaceChildren(highlight((await script.text()).trim()))
  at('source').scrollTop = 0
  await showDeal()
  layout = new AppLayout(APP, PLACES[page], place)
  await layout.open()
}

/** The deal as it stands in the portal. */
async function showDeal() {
  const [deals, users] = await Promise.all([read('data?entity=deal'), read('data?entity=user')])
  const deal = deals.find(({ ID }) => ID === DEAL)
  const person = users.find(({ ID }) => String(ID) === String(deal.ASSIGNED_BY_ID))
  const worth = Number(deal.OPPORTUNITY).toLocaleString('en-GB', {
    style: 'currency',
    currency: 'EUR',
  })
  const facts = {
    Stage: STAGES[deal.STAGE_ID],
    Worth: worth,
    Responsible: `${person.NAME} ${person.LAST_NAME}`,
  }
  at('deal-title').textContent = deal.TITLE
  at('facts').replaceChildren(
    ...Object.entries(facts).map(([name, text]) =>
      el('div', {}, el('dt', {}, name), el('dd', {}, text)),
    ),
  )
  const others = deals.filter(({ ID }) => ID !== DEAL).map(({ TITLE }) => el('li', {}, TITLE))
  at('general').replaceChildren(el('h3', {}, 'More deals'), el('ul', {}, ...others))
}

/** Shows one of the card's tabs. */
function choose(tab) {
  for (const name of ['app', 'general']) {
    at(`tab-${name}`).setAttribute('aria-current', String(name === tab))
  }
  at('stage').hidden = tab !== 'app'
  at('general').hidden = tab !== 'general'
}

async function begin() {
  await furnish()
  await tell('page/app', { app: APP.client, user: USER.id, installed: false })
  await wire.start()
  await open('install')
}

async function watch() {
  try {
    if (!document.hidden) await wire.update()
    at('lost').hidden = true
  } catch {
    at('lost').hidden = false
  }
  setTimeout(watch, PACE)
}

for (const tab of ['app', 'general']) {
  at(`tab-${tab}`).addEventListener('click', () => choose(tab))
}
at('app-origin').textContent = new URL(origin).host
at('portal-origin').textContent = location.host
at('user').textContent = USER.name
at('again').addEventListener('click', async () => {
  await begin()
  say('Everything is as at the start')
})

await begin()
watch()
