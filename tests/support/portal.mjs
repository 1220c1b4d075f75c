/**
 * The test portal as a test sees it: a process of its own, with a portal and an application
 * server, and the control plane that no real portal has.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const top = fileURLToPath(new URL('../../', import.meta.url))
const program = process.env.CALLGATE_PORTAL ?? join(top, 'target/debug/callgate-portal')

/**
 * Starts a portal of its own for a test; the application's server gives out `root`'s www/ and
 * pkg/. Call `stop` when done.
 */
export async function startPortal({ root = top } = {}) {
  if (!existsSync(program)) {
    throw new Error(`no test portal at ${program}: run \`cargo build -p callgate-portal\``)
  }
  const child = spawn(program, ['--port', '0', '--app-port', '0', '--root', root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = new Promise((resolve) => child.once('exit', resolve))
  process.once('exit', () => child.kill()) // a test that breaks leaves no process behind
  const { portal, app } = await addresses(child, exit)

  const ask = async (method, path, body) => {
    const response = await fetch(`${portal}/${path.replace(/^\//, '')}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`test portal: ${path} answered ${response.status}: ${text}`)
    return text ? JSON.parse(text) : undefined
  }

  return {
    /** The portal's origin, and the application server's. */
    portal,
    app,
    /** Tells the control plane something: `control('tokens', { scopes: ['crm'] })`. */
    control: (name, body = {}) => ask('POST', `_portal/${name}`, body),
    /** Every request that the portal has seen since the last reset. */
    log: () => ask('GET', '_portal/log'),
    /** Makes it a fresh portal. */
    reset: () => ask('POST', '_portal/reset', {}),
    stop: () => {
      child.kill()
      return exit
    },
  }
}

/** Reads the two lines that say where the servers listen. */
async function addresses(child, exit) {
  const found = {}
  const lines = createInterface({ input: child.stdout })
  const listening = new Promise((resolve) => {
    lines.on('line', (line) => {
      const [, name, address] = /^(portal|app) (http:\S+)$/.exec(line) ?? []
      if (name) found[name] = address
      if (found.portal && found.app) resolve()
    })
  })
  const early = exit.then((code) => {
    throw new Error(`the test portal ended before it listened (exit code ${code})`)
  })
  await Promise.race([listening, early])
  return found
}
