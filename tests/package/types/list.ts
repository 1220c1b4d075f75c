/** What the compiler must accept and refuse of lists. */
import { Portal, type ListStream, type Progress } from 'callgate'

const portal = Portal.token({ domain: 'example.test', accessToken: 'secret' })

// A documented method has its parameters, and its rows: of a list, and of a list in a wrapper.
const deals = portal.list('crm.deal.list', { filter: { '>ID': 5 } }, { confirmation: 'wait' })
for await (const deal of deals) {
  const title: string | null | undefined = deal.TITLE
  // @ts-expect-error a row is what its method's is
  const wrong: { TITLE: number } = deal
  void [title, wrong]
}
for await (const tasks of portal.list('tasks.task.list').pages()) {
  const titles: (string | null | undefined)[] = tasks.map((task) => task.title)
  void titles
}
const items = await portal.list('crm.item.list', { entityTypeId: 2 }).toArray()
const title: string | null | undefined = items[0]?.title
// @ts-expect-error required parameters are required
portal.list('crm.item.list')
// @ts-expect-error a documented method's parameters are what they are
portal.list('crm.item.list', { entityTypeId: true })

// Any method with the row that the caller names, and an unknown method.
const named: ListStream<{ ID: string }> = portal.list<{ ID: string }>('vendor.thing.list', { a: 1 })
const unknown: ListStream = portal.list('vendor.thing.list')
// @ts-expect-error what an unknown method gives has to be looked at first
for await (const row of unknown) row.ID

const { signal } = new AbortController()
const report = ({ rows, total, requests }: Progress) => void [rows, total, requests]
portal.list('user.get', {}, { signal, timeout: 1000, version: 2, onProgress: report })
const rows: number = named.progress.rows
// @ts-expect-error it can't be set
named.progress = { rows: 1, requests: 1 }
// @ts-expect-error an option that there isn't
portal.list('user.get', {}, { start: 50 })

export { rows, title }
