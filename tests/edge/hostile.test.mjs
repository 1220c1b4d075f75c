/**
 * The table of hostile requests (tests/native/gate_hostile.txt) through the built gate, byte by byte
 * over sockets: what isn't marked `pass` never reaches the portal.
 */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { test } from 'node:test'
import { edgeWorld } from '../support/edge.mjs'

const world = edgeWorld()

const types = {
  form: 'Content-Type: application/x-www-form-urlencoded',
  json: 'Content-Type: application/json',
  multi: 'Content-Type: multipart/form-data; boundary=XX',
  text: 'Content-Type: text/plain',
}

/** The rows of the table, each with the bytes that it stands for. */
async function rows() {
  const table = await readFile(new URL('../native/gate_hostile.txt', import.meta.url), 'utf8')
  return table
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('# '))
    .map((line) => {
      const [expected, verb, target, ...rest] = line.split(' ¦ ')
      const body = unescape((rest.pop() ?? 'body ').slice('body '.length))
      const headers = rest.map((header) => unescape(types[header] ?? header))
      return { line, expected, verb, target: unescape(target), headers, body }
    })
}

/** `\xHH`, `\r`, `\n`, `\t`, `\\`, and `{{TEXT*N}}`. */
function unescape(field) {
  const repeated = field.replace(/\{\{(.*?)\*(\d+)\}\}/g, (_, text, times) =>
    Array.from({ length: times }, (_, number) => text.replaceAll('@', number)).join(''),
  )
  const marks = { r: '\r', n: '\n', t: '\t' }
  const parts = repeated.split(/\\(x[0-9a-f]{2}|.)/)
  const bytes = parts.map((part, at) => {
    if (at % 2 === 0) return Buffer.from(part)
    if (part.length === 3) return Buffer.from(part.slice(1), 'hex')
    return Buffer.from(marks[part] ?? part)
  })
  return Buffer.concat(bytes)
}

/** What a row looks like on the wire. */
function wire({ verb, target, headers, body }) {
  const has = (name) => headers.some((line) => name.test(line.toString('latin1')))
  const line = (text) => Buffer.concat([Buffer.from(text), Buffer.from('\r\n')])
  const lines = [Buffer.concat([Buffer.from(`${verb} `), target, Buffer.from(' HTTP/1.1\r\n')])]
  if (!has(/^host:/i)) lines.push(line('Host: portal.example'))
  for (const header of headers) lines.push(line(header))
  if (!has(/^(content-length|transfer-encoding):/i))
    lines.push(line(`Content-Length: ${body.length}`))
  if (!has(/^connection:/i)) lines.push(line('Connection: close'))
  return Buffer.concat([...lines, line(''), body])
}

/** What a server answers to bytes, in full. */
function exchange(url, bytes) {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const chunks = []
    const socket = connect(port, hostname, () => socket.end(bytes))
    socket.setTimeout(5_000, () => socket.destroy())
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', () => {}) // it was cut off: what came until then is the answer
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
  })
}

/** Status and code of an answer, in the words of the table; undefined where it is no answer of the gate. */
function said(answer) {
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(answer) ?? []
  if (/^access-control-max-age:/im.test(answer)) return status
  const [, code] =
    /"error":"([^"]*)"/.exec(answer) ??
    /"error":\{"code":"([^"]*)"/.exec(answer) ??
    /<error>([^<]*)</.exec(answer) ??
    []
  if (code === undefined) return undefined
  const short = code
    .replace('CALLGATE_AMBIGUOUS', 'doubt')
    .replace('BITRIX_REST_V3_EXCEPTION_', 'v3 ')
  return `${status} ${short}`
}

/**
 * Whether the runtime tells the gate of another request than the bytes say: it resolves dots and
 * back slashes, trims hosts, and takes what is left over for the next request. What it tells is
 * what goes on.
 */
function isRetold({ verb, target, headers, body }) {
  const text = target.toString()
  const address = URL.parse(`http://portal.example${text}`)
  const lines = headers.map(String)
  const [, host] = lines.map((line) => /^host: (.*)$/i.exec(line)).find(Boolean) ?? []
  const length = lines.map((line) => /^content-length: (\d+)$/i.exec(line)?.[1]).find(Boolean)
  return (
    (address && address.pathname + address.search !== text) ||
    (host !== undefined && URL.parse(`http://${host}`)?.host !== host) ||
    lines.some((line) => /[\r\n]/.test(line)) ||
    Number(length) < body.length ||
    verb.endsWith(' ')
  )
}

test('no_hostile_request_reaches_the_portal_and_the_worker_answers_each', async () => {
  const gate = await world.gate(
    { preflight: { scope: 'enforce', parameters: 'warn' }, budget: { burst: 1e6, perSecond: 1e6 } },
    { handleRuntimeStdio: (...streams) => streams.forEach((stream) => stream.resume()) },
    `{
      portals: { 'portal.example': '${world.origin}', 'second.example': '${world.origin}' },
      grants: { '${new URL(world.origin).host}': ['crm', 'im'] },
      store: {
        ...memoryStore(),
        read: async () => ({ 'confirm im.denied': { state: 'denied', since: 0, first: 0, told: 0 } }),
      },
    }`,
  )
  const wrong = []
  const counts = { own: 0, runtime: 0, retold: 0 }
  let reached = 0
  for (const row of await rows()) {
    const answer = await exchange(gate.url, wire(row))
    if (row.expected !== 'pass' && said(answer) === row.expected) {
      counts.own += 1
      continue
    }
    const forwarded = (await world.seen()).slice(reached)
    reached += forwarded.length
    if (row.expected === 'pass') {
      if (forwarded.length !== 1) wrong.push(`kept back: ${answer.slice(0, 99)}: ${row.line}`)
    } else if (forwarded.length === 0) {
      counts.runtime += 1
    } else if (isRetold(row) && forwarded.every((it) => /^(GET|POST) \/rest(\/[\w-]+)+/.test(it))) {
      counts.retold += 1
    } else {
      wrong.push(`forwarded as ${forwarded}: ${row.line}`)
    }
  }
  assert.deepEqual(wrong, [])
  assert.ok(counts.own >= 450, JSON.stringify(counts))
  assert.equal((await gate.ask('/records')).status, 200)
})
