/** A store in the memory of one process. */
import { invalid } from '../../wasm/js/face.js'
import { emptyBucket, lease, refused } from './bucket.js'

/** How often what has expired is thrown away, in ms. */
const SWEEP = 60_000

/** Keeps everything in this process: for one process, and for trying things out. */
export function memoryStore() {
  const fields = new Map()
  const buckets = new Map()
  const listeners = new Map()
  let swept = Date.now()

  const sweep = (now) => {
    if (now < swept + SWEEP) return
    swept = now
    for (const [name, kept] of fields) {
      for (const [field, { until }] of kept) if (until <= now) kept.delete(field)
      if (kept.size === 0) fields.delete(name)
    }
  }
  const bucketOf = (portal) => {
    if (!buckets.has(portal)) buckets.set(portal, emptyBucket())
    return buckets.get(portal)
  }

  return {
    async read(portal, key) {
      const now = Date.now()
      const kept = [...(fields.get(nameOf(portal, key)) ?? [])]
      const live = kept.filter(([, { until }]) => until > now)
      return Object.fromEntries(live.map(([field, { value }]) => [field, JSON.parse(value)]))
    },
    async write(portal, key, field, value, life) {
      const now = Date.now()
      sweep(now)
      const name = nameOf(portal, key)
      if (!fields.has(name)) fields.set(name, new Map())
      fields.get(name).set(field, { value: JSON.stringify(value), until: now + life })
    },
    async forget(portal, key, field) {
      const name = nameOf(portal, key)
      if (field === undefined) fields.delete(name)
      else fields.get(name)?.delete(field)
    },
    async lease(portal, ask) {
      return lease(bucketOf(portal), Date.now(), ask)
    },
    async refused(portal, what) {
      refused(bucketOf(portal), Date.now(), what)
    },
    async publish(portal, topic) {
      for (const wake of listeners.get(nameOf(portal, topic)) ?? []) wake()
    },
    async subscribe(portal, topic, wake, most) {
      const name = nameOf(portal, topic)
      const own = listeners.get(name) ?? new Set()
      if (own.size >= most) throw invalid('relay: too many wait for this already')
      listeners.set(name, own.add(wake))
      return () => {
        own.delete(wake)
        if (own.size === 0 && listeners.get(name) === own) listeners.delete(name)
      }
    },
  }
}

const nameOf = (portal, name) => `${portal} ${name}`
