/** Cloudflare's runtime, workerd, as Miniflare starts it on this machine. */
import { Miniflare } from 'miniflare'
import { bundle, moduleBytes } from './bundle.mjs'

/**
 * Starts a worker from the text of its module, which may import `callgate`. `options` are
 * Miniflare's: bindings, durable objects and the like. Call `stop` when done.
 */
export async function startWorker(source, options = {}) {
  const script = await bundle(source, { conditions: ['workerd', 'worker'] })
  const worker = new Miniflare({
    cf: false, // else it asks an outside address where on earth it is
    compatibilityDate: '2026-04-01',
    modules: [
      { type: 'ESModule', path: 'worker.js', contents: script },
      await compiled('callgate'),
      await compiled('edge'),
      await compiled('systems'),
    ],
    ...options,
  })
  const { origin } = await worker.ready
  return { url: origin, stop: () => worker.dispose() }
}

const compiled = async (name) => ({
  type: 'CompiledWasm',
  path: `${name}.wasm`,
  contents: await moduleBytes(name),
})
