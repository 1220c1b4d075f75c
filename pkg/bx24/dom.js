/** Small helpers around the page's own document, which need no portal. */

import { invalid, makeError } from '../wasm/js/face.js'

/** In ms. */
const SOON = 10
const BODY_STEP = 15
const BETWEEN_SCRIPTS = 50

let isReady = false
const waiting = []

/** The document is there; its body may come a little later where the script was written into it. */
function becomeReady() {
  if (isReady) return
  if (!document.body) return void setTimeout(becomeReady, BODY_STEP)
  isReady = true
  for (const handler of waiting.splice(0)) setTimeout(handler, SOON)
}

/** Begins to look whether the document is there. */
export function watch() {
  if (document.readyState === 'complete') return becomeReady()
  document.addEventListener('DOMContentLoaded', becomeReady)
  window.addEventListener('load', becomeReady)
}

function ready(handler) {
  if (typeof handler !== 'function') return
  if (isReady) setTimeout(handler, SOON)
  else waiting.push(handler)
}

/** Event names that old browsers have others for. */
const OTHER_NAMES = {
  mousewheel: ['DOMMouseScroll'],
  transitionend: ['webkitTransitionEnd', 'msTransitionEnd', 'oTransitionEnd'],
}

const eventNames = (event) => [event, ...(OTHER_NAMES[event] ?? [])]

function bind(element, event, handler) {
  if (!element) return
  for (const name of eventNames(event)) element.addEventListener(name, handler, false)
}

function unbind(element, event, handler) {
  if (!element) return
  for (const name of eventNames(event)) element.removeEventListener(name, handler, false)
}

/** By object, then by function: the wrappers that were made, so that they can be unbound. */
const wrappers = new WeakMap()
let context = null

function proxy(fn, object) {
  if (!fn || !object) return fn
  const known = wrappers.get(object) ?? new WeakMap()
  wrappers.set(object, known)
  const wrapper =
    known.get(fn) ??
    function (...args) {
      const outer = context
      context = this
      try {
        return fn.apply(object, args)
      } finally {
        context = outer
      }
    }
  known.set(fn, wrapper)
  return wrapper
}

export function getScrollSize() {
  const { scrollWidth, scrollHeight, offsetWidth, offsetHeight } = document.documentElement
  return {
    scrollWidth: Math.max(scrollWidth, offsetWidth),
    scrollHeight: Math.max(scrollHeight, offsetHeight),
  }
}

/** Loads scripts one after the other, then calls back. One that can't be loaded ends it. */
export function loadScript(urls, callback, tell) {
  const left = [urls].flat().filter(Boolean)
  if (!left.every((url) => typeof url === 'string'))
    throw invalid('loadScript: an address or a list of addresses is wanted')
  const next = () => {
    const src = left.shift()
    if (src === undefined) return callback?.()
    const script = document.createElement('script')
    script.charset = 'UTF-8'
    script.src = src
    script.onload = () => {
      script.remove()
      setTimeout(next, BETWEEN_SCRIPTS)
    }
    script.onerror = () => {
      script.remove()
      tell(makeError(`${src} can't be loaded`, 'CALLGATE_SCRIPT', 'network', 'unknown', true))
    }
    document.head.prepend(script)
  }
  ready(next)
}

/** @param tell takes errors that no callback hears of */
export const domFunctions = (tell) => ({
  ready,
  isReady: () => isReady,
  bind,
  unbind,
  proxy,
  proxyContext: () => context,
  getScrollSize,
  loadScript: (urls, callback) => loadScript(urls, callback, tell),
})
