/** A store in Durable Objects, one for each portal, as a worker reaches it. */
import { invalid } from '../../wasm/js/face.js'

/**
 * Keeps everything in the objects of a namespace that is bound to the class `CallgateState`.
 *
 * @param {DurableObjectNamespace} namespace
 */
export function durableStore(namespace) {
  const object = (portal) => namespace.get(namespace.idFromName(portal))
  const open = (portal, headers) =>
    object(portal).fetch('https://callgate.invalid/', {
      headers: { Upgrade: 'websocket', ...headers },
    })

  return {
    read: (portal, key) => object(portal).read(key),
    write: (portal, key, field, value, life) => object(portal).write(key, field, value, life),
    forget: (portal, key, field) => object(portal).forget(key, field),
    lease: (portal, ask) => object(portal).lease(ask),
    refused: (portal, what) => object(portal).refused(what),
    publish: (portal, topic) => object(portal).publish(topic),
    async subscribe(portal, topic, wake, most) {
      const { status, webSocket } = await open(portal, { topic, most: String(most) })
      if (status === 429) throw invalid('relay: too many wait for this already')
      if (!webSocket) throw new Error('the object took no listener')
      webSocket.addEventListener('message', () => wake())
      webSocket.accept()
      return () => webSocket.close()
    },
    accept: (portal, most) => open(portal, { portal, most: String(most) }),
  }
}
