/** Every time limit of the front, with the status that says so; and that time is not up before it is. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { Barriers } from '../../../test/kit/barrier.ts'
import type { Owner } from '../../../test/kit/owner.ts'
import type { RawMessage } from '../../../test/kit/raw-connection.ts'
import type { Script } from '../../../test/kit/raw-http.ts'
import { until } from '../../../test/kit/until.ts'
import { FakeClock } from '../../clock/fake-clock.ts'
import { answering, type EngineOptions, get, ok, silent, stage } from '../testing/engine.ts'

const SHORT_MS = 100
const echo = answering((request) => ok(request.body.toString()))

/**
 * How long `what` takes. The limit is in it, so it must take at least that. The request is in it, too: the front has looked
 * at the clock before it reads it.
 */
async function took(what: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await what()
  return performance.now() - start
}

/** Ten bytes that come one by one, each a third of the limit after the one before; the backend has each before the next. */
async function slowly(t: Owner, timeouts: NonNullable<EngineOptions['timeouts']>): Promise<RawMessage> {
  const body = '0123456789'
  const clock = new FakeClock()
  const barriers = new Barriers()
  const byByte: Script = async (connection) => {
    await connection.expectHead()
    for (const byte of body) {
      await connection.expect(byte)
      await barriers.meet(byte)
    }
    await connection.send(ok(body))
    await connection.expectEnd()
  }
  const { client } = await stage(t, byByte, { clock, timeouts })
  await client.send(post)
  for (const byte of body) {
    clock.advance(SHORT_MS / 3)
    await client.send(byte)
    await barriers.meet(byte)
  }
  return client.expectMessage()
}

const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n'

describe('time limits of the front', () => {
  test('a head that does not come to its end: 408', async (t) => {
    const { engine, client } = await stage(t, echo, { timeouts: { headMs: SHORT_MS } })
    const elapsedMs = await took(async () => {
      await client.send('GET / HTTP/1.1\r\n')
      await client.expect('HTTP/1.1 408 ')
    })
    assert.ok(elapsedMs >= SHORT_MS, `${elapsedMs} ms`)
    await client.expect('FRONT_HEAD_TIMEOUT')
    assert.deepEqual(engine.refused, ['FRONT_HEAD_TIMEOUT'])
  })

  test('a head that trickles in has no more time', async (t) => {
    const { client } = await stage(t, echo, { timeouts: { headMs: SHORT_MS } })
    await client.send('GET / HTTP/1.1\r\nX: ')
    const timer = setInterval(() => void client.send('x').catch(() => {}), SHORT_MS / 10)
    t.after(() => clearInterval(timer))
    await client.expect('HTTP/1.1 408 ')
  })

  test('the time of a head begins with its first byte', async (t) => {
    const clock = new FakeClock()
    const { client } = await stage(t, echo, { clock, timeouts: { headMs: SHORT_MS } })
    await client.send(get())
    await client.expectMessage()
    clock.advance(3 * SHORT_MS)
    await client.send('GET / HTTP/1.1\r\n')
    await client.send('Host: a\r\n\r\n')
    assert.equal((await client.expectMessage()).status, 200)
  })

  test('also a later head that does not come to its end: 408, long before the idle time is up', async (t) => {
    const clock = new FakeClock()
    const { client } = await stage(t, echo, { clock, timeouts: { headMs: SHORT_MS, keepAliveMs: 3_600_000 } })
    await client.send(`${get()}GET / HTTP/1.1\r\n`)
    await client.expectMessage()
    clock.advance(2 * SHORT_MS)
    await client.expect('HTTP/1.1 408 ')
  })

  test('a connection without a request is closed, without a word', async (t) => {
    const { client } = await stage(t, echo, { timeouts: { headMs: SHORT_MS } })
    assert.equal(await client.expectEnd(), 'end')
  })

  for (const keepAliveMs of [SHORT_MS, 1_500]) {
    test(`a connection idle for ${keepAliveMs} ms is closed, without a word`, async (t) => {
      const { client } = await stage(t, echo, { timeouts: { keepAliveMs } })
      const elapsedMs = await took(async () => {
        await client.send(get())
        await client.expectMessage()
        await client.expectEnd()
      })
      assert.ok(elapsedMs >= keepAliveMs, `${elapsedMs} ms`)
    })
  }

  test('empty lines do not begin a request, and do not make an idle connection last', async (t) => {
    const { engine, client } = await stage(t, echo, { timeouts: { keepAliveMs: SHORT_MS, headMs: SHORT_MS } })
    await client.send(get())
    await client.expectMessage()
    await client.send('\r\n\r\n')
    assert.equal(await client.expectEnd(), 'end')
    assert.deepEqual(engine.refused, [])
  })

  test('a body that stands still: 408, and its backend is let go', async (t) => {
    const { engine, client } = await stage(t, silent, { timeouts: { bodyMs: SHORT_MS } })
    await client.send(`${post}half`)
    await client.expect('HTTP/1.1 408 ')
    await until('the backend is free', () => engine.pool.connected === 0)
    assert.deepEqual(engine.refused, ['FRONT_BODY_TIMEOUT'])
  })

  test('a body that comes slowly but steadily has its time', async (t) => {
    assert.equal((await slowly(t, { bodyMs: SHORT_MS })).body.toString(), '0123456789')
  })

  test('a backend that does not answer: 504', async (t) => {
    const { engine, client } = await stage(t, silent, { timeouts: { replyMs: SHORT_MS } })
    const elapsedMs = await took(async () => {
      await client.send(get())
      await client.expect('HTTP/1.1 504 ')
    })
    assert.ok(elapsedMs >= SHORT_MS, `${elapsedMs} ms`)
    assert.equal(engine.pool.connected, 0)
  })

  test('the time of the backend begins with the end of the request', async (t) => {
    assert.equal((await slowly(t, { replyMs: SHORT_MS })).status, 200)
  })

  test('a backend that stops within its answer: the client is cut', async (t) => {
    const half: Script = async (connection) => {
      await connection.expectMessage()
      await connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')
      await connection.expectEnd()
    }
    const { client } = await stage(t, half, { timeouts: { replyMs: SHORT_MS } })
    await client.send(get())
    await client.expect('half')
    await client.expectEnd()
  })

  test('a backend that does not take the request: 504', async (t) => {
    const deaf: Script = async (connection) => {
      connection.stopReading()
      await connection.expectEnd()
    }
    const { engine, client } = await stage(t, deaf, { timeouts: { replyMs: SHORT_MS } })
    const bytes = 64 * 1_048_576
    void client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n`)
    const body = Buffer.alloc(1_048_576)
    let isOver = false
    void (async () => {
      for (let i = 0; i < 64 && !isOver; i++) await client.send(body)
    })().catch(() => {})
    await client.expect('HTTP/1.1 504 ')
    isOver = true
    assert.equal(engine.pool.connected, 0)
    client.reset()
  })

  test('a client that takes nothing of its answer is let go, and its backend with it', async (t) => {
    const endless: Script = async (connection) => {
      await connection.expectMessage()
      await connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
      for (;;) {
        try {
          await connection.send(chunk)
        } catch {
          return
        }
      }
    }
    const { engine, client } = await stage(t, endless, { timeouts: { sendMs: SHORT_MS, replyMs: SHORT_MS } })
    client.stopReading()
    await client.send(get())
    await until('the client is let go', () => engine.front.connections === 0)
    await until('the backend is free', () => engine.pool.connected === 0)
  })

  test('a client that takes nothing is let go also while it sends', async (t) => {
    const mirror: Script = async (connection) => {
      await connection.expectHead()
      await connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
      for (;;) {
        try {
          await connection.send(chunk)
        } catch {
          return
        }
      }
    }
    const { engine, client } = await stage(t, mirror, { timeouts: { sendMs: SHORT_MS } })
    client.stopReading()
    await client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
    const timer = setInterval(() => void client.send('1\r\nx\r\n').catch(() => {}), SHORT_MS / 10)
    t.after(() => clearInterval(timer))
    await until('the client is let go', () => engine.front.connections === 0)
    await until('the backend is free', () => engine.pool.connected === 0)
  })

  test('a client that takes its answer slowly but steadily has its time', async (t) => {
    const bytes = 32 * 1_048_576
    // The system says that there is room again when a third of its send buffer is free, which can be 1 MiB.
    const sendMs = 1_000
    const clock = new FakeClock()
    const { engine } = await stage(
      t,
      answering(() => ok('x'.repeat(bytes))),
      { clock, timeouts: { sendMs } },
    )
    const slow = connect({ port: engine.port, host: '127.0.0.1' })
    t.after(() => void slow.destroy())
    let taken = 0
    slow.on('data', (piece) => {
      taken += piece.length
      slow.pause()
      clock.advance(5)
      setImmediate(() => slow.resume())
    })
    slow.write(get('/', 'Connection: close'))
    await once(slow, 'end')
    assert.ok(taken > bytes, `cut after ${taken} bytes`)
    assert.ok(clock.monotonic() > 1.5 * sendMs, `only ${clock.monotonic()} ms`)
  })

  test('a client that said its last word and does not get its answer is let go', async (t) => {
    const { engine, client } = await stage(t, silent, { timeouts: { halfClosedMs: SHORT_MS } })
    await client.send(get())
    client.finish()
    await client.expectEnd()
    await until('the backend is free', () => engine.pool.connected === 0)
  })

  test('and the requests it left behind are not all waited for in full', async (t) => {
    const barriers = new Barriers()
    const firstOnly: Script = async (connection, n) => {
      await connection.expectMessage()
      await barriers.meet('finished')
      await connection.send(ok())
      await silent(connection, n)
    }
    const { engine, client } = await stage(t, firstOnly, { timeouts: { halfClosedMs: SHORT_MS } })
    await client.send(get('/1') + get('/2'))
    client.finish()
    await barriers.meet('finished')
    assert.equal((await client.expectMessage()).status, 200)
    await client.expectEnd()
    await until('the backend is free', () => engine.pool.connected === 0)
  })
})
