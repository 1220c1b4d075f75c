/** Panels that slide over the page: an application once more, or a page of the portal. */
import { el, showDialog } from './dom.js'

/** Those that are open, the topmost last. */
const open = []

const COLOURS = ['aqua', 'green', 'orange', 'brown', 'pink', 'blue', 'grey', 'violet']

/** Opens a slider of a layout's; `client` is the application that it shows, if it shows one. */
function slide(layout, { heading, client, closed }) {
  const title = el('h2', {}, heading)
  const head = el('header', {}, title)
  const body = el('div', { class: 'portal-slider-body' })
  const dialog = el('dialog', { class: 'portal-slider', 'aria-label': heading }, head, body)
  const slider = { client, head, title, body, dialog, close: () => dialog.close() }
  head.append(el('button', { type: 'button', onclick: slider.close }, 'Close'))
  open.push(slider)
  showDialog(layout, dialog, () => {
    open.splice(open.indexOf(slider), 1)
    closed()
  })
  return slider
}

/** `bx24_…` are the slider's settings; the rest is what the application finds as its options. */
export function openApplication(layout, params, reply) {
  const given = Object.entries(params)
  const setting = (name) => params[`bx24_${name}`]
  const rest = Object.fromEntries(given.filter(([name]) => !name.startsWith('bx24_')))
  const options = rest.options && rest.params ? rest.params : rest
  const slider = slide(layout, {
    heading: 'The application',
    client: layout.app.client,
    closed() {
      shown.close()
      reply()
    },
  })
  const show = () => {
    const opening = {
      placement: 'DEFAULT',
      options: Object.keys(options).length ? options : '',
      popup: true,
    }
    const child = layout.another(opening, place)
    child.open().catch((error) => place.alert(error.message))
    return child
  }
  const place = {
    ...layout.place,
    element: slider.body,
    title: (text) => (slider.title.textContent = text),
    scroll: (pixels) => slider.dialog.scrollTo(0, pixels),
    reload() {
      shown.close()
      shown = show()
    },
    finished() {
      slider.close()
      openApplication(layout, params, () => {})
    },
  }
  arrange(slider, setting)
  let shown = show()
}

/** Settings of another type than they should have change nothing. */
function arrange({ dialog, head, title }, setting) {
  const { bgColor, text, color } = setting('label') ?? {}
  const pixels = (name) => typeof setting(name) === 'number' && `${setting(name)}px`
  if (pixels('width')) dialog.style.width = pixels('width')
  if (pixels('leftBoundary')) dialog.style.maxWidth = `calc(100vw - ${pixels('leftBoundary')})`
  if (typeof setting('title') === 'string') title.textContent = setting('title')
  if (typeof text !== 'string') return
  const label = el('span', { class: 'portal-label' }, text)
  if (COLOURS.includes(bgColor)) label.style.background = bgColor
  if (typeof color === 'string') label.style.color = color
  head.prepend(label)
}

/** Its own frame goes with the slider, so an application rarely hears the end of it. */
export function closeApplication(layout) {
  const top = open.at(-1)
  if (top?.client === layout.app.client) top.close()
}

/** The pages that could be opened before 2026. */
const KNOWN =
  /^\/(crm\/(deal|lead|contact|company|type)|marketplace|company\/personal\/user\/\d+|workgroups\/group\/\d+)\//

export function openPath(layout, { path }, reply, faults) {
  const refuse = (errorCode) => reply({ result: 'error', errorCode })
  if (faults.includes('page-mobile')) return refuse('METHOD_NOT_SUPPORTED_ON_DEVICE')
  const url = resolve(path)
  const known = !faults.includes('page-known-paths') || KNOWN.test(path)
  if (!url || !known) return refuse('PATH_NOT_AVAILABLE')
  url.searchParams.append('from', 'rest_placement')
  url.searchParams.append('from_app', layout.app.client)
  const slider = slide(layout, {
    heading: 'A page of the portal',
    closed: () => reply({ result: 'close' }),
  })
  slider.body.append(el('code', {}, url.pathname + url.search))
}

/** Where a path leads on this portal; nothing when it leads elsewhere or nowhere. */
function resolve(path) {
  if (typeof path !== 'string' || !path.startsWith('/')) return undefined
  try {
    decodeURIComponent(path)
    const url = new URL(path, location.origin)
    return url.origin === location.origin ? url : undefined
  } catch {
    return undefined
  }
}
