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

/**
 * @param {string} url
 * @param {{ method?: string, headers?: Record<string, string>, body?: string, signal?: AbortSignal }} init
 * @returns {Promise<{ status: number, headers: { get(name: string): string | null }, text(): Promise<string> }>}
 */
export function nodeFetch(url, init = {}) {
  return new Promise((resolve, reject) => {
    const target = URL.canParse(url) ? new URL(url) : undefined
    const transport = transports[target?.protocol]
    if (!transport) throw new TypeError('callgate: not an http or https address')

    // Unlike the rest of `init`, a signal has to be touched before it is known to be needed:
    // there is no other way to hear it.
    const { method, headers, body, signal } = init
    signal?.throwIfAborted()

    const fail = (error) => {
      signal?.removeEventListener('abort', abort)
      reject(error)
    }
    const lost = (error) => fail(connectionError(target.host, error))
    const abort = () => {
      fail(signal.reason)
      request.destroy()
    }

    const request = transport.request(target, { method, headers, agent: transport.agent })
    request.on('error', lost)
    request.on('response', (message) => {
      const chunks = []
      message.on('data', (chunk) => chunks.push(chunk))
      message.on('error', lost) // an answer that ends too early comes here, as `aborted`
      message.on('end', () => {
        signal?.removeEventListener('abort', abort)
        resolve(new Answer(message, chunks))
      })
    })
    signal?.addEventListener('abort', abort)
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

/** Says which host failed and why; `code` and `cause` are the system's own. */
function connectionError(host, cause) {
  // With several addresses tried, the reasons stand in `errors` and the message is empty.
  const reason = cause.errors?.map((error) => error.message).join(', ') || cause.message
  const text = reason === 'aborted' ? 'the connection ended before the answer was complete' : reason
  return Object.assign(new Error(`${host}: ${text}`, { cause }), { code: cause.code })
}
