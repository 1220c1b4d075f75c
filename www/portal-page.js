/** Brings the page to life: the portal with its app, the administrator, the wire. */
import { read } from './control.js'
import { FrameHost } from './frame-host.js'
import { Inbox } from './inbox.js'
import { short } from './mask.js'
import { USER, install } from './story.js'
import { WireLog } from './wire-log.js'

/** In ms; how often the portal is asked for news. */
const PACE = 500

const at = (id) => document.getElementById(id)
const say = (text) => {
  at('said').textContent = text
}

const { app } = await read('demo')
const wire = new WireLog(at('entries'), at('wire-empty'))
const host = new FrameHost(at('stage'), app, {
  title: (text) => {
    at('app-title').textContent = text
  },
  token: ({ access_token: token }) => {
    at('token').textContent = short(token)
  },
  problem: say,
})
const inbox = new Inbox(
  {
    requests: at('requests'),
    empty: at('inbox-empty'),
    beckon: at('beckon'),
    scopes: at('scopes'),
    time: at('time'),
    hour: at('hour'),
  },
  { reopen: () => host.open(), event: (event) => wire.event(event), say },
)

async function begin() {
  await install(app)
  await wire.start()
  inbox.start()
  await inbox.update()
  await host.open()
}

/** News only come with a request, so the inbox looks when the wire log has some. */
async function watch() {
  try {
    if (!document.hidden && (await wire.update())) await inbox.update()
    at('lost').hidden = true
  } catch {
    at('lost').hidden = false
  }
  setTimeout(watch, PACE)
}

/** A request beckons only while the inbox is out of sight. */
new IntersectionObserver(([{ isIntersecting }]) => {
  at('beckon').classList.toggle('seen', isIntersecting)
}).observe(at('requests'))

at('app-origin').textContent = new URL(app).host
at('portal-origin').textContent = location.host
at('user').textContent = USER.name
at('again').addEventListener('click', async () => {
  await begin()
  say('Everything is as at the start')
})

await begin()
watch()
