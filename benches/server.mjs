/** The server of `node.mjs`: answers every request alike, and tells its port to who started it. */
import http from 'node:http'

const answer = JSON.stringify({ result: { ID: '1' }, time: { start: 1, finish: 2, duration: 1 } })
const server = http.createServer((request, response) => {
  request.resume().on('end', () => response.end(answer))
})
server.listen(0, '127.0.0.1', () => process.send(server.address().port))
process.on('disconnect', () => process.exit())
