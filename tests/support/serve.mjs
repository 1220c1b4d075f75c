/** HTTP servers of a test's own, closed when it ends. */
import { createServer } from 'node:http'
import { afterEach } from 'node:test'

const open = []
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** Starts a server and returns it with its address. */
export async function serve(handler) {
  const server = createServer(handler)
  open.push(server)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${server.address().port}` }
}
