/** Bodies in both directions, as apps stream them by hand. */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { finished, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { digest } from '../journal.ts'
import { MANY_BYTES } from './app.ts'
import type { RawRoute } from './raw-routes.ts'

const outcome = (error: unknown): string => (error as NodeJS.ErrnoException | undefined)?.code ?? 'no error'

export const RAW_STREAMS: readonly (readonly [string, RawRoute])[] = [
  [
    'file',
    async ({ response, visit, files }) => {
      await pipeline(createReadStream(join(files, 'long.txt')), response)
      visit.note('pipeline', 'done')
    },
  ],
  [
    'zipped',
    async ({ response, visit, files }) => {
      response.setHeader('Content-Encoding', 'gzip')
      await pipeline(createReadStream(join(files, 'long.txt')), createGzip(), response)
      visit.note('pipeline', 'done')
    },
  ],
  [
    'missing-file',
    async ({ response, visit, files }) => {
      const error = await pipeline(createReadStream(join(files, 'nowhere')), response).catch((error) => error)
      visit.note('outcome', outcome(error))
    },
  ],
  [
    'pumped',
    async ({ request, response, visit }) => {
      response.setHeader('Content-Type', request.headers['content-type'] ?? 'application/octet-stream')
      await pipeline(request, response)
      visit.note('pipeline', 'done')
    },
  ],
  [
    'large',
    async ({ response, visit }) => {
      let drained = 0
      for (let at = 0; at < MANY_BYTES.length; at += 1 << 16) {
        if (response.write(MANY_BYTES.subarray(at, at + (1 << 16)))) continue
        drained++
        await new Promise((done) => response.once('drain', done))
      }
      visit.note('felt back-pressure', drained > 0)
      response.end()
    },
  ],
  ['large-at-once', ({ response }) => void response.end(MANY_BYTES)],
  [
    'large-known-length',
    ({ response }) => {
      response.setHeader('Content-Length', MANY_BYTES.length)
      Readable.from([MANY_BYTES.subarray(0, 1000), MANY_BYTES.subarray(1000)]).pipe(response)
    },
  ],
  [
    'one-by-one',
    async ({ response, visit }) => {
      response.write('first ')
      await visit.meet('first read')
      response.write('second ')
      await visit.meet('second read')
      response.end('third')
    },
  ],
  [
    'head-alone',
    async ({ response, visit }) => {
      response.setHeader('X-Early', 'yes')
      response.flushHeaders()
      await visit.meet('head read')
      response.end('and then the body')
    },
  ],
  [
    'events',
    async ({ response, visit }) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' })
      for (let n = 1; n <= 3; n++) {
        response.write(`id: ${n}\ndata: event ${n}\n\n`)
        await visit.meet(`event ${n} read`)
      }
      response.end()
    },
  ],
  [
    'read',
    async ({ request, response, visit }) => {
      const pieces: Buffer[] = []
      for await (const piece of request) pieces.push(piece)
      visit.note('body', Buffer.concat(pieces))
      visit.note('complete', request.complete)
      response.end(digest(Buffer.concat(pieces)))
    },
  ],
  [
    'read-as-text',
    ({ request, response }) => {
      let text = ''
      request.setEncoding('utf8')
      request.on('data', (piece: string) => {
        text += piece
      })
      request.on('end', () => response.end(text))
    },
  ],
  [
    'read-trailers',
    async ({ request, response, visit }) => {
      visit.note('announced', request.headers.trailer)
      for await (const _ of request);
      visit.note('trailers', request.trailers)
      visit.note('raw trailers', request.rawTrailers)
      response.end('read')
    },
  ],
  [
    'piece-by-piece',
    async ({ request, response, visit }) => {
      const iterator = request[Symbol.asyncIterator]()
      visit.note('first piece', String((await iterator.next()).value))
      await visit.meet('first piece')
      visit.note('second piece', String((await iterator.next()).value))
      await visit.meet('second piece')
      visit.note('at the end', (await iterator.next()).done)
      response.end('pieces')
    },
  ],
  [
    'answer-while-reading',
    async ({ request, response, visit }) => {
      request.once('data', () => response.write('read something; '))
      await visit.meet('answer seen')
      for await (const _ of request);
      response.end('read everything')
    },
  ],
  [
    'paused',
    async ({ request, response, visit }) => {
      request.pause()
      visit.note('paused', request.isPaused())
      await visit.meet('all sent')
      let length = 0
      request.on('data', (piece: Buffer) => {
        length += piece.length
      })
      request.on('end', () => response.end(`${length} bytes`))
      request.resume()
    },
  ],
  // The body is never looked at.
  ['answer-without-reading', ({ response }) => void response.writeHead(413).end('too much')],
  [
    'finished',
    ({ request, response, visit }) => {
      finished(request, (error) => visit.event(`request finished: ${outcome(error)}`))
      finished(response, (error) => visit.event(`response finished: ${outcome(error)}`))
      request.resume()
      request.on('end', () => response.end('finished'))
    },
  ],
]
