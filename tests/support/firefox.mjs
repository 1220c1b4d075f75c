/**
 * The system's Firefox. Nothing steers it: it shows pages, which say themselves what happens there.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const program = process.env.FIREFOX ?? 'firefox-esr'

/** Without these it looks for its maker's servers, which tests must not depend on. */
const quiet = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.search.update': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.enabled': false,
}

/** Shows pages in a new and empty profile; returns what ends it. */
export async function showInFirefox(...urls) {
  const profile = mkdtempSync(join(tmpdir(), 'callgate-firefox-'))
  const lines = Object.entries(quiet).map(([name, value]) =>
    `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)})`.concat(';\n'),
  )
  writeFileSync(join(profile, 'user.js'), lines.join(''))
  const options = ['--headless', '--no-remote', '--profile', profile, ...urls]
  // A home of its own: it refuses one that belongs to another user.
  const env = { ...process.env, HOME: profile }
  const child = spawn(program, options, { env, stdio: 'ignore' })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  await once(child, 'spawn')
  return async () => {
    const exit = once(child, 'exit')
    kill()
    await exit
    process.off('exit', kill)
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}
