/** Reads the sources that a command line names. */
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { basename, extname, join, relative, sep } from 'node:path'
import { extensions } from './names.js'

/** What is wrong with the command line, in words for whoever typed it. */
export class UsageError extends Error {}

const foreign = ['node_modules', 'vendor']
const huge = 1_000_000
const longLine = 5_000

/**
 * The sources among files and in folders, and what was passed over. Names of files are relative to
 * the working directory, with slashes on every system.
 *
 * @param {string[]} paths
 * @returns {{ sources: { file: string, extension: string, text: string }[],
 *   skipped: { file: string, reason: string }[] }}
 */
export function readSources(paths) {
  const sources = []
  const skipped = []
  const seen = new Set()
  const skip = (path, reason) => void skipped.push({ file: shown(path), reason })

  const readFile = (path) => {
    const extension = extname(path).slice(1).toLowerCase()
    if (!extensions.includes(extension)) return skip(path, 'not a source that is understood')
    if (/[.-]min\.\w+$/.test(path)) return skip(path, 'minified')
    if (tried(path, statSync).size > huge) return skip(path, 'larger than 1 MB')
    const text = tried(path, (it) => readFileSync(it, 'utf8'))
    if (text.includes('\0')) return skip(path, 'not a text in UTF-8')
    if (text.split('\n').some((line) => line.length > longLine)) return skip(path, 'minified')
    sources.push({ file: shown(path), extension, text })
  }
  const readFolder = (path) => {
    for (const entry of tried(path, (it) => readdirSync(it, { withFileTypes: true }))) {
      const below = join(path, entry.name)
      if (entry.isDirectory()) {
        if (foreign.includes(entry.name)) skip(below, 'not your own')
        else if (!entry.name.startsWith('.')) readFolder(below)
      } else if (
        entry.isFile() &&
        extensions.includes(extname(entry.name).slice(1).toLowerCase())
      ) {
        once(below, readFile)
      }
    }
  }
  const once = (path, read) => {
    if (seen.has(shown(path))) return
    seen.add(shown(path))
    read(path)
  }

  for (const path of paths) once(path, tried(path, statSync).isDirectory() ? readFolder : readFile)
  return { sources, skipped }
}

function tried(path, work) {
  try {
    return work(path)
  } catch (error) {
    const reason = { ENOENT: 'there is no such file', EACCES: 'it may not be read' }[error.code]
    throw new UsageError(`cannot read ${path}: ${reason ?? error.message}`)
  }
}

function shown(path) {
  const own = relative('', path) || basename(path) || '.'
  return own.split(sep).join('/')
}
