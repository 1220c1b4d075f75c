/** A form as PHP reads it, written for tests alone: nothing here comes from the package. */

/** The tree of a form-encoded text. Every scalar is a text; what PHP makes an array is a Map. */
export function readForm(text) {
  const tree = new Map()
  for (const pair of text.split('&').filter(Boolean)) {
    const cut = pair.indexOf('=')
    const name = decode(cut < 0 ? pair : pair.slice(0, cut))
    put(tree, pathOf(name), cut < 0 ? '' : decode(pair.slice(cut + 1)))
  }
  return tree
}

const decode = (text) => decodeURIComponent(text.replaceAll('+', ' '))

/** `a[b][0]` is a, b, 0. Dots and blanks of the first name become underscores. */
function pathOf(name) {
  const open = name.indexOf('[')
  const first = (open < 0 ? name : name.slice(0, open)).replace(/[ .]/g, '_')
  const rest = open < 0 ? [] : [...name.slice(open).matchAll(/\[([^\]]*)\]/g)].map(([, key]) => key)
  return [first, ...rest]
}

function put(tree, [key, ...rest], value) {
  if (rest.length === 0) return tree.set(key, value)
  if (!(tree.get(key) instanceof Map)) tree.set(key, new Map())
  return put(tree.get(key), rest, value)
}

/** What PHP sees of a value that JSON can carry: texts, and Maps in order. */
export function asPhpSees(value) {
  if (typeof value !== 'object' || value === null) return String(value).toWellFormed()
  const entries = Object.entries(value).map(([key, item]) => [key.toWellFormed(), asPhpSees(item)])
  return new Map(entries)
}
