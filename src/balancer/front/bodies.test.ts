/** Request bodies on their way to the backend: framing, expectations, trailers, and what becomes of broken ones. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Barriers } from '../../../test/kit/barrier.ts'
import type { RawMessage } from '../../../test/kit/raw-connection.ts'
import type { Script } from '../../../test/kit/raw-http.ts'
import { until } from '../../../test/kit/until.ts'
import { answering, get, ok, silent, stage } from '../testing/engine.ts'

const head = (...fields: string[]) =>
  `POST / HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`
const chunked = head('Transfer-Encoding: chunked')

/** Answers with what it saw of the request's framing, and the body. */
const mirror = answering((request: RawMessage) => {
  const framing = ['content-length', 'transfer-encoding', 'expect', 'te', 'trailer']
  return ok(`${framing.map((name) => request.field(name) ?? '-').join(' ')}|${request.body.toString('latin1')}`)
})

describe('a request body', () => {
  const rows: readonly [rule: string, text: string, seen: string][] = [
    ['none', head(), '- - - - -|'],
    ['a length of nothing is passed on', head('Content-Length: 0'), '0 - - - -|'],
    ['a length', `${head('Content-Length: 3')}abc`, '3 - - - -|abc'],
    ['a length with zeros in front is written anew', `${head('Content-Length: 003')}abc`, '3 - - - -|abc'],
    ['any bytes', `${head('Content-Length: 4')}\0\xff\r\n`, '4 - - - -|\0\xff\r\n'],
    ['chunks', `${chunked}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`, '- chunked - - -|abcde'],
    ['no chunk but the last', `${chunked}0\r\n\r\n`, '- chunked - - -|'],
    ['extensions stay behind', `${chunked}3;a="b"\r\nabc\r\n0;c\r\n\r\n`, '- chunked - - -|abc'],
    [
      'TE ends here, Trailer does not',
      `${head('Transfer-Encoding: chunked', 'TE: trailers, gzip', 'Trailer: X')}0\r\n\r\n`,
      '- chunked - - X|',
    ],
    ['a GET may have one', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc', '3 - - - -|abc'],
  ]
  for (const [rule, text, seen] of rows) {
    test(`${rule}: whole and byte by byte`, async (t) => {
      const { client } = await stage(t, mirror)
      await client.send(text)
      assert.equal((await client.expectMessage()).body.toString('latin1'), seen)
      for (const byte of text) await client.send(byte)
      assert.equal((await client.expectMessage()).body.toString('latin1'), seen)
    })
  }

  test('trailers travel on, but for those that would change what has been said', async (t) => {
    const { client } = await stage(t, async (connection) => {
      await connection.expect('0\r\n')
      assert.equal(await connection.expect('\r\n\r\n'), 'X-Sum: 1\r\nX-More: 2\r\n\r\n')
      await connection.send(ok())
    })
    await client.send(
      `${chunked}0\r\nX-Sum: 1\r\nHost: b\r\nAuthorization: c\r\nX-More:2\r\nX-Forwarded-For: d\r\n\r\n`,
    )
    assert.equal((await client.expectMessage()).status, 200)
  })

  test('of 3 MiB arrives as it was sent', async (t) => {
    const body = Buffer.from(Uint8Array.from({ length: 3 * 1_048_576 }, (_, i) => i % 251))
    const { client } = await stage(
      t,
      answering((request) => ok(`${request.body.equals(body)}`)),
    )
    void client.send(Buffer.concat([Buffer.from(head(`Content-Length: ${body.length}`)), body]))
    assert.equal((await client.expectMessage()).body.toString(), 'true')
    const chunk = Buffer.concat([Buffer.from('30000\r\n'), body.subarray(0, 0x30000), Buffer.from('\r\n')])
    assert.equal(body.length % 0x30000, 0)
    void (async () => {
      await client.send(chunked)
      for (let at = 0; at < body.length; at += 0x30000) {
        chunk.set(body.subarray(at, at + 0x30000), 7)
        await client.send(chunk)
      }
      await client.send('0\r\n\r\n')
    })()
    assert.equal((await client.expectMessage()).body.toString(), 'true')
  })

  const broken: readonly [rule: string, text: string][] = [
    ['a chunk without a size', `${chunked}3\r\nabc\r\nx\r\n`],
    ['data longer than its size', `${chunked}3\r\nabcd\r\n0\r\n\r\n`],
    ['an end without CRLF', `${chunked}3\r\nabc\r\n0\r\n\n`],
    ['a broken trailer', `${chunked}3\r\nabc\r\n0\r\nX Y: 1\r\n\r\n`],
  ]
  for (const [rule, text] of broken) {
    test(`that is broken in the first read never reaches the backend: ${rule}`, async (t) => {
      const { engine, backend, client } = await stage(t, silent)
      await client.send(text)
      assert.equal((await client.expectMessage()).status, 400)
      await client.expectEnd()
      assert.equal(engine.refused.length, 1)
      assert.equal(backend.accepted, 0)
    })

    test(`that breaks later is never completed at the backend: ${rule}`, async (t) => {
      const barriers = new Barriers()
      let after = ''
      const { client, backend } = await stage(t, async (connection) => {
        await connection.expect('a')
        await barriers.meet('the body has begun')
        await connection.expectEnd().catch(() => {})
        after = connection.unread
      })
      const cut = text.indexOf('3\r\na') + 4
      await client.send(text.slice(0, cut))
      await barriers.meet('the body has begun')
      await client.send(text.slice(cut))
      assert.equal((await client.expectMessage()).status, 400)
      await client.expectEnd()
      await backend.done()
      assert.ok(!after.includes('0\r\n'), JSON.stringify(after))
    })
  }

  test('that ends early is refused, and never completed at the backend', async (t) => {
    const barriers = new Barriers()
    const { engine, client, backend } = await stage(t, async (connection) => {
      await connection.expect('abc')
      await barriers.meet('the body has begun')
      assert.equal(await connection.expectEnd(), 'end')
    })
    await client.send(`${head('Content-Length: 10')}abc`)
    await barriers.meet('the body has begun')
    client.finish()
    assert.equal((await client.expectMessage()).status, 400)
    await backend.done()
    assert.deepEqual(engine.refused, ['FRONT_BAD_BODY'])
  })
})

describe('Expect: 100-continue', () => {
  const expecting = head('Content-Length: 3', 'Expect: 100-continue')

  test('is passed on, and so is the answer to it', async (t) => {
    const { client } = await stage(t, async (connection) => {
      assert.match(await connection.expectHead(), /\r\nExpect: 100-continue\r\n/)
      await connection.send('HTTP/1.1 100 Continue\r\n\r\n')
      await connection.expect('abc')
      await connection.send(ok())
    })
    await client.send(expecting)
    assert.equal(await client.expectHead(), 'HTTP/1.1 100 Continue\r\n\r\n')
    await client.send('abc')
    assert.equal((await client.expectMessage()).status, 200)
  })

  test('a final answer instead is the last of the connection, at both ends', async (t) => {
    const { engine, client, backend } = await stage(t, async (connection) => {
      await connection.expectHead()
      await connection.send('HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n')
      await connection.expectEnd()
    })
    await client.send(expecting)
    const answer = await client.expectMessage()
    assert.deepEqual([answer.status, answer.field('connection')], [413, 'close'])
    await client.expectEnd()
    await backend.done()
    assert.equal(engine.pool.connected, 0)
  })

  test('a client that does not wait for it is served', async (t) => {
    const { client } = await stage(t, mirror)
    await client.send(`${expecting}abc`)
    assert.equal((await client.expectMessage()).body.toString(), '3 - 100-continue - -|abc')
  })

  test('in HTTP/1.0 it means nothing, and gets no interim answer', async (t) => {
    const { client } = await stage(t, async (connection) => {
      await connection.expectMessage()
      await connection.send(`HTTP/1.1 100 Continue\r\n\r\n${ok()}`)
    })
    await client.send('POST / HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc')
    assert.equal((await client.expectMessage()).status, 200)
  })

  test('100 that nobody asked for is dropped', async (t) => {
    const { client } = await stage(
      t,
      answering(() => `HTTP/1.1 100 Continue\r\n\r\n${ok()}`),
    )
    await client.send(get())
    assert.equal((await client.expectMessage()).status, 200)
  })
})

describe('an answer that comes before its request is complete', () => {
  test('reaches the client, which may go on sending for a little; the backend connection is closed', async (t) => {
    const { engine, client, backend } = await stage(t, async (connection) => {
      await connection.expect('abc')
      await connection.send('HTTP/1.1 413 No\r\nContent-Length: 4\r\n\r\nmuch')
      await connection.expectEnd().catch(() => {})
    })
    await client.send(`${head('Content-Length: 1000000')}abc`)
    const answer = await client.expectMessage()
    assert.deepEqual([answer.status, answer.body.toString(), answer.field('connection')], [413, 'much', 'close'])
    // It has not read that yet: a reset now would take the answer along.
    await client.send(Buffer.alloc(500_000))
    assert.equal(await client.expectEnd(), 'end')
    await backend.done()
    assert.equal(engine.pool.connected, 0)
  })

  test('may come in pieces while the rest is still sent', async (t) => {
    const barriers = new Barriers()
    const { client } = await stage(t, async (connection) => {
      await connection.expect('abc')
      await connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n')
      await barriers.meet('half')
      await connection.expect('def')
      await connection.send('3\r\ndef\r\n0\r\n\r\n')
    })
    await client.send(`${head('Content-Length: 6')}abc`)
    await client.expect('3\r\nabc\r\n')
    await barriers.meet('half')
    await client.send('def')
    await client.expect('3\r\ndef\r\n0\r\n\r\n')
    await client.expectEnd()
  })
})

describe('a client that sends on after its refusal', () => {
  test('reads it before it learns of the close', async (t) => {
    const { client } = await stage(t, silent, { limits: { bodyBytes: 10 } })
    void client.send(`${head('Content-Length: 1000000')}${'x'.repeat(1_000_000)}`)
    assert.equal((await client.expectMessage()).status, 413)
    assert.equal(await client.expectEnd(), 'end')
  })

  test('without end is cut off', async (t) => {
    const { engine, client } = await stage(t, silent, { limits: { bodyBytes: 10 } })
    await client.send(head('Content-Length: 1000000000'))
    assert.equal((await client.expectMessage()).status, 413)
    const piece = Buffer.alloc(65_536)
    let sent = 0
    void (async () => {
      for (;;) {
        await client.send(piece)
        sent += piece.length
      }
    })().catch(() => {})
    await until('it is cut off', () => engine.front.connections === 0)
    // What the systems of both ends buffer is a few MiB; what could be sent until the end of the linger is GiB.
    assert.ok(sent < 64 * 1_048_576, `${sent} bytes sent`)
  })
})

describe('a client that goes away', () => {
  /** Goes on with an answer for as long as somebody takes it: a client that is gone shows when it is sent something. */
  const answerOn =
    (begin: string): Script =>
    async (connection) => {
      await connection.expectMessage()
      await connection.send(begin)
      for (let isOpen = true; isOpen; ) {
        await sleep(5)
        isOpen = await connection.send('x').then(
          () => true,
          () => false,
        )
      }
    }
  const rows: readonly [stage: string, text: string, script: Script][] = [
    ['before its answer', get(), silent],
    ['within its body', `${head('Content-Length: 10')}abc`, silent],
    ['within a chunk', `${chunked}a\r\nabc`, silent],
    ['within its answer', get(), answerOn('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nabc')],
    ['within an answer without a known end', get(), answerOn('HTTP/1.1 200 OK\r\n\r\nabc')],
  ]
  for (const [moment, text, script] of rows) {
    for (const how of ['reset', 'close'] as const) {
      test(`${moment}, by ${how}, frees its backend connection`, async (t) => {
        const { engine, client, backend } = await stage(t, script, { timeouts: { halfClosedMs: 100 } })
        await client.send(text)
        await until('the backend is in use', () => backend.accepted === 1 && engine.pool.idle === 0)
        if (moment.includes('answer') && !moment.includes('before')) await client.expect('abc')
        client[how]()
        await until('its backend is free', () => engine.pool.connected === 0)
        await until('it is forgotten', () => engine.front.connections === 0)
      })
    }
  }

  test('while it waits for a connection leaves the line', async (t) => {
    const { engine, client, connect } = await stage(t, silent, { pool: { size: 1, acquireTimeoutMs: 60_000 } })
    await client.send(get())
    await until('the only connection is in use', () => engine.pool.connected === 1)
    const second = await connect()
    await second.send(get())
    await until('the second waits', () => engine.pool.waiting === 1)
    second.reset()
    await until('nobody waits', () => engine.pool.waiting === 0)
    assert.equal(engine.pool.connected, 1)
  })

  test('while its connection comes about gives that up', async (t) => {
    // The backend takes the TCP connection and does not say a word of TLS.
    const { engine, client } = await stage(t, silent, { connection: { encrypted: true, connectTimeoutMs: 60_000 } })
    await client.send(get())
    await until('the connection is on its way', () => engine.pool.connected === 1)
    client.reset()
    await until('it is given up', () => engine.pool.connected === 0)
  })
})
