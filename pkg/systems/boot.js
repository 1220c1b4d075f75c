/** Joins the compiled module of 1E and TelecomX and its glue, as `../boot.js` does for portals. */
import { instantiate } from '../instantiate.js'
import * as glue from '../wasm/systems_bg.js'

export { CallgateError } from '../wasm/js/face.js'
export { setStandardFetch } from './driver.js'
export { OneE } from './one-e.js'
export { TelecomX } from './telecomx.js'

/** Resolved once the module is compiled, which it is by the time one can see this. */
export const ready = Promise.resolve()

/** Brings the module to life; once, even if a program imports two entry points. */
export const boot = (module) => instantiate(module, glue)
