/** The worlds that the tests of 1E and TelecomX in Node start from: the same test portal, other servers. */
import { after, before, beforeEach } from 'node:test'
import { OneE, TelecomX } from '../../pkg/systems/node.js'
import { startPortal } from './portal.mjs'

/** Statuses with which servers refuse what no documentation tells the status of. */
export const STATUSES = [400, 401, 403, 404, 409]

/** Starts a test portal for the file's tests; every test finds it as new. */
function world(own) {
  let server
  before(async () => (server = await startPortal()))
  after(() => server?.stop())
  beforeEach(() => server.reset())
  return {
    get origin() {
      return server.portal
    },
    /** Tells the control plane something. */
    control: (name, body) => server.control(name, body),
    /** What the control plane tells. */
    see: async (name) => (await fetch(`${server.portal}/_portal/${name}`)).json(),
    /** The requests that the servers have seen: verb, address and body. */
    async requests() {
      return (await server.log()).map(({ method, url, body }) => ({
        asked: `${method} ${url}`,
        body,
      }))
    },
    async asked() {
      return (await this.requests()).map(({ asked }) => asked)
    },
    /** Lets the servers forget the requests. */
    forget: () => fetch(`${server.portal}/_portal/log`, { method: 'DELETE' }),
    /** Lets the servers' clock run. */
    pass: (seconds) => server.control('clock', { advance: seconds }),
    ...own,
  }
}

/** A definition that needs a code and an approval. */
export const ACTION = { definitionId: 8, instructionTtlMinutes: 60, responseTtlMinutes: 120 }

/** Ann issues, Bob and Eve approve, Tom may do nothing. */
export const oneEWorld = () =>
  world({
    /** A client of a user's. */
    async client(name = 'ann', options) {
      const operations = name === 'tom' ? { operations: [] } : {}
      const { token } = await this.control('one-e/users', { name, ...operations })
      return this.clientOf(token, options)
    },
    clientOf(token, options) {
      return new OneE({ url: this.origin, consumer: 'Callgate', token, ...options })
    },
    settings(settings) {
      return this.control('one-e/settings', settings)
    },
    /** The code that was mailed last. */
    async code() {
      return (await this.see('one-e/mail')).at(-1).code
    },
    /** What Ann issued, waiting for its approval. */
    async waiting() {
      const ann = await this.client('ann')
      const run = await ann.issue(ACTION)
      return run.submitCode(await this.code())
    },
  })

/** Ann controls a group of which Bob's extension is a member. */
export const telecomXWorld = () =>
  world({
    async user(name, more) {
      const told = await this.control('telecomx/users', { name, ...more })
      return { ...told, extension: told.extensions[0], device: told.devices[0] }
    },
    /** Ann and Bob, and what Ann may do with Bob's extension. */
    async people(...rights) {
      const [ann, bob] = [await this.user('ann'), await this.user('bob')]
      await this.grant(...rights)
      return { ann, bob }
    },
    /** The administrator edits the group. */
    async grant(...rights) {
      const [ann, bob] = [await this.user('ann'), await this.user('bob')]
      const group = { members: bob.extensions, controllers: ann.extensions }
      await this.control('telecomx/groups', { name: 'team', ...group, rights })
    },
    login(options) {
      return TelecomX.login({
        url: this.origin,
        username: 'ann',
        password: 'password',
        ...options,
      })
    },
    settings(settings) {
      return this.control('telecomx/settings', settings)
    },
  })
