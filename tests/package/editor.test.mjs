/** What an editor shows of the package's types, asked of the compiler's own language server. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const file = pathToFileURL(`${root}tests/package/types/editor.ts`).href
const HEAD = "import { Portal } from 'callgate'\ndeclare const portal: Portal\n"

const server = spawn(`${root}node_modules/.bin/tsc`, ['--lsp', '--stdio'], { cwd: root })
const waiting = new Map()
let received = Buffer.alloc(0)
let last = 0
after(() => server.kill())

server.stdout.on('data', (bytes) => {
  received = Buffer.concat([received, bytes])
  for (;;) {
    const [head, length] =
      /^Content-Length: (\d+)\r\n(?:.+\r\n)*\r\n/.exec(received.toString('latin1')) ?? []
    if (!head || received.length < head.length + Number(length)) return
    const message = JSON.parse(received.subarray(head.length, head.length + Number(length)))
    received = received.subarray(head.length + Number(length))
    if (message.method && message.id !== undefined) send({ id: message.id, result: null })
    else waiting.get(message.id)?.(message)
  }
})

function send(message) {
  const text = JSON.stringify({ jsonrpc: '2.0', ...message })
  server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
}

async function ask(method, params) {
  const id = ++last
  const answer = new Promise((resolve) => waiting.set(id, resolve))
  send({ id, method, params })
  const { result, error } = await answer
  assert.equal(error, undefined, JSON.stringify(error))
  return result
}

const tags = { tagSupport: { valueSet: [1, 2] } }
const capabilities = { textDocument: { diagnostic: tags, publishDiagnostics: tags } }
await ask('initialize', { processId: null, rootUri: pathToFileURL(root).href, capabilities })
send({ method: 'initialized', params: {} })
let version = 0
const textDocument = { uri: file }

/** Opens a line of code; returns where `|` stood in it. */
function open(line) {
  const text = HEAD + line.replace('|', '')
  const document = { ...textDocument, version: ++version }
  if (version === 1) {
    send({
      method: 'textDocument/didOpen',
      params: { textDocument: { ...document, languageId: 'typescript', text } },
    })
  } else {
    const params = { textDocument: document, contentChanges: [{ text }] }
    send({ method: 'textDocument/didChange', params })
  }
  return { line: 2, character: line.indexOf('|') }
}

/** The names that complete the code, without the mark of what is optional. */
async function offered(line) {
  const list = await ask('textDocument/completion', { textDocument, position: open(line) })
  return (list?.items ?? list ?? []).map(({ label }) => label.replace('?', ''))
}

async function struck(line) {
  open(line)
  const report = await ask('textDocument/diagnostic', { textDocument })
  const isStruck = (item) => item.tags?.includes(2)
  return report.items
    .filter(isStruck)
    .map(({ range: { start, end } }) => line.slice(start.character, end.character))
}

test('method names complete', async () => {
  const names = await offered("portal.call('|')")
  const facts = readFileSync(`${root}catalogue/methods.txt`, 'utf8')
  const known = new Set(facts.match(/^[\w.]+(?= v\d$)/gm))
  assert.ok(known.size > 1600)
  for (const name of known) assert.ok(names.includes(name), name)
})

test('parameters complete, and what is inside them, before the call is whole', async () => {
  const names = await offered("portal.call('crm.item.get', { | })")
  assert.deepEqual(names.sort(), ['entityTypeId', 'id', 'useOriginalUfNames'])
  assert.ok((await offered("portal.call('crm.item.add', { fields: { ti| } })")).includes('title'))
})

test('a call of a deprecated method is struck out', async () => {
  assert.deepEqual(await struck("portal.call('crm.lead.get', { id: 1 })"), ['call'])
  assert.deepEqual(await struck("portal.call('crm.item.get', { entityTypeId: 1, id: 1 })"), [])
})
