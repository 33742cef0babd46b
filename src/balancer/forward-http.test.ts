/** Answers of a scripted backend on their way to the client, and whether the connection is used again. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Barriers } from '../../test/kit/barrier.ts'
import type { Script } from '../../test/kit/raw-http.ts'
import { until } from '../../test/kit/until.ts'
import { answering, get, ok, stage } from './testing/engine.ts'

const HEAD_BYTES = 2_000
const limits = { headBytes: HEAD_BYTES, headerCount: 5 }

/** Sends this answer to every request and leaves the connection open. */
const say = (text: string) => answering(() => text)

const chunkedHead = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

describe('an answer', () => {
  const long = 'x'.repeat(100_000)
  const rows: readonly [rule: string, text: string, status: number, body: string, reused: boolean][] = [
    ['with a length', ok('abc'), 200, 'abc', true],
    ['with a length of nothing', ok(''), 200, '', true],
    ['longer than any read', ok(long), 200, long, true],
    ['in chunks', `${chunkedHead}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`, 200, 'abcde', true],
    ['in long chunks', `${chunkedHead}186a0\r\n${long}\r\n0\r\n\r\n`, 200, long, true],
    ['in chunks with extensions and trailers', `${chunkedHead}3;a=b\r\nabc\r\n0\r\nX: 1\r\n\r\n`, 200, 'abc', true],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', 204, '', true],
    ['204 with a length of nothing', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n', 204, '', true],
    ['204 that announces a body', 'HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n', 204, '', false],
    ['304', 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n', 304, '', true],
    ['304 that announces a body', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n', 304, '', false],
    ['304 that announces chunks', 'HTTP/1.1 304 x\r\nTransfer-Encoding: chunked\r\n\r\n', 304, '', false],
    ['without a reason', 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok', 200, 'ok', true],
    ['that closes', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok', 200, 'ok', false],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', 200, 'ok', false],
    [
      'of HTTP/1.0 with keep-alive',
      'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok',
      200,
      'ok',
      true,
    ],
    [
      'with both framings',
      `HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
      200,
      'ok',
      false,
    ],
    ['with bytes behind it', `${ok('abc')}HTTP/1.1 200 OK\r\n`, 200, 'abc', false],
    ['longer than any read, with bytes behind it', `${ok(long)}more`, 200, long, false],
    ['in chunks with bytes behind it', `${chunkedHead}3\r\nabc\r\n0\r\n\r\nmore`, 200, 'abc', false],
    ['with a head as large as the limit', headOf(HEAD_BYTES), 200, 'ok', true],
  ]
  for (const [rule, text, status, body, reused] of rows) {
    const split = (each: string): string[] =>
      [each.slice(0, 300), each.slice(300)].flatMap((part, i) => (i === 0 ? [...part] : [part]))
    for (const cut of ['whole', 'byte by byte'] as const) {
      test(`${rule}, ${cut}: the connection is ${reused ? 'used again' : 'closed'}`, async (t) => {
        const { engine, client } = await stage(
          t,
          async (connection) => {
            for (;;) {
              const request = await connection.expectMessage().catch(() => undefined)
              if (request === undefined) return
              for (const piece of cut === 'whole' ? [text] : split(text)) await connection.send(piece).catch(() => {})
            }
          },
          { limits },
        )
        for (let i = 0; i < 2; i++) {
          await client.send(get())
          const answer = await client.expectMessage()
          assert.equal(answer.status, status)
          assert.equal(answer.body.toString(), body)
          assert.equal(answer.fields.filter(([name]) => name === 'content-length').length <= 1, true)
          if (!reused) await until('the connection is closed', () => engine.pool.connected === 0)
        }
        assert.equal(engine.pool.connected, reused ? 1 : 0)
      })
    }
  }

  test('that ends by the close of the connection', async (t) => {
    const { client } = await stage(t, async (connection) => {
      await connection.expectMessage()
      await connection.send('HTTP/1.1 200 OK\r\n\r\nabc')
      await connection.send('def')
    })
    await client.send(get() + get())
    for (let i = 0; i < 2; i++) {
      const answer = await client.expectMessage()
      assert.equal(answer.field('transfer-encoding'), 'chunked')
      assert.equal(answer.body.toString(), 'abcdef')
    }
  })

  test('to HEAD has the fields of one to GET and no body', async (t) => {
    const heads: readonly [text: string, length: string | undefined][] = [
      ['HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n', '1000'],
      ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', undefined],
      ['HTTP/1.1 200 OK\r\n\r\n', undefined],
    ]
    let i = 0
    const { engine, client } = await stage(
      t,
      answering(() => heads[i++]![0]),
    )
    for (const [, length] of heads) {
      await client.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n')
      const answer = await client.expectMessage({ bodyless: true })
      assert.equal(answer.field('content-length'), length)
      assert.equal(answer.field('transfer-encoding'), undefined)
    }
    assert.equal(engine.pool.connected, 1)
    assert.equal(client.unread, '')
  })

  test('to HEAD and to GET with the same head are told apart', async (t) => {
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
    for (const [whole, bodyless] of [
      [ok('abc'), ok('abc').slice(0, -3)],
      [`${head}3\r\nabc\r\n0\r\n\r\n`, head],
    ] as const) {
      const { client } = await stage(
        t,
        answering((request) => (request.startLine.startsWith('HEAD') ? bodyless : whole)),
      )
      await client.send(get() + get().replace('GET', 'HEAD') + get())
      assert.equal((await client.expectMessage()).body.toString(), 'abc')
      assert.equal((await client.expectMessage({ bodyless: true })).field('transfer-encoding'), undefined)
      assert.equal((await client.expectMessage()).body.toString(), 'abc')
    }
  })

  test('loses the fields of its connection and no others', async (t) => {
    const { client } = await stage(
      t,
      say(
        'HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nConnection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n' +
          'Upgrade: h2c\r\nSet-Cookie: b=2\r\nX-Odd: \xe9\r\nProxy-Connection: x\r\nContent-Length: 2\r\n\r\nok',
      ),
    )
    await client.send(get())
    assert.deepEqual((await client.expectMessage()).fields, [
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['x-odd', '\xe9'],
      ['content-length', '2'],
    ])
  })

  test('has trailers that reach the client', async (t) => {
    const { client } = await stage(t, say(`${chunkedHead}2\r\nok\r\n0\r\nX-Sum: 1\r\nSet-Cookie: a\r\n\r\n`))
    await client.send(get())
    await client.expect('2\r\nok\r\n')
    assert.equal(await client.expect('\r\n\r\n'), '0\r\nX-Sum: 1\r\n\r\n')
  })
})

function headOf(bytes: number): string {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: '
  return `${head}${'x'.repeat(bytes - head.length - 4)}\r\n\r\nok`
}

describe('interim answers', () => {
  test('travel on without the fields of their connection', async (t) => {
    const { client } = await stage(
      t,
      say(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: X\r\nX: 1\r\n\r\nHTTP/1.1 103 x\r\n\r\n${ok()}`),
    )
    await client.send(get())
    assert.equal(await client.expectHead(), 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n')
    assert.equal(await client.expectHead(), 'HTTP/1.1 103 x\r\n\r\n')
    assert.equal((await client.expectMessage()).body.toString(), 'ok')
  })

  test('are not for HTTP/1.0', async (t) => {
    const { client } = await stage(t, say(`HTTP/1.1 103 Early Hints\r\n\r\n${ok()}`))
    await client.send('GET / HTTP/1.0\r\n\r\n')
    assert.equal((await client.expectMessage()).status, 200)
  })

  test('as many as the limit, and one more', async (t) => {
    const interim = 'HTTP/1.1 102 Processing\r\n\r\n'
    const { client } = await stage(
      t,
      answering((request) => interim.repeat(request.startLine.includes('/more') ? 33 : 32) + ok()),
    )
    await client.send(get())
    for (let i = 0; i < 32; i++) assert.equal(await client.expectHead(), interim)
    assert.equal((await client.expectMessage()).status, 200)
    await client.send(get('/more'))
    for (let i = 0; i < 32; i++) assert.equal(await client.expectHead(), interim)
    assert.equal((await client.expectMessage()).status, 502)
  })
})

describe('a malformed answer', () => {
  const rows: readonly [rule: string, text: string, code: string][] = [
    ['not HTTP', 'SSH-2.0-x\r\n\r\n', 'LB_REPLY_MALFORMED'],
    ['not HTTP, without an end', 'SSH-2.0-x', 'LB_REPLY_MALFORMED'],
    ['another version', 'HTTP/2.0 200 OK\r\n\r\n', 'LB_REPLY_MALFORMED'],
    ['an empty line first', `\r\n${ok()}`, 'LB_REPLY_MALFORMED'],
    ['101 without an upgrade', 'HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n', 'LB_REPLY_MALFORMED'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok', 'LB_REPLY_MALFORMED'],
    ['a head one byte over the limit', headOf(HEAD_BYTES + 1), 'LB_REPLY_TOO_LARGE'],
    ['a head without an end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(HEAD_BYTES)}`, 'LB_REPLY_TOO_LARGE'],
    ['a head of 300 KiB', headOf(300_000), 'LB_REPLY_TOO_LARGE'],
    ['too many fields', `HTTP/1.1 200 OK\r\n${'a:\r\n'.repeat(6)}\r\n`, 'LB_REPLY_TOO_LARGE'],
  ]
  for (const [rule, text, code] of rows) {
    test(`is a 502, and the end of its connection: ${rule}`, async (t) => {
      const { engine, client } = await stage(t, say(text), { limits })
      for (let i = 0; i < 2; i++) {
        await client.send(get())
        const answer = await client.expectMessage()
        assert.equal(answer.status, 502)
        assert.equal(answer.field('x-clowder-error'), code)
        assert.equal(engine.pool.connected, 0)
      }
    })
  }

  test('that shows too late cuts the client off', async (t) => {
    const { client } = await stage(t, say(`${chunkedHead}3\r\nabc\r\nx\r\n`))
    await client.send(get())
    await client.expectHead()
    await client.expectEnd().catch((error: Error) => assert.match(error.message, /unexpected input/))
    assert.ok(!client.unread.endsWith('0\r\n\r\n'))
  })
})

describe('an answer that is cut', () => {
  /** Sends the beginning, and when the client has it, ends in this way. */
  const cutAfter =
    (text: string, how: 'close' | 'reset', barriers: Barriers): Script =>
    async (connection) => {
      await connection.expectMessage()
      await connection.send(text)
      await barriers.meet('the client has the beginning')
      connection[how]()
    }

  const rows: readonly [rule: string, text: string, how: 'close' | 'reset', minor: 0 | 1][] = [
    ['of a length, by close', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', 'close', 1],
    ['of a length, by reset', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', 'reset', 1],
    ['of a length, for HTTP/1.0', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', 'reset', 0],
    ['in chunks, by close', `${chunkedHead}3\r\nabc\r\n`, 'close', 1],
    ['in chunks, within one', `${chunkedHead}a\r\nabc`, 'close', 1],
    ['in chunks, before the last CRLF', `${chunkedHead}3\r\nabc\r\n0\r\n`, 'close', 1],
    ['in chunks, by reset', `${chunkedHead}3\r\nabc\r\n`, 'reset', 1],
    ['in chunks, for HTTP/1.0', `${chunkedHead}3\r\nabc\r\n`, 'close', 0],
    ['that would have ended by close, by reset', 'HTTP/1.1 200 OK\r\n\r\nabc', 'reset', 1],
    ['that would have ended by close, by reset, for HTTP/1.0', 'HTTP/1.1 200 OK\r\n\r\nabc', 'reset', 0],
  ]
  for (const [rule, text, how, minor] of rows) {
    test(`is seen to be cut: ${rule}`, async (t) => {
      const barriers = new Barriers()
      const { engine, client } = await stage(t, cutAfter(text, how, barriers))
      await client.send(minor === 1 ? get() : 'GET / HTTP/1.0\r\n\r\n')
      const head = await client.expectHead()
      await client.expect('abc')
      await barriers.meet('the client has the beginning')
      const rest = await client.expect(/^(?:\r\n)?/)
      const ending = await client.expectEnd().catch((error: Error) => error.message)
      if (/content-length/i.test(head)) assert.match(ending, /^(?:end|reset)$/)
      else if (/chunked/.test(head)) assert.ok(!`${rest}${client.unread}`.includes('0\r\n'), 'no last chunk')
      else assert.equal(ending, 'reset', 'a clean end would look complete')
      assert.equal(engine.pool.connected, 0)
    })
  }

  test('before its head is complete is a 502', async (t) => {
    for (const begun of ['', 'H', 'HTTP/1.1 200 OK\r\nContent-Le']) {
      const { client } = await stage(t, async (connection) => {
        await connection.expectMessage()
        await connection.send(begun)
      })
      await client.send(get())
      const answer = await client.expectMessage()
      assert.deepEqual([answer.status, answer.field('x-clowder-error')], [502, 'LB_REPLY_CUT'])
    }
  })
})
