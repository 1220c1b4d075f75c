/** Brings the page to life: three servers with their people, a lane for each, and one program. */
import { read, tell } from '/_portal/page/control.js'
import { Portal } from 'callgate'
import { OneE } from 'callgate/one-e'
import { TelecomX } from 'callgate/telecomx'
import { highlight } from '../app/code.js'
import { el } from '../dom.js'
import { furnish } from '../story.js'
import { Lane } from './lane.js'
import { askOneE, askPortal, askTelecomX, handle } from './program.js'

const at = (id) => document.getElementById(id)
const say = (text) => {
  at('said').textContent = text
}

const url = location.origin
/** Ends what the lanes are waiting for. */
let running

/** A button whose deed may be refused, if somebody was faster. */
function button(label, act, look = '') {
  const onclick = () => act().catch(({ message }) => say(message))
  return el('button', { type: 'button', class: look, onclick }, label)
}

/** Bitrix24: the administrator answers what the portal asks him. */
async function portalLane(signal) {
  const { access_token: accessToken } = await tell('tokens', { scopes: ['telephony'] })
  const portal = Portal.token({ domain: url, accessToken, scope: 'telephony' })
  const answer = async (granted) => {
    const method = 'voximplant.user.get'
    await tell('confirmations', { token: accessToken, method, granted })
    say(granted ? 'Allowed; the call is repeated by itself' : 'Refused')
  }
  return new Lane({
    name: 'Bitrix24',
    what: 'A method that an administrator confirms, once for a token',
    ask: askPortal,
    run: (show) => handle((how) => askPortal({ portal, ...how }), { show, signal }),
    other: 'Administrator',
    controls: ({ verdict }) =>
      verdict === 'pending'
        ? [button('Allow', () => answer(true), 'primary'), button('Refuse', () => answer(false))]
        : [],
  })
}

/** 1E: the issuer has a code in his mail, and an approver a decision to take. */
async function oneELane(signal) {
  const client = async (name) => {
    const { token } = await tell('one-e/users', { name })
    return new OneE({ url, consumer: 'Callgate', token })
  }
  const [oneE, approver] = await Promise.all(['mira', 'jonas'].map(client))
  let run
  let hasCode
  const issued = (issued) => {
    run = issued
    hasCode = false
  }
  const submit = async () => {
    const mail = await read('one-e/mail')
    hasCode = true
    await run.submitCode(mail.at(-1).code)
    say('The code is submitted')
  }
  const decide = async (approve) => {
    const comment = approve ? 'fine' : 'not today'
    await approver.approvals.decide(run, { approve, comment })
    say(approve ? 'Approved; the run is looked at every few seconds' : 'Rejected')
  }
  return new Lane({
    name: '1E Platform',
    what: 'An instruction that an approver lets run, each time anew',
    ask: askOneE,
    run: (show) => handle((how) => askOneE({ oneE, issued, ...how }), { show, signal }),
    other: 'Issuer’s mail, then approver',
    controls({ verdict }) {
      if (verdict !== 'pending') return []
      if (!hasCode) return [button('Submit the code', submit, 'primary')]
      const [approve, reject] = [() => decide(true), () => decide(false)]
      return [button('Approve', approve, 'primary'), button('Reject', reject)]
    },
  })
}

/** TelecomX: the administrator edits a group. */
async function telecomXLane(signal) {
  const user = (name) => tell('telecomx/users', { name })
  const [mira, ada] = await Promise.all(['mira', 'ada'].map(user))
  const group = { name: 'reception', members: ada.extensions, controllers: mira.extensions }
  const grant = (rights) => tell('telecomx/groups', { ...group, rights })
  await grant([])
  const telecomX = await TelecomX.login({ url, username: 'mira', password: 'password' })
  const knob = el(
    'button',
    {
      type: 'button',
      role: 'switch',
      'aria-checked': 'false',
      async onclick() {
        const on = knob.getAttribute('aria-checked') !== 'true'
        knob.setAttribute('aria-checked', String(on))
        await grant(on ? ['pickup'] : [])
        say(on ? 'The group has the right now' : 'The group has lost the right')
      },
    },
    el('span', { class: 'knob', 'aria-hidden': 'true' }),
    el('code', {}, 'pickup'),
    el('span', { class: 'quiet' }, 'on Ada’s extension'),
  )
  const about = { telecomX, device: mira.devices[0], extension: ada.extensions[0] }
  return new Lane({
    name: 'TelecomX',
    what: 'An action that a group gives the right to, until it is edited',
    ask: askTelecomX,
    run: (show) => handle((how) => askTelecomX({ ...about, ...how }), { show, signal }),
    other: 'Administrator',
    controls: () => [knob],
  })
}

/** A fresh portal with three lanes. */
async function start() {
  running?.abort()
  running = new AbortController()
  const { signal } = running
  try {
    await furnish()
    const make = [portalLane, oneELane, telecomXLane]
    const lanes = await Promise.all(make.map((lane) => lane(signal)))
    at('lanes').replaceChildren(...lanes.map(({ element }) => element))
    at('lost').hidden = true
  } catch (error) {
    at('lost').hidden = false
    throw error
  }
}

at('source').append(highlight(handle.toString()))
at('again').addEventListener('click', start)
await start()
