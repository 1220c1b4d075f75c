/**
 * The shared budget in simulated time: whatever workers do with what they lease, the portal's own
 * bucket never overflows, nothing of it is left unused while somebody waits, and all tokens get
 * their share.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { emptyBucket, lease, refused } from '../../pkg/edge/stores/bucket.js'

const rates = [
  { burst: 50, perSecond: 2 },
  { burst: 250, perSecond: 5 },
  { burst: 7, perSecond: 3 },
  { burst: 1, perSecond: 0.5 },
]

/** Numbers from 0 to 1 that are the same for the same seed. */
function chance(seed) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** The portal's own bucket: tells of an overflow. */
function portalOf({ burst, perSecond }) {
  let level = 0
  let at = 0
  return (now) => {
    level = Math.max(0, level - ((now - at) / 1_000) * perSecond)
    at = now
    assert.ok(level + 1 <= burst + 1e-6, `it overflows at ${now}`)
    level += 1
  }
}

/**
 * Workers that want a turn every now and then, spend their slices whenever they like and may, and
 * whose requests take up to a second to the portal.
 */
function run(rate, seed, minutes) {
  const random = chance(seed)
  const bucket = emptyBucket()
  const arrivals = []
  const slices = []
  const end = minutes * 60_000
  const send = (now) => arrivals.push(now + random() * 1_000)
  for (let now = 0; now < end; now += random() * (random() < 0.01 ? 30_000 : 400)) {
    if (random() < 0.002) refused(bucket, now, { pause: 1_000, rate })
    const ask = { key: `t${Math.floor(random() * 5)}`, patience: 0, rate }
    const { units, life } = lease(bucket, now, ask)
    if (units === undefined) continue
    send(now)
    // A slice is spent early, late or not at all.
    const how = random()
    for (let unit = 0; unit < units && how > 0.2; unit++) {
      slices.push(now + (how > 0.6 ? life : random() * life))
    }
  }
  for (const spent of slices) send(spent)
  const reach = portalOf(rate)
  arrivals.sort((a, b) => a - b).forEach(reach)
  return arrivals.length
}

describe('the bucket', () => {
  for (const rate of rates) {
    test(`it_never_overflows_of_${rate.burst}_at_${rate.perSecond}`, () => {
      for (let seed = 1; seed <= 50; seed++) assert.ok(run(rate, seed, 20) > 0)
    })
  }

  /** Keys that want a turn again as soon as they had one, each with so many requests at once. */
  function contend(wanting, rate, seconds) {
    const bucket = emptyBucket()
    const waiting = wanting.flatMap(([key, count]) =>
      Array.from({ length: count }, () => ({ key })),
    )
    const turns = Object.fromEntries(wanting.map(([key]) => [key, 0]))
    waiting.forEach((one) => (one.at = 0))
    for (let now = 0; now < seconds * 1_000;) {
      const one = waiting.reduce((first, it) => (it.at < first.at ? it : first))
      now = one.at
      const answer = lease(bucket, now, { ...one, patience: 3_600_000, rate })
      one.ticket = answer.ticket
      if (answer.ticket) one.at = now + answer.wait
      else turns[one.key] += 1 + answer.units
    }
    return turns
  }

  test('nothing_of_it_is_left_while_somebody_waits', () => {
    for (const rate of rates.slice(0, 3)) {
      const { a } = contend([['a', 10]], rate, 600)
      const most = rate.burst + 600 * rate.perSecond
      assert.ok(a <= most && a > 0.97 * most, `${a} of ${most}`)
    }
  })

  test('all_tokens_get_their_share_however_much_they_want', () => {
    const wanting = [
      ['greedy', 30],
      ['some', 3],
      ['modest', 1],
    ]
    const { greedy, some, modest } = contend(wanting, { burst: 5, perSecond: 4 }, 600)
    for (const turns of [some, modest]) assert.ok(turns > 0.8 * greedy, `${turns} to ${greedy}`)
  })

  test('one_who_gave_up_leaves_the_place_to_others', () => {
    const rate = { burst: 1, perSecond: 1 }
    const bucket = emptyBucket()
    const ask = (now, key, ticket) => lease(bucket, now, { key, ticket, patience: 60_000, rate })
    assert.equal(ask(0, 'a').units, 0)
    const gone = ask(0, 'b')
    const next = ask(0, 'c')
    assert.ok(next.wait > gone.wait)
    const later = next.wait + 3_000
    assert.equal(ask(later, 'c', next.ticket).units, 0)
  })

  test('who_cannot_have_a_turn_in_time_is_told_at_once_and_is_in_nobodys_way', () => {
    const rate = { burst: 1, perSecond: 0.1 }
    const bucket = emptyBucket()
    const ask = (patience) => lease(bucket, 0, { key: 'a', patience, rate })
    ask(0)
    assert.deepEqual(ask(1_000), { retryAfter: 10 })
    assert.deepEqual(bucket.line, [])
    assert.equal(ask(20_000).wait, 10_000)
    assert.deepEqual(ask(15_000), { retryAfter: 20 })
  })

  test('who_was_turned_away_often_is_none_the_worse_for_it', () => {
    const rate = { burst: 1, perSecond: 0.1 }
    const bucket = emptyBucket()
    const ask = (key, patience) => lease(bucket, 0, { key, patience, rate })
    ask('b', 0)
    assert.equal(ask('b', 60_000).wait, 10_000)
    for (let times = 0; times < 50; times++) assert.equal(ask('a', 0).retryAfter, 20)
    assert.equal(ask('a', 60_000).wait, 20_000)
    assert.equal(ask('b', 60_000).wait, 30_000)
  })
})
