/** What the portal's answers teach. They reach the client unchanged and without waiting for it. */
import { gather } from './incoming.js'

/** A longer answer is no error. */
const LONGEST = 64 * 1024

/**
 * Gives the answer to hand on. What it teaches is told, and kept for the next request; before the
 * client hears that it has to wait, for it may ask the relay at once.
 */
export async function learn(visit, answer, told) {
  const { key, seen } = visit
  const { status } = answer
  const silent = status < 300 && !(key && seen.surprises())
  if (silent || (status >= 300 && status < 400) || answer.body === null) return answer
  const [own, theirs] = answer.body.tee()
  const taught = read(own).then((text) => teach(visit, answer, text, told))
  visit.later(taught)
  if (status === 401) await taught
  return new Response(theirs, answer)
}

async function read(stream) {
  try {
    return new TextDecoder().decode(await gather(stream, LONGEST))
  } catch {
    return undefined
  }
}

async function teach(visit, { headers, status }, text, told) {
  const body = parse(text)
  const learnt = (kind, command) => {
    told(kind)
    return keep(visit, kind, command, headers)
  }
  const code = codeOf(body)
  const kind = code !== undefined && visit.seen.lesson(undefined, status, code)
  if (kind) await learnt(kind)
  if (status >= 300 || visit.key === undefined) return
  const { result, result_error } = body?.result ?? {}
  if (visit.seen.commands === 0) {
    if (code === undefined) await learnt('ran')
    return
  }
  for (const [command, error] of Object.entries(result_error ?? {})) {
    const kind = visit.seen.lesson(command, status, String(error?.error))
    if (kind) await learnt(kind, command)
  }
  for (const command of Object.keys(result ?? {})) await learnt('ran', command)
}

/** Keeps a lesson where the next request, whichever worker it comes to, finds it. */
async function keep({ key, known, portal, seen, state }, kind, command, headers) {
  if (kind === 'limited') {
    const seconds = Number(headers.get('retry-after')) || undefined
    return state.limited(portal, seconds)
  }
  if (key === undefined) return undefined
  const method = seen.methodOf(command)
  const webhook = seen.caller === 'webhook'
  switch (kind) {
    case 'ended':
      return state.forget(portal, key)
    case 'waiting':
    case 'denied':
      return state.learnConfirmation(portal, key, method, kind)
    case 'refused':
      if (seen.verdictOf(command) !== 'denied') await state.dropGrant(portal, key)
      return state.learnStanding(portal, key, method, 'refused', { webhook })
    default: {
      if (known?.confirmations[method]) await state.learnConfirmation(portal, key, method)
      const doubted = seen.verdictOf(command) === 'denied'
      return doubted ? state.learnStanding(portal, key, method, 'allowed', { webhook }) : undefined
    }
  }
}

/** The body of an answer; nothing where it is too long, or no answer of the REST server's. */
function parse(text) {
  if (text === undefined) return undefined
  const [, code] = /^<response><error>([^<]*)</.exec(text) ?? []
  if (code !== undefined) return { error: code }
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The error code, which version 3 has one level deeper. */
function codeOf(body) {
  const error = body?.error
  if (typeof error === 'string') return error
  return typeof error?.code === 'string' ? error.code : undefined
}
