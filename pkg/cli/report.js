/** What `callgate scopes` found, for people to read. */

/**
 * @param {ReturnType<import('./scopes.js').look>} found
 * @param {{ file: string, reason: string }[]} skipped
 * @param {{ missing: string[], unneeded: string[] } | undefined} comparison
 */
export function report({ files, needs, methods, events, unknown }, skipped, comparison) {
  const part = (title, lines) => (lines.length ? [`${title}:`, ...lines, ''] : [])
  const item = (name, words, { at }) => `  ${name}${words ? `: ${words}` : ''} (${places(at)})`
  const deprecated = methods.filter(({ replacements }) => replacements)
  const confirmed = methods.filter(({ confirmedBy }) => confirmedBy)

  const lines = [
    `Scopes to ask for: ${list(needs.scopes)}`,
    ...needs.alternatives.map(
      ({ scope, instead }) => `  instead of ${scope}, ${instead.join(' or ')} would do`,
    ),
    '',
    ...part(
      'Scopes that are not certain',
      needs.uncertain.map(({ name, needed }) => `  ${name}: ${perhaps(needed)}`),
    ),
    ...part(
      'Methods',
      methods.map((method) => item(method.name, scopes(method.needed), method)),
    ),
    ...part(
      'Events',
      events.map((event) => item(event.name, list(event.needed), event)),
    ),
    ...part(
      'Deprecated',
      deprecated.map((method) => {
        const use = method.replacements.join(' or ')
        const words = use ? `use ${use}` : 'nothing is named to use instead'
        return item(method.name, method.docs ? `${words}; ${method.docs}` : words, method)
      }),
    ),
    ...part(
      'An administrator has to confirm, for each token',
      confirmed.map((method) => item(method.name, '', method)),
    ),
    ...part(
      'Not among the documented methods',
      unknown.map((name) => item(name.name, name.nearest && `did you mean ${name.nearest}?`, name)),
    ),
    ...part(
      'Passed over',
      skipped.map(({ file, reason }) => `  ${file}: ${reason}`),
    ),
    `${count(methods.length, 'method')} in ${count(files, 'file')}`,
  ]
  if (comparison) {
    lines.push(`Missing: ${list(comparison.missing)}`)
    lines.push(`Granted and not needed: ${list(comparison.unneeded)}`)
  }
  return `${lines.join('\n')}\n`
}

const list = (codes) => codes.join(', ') || 'none'
const count = (number, what) => `${number} ${what}${number === 1 ? '' : 's'}`
const groups = (needed) => needed.map((group) => group.join(' or ')).join(' and ')
const scopes = (needed) => (needed ? groups(needed) || 'no scope' : 'scope not documented')
const perhaps = (needed) => {
  if (!needed) return 'not documented'
  const words = groups(needed)
  return words.includes('$') ? `${words}, which depends on the parameters` : `perhaps ${words}`
}
const places = (at) => at.map(({ file, line }) => `${file}:${line}`).join(', ')
