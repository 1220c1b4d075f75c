/** Documented methods: what the compiler must accept, refuse, and know of what comes back. */
import { Portal, type Answer, type CallOptions, type Method, type MethodName } from 'callgate'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function holds<_Claim extends true>() {}

const portal = Portal.token({ domain: 'example.test', accessToken: 'secret' })

// Results: as sent, and as decoded.
const lead = await portal.call('crm.lead.get', { id: 1 })
const sentId: string | number | null | undefined = lead.data.ID
const leadId: number | null | undefined = lead.decode().ID
const since: Date | null | undefined = lead.decode().DATE_CREATE
const custom: unknown = lead.data.UF_CRM_1
// @ts-expect-error as sent, an id may be a text
const plain: number = lead.data.ID
// @ts-expect-error every field may be missing
lead.data.TITLE.trim()
const again: Method<'crm.lead.get'>['decoded'] = (await lead.nextPage()).decode()
const anything: Answer = lead

const page = await portal.call('crm.item.list', { entityTypeId: '1', filter: { '>id': 7 } })
const items = page.data.items
// A wrapper is opened.
const rows = page.decode()
holds<Same<(typeof rows)[number], Method<'crm.item.list'>['decoded'][number]>>()
const opened: number | null | undefined = rows[0]?.assignedById
const added: number = (await portal.call('crm.lead.add', { fields: { TITLE: 'One' } })).data

// Ids or people; flags that come as Y and N.
const managers = await portal.call('im.department.managers.get', { ID: [105], USER_DATA: 'Y' })
for (const people of Object.values(managers.decode())) {
  for (const person of people) if (typeof person === 'object') person.last_name?.trim()
}
const phones = await portal.call('voximplant.user.get', { USER_ID: [1, '2'] })
const enabled: boolean | null | undefined = phones.decode()[0]?.PHONE_ENABLED

// Parameters: strict on names, lenient on values.
await portal.call('crm.item.list', { entityTypeId: 1, useOriginalUfNames: true, start: '50' })
await portal.call('crm.item.list', { entityTypeId: 1, useOriginalUfNames: 'Y' })
// @ts-expect-error did you mean filter?
await portal.call('crm.item.list', { entityTypeId: 1, filtre: {} })
// @ts-expect-error a required parameter is missing
await portal.call('crm.item.list', { filter: {} })
// @ts-expect-error as are all
await portal.call('crm.item.list')
// @ts-expect-error neither a number nor a text
await portal.call('crm.item.list', { entityTypeId: true })
// @ts-expect-error no flag
await portal.call('crm.item.list', { entityTypeId: 1, useOriginalUfNames: 'maybe' })
await portal.call('crm.lead.list')
await portal.call('app.info')
// @ts-expect-error it has no parameters
await portal.call('app.info', { full: true })

// Inside a parameter: what is known has its type, and there may be more.
const fields = { TITLE: 'Two', OPENED: 'Y', UF_CRM_1: [1], SOMETHING_NEW: {} } as const
await portal.call('crm.lead.add', { fields })
await portal.call('crm.lead.add', { fields: { BIRTHDATE: new Date(), OPPORTUNITY: null } })
// @ts-expect-error a title is no object
await portal.call('crm.lead.add', { fields: { TITLE: {} } })
await portal.call('log.blogpost.add', { POST_MESSAGE: 'Hello', UF_BLOG_POST_IMPRTNT: 1 })
// @ts-expect-error a name that no pattern has
await portal.call('log.blogpost.add', { POST_MESSAGE: 'Hello', BLOG_POST_IMPRTNT: 1 })

// Positions instead of names.
await portal.call('task.elapseditem.get', { TASKID: 1, ITEMID: 2 })
await portal.call('task.elapseditem.get', [1, 2])
// @ts-expect-error one is missing
await portal.call('task.elapseditem.get', [1])

// A deprecated method is typed like any other; editors strike it out.
await portal.call('crm.lead.get', { id: 1 }, { timeout: 100 })
// @ts-expect-error its parameters don't fall through either
await portal.call('crm.lead.get', { idd: 1 })

// Names that are in both versions, and in the third alone.
const second = await portal.call('tasks.task.get', { taskId: 1 })
const title: string | null | undefined = second.data.task.title
const third = await portal.call('tasks.task.get', { id: 1 }, { version: 3 })
const thirdTitle: string | null | undefined = third.data.item.title
// @ts-expect-error what version 2 takes
await portal.call('tasks.task.get', { taskId: 1 }, { version: 3 })
// @ts-expect-error what version 3 takes
await portal.call('tasks.task.get', { id: 1 })
const records = await portal.call('timeman.record.list', { filter: {} })
const recordItems: unknown[] = records.data.items
const options: CallOptions = { version: 3, confirmation: 'wait' }
await portal.call('tasks.task.get', { taskId: 1 }, options)
// @ts-expect-error an option that there isn't
await portal.call('crm.item.get', { entityTypeId: 1, id: 1 }, { timeoutt: 1 })

// Any method with the result that the caller names; none that the context names.
const mine = await portal.call<{ mine: true }>('crm.item.list', { whatever: 1 })
holds<Same<typeof mine.data, { mine: true }>>()
holds<Same<Awaited<ReturnType<typeof mine.nextPage>>['data'], { mine: true }>>()
const text = await portal.call<string>('crm.item.list')
holds<Same<typeof text.data, string>>()
// @ts-expect-error what is known of the result isn't what the context hopes for
const hoped: Answer<{ hoped: true }> = await portal.call('crm.item.get', { entityTypeId: 1, id: 1 })

// Names and parameters that are passed on.
function forward<Name extends MethodName>(name: Name, params: Method<Name>['params']) {
  return [name, params] as const
}
forward('crm.lead.add', { fields: { TITLE: 'Three' } })
// @ts-expect-error the parameters of another method
forward('crm.lead.get', { fields: {} })
for (const name of ['crm.lead.get', 'crm.deal.get'] as const) await portal.call(name, { id: 1 })
const unknown = await portal.call('vendor.thing.do', [1])
holds<Same<typeof unknown.data, unknown>>()
portal.check('crm.lead.get', { id: 1 })

export { added, again, anything, custom, enabled, hoped, items, leadId, opened, plain }
export { recordItems, sentId, since, thirdTitle, title }
