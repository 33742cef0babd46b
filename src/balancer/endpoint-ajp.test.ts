/** An ajp13 worker as a whole: when a request takes a connection, and what maintenance does to idle ones. */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { RawConnection } from '../../test/kit/raw-connection.ts'
import { rawServer, type Script } from '../../test/kit/raw-http.ts'
import { until } from '../../test/kit/until.ts'
import { decodeForwardRequest } from '../ajp/index.ts'
import { FakeClock } from '../clock/fake-clock.ts'
import { Deadlines } from './deadlines.ts'
import { Endpoint } from './endpoint.ts'
import type { EndpointWorkerOptions } from './options.ts'
import { answer, CPONG, chunk, END, headOfLength } from './testing/ajp-packets.ts'
import { ajpWorker, exchangeOf } from './testing/ajp-stage.ts'
import { ask, cast, errorOf, post } from './testing/balancer.ts'
import { get } from './testing/engine.ts'

/** The next packet of the web server: its payload. */
async function packet(connection: RawConnection): Promise<Buffer> {
  const head = await connection.expectBytes(4)
  assert.equal(head.readUInt16BE(0), 0x1234)
  return connection.expectBytes(head.readUInt16BE(2))
}

/** A container that answers every request with what `says` makes of its head and unasked packet, and every CPing. */
const container =
  (says: (request: ReturnType<typeof decodeForwardRequest>, data: string) => string): Script =>
  async (connection) => {
    for (;;) {
      const payload = await packet(connection).catch(() => undefined)
      if (payload === undefined) return
      if (payload[0] === 10) {
        await connection.send(CPONG)
        continue
      }
      const request = decodeForwardRequest(payload)
      const data = request.bodyLength > 0 ? (await packet(connection)).toString('latin1', 2) : ''
      await connection.send(answer(says(request, data)))
    }
  }

describe('a request with a body of known length', () => {
  test('takes its connection with the first byte, after 100 Continue where the client waits for that', async (t) => {
    const { client, backends, member } = await cast(
      t,
      { a: container((request, data) => `${request.headers.includes('expect')} ${data}`) },
      { worker: { type: 'ajp13' } },
    )
    await client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n')
    assert.equal((await client.expectMessage()).status, 100)
    assert.deepEqual([backends.a!.accepted, member('a').busy, member('a').connected], [0, 1, 0])
    await client.send('abc')
    assert.equal((await client.expectMessage()).body.toString(), 'false abc')
    await client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n')
    await until('it is known', () => member('a').busy === 1)
    await client.send('def')
    assert.equal((await client.expectMessage()).body.toString(), 'false def')
    assert.equal(backends.a!.accepted, 1)
  })
  test('takes none when its client goes away before', async (t) => {
    const { client, backends, member } = await cast(t, { a: container(() => 'x') }, { worker: { type: 'ajp13' } })
    await client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n')
    await until('it is known', () => member('a').busy === 1)
    client.reset()
    await until('it is over', () => member('a').busy === 0)
    assert.deepEqual([backends.a!.accepted, member('a').errors], [0, 0])
  })
})

describe('failures of an ajp13 member', () => {
  test('a connection that served before and closes without a byte costs a GET nothing, and blames nobody', async (t) => {
    const script: Script = async (connection, n) => {
      await packet(connection)
      await connection.send(answer(`${n}`))
      // The second request meets the end of the connection.
      await packet(connection).catch(() => undefined)
    }
    // Time stands still: a connection that has been idle for over a second takes no POST.
    const options = { worker: { type: 'ajp13' }, hooks: { clock: new FakeClock() } } as const
    const { client, member, failures } = await cast(t, { a: script }, options)
    assert.equal((await ask(client, get())).body.toString(), '1')
    assert.equal((await ask(client, get())).body.toString(), '2')
    assert.deepEqual([failures(), member('a').errors], [[['a', 'LB_REPLY_CUT', true]], 0])
    assert.equal((await ask(client, post('x'))).status, 502)
  })
  test('a request that does not fit is the client’s fault, and the member stays well', async (t) => {
    const { client, member, failures } = await cast(t, { a: container(() => 'ok') }, { worker: { type: 'ajp13' } })
    const answers = [
      await ask(client, get('/', `X: ${'x'.repeat(9_000)}`)),
      await ask(client, get(`/?${'x'.repeat(8_150)}`)),
    ]
    assert.deepEqual(
      answers.map((each) => [each.status, errorOf(each)]),
      [
        [431, 'LB_REQUEST_TOO_LARGE'],
        [414, 'LB_TARGET_TOO_LONG'],
      ],
    )
    assert.deepEqual(
      failures().map(([, , willRetry]) => willRetry),
      [false, false],
    )
    assert.equal((await ask(client, get())).status, 200)
    assert.deepEqual([member('a').state, member('a').errors, member('a').clientErrors], ['ok', 0, 2])
  })
})

/** Idle for 9 s and then for 11 s, with maintenance after each: on which connections CPing came. */
async function pingsOfIdle(t: TestContext, more: Partial<EndpointWorkerOptions>) {
  const pings: number[] = []
  const server = await rawServer(t, async (connection, n) => {
    for (;;) {
      const payload = await packet(connection).catch(() => undefined)
      if (payload === undefined) return
      if (payload[0] === 10) pings.push(n)
      await connection.send(payload[0] === 10 ? CPONG : answer())
    }
  })
  const clock = new FakeClock()
  const deadlines = new Deadlines(clock, 400)
  const options = { host: '127.0.0.1', port: server.port, ...more }
  const endpoint = new Endpoint(ajpWorker(options), { headBytes: 1, headerCount: 1, targetBytes: 1 }, deadlines, clock)
  t.after(() => endpoint.close())
  const { exchange, client } = exchangeOf()
  endpoint.attempt(exchange, false)
  await until('it is answered', () => client.outcome === 'complete')
  clock.advance(9_000)
  endpoint.maintain()
  clock.advance(2_000)
  endpoint.maintain()
  const next = exchangeOf()
  endpoint.attempt(next.exchange, false)
  await until('it is answered, too', () => next.client.outcome === 'complete')
  assert.equal(endpoint.numbers.connected, 1)
  return pings
}

test('maintenance probes what has been idle for longer than connection_ping_interval', async (t) => {
  assert.deepEqual(await pingsOfIdle(t, { pingMode: 'I', pingTimeoutMs: 1_000 }), [1])
})

test('and nothing where ping_timeout sets no limit: who never answers would never be found out', async (t) => {
  assert.deepEqual(await pingsOfIdle(t, { connectionPingIntervalMs: 1_000, pingTimeoutMs: 0 }), [])
})

test('an application that ends before the length it announced costs its own requests, not the member', async (t) => {
  const short = Buffer.concat([headOfLength(100), chunk('short'), END])
  const script: Script = async (connection) => {
    for (;;) {
      const payload = await packet(connection).catch(() => undefined)
      if (payload === undefined) return
      await connection.send(decodeForwardRequest(payload).uri === '/short' ? short : answer('well'))
    }
  }
  const { client, member, failures } = await cast(t, { a: script }, { worker: { type: 'ajp13', retries: 2 } })
  const answered = await ask(client, get('/short'))
  assert.deepEqual([answered.status, errorOf(answered)], [502, 'LB_REPLY_SHORT'])
  assert.deepEqual(failures(), [['a', 'LB_REPLY_SHORT', false]])
  assert.deepEqual([member('a').state, member('a').errors], ['ok', 0])
  assert.equal((await ask(client, get('/other'))).body.toString(), 'well')
})
