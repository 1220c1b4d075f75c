/** A gate in Vercel's edge runtime. Each isolate keeps what it knows in its memory. */
import { createGate } from 'callgate/edge'

const gate = createGate({
  portals: [process.env.PORTAL],
  preflight: 'warn',
  paths: { health: '/healthy' },
  onDecision: (record) => console.log(JSON.stringify(record)),
})

export const config = { matcher: ['/rest/:path*', '/healthy'] }

export default (request, context) => gate.fetch(request, undefined, context)
