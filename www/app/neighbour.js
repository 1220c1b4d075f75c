/** A second application, which the portal serves from the same request bucket. */
import { portalOrigin, tell } from './backstage.js'

/** In ms, and requests in each of these. */
const PACE = 500
const AT_ONCE = 8

export class Neighbour {
  sent = 0
  refused = 0
  #timer

  get isBusy() {
    return this.#timer !== undefined
  }

  /** Asks and asks, with a token of its own. */
  start() {
    const token = tell('tokens', { app: 'neighbour', scopes: ['user'] })
    const ask = async () => {
      const { access_token: auth } = await token
      const body = new URLSearchParams({ auth })
      const { status } = await fetch(`${portalOrigin}/rest/user.current`, { method: 'POST', body })
      this.sent += 1
      if (status === 503) this.refused += 1
    }
    this.#timer = setInterval(() => {
      // A request that fails is nobody's loss.
      for (let nth = 0; nth < AT_ONCE; nth++) ask().catch(() => {})
    }, PACE)
  }

  stop() {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
