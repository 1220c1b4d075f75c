/** What the compiler must accept and refuse of batches. */
import { Portal, ref, type Answer, type BatchCall, type CallgateError } from 'callgate'

const portal = Portal.token({ domain: 'example.test', accessToken: 'secret' })

// By names: each answer has its method's result.
const named = await portal.batch(
  {
    me: ['user.current'],
    new: ['crm.deal.add', { fields: { TITLE: 'x', ASSIGNED_BY_ID: ref('me', 'ID') } }],
    read: { method: 'crm.deal.get', params: { id: ref('new') } },
    vendor: ['vendor.thing.do', { any: [true] }],
  },
  { halt: true, confirmation: 'wait' },
)
const id: number | string | null | undefined = named.executed.new?.data
const title: string | null | undefined = named.executed.read?.data.TITLE
const error: CallgateError | undefined = named.failed.read
const names: ('me' | 'new' | 'read' | 'vendor')[] = named.notRun
// @ts-expect-error a name that there isn't
named.executed.you
// @ts-expect-error a call need not have run
named.executed.new.data
// @ts-expect-error what an unknown method answers has to be looked at first
named.executed.vendor?.data.id
// @ts-expect-error a result is what its method's is
const wrong: { TITLE: number } | undefined = named.executed.read?.data

// By numbers.
const listed = await portal.batch([['crm.deal.get', { id: 1 }], { method: 'user.current' }])
const first: string | null | undefined = listed.executed[0]?.data.TITLE
// @ts-expect-error a number that there isn't
listed.executed[2]

// As many as a program makes.
const made = await portal.batch([1, 2].map((id) => ['crm.deal.get', { id }] as const))
const any: string | null | undefined = made.executed['1']?.data.TITLE
const calls: Record<string, BatchCall> = { a: ['profile'] }
const loose = await portal.batch(calls, { version: 3 })
const answer: Answer | undefined = loose.executed.a
for (const [name, failure] of Object.entries(loose.failed)) [name, failure?.code]

// @ts-expect-error a call is a method and its parameters
await portal.batch([['profile', {}, {}]])
// @ts-expect-error a method has a name
await portal.batch({ a: [1] })
// @ts-expect-error an option that there isn't
await portal.batch([], { start: 1 })
// @ts-expect-error an array or an object
await portal.batch('profile')
// @ts-expect-error paths are made of names and numbers
ref('me', {})

export { answer, any, error, first, id, names, title, wrong }
