/** What apps ask of the connection below, and what they see when one end leaves. */
import { once } from 'node:events'
import { finished } from 'node:stream'
import type { RawRoute } from './raw-routes.ts'

const PIECE = Buffer.alloc(1 << 16, 'x')

export const RAW_CONNECTIONS: readonly (readonly [string, RawRoute])[] = [
  [
    'request',
    ({ request, response, visit }) => {
      visit.note('method', request.method)
      visit.note('url', request.url)
      visit.note('version', [request.httpVersion, request.httpVersionMajor, request.httpVersionMinor])
      const { 'x-play': _, ...fields } = request.headers
      for (const [name, value] of Object.entries(fields)) visit.note(`headers.${name}`, value)
      for (const [name, value] of Object.entries(request.headersDistinct)) visit.note(`headersDistinct.${name}`, value)
      response.end('request')
    },
  ],
  [
    'socket',
    ({ request, response, visit }) => {
      const { socket } = request
      visit.note('remote address', socket.remoteAddress)
      visit.note('remote family', socket.remoteFamily)
      visit.note('has remote port', typeof socket.remotePort === 'number' && socket.remotePort > 0)
      visit.note('local address', socket.localAddress)
      visit.note('has local port', typeof socket.localPort === 'number' && socket.localPort > 0)
      visit.note('address()', Object.keys(socket.address()).sort())
      visit.note('encrypted', (socket as { encrypted?: boolean }).encrypted)
      visit.note('same socket', [request.socket === response.socket, request.connection === response.connection])
      visit.note('states', [socket.destroyed, socket.readable, socket.writable, socket.connecting, socket.readyState])
      visit.note('chained', [
        socket.setNoDelay(true) === socket,
        socket.setKeepAlive(true) === socket,
        socket.setTimeout(0) === socket,
        socket.ref() === socket,
      ])
      visit.note('counts', [typeof socket.bytesRead, typeof socket.bytesWritten])
      visit.note('listeners', [socket.listenerCount('nothing'), typeof socket.on, typeof socket.once])
      response.end('socket')
    },
  ],
  [
    'time-out',
    ({ response, visit }) => {
      response.setTimeout(20, () => {
        visit.event('response timed out')
        response.statusCode = 503
        response.end('timed out')
      })
    },
  ],
  [
    'expect',
    async ({ request, response, visit }) => {
      visit.note('expectation', request.headers.expect)
      let length = 0
      for await (const piece of request) length += (piece as Buffer).length
      response.end(`${length} bytes`)
    },
  ],
  [
    'write-continue',
    async ({ request, response, visit }) => {
      response.writeContinue(() => visit.event('continue called back'))
      let length = 0
      for await (const piece of request) length += (piece as Buffer).length
      response.end(`${length} bytes`)
    },
  ],
  [
    'destroy-response',
    async ({ response, visit }) => {
      response.write('half of ')
      await visit.meet('half read')
      response.destroy()
    },
  ],
  [
    'destroy-socket',
    async ({ request, response, visit }) => {
      response.writeHead(200, { 'Content-Length': 100 })
      response.write('half of ')
      await visit.meet('half read')
      request.socket.destroy()
    },
  ],
  [
    'destroy-with-error',
    async ({ response, visit }) => {
      response.write('half of ')
      await visit.meet('half read')
      response.destroy(new Error('broken'))
    },
  ],
  ['destroy-at-once', ({ request }) => void request.destroy()],
  [
    'endless',
    async ({ request, response, visit }) => {
      finished(response, (error) => visit.event(`response finished: ${error?.code ?? 'no error'}`))
      request.resume()
      const gone = new AbortController()
      response.once('close', () => gone.abort())
      while (!response.destroyed) {
        if (response.write(PIECE)) continue
        await once(response, 'drain', { signal: gone.signal }).catch(() => {})
      }
      visit.note('afterwards', [
        response.destroyed,
        response.writableEnded,
        response.writableFinished,
        request.destroyed,
      ])
    },
  ],
  [
    'wait',
    async ({ request, response, visit }) => {
      request.resume()
      await visit.meet('waiting')
      await new Promise((done) => response.once('close', done))
      response.write('nobody reads this', (error) => visit.note('write', (error as NodeJS.ErrnoException | null)?.code))
      response.end('nor this')
      visit.note('afterwards', [response.destroyed, response.writableEnded, response.writableFinished])
    },
  ],
  [
    'upload',
    async ({ request, response, visit }) => {
      finished(request, (error) => visit.event(`request finished: ${error?.code ?? 'no error'}`))
      await new Promise((done) => request.once('data', done))
      await visit.meet('upload begun')
      try {
        for await (const _ of request);
        response.end('complete')
      } catch (error) {
        visit.note('reading failed', (error as NodeJS.ErrnoException).code)
        visit.note('afterwards', [request.complete, request.aborted, request.destroyed, response.destroyed])
        response.end('nobody reads this')
      }
    },
  ],
]
