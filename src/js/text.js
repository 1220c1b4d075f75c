/** Parameters and events as text, which is what the core reads. */
import { invalid, wordsOf } from './face.js'

/**
 * The JSON text of a call's parameters. What JSON would lose or can't say is an error that names
 * its path: cycles, BigInt, NaN and the infinities. Functions, symbols and undefined are left out.
 */
export function paramsText(params, path = 'params') {
  if (params === undefined || params === null) return '{}'
  if (typeof params !== 'object')
    throw invalid(`${path}: an object is wanted, not a ${typeof params}`)
  let text
  try {
    text = JSON.stringify(params)
  } catch (error) {
    throw explain(params, path) ?? invalid(`${path}: ${wordsOf(error)}`)
  }
  // JSON writes NaN and the infinities as null, so only a text with a null can hide one.
  const lost = text?.includes('null') ? explain(params, path) : undefined
  if (lost) throw lost
  if (text?.[0] !== '{' && text?.[0] !== '[')
    throw invalid(`${path}: must become an object in JSON`)
  return text.includes('\\ud') ? wellFormed(text) : text
}

/**
 * Half a surrogate pair, which JSON.stringify writes as an escape, becomes U+FFFD, as in a form: PHP
 * throws a JSON text with one away as a whole, the token included.
 */
function wellFormed(text) {
  return text.replace(/\\(ud[89a-f]..|.)/g, (whole, escape) =>
    escape.length > 1 ? '\ufffd' : whole,
  )
}

/** Finds what JSON can't carry; undefined if all is well, or if looking is what fails. */
function explain(params, path) {
  try {
    return look(params, path)
  } catch {
    return undefined
  }
}

/** Goes in the order of JSON.stringify. */
function look(params, path) {
  const above = []
  const wrong = (path, what) => invalid(`${path}: ${what}`)
  const lookAt = (holder, key, path) => {
    let value = holder[key]
    if (typeof value?.toJSON === 'function') value = value.toJSON(key)
    if (value instanceof Number || value instanceof BigInt) value = value.valueOf()
    if (typeof value === 'bigint') return wrong(path, 'a BigInt has no JSON: give a text')
    if (typeof value === 'number' && !Number.isFinite(value))
      return wrong(path, `${value} has no JSON`)
    if (typeof value !== 'object' || value === null) return undefined
    if (above.includes(value)) return wrong(path, 'the value contains itself')
    above.push(value)
    for (const name of Object.keys(value)) {
      const found = lookAt(
        value,
        name,
        Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`,
      )
      if (found) return found
    }
    above.pop()
    return undefined
  }
  return lookAt({ params }, 'params', path)
}

/**
 * The calls of a batch, four items for each: its name, where it stands in words, its method, and
 * its parameters as text.
 */
export function batchItems(calls) {
  const isList = Array.isArray(calls)
  if (!isList && (typeof calls !== 'object' || calls === null || Symbol.iterator in calls))
    throw invalid('calls: an array or an object of calls is wanted')
  const items = []
  for (const name of isList ? calls.keys() : Object.keys(calls)) {
    const path = isList ? `calls[${name}]` : `calls.${name}`
    items.push(String(name), path, ...readCall(calls[name], path))
  }
  return items
}

/** Parameters that are longer cross into the core alone, so that it holds no second copy of files. */
const LONG = 65_536

/**
 * What `batchItems` gave as one text, since each that crosses into the core has its price. Three
 * lines for a call: its name and its method as JSON, and its parameters. An empty line is the method
 * of the call before, or parameters that are long.
 */
export function batchText(items) {
  const lines = []
  let last
  for (let at = 0; at < items.length; at += 4) {
    const [method, params] = [items[at + 2], items[at + 3]]
    lines.push(JSON.stringify(items[at]))
    lines.push(method === last ? '' : JSON.stringify(method))
    lines.push(params.length > LONG ? '' : params)
    last = method
  }
  return lines.join('\n')
}

function readCall(call, path) {
  if (typeof call !== 'object' || call === null)
    throw invalid(`${path}: [method, params] or { method, params } is wanted`)
  const isPair = Array.isArray(call)
  const known = isPair ? ['0', '1'] : ['method', 'params']
  const place = (key) => (isPair ? `${path}[${key}]` : `${path}.${key}`)
  const stranger = Object.keys(call).find((key) => !known.includes(key))
  if (stranger !== undefined)
    throw invalid(`${place(stranger)}: a call is a method and its params, and no more`)
  const [method, params] = known.map((key) => call[key])
  if (typeof method !== 'string')
    throw invalid(
      `${place(known[0])}: the name of a method is wanted, not ${method === undefined ? 'nothing' : `a ${typeof method}`}`,
    )
  return [method, paramsText(params, place(known[1]))]
}

/** An event as form text or, for a plain object, as JSON text. */
export function eventText(event) {
  if (typeof event === 'string') return event
  if (event instanceof URLSearchParams) return event.toString()
  if (typeof FormData === 'function' && event instanceof FormData) {
    return new URLSearchParams(
      [...event].filter(([, value]) => typeof value === 'string'),
    ).toString()
  }
  if (typeof event !== 'object' || event === null) {
    throw invalid('event: an object, URLSearchParams, FormData or a form-encoded text is wanted')
  }
  try {
    return JSON.stringify(event) ?? ''
  } catch (error) {
    throw invalid(`event: ${wordsOf(error)}`)
  }
}

/** Whether CORS applies, so that simple requests matter and secrets would be in a user's hands. */
export function runsInBrowser() {
  const { process, Deno, WebSocketPair, EdgeRuntime, document, WorkerGlobalScope } = globalThis
  if (process?.versions?.node && process.type !== 'renderer') return false
  if (Deno || WebSocketPair || EdgeRuntime) return false
  return document !== undefined || WorkerGlobalScope !== undefined
}
