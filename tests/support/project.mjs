/** A project outside the repository that has the package as npm delivers it: packed, installed. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const pkg = fileURLToPath(new URL('../../pkg/', import.meta.url))

/** Makes one: its folder, the paths that were packed, and what takes it away again. */
export function makeProject() {
  const folder = mkdtempSync(join(tmpdir(), 'callgate-package-'))
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  const [report] = JSON.parse(npm(pkg, 'pack', '--json', '--pack-destination', folder))
  npm(folder, 'install', '--offline', '--no-audit', '--no-fund', join(folder, report.filename))
  return {
    folder,
    packed: report.files.map(({ path }) => path),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function npm(folder, ...args) {
  return execFileSync('npm', args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
