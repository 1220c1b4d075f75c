/** The transport in Node against a real server: what it sends, what it gives back, how it fails. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeFetch } from '../../pkg/node-fetch.js'
import { serve } from '../support/serve.mjs'

async function bodyOf(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

test('sends_method_headers_and_body_and_gives_back_status_headers_and_text', async () => {
  const { url } = await serve(async (request, response) => {
    const { method, headers } = request
    const seen = { method, path: request.url, type: headers['content-type'] }
    response.writeHead(201, { 'X-Answer': 'yes' })
    response.end(
      JSON.stringify({ ...seen, length: headers['content-length'], body: await bodyOf(request) }),
    )
  })
  const answer = await nodeFetch(`${url}/rest/x.json?a=1`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"name":"Zoë"}',
    redirect: 'manual',
  })
  assert.equal(answer.status, 201)
  assert.equal(answer.headers.get('x-answer'), 'yes')
  assert.equal(answer.headers.get('X-ANSWER'), 'yes')
  assert.equal(answer.headers.get('x-none'), null)
  assert.deepEqual(JSON.parse(await answer.text()), {
    method: 'POST',
    path: '/rest/x.json?a=1',
    type: 'application/json',
    length: '15',
    body: '{"name":"Zoë"}',
  })
})

test('asks_for_no_compression', async () => {
  const { url } = await serve((request, response) =>
    response.end(request.headers['accept-encoding'] ?? 'none'),
  )
  assert.equal(await (await nodeFetch(url)).text(), 'none')
})

test('an_empty_answer_is_an_empty_text_and_a_byte_order_mark_is_dropped', async () => {
  const { url } = await serve((request, response) =>
    response.end(request.url === '/' ? '' : '\ufeff{}'),
  )
  assert.equal(await (await nodeFetch(url)).text(), '')
  assert.equal(await (await nodeFetch(`${url}/mark`)).text(), '{}')
})

test('calls_one_after_another_share_a_connection', async () => {
  const { server, url } = await serve((request, response) => response.end('ok'))
  let connections = 0
  server.on('connection', () => connections++)
  for (let call = 0; call < 20; call++) await (await nodeFetch(url)).text()
  assert.equal(connections, 1)
})

test('calls_at_the_same_time_do_not_wait_for_each_other', async () => {
  const waiting = []
  const { url } = await serve((request, response) => {
    waiting.push(response)
    if (waiting.length === 8) for (const each of waiting) each.end('ok')
  })
  const answers = await Promise.all(Array.from({ length: 8 }, () => nodeFetch(url)))
  assert.equal(answers.length, 8)
})

test('a_body_of_many_chunks_arrives_whole_even_when_a_character_is_split', async () => {
  const text = 'я'.repeat(3_000_000)
  const { url } = await serve((request, response) => {
    const bytes = Buffer.from(text)
    response.write(bytes.subarray(0, 100_001))
    response.end(bytes.subarray(100_001))
  })
  assert.equal(await (await nodeFetch(url)).text(), text)
})

test('a_redirect_is_an_answer_and_is_not_followed', async () => {
  let requests = 0
  const { url } = await serve((request, response) => {
    requests++
    response.writeHead(302, { Location: '/elsewhere' }).end()
  })
  const answer = await nodeFetch(url, { redirect: 'manual' })
  assert.equal(answer.status, 302)
  assert.equal(answer.headers.get('location'), '/elsewhere')
  assert.equal(requests, 1)
})

test('an_abort_before_the_answer_rejects_with_its_reason_and_closes_the_connection', async () => {
  const controller = new AbortController()
  const closed = deferred()
  const { url } = await serve((request) => {
    request.on('close', closed.resolve)
    controller.abort(new Error('enough'))
  })
  await assert.rejects(nodeFetch(url, { signal: controller.signal }), /^Error: enough$/)
  await closed.promise
})

test('an_abort_in_the_middle_of_the_answer_rejects', async () => {
  const controller = new AbortController()
  const { url } = await serve((request, response) => {
    response.writeHead(200, { 'Content-Length': '100' })
    response.write('some')
    setTimeout(() => controller.abort(), 20)
  })
  await assert.rejects(nodeFetch(url, { signal: controller.signal }), { name: 'AbortError' })
})

test('a_signal_that_has_fired_already_sends_nothing', async () => {
  let requests = 0
  const { url } = await serve(() => requests++)
  await assert.rejects(nodeFetch(url, { signal: AbortSignal.abort() }), { name: 'AbortError' })
  assert.equal(requests, 0)
})

test('a_signal_is_let_go_when_the_answer_is_here', async () => {
  const { url } = await serve((request, response) => response.end('ok'))
  const { signal } = new AbortController()
  let listeners = 0
  const { addEventListener: add, removeEventListener: remove } = signal
  signal.addEventListener = (...args) => (listeners++, add.apply(signal, args))
  signal.removeEventListener = (...args) => (listeners--, remove.apply(signal, args))
  await nodeFetch(url, { signal })
  assert.equal(listeners, 0)
})

test('the_engine_can_hold_a_call_and_end_it_without_a_signal', async () => {
  let abort
  const { url } = await serve(() => abort(new Error('enough')))
  const init = {
    hold: (it) => (abort = it),
    get signal() {
      return assert.fail('the signal was touched')
    },
  }
  await assert.rejects(nodeFetch(url, init), /^Error: enough$/)
})

test('an_answer_shorter_than_announced_rejects', async () => {
  const { url } = await serve((request, response) => {
    response.writeHead(200, { 'Content-Length': '100' })
    response.write('{"result":')
    setTimeout(() => response.destroy(), 20)
  })
  await assert.rejects(
    nodeFetch(url),
    /^Error: 127\.0\.0\.1:\d+: the connection ended before the answer was complete$/,
  )
})

test('a_connection_that_breaks_without_an_answer_rejects', async () => {
  const { url } = await serve((request, response) => response.destroy())
  await assert.rejects(nodeFetch(url), { message: /socket hang up/, code: 'ECONNRESET' })
})

test('a_refused_connection_names_host_and_reason_also_when_a_name_has_two_addresses', async () => {
  const { server, url } = await serve(() => {})
  const { port } = server.address()
  server.close()
  await assert.rejects(nodeFetch(url), { message: /ECONNREFUSED/, code: 'ECONNREFUSED' })
  await assert.rejects(
    nodeFetch(`http://localhost:${port}`),
    /^Error: localhost:\d+: .*ECONNREFUSED/,
  )
})

test('an_answer_that_is_not_http_rejects', async () => {
  const { server, url } = await serve(() => {})
  server.removeAllListeners('connection')
  server.on('connection', (socket) => socket.end('not http at all\r\n\r\n'))
  await assert.rejects(nodeFetch(url), /^Error: 127\.0\.0\.1:\d+: Parse Error/)
})

test('a_bad_address_is_refused_without_being_repeated', async () => {
  for (const url of ['secret', 'ftp://secret/', 'http://', '']) {
    await assert.rejects(
      nodeFetch(url),
      (error) => !JSON.stringify({ ...error, m: error.message }).includes('secret'),
    )
  }
})

test('a_header_that_cannot_be_sent_rejects_without_its_value', async () => {
  const { url } = await serve((request, response) => response.end())
  const headers = { Authorization: 'secret\n' }
  await assert.rejects(nodeFetch(url, { headers }), (error) => !error.message.includes('secret'))
})

function deferred() {
  let resolve
  const promise = new Promise((it) => (resolve = it))
  return { promise, resolve }
}
