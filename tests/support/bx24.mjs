/**
 * The world of the tests of BX24: the test portal's page in a browser and, in its frame, at another
 * origin, a page with the one script.
 */
/* global BX24, said */
import { beforeEach } from 'node:test'
import { pageWorld, until } from './page.mjs'

/** A page that has the script and nothing before it. */
export const withScript = (body = '') =>
  `<!doctype html><title>An application</title><script src="/pkg/bx24.js"></script>${body}`

/** What the portal's page hears from its frame, word for word. */
function listen() {
  if (parent !== window) return
  globalThis.said = []
  addEventListener('message', ({ data }) => said.push(data))
}

/** Starts it for a file's tests; `pages` are served beside `/app.html`, which has the script alone. */
export function bx24World(pages = {}) {
  const world = pageWorld({
    pages: { '/app.html': withScript(), ...pages },
    started: () => document.readyState === 'complete',
  })

  beforeEach(() => world.page.addInitScript(listen))

  /** Opens the application, and gives its frame once its page has loaded. */
  const load = world.open

  /** Opens the application, and gives its frame once `init` has called back. */
  async function open(query) {
    const frame = await load(query)
    await frame.evaluate(() => new Promise((resolve) => BX24.init(resolve)))
    return frame
  }

  /** The texts of a command that the portal's page has heard so far. */
  async function messages(command) {
    const texts = await world.page.evaluate(() => said)
    return texts.filter((text) => String(text).split(':')[0] === command)
  }

  /** Waits for the latest text of a command, and gives its parts. */
  async function message(command) {
    await until(async () => (await messages(command)).length > 0, `a message ${command}`)
    const parts = (await messages(command)).at(-1).split(':')
    return { json: parts.slice(1, -2).join(':'), id: parts.at(-2), sid: parts.at(-1) }
  }

  /** What the page has carried out for the application since that has started. */
  async function carriedOut() {
    const commands = await world.heardCommands()
    return commands.filter((text) => !/^(getInitData|setInstall) /.test(text))
  }

  return Object.assign(world, { load, open, messages, message, carriedOut })
}

/** Calls a function of BX24's by its name, and gives what its callback gets. */
export const ask = (frame, name, ...args) => frame.evaluate(asked, [name, args])

/** Calls a function of BX24's by its name, and gives what it returns. */
export const call = (frame, name, ...args) => frame.evaluate(called, [name, args])

const called = ([name, args]) => {
  const path = name.split('.')
  const method = path.pop()
  return path.reduce((object, key) => object[key], BX24)[method](...args)
}

const asked = ([name, args]) =>
  new Promise((resolve) => {
    const path = name.split('.')
    const method = path.pop()
    path.reduce((object, key) => object[key], BX24)[method](...args, resolve)
  })
