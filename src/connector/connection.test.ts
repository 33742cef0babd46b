import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { until } from '../../test/kit/until.ts'
import { coded, hex } from '../ajp/testing/raw.ts'
import { FakeClock } from '../clock/fake-clock.ts'
import { AjpConnection } from './connection.ts'
import { resolveOptions } from './resolve-options.ts'
import { ConnectorState } from './state.ts'
import { MemorySocket } from './testing/memory-socket.ts'
import { start } from './testing/start.ts'
import { bodyPacket, forward } from './testing/web-server.ts'

const post = (length: number) => forward({ method: hex('04'), headers: [coded(8, String(length))] })

test('an application that throws does so as behind node:http, and what came with its request is not lost', async () => {
  let seen: [IncomingMessage, ServerResponse] | undefined
  const state = new ConnectorState(
    (request, response) => {
      seen = [request, response]
      throw new Error('thrown by the application')
    },
    resolveOptions({ secretRequired: false }),
  )
  const socket = new MemorySocket()
  const connection = new AjpConnection(socket.asSocket(), state)
  const bytes = Buffer.concat([post(9), bodyPacket('test=data')])
  assert.throws(() => connection.received(bytes), { message: 'thrown by the application' })
  bytes.fill(0xee)
  await nextTurn()
  const [request, response] = seen!
  assert.equal(request.read()?.toString(), 'test=data')
  response.end('all the same')
  assert.ok(socket.take().includes('all the same'))
})

test('time limits: the first request, the next, and a packet of the body', async (t) => {
  const rows: [string, object, (connection: Awaited<ReturnType<typeof begin>>) => Promise<void>, string[]][] = [
    ['the first request', { connectionTimeoutMs: 1_000 }, async () => {}, []],
    ['between requests', { keepAliveTimeoutMs: 1_000 }, async ({ server }) => void (await server.ask(forward())), []],
    [
      'a packet of the body',
      { connectionTimeoutMs: 1_000, keepAliveTimeoutMs: 0 },
      async ({ server }) => server.send(post(9)),
      ['dropped CONNECTOR_BODY_TIMEOUT'],
    ],
  ]
  const begin = async (options: object) => {
    const clock = new FakeClock()
    const started = await start(t, (request, response) => request.on('end', () => response.end()).resume(), {
      ...options,
      clock,
    })
    return { clock, started, server: await started.connect() }
  }
  for (const [name, options, prepare, reported] of rows) {
    const begun = await begin(options)
    await until('it is accepted', () => begun.started.connector.snapshot().connections === 1)
    await prepare(begun)
    if (reported.length > 0) await until('it has begun', () => begun.started.connector.snapshot().busy === 1)
    begun.clock.advance(900)
    await turns()
    assert.equal(begun.started.connector.snapshot().connections, 1, name)
    for (let step = 0; step < 8; step++) begun.clock.advance(100)
    await begun.server.expectEnd()
    assert.deepEqual(begun.started.reported(), reported, name)
  }
})

test('time limits that begin at the end of a standstill of the process are not early, nor at the end of a second', async (t) => {
  for (const standstills of [1, 2]) {
    const clock = new FakeClock()
    const options = { clock, keepAliveTimeoutMs: 1_000, connectionTimeoutMs: 0 }
    const { connect, connector } = await start(t, (_, response) => response.end(), options)
    const server = await connect()
    for (let i = 0; i < standstills; i++) {
      clock.stall(60_000)
      await server.ask(forward())
      clock.advance(0)
    }
    clock.advance(1_000)
    await turns()
    assert.equal(connector.snapshot().connections, 1, `after ${standstills}`)
    clock.advance(250)
    await server.expectEnd()
  }
})

test('a request that came while the process stood still is read before its connection is late', async (t) => {
  const clock = new FakeClock()
  const { connect, connector } = await start(t, (_, response) => response.end(), { clock, keepAliveTimeoutMs: 1_000 })
  const server = await connect()
  await server.ask(forward())
  clock.advance(250)
  for (const [standstill, connections] of [1, 0].entries()) {
    clock.stall(60_000)
    clock.advance(0)
    await turns()
    assert.equal(connector.snapshot().connections, connections, `standstill ${standstill + 1}: only one round more`)
  }
})

test('more connections than maxConnections, and peers that are not allowed, are closed', async (t) => {
  const full = await start(t, () => {}, { maxConnections: 1 })
  const first = await full.connect()
  await first.expectPong()
  await (await full.connect()).expectEnd()
  await first.expectPong()
  assert.deepEqual([full.reported(), full.connector.snapshot().refused], [['refused CONNECTOR_FULL'], 1])

  const closed = await start(t, () => {}, { allow: ['10.0.0.0/8', '::1'] })
  await (await closed.connect()).expectEnd()
  assert.deepEqual(closed.reported(), ['refused CONNECTOR_PEER'])
  const open = await start(t, () => {}, { allow: ['127.0.0.0/8'] })
  await (await open.connect()).expectPong()
})

test('close cuts what is not done within its grace, and may be called twice', async (t) => {
  const { connector, connect, reported } = await start(t, () => {})
  const server = await connect()
  await server.send(forward())
  await until('it has begun', () => connector.snapshot().busy === 1)
  const closing = connector.close(20)
  assert.equal(connector.close(), closing)
  await closing
  await server.expectEnd()
  assert.deepEqual([reported(), connector.snapshot().busy], [['aborted CONNECTOR_STOPPED'], 0])
})

test('an address that is taken: CONNECTOR_LISTEN', async (t) => {
  const { port } = await start(t, () => {})
  await assert.rejects(
    start(t, () => {}, { port }),
    { code: 'CONNECTOR_LISTEN' },
  )
})

/** Until a socket that has been destroyed has said so. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await nextTurn()
}
