/**
 * The commands that every application has, wherever it is opened: `command(layout, params, reply,
 * faults)`. Many never reply, and so do those that fail: there is no other way to say no.
 */
import { selectAccess, selectCRM, selectUser } from './selectors.js'
import { closeApplication, openApplication, openPath } from './sliders.js'

/** The page only shows that it has heard it. */
const noted = () => {}

export const BASE = {
  getInitData: (layout, _, reply) => reply(layout.initData()),
  getInterface: (layout, _, reply) => reply(layout.interface()),
  refreshAuth: async (layout, _, reply) => reply(await layout.refresh()),

  resizeWindow({ element }, { width, height }, reply) {
    element.style.width = width === '100%' ? width : `${Number.parseInt(width, 10) || 100}px`
    setHeight(element, height)
    reply(measured(element))
  },

  setTitle(layout, params, reply) {
    layout.place.title(String(params.title))
    reply(params)
  },

  setScroll(layout, params, reply) {
    if (params.scroll >= 0) layout.place.scroll(params.scroll)
    reply(params)
  },

  reloadWindow: (layout) => layout.place.reload(),

  async setUserOption(layout, params, reply) {
    await layout.keep({ userOptions: { [params.name]: posted(params.value) } })
    reply(params)
  },

  async setAppOption(layout, { name, value }, reply, faults) {
    if (!layout.kept.isAdmin) return
    if (faults.includes('page-option-denied')) reply({ error: 'access_denied' })
    else reply(await layout.setAppOption(name, posted(value)))
  },

  async setInstall(layout, params, reply) {
    await layout.keep({ firstRun: false })
    reply(params)
  },

  async setInstallFinish(layout, { value }) {
    const installed = value !== false
    await layout.keep({ installed })
    layout.place.finished(installed)
  },

  selectUser,
  selectAccess,
  selectCRM,
  openApplication,
  closeApplication,
  openPath,

  imCallTo: noted,
  imPhoneTo: noted,
  imOpenMessenger: noted,
  imOpenHistory: noted,
  showAppForm: noted,

  placementBindEvent: (layout, { event }, reply) => layout.bind(event, reply),
}

/** Sets the height in pixels; what is no number changes nothing. */
export function setHeight(element, height) {
  const pixels = Number.parseInt(height, 10)
  if (pixels) element.style.setProperty('--app-height', `${pixels}px`)
}

export const measured = ({ offsetWidth: width, offsetHeight: height }) => ({ width, height })

/** What is left of a value when it has gone through a form: texts. */
function posted(value) {
  if (Array.isArray(value)) return value.map(posted)
  if (value === null || typeof value !== 'object') return String(value ?? '')
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, posted(item)]))
}
