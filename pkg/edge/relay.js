/**
 * Where a page that waits for an administrator hears of the decision: `waiting` once it listens,
 * `decided` when an event has come. It then repeats its call, and the portal's answer decides.
 *
 * A page posts what it waits for and reads a stream of server-sent events, or opens a WebSocket and
 * sends it as its first message, where the store can hold one. The token stands in no address.
 */
import { keyOf } from './key.js'
import { readText } from './text.js'

/** How often a silent stream shows that it lives, in ms. */
const BEAT = 20_000
/** How long one listens at most, in ms: no token lives longer. */
const LONGEST = 3_600_000
/** How long a wish may be, in bytes. */
const LONGEST_WISH = 4_096

const cors = { 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'no-store' }

/**
 * Answers a page that wants to listen.
 *
 * @param {Request} request
 * @param {{ portal: string, state: import('./state.js').State }} gate
 * @returns {Promise<Response>}
 */
export async function relay(request, { portal, state }) {
  if (request.headers.get('upgrade')?.toLowerCase() === 'websocket') {
    return (
      (await state.accept(portal)) ?? refuse(501, 'this gate holds no WebSockets: post instead')
    )
  }
  if (request.method === 'OPTIONS') return new Response(null, { headers: cors })
  if (request.method !== 'POST') return refuse(405, 'a POST is wanted')
  const wish = readWish(await readText(request, LONGEST_WISH))
  if (!wish) return refuse(400, 'a token and a method are wanted, as JSON')

  let wake
  const decided = new Promise((resolve) => (wake = resolve))
  let stop
  try {
    stop = await state.listen(portal, await keyOf(portal, wish.token), wish.method, wake)
  } catch (error) {
    return error.kind === 'invalid' ? refuse(429, error.message) : refuse(503, 'the store is away')
  }
  if (!stop) return refuse(404, 'nothing waits for a decision')
  const { readable, writable } = new TransformStream()
  tell(writable.getWriter(), decided).finally(stop)
  return new Response(readable, { headers: { ...cors, 'Content-Type': 'text/event-stream' } })
}

/** What a page waits for: its token and the method; undefined if it isn't that. */
export function readWish(text) {
  try {
    const { token, method } = JSON.parse(text)
    const good = [token, method].every((it) => typeof it === 'string' && it !== '')
    return good ? { token, method } : undefined
  } catch {
    return undefined
  }
}

/** Tells until it is decided, the page is gone or time is up. */
async function tell(writer, decided) {
  const encoder = new TextEncoder()
  const say = (text) => writer.write(encoder.encode(`${text}\n\n`))
  const gone = writer.closed.then(
    () => 'gone',
    () => 'gone',
  )
  const news = Promise.race([decided.then(() => 'decided'), gone])
  const ends = Date.now() + LONGEST
  try {
    await say('data: waiting')
    for (let heard = ''; heard === '' && Date.now() < ends;) {
      heard = await within(BEAT, news)
      if (heard !== 'gone') await say(heard === '' ? ':' : `data: ${heard}`)
    }
    await writer.close()
  } catch {
    // The page is gone.
  }
}

/** What comes of a promise in so many ms, else an empty text. */
async function within(millis, promise) {
  let timer
  const late = new Promise((resolve) => (timer = setTimeout(resolve, millis, '')))
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

const refuse = (status, words) => new Response(words, { status, headers: cors })
