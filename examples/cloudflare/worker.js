/** A gate on Cloudflare. What all its workers know is kept in one Durable Object for each portal. */
import { createGate } from 'callgate/edge'
import { durableStore } from 'callgate/edge/cloudflare'
import { env } from 'cloudflare:workers'

export { CallgateState } from 'callgate/edge/cloudflare'

export default createGate({
  portals: [env.PORTAL],
  store: ({ CALLGATE }) => durableStore(CALLGATE),
  preflight: 'warn',
  paths: { health: '/healthy' },
  onDecision: (record) => console.log(JSON.stringify(record)),
})
