/** The rules of our end for request bodies, S3 to S7 of ajp13.md 8.3. */
import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, test } from 'node:test'
import { until } from '../../test/kit/until.ts'
import { MESSAGE } from '../ajp/index.ts'
import { coded, header, hex } from '../ajp/testing/raw.ts'
import { FakeClock } from '../clock/fake-clock.ts'
import { readAll, signal, start } from './testing/start.ts'
import { bodyPacket, forward } from './testing/web-server.ts'

const POST = hex('04')
const CPING = hex('12 34 00 01 0A')
const END_SHORT = hex('12 34 00 00')
const END_LONG = hex('12 34 00 02 00 00')
const post = (length: number) => forward({ method: POST, headers: [coded(8, String(length))] })
const measure = async (request: IncomingMessage, response: ServerResponse) => {
  const body = await readAll(request)
  response.end(`${body.length} ${body.every((byte, i) => byte === i % 251)}`)
}
const pattern = (length: number) => Buffer.from(Uint8Array.from({ length }, (_, i) => i % 251))

function pieces(body: Buffer, size: number): Buffer[] {
  const packets: Buffer[] = []
  for (let at = 0; at < body.length; at += size) packets.push(bodyPacket(body.subarray(at, at + size)))
  return packets
}

describe('S3: bodies larger than a packet', () => {
  const body = pattern(100_000)
  test('with content-length: nothing is asked for behind the last byte', async (t) => {
    const server = await (await start(t, measure)).connect()
    const [first, ...rest] = pieces(body, 8_186)
    await server.send(post(body.length), first!)
    const answer = await server.answer(rest)
    assert.deepEqual([answer.body.toString(), answer.asked, answer.isReusable], ['100000 true', rest.length, true])
    await server.expectPong()
  })

  for (const [name, end] of [
    ['mod_jk', END_SHORT],
    ['mod_proxy_ajp', END_LONG],
  ] as const)
    test(`chunked, ended as ${name} does`, async (t) => {
      const server = await (await start(t, measure)).connect()
      const packets = [...pieces(body, 5_000), end]
      const answer = await server.ask(
        forward({ method: POST, headers: [header('Transfer-Encoding', 'chunked')] }),
        packets,
      )
      assert.deepEqual([answer.body.toString(), answer.asked, answer.isReusable], ['100000 true', packets.length, true])
      await server.expectPong()
    })

  test('a packet larger than was asked for is taken', async (t) => {
    const server = await (await start(t, measure, { packetSize: 65_536 })).connect()
    const answer = await server.ask(
      Buffer.concat([post(body.length), pieces(body, 65_530)[0]!]),
      pieces(body, 65_530).slice(1),
    )
    assert.equal(answer.body.toString(), '100000 true')
  })
})

describe('S4 and S5: the application ignores the body', () => {
  const ignore = (_: IncomingMessage, response: ServerResponse) => response.end('early')

  test('S4: the owed packet is swallowed, and the connection used again', async (t) => {
    // Time stands still: the packet may come as late as it likes.
    const { connect, connector } = await start(t, ignore, { clock: new FakeClock() })
    const server = await connect()
    await server.send(post(100_000))
    const early = server.answer()
    await until('the answer waits for the packet', () => connector.snapshot().busy === 1)
    await server.send(bodyPacket(Buffer.alloc(8_186, 2)))
    assert.deepEqual([(await early).isReusable, (await early).asked], [true, 0])
    assert.equal((await server.ask(forward())).body.toString(), 'early')
  })

  test('S4: the same with both in one write', async (t) => {
    const server = await (await start(t, ignore)).connect()
    for (let i = 0; i < 2; i++) {
      const answer = await server.ask(Buffer.concat([post(100_000), bodyPacket(Buffer.alloc(600, 2))]))
      assert.deepEqual([answer.body.toString(), answer.isReusable], ['early', true])
    }
    await server.expectPong()
  })

  test('S4: a packet that was asked for is swallowed, too', async (t) => {
    const { connect } = await start(
      t,
      (request, response) => {
        request.once('data', () => {})
        request.socket.setTimeout(0)
        setImmediate(() => {
          request.removeAllListeners('data')
          request.pause()
          response.end('enough')
        })
      },
      { clock: new FakeClock() },
    )
    const server = await connect()
    const request = forward({ method: POST, headers: [header('Transfer-Encoding', 'chunked')] })
    const answer = await server.ask(request, [bodyPacket('x')])
    assert.deepEqual([answer.asked, answer.isReusable], [1, true])
    await server.expectPong()
  })

  test('S5: it never comes: END_RESPONSE 0 after the grace, and a close', async (t) => {
    const { connect, reported } = await start(t, ignore, { bodyGraceMs: 30 })
    const server = await connect()
    const answer = await server.ask(post(100_000))
    assert.deepEqual([answer.body.toString(), answer.isReusable], ['early', false])
    await server.expectEnd()
    assert.deepEqual(reported(), ['closed CONNECTOR_BODY_OWED'])
  })

  test('an application that reads on behind its answer gets the whole body', async (t) => {
    const read = signal()
    let got = 0
    const { connect } = await start(
      t,
      (request, response) => {
        request.on('data', (chunk: Buffer) => {
          got += chunk.length
        })
        request.on('end', () => read.open())
        response.end('accepted')
      },
      { clock: new FakeClock() },
    )
    const server = await connect()
    const [first, ...rest] = pieces(pattern(50_000), 8_186)
    await server.send(post(50_000), first!)
    const answer = await server.answer(rest)
    await read.passed
    assert.deepEqual([answer.body.toString(), answer.isReusable, got], ['accepted', true, 50_000])
    await server.expectPong()
  })

  test('an application that reads on behind its answer, and stops, does not hold it back', async (t) => {
    const clock = new FakeClock()
    const stopped = signal()
    const { connect } = await start(
      t,
      (request, response) => {
        request.once('data', () => {
          request.pause()
          stopped.open()
        })
        request.on('data', () => {})
        response.end('accepted')
      },
      { clock },
    )
    const server = await connect()
    const [first, ...rest] = pieces(pattern(400_000), 8_186)
    await server.send(post(400_000), first!)
    const answer = server.answer(rest)
    await stopped.passed
    // A sweep later.
    clock.advance(1_000)
    assert.deepEqual([(await answer).body.toString(), (await answer).isReusable], ['accepted', true])
    await server.expectPong()
  })
})

describe('S6: the body lies', () => {
  test('too short: the request fails, the answer is sent, the connection ends', async (t) => {
    const errors: unknown[] = []
    const { connect, reported } = await start(t, async (request, response) => {
      request.on('aborted', () => errors.push('aborted'))
      await readAll(request).catch((error) => errors.push(error.code, error.cause.code))
      assert.ok(request.aborted && !request.complete)
      response.statusCode = 400
      response.end('short')
    })
    const server = await connect()
    await server.send(post(100), bodyPacket('only this'))
    const answer = await server.answer([END_SHORT])
    assert.deepEqual([answer.status, answer.isReusable], [400, false])
    await server.expectEnd()
    assert.deepEqual(errors, ['aborted', 'ECONNRESET', 'AJP_BODY_SHORT'])
    assert.deepEqual(reported(), ['aborted AJP_BODY_SHORT'])
  })

  for (const [name, packet, code] of [
    ['too long', bodyPacket('more than four'), 'AJP_BODY_LONG'],
    ['data longer than its packet', hex('12 34 00 04 00 09 61 61'), 'AJP_BODY_PACKET'],
    ['a packet of one byte, as CPING is', CPING, 'AJP_BODY_PACKET'],
    ['a packet too large', hex('12 34 FF FF'), 'AJP_PACKET_TOO_LARGE'],
    ['no packet', hex('12 35 00 00'), 'AJP_MAGIC'],
  ] as const)
    test(`${name}: cut, and the application sees nothing of it`, async (t) => {
      const seen: unknown[] = []
      const { connect, reported, connector } = await start(t, async (request, response) => {
        response.on('close', () => seen.push(`close ${response.writableFinished}`))
        await readAll(request).catch((error) => seen.push(error.code))
      })
      const server = await connect()
      await server.send(post(4), packet)
      await server.expectEnd()
      await until('both are told', () => seen.length === 2)
      assert.deepEqual(seen.sort(), ['ECONNRESET', 'close false'])
      assert.deepEqual(reported(), [`dropped ${code}`])
      assert.equal(connector.snapshot().busy, 0)
    })

  test('strictContentLength false: all that comes is delivered', async (t) => {
    const server = await (await start(t, measure, { strictContentLength: false })).connect()
    await server.send(post(4), bodyPacket(pattern(18)))
    assert.equal((await server.answer([END_SHORT])).body.toString(), '18 true')
  })
})

describe('S7: neither content-length nor transfer-encoding', () => {
  for (const [name, method] of [
    ['OPTIONS', '01'],
    ['GET', '02'],
    ['HEAD', '03'],
    ['DELETE', '06'],
    ['TRACE', '07'],
  ] as const)
    test(`${name}: no body, nothing is asked for`, async (t) => {
      const server = await (await start(t, measure)).connect()
      const answer = await server.ask(forward({ method: hex(method) }))
      assert.deepEqual([answer.status, answer.asked], [200, 0])
    })

  test('POST: asked for when it is read', async (t) => {
    const server = await (await start(t, measure)).connect()
    const answer = await server.ask(forward({ method: POST }), [bodyPacket(pattern(9)), END_LONG])
    assert.deepEqual([answer.body.toString(), answer.asked], ['9 true', 2])
  })

  test('POST: not asked for when it is not read', async (t) => {
    const server = await (await start(t, (_, response) => response.end('unread'))).connect()
    const answer = await server.ask(forward({ method: POST }))
    assert.deepEqual([answer.asked, answer.isReusable], [0, true])
    await server.expectPong()
  })

  test('a request that is paused asks for no more than its buffer holds', async (t) => {
    let resume: (() => void) | undefined
    const { connect } = await start(t, (request, response) => {
      let bytes = 0
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      request.pause()
      resume = () => request.resume()
      request.on('end', () => response.end(String(bytes)))
    })
    const server = await connect()
    const full = bodyPacket(Buffer.alloc(8_186))
    let asked = 0
    const answerAsk = async (packet: Buffer) => {
      assert.equal((await server.packet())[0], MESSAGE.GET_BODY_CHUNK)
      asked++
      await server.send(packet)
    }
    await server.send(forward({ method: POST }))
    // Later versions of Node have a buffer of 65 536 bytes: not full after 8 packets.
    while (asked < 10) {
      await answerAsk(full)
      await new Promise((done) => setImmediate(done))
      if (asked >= 2 && server.connection.unread === '') {
        for (let turn = 0; turn < 20 && server.connection.unread === ''; turn++)
          await new Promise((done) => setImmediate(done))
        if (server.connection.unread === '') break
      }
    }
    assert.ok(asked < 10, `${asked} packets for nobody`)
    resume!()
    await answerAsk(full)
    await answerAsk(END_SHORT)
    assert.equal((await server.answer()).body.toString(), String((asked - 1) * 8_186))
  })
})
