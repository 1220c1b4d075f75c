/**
 * The gate's state on Cloudflare: a Durable Object for each portal. The worker exports the class and
 * hands the store to its gate:
 *
 * ```js
 * import { createGate } from 'callgate/edge'
 * import { durableStore } from 'callgate/edge/cloudflare'
 *
 * export { CallgateState } from 'callgate/edge/cloudflare'
 * export default createGate({
 *   portals: ['portal.bitrix24.com'],
 *   store: (env) => durableStore(env.CALLGATE),
 * })
 * ```
 *
 * The binding `CALLGATE` stands in wrangler's configuration, and the class among its migrations as
 * `new_sqlite_classes`.
 */

import type { Store } from '../edge.js'

/**
 * Keeps everything in the objects of a namespace that is bound to the class {@link CallgateState}.
 *
 * @param namespace the binding
 */
export function durableStore(namespace: Namespace): Store

/** A `DurableObjectNamespace`, as far as it matters. */
export interface Namespace {
  idFromName(name: string): any
  get(id: any): any
}

/**
 * The state of one portal, in the object's SQLite. It holds the pages' WebSockets that the relay
 * takes, and sleeps while nothing happens.
 */
export class CallgateState {
  constructor(ctx: any, env: any)
  fetch(request: Request): Response
}
