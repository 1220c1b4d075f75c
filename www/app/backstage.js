/** Speaks to the test portal's control plane, for what no app can do to a portal. */
import { allowedPortals } from './frame.js'

export const [portalOrigin] = allowedPortals()

export async function tell(path, what) {
  const response = await fetch(`${portalOrigin}/_portal/${path}`, {
    method: 'POST',
    body: JSON.stringify(what),
    headers: { 'Content-Type': 'application/json' },
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error)
  return answer
}
