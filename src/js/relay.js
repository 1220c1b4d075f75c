/**
 * Hears from a gate's relay that an administrator has decided. Where it can't be reached, or knows
 * nothing of a wait, it is asked again, more and more seldom: who waits repeats the call anyway.
 */

/** How long to leave it alone after it had nothing more to say, in ms: at first, and at most. */
const PAUSE = 5_000
const LONGEST_PAUSE = 60_000
/** How often a socket shows that somebody is there, in ms. */
const BEAT = 30_000

/**
 * Calls `decided` as often as the relay says so. The token goes into a body or a message.
 *
 * @param {string} relay its address; one that begins with `ws` is spoken to by a WebSocket
 * @returns {() => void} ends it
 */
export function listen(relay, token, method, decided) {
  const controller = new AbortController()
  const { signal } = controller
  const wish = JSON.stringify({ token, method })
  const hear = relay.startsWith('ws') ? hearSocket : hearStream
  const attend = async () => {
    for (let pause = PAUSE; !signal.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      const heard = await hear(relay, wish, signal).catch(() => false)
      if (heard && !signal.aborted) decided()
      await sleep(pause, signal)
    }
  }
  attend()
  return () => controller.abort()
}

async function hearStream(relay, wish, signal) {
  const response = await fetch(relay, { method: 'POST', body: wish, redirect: 'manual', signal })
  if (!response.ok) return false
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let part; !(part = await reader.read()).done;) {
    text = text.slice(-20) + decoder.decode(part.value, { stream: true })
    if (text.includes('data: decided')) return true
  }
  return false
}

const hearSocket = (relay, wish, signal) =>
  new Promise((resolve) => {
    const socket = new WebSocket(relay)
    const beat = setInterval(() => socket.readyState === 1 && socket.send('ping'), BEAT)
    const end = (heard) => {
      clearInterval(beat)
      socket.close()
      resolve(heard)
    }
    socket.addEventListener('open', () => socket.send(wish))
    socket.addEventListener('message', ({ data }) => data === 'decided' && end(true))
    socket.addEventListener('close', () => end(false))
    signal.addEventListener('abort', () => end(false), { once: true })
  })

const sleep = (millis, signal) =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(resolve, millis)
    const wake = () => {
      clearTimeout(timer)
      resolve()
    }
    signal.addEventListener('abort', wake, { once: true })
  })
