/** What sources need: the methods and events that they name, and the scopes to ask for. */
import details from '../catalogue.js'
import { Portal, loadCatalogue, scopesFor } from '../node.js'
import { describe } from '../wasm/callgate_bg.js'
import { namesIn } from './names.js'

await loadCatalogue(details)

/** Last parts of names that are files or hosts, not methods. */
const elsewhere = new Set(
  (
    'js mjs cjs ts mts tsx jsx vue php py css scss less html htm json xml yaml yml md txt csv svg ' +
    'png jpg jpeg gif webp ico pdf map wasm log zip com org net io dev app eu de ru uk local'
  ).split(' '),
)

/**
 * Looks through sources.
 *
 * @param {{ file: string, extension: string, text: string }[]} sources
 */
export function look(sources) {
  const methods = new Map()
  const events = new Map()
  const unknown = new Map()
  const note = (found, name, facts, place) => {
    const key = name.toLowerCase()
    if (!found.has(key)) found.set(key, { name, ...facts, at: [] })
    found.get(key).at.push(place)
  }

  for (const { file, extension, text } of sources) {
    for (const { name, line, meant, bare } of namesIn(text, extension)) {
      const place = { file, line }
      if (isEvent(name)) {
        if (bare) note(events, name, { needed: scopesOfEvent(name) }, place)
      } else if (name.includes('.') || (meant && bare)) {
        const { nearest, ...method } = known(name)
        if (method.name) note(methods, method.name, method, place)
        else if (bare && looksLikeMethod(name, meant, nearest)) {
          note(unknown, name, { nearest }, place)
        }
      }
    }
  }
  const found = (map) => [...map.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  const names = (map) => found(map).map(({ name }) => name)
  return {
    files: sources.length,
    needs: scopesFor(names(methods), { events: names(events) }),
    methods: found(methods),
    events: found(events),
    unknown: found(unknown),
  }
}

/** What of the needed scopes is in a list of granted ones. */
export function compare(needs, granted) {
  const portal = Portal.token({ domain: 'portal.example', accessToken: 'none', scope: granted })
  const comparison = portal.scopes.compare(needs)
  portal.close()
  // Only `app`, which proves nothing of a token, here says that nothing is granted.
  return comparison.granted ? comparison : { granted: [], missing: needs.scopes, unneeded: [] }
}

const known = memo(describe)
const isEvent = memo(
  (name) => /^on|::|\.on\./i.test(name) && scopesFor([], { events: [name] }).unknown.length === 0,
)
const scopesOfEvent = (name) => scopesFor([], { events: [name] }).scopes

/**
 * Whether somebody means a method that doesn't exist: the name stands where one is wanted, or it is
 * long and one letter away from one that does.
 */
function looksLikeMethod(name, meant, nearest) {
  const parts = name.split('.')
  if (parts.length < 2 || !/^[a-z][\w.]*$/.test(name)) return false
  if (elsewhere.has(parts.at(-1).toLowerCase())) return false
  return meant || (nearest !== undefined && parts.length > 2)
}

function memo(work) {
  const known = new Map()
  return (name) => {
    if (!known.has(name)) known.set(name, work(name))
    return known.get(name)
  }
}
