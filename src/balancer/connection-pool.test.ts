/** How many connections there are to a backend, who gets which, and how they end. */
import assert from 'node:assert/strict'
import dns from 'node:dns'
import { describe, test } from 'node:test'
import { Barriers } from '../../test/kit/barrier.ts'
import { freePort } from '../../test/kit/ports.ts'
import type { RawConnection } from '../../test/kit/raw-connection.ts'
import { until } from '../../test/kit/until.ts'
import { systemClock } from '../clock/clock.ts'
import { FakeClock } from '../clock/fake-clock.ts'
import type { BackendConnection } from './backend-connection.ts'
import { ConnectionPool, type PoolOptions } from './connection-pool.ts'
import { Deadlines } from './deadlines.ts'
import type { Exchange, Failure } from './exchange.ts'
import { HttpConnection } from './forward-http.ts'
import { answering, get, ok, silent, stage } from './testing/engine.ts'

/** Answers with the number of the connection, once the test says so. */
function held(barriers: Barriers) {
  return answering(async (request, n) => {
    const path = request.startLine.split(' ')[1]!
    if (path.startsWith('/held')) await barriers.meet(path)
    return ok(`${n}`)
  })
}

const bodyOf = async (client: RawConnection) => (await client.expectMessage()).body.toString()

/** An exchange as far as a pool that has no connection for it is concerned. */
function fakeExchange(): { exchange: Exchange; failures: Failure[] } {
  const failures: Failure[] = []
  const fake = { heldBy() {}, fail: (failure: Failure) => failures.push(failure) }
  return { exchange: fake as unknown as Exchange, failures }
}

function lonePool(port: number, size: number, acquireTimeoutMs: number, clock = systemClock) {
  const deadlines = new Deadlines(clock, 1_000)
  const limits = { headBytes: 1_000, headerCount: 10, targetBytes: 100 }
  const target = { host: '127.0.0.1', port, source: undefined, preferIpv6: false, encrypted: false, keepalive: true }
  const connection = { ...target, connectTimeoutMs: 0, socketTimeoutMs: 0, limits }
  const pool = new ConnectionPool(
    { size, minSize: 1, idleTimeoutMs: 0, acquireTimeoutMs },
    (owner) => new HttpConnection(connection, deadlines, owner),
    deadlines,
  )
  return { pool, deadlines }
}

/** A pool over connections that are there at once and serve nothing: `carry` says what becomes of a request. */
function poolOf(
  size: number,
  carry: (connection: BackendConnection, exchange: Exchange) => void,
  options: Partial<PoolOptions> = {},
) {
  let opened = 0
  const clock = new FakeClock()
  const deadlines = new Deadlines(clock, 1_000)
  deadlines.add({ deadlineMs: Number.POSITIVE_INFINITY, deadlinePassed() {} })
  const pool = new ConnectionPool(
    { size, minSize: 0, idleTimeoutMs: 0, acquireTimeoutMs: 1_000, ...options },
    (owner) => {
      opened++
      const connection: BackendConnection = {
        idleSinceMs: 0,
        carry: (exchange) => carry(connection, exchange),
        close: () => owner.connectionClosed(connection),
      }
      return connection
    },
    deadlines,
  )
  return { pool, clock, opened: () => opened }
}

describe('requests in line', () => {
  test('that cannot be sent after all, one after the other, do not pile up on the stack', () => {
    const failed: Exchange[] = []
    let held: BackendConnection | undefined
    const { pool } = poolOf(1, (connection, exchange) => {
      if (held === undefined) held = connection
      else {
        failed.push(exchange)
        pool.connectionIdle(connection)
      }
    })
    for (let i = 0; i <= 9_999; i++) pool.carry(fakeExchange().exchange, false)
    assert.equal(pool.waiting, 9_999)
    pool.connectionIdle(held!)
    assert.deepEqual([failed.length, pool.waiting, pool.idle], [9_999, 0, 1])
  })

  test('that asked for a fresh connection get one, in place of the one that came free', () => {
    const served: [BackendConnection, Exchange][] = []
    const { pool, opened } = poolOf(1, (...both) => served.push(both))
    const [first, other] = [fakeExchange().exchange, fakeExchange().exchange]
    pool.carry(first, false)
    pool.carry(other, true)
    pool.connectionIdle(served[0]![0])
    assert.deepEqual([served.length, served[1]![1] === other, opened(), pool.connected], [2, true, 2, 1])
  })
})

describe('a pool', () => {
  test('uses the connection that came back last', async (t) => {
    const barriers = new Barriers()
    const { engine, client, connect } = await stage(t, held(barriers))
    const second = await connect()
    await client.send(get('/held-1'))
    await until('the first is out', () => engine.pool.connected === 1)
    await second.send(get('/held-2'))
    await until('the second is out', () => engine.pool.connected === 2)
    await barriers.meet('/held-2')
    assert.equal(await bodyOf(second), '2')
    await barriers.meet('/held-1')
    assert.equal(await bodyOf(client), '1')
    await second.send(get())
    assert.equal(await bodyOf(second), '1')
  })

  test('opens as many connections as its size, and lets the others wait in line', async (t) => {
    const barriers = new Barriers()
    const { engine, client, connect } = await stage(t, held(barriers), { pool: { size: 2 } })
    const clients = [client, await connect(), await connect(), await connect()]
    for (const [i, each] of clients.entries()) {
      await each.send(get(`/held-${i}`))
      await until('it is known', () => engine.pool.connected + engine.pool.waiting === i + 1)
    }
    assert.deepEqual([engine.pool.connected, engine.pool.waiting, engine.pool.isExhausted], [2, 2, true])
    for (const [i, each] of clients.entries()) {
      await barriers.meet(`/held-${i}`)
      assert.match(await bodyOf(each), /^[12]$/)
    }
    assert.deepEqual([engine.pool.connected, engine.pool.waiting, engine.pool.isExhausted], [2, 0, false])
  })

  test('opens a new connection for whoever waits when one breaks', async (t) => {
    const { engine, client, connect } = await stage(
      t,
      async (connection, n) => {
        await connection.expectMessage()
        await until('both are known', () => engine.pool.waiting === 1 || n === 2)
        if (n === 1) connection.reset()
        else await connection.send(ok('2'))
      },
      { pool: { size: 1 } },
    )
    const second = await connect()
    await client.send(get())
    await until('the first is out', () => engine.pool.connected === 1)
    await second.send(get())
    assert.equal((await client.expectMessage()).status, 502)
    assert.equal(await bodyOf(second), '2')
  })

  test('does not let anyone wait for longer than it may', async (t) => {
    const { engine, client, connect } = await stage(t, silent, { pool: { size: 1, acquireTimeoutMs: 100 } })
    const second = await connect()
    await client.send(get())
    await until('the first is out', () => engine.pool.connected === 1)
    await second.send(get())
    const answer = await second.expectMessage()
    assert.deepEqual([answer.status, answer.field('x-clowder-error')], [503, 'LB_POOL_TIMEOUT'])
    assert.equal(answer.field('retry-after'), '1')
  })

  test('lets nobody wait where there is no time to wait', async (t) => {
    const { engine, client, connect } = await stage(t, silent, { pool: { size: 1, acquireTimeoutMs: 0 } })
    const second = await connect()
    await client.send(get())
    await until('the first is out', () => engine.pool.connected === 1)
    await second.send(get())
    assert.equal((await second.expectMessage()).field('x-clowder-error'), 'LB_POOL_TIMEOUT')
  })

  test('does not let more wait than it has places', () => {
    const { pool, deadlines } = lonePool(1, 0, 1_000, new FakeClock())
    const all = Array.from({ length: 10_001 }, fakeExchange)
    for (const { exchange } of all) pool.carry(exchange, false)
    assert.equal(pool.waiting, 10_000)
    assert.deepEqual(
      all.map(({ failures }) => failures.length),
      [...Array.from({ length: 10_000 }, () => 0), 1],
    )
    assert.equal(all.at(-1)!.failures[0]!.code, 'LB_POOL_TIMEOUT')
    deadlines.close()
  })

  test('gives a fresh connection to who asks for one, and closes the oldest idle one where there is no room', async (t) => {
    const { engine, client } = await stage(
      t,
      answering((_, n) => ok(`${n}`)),
      {
        pool: { size: 2 },
        dispatch: (exchange, pool) => pool.carry(exchange, exchange.target === '/fresh'),
      },
    )
    const seen: string[] = []
    for (const path of ['/', '/', '/fresh', '/', '/fresh', '/']) {
      await client.send(get(path))
      seen.push(await bodyOf(client))
    }
    assert.deepEqual(seen, ['1', '1', '2', '2', '3', '3'])
    assert.equal(engine.pool.connected, 2)
  })

  test('gives no connection to who asks for one that was used a moment ago when that is too long ago', async (t) => {
    const { client } = await stage(
      t,
      answering((_, n) => ok(`${n}`)),
      { dispatch: (exchange, pool) => pool.carry(exchange, false, exchange.target === '/recent' ? -1 : 60_000) },
    )
    const seen: string[] = []
    for (const path of ['/', '/', '/recent']) {
      await client.send(get(path))
      seen.push(await bodyOf(client))
    }
    assert.deepEqual(seen, ['1', '1', '2'])
  })

  test('forgets a connection that its backend closes while it is idle, and nobody sees a 502', async (t) => {
    const barriers = new Barriers()
    const { engine, client } = await stage(t, async (connection, n) => {
      await connection.expectMessage()
      await connection.send(ok(`${n}`))
      await barriers.meet(`answered ${n}`)
    })
    for (let n = 1; n <= 3; n++) {
      await client.send(get())
      assert.equal(await bodyOf(client), `${n}`)
      await barriers.meet(`answered ${n}`)
      await until('it is forgotten', () => engine.pool.connected === 0)
    }
  })

  test('closes a connection on which something comes that nobody asked for', async (t) => {
    const barriers = new Barriers()
    const { engine, client, backend } = await stage(t, async (connection, n) => {
      await connection.expectMessage()
      await connection.send(ok(`${n}`))
      if (n > 1) return
      await barriers.meet('answered')
      await connection.send(ok('evil'))
      await connection.expectEnd()
    })
    await client.send(get())
    assert.equal(await bodyOf(client), '1')
    await barriers.meet('answered')
    await until('it is forgotten', () => engine.pool.connected === 0)
    await client.send(get())
    assert.equal(await bodyOf(client), '2')
    await backend.done()
  })

  test('says of a connection that broke before its answer whether it had served before', async (t) => {
    const failures: Failure[] = []
    const { client } = await stage(
      t,
      async (connection, n) => {
        if (n === 1) {
          await connection.expectMessage()
          await connection.send(ok())
        }
        await connection.expectMessage()
        connection.reset()
      },
      {
        dispatch(exchange, pool) {
          exchange.server = {
            failed(_, failure) {
              failures.push(failure)
              exchange.refuse(failure.code)
            },
            finished() {},
          }
          pool.carry(exchange, false)
        },
      },
    )
    await client.send(get() + get() + get())
    assert.equal((await client.expectMessage()).status, 200)
    assert.equal((await client.expectMessage()).status, 502)
    assert.equal((await client.expectMessage()).status, 502)
    assert.deepEqual(
      failures.map(({ code, stage: reached, staleConnection }) => [code, reached, staleConnection]),
      [
        ['LB_REPLY_CUT', 'sent', true],
        ['LB_REPLY_CUT', 'sent', false],
      ],
    )
  })

  test('a backend that is not there: 503', async (t) => {
    const { client } = await stage(t, silent, { connection: { port: await freePort() } })
    await client.send(get())
    const answer = await client.expectMessage()
    assert.deepEqual([answer.status, answer.field('x-clowder-error')], [503, 'LB_CONNECT_REFUSED'])
  })

  test('a backend whose name means nothing: 503', async (t) => {
    // No real name server is asked: how long that takes is for the network to say.
    const lookup = dns.lookup as (...args: unknown[]) => void
    t.mock.method(dns, 'lookup', (...args: unknown[]) => {
      const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' })
      if (args[0] === 'nowhere.test') process.nextTick(args[2] as (error: Error) => void, unknown)
      else lookup(...args)
    })
    const { client } = await stage(t, silent, { connection: { host: 'nowhere.test' } })
    await client.send(get())
    const answer = await client.expectMessage()
    assert.deepEqual([answer.status, answer.field('x-clowder-error')], [503, 'LB_CONNECT_FAILED'])
  })

  test('a backend whose name has two addresses and which listens on one', async (t) => {
    const addresses = [
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ]
    const lookup = dns.lookup as (...args: unknown[]) => void
    t.mock.method(dns, 'lookup', (...args: unknown[]) => {
      if (args[0] === 'two.test') process.nextTick(args[2] as (error: null, all: unknown) => void, null, addresses)
      else lookup(...args)
    })
    const { client } = await stage(
      t,
      answering((request) => ok(request.startLine)),
      { connection: { host: 'two.test' } },
    )
    await client.send(get('/1'))
    assert.equal(await bodyOf(client), 'GET /1 HTTP/1.1')
  })

  test('a backend with which no connection comes about in time: 503', async (t) => {
    // It takes the TCP connection and does not say a word of TLS.
    const { engine, client } = await stage(t, silent, { connection: { encrypted: true, connectTimeoutMs: 100 } })
    await client.send(get())
    const answer = await client.expectMessage()
    assert.deepEqual([answer.status, answer.field('x-clowder-error')], [503, 'LB_CONNECT_TIMEOUT'])
    assert.equal(engine.pool.connected, 0)
  })

  test('trims those that were idle for too long, the oldest first, down to its minimum', async (t) => {
    const barriers = new Barriers()
    const { engine, client, connect } = await stage(t, held(barriers), { pool: { minSize: 1, idleTimeoutMs: 1 } })
    const clients = [client, await connect(), await connect()]
    for (const [i, each] of clients.entries()) await each.send(get(`/held-${i}`))
    await until('all are out', () => engine.pool.connected === 3)
    for (const [i, each] of clients.entries()) {
      await barriers.meet(`/held-${i}`)
      await bodyOf(each)
    }
    await until('time has passed', () => {
      engine.pool.trim()
      return engine.pool.connected === 1
    })
    await client.send(get())
    assert.match(await bodyOf(client), /^[123]$/)
  })

  test('counts those in use as open when it trims', () => {
    const served: BackendConnection[] = []
    const { pool, clock } = poolOf(3, (connection) => served.push(connection), { minSize: 1, idleTimeoutMs: 1 })
    for (let i = 0; i < 2; i++) pool.carry(fakeExchange().exchange, false)
    pool.connectionIdle(served[0]!)
    clock.advance(5_000)
    pool.trim()
    assert.deepEqual([pool.connected, pool.idle], [1, 0])
  })

  test('closes idle connections at once and the others when they are', async (t) => {
    const barriers = new Barriers()
    const { engine, client, connect } = await stage(t, held(barriers))
    const second = await connect()
    await client.send(get('/held-1'))
    await second.send(get('/held-2'))
    await until('both are out', () => engine.pool.connected === 2)
    await barriers.meet('/held-2')
    await bodyOf(second)
    engine.pool.close()
    assert.equal(engine.pool.connected, 1)
    await barriers.meet('/held-1')
    await bodyOf(client)
    assert.equal(engine.pool.connected, 0)
  })
})
