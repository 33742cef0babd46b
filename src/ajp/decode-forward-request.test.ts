import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeForwardRequest } from './decode-forward-request.ts'
import type { AjpErrorCode } from './errors.ts'
import { NO_ATTRIBUTES } from './forward-request.ts'
import { fixture } from './testing/fixtures.ts'
import { attribute, coded, header, hex, NULL, type RawRequest, rawRequest, str, u16 } from './testing/raw.ts'

const decode = (parts: RawRequest) => decodeForwardRequest(rawRequest(parts))
const CONTENT_LENGTH = 8
const HOST = 11

test('every field and every attribute', () => {
  const request = decode({
    method: hex('04'),
    uri: str('/a%20b;v=1/%C3%A9'),
    remoteHost: str('client.example.com'),
    serverPort: u16(65_535),
    isSsl: hex('07'),
    headers: [coded(HOST, 'www.example.com'), header('X-One', '1'), header('x-one', ''), coded(CONTENT_LENGTH, '012')],
    attributes: [
      attribute(1, str('/ctx')),
      attribute(2, str('/servlet')),
      attribute(3, str('jos\u00e9')),
      attribute(4, str('Basic')),
      attribute(5, str('a=1&b=%zz')),
      attribute(6, str('node1')),
      attribute(7, str('-----BEGIN CERTIFICATE-----\r\nMII\n')),
      attribute(8, str('TLS_AES_256_GCM_SHA384')),
      attribute(9, str('d0945a')),
      attribute(10, str('AJP_REMOTE_PORT'), str('51234')),
      attribute(11, u16(256)),
      attribute(12, str('RIGHTSECRET')),
      attribute(13, str('IGNORED')),
      attribute(10, str('__proto__'), str('')),
    ],
  })
  assert.deepEqual(request, {
    method: 'POST',
    protocol: 'HTTP/1.1',
    uri: '/a%20b;v=1/%C3%A9',
    queryString: 'a=1&b=%zz',
    remoteAddr: '203.0.113.7',
    remoteHost: 'client.example.com',
    serverName: 'www.example.com',
    serverPort: 65_535,
    isSsl: true,
    headers: ['host', 'www.example.com', 'X-One', '1', 'x-one', '', 'content-length', '012'],
    bodyLength: 12,
    isChunked: false,
    attributes: {
      context: '/ctx',
      servletPath: '/servlet',
      remoteUser: 'jos\u00e9',
      authType: 'Basic',
      jvmRoute: 'node1',
      sslCert: '-----BEGIN CERTIFICATE-----\r\nMII\n',
      sslCipher: 'TLS_AES_256_GCM_SHA384',
      sslSession: 'd0945a',
      sslKeySize: 256,
      secret: 'RIGHTSECRET',
      named: ['AJP_REMOTE_PORT', '51234', '__proto__', ''],
    },
  })
})

test('nothing but what must be: null strings, no header, no attribute', () => {
  const request = decode({ protocol: NULL, remoteAddr: NULL, serverName: NULL })
  assert.deepEqual(request.attributes, { ...NO_ATTRIBUTES })
  assert.deepEqual(
    [request.protocol, request.remoteAddr, request.remoteHost, request.serverName, request.queryString],
    [null, null, null, null, null],
  )
  assert.deepEqual([request.headers, request.bodyLength, request.isChunked], [[], -1, false])
})

describe('takes', () => {
  const rows: [
    rule: string,
    parts: RawRequest,
    look: (request: ReturnType<typeof decode>) => unknown,
    value: unknown,
  ][] = [
    ['any protocol string (row 26)', { protocol: str('http') }, (r) => r.protocol, 'http'],
    ['* as target (row 32)', { method: hex('01'), uri: str('*') }, (r) => r.uri, '*'],
    ['bytes from 80h in the path', { uri: str('/\u00e4\u00ff') }, (r) => r.uri, '/\u00e4\u00ff'],
    ['an empty query string', { attributes: [attribute(5, str(''))] }, (r) => r.queryString, ''],
    ['a null query string as none', { attributes: [attribute(5, NULL)] }, (r) => r.queryString, null],
    ['latin1 in header values (C18)', { headers: [header('X', '\u0080\u00ff')] }, (r) => r.headers[1], '\u0080\u00ff'],
    ['a tab in a header value', { headers: [header('X', 'a\tb')] }, (r) => r.headers[1], 'a\tb'],
    ['the last method code', { method: hex('1B') }, (r) => r.method, 'MKACTIVITY'],
    [
      'a stored method in its letter case',
      { method: hex('FF'), attributes: [attribute(13, str('get'))] },
      (r) => r.method,
      'get',
    ],
    [
      'a coded method although there is a stored one (2.2)',
      { method: hex('02'), attributes: [attribute(13, str('PUT'))] },
      (r) => r.method,
      'GET',
    ],
    ['leading zeros in a length (row 19)', { headers: [header('Content-Length', '0009')] }, (r) => r.bodyLength, 9],
    ['no Host at all (row 22)', {}, (r) => r.headers.length, 0],
    ['an empty Host (row 23)', { headers: [coded(HOST, '')] }, (r) => r.headers[1], ''],
    [
      'Host twice with one value (row 25)',
      { headers: [coded(HOST, 'a'), header('HOST', 'a')] },
      (r) => r.headers.length,
      4,
    ],
    [
      'a body of unknown length',
      { headers: [header('Transfer-Encoding', 'Chunked')] },
      (r) => [r.bodyLength, r.isChunked],
      [-1, true],
    ],
    [
      'attributes in any order, the last of equals',
      { attributes: [attribute(6, str('b')), attribute(4, str('x')), attribute(6, str('a'))] },
      (r) => r.attributes.jvmRoute,
      'a',
    ],
    [
      'a secret twice',
      { attributes: [attribute(12, str('s')), attribute(12, str('s'))] },
      (r) => r.attributes.secret,
      's',
    ],
    [
      'two secrets that differ as none that could match (6.2)',
      { attributes: [attribute(12, str('s')), attribute(12, str('t')), attribute(12, str('t'))] },
      (r) => r.attributes.secret,
      null,
    ],
    ['a null secret as none', { attributes: [attribute(12, NULL)] }, (r) => r.attributes.secret, null],
    [
      'a null value, which takes a named attribute away (2.5)',
      {
        attributes: [
          attribute(10, str('A'), str('A')),
          attribute(10, str('B'), str('A')),
          attribute(10, str('A'), NULL),
          attribute(10, str('C'), str('c')),
        ],
      },
      (r) => r.attributes.named,
      ['B', 'A', 'C', 'c'],
    ],
  ]
  for (const [rule, parts, look, value] of rows) test(rule, () => assert.deepEqual(look(decode(parts)), value))

  test('256 named attributes', () => {
    const attributes = Array.from({ length: 256 }, () => attribute(10, str('a'), str('')))
    assert.equal(decode({ attributes }).attributes.named.length, 512)
  })
  test('exactly as many headers as the limit', () => {
    const headers = Array.from({ length: 100 }, (_, i) => header(`X-${i}`, ''))
    assert.equal(decode({ headers }).headers.length, 200)
  })
})

describe('refuses (ajp13.md 6.4)', () => {
  const rows: [rule: string, parts: RawRequest, code: AjpErrorCode, status?: number][] = [
    ['row 10: no terminator', { terminator: Buffer.alloc(0) }, 'AJP_SHORT'],
    ['row 10: fewer headers than announced', { count: u16(1) }, 'AJP_SHORT'],
    ['row 10: a count of 100 and one header', { count: u16(100), headers: [header('X', '')] }, 'AJP_SHORT'],
    ['row 10: a string past the end', { uri: hex('00 FE 2F') }, 'AJP_SHORT'],
    ['row 10: a string of 65534 bytes', { uri: hex('FF FE 2F') }, 'AJP_SHORT'],
    ['row 10: a named attribute without value', { attributes: [hex('0A 00 01 41 00')] }, 'AJP_SHORT'],
    ['row 10: an integer cut short', { attributes: [hex('0B 01')], terminator: Buffer.alloc(0) }, 'AJP_SHORT'],
    ['row 11: bytes after the terminator', { terminator: hex('FF 00') }, 'AJP_TRAILING'],
    ['row 11: a second terminator', { terminator: hex('FF FF') }, 'AJP_TRAILING'],
    ['row 12: method code 0', { method: hex('00') }, 'AJP_METHOD'],
    ['row 12: method code 28', { method: hex('1C') }, 'AJP_METHOD'],
    ['row 12: method code 254', { method: hex('FE') }, 'AJP_METHOD'],
    ['row 13: method FF without a stored one', { method: hex('FF') }, 'AJP_METHOD'],
    ['row 13: a null stored method', { method: hex('FF'), attributes: [attribute(13, NULL)] }, 'AJP_METHOD'],
    ['row 13: an empty stored method', { method: hex('FF'), attributes: [attribute(13, str(''))] }, 'AJP_METHOD'],
    [
      'a stored method that is no token',
      { method: hex('FF'), attributes: [attribute(13, str('A B'))] },
      'AJP_CHARACTER',
    ],
    ['row 16: header code A000', { headers: [coded(0, 'x')] }, 'AJP_HEADER_CODE'],
    ['row 16: header code A00F', { headers: [coded(15, 'x')] }, 'AJP_HEADER_CODE'],
    ['row 16: header code A0FF', { headers: [coded(255, 'x')] }, 'AJP_HEADER_CODE'],
    [
      'row 17: one header more than the limit',
      { headers: Array.from({ length: 101 }, () => header('X', '')) },
      'AJP_TOO_MANY_HEADERS',
      431,
    ],
    ['row 17: a count of 65535', { count: hex('FF FF') }, 'AJP_TOO_MANY_HEADERS', 431],
    ...['0', '5'].map((value): [string, RawRequest, AjpErrorCode] => [
      `row 18: content-length ${value} twice, coded and as a string`,
      { headers: [coded(CONTENT_LENGTH, value), header('Content-Length', value)] },
      'AJP_CONTENT_LENGTH',
    ]),
    ['row 18: two that differ', { headers: [coded(8, '1'), coded(8, '2')] }, 'AJP_CONTENT_LENGTH'],
    ...['-1', '', '+1', ' 1', '1 ', '1,1', '0x1', '1e3', '9007199254740992', '9223372036854775808', '\u00b2'].map(
      (value): [string, RawRequest, AjpErrorCode] => [
        `row 19: content-length "${value}"`,
        { headers: [coded(CONTENT_LENGTH, value)] },
        'AJP_CONTENT_LENGTH',
      ],
    ),
    ['row 20: content-length null', { headers: [Buffer.concat([hex('A0 08'), NULL])] }, 'AJP_STRING'],
    [
      'row 21: content-length and transfer-encoding',
      { headers: [header('transfer-encoding', 'chunked'), coded(8, '0')] },
      'AJP_TRANSFER_ENCODING',
    ],
    ...['gzip', 'chunked, chunked', 'gzip, chunked', ' chunked', 'chunked ', '', 'x'].map(
      (value): [string, RawRequest, AjpErrorCode] => [
        `CVE-2022-26377: transfer-encoding "${value}"`,
        { headers: [header('Transfer-Encoding', value)] },
        'AJP_TRANSFER_ENCODING',
      ],
    ),
    [
      'transfer-encoding twice',
      { headers: [header('Transfer-Encoding', 'chunked'), header('transfer-encoding', 'chunked')] },
      'AJP_TRANSFER_ENCODING',
    ],
    ['row 24: a Host that is none', { headers: [coded(HOST, 'a:b')] }, 'AJP_HOST'],
    ['row 24: the same with a string name', { headers: [header('hOsT', 'a/b')] }, 'AJP_HOST'],
    ['row 25: Host twice with different values', { headers: [coded(HOST, 'a'), coded(HOST, 'b')] }, 'AJP_HOST'],
    ['row 29: attribute code 0', { attributes: [hex('00')] }, 'AJP_ATTRIBUTE'],
    ['row 29: attribute code 14', { attributes: [attribute(14, str('x'))] }, 'AJP_ATTRIBUTE'],
    ['row 29: attribute code 254', { attributes: [hex('FE')] }, 'AJP_ATTRIBUTE'],
    ['a named attribute without a name (2.5)', { attributes: [attribute(10, NULL, str('x'))] }, 'AJP_ATTRIBUTE'],
    [
      '257 named attributes',
      { attributes: Array.from({ length: 257 }, () => attribute(10, str(''), str(''))) },
      'AJP_ATTRIBUTE',
    ],
    ['row 30: a relative path', { uri: str('a') }, 'AJP_TARGET'],
    ['row 30: an empty path', { uri: str('') }, 'AJP_TARGET'],
    ['row 30: ** as target', { uri: str('**') }, 'AJP_TARGET'],
    ['row 31: a null path', { uri: NULL }, 'AJP_STRING'],
    ['row 33: the absolute form', { uri: str('http://a/') }, 'AJP_TARGET'],
    ...[...'\0\t\n\r\u001f \u007f?#'].map((char): [string, RawRequest, AjpErrorCode] => [
      `7.4: a path with ${JSON.stringify(char)}`,
      { uri: str(`/a${char}b`) },
      'AJP_CHARACTER',
    ]),
    ...[...'\0\n\r \u007f'].map((char): [string, RawRequest, AjpErrorCode] => [
      `a query string with ${JSON.stringify(char)}`,
      { attributes: [attribute(5, str(`a${char}b`))] },
      'AJP_CHARACTER',
    ]),
    ...[...'\0\n\r\u0001\u001b\u007f'].map((char): [string, RawRequest, AjpErrorCode] => [
      `7.4: a header value with ${JSON.stringify(char)}`,
      { headers: [header('X', `a${char}b`)] },
      'AJP_CHARACTER',
    ]),
    ...[...'\0\n\r\t :()<>@,;\\"/[]?={}\u007f\u00e9'].map((char): [string, RawRequest, AjpErrorCode] => [
      `7.4: a header name with ${JSON.stringify(char)}`,
      { headers: [header(`a${char}b`, '')] },
      'AJP_CHARACTER',
    ]),
    ['a header without a name', { headers: [header('', 'x')] }, 'AJP_CHARACTER'],
    ['a header with a null name', { headers: [Buffer.concat([NULL, str('x')])] }, 'AJP_STRING'],
    ['a header with a null value', { headers: [Buffer.concat([str('X'), NULL])] }, 'AJP_STRING'],
    ['a string without its NUL', { protocol: hex('00 01 41 41') }, 'AJP_STRING'],
    ...(
      [
        ['protocol', 'protocol'],
        ['remote_addr', 'remoteAddr'],
        ['remote_host', 'remoteHost'],
        ['server_name', 'serverName'],
      ] as const
    ).map(([field, key]): [string, RawRequest, AjpErrorCode] => [
      `a line feed in ${field}`,
      { [key]: str('a\nb') },
      'AJP_CHARACTER',
    ]),
    ...[1, 2, 3, 4, 6, 8, 9, 12].map((code): [string, RawRequest, AjpErrorCode] => [
      `a line feed in attribute ${code}`,
      { attributes: [attribute(code, str('a\nb'))] },
      'AJP_CHARACTER',
    ]),
    ['a NUL in the certificate', { attributes: [attribute(7, str('a\0b'))] }, 'AJP_CHARACTER'],
    ['a line feed in the name of an attribute', { attributes: [attribute(10, str('a\n'), str(''))] }, 'AJP_CHARACTER'],
    ['a line feed in its value', { attributes: [attribute(10, str('a'), str('\n'))] }, 'AJP_CHARACTER'],
  ]
  for (const [rule, parts, code, status = 400] of rows)
    test(rule, () => assert.throws(() => decode(parts), { name: 'AjpError', code, status }))

  const files: [name: string, code: AjpErrorCode][] = [
    ['m06-no-terminator', 'AJP_SHORT'],
    ['m07-method-99', 'AJP_METHOD'],
    ['m08-header-code-a00f', 'AJP_HEADER_CODE'],
    ['m09-content-length-negative', 'AJP_CONTENT_LENGTH'],
    ['m10-content-length-twice', 'AJP_CONTENT_LENGTH'],
    ['m11-host-invalid', 'AJP_HOST'],
    ['m13-string-overrun', 'AJP_SHORT'],
  ]
  for (const [name, code] of files)
    test(`8.3 S2: ${name}`, () =>
      assert.throws(() => decodeForwardRequest(fixture(name).packets[0]!.payload), { code, status: 400 }))

  test('every payload that is cut short', () => {
    const whole = fixture('10-https-attributes').packets[0]!.payload
    for (let length = 0; length < whole.length; length++)
      assert.throws(() => decodeForwardRequest(whole.subarray(0, length)), { code: 'AJP_SHORT' }, `${length} bytes`)
  })
  test('a payload of another type', () =>
    assert.throws(() => decode({ type: hex('0A') }), { code: 'AJP_TYPE', status: undefined }))
  test('one header more than a limit of the caller', () => {
    const payload = rawRequest({ headers: [header('A', ''), header('B', '')] })
    assert.equal(decodeForwardRequest(payload, 2).headers.length, 4)
    assert.throws(() => decodeForwardRequest(payload, 1), { code: 'AJP_TOO_MANY_HEADERS' })
  })
  test('where it happened, and not what a secret was', () => {
    const parts = { attributes: [attribute(12, str('top\nsecret'))] }
    assert.throws(
      () => decode(parts),
      (error: Error) => /at offset \d+ of \d+$/.test(error.message) && !/top/.test(error.message),
    )
  })
})

test('strings are those of the payload, also when its bytes change later', () => {
  const payload = rawRequest({ headers: [header('X-Long-Enough-To-Be-A-Slice', 'a value that is as long as that')] })
  const { headers } = decodeForwardRequest(payload)
  payload.fill(0xff)
  assert.deepEqual(headers, ['X-Long-Enough-To-Be-A-Slice', 'a value that is as long as that'])
})
