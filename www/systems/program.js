/**
 * The program that the page shows: one handler, and what it asks of each system. It shows its own text,
 * so what is read is what runs.
 */
import { CallgateError } from 'callgate'

/** Shows the decision as it changes, and how it ended, whichever system is asked. */
export async function handle(ask, { show, signal }) {
  try {
    show(await ask({ show, signal }))
  } catch (error) {
    if (!(error instanceof CallgateError)) throw error
    show(error.decision ?? { verdict: 'unknown', remedy: error.message })
  }
}

/** Bitrix24: an administrator confirms the method. The call waits, and is repeated. */
export async function askPortal({ portal, show, signal }) {
  const call = ['voximplant.user.get', { USER_ID: [3] }]
  const stop = portal.on('confirmation', () => show(portal.check(...call)))
  try {
    await portal.call(...call, { confirmation: 'wait', signal })
    return portal.check(...call)
  } finally {
    stop()
  }
}

/** 1E: an approver decides about the run. The server has taken it; it is followed. */
export async function askOneE({ oneE, issued, show, signal }) {
  const run = await oneE.issue({ definitionName: 'Demo-RestartService' })
  issued(run)
  show(run.check())
  const onChange = (seen) => show(seen.check())
  const end = await run.settled({ onChange, signal })
  return end.check()
}

/** TelecomX: an administrator edits a group. Nothing waits; the map says no, or it doesn't. */
export async function askTelecomX({ telecomX, device, extension, signal }) {
  await telecomX.permissions({ signal })
  await telecomX.pickup({ device, target: extension }, { signal })
  return telecomX.check(extension, 'pickup')
}
