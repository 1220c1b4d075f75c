/** What happens without a callback of its own: events of the portal, and errors. */
import { invalid } from '../wasm/js/face.js'

export class Events {
  #portal
  /** Who listened before there was a portal. */
  #early = new Set()
  #onError = new Set()

  /** From now on there is a portal to listen to. */
  open(portal) {
    this.#portal = portal
    for (const attach of this.#early) attach()
  }

  on(type, listener) {
    if (this.#portal) return this.#portal.on(type, listener)
    let end
    const attach = () => {
      try {
        end = this.#portal.on(type, listener)
      } catch (error) {
        reportError(error) // the program's own mistake
      }
    }
    this.#early.add(attach)
    return () => {
      this.#early.delete(attach)
      end?.()
    }
  }

  onError(listener) {
    if (typeof listener !== 'function') throw invalid('onError: the listener must be a function')
    const own = (error) => listener(error)
    this.#onError.add(own)
    return () => void this.#onError.delete(own)
  }

  /** Tells an error to those who want to know; the others know it already, or never did. */
  tell(error) {
    for (const listener of [...this.#onError]) {
      try {
        listener(error)
      } catch (thrown) {
        reportError(thrown)
      }
    }
  }
}
