/** What the app tells the portal's page beside its calls: its title and how high it is. */

const [host, secure, sid] = window.name.split('|')
const portal = `${secure === '1' ? 'https' : 'http'}://${host}`

const send = (command, params) =>
  sid && parent.postMessage(`${command}:${JSON.stringify(params)}::${sid}`, portal)

export const setTitle = (title) => send('setTitle', { title })

/** Keeps the frame as high as the app. */
export function fit() {
  const tell = () => send('resizeWindow', { width: '100%', height: document.body.offsetHeight })
  new ResizeObserver(tell).observe(document.body)
}

/**
 * The portals that may embed the app. A real app lists its customers' here; this one takes those
 * on this computer, whatever their port.
 */
export const allowedPortals = () => [`http://127.0.0.1:${host.split(':')[1] ?? 80}`]
