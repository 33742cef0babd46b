/**
 * Tomcat's own tests of its AJP processor (TestAbstractAjpProcessor, 30 of them; ajp13.md 8.1), each with its name, with
 * its input byte for byte, and with what a Node application sees in place of a servlet.
 */
import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { describe, type TestContext, test } from 'node:test'
import { attribute, coded, header, hex, type RawRequest, str, u16 } from '../ajp/testing/raw.ts'
import type { ConnectorOptions } from './options.ts'
import { readAll, start } from './testing/start.ts'
import { bodyPacket, forward } from './testing/web-server.ts'

/** Tomcat's test client sends so. */
const DEFAULTS: RawRequest = {
  protocol: str('http'),
  uri: str('/'),
  remoteAddr: str('192.168.0.1'),
  remoteHost: str('client.example.com'),
  serverName: str('www.example.com'),
}
const OPTIONS: ConnectorOptions = { packetSize: 16_000, allowedRequestAttributesPattern: 'MYATTRIBUTE.*' }
const named = (name: string, value: string) => attribute(10, str(name), str(value))

/** What the application saw of one request, which is answered with 200. */
async function snoop<T>(
  t: TestContext,
  parts: RawRequest,
  look: (request: IncomingMessage) => T,
  options: ConnectorOptions = {},
): Promise<T> {
  const seen: T[] = []
  const handler = (request: IncomingMessage, response: { end(text: string): void }) => {
    seen.push(look(request))
    response.end('snooped')
  }
  const { connect } = await start(t, handler, { ...OPTIONS, ...options })
  const server = await connect()
  const answer = await server.ask(forward({ ...DEFAULTS, ...parts }))
  assert.deepEqual([answer.status, answer.message, answer.chunks, answer.isReusable], [200, 'OK', [7], true])
  await server.expectPong()
  return seen[0]!
}

describe('snoop', () => {
  const trusting = { tomcatAuthentication: false }
  const rows: [string, RawRequest, (request: IncomingMessage) => unknown, unknown, ConnectorOptions?][] = [
    ['testServerName', { serverName: str('MYSERVER') }, (r) => r.ajp?.serverName, 'MYSERVER'],
    ['testServerPort', { serverPort: u16(8888) }, (r) => [r.ajp?.serverPort, r.socket.localPort], [8888, 8888]],
    ['testLocalAddr', { attributes: [named('AJP_LOCAL_ADDR', '10.3.2.1')] }, (r) => r.socket.localAddress, '10.3.2.1'],
    ['testRemoteHost', { remoteHost: str('MYCLIENT') }, (r) => r.ajp?.remoteHost, 'MYCLIENT'],
    ['testRemoteAddr', { remoteAddr: str('10.1.2.3') }, (r) => r.socket.remoteAddress, '10.1.2.3'],
    ['testRemotePort', { attributes: [named('AJP_REMOTE_PORT', '34567')] }, (r) => r.socket.remotePort, 34567],
    ['testMethod', { method: hex('0D') }, (r) => r.method, 'LOCK'],
    ['testUri', { uri: str('/a/b/c') }, (r) => r.url, '/a/b/c'],
    ['testProtocol', { protocol: str('HTTP/1.x') }, (r) => [r.ajp?.protocol, r.httpVersion], ['HTTP/1.x', '1.1']],
    ['testSecure', { isSsl: hex('01') }, (r) => (r.socket as { encrypted?: boolean }).encrypted, true],
    ['testQueryString', { attributes: [attribute(5, str('p1=1&p2=12&p3=123'))] }, (r) => r.url, '/?p1=1&p2=12&p3=123'],
    ['testRemoteUser', { attributes: [attribute(3, str('MYUSER'))] }, (r) => r.ajp?.remoteUser, 'MYUSER', trusting],
    ['testAuthType', { attributes: [attribute(4, str('MyAuth'))] }, (r) => r.ajp?.authType, 'MyAuth', trusting],
    [
      'testOneHeader',
      { headers: [header('MYHEADER', 'MYHEADER-VALUE')] },
      (r) => r.headers,
      { myheader: 'MYHEADER-VALUE' },
    ],
    [
      'testOneAttribute',
      { attributes: [named('MYATTRIBUTE', 'MYATTRIBUTE-VALUE')] },
      (r) => [...r.ajp!.attributes],
      [['MYATTRIBUTE', 'MYATTRIBUTE-VALUE']],
    ],
  ]
  for (const [name, parts, look, expected, options] of rows)
    test(name, async (t) => assert.deepEqual(await snoop(t, parts, look, options), expected))

  test('testMulti', async (t) => {
    const parts: RawRequest = {
      method: hex('0D'),
      protocol: str('HTTP/1.x'),
      uri: str('/a/b/c'),
      remoteAddr: str('10.1.2.3'),
      remoteHost: str('MYCLIENT'),
      serverName: str('MYSERVER'),
      serverPort: u16(8888),
      isSsl: hex('01'),
      headers: [header('MYHEADER1', 'ONE'), header('MYHEADER2', 'TWO')],
      attributes: [
        named('AJP_LOCAL_ADDR', '10.3.2.1'),
        named('AJP_REMOTE_PORT', '34567'),
        attribute(5, str('p1=1')),
        attribute(3, str('MYUSER')),
        attribute(4, str('MyAuth')),
        named('MYATTRIBUTE1', 'A'),
        named('MYATTRIBUTE2', 'B'),
      ],
    }
    const look = ({ method, url, rawHeaders, socket, ajp }: IncomingMessage) => ({
      request: [method, url, rawHeaders],
      socket: [socket.remoteAddress, socket.remotePort, socket.localAddress, socket.localPort],
      server: [ajp?.serverName, ajp?.remoteHost, ajp?.protocol, ajp?.isSecure],
      user: [ajp?.remoteUser, ajp?.authType],
      attributes: [...ajp!.attributes],
    })
    assert.deepEqual(await snoop(t, parts, look, trusting), {
      request: ['LOCK', '/a/b/c?p1=1', ['MYHEADER1', 'ONE', 'MYHEADER2', 'TWO']],
      socket: ['10.1.2.3', 34567, '10.3.2.1', 8888],
      server: ['MYSERVER', 'MYCLIENT', 'HTTP/1.x', true],
      user: ['MYUSER', 'MyAuth'],
      attributes: [
        ['MYATTRIBUTE1', 'A'],
        ['MYATTRIBUTE2', 'B'],
      ],
    })
  })
})

describe('bodies', () => {
  const measuring = async (request: IncomingMessage, response: { end(text: string): void }) =>
    response.end(`size ${(await readAll(request)).length}`)

  // Tomcat asks once more at the end; we have counted.
  for (const [name, size] of [
    ['testSmallBody', 100],
    ['testLargeBody', 10_000],
  ] as const)
    test(name, async (t) => {
      const server = await (await start(t, measuring, OPTIONS)).connect()
      // With the surplus that Tomcat's own client sends behind the data.
      const body = bodyPacket(Buffer.alloc(size, 0x61))
      const padded = Buffer.concat([body, hex('00 00 00 FF')])
      padded.writeUInt16BE(padded.length - 4, 2)
      const request = forward({ ...DEFAULTS, method: hex('05'), headers: [coded(8, String(size))] })
      const answer = await server.ask(Buffer.concat([request, padded]))
      assert.deepEqual([answer.status, answer.body.toString(), answer.isReusable], [200, `size ${size}`, true])
      assert.equal(answer.asked, 0)
      await server.expectPong()
    })

  test('testPost', async (t) => {
    const echo = async (request: IncomingMessage, response: { end(text: string): void }) =>
      response.end(String(new URLSearchParams((await readAll(request)).toString())).replace('=', ' - '))
    const server = await (await start(t, echo)).connect()
    const headers = [coded(8, '9'), coded(7, 'application/x-www-form-urlencoded')]
    const answer = await server.ask(
      Buffer.concat([forward({ ...DEFAULTS, method: hex('04'), headers }), bodyPacket('test=data')]),
    )
    assert.deepEqual([answer.status, answer.body.toString(), answer.isReusable], [200, 'test - data', true])
    await server.expectPong()
  })

  test('testPostMultipleContentLength', async (t) => {
    const { connect } = await start(t, () => assert.fail('reached the application'))
    const server = await connect()
    const headers = [coded(8, '9'), coded(8, '99')]
    await server.send(forward({ ...DEFAULTS, method: hex('04'), headers }), bodyPacket('test=data'))
    const answer = await server.answer()
    assert.deepEqual([answer.status, answer.isReusable], [400, false])
    await server.expectEnd()
  })

  for (const [name, method, looksFirst] of [
    ['testZeroLengthRequestBodyGetA', '02', true],
    ['testZeroLengthRequestBodyGetB', '02', false],
    ['testZeroLengthRequestBodyPostA', '04', true],
    ['testZeroLengthRequestBodyPostB', '04', false],
  ] as const)
    test(name, async (t) => {
      const handler = async (request: IncomingMessage, response: { end(text: string): void }) => {
        const available = looksFirst ? request.readableLength : 0
        response.end(`${available} ${(await readAll(request)).length}`)
      }
      const server = await (await start(t, handler)).connect()
      const answer = await server.ask(forward({ ...DEFAULTS, method: hex(method), headers: [coded(8, '0')] }))
      assert.deepEqual([answer.body.toString(), answer.asked, answer.isReusable], ['0 0', 0, true])
      await server.expectPong()
    })
})

describe('connections', () => {
  const RIGHT = { secret: 'RIGHTSECRET' }
  for (const [name, secret, status] of [
    ['testSecret a: none', undefined, 403],
    ['testSecret b: wrong', 'WRONGSECRET', 403],
    ['testSecret c: right', 'RIGHTSECRET', 200],
  ] as const)
    test(name, async (t) => {
      const server = await (await start(t, (_, response) => response.end('in'), RIGHT)).connect()
      await server.expectPong()
      const attributes = secret === undefined ? [] : [attribute(12, str(secret))]
      const answer = await server.ask(forward({ ...DEFAULTS, attributes }))
      assert.deepEqual([answer.status, answer.isReusable], [status, status === 200])
      await (status === 200 ? server.expectPong() : server.expectEnd())
    })

  test('testKeepAlive', async (t) => {
    const { connect, connector } = await start(t, (_, response) => response.end('ok'), { connectionTimeoutMs: -1 })
    const server = await connect()
    await server.expectPong()
    for (let i = 0; i < 2; i++) {
      const answer = await server.ask(forward({ ...DEFAULTS, headers: [header('X-Dummy', 'value')] }))
      assert.deepEqual([answer.status, answer.isReusable], [200, true])
      await server.expectPong()
    }
    assert.deepEqual(connector.snapshot(), { connections: 1, busy: 0, requests: 2, refused: 0 })
  })
})

describe('answers', () => {
  test('test304WithBody', async (t) => {
    const { connect } = await start(t, (_, response) => {
      response.statusCode = 304
      response.end('a body')
    })
    const server = await connect()
    const answer = await server.ask(forward(DEFAULTS))
    assert.deepEqual([answer.status, answer.chunks, answer.isReusable], [304, [], true])
    await server.expectPong()
  })

  test('testLargeResponse', async (t) => {
    const server = await (await start(t, (_, response) => response.end(Buffer.alloc(15_000, 0x62)), OPTIONS)).connect()
    const answer = await server.ask(forward(DEFAULTS))
    assert.deepEqual([answer.chunks, answer.isReusable], [[15_000], true])
    await server.expectPong()
  })

  // Tomcat removes the header when it is sent; Node refuses it when it is set.
  test('testInvalidHeader', async (t) => {
    const { connect } = await start(t, (_, response) => {
      response.setHeader('X-TEST-1', 'value 1')
      assert.throws(() => response.setHeader('X-TEST-2', 'value Κ'), { code: 'ERR_INVALID_CHAR' })
      response.setHeader('X-TEST-3', 'value 3')
      response.end()
    })
    const server = await connect()
    const answer = await server.ask(forward(DEFAULTS))
    assert.deepEqual(
      ['1', '2', '3'].map((n) => answer.header(`x-test-${n}`)),
      ['value 1', undefined, 'value 3'],
    )
    await server.expectPong()
  })

  test('testNoHeaders', async (t) => {
    const { connect } = await start(t, (_, response) => {
      response.sendDate = false
      response.flushHeaders()
      setImmediate(() => response.end())
    })
    const server = await connect()
    const answer = await server.ask(forward(DEFAULTS))
    assert.deepEqual([answer.status, answer.headers, answer.chunks, answer.isReusable], [200, [], [0], true])
    await server.expectPong()
  })
})
