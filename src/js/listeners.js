/** Who listens to what. */
import { invalid } from './face.js'

export class Listeners {
  #byType

  /** @param {...string} types what can be listened to */
  constructor(...types) {
    this.#byType = new Map(types.map((type) => [type, new Set()]))
  }

  /** Adds a listener; gives the function that ends it. */
  add(type, listener) {
    const listeners = this.#byType.get(type)
    if (!listeners)
      throw invalid(
        `on: there is no event '${String(type)}', but ${[...this.#byType.keys()].join(', ')}`,
      )
    if (typeof listener !== 'function') throw invalid('on: the listener must be a function')
    const own = (event) => listener(event)
    listeners.add(own)
    return () => void listeners.delete(own)
  }

  /** Tells the listeners; what one throws is reported and disturbs nobody. */
  tell(type, event) {
    const listeners = this.#byType.get(type)
    for (const listener of [...listeners]) {
      if (listeners.has(listener)) tellOne(listener, event) // one before it may have ended it
    }
  }
}

/** Calls a function of the caller's, whatever it throws. */
export function tellOne(listener, event) {
  try {
    listener(event)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
