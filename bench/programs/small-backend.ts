/**
 * The backend behind every front: the cheapest HTTP/1.1 responder Node can be, `node small-backend.js ROUTE`. It only
 * counts empty lines, so whatever a front costs is not hidden behind its backend. Answers:
 *
 *   /small   3 bytes          /member   the route of this backend
 *   /1mib    1 MiB            /echo     the request head as it arrived
 */
import { createServer, type Socket } from 'node:net'
import { endWithParent } from './end-with-parent.ts'

const HEAD_END = '\r\n\r\n'
/** Longest begin of a head that is kept while its end is on the way. */
const MAX_HELD_BYTES = 65_536

const route = process.argv[2] ?? 'worker1'

const answers = new Map([
  ['s', response(Buffer.from('ok\n'))],
  ['1', response(Buffer.alloc(1024 * 1024, 'clowder ', 'latin1'))],
  ['m', response(Buffer.from(`${route}\n`))],
])
const small = answers.get('s')!

const server = createServer({ noDelay: true }, (socket) => {
  let held = ''
  socket.on('data', (chunk: Buffer) => {
    let heads = held + chunk.toString('latin1')
    for (let end = heads.indexOf(HEAD_END); end >= 0; end = heads.indexOf(HEAD_END)) {
      answer(socket, heads.slice(0, end + HEAD_END.length))
      heads = heads.slice(end + HEAD_END.length)
    }
    if (heads.length > MAX_HELD_BYTES) socket.destroy()
    held = heads
  })
  socket.on('error', () => socket.destroy())
})
server.listen(0, '127.0.0.1', 16_384, () => {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  process.stdout.write(`ready backend ${route} port=${port} pid=${process.pid}\n`)
})
endWithParent()

function answer(socket: Socket, head: string): void {
  // The first letter of the path, behind 'GET /', tells the answers apart.
  const letter = head.charAt(5)
  if (letter === 's') socket.write(small)
  else if (letter === 'e') socket.write(response(Buffer.from(head, 'latin1')))
  else socket.write(answers.get(letter) ?? response(Buffer.from('?\n'), '404 Not Found'))
}

function response(body: Buffer, status = '200 OK'): Buffer {
  const head = `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), body])
}
