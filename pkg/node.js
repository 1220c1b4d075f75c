/** Node: as in Deno and Bun, but calls leave through `node:http`, for Node's `fetch` is slow. */
import './disk.js'
import { setDefaultFetch } from './boot.js'
import { nodeFetch } from './node-fetch.js'

setDefaultFetch(nodeFetch)

export { CallgateError, loadCatalogue, Portal, ready, ref, scopesFor } from './boot.js'
