/** The page around an application. */
import { Portal, type Frame } from 'callgate'

const { frame } = await Portal.frame()
const { width }: { width: number } = await frame.resize('100%', 200)
// @ts-expect-error only the width may be a share
await frame.resize(200, '100%')
await frame.openApplication({ deal: 7 }, { width: 500, label: { bgColor: 'aqua' } })
// @ts-expect-error a colour that a label can't have
await frame.openApplication({}, { label: { bgColor: 'red' } })

const { deal } = await frame.selectCRM({ entityType: ['deal'] })
const ids: string[] | undefined = deal?.map(({ id }) => id)
const user = await frame.selectUser({ signal: AbortSignal.timeout(60_000) })
const stop: () => void = frame.placement.on('CallCard::BeforeClose', () => {})
await frame.options.user.set('colour', 'green')
// @ts-expect-error it is the page that says
frame.isAdmin = true

// A portal that no page frames has no frame.
const bare: Frame | undefined = Portal.token({ domain: 'example.test', accessToken: 'a' }).frame

export { bare, ids, stop, user, width }
