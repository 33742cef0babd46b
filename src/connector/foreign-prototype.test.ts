/**
 * Libraries give request and response other prototypes, or wrap them. Behind node:http that works, because all a message
 * needs is on itself or on Node's own prototypes; so it must here.
 */
import assert from 'node:assert/strict'
import { IncomingMessage, OutgoingMessage, ServerResponse } from 'node:http'
import { describe, test } from 'node:test'
import { until } from '../../test/kit/until.ts'
import { coded, hex } from '../ajp/testing/raw.ts'
import { HeadCollector } from './response-head.ts'
import { readAll, start } from './testing/start.ts'
import { bodyPacket, forward } from './testing/web-server.ts'

type Messages = [request: IncomingMessage, response: ServerResponse]

const ways: [name: string, change: (...messages: Messages) => Messages][] = [
  [
    'other prototypes, as Express gives them',
    (request, response) => [
      Object.setPrototypeOf(request, Object.create(IncomingMessage.prototype)),
      Object.setPrototypeOf(response, Object.create(ServerResponse.prototype)),
    ],
  ],
  [
    'in a Proxy',
    (request, response) => [
      new Proxy(request, { get: (target, key) => Reflect.get(target, key) }),
      new Proxy(response, { get: (target, key, receiver) => Reflect.get(target, key, receiver) }),
    ],
  ],
]

for (const [name, change] of ways)
  describe(name, () => {
    test('body, headers, facts, socket and answer', async (t) => {
      const { connect } = await start(t, async (...messages) => {
        const [request, response] = change(...messages)
        response.setHeader('X-Host', String(request.headers.host))
        response.setHeader('X-Facts', `${request.ajp?.protocol} ${request.socket.remoteAddress}`)
        // A stream is read as itself.
        const body = await readAll(messages[0])
        response.write(body.subarray(0, 4))
        setImmediate(() => response.end(body.subarray(4)))
      })
      const server = await connect()
      const post = forward({ method: hex('04'), headers: [coded(8, '9'), coded(11, 'a.example')] })
      for (let i = 0; i < 3; i++) {
        const answer = await server.ask(Buffer.concat([post, bodyPacket('some text')]))
        assert.equal(answer.body.toString(), 'some text')
        assert.deepEqual([answer.header('x-host'), answer.isReusable], ['a.example', true])
        assert.match(answer.header('x-facts')!, /^HTTP\/1\.1 \S/)
      }
    })

    test('the application gives its answer up', async (t) => {
      const told: string[] = []
      const { connect, connector } = await start(t, (...messages) => {
        const [request, response] = messages
        request.on('aborted', () => told.push('aborted'))
        response.on('close', () => told.push('close'))
        change(request, response)[1].destroy()
        told.push('destroyed')
      })
      const server = await connect()
      await server.send(forward())
      await server.expectEnd()
      await until('all are told', () => told.length === 3)
      assert.deepEqual(told, ['destroyed', 'aborted', 'close'])
      assert.equal(connector.snapshot().busy, 0)
    })

    test('held back, and let go', async (t) => {
      const { connect } = await start(t, (...messages) => {
        const response = change(...messages)[1]
        response.cork()
        response.write('a')
        response.write('b')
        assert.ok(response.writableCorked > 0 && response.writableLength > 0)
        response.uncork()
        setImmediate(() => response.end('c'))
      })
      assert.equal((await (await connect()).ask(forward())).body.toString(), 'abc')
    })
  })

test('a library that wraps write and end, as compression does', async (t) => {
  const { connect } = await start(t, (_, response) => {
    const { write, end } = response
    response.write = function (this: ServerResponse, chunk: string) {
      return Reflect.apply(write, this, [chunk.toUpperCase()])
    } as typeof write
    response.end = function (this: ServerResponse, chunk: string) {
      this.write(chunk)
      return Reflect.apply(end, this, [])
    } as typeof end
    response.write('a')
    response.end('b')
  })
  assert.equal((await (await connect()).ask(forward())).body.toString(), 'AB')
})

describe('a Node that keeps set headers under another symbol', () => {
  const date = () => 'now'
  const rows: [string, (response: ServerResponse) => void][] = [
    ['set', (response) => void response.setHeader('X-A', 'b').setHeader('Set-Cookie', ['a=b', 'c=d'])],
    ['given', (response) => void response.writeHead(200, { 'X-A': 'b', 'Set-Cookie': ['a=b', 'c=d'] })],
    [
      'set and given',
      (response) => void response.setHeader('X-A', 'a').writeHead(200, { 'X-A': 'b', 'Set-Cookie': ['a=b', 'c=d'] }),
    ],
    [
      'given as an array',
      (response) => void response.writeHead(200, ['X-A', 'b', 'Set-Cookie', 'a=b', 'Set-Cookie', 'c=d']),
    ],
  ]
  for (const [name, play] of rows)
    test(`headers that are ${name} are the same`, () => {
      const heads: string[][] = []
      const response = new ServerResponse(new IncomingMessage(undefined as never))
      const internals = response as unknown as {
        _storeHeader(line: string, stored: never): void
        _header: string | null
      }
      internals._storeHeader = (line, stored) => {
        internals._header = line
        heads.push(new HeadCollector().collect(response, stored, date), unknown(response, stored))
      }
      play(response)
      if (heads.length === 0) response.writeHead(200)
      assert.deepEqual(heads[0]!.slice(0, 6), ['X-A', 'b', 'Set-Cookie', 'a=b', 'Set-Cookie', 'c=d'])
      assert.deepEqual(heads[1], heads[0])
    })

  /** Null stands for what is not found. */
  function unknown(response: ServerResponse, stored: never): string[] {
    return new HeadCollector().collect(response, stored, date, null)
  }

  test('and the symbols of this Node are found', async () => {
    const { NEEDS_DRAIN, SET_HEADERS } = await import('./node-symbols.ts')
    const message = new OutgoingMessage() as unknown as Record<symbol, unknown>
    assert.ok(NEEDS_DRAIN !== null && SET_HEADERS !== null && NEEDS_DRAIN in message && SET_HEADERS in message)
  })
})
