/** BX24 in Firefox: it is there when its tag has run, calls, and names a policy that forbids it. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { showInFirefox } from '../support/firefox.mjs'
import { until } from '../support/page.mjs'
import { startPortal } from '../support/portal.mjs'
import { startSite } from '../support/site.mjs'

/** How long a browser may take that is started cold on a busy machine. */
const PATIENCE = 90_000

/** An application that tells the test something by what the portal keeps for an application `told`. */
const pages = (portal) => ({
  '/app.html': `<!doctype html>
    <script src="/tell.js"></script>
    <script src="/pkg/bx24.js"></script>
    <script src="/app.js"></script>`,
  '/tell.js': `
    const tell = (told) => fetch('${portal}/_portal/page/app', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ app: 'told', user: 1, userOptions: { [origin]: told } }),
    })
    addEventListener('error', ({ message }) => tell({ message, BX24: window.BX24 }))`,
  '/app.js': `
    const atOnce = [typeof BX24?.init, BX24?.getDomain(), BX24?.isAdmin()]
    BX24?.init(() => {
      BX24.callMethod('crm.deal.get', { id: 1 }, (result) => {
        BX24.setTitle('Firefox', (params) => {
          tell({ atOnce, id: result.data().ID, isAdmin: BX24.isAdmin(), params })
        })
      })
    })`,
})

let portal, allowing, forbidding, close
before(async () => {
  portal = await startPortal()
  const site = (scripts) =>
    startSite({
      pages: pages(portal.portal),
      headers: {
        'Content-Security-Policy': `default-src 'none'; script-src 'self' ${scripts}; connect-src ${portal.portal}`,
      },
    })
  allowing = await site("'wasm-unsafe-eval'")
  forbidding = await site('')
  const shown = ({ origin }) =>
    `${portal.portal}/_portal/page?${new URLSearchParams({ app: `${origin}/app.html`, scopes: 'crm' })}`
  close = await showInFirefox(shown(allowing), shown(forbidding))
})
after(async () => {
  allowing?.stop()
  forbidding?.stop()
  await Promise.all([close?.(), portal?.stop()])
})

/** What the application of a site tells. */
async function toldBy({ origin }) {
  let told
  const hasTold = async () => {
    const kept = await fetch(`${portal.portal}/_portal/page/app?app=told&user=1`)
    told = (await kept.json()).userOptions[origin]
    return told
  }
  await until(hasTold, 'a word from the application', PATIENCE)
  return told
}

test('in_firefox_it_is_there_at_once_and_calls_under_a_policy', async () => {
  assert.deepEqual(await toldBy(allowing), {
    atOnce: ['function', new URL(portal.portal).host, false],
    id: '1',
    isAdmin: true,
    params: { title: 'Firefox' },
  })
})

test('in_firefox_a_policy_that_forbids_it_is_named', async () => {
  const { BX24, message } = await toldBy(forbidding)
  assert.equal(BX24, null)
  assert.match(message, /'wasm-unsafe-eval'/)
})
