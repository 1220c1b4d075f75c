/** A Redis server of a test's own, on a free port, that keeps nothing when it ends. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'

const program = process.env.REDIS_SERVER ?? 'redis-server'

/** Starts a server. It can be stopped and started again, at the same address. */
export async function startRedis() {
  const port = await freePort()
  let child = await start(port)
  const server = {
    url: `redis://127.0.0.1:${port}`,
    /** It hangs: what is sent is answered when it goes on. */
    hang: () => child.kill('SIGSTOP'),
    goOn: () => child.kill('SIGCONT'),
    restart: async () => (child = await start(port)),
    stop: async () => {
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
  }
  process.once('exit', () => child.kill('SIGKILL'))
  return server
}

async function start(port) {
  const options = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
  ]
  const child = spawn(program, options, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ready = new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${program} ended (exit code ${code})`)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('Ready to accept connections')) resolve()
    })
  })
  await ready
  return child
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
