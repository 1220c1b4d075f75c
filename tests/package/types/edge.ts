/** What the compiler must accept and refuse of the gate, its stores and the relay. */
import { Portal } from 'callgate'
import { createGate, memoryStore, type Decision, type Gate, type Store } from 'callgate/edge'
import { CallgateState, durableStore, type Namespace } from 'callgate/edge/cloudflare'
import { redisStore, type Client } from 'callgate/edge/redis'

const gate: Gate = createGate({ portals: ['portal.example'] })
const decision: Decision = await gate.check(new Request('https://gate.example/rest/profile'))
decision.commands?.['0']?.verdict
const answer: Response = await gate.fetch(new Request('https://gate.example/rest/profile'))
answer.body?.cancel()

createGate({
  portals: { 'a.gate.example': 'a.example', 'b.gate.example': 'https://b.example' },
  preflight: { scope: 'enforce', parameters: 'warn', methods: { 'user.get': 'off' } },
  grants: { 'a.example': ['crm', 'user'] },
  budget: 'enterprise',
  confirmations: 'answer',
  applicationTokens: { abc: 'token' },
  paths: { events: '/callgate/events', relay: '/callgate/relay', metrics: '/metrics' },
  onDecision: (record) => ('event' in record ? record.outcome : record.status),
  whenStoreIsAway: 'refuse',
  maxBody: 1e6,
})
// @ts-expect-error portals are needed
createGate({ preflight: 'warn' })
// @ts-expect-error no such mode
createGate({ portals: ['portal.example'], preflight: 'strict' })
// @ts-expect-error no such path
createGate({ portals: ['portal.example'], paths: { logs: '/logs' } })

declare const env: { CALLGATE: Namespace }
declare const client: Client
const shared = createGate<typeof env>({
  portals: ['portal.example'],
  store: ({ CALLGATE }) => durableStore(CALLGATE),
})
const own: Store = memoryStore()
createGate({ portals: ['portal.example'], store: own })
createGate({ portals: ['portal.example'], store: redisStore(client) })
await shared.fetch(new Request('https://gate.example/'), env, { waitUntil() {} })
// @ts-expect-error the environment is another
await shared.fetch(new Request('https://gate.example/'), { OTHER: 1 })
new CallgateState({}, env).fetch(new Request('https://gate.example/'))

Portal.token({ domain: 'portal.example', accessToken: 't', relay: 'https://gate.example/relay' })
// @ts-expect-error servers that hold a webhook are told by their handler
Portal.webhook('https://portal.example/rest/1/s/', { relay: 'https://gate.example/relay' })
