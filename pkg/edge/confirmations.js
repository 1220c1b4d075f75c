/** How a confirmation is kept among the fields of its token, and what those fields say. */

/** For how long the portal's word that one waits is good, in ms: events get lost. */
const FRESH = 30_000

const PREFIX = 'confirm '

/** The field of a method's confirmation. */
export const fieldOf = (method) => PREFIX + method.toLowerCase()

/** On which topic those hear of a decision who wait for it. */
export const topicOf = (key, method) => `${key} ${method.toLowerCase()}`

/** The confirmations among a token's fields, by method. */
export function confirmations(fields, now) {
  const found = {}
  for (const [field, { state, since, told }] of Object.entries(fields)) {
    if (!field.startsWith(PREFIX)) continue
    found[field.slice(PREFIX.length)] = { state, since, fresh: told + FRESH > now }
  }
  return found
}

/**
 * Whether somebody may wait for this: undefined where the portal wasn't seen to wait, `decided` when
 * an event has come since it was.
 */
export function standing(fields, method) {
  const { state, told } = fields[fieldOf(method)] ?? {}
  if (state !== 'waiting') return undefined
  return told === 0 ? 'decided' : 'waiting'
}
