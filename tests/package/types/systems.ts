/** What the compiler must accept and refuse of 1E and TelecomX. */
import { CallgateError, type Decision } from 'callgate'
import { OneE, ready, type Run, type Status } from 'callgate/one-e'
import { OneE as Inline } from 'callgate/one-e/inline'
import { CallgateError as Same, TelecomX, type Permissions } from 'callgate/telecomx'

await ready

const one = new OneE({ url: 'https://onee.example', consumer: 'C', token: 't', version: 'v3.2' })
new Inline({ url: 'onee.example', consumer: 'C', token: 't', fetch })
// @ts-expect-error a consumer is needed
new OneE({ url: 'onee.example', token: 't' })

let run: Run = await one.issue({
  definitionId: 8,
  parameters: { Service: 'spooler' },
  scope: { operator: 'AND', operands: [{ attribute: 'Fqdn', operator: 'like', value: 'pc%' }] },
})
// @ts-expect-error no such member
await one.issue({ definitionId: 8, ttl: 5 })
const status: Status = run.status
run = await run.submitCode('1234')
run = await run.settled({ timeout: 60_000, onChange: (seen) => seen.check() })
for await (const row of run.responses({ pageSize: 100 })) row.Fqdn?.toUpperCase()
for await (const row of run.responses<{ Id: number }>()) row.Id.toFixed()
// @ts-expect-error a run doesn't change
run.status = 'approved'

const [item] = await one.approvals.pending()
if (item) {
  const may: Decision = await one.approvals.check(item)
  await one.approvals.decide(item, { approve: may.verdict === 'allowed', comment: 'fine' })
}
// @ts-expect-error approve or reject
await one.approvals.decide(5, { comment: 'fine' })
one.on('warning', ({ message }) => message.trim())

const telecomx = await TelecomX.login({ username: 'ann', password: 'p', persist: true })
const map: Permissions = await telecomx.permissions()
const granted: boolean | undefined = map['5c5a9dea83a3bc74d5891c95']?.pickup
const decision: Decision = telecomx.check('5c5a9dea83a3bc74d5891c95', 'viewOtherParty', {
  presence: 'AVAILABLE',
})
await telecomx.pickup({ device: 'a', target: 'b' }, { preflight: 'warn' })
await telecomx.setPresence({ employee: 'a', presence: 'OFF_WORK' })
// @ts-expect-error not a member that begins with presence
await telecomx.setPresence({ employee: 'a', absence: 'OFF_WORK' })
// @ts-expect-error a device is needed
await telecomx.spy({ target: 'b' })
await telecomx.transfer({ source: 'a', target: '201' })
telecomx.on('permissions', () => telecomx.check('a', 'spy'))

// One class of error for all.
const same: typeof CallgateError = Same
void [status, granted, decision, same]
