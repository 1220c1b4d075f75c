/**
 * The grammar of the messages. `command:JSON:callback:SID` comes in as a text, or as an object from
 * newer libraries; `callback:JSON` goes out.
 */
import { el } from './dom.js'

/**
 * The parts of a message; nothing when it is none. The JSON of a text may hold colons, so the parts
 * are counted from both ends.
 */
export function parse(data) {
  if (typeof data === 'string') {
    const parts = data.split(':')
    return {
      command: parts[0],
      json: parts.slice(1, -2).join(':'),
      callback: parts.at(-2),
      sid: parts.at(-1),
    }
  }
  if (data === null || typeof data !== 'object') return undefined
  const { method: command, params, callback, appSid: sid } = data
  return { command, params, callback, sid }
}

/** A message's parameters; PHP's empty array when there are none. */
export function paramsOf({ json, params }) {
  if (json === undefined) return params ?? []
  return json === '' ? [] : JSON.parse(json)
}

/** The text that answers a callback. What is undefined leaves the JSON empty. */
export const answer = (callback, value) =>
  `${callback}:${value === undefined ? '' : JSON.stringify(value)}`

let elsewhere

/** A window that is neither the page nor of its origin, and says what it is told to. */
function openElsewhere() {
  return new Promise((resolve) => {
    const frame = el('iframe', {
      sandbox: 'allow-scripts',
      hidden: true,
      srcdoc:
        '<script>onmessage = ({ data: [at, text] }) => parent[at].postMessage(text, "*")</script>',
      onload: () => resolve(frame.contentWindow),
    })
    document.body.append(frame)
  })
}

/** Posts a text into one of the page's frames from such a window. */
export async function postFromElsewhere(target, text) {
  elsewhere ??= openElsewhere()
  const speaker = await elsewhere
  const frames = Array.from({ length: window.length }, (_, index) => window[index])
  speaker.postMessage([frames.indexOf(target), text], '*')
}
