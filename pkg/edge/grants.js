/** Asks a portal what a token carries: `scope`, or `app.info` through a webhook. */

/** For so long nobody asks again after a portal that didn't say, in ms. */
const PAUSE = 60_000
/** How often one who waits for another's answer looks, and how long at most, in ms. */
const LOOK = 20
const PATIENCE = 3_000
/** No more callers than these are remembered to have been asked about. */
const MOST = 10_000

/** When was asked about whom. A promise can't be shared: it would end with the request that made it. */
const asked = new Map()

/** What is known of the caller after the portal has been asked, once for all who ask. */
export async function askForGrant(visit, secret) {
  const { key, portal, state } = visit
  const name = `${portal} ${key}`
  const before = asked.get(name)
  if (before !== undefined && Date.now() - before < PAUSE) {
    return waitForAnother(visit, before + PATIENCE)
  }
  if (asked.size >= MOST) asked.clear()
  asked.set(name, Date.now())
  const webhook = visit.seen.caller === 'webhook'
  const scopes = await ask(visit, secret, webhook)
  if (scopes) {
    await state.learnGrant(portal, key, scopes, { webhook })
    asked.delete(name)
  } else {
    asked.set(name, Date.now() - PATIENCE) // nobody has to wait for it
  }
  return state.known(portal, key)
}

async function waitForAnother({ key, portal, state }, until) {
  let known = await state.known(portal, key)
  while (!known.grant && Date.now() < until) {
    await new Promise((done) => setTimeout(done, LOOK))
    known = await state.known(portal, key)
  }
  return known
}

/** The scopes; nothing where the portal doesn't say. */
async function ask(visit, secret, webhook) {
  if ((await visit.state.turn(visit.portal, visit.key)) !== undefined) return undefined
  const path = webhook ? `/rest/${secret}/app.info` : '/rest/scope'
  const body = webhook ? undefined : new URLSearchParams({ auth: secret })
  try {
    const answer = await fetch(visit.origin + path, { method: 'POST', body, redirect: 'manual' })
    const { result } = await answer.json()
    const scopes = Array.isArray(result) ? result : result?.SCOPE
    return Array.isArray(scopes) ? scopes.map(String) : undefined
  } catch {
    return undefined
  }
}
