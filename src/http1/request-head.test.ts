import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Http1Error } from './errors.ts'
import {
  checkAuthority,
  isAuthority,
  parseRequestFields,
  parseRequestLine,
  type RequestFields,
  type RequestLine,
} from './request-head.ts'

const LIMITS = { headBytes: 65_536, headerCount: 10, targetBytes: 64 }

function parseLine(line: string): RequestLine {
  return parseRequestLine(`${line}\r\nHost: a\r\n`, 0, line.length, LIMITS)
}

function parse(text: string, minor: 0 | 1 = 1): RequestFields {
  return parseRequestFields(text, minor, LIMITS)
}

function outcome<T>(run: () => T): T | string {
  try {
    return run()
  } catch (error) {
    if (error instanceof Http1Error) return error.code
    throw error
  }
}

const origin = { authority: undefined, isSecure: false, minor: 1 }
const longTarget = `/${'x'.repeat(LIMITS.targetBytes - 1)}`

describe('request line', () => {
  const good: readonly [rule: string, line: string, parsed: RequestLine][] = [
    ['origin form', 'GET /a?b HTTP/1.1', { ...origin, method: 'GET', target: '/a?b', minor: 1 }],
    ['HTTP/1.0', 'GET / HTTP/1.0', { ...origin, method: 'GET', target: '/', minor: 0 }],
    [
      'methods are tokens, and have a case',
      'm-Search! / HTTP/1.1',
      { ...origin, method: 'm-Search!', target: '/', minor: 1 },
    ],
    [
      'a target keeps odd but visible characters',
      'GET /"<>\\^`{|} HTTP/1.1',
      { ...origin, method: 'GET', target: '/"<>\\^`{|}', minor: 1 },
    ],
    [
      'a target up to the limit',
      `GET ${longTarget} HTTP/1.1`,
      { ...origin, method: 'GET', target: longTarget, minor: 1 },
    ],
    ['a path of two slashes is a path', 'GET //a HTTP/1.1', { ...origin, method: 'GET', target: '//a', minor: 1 }],
    ['asterisk form', 'OPTIONS * HTTP/1.1', { ...origin, method: 'OPTIONS', target: '*', minor: 1 }],
    [
      'absolute form',
      'GET http://a:80/b HTTP/1.1',
      { method: 'GET', target: '/b', authority: 'a:80', isSecure: false, minor: 1 },
    ],
    [
      'absolute form with https',
      'GET HTTPS://a/b HTTP/1.1',
      { method: 'GET', target: '/b', authority: 'a', isSecure: true, minor: 1 },
    ],
    [
      'absolute form without a path',
      'GET http://a HTTP/1.1',
      { method: 'GET', target: '/', authority: 'a', isSecure: false, minor: 1 },
    ],
    [
      'absolute form with nothing but a query',
      'GET http://a?b/c HTTP/1.1',
      { method: 'GET', target: '/?b/c', authority: 'a', isSecure: false, minor: 1 },
    ],
    [
      'OPTIONS on a whole server through its name',
      'OPTIONS http://a HTTP/1.1',
      { method: 'OPTIONS', target: '*', authority: 'a', isSecure: false, minor: 1 },
    ],
    [
      'OPTIONS on its root',
      'OPTIONS http://a/ HTTP/1.1',
      { method: 'OPTIONS', target: '/', authority: 'a', isSecure: false, minor: 1 },
    ],
  ]
  for (const [rule, line, parsed] of good) test(rule, () => assert.deepEqual(parseLine(line), parsed))

  const bad: readonly [rule: string, line: string, code: string][] = [
    ['empty', '', 'HTTP1_REQUEST_LINE'],
    ['a method alone', 'GET', 'HTTP1_REQUEST_LINE'],
    ['no method', ' / HTTP/1.1', 'HTTP1_REQUEST_LINE'],
    ['a method that is no token', 'G(ET / HTTP/1.1', 'HTTP1_REQUEST_LINE'],
    ['a method longer than any', `${'M'.repeat(33)} / HTTP/1.1`, 'HTTP1_REQUEST_LINE'],
    ['a tab for a space', 'GET\t/ HTTP/1.1', 'HTTP1_REQUEST_LINE'],
    ['two spaces behind the method', 'GET  / HTTP/1.1', 'HTTP1_TARGET'],
    ['two spaces behind the target', 'GET /  HTTP/1.1', 'HTTP1_REQUEST_LINE'],
    ['a space behind the version', 'GET / HTTP/1.1 ', 'HTTP1_REQUEST_LINE'],
    ['a space in the target', 'GET /a b HTTP/1.1', 'HTTP1_REQUEST_LINE'],
    ['no version: HTTP/0.9', 'GET /', 'HTTP1_TARGET'],
    ['an empty version', 'GET / ', 'HTTP1_REQUEST_LINE'],
    ['a version of another kind', 'GET / HTTQ/1.1', 'HTTP1_REQUEST_LINE'],
    ['a version in lower case', 'GET / http/1.1', 'HTTP1_REQUEST_LINE'],
    ['a version of two digits', 'GET / HTTP/1.10', 'HTTP1_REQUEST_LINE'],
    ['a version of one', 'GET / HTTP/1', 'HTTP1_REQUEST_LINE'],
    ['HTTP/1.2', 'GET / HTTP/1.2', 'HTTP1_VERSION'],
    ['HTTP/0.9 by name', 'GET / HTTP/0.9', 'HTTP1_VERSION'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0', 'HTTP1_VERSION'],
    ['a control byte in the target', 'GET /\x01 HTTP/1.1', 'HTTP1_TARGET'],
    ['a fragment', 'GET /a#b HTTP/1.1', 'HTTP1_TARGET'],
    ['bytes beyond ASCII in the target', 'GET /\xe9 HTTP/1.1', 'HTTP1_TARGET'],
    ['a target that is no path', 'GET a HTTP/1.1', 'HTTP1_TARGET'],
    ['a query alone', 'GET ?a HTTP/1.1', 'HTTP1_TARGET'],
    ['another scheme', 'GET ftp://a/ HTTP/1.1', 'HTTP1_TARGET'],
    ['a scheme without an authority', 'GET http:///a HTTP/1.1', 'HTTP1_TARGET'],
    ['user information', 'GET http://u:p@a/ HTTP/1.1', 'HTTP1_TARGET'],
    ['* without OPTIONS', 'GET * HTTP/1.1', 'HTTP1_TARGET'],
    ['CONNECT is for other proxies', 'CONNECT a:443 HTTP/1.1', 'HTTP1_METHOD'],
    ['a target one byte over the limit', `GET ${longTarget}x HTTP/1.1`, 'HTTP1_TARGET_TOO_LONG'],
  ]
  for (const [rule, line, code] of bad)
    test(`refused: ${rule}`, () =>
      assert.equal(
        outcome(() => parseLine(line)),
        code,
      ))
})

describe('authority', () => {
  const good = [
    'a',
    'a:',
    'a:0',
    'a:65535',
    'a.b',
    'a.b.',
    'a-b_c~d',
    '127.0.0.1:80',
    '256.0.0.0',
    '[::1]',
    '[::ffff:1.2.3.4]:80',
    'x'.repeat(255),
  ]
  for (const text of good) test(`${text.slice(0, 30)} names a host`, () => assert.ok(isAuthority(text)))

  const bad = [
    '',
    ':80',
    '.',
    '.a',
    'a..b',
    'a:65536',
    'a:123456',
    'a:8o',
    'a:+1',
    'a b',
    'a,b',
    'u@a',
    'a/b',
    'a?b',
    '%61',
    '*',
    'a\0',
    '\xe9',
    '[::1',
    '::1',
    '[::1]x',
    '[1.2.3.4]',
    '[:::]',
    '[::%251]',
    '[fe80::1%eth0]',
    '[]',
    'x'.repeat(262),
  ]
  for (const text of bad) test(`${JSON.stringify(text.slice(0, 30))} does not`, () => assert.ok(!isAuthority(text)))

  const rows: readonly [target: string, host: string, agrees: boolean][] = [
    ['http://a/', 'a', true],
    ['http://a/', 'A:80', true],
    ['http://a:80/', 'a', true],
    ['http://a:/', 'a', true],
    ['https://a/', 'a:443', true],
    ['https://a/', 'a:80', false],
    ['http://a/', 'b', false],
    ['http://a:81/', 'a', false],
    ['http://[::1]/', '[::1]:80', true],
    ['/', 'whatever', true],
  ]
  for (const [target, host, agrees] of rows) {
    test(`${target} and Host: ${host} ${agrees ? 'agree' : 'do not agree'}`, () => {
      const fields = parse(`Host: ${host}\r\n`)
      assert.equal(
        outcome(() => checkAuthority(parseLine(`GET ${target} HTTP/1.1`), fields)),
        agrees ? undefined : 'HTTP1_HOST',
      )
    })
  }
})

describe('request fields', () => {
  test('what they mean', () => {
    const text = 'Host: a:1\r\nConnection: close, X-A\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n'
    const { host, hasClose, hasKeepAlive, connectionOptions, bodyLength, expectsContinue, ...rest } = parse(text)
    assert.deepEqual(
      { host, hasClose, hasKeepAlive, connectionOptions, bodyLength, expectsContinue, text: rest.text },
      {
        host: 'a:1',
        hasClose: true,
        hasKeepAlive: false,
        connectionOptions: ['x-a'],
        bodyLength: 5,
        expectsContinue: true,
        text,
      },
    )
  })

  const rows: readonly [rule: string, text: string, minor: 0 | 1, result: number | string][] = [
    ['no body', 'Host: a\r\n', 1, 0],
    ['a body of a length', 'Host: a\r\nContent-Length: 7\r\n', 1, 7],
    ['a chunked body', 'Host: a\r\nTransfer-Encoding: chunked\r\n', 1, -1],
    ['both framings', 'Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 7\r\n', 1, 'HTTP1_FRAMING'],
    [
      'both framings, the other way round',
      'Host: a\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n',
      1,
      'HTTP1_FRAMING',
    ],
    ['a chunked body in HTTP/1.0', 'Host: a\r\nTransfer-Encoding: chunked\r\n', 0, 'HTTP1_FRAMING'],
    ['no Host', 'A: b\r\n', 1, 'HTTP1_HOST'],
    ['no Host in HTTP/1.0', 'A: b\r\n', 0, 0],
    ['no fields in HTTP/1.0', '', 0, 0],
    ['an empty Host', 'Host:\r\n', 1, 0],
    ['two Hosts, even the same', 'Host: a\r\nHost: a\r\n', 1, 'HTTP1_HOST'],
    ['an empty Host and another', 'Host:\r\nHost: a\r\n', 1, 'HTTP1_HOST'],
    ['a Host that is none', 'Host: a/b\r\n', 1, 'HTTP1_HOST'],
    ['an expectation we do not know', 'Host: a\r\nExpect: magic\r\n', 1, 'HTTP1_EXPECT'],
    ['as many fields as the limit', `Host: a\r\n${'A:\r\n'.repeat(9)}`, 1, 0],
    ['one more', `Host: a\r\n${'A:\r\n'.repeat(10)}`, 1, 'HTTP1_TOO_MANY_FIELDS'],
  ]
  for (const [rule, text, minor, result] of rows) {
    test(rule, () =>
      assert.equal(
        outcome(() => parse(text, minor).bodyLength),
        result,
      ),
    )
  }

  test('HTTP/1.0 knows no expectation', () => {
    assert.equal(parse('Expect: 100-continue\r\n', 0).expectsContinue, false)
  })

  test('thirty thousand connection options cost no more than a look', () => {
    assert.equal(
      outcome(() => parse(`Host: a\r\nConnection: ${'a,'.repeat(30_000)}\r\n`)),
      'HTTP1_FIELD',
    )
  })

  test('property: a head that is written again from what was read reads the same', () => {
    const name = fc
      .stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,10}$/)
      .filter((text) => !/^(?:host|connection|content-length|transfer-encoding|expect)$/i.test(text))
    const value = fc.stringMatching(/^(?:[\x21-\x7e\x80-\xff]{1,12})?$/)
    const target = fc.stringMatching(/^\/[\x21\x22\x24-\x7e]{0,40}$/)
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 8 }), target, (list, path) => {
        const first = parse(`Host: a\r\n${list.map((pair) => `${pair[0]}:\t${pair[1]} \r\n`).join('')}`)
        const again = parse(first.names.map((each, i) => `${each}: ${first.values[i]}\r\n`).join(''))
        assert.deepEqual({ ...again, text: '', lines: [] }, { ...first, text: '', lines: [] })
        const line = parseLine(`GET ${path} HTTP/1.1`)
        assert.deepEqual(parseLine(`${line.method} ${line.target} HTTP/1.1`), line)
      }),
    )
  })
})

describe('fields known from the head before', () => {
  const line = fc.constantFrom(
    'Host: a.example\r\n',
    'Host: b.example\r\n',
    'Host: a b\r\n',
    'Cookie: JSESSIONID=1.a\r\n',
    'Cookie: JSESSIONID=1.ab\r\n',
    'Cookie:JSESSIONID=1.a\r\n',
    'Cookie: JSESSIONID=1.a \r\n',
    'Content-Length: 3\r\n',
    'Content-Length: 33\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Connection: close\r\n',
    'Connection: cookie\r\n',
    'Expect: 100-continue\r\n',
    'A: 1\r\n',
    'A: 1\n',
    'A : 1\r\n',
    'A: 1\r\nHost',
    ': a\r\n',
    '\r\n',
  )
  const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.join(''))
  const good = fc.constantFrom(
    'Host: a.example\r\n',
    'Cookie: JSESSIONID=1.a\r\n',
    'Cookie:x\r\n',
    'A: 1\r\n',
    'Content-Length: 3\r\n',
  )
  /** A head that is right, since each line is there once, and one that differs from it here and there. */
  const pair = fc.uniqueArray(good, { minLength: 1 }).chain((lines) =>
    fc.tuple(
      fc.constant(lines.join('')),
      fc.array(fc.tuple(fc.nat(lines.length), line), { maxLength: 2 }).map((changes) => {
        const changed: string[] = [...lines]
        for (const [at, other] of changes) changed[at] = other
        return changed.join('')
      }),
    ),
  )

  test('change nothing: neither what is read nor what is refused', () =>
    fc.assert(
      fc.property(fc.oneof(pair, fc.tuple(text, text)), ([before, now]) => {
        const known = outcome(() => parse(before))
        if (typeof known === 'string') return
        assert.deepEqual(
          outcome(() => parseRequestFields(now, 1, LIMITS, known)),
          outcome(() => parse(now)),
        )
      }),
      { numRuns: 5_000 },
    ))

  test('of a line the same value is taken over', () => {
    const known = parse('Host: a\r\nCookie: one-very-long-value\r\n')
    const fields = parseRequestFields('Host: a\r\nCookie: two\r\n', 1, LIMITS, known)
    assert.deepEqual(fields.values, ['a', 'two'])
    assert.deepEqual(fields.lines, [0, 9])
  })
})
