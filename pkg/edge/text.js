/** Reads a body of a few bytes, whoever sends it. */

/** A request's body as text; undefined when it is longer than `most` bytes. */
export async function readText(request, most) {
  if (!request.body) return ''
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  const reader = request.body.getReader()
  for (let part; !(part = await reader.read()).done;) {
    length += part.value.byteLength
    if (length > most) {
      reader.cancel().catch(() => {})
      return undefined
    }
    text += decoder.decode(part.value, { stream: true })
  }
  return text + decoder.decode()
}
