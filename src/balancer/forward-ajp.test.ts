/** Requests on their way to a container: what it is told, and its body packet by packet (ajp13.md 8.2). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { firstBodyBytes } from '../ajp/index.ts'
import type { EndpointWorkerOptions } from './options.ts'
import { answer, chunk, END, END_AND_CLOSE, FLUSH, getBody, head, headOfLength } from './testing/ajp-packets.ts'
import { AjpStage, type AskOptions, CLIENT } from './testing/ajp-stage.ts'

const EMPTY = Buffer.alloc(0)
const HOST = 'Host: www.example.com\r\n'
const CHUNKED = `${HOST}Transfer-Encoding: chunked\r\n`
const lengthOf = (bytes: number): string => `${HOST}Content-Length: ${bytes}\r\n`

function ask(options: AskOptions, worker: Partial<EndpointWorkerOptions> = {}) {
  const stage = AjpStage.connected(worker)
  const { exchange, client, failures } = stage.ask(options)
  const { socket } = stage
  return { stage, exchange, client, failures, socket }
}

const requestOf = (options: AskOptions, worker: Partial<EndpointWorkerOptions> = {}) =>
  ask(options, worker).socket.request()

/** The data of body packets as they were written. */
const dataOf = (payload: Buffer): string => payload.toString('latin1', 2)

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
    const stage = AjpStage.connected({ secret: 'for Tomcat', route: 'node1', activation: 'disabled' })
    const asked = stage.ask({ method: 'GET' })
    stage.socket.feed(answer())
    assert.equal(asked.client.outcome, 'complete')
    stage.socket.packets()
    for (const [activation, word] of [
      ['disabled', 'DIS'],
      ['stopped', 'STP'],
      ['active', 'ACT'],
    ] as const) {
      stage.target.reconfigure({ ...stage.target.options, activation })
      const { exchange } = stage.ask({ method: 'PATCH', target: '/?', isBalanced: true })
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

  test('the section of a client is made once for many requests', () => {
    const { exchange } = ask({})
    assert.equal(exchange.forwarded.ajp, exchange.forwarded.ajp)
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

describe('C3: a body of known length', () => {
  for (const length of [1, 511, 512, 767, 768, 2_560, 8_186, 8_187, 100_000]) {
    test(`${length} bytes: one packet unasked, in one write with the request; the rest on request`, () => {
      const body = 'x'.repeat(length)
      const { socket } = ask({ method: 'POST', fields: lengthOf(length), body })
      assert.equal(socket.writes, 1)
      const { bodies, bodyLength } = socket.request()
      assert.equal(bodyLength, length)
      assert.deepEqual(
        bodies.map((each) => each.length - 2),
        [firstBodyBytes(length, 8_192)],
      )
      let sent = dataOf(bodies[0]!)
      while (sent.length < length) {
        assert.deepEqual(socket.packets(), [])
        socket.feed(getBody())
        const [next] = socket.packets()
        assert.equal(next!.length - 2, Math.min(8_186, length - sent.length))
        sent += dataOf(next!)
      }
      assert.equal(sent, body)
      socket.feed(getBody())
      assert.deepEqual(socket.packets(), [EMPTY], 'end of body')
      socket.feed(answer())
    })
  }

  test('no first packet begins like a message, which a container that refuses might read (7.2)', () => {
    for (let length = 1; length < 8_186; length++) {
      const type = firstBodyBytes(length, 8_192) >>> 8
      assert.ok(type !== 2 && type !== 10, `${length}`)
    }
  })

  test('what is asked for is the most that is sent', () => {
    const { socket } = ask({ method: 'POST', fields: lengthOf(100), body: 'x'.repeat(100) })
    socket.packets()
    const small = ask({ method: 'POST', fields: CHUNKED, body: 'x'.repeat(100) })
    small.socket.packets()
    small.socket.feed(getBody(7))
    assert.deepEqual(
      small.socket.packets().map((each) => each.length - 2),
      [7],
    )
  })

  test('what is there is sent, however little; pieces of the client are joined', () => {
    const { socket, exchange } = ask({ method: 'POST', fields: lengthOf(6), body: 'a', bodyEnds: false })
    assert.deepEqual(socket.request().bodies.map(dataOf), ['a'])
    exchange.bodyData(Buffer.from('b'))
    exchange.bodyData(Buffer.from('c'))
    assert.deepEqual(socket.packets(), [])
    socket.feed(getBody())
    assert.deepEqual(socket.packets().map(dataOf), ['bc'])
    socket.feed(getBody())
    assert.deepEqual(socket.packets(), [])
    exchange.bodyData(Buffer.from('def'))
    assert.deepEqual(socket.packets().map(dataOf), ['def'])
    exchange.bodyEnd(undefined)
    socket.feed(answer())
    assert.equal(exchange.finished, true)
  })

  test('the client waits while a packet’s worth waits, and goes on when it was asked for', () => {
    const { socket, exchange, client } = ask({ method: 'POST', fields: lengthOf(100_000), body: 'a', bodyEnds: false })
    exchange.bodyData(Buffer.alloc(8_000))
    assert.equal(client.isBodyPaused, false)
    exchange.bodyData(Buffer.alloc(8_000))
    assert.equal(client.isBodyPaused, true)
    socket.feed(getBody())
    assert.equal(client.isBodyPaused, false)
  })
})

describe('C4: a body of unknown length', () => {
  const rows: readonly [rule: string, body: string][] = [
    ['0 bytes', ''],
    ['n bytes', 'abc'],
    ['more than a packet', 'x'.repeat(10_000)],
  ]
  for (const [rule, body] of rows) {
    test(`${rule}: nothing unasked; the end when asked, and once more when asked again`, () => {
      const { socket, stage } = ask({ method: 'POST', fields: CHUNKED, body })
      assert.deepEqual(socket.request().bodies, [])
      let sent = ''
      while (sent.length < body.length) {
        socket.feed(getBody())
        sent += socket.packets().map(dataOf).join('')
      }
      assert.equal(sent, body)
      for (let i = 0; i < 2; i++) {
        socket.feed(getBody())
        assert.equal(Buffer.concat(socket.written.splice(0)).toString('hex'), '12340000')
      }
      socket.feed(answer())
      assert.equal(stage.idle, 2)
    })
  }
  test('GET_BODY_CHUNK for a request without a body gets its end', () => {
    const { socket } = ask({})
    socket.packets()
    socket.feed(getBody())
    assert.deepEqual(socket.packets(), [EMPTY])
  })
  test('a second GET_BODY_CHUNK while one is unanswered is refused', () => {
    const { socket, client } = ask({ method: 'POST', fields: CHUNKED })
    socket.feed(Buffer.concat([getBody(), getBody()]))
    assert.equal(client.outcome, 'LB_REPLY_ILLEGAL')
  })
  test('100 Continue is said when the container asks, not before', () => {
    const { socket, client } = ask({ method: 'POST', fields: `${CHUNKED}Expect: 100-continue\r\n` })
    assert.equal(client.informational, '')
    socket.feed(getBody())
    assert.equal(client.informational, 'HTTP/1.1 100 Continue\r\n\r\n')
  })
  test('100 Continue is not said to a client that did not wait, or has its answer', () => {
    const eager = ask({ method: 'POST', fields: `${CHUNKED}Expect: 100-continue\r\n`, body: 'a', bodyEnds: false })
    eager.socket.feed(Buffer.concat([getBody()]))
    eager.socket.feed(getBody())
    assert.equal(eager.client.informational, '')
    const answered = ask({ method: 'POST', fields: `${CHUNKED}Expect: 100-continue\r\n` })
    answered.socket.feed(Buffer.concat([head(), FLUSH]))
    answered.socket.feed(getBody())
    assert.equal(answered.client.informational, '')
  })
  test('while the client has to send, its own limits hold', () => {
    const { socket, stage, client, exchange } = ask({ method: 'POST', fields: CHUNKED, replyTimeoutMs: 1_000 })
    socket.feed(getBody())
    stage.pass(100_000)
    assert.equal(client.outcome, 'open')
    exchange.bodyData(Buffer.from('a'))
    stage.pass(1_000)
    assert.equal(client.outcome, 'LB_REPLY_TIMEOUT')
  })
})

describe('C5 and C7: an answer before the end of the body', () => {
  test('C5: END_RESPONSE 1 with a packet unanswered: the connection is destroyed', () => {
    const { stage, socket, client } = ask({ method: 'POST', fields: CHUNKED })
    socket.feed(getBody())
    socket.feed(answer())
    assert.deepEqual([client.outcome, stage.idle, stage.closed], ['complete', 1, 1])
  })
  test('C7: an early 401 is delivered, the upload is given up, the connection is used again', () => {
    const { stage, socket, client, exchange } = ask({
      method: 'POST',
      fields: lengthOf(100_000),
      body: 'x'.repeat(20_000),
      bodyEnds: false,
    })
    socket.feed(Buffer.concat([headOfLength(2, 401), chunk('no'), END]))
    assert.deepEqual([client.status, client.outcome, client.body], [401, 'complete', 'no'])
    assert.equal(stage.idle, 2)
    exchange.bodyData(Buffer.from('late'))
    socket.packets()
    const next = stage.ask()
    assert.deepEqual(socket.request().bodies, [])
    socket.feed(answer())
    assert.equal(next.client.body, 'ok')
  })
  test('C7 with END_RESPONSE 0: the connection is destroyed at once', () => {
    const { stage, socket, client } = ask({
      method: 'POST',
      fields: lengthOf(100_000),
      body: 'x'.repeat(20_000),
      bodyEnds: false,
    })
    socket.feed(Buffer.concat([headOfLength(2, 400), chunk('no'), END_AND_CLOSE]))
    assert.deepEqual([client.outcome, stage.closed], ['complete', 1])
  })
  test('a complete answer without its end goes out, and the upload goes on', () => {
    const { stage, socket, client, exchange } = ask({ method: 'POST', fields: CHUNKED, body: 'a', bodyEnds: false })
    socket.feed(Buffer.concat([headOfLength(2), chunk('ok')]))
    stage.clock.advance(10)
    assert.deepEqual([client.body, client.outcome], ['ok', 'open'])
    socket.packets()
    socket.feed(getBody())
    assert.deepEqual(socket.packets().map(dataOf), ['a'])
    exchange.bodyEnd(undefined)
    socket.feed(END)
    assert.deepEqual([client.outcome, stage.idle], ['complete', 2])
  })
})

describe('C16: the client goes away', () => {
  const rows: readonly [rule: string, options: AskOptions, steps: readonly Buffer[]][] = [
    ['before the answer', {}, []],
    ['in the middle of the body', { method: 'POST', fields: lengthOf(9), body: 'a', bodyEnds: false }, []],
    ['while the container waits for the body', { method: 'POST', fields: CHUNKED }, [getBody()]],
    ['in the middle of the answer', {}, [head(), chunk('a')]],
    ['before the end of a complete answer', {}, [headOfLength(1), chunk('a')]],
  ]
  for (const [rule, options, steps] of rows) {
    test(`${rule}: the connection is destroyed, and nothing more is sent`, () => {
      const { stage, socket, exchange, failures } = ask(options)
      for (const step of steps) socket.feed(step)
      socket.packets()
      exchange.abort()
      assert.deepEqual([stage.closed, socket.destroyed, socket.written.length], [1, true, 0])
      assert.deepEqual(failures, [])
      stage.clock.advance(100_000)
    })
  }
  test('before a connection is there', () => {
    const stage = new AjpStage()
    const { exchange } = stage.ask()
    exchange.abort()
    assert.deepEqual([stage.closed, stage.socket.destroyed], [1, true])
  })
})

test('the facts of a client that came over TLS', () => {
  const request = requestOf({ client: { ...CLIENT, encrypted: true, localPort: 443, address: '2001:db8::1' } })
  assert.deepEqual([request.isSsl, request.serverPort, request.remoteAddr], [true, 443, '2001:db8::1'])
})
