/** Under which name something is kept about a token or a webhook: nobody gets it back from there. */

/**
 * A token's key at its portal: a SHA-256 in base64url. A webhook's secret is `USER/SECRET`.
 *
 * @param {string} portal
 * @param {string} secret
 */
export async function keyOf(portal, secret) {
  const bytes = new TextEncoder().encode(`${portal}\n${secret}`)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  const text = btoa(String.fromCharCode(...digest))
  return text.replaceAll('+', '-').replaceAll('/', '_').replace('=', '')
}
