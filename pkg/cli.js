#!/usr/bin/env node
/** The package's command. It says what to ask for; it sends nothing. */
import { parseArgs } from 'node:util'
import { UsageError, readSources } from './cli/files.js'

const help = `\
Finds the methods and events that sources name, and says which scopes to ask for.

Usage: callgate scopes [options] <file or folder>...

  --granted <codes>  compare with these scopes (crm,im); exit status 1 if one is missing
  --json             print everything found as JSON
  --help             print this

Looks in texts of JavaScript, TypeScript, Vue, PHP and Python; passes over node_modules, vendor,
folders with a leading dot, minified and very large files. Nothing is sent anywhere.

Exit status: 0; 1 when a scope is missing; 2 when the command line is wrong or a file can't be read.
`

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`callgate: ${error.message}\n`)
  process.exitCode = 2
}

async function run(args) {
  const { values, positionals } = read(args)
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const [command, ...paths] = positionals
  if (command === undefined) throw wrong('a command is missing')
  if (command !== 'scopes') throw wrong(`there is no command ${command}`)
  if (paths.length === 0) throw wrong('no file or folder is named')
  const granted = values.granted?.trim()
  if (granted === '') throw wrong('--granted: a list of scopes is wanted, such as crm,im')

  const { sources, skipped } = readSources(paths)
  if (sources.length === 0) {
    const why = skipped.map(({ file, reason }) => `\n  ${file}: ${reason}`).join('')
    throw new UsageError(`no sources in ${paths.join(', ')}${why}`)
  }
  const { compare, look } = await import('./cli/scopes.js')
  const found = look(sources)
  const comparison = granted && compare(found.needs, granted)
  const { report } = await import('./cli/report.js')
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ ...found, skipped, comparison }, null, 2)}\n`
      : report(found, skipped, comparison),
  )
  return comparison?.missing.length ? 1 : 0
}

function read(args) {
  const options = {
    granted: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  }
  try {
    return parseArgs({ args, options, allowPositionals: true })
  } catch (error) {
    throw wrong(error.message)
  }
}

function wrong(words) {
  return new UsageError(`${words}; callgate --help says what there is`)
}
