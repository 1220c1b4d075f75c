/** Portals live as long as they are needed and no longer. */
import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'node:test'
import v8 from 'node:v8'
import vm from 'node:vm'
import { Portal } from '../../pkg/node.js'

v8.setFlagsFromString('--expose-gc')
const gc = vm.runInNewContext('gc')

async function collect() {
  for (let round = 0; round < 20; round++) {
    gc()
    await pause(2)
  }
}

const respond = (body) => ({
  status: 200,
  headers: { get: () => null },
  text: async () => JSON.stringify(body),
})
const open = (fetch) => Portal.token({ domain: 'portal.example', accessToken: 'token', fetch })

test('a call ends although nobody holds its portal', async () => {
  const answer = open(async () => (await collect(), respond({ result: 1 }))).call('profile')
  assert.equal((await answer).data, 1)
})

test('an answer can ask for its next page although nobody holds its portal', async () => {
  const answer = await open(async () => respond({ result: [1], next: 50 })).call('crm.deal.list')
  await collect()
  assert.deepEqual((await answer.nextPage()).data, [1])
})

test('portals that nobody needs are collected', async (t) => {
  let collected = 0
  const registry = new FinalizationRegistry(() => collected++)
  const use = async () => {
    const portal = open(async () => respond({ result: 1 }))
    registry.register(portal)
    await portal.call('profile')
    await portal.call('').catch(() => {})
  }
  for (let n = 0; n < 100; n++) await use()
  await collect()
  t.diagnostic(`${collected} of 100 collected`)
  assert.ok(collected > 90)
})
