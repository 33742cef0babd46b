/**
 * The rules of our end for connections and doors, S13 to S16 of ajp13.md 8.3. S1 and S18 are in fixtures.test.ts, S2 in
 * malformed.test.ts, S3 to S7 in body-rules.test.ts, S8 to S12 in answer-rules.test.ts, S17 in httpd.test.ts.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../../test/kit/until.ts'
import { NAMED } from '../ajp/index.ts'
import { attribute, coded, hex, str } from '../ajp/testing/raw.ts'
import { FakeClock } from '../clock/fake-clock.ts'
import { signal, start } from './testing/start.ts'
import { bodyPacket, forward } from './testing/web-server.ts'

const POST = hex('04')
const CPING = hex('12 34 00 01 0A')
const CPONG = '4142000109'
const post = (length: number) => forward({ method: POST, headers: [coded(8, String(length))] })

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

  test('while stopping, a request that comes is answered: it was on its way', async (t) => {
    const clock = new FakeClock()
    const { connect, connector } = await start(t, (_, response) => response.end('late'), { clock })
    const [used, unused] = [await connect(), await connect()]
    await used.expectPong()
    await unused.expectPong()
    const closed = connector.close()
    clock.advance(249)
    await new Promise(setImmediate)
    const answer = await used.ask(forward())
    assert.deepEqual([answer.body.toString(), answer.isReusable], ['late', false])
    await used.expectEnd()
    used.connection.close()
    // Nobody used it: closed behind the quiet time.
    clock.advance(1)
    await unused.expectEnd()
    await closed
  })

  test('while stopping, a request that came while this process stood still for the quiet time is answered', async (t) => {
    const clock = new FakeClock()
    const { connect, connector } = await start(t, (_, response) => response.end('late'), { clock })
    const server = await connect()
    await server.expectPong()
    const closed = connector.close()
    // As after a standstill: timers have their turn, and sockets only behind them.
    setTimeout(() => {
      void server.send(forward())
      clock.advance(250)
    })
    const answer = await server.answer()
    assert.deepEqual([answer.body.toString(), answer.isReusable], ['late', false])
    await server.expectEnd()
    server.connection.close()
    await closed
  })

  test('several in one write are each answered', async (t) => {
    const server = await (await start(t, () => {})).connect()
    await server.send(CPING, CPING)
    assert.equal((await server.connection.expectBytes(10)).toString('hex'), CPONG + CPONG)
  })
})

test('CONNECT is answered with 501, and does not reach the application', async (t) => {
  const { connect, reported } = await start(t, () => assert.fail('reached'))
  const stored = attribute(13, str('CONNECT'))
  const answer = await (await connect()).ask(forward({ method: hex('FF'), attributes: [stored] }))
  assert.deepEqual([answer.status, answer.isReusable, reported()], [501, false, ['refused CONNECTOR_CONNECT']])
})

test('paths are the affair of the application, as behind node:http', async (t) => {
  const { connect } = await start(t, (request, response) => response.end(request.url))
  const server = await connect()
  for (const uri of ['/a%5Cb', '/caf%E9', '/a%2Fb', '/a/../b', '/%zz']) {
    assert.equal((await server.ask(forward({ uri: str(uri) }))).body.toString(), uri)
  }
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
