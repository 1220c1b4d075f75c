/** The examples, each as it stands, in its real runtime. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startEdgeLight } from '../support/edge-light.mjs'
import { edgeWorld } from '../support/edge.mjs'
import { startRedis } from '../support/redis.mjs'
import { startWorker } from '../support/workerd.mjs'

const path = (file) => fileURLToPath(new URL(`../../${file}`, import.meta.url))
const host = 'portal.example'

const world = edgeWorld()

/** What every example has to do. */
async function drive(ask) {
  const { access_token: auth } = await world.token(['crm'])
  const json = { 'Content-Type': 'application/json' }
  const call = (method, params) =>
    ask(`/rest/${method}`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ auth, ...params }),
    })

  assert.equal(await (await ask('/healthy')).text(), 'ok\n')
  const deal = await call('crm.deal.get', { id: 7 })
  assert.equal(deal.status, 200)
  assert.equal((await deal.json()).result.ID, '7')
  const batch = await call('batch', { cmd: { me: 'profile', deal: 'crm.deal.get?id=7' } })
  assert.deepEqual(Object.keys((await batch.json()).result.result), ['me', 'deal'])
  const twice = await ask(`/rest/batch?auth=${auth}&cmd[]=BATCH`)
  assert.equal((await twice.json()).error, 'ERROR_BATCH_METHOD_NOT_ALLOWED')
  const preflight = await ask('/rest/profile', { method: 'OPTIONS' })
  assert.equal(preflight.headers.get('access-control-max-age'), '86400')
  const calls = (await world.seen()).filter((it) => !it.endsWith('/scope'))
  assert.deepEqual(calls, ['POST /rest/crm.deal.get', 'POST /rest/batch'])
}

/** Starts a program, drives it once it answers, and ends it. */
async function run(program, args, { env, port }) {
  const child = spawn(program, args, {
    env: { ...process.env, PORTAL: host, TEST_PORTAL: world.origin, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let words = ''
  child.stderr.on('data', (chunk) => (words += chunk))
  const exit = new Promise((resolve) => child.once('exit', resolve))
  const gate = `http://127.0.0.1:${port}`
  try {
    await answers(`${gate}/healthy`, () => child.exitCode === null || words)
    await drive((address, init) => fetch(gate + address, init))
  } finally {
    child.kill()
    await exit
  }
}

/** Waits until a server answers; `lives` says what went wrong where it won't. */
async function answers(url, lives) {
  for (let round = 0; round < 300; round++) {
    const words = lives()
    if (words !== true) throw new Error(words)
    if (await fetch(url).catch(() => undefined)) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${url} doesn't answer`)
}

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

test('cloudflare_in_workerd_with_its_durable_object', async () => {
  const config = JSON.parse(await readFile(path('examples/cloudflare/wrangler.json'), 'utf8'))
  const [{ name, class_name: className }] = config.durable_objects.bindings
  assert.deepEqual(config.migrations[0].new_sqlite_classes, [className])
  const source = await readFile(path(`examples/cloudflare/${config.main}`), 'utf8')
  const worker = await startWorker(source, {
    compatibilityDate: config.compatibility_date,
    bindings: { ...config.vars, PORTAL: host },
    durableObjects: { [name]: { className, useSQLite: true } },
    outboundService: (request) =>
      fetch(request.url.replace(`https://${host}`, world.origin), {
        method: request.method,
        headers: request.headers,
        body: request.body,
        duplex: 'half',
        redirect: 'manual',
      }),
  })
  try {
    await drive((address, init) => fetch(worker.url + address, init))
  } finally {
    await worker.stop()
  }
})

test('deno', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'callgate-deno-'))
  const config = join(folder, 'deno.json')
  const edge = join(folder, 'edge.js')
  const [fetching, disk] = ['tests/support/portal-fetch.mjs', 'pkg/edge/disk.js'].map(path)
  await writeFile(edge, `import '${fetching}'\nexport * from '${disk}'\n`)
  await writeFile(config, JSON.stringify({ imports: { 'callgate/edge': edge } }))
  const { tasks } = JSON.parse(await readFile(path('examples/deno/deno.json'), 'utf8'))
  const [verb, ...flags] = tasks.start.split(' ').slice(1, -1)
  const port = await freePort()
  try {
    await run(
      path('node_modules/@deno/linux-x64-glibc/deno'),
      [verb, ...flags, `--config=${config}`, `--port=${port}`, path('examples/deno/main.js')],
      { port },
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('bun_with_redis', async () => {
  const redis = await startRedis()
  const port = await freePort()
  const server = path('examples/bun-redis/server.js')
  try {
    const args = ['--preload', path('tests/support/portal-fetch.mjs'), server]
    const env = { PORT: String(port), REDIS_URL: redis.url }
    await run(path('node_modules/.bin/bun'), args, { env, port })
  } finally {
    await redis.stop()
  }
})

test('vercel_in_its_edge_runtime', async () => {
  const source = `
    import middleware from '../examples/vercel-edge/middleware.js'
    const { fetch } = globalThis
    globalThis.fetch = (address, init) =>
      fetch(address.replace('https://${host}', '${world.origin}'), init)
    globalThis.answer = (path, init) => middleware(new Request('https://app.example' + path, init), {})`
  const globals = { process: { env: { PORTAL: host } } }
  const runtime = await startEdgeLight(source, 'edge', globals)
  await drive((address, init) => runtime.context.answer(address, init))
})
