/** A gate in workerd that the portal's events come to, and that tells pages of them. */
import { startWorker } from './workerd.mjs'

/** What the gate's state may be kept in. */
export const stores = { memory: 'memoryStore()', durable: '(env) => durableStore(env.STATE)' }

/** Starts it before a portal (its origin), for events of an application with this token; `more` options. */
export async function startRelayGate(portal, { member_id, application_token }, store, more) {
  const options = {
    portals: [portal],
    httpToLoopbackForTests: true,
    applicationTokens: { [member_id]: application_token },
    paths: { events: '/callgate/events', relay: '/callgate/relay' },
    ...more,
  }
  const source = `
    import { createGate, memoryStore } from 'callgate/edge'
    import { durableStore } from 'callgate/edge/cloudflare'
    export { CallgateState } from 'callgate/edge/cloudflare'

    const records = []
    const onDecision = (record) => record.event && records.push(record)
    const gate = createGate({ ...${JSON.stringify(options)}, store: ${store}, onDecision })
    export default {
      fetch(request, env, context) {
        if (request.url.endsWith('/records')) return Response.json(records.splice(0))
        return gate.fetch(request, env, context)
      },
    }`
  const worker = await startWorker(source, {
    durableObjects: { STATE: { className: 'CallgateState', useSQLite: true } },
  })
  return {
    ...worker,
    events: `${worker.url}/callgate/events`,
    relay: `${worker.url}/callgate/relay`,
    /** What became of the events since the last time. */
    records: async () => (await fetch(`${worker.url}/records`)).json(),
  }
}
