/** Reads the page's address, opens the application, and shows what happens. */
import { el } from './dom.js'
import { AppLayout } from './layout.js'

/** The names that the address has for the page; all others are for the application. */
const OURS = [
  'app',
  'install',
  'client',
  'user',
  'lang',
  'scopes',
  'expires',
  'placement',
  'options',
  'install_finished',
  '_r',
]

const at = (id) => document.getElementById(id)

function alert(text) {
  at('alert').textContent = text
  at('alert').hidden = false
}

const place = {
  element: at('stage'),
  title: (text) => (at('title').textContent = text),
  scroll: (pixels) => window.scrollTo(0, pixels),
  reload: () => location.reload(),
  finished(installed) {
    const url = new URL(location)
    url.searchParams.set('install_finished', installed ? 'Y' : 'N')
    location.replace(url)
  },
  alert,
  heard: (command, params) =>
    at('heard').append(
      el('li', { 'data-command': command }, `${command} ${JSON.stringify(params)}`),
    ),
}

/** An application's address; a page can only be framed over HTTP. */
function address(query, name) {
  const text = query.get(name)
  if (text === null) return undefined
  if (!/^https?:/.test(URL.parse(text)?.protocol)) {
    throw new Error(`${name}: must be the http or https address of a page, not ${text}`)
  }
  return text
}

function appOf(query) {
  const url = address(query, 'app')
  if (!url) throw new Error('app: is missing; it must be the address of the application')
  return {
    url,
    install: address(query, 'install'),
    client: query.get('client') ?? 'local.app',
    user: Number(query.get('user') ?? 1),
    lang: query.get('lang') ?? 'en',
    scopes: query.get('scopes') ?? undefined,
    expiresIn: query.has('expires') ? Number(query.get('expires')) : undefined,
  }
}

/** The options are given as JSON, or they are what else stands in the address. */
function openingOf(query) {
  const given = query.get('options')
  const others = [...query].filter(([name]) => !OURS.includes(name))
  const options = given === null ? Object.fromEntries(others) : JSON.parse(given)
  return {
    placement: (query.get('placement') ?? 'DEFAULT').toUpperCase(),
    options: Object.keys(options).length ? options : '',
    popup: false,
  }
}

function happen(layout, happening) {
  const text = at('payload').value.trim()
  try {
    layout.happen(happening, text === '' ? undefined : JSON.parse(text))
  } catch (error) {
    alert(`${happening}: ${error.message}`)
  }
}

try {
  const query = new URLSearchParams(location.search)
  const layout = new AppLayout(appOf(query), openingOf(query), place)
  const buttons = layout.happenings.map((happening) =>
    el('button', { type: 'button', onclick: () => happen(layout, happening) }, happening),
  )
  at('events').replaceChildren(...buttons)
  at('place').hidden = buttons.length === 0
  await layout.open()
} catch (error) {
  alert(error.message)
}
