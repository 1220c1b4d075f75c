/** Brings the page to life: the portal with its app, the administrator, the wire. */
import { read } from '/_portal/page/control.js'
import { AppLayout } from '/_portal/page/layout.js'
import { Inbox } from './inbox.js'
import { short } from './mask.js'
import { APP, USER, install } from './story.js'
import { WireLog } from './wire-log.js'

/** In ms; how often the portal is asked for news. */
const PACE = 500

const at = (id) => document.getElementById(id)
const say = (text) => {
  at('said').textContent = text
}

const { app } = await read('demo')
const wire = new WireLog(at('entries'), at('wire-empty'))
const place = {
  element: at('stage'),
  title: (text) => {
    at('app-title').textContent = text
  },
  scroll: (pixels) => scrollTo(0, pixels),
  reload: open,
  finished: open,
  alert: say,
  token: ({ access_token: token }) => {
    at('token').textContent = short(token)
  },
}
const inbox = new Inbox(
  {
    requests: at('requests'),
    empty: at('inbox-empty'),
    beckon: at('beckon'),
    scopes: at('scopes'),
    time: at('time'),
    hour: at('hour'),
  },
  { reopen: open, event: (event) => wire.event(event), say },
)

let layout

/** Opens the app anew, with a new token, as a portal does after its installation has changed. */
function open() {
  layout?.close()
  const registered = { url: `${app}/`, client: APP, user: USER.id, lang: 'en' }
  layout = new AppLayout(registered, { placement: 'DEFAULT', options: '', popup: false }, place)
  return layout.open()
}

async function begin() {
  await install(app)
  await wire.start()
  inbox.start()
  await inbox.update()
  await open()
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
