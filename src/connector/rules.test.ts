/** The rules of our end, S3 to S16 of ajp13.md 8.3 (S1, S2 and S18 are in fixtures.test.ts and malformed.test.ts). */
import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, test } from 'node:test'
import { until } from '../../test/kit/until.ts'
import { MESSAGE, NAMED } from '../ajp/index.ts'
import { attribute, coded, header, hex, str } from '../ajp/testing/raw.ts'
import { readAll, start } from './testing/start.ts'
import { bodyPacket, forward } from './testing/web-server.ts'

const POST = hex('04')
const CPING = hex('12 34 00 01 0A')
const CPONG = '4142000109'
const END_SHORT = hex('12 34 00 00')
const END_LONG = hex('12 34 00 02 00 00')
const post = (length: number) => forward({ method: POST, headers: [coded(8, String(length))] })
const measure = async (request: IncomingMessage, response: ServerResponse) => {
  const body = await readAll(request)
  response.end(`${body.length} ${body.every((byte, i) => byte === i % 251)}`)
}
const pattern = (length: number) => Buffer.from(Uint8Array.from({ length }, (_, i) => i % 251))

/** A promise, and what keeps it. */
function signal(): { readonly passed: Promise<void>; open(): void } {
  let open = () => {}
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open: () => open() }
}

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
    const { connect, connector } = await start(t, ignore)
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
    const { connect } = await start(t, (request, response) => {
      request.once('data', () => {})
      request.socket.setTimeout(0)
      setImmediate(() => {
        request.removeAllListeners('data')
        request.pause()
        response.end('enough')
      })
    })
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
    const { connect } = await start(t, (request, response) => {
      request.on('data', (chunk: Buffer) => {
        got += chunk.length
      })
      request.on('end', () => read.open())
      response.end('accepted')
    })
    const server = await connect()
    const [first, ...rest] = pieces(pattern(50_000), 8_186)
    await server.send(post(50_000), first!)
    const answer = await server.answer(rest)
    await read.passed
    assert.deepEqual([answer.body.toString(), answer.isReusable, got], ['accepted', true, 50_000])
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
    // 65 536 bytes are the buffer of later versions of Node.
    while (asked < 9) {
      await answerAsk(full)
      await new Promise((done) => setImmediate(done))
      if (asked >= 2 && server.connection.unread === '') {
        for (let turn = 0; turn < 20 && server.connection.unread === ''; turn++)
          await new Promise((done) => setImmediate(done))
        if (server.connection.unread === '') break
      }
    }
    assert.ok(asked < 9, `${asked} packets for nobody`)
    resume!()
    await answerAsk(full)
    await answerAsk(END_SHORT)
    assert.equal((await server.answer()).body.toString(), String((asked - 1) * 8_186))
  })
})

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

  test('a final status that AJP cannot carry: 500', async (t) => {
    const { connect, reported } = await start(t, (_, response) => response.writeHead(101).end())
    assert.equal((await (await connect()).ask(forward())).status, 500)
    assert.deepEqual(reported(), ['replaced AJP_STATUS'])
  })
})

describe('S13: the web server goes away', () => {
  test('idle: nobody is told', async (t) => {
    const { connect, connector, reported } = await start(t, () => {})
    const server = await connect()
    await server.expectPong()
    server.connection.close()
    await until('it is gone', () => connector.snapshot().connections === 0)
    assert.deepEqual(reported(), [])
  })

  for (const how of ['finish', 'reset'] as const)
    test(`in the request body, by ${how}: request and response are told`, async (t) => {
      const seen: string[] = []
      const { connect, connector, reported } = await start(t, (request, response) => {
        request.on('aborted', () => seen.push('request aborted'))
        request.on('error', (error: NodeJS.ErrnoException) => seen.push(`request error ${error.code}`))
        request.on('close', () => seen.push('request close'))
        request.socket.on('close', () => seen.push('socket close'))
        response.on('close', () => seen.push(`response close ${response.destroyed}`))
        response.on('finish', () => seen.push('finish'))
        request.resume()
      })
      const server = await connect()
      await server.send(post(100), bodyPacket('begun'))
      await server.packet()
      server.connection[how]()
      await until('all are told', () => seen.length === 5 && connector.snapshot().connections === 0)
      assert.deepEqual(seen, [
        'request aborted',
        'response close true',
        'socket close',
        'request error ECONNRESET',
        'request close',
      ])
      assert.deepEqual(reported(), ['aborted CONNECTOR_PEER_LEFT'])
      assert.equal(connector.snapshot().busy, 0)
    })

  test('in the response: writing goes on to nowhere, without an error', async (t) => {
    const closed = signal()
    const { connect } = await start(t, (_, response) => {
      response.write('begun')
      response.on('error', () => assert.fail('an error'))
      response.on('close', () => {
        assert.equal(response.write('more'), false)
        response.end('and more')
        closed.open()
      })
    })
    const server = await connect()
    await server.send(forward())
    await server.packet()
    server.connection.reset()
    await closed.passed
  })
})

describe('S14: the secret', () => {
  const RIGHT = 'RIGHTSECRET'
  for (const [secret, status] of [
    [undefined, 403],
    ['', 403],
    ['RIGHTSECRE', 403],
    ['RIGHTSECRETS', 403],
    ['W'.repeat(500), 403],
    [RIGHT, 200],
  ] as const)
    test(`${secret?.slice(0, 20) ?? 'none'}: ${status}`, async (t) => {
      const seen: unknown[] = []
      const { connect } = await start(
        t,
        (request, response) => response.end(seen.push(JSON.stringify(request.ajp)).toString()),
        {
          secret: RIGHT,
        },
      )
      const server = await connect()
      const attributes = secret === undefined ? [] : [attribute(12, str(secret))]
      const answer = await server.ask(forward({ attributes }))
      assert.deepEqual(
        [answer.status, answer.isReusable, seen.length],
        [status, status === 200, status === 200 ? 1 : 0],
      )
      assert.ok(!String(seen[0]).includes(RIGHT), 'the application does not learn it')
    })
  test('two secrets must both match', async (t) => {
    const { connect } = await start(t, (_, response) => response.end(), { secret: RIGHT })
    for (const [other, status] of [
      [RIGHT, 200],
      ['WRONG', 403],
    ] as const) {
      const attributes = [attribute(12, str(other)), attribute(12, str(RIGHT))]
      assert.equal((await (await connect()).ask(forward({ attributes }))).status, status)
    }
  })
})

describe('S15: a second request before the answer to the first was read', () => {
  for (const isLate of [true, false])
    test(`in one write; the application answers ${isLate ? 'later' : 'at once'}`, async (t) => {
      let requests = 0
      const { connect, reported } = await start(t, (_, response) => {
        requests++
        if (isLate) setImmediate(() => response.end())
        else response.end()
      })
      const server = await connect()
      await server.send(forward(), forward())
      if (!isLate) await server.answer()
      await server.expectEnd()
      assert.deepEqual([requests, reported()], [1, ['dropped AJP_ORDER']])
    })

  test('one byte of it is enough', async (t) => {
    const { connect, reported } = await start(t, () => {})
    const server = await connect()
    await server.send(forward(), hex('12'))
    await server.expectEnd()
    assert.deepEqual(reported(), ['dropped AJP_ORDER'])
  })
})

describe('S16: CPING', () => {
  test('idle: CPONG, without a secret, as often as one likes', async (t) => {
    const server = await (await start(t, () => {}, { secret: 's' })).connect()
    for (let i = 0; i < 3; i++) await server.expectPong()
  })

  test('in a request: cut', async (t) => {
    const { connect, reported } = await start(t, () => {})
    const server = await connect()
    await server.send(forward())
    await server.send(CPING)
    await server.expectEnd()
    assert.deepEqual(reported(), ['dropped AJP_ORDER'])
  })

  test('while stopping: closed, and not answered', async (t) => {
    const reached = signal()
    let finish = () => {}
    const { connect, connector } = await start(t, (_, response) => {
      finish = () => response.end('done')
      reached.open()
    })
    const [busy, idle] = [await connect(), await connect()]
    await idle.expectPong()
    await busy.send(forward())
    await reached.passed
    const closed = connector.close()
    await idle.send(CPING).catch(() => {})
    assert.equal(await idle.connection.expectEnd().then(() => idle.connection.unread), '')
    finish()
    const answer = await busy.answer()
    assert.deepEqual([answer.body.toString(), answer.isReusable], ['done', false])
    await busy.expectEnd()
    busy.connection.close()
    await closed
  })

  test('several in one write are each answered', async (t) => {
    const server = await (await start(t, () => {})).connect()
    await server.send(CPING, CPING)
    assert.equal((await server.connection.expectBytes(10)).toString('hex'), CPONG + CPONG)
  })
})

test('names that the connector places elsewhere are not among the attributes', async (t) => {
  const named = (name: string, value: string) => attribute(10, str(name), str(value))
  const { connect } = await start(t, ({ ajp }, response) =>
    response.end(JSON.stringify([ajp?.activation, [...ajp!.attributes.keys()]])),
  )
  const attributes = [named(NAMED.REMOTE_PORT, '1'), named(NAMED.LOCAL_ADDR, '::1'), named(NAMED.LB_ACTIVATION, 'DIS')]
  const answer = await (await connect()).ask(forward({ attributes }))
  assert.equal(answer.body.toString(), '["DIS",["JK_LB_ACTIVATION"]]')
})
