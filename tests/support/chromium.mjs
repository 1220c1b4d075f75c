/** The system's Chromium, steered by a test; every start has a new and empty profile. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'

/** Without these it looks for its vendor's servers, which tests must not depend on. */
const quiet = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The program that CHROMIUM names, else the first one on PATH. */
function find() {
  const names = ['chromium', 'chromium-browser', 'google-chrome']
  const folders = (process.env.PATH ?? '').split(delimiter)
  const candidates = process.env.CHROMIUM
    ? [process.env.CHROMIUM]
    : names.flatMap((name) => folders.map((folder) => join(folder, name)))
  const program = candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
  if (program) return program
  throw new Error(
    process.env.CHROMIUM
      ? `CHROMIUM names ${process.env.CHROMIUM}, which can't be run`
      : 'no Chromium on PATH: install it (Debian: `apt-get install chromium`), or name it in CHROMIUM',
  )
}

/** Starts Chromium and gives Playwright's browser: `newPage()` opens a page, `close()` ends it. */
export function startChromium() {
  const isRoot = process.getuid?.() === 0
  return chromium.launch({
    executablePath: find(),
    chromiumSandbox: !isRoot, // it can't have its sandbox as root
    args: quiet,
  })
}
