/**
 * The transport in Node: `fetch` as far as Callgate needs it, over `node:http` and `node:https`
 * with connections kept alive. Node's own fetch costs several times the CPU of these.
 *
 * It follows no redirect, asks for no compression, and repeats nothing: whether a call that failed
 * may be sent again is for the engine to say. A promise settles when the whole answer is here.
 * No error carries the address or the headers, which can hold secrets; only the host is named.
 */
import http from 'node:http'
import https from 'node:https'

const transports = {
  'http:': { request: http.request, agent: new http.Agent({ keepAlive: true }) },
  'https:': { request: https.request, agent: new https.Agent({ keepAlive: true }) },
}

/** How many bytes an answer may have, unless the caller says otherwise. */
const MAX_BODY = 256 * 1024 * 1024

/**
 * An answer longer than `maxBody` bytes is not read to its end.
 *
 * `hold` is for our own engine and stands in for `signal`, which costs a twelfth of a call: it
 * is called at once with a function that ends the call for the reason given. Where it is missing
 * the signal has to be touched before it is known to be needed: there is no other way to hear it.
 *
 * @param {string} url
 * @param {{ method?: string, headers?: Record<string, string>, body?: string,
 *   signal?: AbortSignal, maxBody?: number, hold?: (abort: (reason: unknown) => void) => void }} init
 * @returns {Promise<{ status: number, headers: { get(name: string): string | null }, text(): Promise<string> }>}
 */
export function nodeFetch(url, init = {}) {
  return new Promise((resolve, reject) => {
    const { method, headers, body, maxBody = MAX_BODY, hold } = init
    const signal = hold ? undefined : init.signal
    signal?.throwIfAborted()
    const target = URL.canParse(url) ? new URL(url) : undefined
    const transport = transports[target?.protocol]
    if (!transport) throw new TypeError('callgate: not an http or https address')

    const settle = (done, value) => {
      signal?.removeEventListener('abort', aborted)
      done(value)
    }
    const lost = (error) => settle(reject, connectionError(target.host, error))
    const abort = (reason) => {
      settle(reject, reason)
      request.destroy()
    }
    const aborted = () => abort(signal.reason)

    const request = transport.request(target, { method, headers, agent: transport.agent })
    request.on('error', lost)
    request.on('response', (message) => {
      const chunks = []
      let size = 0
      message.on('data', (chunk) => {
        size += chunk.length
        if (size <= maxBody) chunks.push(chunk)
        else abort(tooLong(maxBody))
      })
      message.on('error', lost) // an answer that ends too early comes here, as `aborted`
      message.on('end', () => settle(resolve, new Answer(message, chunks)))
    })
    hold?.(abort)
    signal?.addEventListener('abort', aborted)
    request.end(body)
  })
}

/** What a caller reads of a fetch's Response. */
class Answer {
  #message
  #chunks

  constructor(message, chunks) {
    this.#message = message
    this.#chunks = chunks
  }

  get status() {
    return this.#message.statusCode
  }

  get headers() {
    const { headers } = this.#message
    return { get: (name) => headers[name.toLowerCase()]?.toString() ?? null }
  }

  /** The body as UTF-8, without a byte order mark, as `Response.text` has it. */
  async text() {
    const [first, ...more] = this.#chunks
    const bytes = more.length ? Buffer.concat(this.#chunks) : first
    const text = bytes?.toString() ?? ''
    return text.startsWith('\ufeff') ? text.slice(1) : text
  }
}

const tooLong = (maxBody) =>
  Object.assign(new Error(`the answer has more than ${maxBody} bytes`), {
    code: 'CALLGATE_TOO_LONG',
  })

/** Says which host failed and why; `code` and `cause` are the system's own. */
function connectionError(host, cause) {
  // With several addresses tried, the reasons stand in `errors` and the message is empty.
  const reason = cause.errors?.map((error) => error.message).join(', ') || cause.message
  const text = reason === 'aborted' ? 'the connection ended before the answer was complete' : reason
  return Object.assign(new Error(`${host}: ${text}`, { cause }), { code: cause.code })
}
