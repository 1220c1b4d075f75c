/** What the compiler must accept and refuse; an expected error that is missing is an error. */
import { CallgateError, Portal, ready, type Answer, type Decision } from 'callgate'
import * as inline from 'callgate/inline'

declare module 'callgate' {
  interface Methods {
    'shop.order.get': { params: { id: number }; result: { total: string } }
    'shop.order.list': { params: { filter?: object }; result: { total: string }[] }
  }
}

await ready
await inline.ready

const portal = Portal.token({ domain: 'example.test', accessToken: 'secret', scope: ['crm'] })
Portal.webhook('https://example.test/rest/1/secret/', { preflight: { scope: 'warn' } })
const framed: Portal = await Portal.frame({ allowedPortals: ['example.test'] })

// @ts-expect-error a token needs its portal
Portal.token({ accessToken: 'secret' })
// @ts-expect-error a portal is made by what gives access to it
new Portal()

// A known method has its parameters and its result.
const order = await portal.call('shop.order.get', { id: 1 }, { confirmation: 'wait' })
const total: string = order.data.total
await portal.call('shop.order.list')
// @ts-expect-error a known method's parameters don't fall through to an unknown method's
await portal.call('shop.order.get', { id: 'one' })
// @ts-expect-error nor may they be left out where one is required
await portal.call('shop.order.get')

// Any method with the result that the caller names, and an unknown method.
const rows: Answer<{ ID: string }[]> = await portal.call<{ ID: string }[]>('crm.lead.list')
await portal.call<{ id: string }>('shop.order.get', { id: 'as I say' })
const shape = { ID: 'int', SINCE: 'date', phones: [{ KIND: 'text' }] } as const
const decoded: { ID: number; SINCE: Date | null; phones: { KIND: string }[] } = rows.decode(shape)
const active: boolean = rows.decode({ ACTIVE: 'flag' }).ACTIVE
const named: { ID: number } = rows.decode<{ ID: number }>({ ID: 'int' })
// @ts-expect-error a kind of value that there isn't
rows.decode({ ID: 'integer' })
const unknown = await portal.call('vendor.thing.do', { any: true })
// @ts-expect-error what an unknown method answers has to be looked at first
unknown.data.id
const name: string = 'made.at.runtime'
await portal.call(name, {})

const decision: Decision = framed.check('crm.lead.add', { fields: {} }, 2)
const groups: string[][] | undefined = decision.needed

const stop: () => void = portal.on('confirmation', ({ method, state }) => [method, state])
// @ts-expect-error an event that there isn't
portal.on('nothing', () => {})
stop()

try {
  await portal.call('crm.lead.get', { id: 1 })
} catch (error) {
  if (error instanceof CallgateError && error.kind === 'denied') error.decision?.remedy?.trim()
  // @ts-expect-error a kind that there isn't
  if (error instanceof CallgateError && error.kind === 'forbidden') throw error
}

export { active, decoded, groups, named, rows, total }
