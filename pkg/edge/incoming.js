/** A request as the core reads it. */

const NOTHING = new Uint8Array(0)

/** A body that can't be read; `reason` says why. */
export class Unreadable extends Error {
  constructor(reason) {
    super(reason)
    this.reason = reason
  }
}

/** The host and the target of an address, character by character: what is read here goes on. */
export function addressOf(url) {
  const start = url.indexOf('://') + 3
  const rest = url.slice(start)
  const end = rest.search(/[/?#]/)
  if (end < 0) return { host: rest, target: '/' }
  const target = rest.slice(end)
  return { host: rest.slice(0, end), target: target[0] === '/' ? target : `/${target}` }
}

/** Headers as the core reads them: a line for each name, one for each value. */
export function headOf(headers) {
  let head = ''
  for (const [name, value] of headers) head += `${name}\n${value}\n`
  return head
}

/**
 * Links with a signature carry files and no parameters: nothing in their bodies decides, so they
 * pass by without being held.
 */
export const isLink = (target) => /^\/rest\/(upload|download)(\.json|\.xml)?\/?(\?|$)/i.test(target)

/** The whole body, of at most so many bytes. @throws {Unreadable} */
export async function bodyOf(request, most) {
  const length = request.headers.get('content-length')
  if (Number(length) > most) throw new Unreadable('long')
  try {
    // To look at the stream alone makes one of it, which costs as much as all that is decided here.
    if (length !== null) return new Uint8Array(await request.arrayBuffer())
    return request.body ? await gather(request.body, most) : NOTHING
  } catch (error) {
    throw error instanceof Unreadable ? error : new Unreadable('cut')
  }
}

/** Reads a stream of at most so many bytes. @throws {Unreadable} */
export async function gather(stream, most) {
  const reader = stream.getReader()
  const chunks = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.length
    if (size > most) {
      reader.cancel().catch(() => {})
      throw new Unreadable('long')
    }
    chunks.push(value)
  }
  if (chunks.length === 1) return chunks[0]
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
