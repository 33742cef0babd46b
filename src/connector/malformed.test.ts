/**
 * What is refused and how (ajp13.md 6.4, the paragraph of our server): what was framed well is answered with a status,
 * END_RESPONSE 0 and a lingering close; what was not is cut without a byte. The application sees none of it.
 */
import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, type TestContext, test } from 'node:test'
import { suite } from '../../test/kit/suite.ts'
import { until } from '../../test/kit/until.ts'
import { corpus, corpusMissing } from '../ajp/testing/corpus.ts'
import { fixtures } from '../ajp/testing/fixtures.ts'
import { attribute, coded, header, hex, NULL, type RawRequest, str, toContainer, u16 } from '../ajp/testing/raw.ts'
import type { ConnectorOptions } from './options.ts'
import { readAll, start } from './testing/start.ts'
import { bodyPacket, forward } from './testing/web-server.ts'

const unreached = () => assert.fail('reached the application')

async function expectRefusal(t: TestContext, bytes: Buffer, status: number, code: string, options?: ConnectorOptions) {
  const { connect, connector, reported } = await start(t, unreached, options)
  const server = await connect()
  const answer = await server.ask(bytes)
  assert.deepEqual([answer.status, answer.isReusable], [status, false])
  assert.equal(answer.header('content-length'), String(answer.body.length))
  await server.expectEnd()
  assert.deepEqual(reported(), [`refused ${code}`])
  assert.equal(connector.snapshot().refused, 1)
}

async function expectDrop(t: TestContext, bytes: Buffer, code: string) {
  const { connect, reported } = await start(t, unreached)
  const server = await connect()
  await server.send(bytes)
  await server.expectEnd()
  assert.deepEqual(reported(), [`dropped ${code}`])
}

describe('framing errors: cut without a byte', () => {
  const rows: [string, string, Buffer][] = [
    ['row 1: wrong magic', 'AJP_MAGIC', hex('12 35 00 01 0A')],
    ['row 1: magic of a container', 'AJP_MAGIC', hex('41 42 00 01 09')],
    ['row 1: HTTP', 'AJP_MAGIC', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['row 5: an empty packet', 'AJP_TYPE', hex('12 34 00 00')],
    ...[0, 1, 3, 4, 5, 6, 7, 8, 9, 11, 255].map((type): [string, string, Buffer] => [
      `row 6: type ${type}`,
      'AJP_TYPE',
      toContainer(Buffer.of(type)),
    ]),
    ['row 6: CPING with something behind', 'AJP_TYPE', toContainer(hex('0A 00'))],
    ['AJP/1.4', 'AJP_TYPE', toContainer(hex('10 00'))],
  ]
  for (const [name, code, bytes] of rows) test(name, (t) => expectDrop(t, bytes, code))

  test('row 2: closed inside a packet', async (t) => {
    const { connect, connector, reported } = await start(t, unreached)
    const server = await connect()
    await server.send(forward().subarray(0, 30))
    server.connection.finish()
    await server.expectEnd()
    await until('the connection is gone', () => connector.snapshot().connections === 0)
    assert.deepEqual(reported(), [])
  })

  test('row 3: silence inside a packet', async (t) => {
    const { connect, reported } = await start(t, unreached, { packetTimeoutMs: 50 })
    const server = await connect()
    await server.send(forward().subarray(0, 30))
    await server.expectEnd()
    assert.deepEqual(reported(), ['dropped CONNECTOR_PACKET_TIMEOUT'])
  })
})

describe('well framed, but wrong: answered', () => {
  const named = (name: string) => attribute(10, str(name), str('x'))
  const manyHeaders = Array.from({ length: 101 }, (_, i) => header(`X-${i}`, 'v'))
  const rows: [string, number, string, RawRequest | Buffer][] = [
    ['row 4: a packet that is announced too large', 400, 'AJP_PACKET_TOO_LARGE', hex('12 34 1F FD 02')],
    ['row 10: no terminator', 400, 'AJP_SHORT', { terminator: Buffer.alloc(0) }],
    ['row 10: a string past the end', 400, 'AJP_SHORT', { attributes: [attribute(5, hex('0F FF 61'))] }],
    ['row 10: more headers announced than there are', 400, 'AJP_SHORT', { count: u16(9), headers: [header('A', 'b')] }],
    ['row 11: bytes behind the terminator', 400, 'AJP_TRAILING', { terminator: hex('FF 00') }],
    ['row 12: method 0', 400, 'AJP_METHOD', { method: hex('00') }],
    ['row 12: method 99', 400, 'AJP_METHOD', { method: Buffer.of(99) }],
    ['row 13: a stored method that is not there', 400, 'AJP_METHOD', { method: hex('FF') }],
    ['row 16: header code A00F', 400, 'AJP_HEADER_CODE', { headers: [coded(15, 'x')] }],
    ['row 17: 101 headers', 431, 'AJP_TOO_MANY_HEADERS', { headers: manyHeaders }],
    ['row 18: two lengths', 400, 'AJP_CONTENT_LENGTH', { headers: [coded(8, '0'), header('Content-Length', '0')] }],
    ['row 19: a negative length', 400, 'AJP_CONTENT_LENGTH', { headers: [coded(8, '-1')] }],
    ['row 20: a length that is null', 400, 'AJP_STRING', { headers: [Buffer.concat([hex('A0 08'), NULL])] }],
    [
      'row 21: length and coding',
      400,
      'AJP_TRANSFER_ENCODING',
      { headers: [coded(8, '5'), header('Transfer-Encoding', 'chunked')] },
    ],
    [
      'CVE-2022-26377: another coding',
      400,
      'AJP_TRANSFER_ENCODING',
      { headers: [header('Transfer-Encoding', 'gzip')] },
    ],
    ['row 24: a bad host', 400, 'AJP_HOST', { headers: [coded(11, 'a b')] }],
    ['row 25: two hosts', 400, 'AJP_HOST', { headers: [coded(11, 'a'), coded(11, 'b')] }],
    ['row 28: an attribute nobody allowed', 403, 'CONNECTOR_ATTRIBUTE', { attributes: [named('MINE')] }],
    ['CVE-2020-1938', 403, 'CONNECTOR_ATTRIBUTE', { attributes: [named('javax.servlet.include.request_uri')] }],
    ['row 29: an unassigned attribute code', 400, 'AJP_ATTRIBUTE', { attributes: [attribute(14, str('x'))] }],
    ['row 30: a URI that is no path', 400, 'AJP_TARGET', { uri: str('a') }],
    ['row 30: a space in the URI', 400, 'AJP_CHARACTER', { uri: str('/a b') }],
    ['row 31: no URI', 400, 'AJP_STRING', { uri: NULL }],
    ['a line end in a value', 400, 'AJP_CHARACTER', { headers: [header('A', 'b\r\nC: d')] }],
  ]
  for (const [name, status, code, parts] of rows)
    test(name, (t) => expectRefusal(t, Buffer.isBuffer(parts) ? parts : forward(parts), status, code))

  test('the answer to HEAD has no body, also when it could not be decoded', async (t) => {
    const { connect } = await start(t, unreached)
    for (const parts of [{ attributes: [named('MINE')] }, { uri: str('a') }]) {
      const server = await connect()
      assert.deepEqual((await server.ask(forward({ ...parts, method: hex('03') }))).chunks, [])
    }
  })

  test('with all of its input unread the answer still arrives', async (t) => {
    const { connect } = await start(t, unreached)
    const server = await connect()
    const flood = Array.from({ length: 40 }, () => bodyPacket(Buffer.alloc(8_000, 2)))
    await server.send(forward({ method: Buffer.of(99) }), ...flood)
    assert.equal((await server.answer()).status, 400)
    await server.expectEnd()
  })

  test('exactly maxHeaderCount headers are taken', async (t) => {
    const server = await (await start(t, (_, response) => response.end())).connect()
    assert.equal((await server.ask(forward({ headers: manyHeaders.slice(1) }))).status, 200)
  })

  test('an allowed pattern must match the whole name', async (t) => {
    const options = { allowedRequestAttributesPattern: 'MINE|YOURS' }
    const { connect } = await start(t, (_, response) => response.end(), options)
    for (const [name, status] of [
      ['MINE', 200],
      ['YOURS', 200],
      ['MINES', 403],
      ['XMINE', 403],
    ] as const)
      assert.equal((await (await connect()).ask(forward({ attributes: [named(name)] }))).status, status, name)
  })
})

describe('S2: the malformed fixtures', () => {
  const verdicts: Readonly<Record<string, number | string>> = {
    'm01-bad-magic': 'AJP_MAGIC',
    'm02-too-long': 400,
    'm03-zero-length-first': 'AJP_TYPE',
    'm04-type-7-shutdown': 'AJP_TYPE',
    'm05-type-8-ping': 'AJP_TYPE',
    'm06-no-terminator': 400,
    'm07-method-99': 400,
    'm08-header-code-a00f': 400,
    'm09-content-length-negative': 400,
    'm10-content-length-twice': 400,
    'm11-host-invalid': 400,
    'm12-unknown-attribute': 403,
    'm13-string-overrun': 400,
  }
  const all = new Map(
    fixtures('').map(({ name, packets }) => [
      name,
      Buffer.concat(packets.filter(({ dir }) => dir === 'C>S').map(({ bytes }) => bytes)),
    ]),
  )
  for (const [name, verdict] of Object.entries(verdicts))
    test(name, async (t) => {
      const bytes = all.get(name)!
      if (typeof verdict === 'string') return expectDrop(t, bytes, verdict)
      const server = await (await start(t, unreached)).connect()
      const answer = await server.ask(bytes)
      assert.deepEqual([answer.status, answer.isReusable], [verdict, false])
      await server.expectEnd()
    })

  test('m14 in one write: dropped, and the forged request is not seen', async (t) => {
    const seen: string[] = []
    const { connect, reported } = await start(t, (request, response) => {
      seen.push(request.url!)
      setImmediate(() => response.end())
    })
    const server = await connect()
    await server.send(all.get('m14-smuggled-request-in-body')!)
    await server.expectEnd()
    assert.deepEqual([seen.length, reported()], [1, ['dropped AJP_ORDER']])
  })

  test('m14 in one write, with an application that answers at once', async (t) => {
    const seen: string[] = []
    const { connect, reported } = await start(t, (request, response) => {
      seen.push(request.url!)
      response.end()
    })
    const server = await connect()
    await server.send(all.get('m14-smuggled-request-in-body')!)
    await server.answer()
    await server.expectEnd()
    assert.deepEqual([seen.length, reported()], [1, ['dropped AJP_ORDER']])
  })

  // Tomcat, which reads over what follows a request, answers 403: the forged one does not know the secret.
  test('m14 in two writes: the forged request is refused', async (t) => {
    const packets = fixtures('').find(({ name }) => name === 'm14-smuggled-request-in-body')!.packets
    const seen: string[] = []
    const handler = (request: IncomingMessage, response: ServerResponse) =>
      response.end(seen.push(request.url!).toString())
    const { connect, reported } = await start(t, handler, { secret: 'RIGHT' })
    const server = await connect()
    assert.equal((await server.ask(forward({ attributes: [attribute(12, str('RIGHT'))] }))).status, 200)
    assert.equal((await server.ask(packets[1]!.bytes)).status, 400)
    await server.expectEnd()
    assert.deepEqual([seen.length, reported()], [1, ['refused AJP_TRAILING']])
  })
})

suite('the corpus of hostile packets', { skip: corpusMissing }, () => {
  for (const { name, side, raw_hex, expected, why } of corpus().filter(({ side }) => side === 'connector'))
    test(`${side} ${name}: ${why}`, async (t) => {
      const seen: string[] = []
      const options = name.startsWith('secret-') ? { secret: 'RIGHT' } : {}
      const { connect, connector } = await start(
        t,
        async (request, response) => {
          const body = await readAll(request).catch(() => 'cut')
          seen.push(body.length > 4 ? 'too long' : 'fine')
          assert.ok(!('x' in request.headers) || request.headers.x !== 'injected')
          response.end('app')
        },
        options,
      )
      const server = await connect()
      await server.send(Buffer.from(raw_hex, 'hex'))
      if (expected === 'accept' && name === 'cping') return server.expectPong()
      if (expected === 'accept') assert.equal((await server.answer()).status, 200)
      if (expected === 'reject') {
        server.connection.finish()
        await until('the connection is gone', () => connector.snapshot().connections === 0)
        assert.deepEqual(seen, [])
      } else {
        server.connection.finish()
        await until('the connection is gone', () => connector.snapshot().connections === 0)
        assert.ok(seen.length <= 1 && !seen.includes('too long'))
      }
    })
})
