/** A text of shapes for tests. */

/** The text with its checksum behind it. */
export function checked(body) {
  let sum = 0x811c9dc5
  for (const byte of Buffer.from(body)) sum = Math.imul(sum ^ byte, 0x01000193)
  return body + (sum >>> 0).toString(16).padStart(8, '0')
}

/** The shapes of some methods, with a table that they may name rows of. */
export const shapesOf = (methods, table = '', head = 'CGS1 2026-08') =>
  checked(`${head}\n\n${table}\n\n${methods}\n\n`)
