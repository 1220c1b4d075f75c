/**
 * The gate's state in Redis 7 or newer, for several processes of Node, Deno or Bun:
 *
 * ```js
 * import { createClient } from 'redis'
 * import { createGate } from 'callgate/edge'
 * import { redisStore } from 'callgate/edge/redis'
 *
 * const client = await createClient({ url: 'redis://127.0.0.1' }).on('error', console.error).connect()
 * const gate = createGate({ portals: ['portal.bitrix24.com'], store: redisStore(client) })
 * ```
 */

import type { Store } from '../edge.js'

/**
 * Keeps everything in a Redis server, below names that begin with `callgate:`.
 *
 * Who listens for decisions does so by a second connection, which is made when the first listens and
 * ends with the client. How many may listen for the same is counted in each process.
 *
 * @param client of the package `redis`, connected; whoever made it closes it
 */
export function redisStore(client: Client): Store

/** A client of the package `redis`, as far as it matters. */
export interface Client {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<any>
  del(key: string): Promise<unknown>
  hDel(key: string, field: string): Promise<unknown>
  publish(channel: string, message: string): Promise<unknown>
  duplicate(): any
  once(event: string, listener: () => void): unknown
}
