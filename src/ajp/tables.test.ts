/** The tables against the specification: constants.ts, header-codes.ts, chars.ts and errors.ts. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ANY, CHAR, type CharClass, consistsOf, LABEL, PATH, PEM, QUERY, TEXT, TOKEN, VALUE } from './chars.ts'
import {
  ATTRIBUTE,
  METHODS,
  maxBodyBytes,
  maxChunkBytes,
  maxPayloadBytes,
  REQUEST_HEADERS,
  RESPONSE_HEADERS,
  STANDARD_NAMES,
} from './constants.ts'
import { AjpError, type AjpErrorCode, ajpErrors } from './errors.ts'
import { NO_CODE, requestHeaderCodes, responseHeaderCodes } from './header-codes.ts'

describe('sizes (1.2)', () => {
  const rows: [packetBytes: number, payload: number, body: number, chunk: number][] = [
    [8192, 8188, 8186, 8184],
    [16_000, 15_996, 15_994, 15_992],
    [65_536, 65_532, 65_530, 65_528],
  ]
  for (const [packetBytes, ...sizes] of rows)
    test(`P = ${packetBytes}`, () =>
      assert.deepEqual([maxPayloadBytes(packetBytes), maxBodyBytes(packetBytes), maxChunkBytes(packetBytes)], sizes))
})

describe('codes (2.2 to 2.4)', () => {
  test('27 methods, 14 request and 11 response headers, 13 attributes and the end', () => {
    assert.deepEqual(
      [METHODS.length - 1, REQUEST_HEADERS.length - 1, RESPONSE_HEADERS.length - 1, Object.keys(ATTRIBUTE).length],
      [27, 14, 11, 14],
    )
  })
  const corners: [list: readonly string[], code: number, name: string][] = [
    [METHODS, 1, 'OPTIONS'],
    [METHODS, 6, 'DELETE'],
    [METHODS, 17, 'VERSION-CONTROL'],
    [METHODS, 27, 'MKACTIVITY'],
    [REQUEST_HEADERS, 0x08, 'content-length'],
    [REQUEST_HEADERS, 0x0b, 'host'],
    [REQUEST_HEADERS, 0x0e, 'user-agent'],
    [RESPONSE_HEADERS, 0x03, 'Content-Length'],
    [RESPONSE_HEADERS, 0x07, 'Set-Cookie'],
    [RESPONSE_HEADERS, 0x0b, 'WWW-Authenticate'],
  ]
  for (const [list, code, name] of corners) test(`${name} is ${code}`, () => assert.equal(list[code], name))

  for (const [direction, codes, names] of [
    ['request', requestHeaderCodes, REQUEST_HEADERS],
    ['response', responseHeaderCodes, RESPONSE_HEADERS],
  ] as const) {
    test(`every ${direction} header is found in any letter case, and back`, () => {
      for (const [code, name] of names.entries()) {
        if (code === NO_CODE) continue
        for (const spelling of [name, name.toLowerCase(), name.toUpperCase()])
          assert.equal(codes.codeOf(spelling), code, spelling)
        assert.equal(codes.nameOf(code), name)
      }
      assert.equal(codes.nameOf(NO_CODE), undefined)
      assert.equal(codes.nameOf(names.length), undefined)
    })
    test(`nothing else is a ${direction} header: one character changed, added or left out`, () => {
      for (const name of names.slice(1)) {
        for (let at = 0; at < name.length; at++) {
          for (const char of ['\r', '\u0000', 'x', '_', '\u012d', '\u0161']) {
            const changed = name.slice(0, at) + char + name.slice(at + 1)
            if (changed.toLowerCase() !== name.toLowerCase()) assert.equal(codes.codeOf(changed), NO_CODE, changed)
          }
        }
        for (const other of [`${name} `, `${name}${name.at(-1)}`, name.slice(1), name.slice(0, -1), ''])
          if (!names.some((one) => one.toLowerCase() === other.toLowerCase()))
            assert.equal(codes.codeOf(other), NO_CODE)
      }
      assert.equal(codes.codeOf('x'.repeat(10_000)), NO_CODE)
    })
  }
})

describe('attributes that need no permission (2.5)', () => {
  for (const name of ['AJP_REMOTE_PORT', 'JK_LB_ACTIVATION', 'jakarta.servlet.request.X509Certificate', 'CERT_ISSUER'])
    test(name, () => assert.ok(STANDARD_NAMES.has(name)))
  for (const name of ['javax.servlet.include.request_uri', 'javax.servlet.include.servlet_path', 'secret', '__proto__'])
    test(`Ghostcat: not ${name}`, () => assert.ok(!STANDARD_NAMES.has(name)))
})

describe('characters', () => {
  const rows: [name: string, charClass: CharClass, refused: RegExp][] = [
    ['any', ANY, /[^\u0000-\u00ff]/],
    ['PEM', PEM, /\u0000/],
    ['text', TEXT, /[\u0000\n\r]/],
    ['header values', VALUE, /[\u0000-\u0008\u000a-\u001f\u007f]/],
    ['query strings', QUERY, /[\u0000-\u0020\u007f]/],
    ['paths', PATH, /[\u0000-\u0020\u007f?#]/],
    ['tokens (RFC 9110 5.6.2)', TOKEN, /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/],
    ['labels', LABEL, /[^0-9A-Za-z_~-]/],
  ]
  for (const [name, charClass, refused] of rows)
    test(`${name}: table and match agree with the rule`, () => {
      for (let c = 0; c < 256; c++) {
        const char = String.fromCharCode(c)
        const isFine = !refused.test(char)
        assert.equal((CHAR[c]! & charClass) !== 0, isFine, `table, ${c}`)
        assert.equal(consistsOf(`aa${char}aa`, charClass), isFine, `match, ${c}`)
      }
      for (const wide of ['\u0100', '\u010a', '\u0161', '\uffff', '\u{1f408}'])
        assert.equal(consistsOf(`a${wide}a`, charClass), false)
    })
})

describe('errors', () => {
  test('say what happened, and the fact behind it', () => {
    const error = new AjpError('AJP_METHOD', 'code 99')
    assert.equal(error.message, 'the method has an unassigned code, or no name: code 99')
    assert.deepEqual([error.name, error.code, error.status], ['AjpError', 'AJP_METHOD', 400])
  })
  test('what is no answerable request has no status (6.4)', () => {
    const silent = (Object.keys(ajpErrors) as AjpErrorCode[]).filter((code) => new AjpError(code).status === undefined)
    assert.deepEqual(silent, [
      'AJP_MAGIC',
      'AJP_TYPE',
      'AJP_ORDER',
      'AJP_BODY_PACKET',
      'AJP_BODY_SHORT',
      'AJP_BODY_LONG',
      'AJP_CHUNK',
      'AJP_PACKET_SIZE',
    ])
  })
})
