/**
 * A store in Redis, for the workers of several processes. Redis owns the clock, and each change is
 * one step there: fields by a script, the budget by an exchange that fails if somebody else was
 * faster.
 */
import { invalid } from '../wasm/js/face.js'
import { emptyBucket, lease, refused } from './stores/bucket.js'

const CLOCK = `local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
`

/** A field's text begins with the time until which it is good. */
const READ = `${CLOCK}local live = {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local ends, value = string.match(all[i + 1], '^(%d+) (.*)$')
  if tonumber(ends) > now then
    live[#live + 1] = all[i]
    live[#live + 1] = value
  end
end
return live`

const WRITE = `${CLOCK}local life = tonumber(ARGV[3])
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now + life) .. ' ' .. ARGV[2])
if redis.call('PTTL', KEYS[1]) < life then redis.call('PEXPIRE', KEYS[1], life) end`

const LOOK = `${CLOCK}return { redis.call('GET', KEYS[1]) or '', string.format('%.0f', now) }`

const SWAP = `if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`

/** How long a bucket is kept that nobody asks for, in ms. By then it is empty. */
const BUCKET_LIFE = 3_600_000
/** How often the exchange of a bucket is tried. */
const TRIES = 100

/** Keeps everything in the server of a connected client. */
export function redisStore(client) {
  const run = (script, key, ...values) =>
    client.eval(script, { keys: [key], arguments: values.map(String) })

  const buckets = new Map()
  const change = (portal, step) =>
    new Promise((resolve, reject) => {
      const steps = buckets.get(portal)
      if (steps) return steps.push({ step, resolve, reject })
      buckets.set(portal, [{ step, resolve, reject }])
      work(portal)
    })

  /** Makes the changes of a bucket that have come together, until there are none. */
  const work = async (portal) => {
    for (let steps; (steps = buckets.get(portal)).length > 0;) {
      buckets.set(portal, [])
      try {
        const answers = await exchange(portal, steps)
        steps.forEach(({ resolve }, at) => resolve(answers[at]))
      } catch (error) {
        for (const { reject } of steps) reject(error)
      }
    }
    buckets.delete(portal)
  }

  const exchange = async (portal, steps) => {
    const key = nameOf(portal, 'budget')
    for (let tries = 0; tries < TRIES; tries++) {
      const [before, now] = await run(LOOK, key)
      const bucket = before === '' ? emptyBucket() : JSON.parse(before)
      const answers = steps.map(({ step }) => step(bucket, Number(now)))
      if (await run(SWAP, key, before, JSON.stringify(bucket), BUCKET_LIFE)) return answers
    }
    throw new Error('redis: too many want the same budget')
  }

  let listening
  const listener = () => {
    listening ??= open(client).catch((error) => {
      listening = undefined
      throw error
    })
    return listening
  }
  const counts = new Map()

  return {
    async read(portal, key) {
      const found = await run(READ, nameOf(portal, key))
      const fields = {}
      for (let at = 0; at < found.length; at += 2) fields[found[at]] = JSON.parse(found[at + 1])
      return fields
    },
    async write(portal, key, field, value, life) {
      await run(WRITE, nameOf(portal, key), field, JSON.stringify(value), Math.ceil(life))
    },
    async forget(portal, key, field) {
      const name = nameOf(portal, key)
      await (field === undefined ? client.del(name) : client.hDel(name, field))
    },
    lease: (portal, ask) => change(portal, (bucket, now) => lease(bucket, now, ask)),
    refused: (portal, what) => change(portal, (bucket, now) => refused(bucket, now, what)),
    async publish(portal, topic) {
      await client.publish(nameOf(portal, topic), '')
    },
    async subscribe(portal, topic, wake, most) {
      const name = nameOf(portal, topic)
      const count = (counts.get(name) ?? 0) + 1
      if (count > most) throw invalid('relay: too many wait for this already')
      counts.set(name, count)
      const own = () => wake()
      const leave = () => {
        const left = counts.get(name) - 1
        if (left > 0) counts.set(name, left)
        else counts.delete(name)
      }
      try {
        const connection = await listener()
        await connection.subscribe(name, own)
        return () => {
          leave()
          connection.unsubscribe(name, own).catch(() => {})
        }
      } catch (error) {
        leave()
        throw error
      }
    },
  }
}

/** The braces keep what belongs to a portal on one node of a cluster. */
const nameOf = (portal, name) => `callgate:{${portal}}:${name}`

/** Opens the connection that listens, which can do nothing else. It reconnects by itself. */
async function open(client) {
  const connection = client.duplicate()
  connection.on('error', () => {})
  client.once('end', () => connection.destroy())
  await connection.connect()
  return connection
}
