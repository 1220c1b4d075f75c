/** Many calls in few requests. */
import { ask, conclude, pager } from './ask.js'
import { formOf } from './form.js'
import { AjaxResult } from './result.js'

/** The portal takes no more commands in one request. */
const MOST = 50

/** What refers to another command. */
const REFERENCE = /\$(?:result|next|total|time)\[([^\]]+)\]/g

/** The commands among `calls`, each with its key there. What has no method is passed over. */
export function commandsIn(calls) {
  const commands = []
  for (const key of Object.keys(calls ?? {})) {
    const call = calls[key]
    const [method, params] = Array.isArray(call) ? call : [call?.method, call?.params]
    if (method) commands.push({ key, method, params })
  }
  return commands
}

/**
 * What comes of them: `results`, in which each command gets its own, and the error if the portal
 * answered none. Never rejects.
 */
export async function askAll(life, commands, results, callback, halt) {
  let requests = [commands]
  let thrown, failure
  let isAnswered = false
  try {
    requests = requestsOf(await written(commands))
  } catch (error) {
    thrown = error
  }
  for (const request of requests) {
    const cmd = Array.isArray(results) ? [] : {}
    for (const { key, method, form } of request) cmd[key] = `${method}?${form}`
    const query = { method: 'batch', data: { halt: halt ? 1 : 0, cmd }, callback }
    const { result: whole, error } = thrown
      ? conclude(life, query, undefined, { status: 0 }, thrown)
      : await ask(life, query)
    failure ??= error
    isAnswered ||= !error
    const told = tell(life, request, whole, error, callback)
    for (const { key, result } of told) results[key] = result
    if (halt && told.some(({ result }) => result.error())) break
  }
  return { result: results, error: isAnswered ? undefined : failure }
}

/** What the answer of a request says of its commands, each with its key: of those that ran. */
function tell(life, commands, whole, error, callback) {
  const told = []
  for (const { key, method, form } of commands) {
    const answer = error ? refusalOf(whole) : answerTo(key, whole.data())
    if (!answer) continue
    const query = { method, data: form, callback }
    const decision = error ? error.decision : answer.error && decisionOn(life, method, form)
    const result = new AjaxResult(answer, query, whole.status, pager(life, query), decision)
    told.push({ key, result })
  }
  return told
}

/** The commands with their parameters as forms. */
async function written(commands) {
  const forms = await Promise.all(commands.map(({ params }) => formOf(params)))
  return commands.map((command, place) => ({ ...command, place, form: forms[place] }))
}

/**
 * Requests of no more than 50 commands, each command in one with those that it refers to. Of more
 * that hang together the portal says itself what it thinks.
 */
function requestsOf(commands) {
  if (commands.length <= MOST) return [commands]
  const requests = []
  for (const group of linked(commands)) {
    const last = requests.at(-1)
    if (last?.length + group.length <= MOST) last.push(...group)
    else requests.push([...group])
  }
  for (const request of requests) request.sort((one, other) => one.place - other.place)
  return requests
}

/** The commands in groups, of which none refers to another. */
function linked(commands) {
  const groups = new Map()
  for (const command of commands) {
    let group = [command]
    for (const key of namesIn(command.form)) {
      const other = groups.get(key)
      if (!other || other === group) continue
      other.push(...group)
      for (const member of group) groups.set(member.key, other)
      group = other
    }
    groups.set(command.key, group)
  }
  return new Set(groups.values())
}

/** The names of the commands that a form refers to. */
function namesIn(form) {
  let text = form
  try {
    text = decodeURIComponent(form)
  } catch {
    // The caller wrote it, and not quite as a form is written.
  }
  return [...text.matchAll(REFERENCE)].map(([, name]) => name)
}

/** What the answer of a batch says of one command; undefined for what didn't run. */
function answerTo(key, maps) {
  const has = (map) => Object.hasOwn(map ?? {}, key)
  if (!has(maps?.result) && !has(maps?.result_error)) return undefined
  return {
    result: has(maps.result) ? maps.result[key] : {},
    error: maps.result_error?.[key],
    total: maps.result_total?.[key],
    next: maps.result_next?.[key],
  }
}

/** The same where the whole batch failed. */
const refusalOf = ({ answer: { error, error_description } }) => ({ error, error_description })

/** What is known to stand in the way of a command. */
function decisionOn(life, method, form) {
  const decision = life.portal.check('batch', { cmd: [`${method}?${form}`] }).commands?.[0]
  return ['denied', 'pending'].includes(decision?.verdict) ? decision : undefined
}
