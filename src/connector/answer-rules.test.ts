/** The rules of our end for answers, S8 to S12 of ajp13.md 8.3, and what it makes of answers that break a promise. */
import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { describe, test } from 'node:test'
import { until } from '../../test/kit/until.ts'
import { decodeChunk, MESSAGE } from '../ajp/index.ts'
import { hex, str } from '../ajp/testing/raw.ts'
import { FakeClock } from '../clock/fake-clock.ts'
import { signal, start } from './testing/start.ts'
import { forward } from './testing/web-server.ts'

describe('S8 to S12: answers', () => {
  test('S8: flushHeaders, then end', async (t) => {
    const { connect } = await start(t, (_, response) => {
      response.flushHeaders()
      setImmediate(() => response.end())
    })
    const server = await connect()
    const types: number[] = []
    await server.send(forward())
    do types.push((await server.packet())[0]!)
    while (types.at(-1) !== MESSAGE.END_RESPONSE)
    assert.deepEqual(types, [MESSAGE.SEND_HEADERS, MESSAGE.SEND_BODY_CHUNK, MESSAGE.END_RESPONSE])
  })

  test('a response whose body is given to end is one write', async (t) => {
    const { connect } = await start(t, (_, response) => response.end('x'.repeat(100)))
    const server = await connect()
    const answer = await server.ask(forward())
    assert.deepEqual([answer.chunks, answer.header('content-length')], [[100], '100'])
  })

  for (const size of [0, 1, 8_184, 8_185, 32_767, 32_768, 1_048_576])
    for (const kind of ['a buffer', 'a text', 'in pieces'] as const)
      test(`S9: ${size} bytes, ${kind}`, async (t) => {
        const body = Buffer.alloc(size, 'abcdefghijk')
        const { connect } = await start(t, (_, response) => {
          if (kind === 'a text') response.end(body.toString('latin1'))
          else if (kind === 'a buffer') response.end(body)
          else {
            for (let at = 0; at < size; at += 10_000) response.write(body.subarray(at, at + 10_000))
            response.end()
          }
        })
        const server = await connect()
        const answer = await server.ask(forward())
        assert.ok(answer.body.equals(body) && answer.isReusable)
        assert.ok(answer.chunks.every((bytes) => bytes <= 8_184))
        if (kind !== 'in pieces' || size === 0) assert.equal(answer.header('content-length'), String(size))
        await server.expectPong()
      })

  test('S10: what belongs to a connection is not on the wire', async (t) => {
    const { connect } = await start(t, (_, response) => {
      response.writeContinue()
      response.writeProcessing()
      response.writeEarlyHints({ link: '</a>; rel=preload' })
      response.setHeader('Transfer-Encoding', 'chunked')
      response.setHeader('Connection', 'close')
      response.setHeader('Keep-Alive', 'timeout=5')
      response.setHeader('Trailer', 'X-Sum')
      response.setHeader('Upgrade', 'h2c')
      response.sendDate = false
      response.addTrailers({ 'X-Sum': '1' })
      response.end('body')
    })
    const answer = await (await connect()).ask(forward())
    assert.deepEqual([answer.status, answer.headers, answer.body.toString()], [200, [], 'body'])
  })

  test('S11: what AJP cannot carry is refused when it is set', async (t) => {
    const refused: unknown[] = []
    const { connect } = await start(t, (_, response) => {
      for (const value of ['a\r\nb', 'a\0b', 'Κ']) {
        for (const set of [
          () => response.setHeader('X-A', value),
          () => response.appendHeader('X-A', value),
          () => response.writeHead(200, { 'X-A': value }),
          () => response.writeHead(200, ['X-A', value]),
          () => response.writeHead(200, value),
        ]) {
          try {
            set()
          } catch (error) {
            refused.push((error as { code: string }).code)
          }
        }
      }
      response.statusMessage = 'OK'
      response.end('clean')
    })
    const answer = await (await connect()).ask(forward())
    assert.deepEqual(refused, Array(15).fill('ERR_INVALID_CHAR'))
    assert.deepEqual([answer.status, answer.header('x-a'), answer.body.toString()], [200, undefined, 'clean'])
  })

  test('S12: a head that does not fit: 500, and the connection is in step', async (t) => {
    const { connect, reported } = await start(t, (_, response) => {
      response.setHeader('X-Large', 'x'.repeat(9_000))
      response.write('never ')
      setImmediate(() => response.end('sent'))
    })
    const server = await connect()
    const answer = await server.ask(forward())
    assert.deepEqual([answer.status, answer.header('x-large'), answer.isReusable], [500, undefined, true])
    assert.equal(answer.header('content-length'), String(answer.body.length))
    assert.deepEqual(reported(), ['replaced AJP_RESPONSE_TOO_LARGE'])
    await server.expectPong()
  })

  test('S12: who is told of it may end other responses, and each goes out on its own connection', async (t) => {
    const held = signal()
    let other: ServerResponse | undefined
    const { connect } = await start(
      t,
      (request, response) => {
        if (request.url === '/held') {
          other = response
          held.open()
        } else response.setHeader('X-Large', 'x'.repeat(9_000)).end('never sent')
      },
      { onEvent: ({ type }) => type === 'replaced' && other!.end('of its own') },
    )
    const [patient, server] = [await connect(), await connect()]
    await patient.send(forward({ uri: str('/held') }))
    await held.passed
    const answer = await server.ask(forward())
    const ended = await patient.answer()
    assert.deepEqual([answer.status, answer.body.toString()], [500, 'Internal Server Error\n'])
    assert.deepEqual([ended.status, ended.body.toString()], [200, 'of its own'])
  })

  test('a final status that AJP cannot carry: 500', async (t) => {
    const { connect, reported } = await start(t, (_, response) => response.writeHead(101).end())
    assert.equal((await (await connect()).ask(forward())).status, 500)
    assert.deepEqual(reported(), ['replaced AJP_STATUS'])
  })
})

describe('the length that an application has promised', () => {
  for (const [name, play, sent] of [
    ['too short, in one piece', (response) => response.end('short'), 'short'],
    [
      'too short, in pieces',
      (response) => {
        response.write('sh')
        setImmediate(() => response.end('ort'))
      },
      'short',
    ],
    ['nothing at all', (response) => response.end(), ''],
  ] as [string, (response: ServerResponse) => void, string][])
    test(`${name}: no END_RESPONSE, and the connection ends`, async (t) => {
      const told: string[] = []
      const { connect, connector, reported } = await start(t, (_, response) => {
        for (const event of ['finish', 'close']) response.on(event, () => told.push(event))
        response.setHeader('Content-Length', 100)
        play(response)
      })
      const server = await connect()
      await server.send(forward())
      let body = ''
      let packet = await server.packet()
      assert.equal(packet[0], MESSAGE.SEND_HEADERS)
      while (body.length < sent.length) {
        packet = await server.packet()
        assert.equal(packet[0], MESSAGE.SEND_BODY_CHUNK)
        body += decodeChunk(packet).toString()
      }
      await server.expectEnd()
      server.connection.close()
      await until('it is gone', () => connector.snapshot().connections === 0)
      assert.deepEqual([body, reported()], [sent, ['aborted CONNECTOR_ANSWER_SHORT']])
      assert.deepEqual(told, ['finish', 'close'], 'the application cannot tell, as behind node:http')
      assert.equal(connector.snapshot().busy, 0)
    })

  for (const [name, play] of [
    ['in one piece', (response) => response.end('longer')],
    ['in bytes', (response) => response.end(Buffer.from('longer'))],
    [
      'in pieces',
      (response) => {
        for (const piece of ['lo', 'ng', 'er']) response.write(piece)
        response.end()
      },
    ],
  ] as [string, (response: ServerResponse) => void][])
    test(`too long, ${name}: sent as far as promised`, async (t) => {
      const { connect, reported } = await start(t, (_, response) => {
        response.writeHead(200, { 'Content-Length': '3' })
        play(response)
      })
      const server = await connect()
      const answer = await server.ask(forward())
      assert.deepEqual([answer.body.toString(), answer.isReusable], ['lon', true])
      assert.deepEqual(reported(), ['aborted CONNECTOR_ANSWER_LONG'])
      await server.expectPong()
    })

  for (const [name, method, play] of [
    ['HEAD', hex('03'), (response) => response.writeHead(200, { 'Content-Length': 9 }).end()],
    ['304', hex('02'), (response) => response.writeHead(304, { 'Content-Length': 9 }).end()],
  ] as [string, Buffer, (response: ServerResponse) => void][])
    test(`${name} has a length without a body`, async (t) => {
      const { connect, reported } = await start(t, (_, response) => play(response))
      const answer = await (await connect()).ask(forward({ method }))
      assert.deepEqual([answer.header('content-length'), answer.isReusable, reported()], ['9', true, []])
    })
})

test('fields that Connection names are for this connection, and are not sent', async (t) => {
  const { connect } = await start(t, (_, response) => {
    response.setHeader('Connection', ['keep-alive, X-Hop', 'x-other, Content-Length'])
    response.setHeader('X-Hop', '1')
    response.setHeader('X-Other', ['1', '2'])
    response.setHeader('X-End', '1')
    response.setHeader('Content-Length', 2)
    response.sendDate = false
    response.end('ok')
  })
  const answer = await (await connect()).ask(forward())
  assert.deepEqual(answer.headers, ['X-End', '1', 'Content-Length', '2'])
})

test('a slow reader gets the whole last answer of a connector that stops', async (t) => {
  const body = Buffer.alloc(8 * 1_048_576, 'abcdefghijk')
  const clock = new FakeClock()
  const { connect, connector } = await start(t, (_, response) => response.end(body), { clock, keepAliveTimeoutMs: 100 })
  const server = await connect()
  await server.send(forward())
  await until('it is answered', () => connector.snapshot().requests === 1 && connector.snapshot().busy === 0)
  const closed = connector.close(3_600_000)
  // Longer than the quiet time, a lingering close, and what an idle connection may take.
  for (let step = 0; step < 100; step++) clock.advance(100)
  const answer = await server.answer()
  assert.ok(answer.body.equals(body))
  await server.expectEnd()
  server.connection.close()
  await closed
})
