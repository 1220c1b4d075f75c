/** The way to the portal and back, byte by byte: what a server gets, and what a client gets of it. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import { afterEach, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { gateSource } from '../support/edge.mjs'
import { serve } from '../support/serve.mjs'
import { startWorker } from '../support/workerd.mjs'

let worker
afterEach(() => worker?.stop())

/** A gate before a server that answers as the handler says. */
async function gateBefore(handler, options) {
  const { url } = await serve(handler)
  const all = { portals: [url], grants: 'ask', httpToLoopbackForTests: true, ...options }
  worker = await startWorker(gateSource(all))
  return worker.url
}

/** Sends a request; gives its answer as it comes. */
async function send(url, { headers, method = 'GET', body } = {}) {
  const request = http.request(url, { method, headers, agent: false })
  if (body) for (const part of body) request.write(part)
  request.end()
  const [answer] = await once(request, 'response')
  return answer
}

async function bytesOf(stream) {
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test('a_packed_answer_comes_as_it_was', async () => {
  const text = JSON.stringify({ result: 'x'.repeat(5_000) })
  const packed = gzipSync(text)
  const url = await gateBefore((request, response) => {
    const status = request.url.includes('wrong') ? 400 : 200
    response.writeHead(status, { 'Content-Encoding': 'gzip', 'Content-Type': 'application/json' })
    response.end(packed)
  })
  const headers = { 'Accept-Encoding': 'gzip' }
  const right = await send(`${url}/rest/profile?auth=x`, { headers })
  assert.equal(right.headers['content-encoding'], 'gzip')
  assert.deepEqual(await bytesOf(right), packed)
  const wrong = await send(`${url}/rest/profile?auth=x&wrong=1`, { headers })
  assert.deepEqual([wrong.statusCode, wrong.headers['content-encoding']], [400, 'gzip'])
  assert.equal(String(gunzipSync(await bytesOf(wrong))), text)
})

test('an_answer_streams', async () => {
  let goOn
  const url = await gateBefore((request, response) => {
    response.write('{"result":')
    goOn = () => response.end('1}')
  })
  const answer = await send(`${url}/rest/profile?auth=x`)
  const [first] = await once(answer, 'data')
  assert.equal(String(first), '{"result":')
  goOn()
  assert.equal(String(await bytesOf(answer)), '1}')
})

test('a_long_error_is_handed_on_whole', async () => {
  const long = randomBytes(200_000).toString('hex')
  const url = await gateBefore((request, response) => {
    response.writeHead(500)
    response.end(long)
  })
  assert.equal(String(await bytesOf(await send(`${url}/rest/profile?auth=x`))), long)
})

test('headers_of_one_connection_end_at_the_gate', async () => {
  let got
  const url = await gateBefore((request, response) => {
    got = request.headers
    response.writeHead(200, {
      Connection: 'X-Hop',
      'X-Hop': '1',
      'X-Kept': '2',
      'Set-Cookie': 'a=b',
    })
    response.end('{}')
  })
  const answer = await send(`${url}/rest/profile?auth=x`, {
    headers: {
      Connection: 'X-Own',
      'X-Own': '1',
      'X-Forwarded-For': '10.0.0.1',
      Forwarded: 'for=10.0.0.1',
      'Proxy-Authorization': 'Basic eA==',
      'X-Kept': '3',
    },
  })
  assert.equal(got['x-kept'], '3')
  for (const name of ['x-own', 'x-forwarded-for', 'forwarded', 'proxy-authorization']) {
    assert.equal(got[name], undefined, name)
  }
  assert.deepEqual([answer.headers['x-kept'], answer.headers['x-hop']], ['2', undefined])
  assert.deepEqual(answer.headers['set-cookie'], ['a=b'])
  answer.resume()
})

test('a_body_goes_on_as_it_was_up_to_its_limit_and_no_further', async () => {
  const bodies = []
  const handler = async (request, response) => {
    bodies.push(await bytesOf(request))
    response.end('{"result":1}')
  }
  const url = await gateBefore(handler, { maxBody: 100_000 })
  const text = Buffer.from(`auth=x&a=${'é'.repeat(20_000)}`)
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const options = { method: 'POST', headers: type }
  const post = (body, headers) =>
    send(`${url}/rest/profile`, { ...options, headers: { ...type, ...headers }, body })
  for (const headers of [{}, { 'Content-Length': text.length }]) {
    const answer = await post([text.subarray(0, 999), text.subarray(999)], headers)
    assert.equal(answer.statusCode, 200)
    answer.resume()
    assert.deepEqual(bodies.pop(), text)
  }
  const long = Buffer.alloc(100_001, 'a')
  for (const headers of [{}, { 'Content-Length': long.length }]) {
    const answer = await post([long], headers)
    assert.equal(JSON.parse(await bytesOf(answer)).error, 'CALLGATE_LIMIT')
    assert.equal(answer.statusCode, 413)
  }
  assert.deepEqual(bodies, [])
})

test('a_file_for_a_signed_link_streams_past_the_limit', async () => {
  const file = randomBytes(300_000)
  let got
  const handler = async (request, response) => {
    got = await bytesOf(request)
    response.end('{"result":1}')
  }
  const url = await gateBefore(handler, { maxBody: 1_000, preflight: 'enforce' })
  const type = { 'Content-Type': 'multipart/form-data; boundary=x' }
  const answer = await send(`${url}/rest/upload.json?token=disk%7Cabc`, {
    method: 'POST',
    headers: type,
    body: [file],
  })
  assert.equal(answer.statusCode, 200)
  answer.resume()
  assert.deepEqual(got, file)
})
