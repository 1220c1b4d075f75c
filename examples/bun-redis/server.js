/** A gate in Bun, of which any number may run: what they know is kept in Redis. */
import { createGate } from 'callgate/edge'
import { redisStore } from 'callgate/edge/redis'
import { createClient } from 'redis'

const client = createClient({ url: process.env.REDIS_URL })
client.on('error', (error) => console.error('redis:', error.message))
await client.connect()

export default createGate({
  portals: [process.env.PORTAL],
  store: redisStore(client),
  preflight: 'warn',
  paths: { health: '/healthy' },
  onDecision: (record) => console.log(JSON.stringify(record)),
})
