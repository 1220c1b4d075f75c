/** A gate in Deno: one process, which keeps what it knows in its memory. */
import { createGate } from 'callgate/edge'

export default createGate({
  portals: [Deno.env.get('PORTAL')],
  preflight: 'warn',
  paths: { health: '/healthy' },
  onDecision: (record) => console.log(JSON.stringify(record)),
})
