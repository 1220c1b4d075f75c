/** The gate's state on Cloudflare: the class of the Durable Objects that keep it. */
import { DurableObject } from 'cloudflare:workers'
import { standing, topicOf } from './confirmations.js'
import { keyOf } from './key.js'
import { readWish } from './relay.js'
import { emptyBucket, lease, refused } from './stores/bucket.js'

export { durableStore } from './stores/durable.js'

/** How many sockets may be open that haven't said yet what they wait for. */
const STRANGERS = 100

/** What expires in so many ms is thrown away together. */
const TOGETHER = 1_000

/**
 * The state of one portal, in the object's SQLite. Pages that wait are sockets that sleep: while
 * nothing happens the object isn't there.
 */
export class CallgateState extends DurableObject {
  #sql
  #bucket

  constructor(ctx, env) {
    super(ctx, env)
    this.#sql = ctx.storage.sql
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS fields
      (key TEXT, field TEXT, value TEXT, ends INTEGER, PRIMARY KEY (key, field))`)
    this.#sql.exec('CREATE TABLE IF NOT EXISTS budget (id INTEGER PRIMARY KEY, bucket TEXT)')
    const [kept] = this.#sql.exec('SELECT bucket FROM budget').toArray()
    this.#bucket = kept ? JSON.parse(kept.bucket) : emptyBucket()
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'))
  }

  read(key) {
    const now = Date.now()
    const rows = this.#sql.exec(
      'SELECT field, value FROM fields WHERE key = ? AND ends > ?',
      key,
      now,
    )
    return Object.fromEntries(rows.toArray().map(({ field, value }) => [field, JSON.parse(value)]))
  }

  async write(key, field, value, life) {
    const ends = Date.now() + Math.ceil(life)
    const row = [key, field, JSON.stringify(value), ends]
    this.#sql.exec('INSERT OR REPLACE INTO fields VALUES (?, ?, ?, ?)', ...row)
    const alarm = await this.ctx.storage.getAlarm()
    if (alarm === null || alarm > ends + TOGETHER) await this.ctx.storage.setAlarm(ends + TOGETHER)
  }

  forget(key, field) {
    if (field === undefined) this.#sql.exec('DELETE FROM fields WHERE key = ?', key)
    else this.#sql.exec('DELETE FROM fields WHERE key = ? AND field = ?', key, field)
  }

  /** Throws away what has expired. */
  async alarm() {
    this.#sql.exec('DELETE FROM fields WHERE ends <= ?', Date.now())
    const { next } = this.#sql.exec('SELECT MIN(ends) AS next FROM fields').one()
    if (next !== null) await this.ctx.storage.setAlarm(next + TOGETHER)
  }

  lease(ask) {
    const answer = lease(this.#bucket, Date.now(), ask)
    this.#keepBucket()
    return answer
  }

  refused(what) {
    refused(this.#bucket, Date.now(), what)
    this.#keepBucket()
  }

  publish(topic) {
    for (const socket of this.#listeners(topic)) {
      socket.send('decided')
      socket.close(1000, 'decided')
    }
  }

  /** Takes a socket: one of a worker says its topic in a header, a page's its wish by a message. */
  fetch(request) {
    const { headers } = request
    const [topic, portal, most] = ['topic', 'portal', 'most'].map((name) => headers.get(name))
    const others = this.#listeners(topic)
    if (topic === null) makeRoom(others)
    else if (others.length >= Number(most)) return new Response(null, { status: 429 })
    const [theirs, own] = Object.values(new WebSocketPair())
    this.ctx.acceptWebSocket(own)
    own.serializeAttachment({ topic, portal, most: Number(most), since: Date.now() })
    return new Response(null, { status: 101, webSocket: theirs })
  }

  async webSocketMessage(socket, message) {
    const { topic, portal, most } = socket.deserializeAttachment()
    if (topic !== null) return
    const wish = readWish(message)
    if (!wish) return socket.close(4400, 'a token and a method are wanted')
    const key = await keyOf(portal, wish.token)
    const state = standing(this.read(key), wish.method)
    if (!state) return socket.close(4404, 'nothing waits for a decision')
    const wanted = topicOf(key, wish.method)
    if (this.#listeners(wanted).length >= most) return socket.close(4429, 'too many wait')
    socket.serializeAttachment({ topic: wanted })
    socket.send(state)
    if (state === 'decided') socket.close(1000, 'decided')
  }

  webSocketClose(socket) {
    socket.close()
  }

  #listeners(topic) {
    const listens = (socket) =>
      socket.readyState === WebSocket.OPEN && socket.deserializeAttachment()?.topic === topic
    return this.ctx.getWebSockets().filter(listens)
  }

  #keepBucket() {
    const text = JSON.stringify(this.#bucket)
    this.#sql.exec('INSERT OR REPLACE INTO budget VALUES (1, ?)', text)
  }
}

/** Of too many that never said what they wait for, the oldest goes. */
function makeRoom(strangers) {
  if (strangers.length < STRANGERS) return
  const since = (socket) => socket.deserializeAttachment().since
  const oldest = strangers.reduce((old, socket) => (since(socket) < since(old) ? socket : old))
  oldest.close(4408, 'it never said what it waits for')
}
