/**
 * `BX24`: every function of the portal's own library, with what Callgate adds. It is there as soon
 * as this has run: the module's bytes stand in the script and are compiled at once.
 *
 * Outside of a portal's frame `window.BX24` is null, and an error says why.
 */
import { boot, FrameLink } from '../boot.js'
import { compile } from '../instantiate.js'
import hex from '../wasm/callgate_inline.js'
import { domFunctions, watch } from './dom.js'
import { Events } from './events.js'
import { Life, lifeFunctions } from './life.js'
import { pageFunctions } from './page.js'
import { createRest } from './rest/index.js'

function start() {
  bring()
  // The script's tag may say which portals it may be framed by.
  const tag = globalThis.document?.querySelector('script[data-allowed-portals]')
  const link = new FrameLink({ allowedPortals: tag?.dataset.allowedPortals })
  const events = new Events()
  const life = new Life(link, events)
  const face = {
    ...lifeFunctions(life),
    ...createRest(life),
    ...pageFunctions(life, (name) => Boolean(face[name])),
    ...domFunctions((error) => events.tell(error)),
    on: (type, listener) => events.on(type, listener),
    onError: (listener) => events.onError(listener),
    get portal() {
      return life.portal
    },
  }
  watch()
  life.open()
  return face
}

/** Brings the module to life, if the page's policy and the browser let it. */
function bring() {
  try {
    boot(compile(hex))
  } catch (cause) {
    throw new Error(HINDRANCES[cause.name] ?? cause.message, { cause })
  }
}

/** What stands in the way of a module that is whole, by the name of the error. */
const HINDRANCES = {
  CompileError:
    "The page's Content-Security-Policy must allow WebAssembly: 'wasm-unsafe-eval' in script-src.",
  RangeError: 'A browser of Chromium must be version 115 or later.',
}

function open() {
  try {
    return start()
  } catch (cause) {
    globalThis.BX24 = null
    throw new Error(`Unable to initialize Bitrix24 JS library! ${cause.message}`, { cause })
  }
}

export const BX24 = open()
globalThis.BX24 = BX24
