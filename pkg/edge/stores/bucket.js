/**
 * A portal's request budget as all workers share it: its leaky bucket, and the line of those who
 * wait for room. Plain data without a clock of its own, so that every store keeps it in its own way
 * and changes it in one step.
 *
 * What is leased may be spent until its time is over, so only then it begins to drain: whatever the
 * workers do, the sum here is never below the portal's own level.
 */

/** How long a worker may spend what it leased beyond its own request, in ms. */
const LIFE = 10_000
/** How long a request may be on its way to the portal, in ms. */
const WAY = 1_000
/** How late one who waits may come back before the place in the line is lost, in ms. */
const LATE = 2_000
/** The least time until one who waits asks again, in ms. */
const LEAST = 20

/**
 * @typedef {object} Bucket
 * @property {number} filled how many requests drain
 * @property {number} at until when they have drained
 * @property {[units: number, until: number][]} leased what doesn't drain yet
 * @property {number} closed until when the portal takes nothing
 * @property {{ ticket: string, key: string, tag: number, until: number }[]} line who waits, the next first
 * @property {number} tag the highest tag that had its turn since somebody waits
 * @property {Record<string, number>} tags the next tag of each key
 * @property {number} tickets how many were given out
 */

/** The bucket of a portal that nothing is known of. @returns {Bucket} */
export const emptyBucket = () => ({
  filled: 0,
  at: 0,
  leased: [],
  closed: 0,
  line: [],
  tag: 0,
  tags: {},
  tickets: 0,
})

/**
 * Gives a request its turn, a place in the line, or up on it. Changes the bucket.
 *
 * A key gets no more turns for having more requests in the line: its requests have tags that rise
 * one by one from where the line stands, and the lowest tag is next. More than the one turn is
 * leased only from the lower half of the bucket, and while nobody waits.
 *
 * @param {Bucket} bucket
 * @param {number} now in ms
 * @param {import('../../edge').Ask} ask
 * @returns {import('../../edge').Lease}
 */
export function lease(bucket, now, { key, ticket, patience, rate }) {
  pass(bucket, now, rate)
  const { line } = bucket
  const held = line.findIndex((it) => it.ticket === ticket)
  const own = held < 0 ? join(bucket, key) : line[held]
  const place = line.indexOf(own)
  const room = rate.burst - level(bucket)
  const missing = place + 1 - room
  if (missing < 1e-6 && bucket.closed <= now) return grant(bucket, own, rate)

  const wait = Math.ceil(Math.max(LEAST, bucket.closed - now, (missing / rate.perSecond) * 1_000))
  if (wait > patience) {
    leave(bucket, own)
    return { retryAfter: Math.ceil(wait / 1_000) }
  }
  own.until = now + wait + LATE
  return { ticket: own.ticket, wait }
}

/**
 * Notes that the portal itself found its bucket full: somebody else drinks from it. Nothing is
 * leased for a while, in ms.
 */
export function refused(bucket, now, { pause, rate }) {
  pass(bucket, now, rate)
  bucket.filled += Math.max(0, rate.burst - level(bucket))
  bucket.closed = Math.max(bucket.closed, now + pause)
}

/** Puts a request of this key into the line. */
function join(bucket, key) {
  const { line, tags } = bucket
  const tag = Math.max(bucket.tag, tags[key] ?? 0)
  tags[key] = tag + 1
  const own = { ticket: String(++bucket.tickets), key, tag, until: Infinity }
  const behind = line.findIndex((it) => it.tag > tag)
  line.splice(behind < 0 ? line.length : behind, 0, own)
  return own
}

/** Takes a request out of the line that had no turn: its key is none the worse for it. */
function leave({ line, tags }, own) {
  line.splice(line.indexOf(own), 1)
  if (tags[own.key] === own.tag + 1) tags[own.key] = own.tag
}

function grant(bucket, own, rate) {
  const { leased, line, tags } = bucket
  line.splice(line.indexOf(own), 1)
  bucket.tag = Math.max(bucket.tag, own.tag)
  for (const key in tags) if (line.length === 0 || tags[key] <= bucket.tag) delete tags[key]
  if (line.length === 0) bucket.tag = 0
  leased.push([1, bucket.at + WAY])
  const spare = line.length > 0 ? 0 : (rate.burst / 2 - level(bucket)) / 2
  const units = Math.floor(Math.min(rate.burst / 5, Math.max(0, spare)))
  if (units > 0) leased.push([units, bucket.at + LIFE + WAY])
  return { units, life: LIFE }
}

const level = ({ filled, leased }) => leased.reduce((sum, [units]) => sum + units, filled)

/** Lets the bucket drain until now. */
function pass(bucket, now, { perSecond }) {
  const drain = (until) => {
    const drained = (Math.max(0, until - bucket.at) / 1_000) * perSecond
    bucket.filled = Math.max(0, bucket.filled - drained)
    bucket.at = Math.max(bucket.at, until)
  }
  bucket.leased.sort(([, a], [, b]) => a - b)
  while (bucket.leased.length > 0 && bucket.leased[0][1] <= now) {
    const [units, until] = bucket.leased.shift()
    drain(until)
    bucket.filled += units
  }
  drain(now)
  bucket.line = bucket.line.filter((it) => it.until > now)
}
