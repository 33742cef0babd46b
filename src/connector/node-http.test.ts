/**
 * The same handlers behind node:http and behind the connector: what request, response and their events look like must be
 * equal, for libraries were written against the former.
 */
import assert from 'node:assert/strict'
import { createServer, request as httpRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { finished, pipeline, Readable } from 'node:stream'
import { describe, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { atEnd } from '../../test/kit/owner.ts'
import { until } from '../../test/kit/until.ts'
import { coded, hex, str } from '../ajp/testing/raw.ts'
import { start } from './testing/start.ts'
import { bodyPacket, forward } from './testing/web-server.ts'

type Log = (line: string) => void
type Case = (request: IncomingMessage, response: ServerResponse, log: Log) => void

interface Outcome {
  readonly status: number
  readonly body: string
  /** Those that are not about a connection, in lower case. */
  readonly headers: Record<string, string>
  readonly log: string[]
}

const OWN = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding'])
const METHODS = { GET: hex('02'), HEAD: hex('03'), POST: hex('04') } as const
type Method = keyof typeof METHODS

/** All that is told, by whom. */
function watch(name: string, emitter: NodeJS.EventEmitter, events: readonly string[], log: Log): void {
  for (const event of events)
    emitter.on(event, (value: unknown) => log(`${name} ${event}${value instanceof Error ? ` ${value.message}` : ''}`))
}

async function behindNode(t: TestContext, play: Case, method: Method, body: string): Promise<Outcome> {
  const log: string[] = []
  const server = createServer((request, response) => play(request, response, (line) => void log.push(line)))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  atEnd(t, () => void server.closeAllConnections())
  atEnd(t, () => void server.close())
  const { port } = server.address() as AddressInfo
  const headers = { host: 'www.example.com', ...(body === '' ? {} : { 'content-length': body.length }) }
  const reply = await new Promise<IncomingMessage>((resolve, reject) => {
    const call = httpRequest({ port, host: '127.0.0.1', method, path: '/a?b=c', headers }, resolve)
    call.on('error', reject)
    call.end(body)
  })
  let text = ''
  for await (const chunk of reply.setEncoding('latin1')) text += chunk
  await settled(log)
  return { status: reply.statusCode!, body: text, headers: comparable(reply.rawHeaders), log }
}

async function behindConnector(t: TestContext, play: Case, method: Method, body: string): Promise<Outcome> {
  const log: string[] = []
  const { connect } = await start(t, (request, response) => play(request, response, (line) => void log.push(line)))
  const server = await connect()
  const headers = [coded(11, 'www.example.com'), ...(body === '' ? [] : [coded(8, String(body.length))])]
  const packet = forward({
    method: METHODS[method],
    uri: str('/a'),
    headers,
    attributes: [Buffer.concat([hex('05'), str('b=c')])],
  })
  const answer = await server.ask(body === '' ? packet : Buffer.concat([packet, bodyPacket(body)]))
  await settled(log)
  return { status: answer.status, body: answer.body.toString('latin1'), headers: comparable(answer.headers), log }
}

/** Whoever is told anything is told in the end that the response has closed. */
async function settled(log: readonly string[]): Promise<void> {
  await until('all is told', () => log.includes('over'))
}

function comparable(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase()
    if (!OWN.has(name)) headers[name] = headers[name] === undefined ? raw[i + 1]! : `${headers[name]} & ${raw[i + 1]}`
  }
  return headers
}

/** Logs when the response has closed and the turns after that are over. */
function over(response: ServerResponse, log: Log): void {
  response.on('close', () => setImmediate(() => setImmediate(() => log('over'))))
}

const REQUEST_EVENTS = ['end', 'close', 'aborted', 'error']
const RESPONSE_EVENTS = ['prefinish', 'finish', 'close', 'error', 'drain']

const cases: [name: string, play: Case, method?: Method, body?: string][] = [
  ['end with a text', (_, response) => response.end('héllo')],
  ['end with a text in Latin-1', (_, response) => response.end('héllo', 'latin1')],
  ['end with nothing', (_, response) => response.end()],
  ['HEAD', (_, response) => response.end('body'), 'HEAD'],
  ['204', (_, response) => response.writeHead(204).end('body')],
  ['304 with a length', (_, response) => response.writeHead(304, { 'Content-Length': '4' }).end()],
  ['a reason phrase', (_, response) => response.writeHead(404, 'Nothing Here', { 'X-A': 'b' }).end('x')],
  ['headers as an array', (_, response) => response.writeHead(200, ['X-A', 'b', 'X-A', 'c']).end('x')],
  [
    'headers as an array, over some that are set',
    (_, response) => {
      response.setHeader('X-A', 'a')
      response.setHeader('X-B', 'b')
      response.writeHead(200, ['X-A', 'c', 'X-C', 'd']).end('x')
    },
  ],
  [
    'headers of all sorts',
    (_, response) => {
      response.setHeader('Set-Cookie', ['a=b', 'c=d'])
      response.appendHeader('set-cookie', 'e=f')
      response.setHeader('X-Number', 5)
      response.setHeader('X-Gone', 'x')
      response.removeHeader('x-gone')
      response.setHeaders(new Map([['X-Map', 'm']]))
      response.end(JSON.stringify([response.getHeaders(), response.getHeaderNames(), response.hasHeader('X-MAP')]))
    },
  ],
  [
    'no Content-Length, when it has been removed',
    (_, response) => {
      response.removeHeader('Content-Length')
      response.end('x')
    },
  ],
  [
    'a library that patches writeHead sees headers that nobody wrote',
    (_, response, log) => {
      const { writeHead } = response
      response.writeHead = function patched(this: ServerResponse, ...args: unknown[]) {
        log(`writeHead ${args}`)
        this.setHeader('X-Patched', 'yes')
        return Reflect.apply(writeHead, this, args)
      } as typeof writeHead
      response.end('x')
    },
  ],
  [
    'properties before, between and after',
    (request, response, log) => {
      const tell = (when: string) =>
        log(
          [
            when,
            response.headersSent,
            response.writableEnded,
            response.writableFinished,
            response.destroyed,
            response.closed,
            response.writableLength === 0,
            response.writableNeedDrain,
            response.writableCorked,
            response.socket === request.socket,
            response.errored,
            response.finished,
            request.complete,
            request.readableEnded,
            request.destroyed,
            request.aborted,
          ].join(' '),
        )
      tell('first')
      response.write('a')
      response.on('prefinish', () => tell('prefinish'))
      response.on('finish', () => tell('finish'))
      response.on('close', () => tell('close'))
      setImmediate(() => {
        tell('later')
        response.end('b', () => tell('end callback'))
      })
    },
  ],
  [
    'callbacks of write and end',
    (_, response, log) => {
      response.write('a', () => log('wrote a'))
      response.write('YQ==', 'base64', () => log('wrote base64'))
      response.end('c', 'utf8', () => log('ended'))
    },
  ],
  [
    'a second end, and a write behind it',
    (_, response, log) => {
      response.end('x')
      response.end(() => log('second end'))
      response.write('more', (error) => log(`callback ${(error as NodeJS.ErrnoException | undefined)?.code}`))
    },
  ],
  [
    'what cannot be written',
    (_, response, log) => {
      for (const chunk of [5, null, {}]) {
        try {
          response.write(chunk)
        } catch (error) {
          log((error as { code: string }).code)
        }
      }
      try {
        response.setHeader('a b', 'c')
      } catch (error) {
        log((error as { code: string }).code)
      }
      response.write('x')
      try {
        response.setHeader('X-Late', 'c')
      } catch (error) {
        log((error as { code: string }).code)
      }
      response.end()
    },
  ],
  [
    'strictContentLength',
    (_, response, log) => {
      response.strictContentLength = true
      response.writeHead(200, { 'Content-Length': 3 })
      try {
        response.write('four')
      } catch (error) {
        log((error as { code: string }).code)
      }
      response.end('yes')
    },
  ],
  [
    'corked',
    (_, response) => {
      response.cork()
      response.write('a')
      response.write('b')
      response.uncork()
      setImmediate(() => response.end('c'))
    },
  ],
  [
    'a pipe, with back-pressure',
    (_, response) => {
      Readable.from(Array.from({ length: 40 }, (_, i) => `${i}`.repeat(5_000))).pipe(response)
    },
  ],
  [
    'pipeline tells when it is done',
    (_, response, log) => {
      promisify(pipeline)(Readable.from(['a', 'b']), response).then(() => log('piped'))
    },
  ],
  [
    'finished of both',
    (request, response, log) => {
      finished(response, (error) => log(`response finished ${error}`))
      finished(request, (error) => log(`request finished ${error}`))
      request.resume()
      response.end('x')
    },
  ],
  [
    'an empty body that nobody reads, watched',
    (request, response, log) => {
      watch('request', request, REQUEST_EVENTS, log)
      response.end('x')
    },
  ],
  [
    'a body that is read',
    (request, response, log) => {
      watch('request', request, REQUEST_EVENTS, log)
      let body = ''
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      request.on('end', () => response.end(`${body} ${request.complete}`))
    },
    'POST',
    'some text',
  ],
  [
    'a body that is iterated',
    async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      response.end(body)
    },
    'POST',
    'some text',
  ],
  [
    'what a request looks like',
    (request, response) => {
      const {
        method,
        url,
        httpVersion,
        httpVersionMajor,
        httpVersionMinor,
        headers,
        headersDistinct,
        rawHeaders,
        trailers,
        rawTrailers,
      } = request
      const names = rawHeaders
        .filter((_, i) => i % 2 === 0)
        .map((name) => name.toLowerCase())
        .filter((name) => name !== 'connection')
      const { connection: _, ...others } = headers
      const { connection: __, ...distinct } = headersDistinct
      response.end(
        JSON.stringify({
          method,
          url,
          httpVersion,
          httpVersionMajor,
          httpVersionMinor,
          others,
          distinct,
          names,
          trailers,
          rawTrailers,
        }),
      )
    },
  ],
  [
    'classes',
    (request, response) => {
      const isProto = Object.getPrototypeOf(request.headers) === Object.prototype
      response.end(
        [
          request instanceof IncomingMessage,
          response instanceof ServerResponse,
          response.req === request,
          request instanceof Readable,
          isProto,
        ].join(' '),
      )
    },
  ],
]

describe('as behind node:http', () => {
  for (const [name, play, method = 'GET', body = ''] of cases)
    test(name, async (t) => {
      const watched: Case = (request, response, log) => {
        watch('response', response, RESPONSE_EVENTS, log)
        over(response, log)
        play(request, response, log)
      }
      const expected = await behindNode(t, watched, method, body)
      // The chunks of a pipe need not be the same, nor how often it waits.
      const strip = (outcome: Outcome) => ({ ...outcome, log: outcome.log.filter((line) => line !== 'response drain') })
      assert.deepEqual(strip(await behindConnector(t, watched, method, body)), strip(expected))
    })
})
