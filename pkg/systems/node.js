/** Node: as in Deno and Bun, but calls leave through `node:http`. */
import { nodeFetch } from '../node-fetch.js'
import { setStandardFetch } from './boot.js'
import './disk.js'

setStandardFetch(nodeFetch)

export { CallgateError, OneE, ready, TelecomX } from './boot.js'
