/**
 * Where the portal's queue posts that an administrator has decided. Nothing is believed: those who
 * wait are woken, and repeat their calls. Whatever is sent gets the same answer, and soon.
 */
import { readDecision } from '../wasm/edge_bg.js'
import { keyOf } from './key.js'
import { readText } from './text.js'

/** How long an event may be, in bytes. */
const LONGEST = 65_536

/**
 * Takes an event in.
 *
 * @param {Request} request
 * @param {{ portal: string, state: import('./state.js').State,
 *   applicationTokens: Record<string, string>,
 *   record: (event: { event: 'confirmation', portal: string, method?: string,
 *     outcome: 'woken' | 'nobody' | 'unproven' | 'unreadable' | 'away' }) => void }} gate
 *   `applicationTokens`: what each portal's events prove themselves with, by its member id
 * @returns {Promise<Response>}
 */
export async function receiveEvent(request, { portal, state, applicationTokens, record }) {
  if (request.method !== 'POST') return new Response(null, { status: 405 })
  const text = await readText(request, LONGEST)
  const decision = text === undefined ? undefined : readDecision(text, applicationTokens)
  const outcome = await take(decision, portal, state)
  record({ event: 'confirmation', portal, method: decision?.method, outcome })
  return new Response(null, { status: 200 })
}

async function take(decision, portal, state) {
  if (!decision) return 'unreadable'
  if (decision.token === undefined) return 'unproven'
  try {
    const key = await keyOf(portal, decision.token)
    return (await state.decided(portal, key, decision.method)) ? 'woken' : 'nobody'
  } catch {
    return 'away'
  }
}
