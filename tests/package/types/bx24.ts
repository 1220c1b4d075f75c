/** What the compiler must accept and refuse of BX24, as a script's global and as a module. */
import { BX24 as imported, type AjaxResult, type Auth, type User } from 'callgate/bx24'
import type { Confirmation, Portal } from 'callgate'

const count = (by: number) => by + 1

if (!window.BX24) throw new Error('not in a portal')
const same: typeof imported = BX24

BX24.install(() => BX24.installFinish())
BX24.install('/install.js')
BX24.init(() => {
  const auth: Auth | false = BX24.getAuth()
  if (auth) auth.expires_in.toFixed()
})
// @ts-expect-error a handler is a function
BX24.init('later')

// With a callback nothing comes back, and the result is what is documented, or what the caller says.
const nothing: void = BX24.callMethod('crm.deal.list', { select: ['ID'] }, (result) => {
  const error = result.error()
  if (error) [error.ex.error, error.getStatus(), error.decision?.remedy]
  else if (result.more()) result.next()
})
BX24.callMethod<{ ID: string }[]>('crm.deal.list', 'select[]=ID', (result) => {
  const first: string | undefined = result.data()[0]?.ID
  return first
})
BX24.callMethod('vendor.method', null, (result) => result.data().whatever)
BX24.callMethod('vendor.method', {}, () => {}, { confirmation: 'wait' })
// @ts-expect-error an option that there isn't
BX24.callMethod('vendor.method', {}, () => {}, { wait: true })
// @ts-expect-error the callback comes third
BX24.callMethod('vendor.method', count, {})

const promised: AjaxResult<{ id: number }> = await BX24.callMethod<{ id: number }>('vendor.method')

BX24.callBatch({ me: ['user.current'], deal: { method: 'crm.deal.get' } }, (results) => {
  results.me.data()
  results.deal.error()?.toString()
  // @ts-expect-error a call that wasn't given
  results.other
})
const [first] = await BX24.callBatch([['user.current', {}], null], null, true)
const bound: Promise<unknown> | false | void = BX24.callBind(
  'ONCRMDEALADD',
  'https://app.example/',
  0,
)

BX24.resizeWindow('100%', 300, ({ height }) => height)
BX24.selectUser((user: User) => user.name)
BX24.selectUsers('Who?', (users) => users.map(({ id }) => id))
// @ts-expect-error the callback comes last
BX24.selectUser(() => {}, 'Who?')
BX24.selectAccess(['AU'], (rights) => rights.length)
BX24.selectCRM({ entityType: ['deal'], multiple: true }, ({ deal }) => deal?.[0]?.title)
// @ts-expect-error a type that there isn't
BX24.selectCRM({ entityType: ['invoice'] }, () => {})
BX24.openApplication({ deal: 1 }, () => {}, { width: 500, label: { bgColor: 'aqua', text: 'new' } })
BX24.openPath('/crm/deal/', (answer) => answer.result === 'error' && answer.errorCode)
BX24.appOption.set('a', 1, (all) => ('error' in all ? all.error : all.a))
BX24.placement.call('getStatus', (status) => status.CALL_ID)
BX24.placement.bindEvent('CallCard::BeforeClose', () => {})

const proxied: (by: number) => number = BX24.proxy(count, {})
BX24.bind(document.body, 'click', proxied)

const stop: () => void = BX24.on('confirmation', ({ state }: Confirmation) => state)
// @ts-expect-error an event that there isn't
BX24.on('nothing', () => {})
BX24.onError(({ code, kind }) => [code, kind])
const portal: Portal | undefined = BX24.portal
stop()

export { bound, first, nothing, portal, promised, same }
