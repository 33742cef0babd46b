/** What a container is told of a request, and which requests it is not told of (ajp13.md 8.2). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { EndpointWorkerOptions } from './options.ts'
import { answer } from './testing/ajp-packets.ts'
import { AjpStage, type AskOptions, CLIENT } from './testing/ajp-stage.ts'

const HOST = 'Host: www.example.com\r\n'
const lengthOf = (bytes: number): string => `${HOST}Content-Length: ${bytes}\r\n`

function ask(options: AskOptions, worker: Partial<EndpointWorkerOptions> = {}) {
  const stage = AjpStage.connected(worker)
  const { exchange, client, failures } = stage.ask(options)
  const { socket } = stage
  return { stage, exchange, client, failures, socket }
}

const requestOf = (options: AskOptions, worker: Partial<EndpointWorkerOptions> = {}) =>
  ask(options, worker).socket.request()

describe('what a container is told of a request', () => {
  test('of an unbalanced GET: the fields of mod_jk, and content-length 0', () => {
    const request = requestOf({
      target: '/app/hello;a=b?c=%64&e=f?',
      fields: 'Host: www.example.com:8080\r\nX-Request-Id: 42\r\nAccept: */*\r\nCookie: a=b\r\n',
    })
    assert.deepEqual(request, {
      method: 'GET',
      protocol: 'HTTP/1.1',
      uri: '/app/hello;a=b',
      queryString: 'c=%64&e=f?',
      remoteAddr: '203.0.113.7',
      remoteHost: null,
      serverName: 'www.example.com',
      serverPort: 8080,
      isSsl: false,
      headers: [
        'host',
        'www.example.com:8080',
        'X-Request-Id',
        '42',
        'accept',
        '*/*',
        'cookie',
        'a=b',
        'content-length',
        '0',
      ],
      bodyLength: 0,
      isChunked: false,
      attributes: {
        ...request.attributes,
        secret: null,
        jvmRoute: null,
        named: ['AJP_REMOTE_PORT', '51234', 'AJP_LOCAL_ADDR', '192.0.2.10', 'JK_LB_ACTIVATION', 'ACT'],
      },
      bodies: [],
    })
  })

  test('of a balanced one: secret, query, route, method and activation, in mod_jk’s order', () => {
    const stage = AjpStage.connected({ secret: 'for Tomcat' })
    const asked = stage.ask({ method: 'GET' })
    stage.socket.feed(answer())
    assert.equal(asked.client.outcome, 'complete')
    stage.socket.packets()
    for (const [activation, word] of [
      ['disabled', 'DIS'],
      ['stopped', 'STP'],
      ['active', 'ACT'],
    ] as const) {
      const member = { route: 'node1', activation }
      const { exchange } = stage.ask({ method: 'PATCH', target: '/?', member })
      const [payload] = stage.socket.packets()
      const text = payload!.toString('latin1')
      const places = ['for Tomcat', '\x05\0\0\0', 'node1', 'PATCH', 'AJP_REMOTE_PORT', 'AJP_LOCAL_ADDR', word]
      assert.deepEqual(
        places.map((part) => text.indexOf(part)),
        places.map((part) => text.indexOf(part)).toSorted((a, b) => a - b),
      )
      assert.ok(places.every((part) => text.includes(part)))
      stage.socket.feed(answer())
      assert.ok(exchange.finished)
    }
  })

  const rows: readonly [rule: string, options: AskOptions, headers: readonly string[]][] = [
    [
      'fields of the connection, what it lists, and Expect end here',
      {
        fields:
          'Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nTrailer: X\r\nUpgrade: h2c\r\n' +
          'HTTP2-Settings: a\r\nProxy-Connection: a\r\nExpect: 100-continue\r\nHost: a\r\nX-End: 1\r\n',
      },
      ['host', 'a', 'X-End', '1', 'content-length', '0'],
    ],
    [
      'what an unknown client says of those before it is dropped',
      {
        fields: `${HOST}X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nForwarded: for=x\r\nX-Forwarded-Host: b\r\nX-Forwarded-Port: 1\r\n`,
      },
      ['host', 'www.example.com', 'content-length', '0'],
    ],
    [
      'what a trusted proxy says of them is passed on as it came',
      { isTrusted: true, fields: `${HOST}X-Forwarded-For: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\n` },
      ['host', 'www.example.com', 'X-Forwarded-For', '1.2.3.4', 'Forwarded', 'for=1.2.3.4', 'content-length', '0'],
    ],
    [
      'a length of nothing stays where it is',
      { fields: `Content-Length: 0\r\n${HOST}` },
      ['content-length', '0', 'host', 'www.example.com'],
    ],
    [
      'an unknown length is told',
      { method: 'POST', fields: `${HOST}transfer-encoding: Chunked\r\n`, body: '' },
      ['host', 'www.example.com', 'transfer-encoding', 'chunked'],
    ],
    [
      'repeated fields stay apart and in order',
      { fields: `X: 1\r\n${HOST}x: 2\r\n` },
      ['X', '1', 'host', 'www.example.com', 'x', '2', 'content-length', '0'],
    ],
    ['an empty Host names nobody and stays out', { fields: 'Host:\r\nX: 1\r\n' }, ['X', '1', 'content-length', '0']],
    ['a field of HTTP/1.0 without Host', { minor: 0, fields: 'X: 1\r\n' }, ['X', '1', 'content-length', '0']],
  ]
  for (const [rule, options, headers] of rows) test(rule, () => assert.deepEqual(requestOf(options).headers, headers))

  const hosts: readonly [fields: string, name: string, port: number][] = [
    ['Host: a\r\n', 'a', 80],
    ['Host: a:8443\r\n', 'a', 8443],
    ['Host: a:\r\n', 'a', 80],
    ['Host: [::1]:81\r\n', '[::1]', 81],
    ['Host: [::1]\r\n', '[::1]', 80],
    ['Host:\r\n', 'localhost', 80],
  ]
  for (const [fields, name, port] of hosts) {
    test(`${fields.trim()}: server name ${name}, port ${port}`, () => {
      const request = requestOf({ fields })
      assert.deepEqual([request.serverName, request.serverPort], [name, port])
    })
  }

  const targets: readonly [target: string, uri: string, query: string | null][] = [
    ['/', '/', null],
    ['/?', '/', ''],
    ['/a?b', '/a', 'b'],
    ['/a?b?c', '/a', 'b?c'],
    ['/%C3%A4', '/%C3%A4', null],
  ]
  for (const [target, uri, query] of targets) {
    test(`${target} has the query ${query}`, () => {
      const request = requestOf({ target })
      assert.deepEqual([request.uri, request.queryString], [uri, query])
    })
  }

  test('C2: GET without a body is one packet with content-length 0, in one write', () => {
    const { socket } = ask({})
    assert.equal(socket.writes, 1)
    const { bodies, bodyLength } = socket.request()
    assert.deepEqual([bodies, bodyLength], [[], 0])
  })

  test('C14: methods without a code, and with another letter case, travel by name', () => {
    for (const method of ['PATCH', 'CONNECT', 'get', 'QUERY']) {
      const { socket } = ask({ method })
      const payload = socket.written[0]!.subarray(4)
      assert.equal(payload[1], 0xff)
      assert.ok(payload.includes(Buffer.from(`\x0d\0${String.fromCharCode(method.length)}${method}\0`)))
      assert.equal(socket.request().method, method)
    }
  })

  test('C19: DELETE and PROPFIND travel by name for a Tomcat that mistakes their codes', () => {
    for (const method of ['DELETE', 'PROPFIND', 'PUT']) {
      const codes = [false, true].map((namesDeleteAndPropfind) => {
        const { socket } = ask({ method }, { namesDeleteAndPropfind })
        const [code] = socket.written[0]!.subarray(5)
        assert.equal(socket.request().method, method)
        return code === 0xff
      })
      assert.deepEqual(codes, [false, method !== 'PUT'])
    }
  })

  test('C18: bytes 80 to FF of a field stay what they are', () => {
    const latin = Array.from({ length: 128 }, (_, i) => String.fromCharCode(128 + i)).join('')
    assert.deepEqual(requestOf({ fields: `${HOST}X: ${latin}\r\n` }).headers.slice(2, 4), ['X', latin])
  })

  test('the section of a client is kept from the second request on', () => {
    const { forwarded } = ask({}).exchange
    const kept = forwarded.ajp
    const bytes = Buffer.from(kept.bytes)
    ask({ fields: `${HOST}X: other\r\n` })
    assert.deepEqual(kept.bytes, bytes)
    assert.equal(forwarded.ajp, kept)
  })

  test('the counts of a worker are in bytes of the wire', () => {
    const { stage, exchange, socket } = ask({ method: 'POST', fields: lengthOf(3), body: 'abc' })
    assert.equal(exchange.transferredBytes, socket.written[0]!.length)
    stage.socket.feed(answer())
    assert.equal(exchange.readBytes, answer().length)
  })
})

describe('C15: a request that does not fit is refused, and blames nobody', () => {
  const P = 8_192
  /** Length of the whole packet with this target. */
  const size = (target: string): number => ask({ target }).socket.written[0]!.length
  const withField = (bytes: number): AskOptions => ({ fields: `${HOST}X: ${'x'.repeat(bytes)}\r\n` })
  const sizeOfField = ask(withField(0)).socket.written[0]!.length

  test('exactly P is sent', () => {
    const { socket } = ask(withField(P - sizeOfField))
    assert.equal(socket.written[0]!.length, P)
  })
  const rows: readonly [rule: string, options: AskOptions, worker: Partial<EndpointWorkerOptions>, code: string][] = [
    ['one byte more by its fields: 431', withField(P - sizeOfField + 1), {}, 'LB_REQUEST_TOO_LARGE'],
    ['one byte more by its target: 414', { target: `/${'x'.repeat(P - size('/') + 1)}` }, {}, 'LB_TARGET_TOO_LONG'],
    ['more than any packet: 431', withField(70_000), { maxPacketSize: 65_536 }, 'LB_REQUEST_TOO_LARGE'],
    ['101 fields with content-length: 431', { fields: `${HOST}${'X: 1\r\n'.repeat(99)}` }, {}, 'LB_TOO_MANY_FIELDS'],
    ['a host that Tomcat refuses: 400', { fields: 'Host: -a\r\n' }, {}, 'LB_REQUEST_UNFIT'],
  ]
  for (const [rule, options, worker, code] of rows) {
    test(rule, () => {
      const { stage, client, failures, socket } = ask(options, worker)
      assert.equal(client.outcome, code)
      assert.deepEqual(
        failures.map(({ stage }) => stage),
        ['unsent'],
      )
      assert.equal(socket.writes, 0)
      // The connection is as good as before.
      assert.deepEqual([stage.idle, stage.closed], [2, 0])
      const next = stage.ask()
      socket.feed(answer())
      assert.equal(next.client.outcome, 'complete')
    })
  }
  test('a larger packet takes more', () => {
    assert.equal(ask(withField(P), { maxPacketSize: 16_000 }).client.outcome, 'open')
  })
  test('as many fields as the worker takes', () => {
    assert.equal(ask({ fields: `${HOST}${'X: 1\r\n'.repeat(98)}` }).client.outcome, 'open')
    assert.equal(ask({ fields: `${HOST}${'X: 1\r\n'.repeat(99)}` }, { maxHeaderCount: 101 }).client.outcome, 'open')
  })
})

test('what the system has not taken yet is not written over by the next request', () => {
  const slow = new AjpStage()
  slow.socket.connect()
  const taken: Buffer[] = []
  slow.socket.write = (data) => {
    // As a socket does: it keeps the bytes where they are.
    taken.push(data as Buffer)
    return true
  }
  slow.socket.writableLength = 1
  slow.ask({ target: '/first' })
  const before = Buffer.from(taken[0]!)
  slow.socket.feed(answer())
  slow.ask({ target: '/other' })
  assert.deepEqual(taken[0], before)
  assert.ok(taken[1]!.includes('/other'))
})

test('the facts of a client that came over TLS', () => {
  const request = requestOf({ client: { ...CLIENT, encrypted: true, localPort: 443, address: '2001:db8::1' } })
  assert.deepEqual([request.isSsl, request.serverPort, request.remoteAddr], [true, 443, '2001:db8::1'])
})
