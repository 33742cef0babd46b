import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { until, within } from '../../test/kit/until.ts'
import { type Clock, systemClock } from '../clock/clock.ts'
import { FakeClock } from '../clock/fake-clock.ts'
import { HttpEndpoint, type HttpEndpointOptions } from './http-endpoint.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

const GRACE_MS = 10_000
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

const OPTIONS: HttpEndpointOptions = {
  host: '127.0.0.1',
  port: 0,
  headTimeoutMs: 60_000,
  keepAliveTimeoutMs: 0,
  requestsPerConnection: 0,
  maxConnections: 100,
  backlog: 100,
  maxHeadBytes: 8192,
}

async function open(
  t: TestContext,
  handler: Handler,
  options: Partial<HttpEndpointOptions> = {},
  clock: Clock = systemClock,
) {
  const endpoint = new HttpEndpoint({ ...OPTIONS, ...options }, handler, clock)
  t.after(() => endpoint.stop(0))
  return { endpoint, ...(await endpoint.listen()) }
}

/** A raw client that remembers what it heard. */
class Client {
  readonly socket: Socket
  heard = ''
  closed = false

  constructor(t: TestContext, port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.setEncoding('latin1')
    this.socket.on('data', (text) => {
      this.heard += text
    })
    this.socket.on('close', () => {
      this.closed = true
    })
    this.socket.on('error', () => {})
    t.after(() => this.socket.destroy())
  }

  async answers(count: number): Promise<void> {
    await until(`${count} answers`, () => this.heard.split('HTTP/1.1 200').length - 1 === count)
  }
}

describe('http endpoint', () => {
  it('keeps connections and says so', async (t) => {
    const { port } = await open(t, (_request, response) => void response.end('ok'))
    const client = new Client(t, port)
    client.socket.write(GET)
    await client.answers(1)
    client.socket.write(GET)
    await client.answers(2)
    assert.match(client.heard, /connection: keep-alive/i)
    assert.doesNotMatch(client.heard, /keep-alive: timeout/i, 'promises no time after which it would close')
  })

  it('finishes what is in flight, answers what still comes, and tells both to close', async (t) => {
    const waiting: ServerResponse[] = []
    // The time in which idle connections stay open does not end here: all of them end in order.
    const clock = new FakeClock()
    const { endpoint, port } = await open(t, (_request, response) => void waiting.push(response), {}, clock)
    const [slow, idle] = [new Client(t, port), new Client(t, port)]
    slow.socket.write(GET)
    idle.socket.write(GET)
    await until('both are in flight', () => waiting.length === 2)
    waiting[1]!.end('ok')
    await until('one is answered', () => idle.heard.endsWith('ok') || slow.heard.endsWith('ok'))
    const [served, held] = idle.heard ? [idle, slow] : [slow, idle]

    const stopped = endpoint.stop(GRACE_MS)
    clock.advance(249)
    await new Promise(setImmediate)
    served.socket.write(GET)
    await until('the late request is in flight', () => waiting.length === 3)
    waiting[2]!.end('late')
    await until('the late request is answered', () => served.heard.endsWith('late'))
    assert.match(served.heard, /connection: close/i)
    waiting[0]!.end('done')
    await until('the held request is answered', () => held.heard.endsWith('done'))
    assert.match(held.heard, /connection: close/i)
    await within('the endpoint has stopped', stopped)
    assert.equal(endpoint.busy, 0)
  })

  it('answers what came while this process stood still for the quiet time', async (t) => {
    const clock = new FakeClock()
    const { endpoint, port } = await open(t, (_request, response) => response.end('served'), {}, clock)
    const client = new Client(t, port)
    client.socket.write(GET)
    await client.answers(1)
    const stopped = endpoint.stop(GRACE_MS)
    // As after a standstill: timers have their turn, and sockets only behind them.
    setTimeout(() => {
      client.socket.write(GET)
      clock.advance(250)
    })
    await client.answers(2)
    await within('the endpoint has stopped', stopped)
  })

  it('accepts nothing once it stops', async (t) => {
    const { endpoint, port } = await open(t, () => {})
    const pending = new Client(t, port)
    pending.socket.write(GET)
    await until('the request is in flight', () => endpoint.busy === 1)
    const stopped = endpoint.stop(GRACE_MS)
    const refused = await new Promise<NodeJS.ErrnoException>((resolve) =>
      connect(port, '127.0.0.1').on('error', resolve),
    )
    assert.equal(refused.code, 'ECONNREFUSED')
    pending.socket.destroy()
    await within('the endpoint has stopped', stopped)
  })

  it('closes idle connections when it stops', async (t) => {
    const { endpoint, port } = await open(t, (_request, response) => void response.end('ok'))
    const client = new Client(t, port)
    client.socket.write(GET)
    await client.answers(1)
    await within('the endpoint has stopped', endpoint.stop(GRACE_MS))
    await until('the client sees it', () => client.closed)
  })

  it('cuts what is not done in time', async (t) => {
    const { endpoint, port } = await open(t, () => {})
    const client = new Client(t, port)
    client.socket.write(GET)
    await until('the request is in flight', () => endpoint.busy === 1)
    await within('the endpoint has stopped', endpoint.stop(20))
    await until('the client sees it', () => client.closed)
  })

  it('closes what is over the limit of connections', async (t) => {
    const { port } = await open(t, (_request, response) => void response.end('ok'), { maxConnections: 1 })
    const first = new Client(t, port)
    first.socket.write(GET)
    await first.answers(1)
    const second = new Client(t, port)
    await until('the second is closed', () => second.closed)
    assert.equal(first.closed, false)
  })

  it('ends a connection in order after its last request', async (t) => {
    const { port } = await open(t, (_request, response) => void response.end('ok'), { requestsPerConnection: 2 })
    const client = new Client(t, port)
    client.socket.write(GET)
    await client.answers(1)
    assert.doesNotMatch(client.heard, /connection: close/i)
    client.socket.write(GET)
    await client.answers(2)
    assert.match(client.heard, /connection: close/i)
  })

  it('refuses heads that are too large', async (t) => {
    const { port } = await open(t, (_request, response) => void response.end('ok'))
    const client = new Client(t, port)
    client.socket.write(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(8192)}\r\n\r\n`)
    await until('it is refused', () => client.heard.startsWith('HTTP/1.1 431'))
  })

  it('may be stopped twice, and before it listens', async (t) => {
    const { endpoint } = await open(t, () => {})
    assert.equal(endpoint.stop(0), endpoint.stop(GRACE_MS))
    await new HttpEndpoint(OPTIONS, () => {}, systemClock).stop(GRACE_MS)
  })

  it('names the address it cannot have', async (t) => {
    const { port } = await open(t, () => {})
    await assert.rejects(new HttpEndpoint({ ...OPTIONS, port }, () => {}, systemClock).listen(), {
      code: 'WORKER_LISTEN',
      message: new RegExp(`^cannot listen on 127\\.0\\.0\\.1:${port}: .*EADDRINUSE`),
    })
  })
})
