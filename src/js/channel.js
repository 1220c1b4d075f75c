/** Messages to the portal's page, which frames this one, and back. No other page is heard. */

/** What this window is called; undefined where there is no window. */
export const windowName = () => globalThis.window?.name

export const isFramed = () => window.parent !== window

export class Channel {
  #origin
  #hear
  /** Functions that take the answers that are awaited, by the id that an answer begins with. */
  #waiting = new Map()

  constructor(origin) {
    this.#origin = origin
    this.#hear = ({ origin, source, data }) => {
      if (origin !== this.#origin || source !== window.parent || typeof data !== 'string') return
      const colon = data.indexOf(':')
      if (colon > 0) this.#waiting.get(data.slice(0, colon))?.(data.slice(colon + 1) || '[]')
    }
    window.addEventListener('message', this.#hear)
  }

  /** Resolves with the JSON text that answers the message `id`; undefined: none came in time. */
  async ask(message, id, millis) {
    let timer
    try {
      return await new Promise((resolve) => {
        timer = setTimeout(resolve, millis)
        this.#waiting.set(id, resolve)
        window.parent.postMessage(message, this.#origin)
      })
    } catch {
      return undefined
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(id)
    }
  }

  /** Hears nothing any more. Messages under way end in their timeouts. */
  close() {
    window.removeEventListener('message', this.#hear)
  }
}
