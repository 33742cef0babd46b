import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { METHODS } from './constants.ts'
import { decodeForwardRequest } from './decode-forward-request.ts'
import { DEFAULT_FORWARD_OPTIONS, encodeForwardRequest, type ForwardOptions } from './encode-forward-request.ts'
import type { AjpErrorCode } from './errors.ts'
import { NO_ATTRIBUTES, type RequestToForward } from './forward-request.ts'
import { encodeRequestHeaders } from './header-section.ts'
import { PacketWriter } from './packet-writer.ts'
import { attribute, coded, header, rawRequest, str, toContainer } from './testing/raw.ts'
import { typicalRequest } from './testing/typical.ts'

const plain: RequestToForward = {
  method: 'GET',
  protocol: 'HTTP/1.1',
  uri: '/',
  queryString: null,
  remoteAddr: '203.0.113.7',
  remoteHost: null,
  serverName: 'www.example.com',
  serverPort: 80,
  isSsl: false,
  headers: [],
  attributes: NO_ATTRIBUTES,
}

function encode(request: Partial<RequestToForward>, options?: ForwardOptions, packetBytes = 8192): Buffer {
  const writer = new PacketWriter(packetBytes)
  encodeForwardRequest(writer, { ...plain, ...request }, options)
  return writer.take()
}

const methodByte = (packet: Buffer) => packet[5]

describe('methods', () => {
  for (const [code, method] of METHODS.entries()) {
    if (code === 0) continue
    test(`${method} has code ${code}`, () => assert.equal(methodByte(encode({ method })), code))
  }
  for (const method of ['PATCH', 'CONNECT', 'get', 'QUERY'])
    test(`C14: ${method} is FF and attribute 13`, () => {
      const expected = rawRequest({ method: Buffer.of(0xff), attributes: [attribute(13, str(method))] })
      assert.deepEqual(encode({ method }), toContainer(expected))
    })
  const named = { ...DEFAULT_FORWARD_OPTIONS, namesDeleteAndPropfind: true }
  for (const method of ['DELETE', 'PROPFIND'])
    test(`C19: ${method} by name for Tomcat 10.1.47`, () => {
      assert.equal(methodByte(encode({ method }, named)), 0xff)
      assert.equal(decodeForwardRequest(encode({ method }, named).subarray(4)).method, method)
    })
  test('C19: other methods are coded all the same', () => assert.equal(methodByte(encode({ method: 'PUT' }, named)), 5))
})

describe('headers', () => {
  test('names with a code are coded in any letter case, the others sent as they are; order and repetition stay', () => {
    const headers = ['Host', 'a', 'X-One', '1', 'user-AGENT', 'b', 'X-One', '2', 'Accept-Language', 'c', 'Cookies', 'd']
    const expected = [
      coded(11, 'a'),
      header('X-One', '1'),
      coded(14, 'b'),
      header('X-One', '2'),
      coded(4, 'c'),
      header('Cookies', 'd'),
    ]
    assert.deepEqual(encode({ headers }), toContainer(rawRequest({ headers: expected })))
  })

  test('encoded before, they give the same packet for every request that shares them', () => {
    const writer = new PacketWriter()
    const headers = encodeRequestHeaders(writer, typicalRequest.headers as string[])
    assert.deepEqual([headers.bodyLength, headers.isChunked], [0, false])
    for (const uri of ['/', '/other']) {
      const cached = encode({ ...typicalRequest, uri, headers })
      assert.deepEqual(cached, encode({ ...typicalRequest, uri }))
    }
  })
  test('encoding them leaves the writer as it was, and what it returned untouched', () => {
    const writer = new PacketWriter()
    encodeForwardRequest(writer, plain)
    const { bytes } = encodeRequestHeaders(writer, ['X', '1'])
    encodeForwardRequest(writer, { ...plain, uri: '/other' })
    assert.equal(Buffer.from(bytes).toString('hex'), '0001000158000001' + '3100')
    assert.deepEqual(writer.view(), Buffer.concat([encode({}), encode({ uri: '/other' })]))
  })
  test('they say whether a body follows', () => {
    const writer = new PacketWriter()
    const facts = (headers: string[]) => {
      const { bodyLength, isChunked } = encodeRequestHeaders(writer, headers)
      return [bodyLength, isChunked]
    }
    assert.deepEqual(facts([]), [-1, false])
    assert.deepEqual(facts(['content-length', '17']), [17, false])
    assert.deepEqual(facts(['Transfer-Encoding', 'chunked']), [-1, true])
  })
})

describe('sizes (C15)', () => {
  for (const packetBytes of [8192, 16_000, 65_536]) {
    const spare = packetBytes - encode({ headers: ['X', ''] }, undefined, packetBytes).length
    const fitting = { headers: ['X', 'v'.repeat(spare)] }
    test(`P = ${packetBytes}: a request of exactly P is sent`, () => {
      const packet = encode(fitting, undefined, packetBytes)
      assert.equal(packet.length, packetBytes)
      assert.deepEqual(decodeForwardRequest(packet.subarray(4)).headers, fitting.headers)
    })
    test(`P = ${packetBytes}: one byte more is 431 when the headers are the cause`, () => {
      const headers = ['X', 'v'.repeat(spare + 1)]
      assert.throws(() => encode({ headers }, undefined, packetBytes), { code: 'AJP_REQUEST_TOO_LARGE', status: 431 })
      const section = encodeRequestHeaders(
        new PacketWriter(65_536),
        headers.map((text) => text.slice(0, 65_000)),
      )
      if (packetBytes < 65_536)
        assert.throws(() => encode({ headers: section }, undefined, packetBytes), { code: 'AJP_REQUEST_TOO_LARGE' })
    })
    test(`P = ${packetBytes}: one byte more is 414 when the URI is`, () => {
      const room = packetBytes - encode({}, undefined, packetBytes).length
      assert.equal(encode({ uri: `/${'a'.repeat(room)}` }, undefined, packetBytes).length, packetBytes)
      assert.throws(() => encode({ uri: `/${'a'.repeat(room + 1)}` }, undefined, packetBytes), {
        code: 'AJP_TARGET_TOO_LARGE',
        status: 414,
      })
      assert.throws(() => encode({ queryString: 'q'.repeat(room) }, undefined, packetBytes), { status: 414 })
    })
  }
  test('what failed leaves nothing behind', () => {
    const writer = new PacketWriter()
    encodeForwardRequest(writer, plain)
    assert.throws(() => encodeForwardRequest(writer, { ...plain, headers: ['X', 'v'.repeat(9000)] }))
    assert.throws(() => encodeForwardRequest(writer, { ...plain, headers: ['X', 'a\nb'] }))
    encodeForwardRequest(writer, plain)
    assert.deepEqual(writer.take(), Buffer.concat([encode({}), encode({})]))
    assert.equal(writer.length, 0)
  })
  test('no more headers than the backend takes (7.2)', () => {
    const headers = Array.from({ length: 202 }, () => 'x')
    assert.throws(() => encode({ headers }), { code: 'AJP_TOO_MANY_HEADERS', status: 431 })
    assert.throws(() => encodeRequestHeaders(new PacketWriter(), headers), { code: 'AJP_TOO_MANY_HEADERS' })
    assert.equal(encode({ headers: headers.slice(2) })[5], 2)
    const more = { ...DEFAULT_FORWARD_OPTIONS, maxHeaders: 101 }
    assert.equal(decodeForwardRequest(encode({ headers }, more).subarray(4), 101).headers.length, 202)
  })
})

describe('refuses what the container would, or would misread (7.2, 7.5)', () => {
  const attributes = (some: Partial<typeof NO_ATTRIBUTES>) => ({ attributes: { ...NO_ATTRIBUTES, ...some } })
  const long = 'x'.repeat(40)
  const rows: [rule: string, request: Partial<RequestToForward>, code: AjpErrorCode][] = [
    ['an empty method', { method: '' }, 'AJP_METHOD'],
    ['a method that is no token', { method: 'GET /' }, 'AJP_CHARACTER'],
    ['a relative path', { uri: 'a' }, 'AJP_TARGET'],
    ['an empty path', { uri: '' }, 'AJP_TARGET'],
    ['a path with a query', { uri: '/a?b' }, 'AJP_CHARACTER'],
    ['a path with a space', { uri: '/a b' }, 'AJP_CHARACTER'],
    ['a path with a wide character', { uri: '/\u0141' }, 'AJP_CHARACTER'],
    ['a query with a line feed', { queryString: 'a\nb' }, 'AJP_CHARACTER'],
    ['a line feed in a short value', { headers: ['X', 'a\nb'] }, 'AJP_CHARACTER'],
    ['a line feed in a long value', { headers: ['X', `${long}\n`] }, 'AJP_CHARACTER'],
    ['U+010A, whose low byte is a line feed, in a short value', { headers: ['X', 'a\u010ab'] }, 'AJP_CHARACTER'],
    ['U+010A in a long value', { headers: ['X', `${long}\u010a`] }, 'AJP_CHARACTER'],
    ['U+0141, whose low byte is harmless', { headers: ['X', '\u0141'] }, 'AJP_CHARACTER'],
    ['a name that is no token', { headers: ['X:', 'a'] }, 'AJP_CHARACTER'],
    ['a long name that is no token', { headers: [`${long} `, 'a'] }, 'AJP_CHARACTER'],
    ['an empty name', { headers: ['', 'a'] }, 'AJP_CHARACTER'],
    ['two lengths', { headers: ['Content-Length', '1', 'content-length', '1'] }, 'AJP_CONTENT_LENGTH'],
    ['a length that is none', { headers: ['Content-Length', '-1'] }, 'AJP_CONTENT_LENGTH'],
    ['a coding but chunked', { headers: ['Transfer-Encoding', 'gzip'] }, 'AJP_TRANSFER_ENCODING'],
    [
      'a length and a coding',
      { headers: ['Transfer-Encoding', 'chunked', 'Content-Length', '1'] },
      'AJP_TRANSFER_ENCODING',
    ],
    ['a Host that is none', { headers: ['Host', 'a b'] }, 'AJP_HOST'],
    ['two Hosts', { headers: ['Host', 'a', 'Host', 'b'] }, 'AJP_HOST'],
    ['a port above 65535', { serverPort: 65_536 }, 'AJP_NUMBER'],
    ['a port below 0', { serverPort: -1 }, 'AJP_NUMBER'],
    ['a port that is no number', { serverPort: Number.NaN }, 'AJP_NUMBER'],
    ['a key size above 65535', attributes({ sslKeySize: 65_536 }), 'AJP_NUMBER'],
    ['a port that is no integer', { serverPort: 80.5 }, 'AJP_NUMBER'],
    ['257 named attributes', attributes({ named: Array.from({ length: 514 }, () => '') }), 'AJP_ATTRIBUTE'],
    ['a line feed in a secret', attributes({ secret: 'a\n' }), 'AJP_CHARACTER'],
    ['a line feed in the name of an attribute', attributes({ named: ['a\n', ''] }), 'AJP_CHARACTER'],
    ['a line feed in its value', attributes({ named: ['a', '\n'] }), 'AJP_CHARACTER'],
    ['a NUL in a certificate', attributes({ sslCert: `${long}\0` }), 'AJP_CHARACTER'],
  ]
  for (const [rule, request, code] of rows) test(rule, () => assert.throws(() => encode(request), { code }))

  test('a name so long that its length would read as a code (2.3)', () => {
    const name = (length: number) => ({ headers: ['n'.repeat(length), ''] })
    const fitting = encode(name(0x9fff), undefined, 65_536)
    assert.equal(decodeForwardRequest(fitting.subarray(4)).headers[0]?.length, 0x9fff)
    for (const length of [0xa000, 0xa00b, 0xa0ff, 0xa100])
      assert.throws(() => encode(name(length), undefined, 65_536), { code: 'AJP_CHARACTER' })
  })
  test('without saying what a secret was', () => {
    assert.throws(
      () => encode(attributes({ secret: 'top\nsecret' })),
      (error: Error) => !/top/.test(error.message),
    )
  })
})
