/** The way to the portal and back. */
import { endingHeaders } from '../wasm/edge_bg.js'
import { headOf } from './incoming.js'

/** workerd hands a packed answer on as it came; the others unpack it and keep saying that it isn't. */
const HANDS_ON_PACKED = globalThis.navigator?.userAgent === 'Cloudflare-Workers'

/** Sends a request on; gives the portal's answer, or nothing where there is none. */
export async function forward({ body, origin, request, seen, target }) {
  const { method } = request
  const headers = new Headers(request.headers)
  for (const name of namesIn(seen.ending)) headers.delete(name)
  if (!HANDS_ON_PACKED || !headers.has('accept-encoding')) {
    headers.set('accept-encoding', 'identity')
  }
  const init = { method, headers, redirect: 'manual' }
  // The portal reads no body of these, and fetch sends none.
  if (method !== 'GET' && method !== 'HEAD' && body?.length !== 0) init.body = body
  if (body instanceof ReadableStream) init.duplex = 'half'
  try {
    return handOn(await fetch(origin + target, init))
  } catch {
    return undefined
  }
}

/** The portal's answer without the headers that end here. */
function handOn(answer) {
  const names = namesIn(endingHeaders(headOf(answer.headers))).filter(
    (name) => name !== 'content-length',
  )
  const unpacked = !HANDS_ON_PACKED && answer.headers.has('content-encoding')
  if (unpacked) names.push('content-encoding', 'content-length')
  if (names.length === 0) return answer
  const copy = new Response(answer.body, answer)
  for (const name of names) copy.headers.delete(name)
  return copy
}

const namesIn = (lines) => (lines === '' ? [] : lines.split('\n'))
