/**
 * Any JavaScript value as the form that the portal's own library makes of it: on each level single
 * values come first, then what holds others, then files, which have to be read.
 */
import { invalid } from '../../wasm/js/face.js'

/** The form, or a promise of it if there are files. A text is a form already. */
export function formOf(params) {
  if (typeof params === 'string') return params
  if (typeof params !== 'object' || params === null) return ''
  const pieces = []
  write(params, '', pieces, [])
  const isRead = pieces.every((piece) => typeof piece === 'string')
  return isRead ? pieces.join('') : Promise.all(pieces).then((read) => read.join(''))
}

/** Parameters without one of their names. */
export function without(params, name) {
  if (typeof params === 'string') {
    const pairs = params.split('&')
    return pairs.filter((pair) => !pair.startsWith(`${name}=`)).join('&')
  }
  if (typeof params !== 'object' || params === null || !Object.hasOwn(params, name)) return params
  const rest = { ...params }
  delete rest[name]
  return rest
}

/** Adds a level. Without single values it begins with an `&`, as the original's do. */
function write(level, path, pieces, above) {
  if (above.includes(level)) throw invalid(`params: ${path} contains itself`)
  const singles = []
  const holders = []
  const files = []
  for (const key of Object.keys(level)) {
    const name = path ? `${path}[${escape(key)}]` : escape(key)
    const value = level[key]
    if (typeof value !== 'object') singles.push(`${name}=${escape(value)}`)
    else if (value !== null) holders.push([name, valueOf(value)])
  }
  pieces.push(singles.join('&'))
  for (const [name, value] of holders) {
    if (value instanceof Blob) files.push('&', fileForm(name, value))
    else if (typeof value !== 'object') pieces.push(`&${name}=${escape(value)}`)
    else if (Object.keys(value).length > 0) {
      pieces.push('&')
      write(value, name, pieces, [...above, level])
    }
  }
  pieces.push(...files)
}

/** What is sent for an object: a text, a file, or an object to go into; one without members is not sent. */
function valueOf(object) {
  if (object instanceof Date) return String(object.toJSON())
  if (Array.isArray(object) && object.length === 0) return ''
  const isNode = typeof object.nodeType === 'number' && typeof object.nodeName === 'string'
  if (!isNode) return object
  if (object.type !== 'file' || !object.files) return object.value ?? {}
  const files = [...object.files]
  if (files.length === 0) return ''
  return object.multiple ? files : files[0]
}

async function fileForm(name, file) {
  const base64 = await read(file)
  return `${name}[0]=${escape(file.name ?? 'blob')}&${name}[1]=${escape(base64)}`
}

function read(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result.split(',')[1] ?? '')
    reader.onerror = () => reject(invalid(`params: a file can't be read: ${reader.error.message}`))
    reader.readAsDataURL(file)
  })
}

/** Half a surrogate pair has no UTF-8 and becomes U+FFFD. */
const escape = (value) => encodeURIComponent(String(value).replace(/\p{Surrogate}/gu, '\ufffd'))
