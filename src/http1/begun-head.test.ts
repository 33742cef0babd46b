import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkBegunHead } from './begun-head.ts'
import { Http1Error } from './errors.ts'

const LIMITS = { headBytes: 1_000, headerCount: 3, targetBytes: 32 }

function outcome(text: string): string {
  try {
    checkBegunHead(text, LIMITS)
  } catch (error) {
    if (error instanceof Http1Error) return error.code
    throw error
  }
  return 'may go on'
}

describe('a begun head', () => {
  const whole = [
    'GET /a?b=c HTTP/1.1\r\nHost: a\r\nX-A: \t\xe9 b \r\n\r\n',
    'OPTIONS * HTTP/1.0\r\n\r\n',
    'GET https://a.b:80/c HTTP/1.1\r\nHost: a.b:80\r\nEmpty:\r\nContent-Length: 10\r\n\r\n',
    `${'M'.repeat(32)} /${'x'.repeat(31)} HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\nA: b\r\n\r\n`,
  ]
  for (const text of whole) {
    test(`no beginning of ${JSON.stringify(text.slice(0, 24))}… is refused`, () => {
      for (let end = 1; end < text.length - 1; end++) {
        assert.equal(outcome(text.slice(0, end)), 'may go on', JSON.stringify(text.slice(0, end)))
      }
    })
  }

  test('nor half of an empty line before it', () => assert.equal(outcome('\r'), 'may go on'))

  /** The shortest beginning that must be refused; one byte less must not be. */
  const rows: readonly [rule: string, text: string, code: string][] = [
    ['no method', ' ', 'HTTP1_REQUEST_LINE'],
    ['a byte no method has', 'GE\x16', 'HTTP1_REQUEST_LINE'],
    ['the hello of TLS', '\x16', 'HTTP1_REQUEST_LINE'],
    ['a method that is too long', 'M'.repeat(33), 'HTTP1_REQUEST_LINE'],
    ['a method and no more', 'GET\r', 'HTTP1_REQUEST_LINE'],
    ['a byte no target has', 'GET /\x01', 'HTTP1_TARGET'],
    ['a fragment', 'GET /#', 'HTTP1_TARGET'],
    ['two spaces', 'GET  ', 'HTTP1_TARGET'],
    ['HTTP/0.9', 'GET /\r', 'HTTP1_TARGET'],
    ['a target that is too long', `GET /${'x'.repeat(32)}`, 'HTTP1_TARGET_TOO_LONG'],
    ['a target that is none', 'GET a ', 'HTTP1_TARGET'],
    ['CONNECT', 'CONNECT / ', 'HTTP1_METHOD'],
    ['a version of another kind', 'GET / HX', 'HTTP1_REQUEST_LINE'],
    ['another version', 'GET / HTTP/5.6', 'HTTP1_VERSION'],
    ['another minor version', 'GET / HTTP/1.2', 'HTTP1_VERSION'],
    ['a version of two digits', 'GET / HTTP/1.10', 'HTTP1_REQUEST_LINE'],
    ['LF alone behind the request line', 'GET / HTTP/1.1\n', 'HTTP1_FIELD'],
    ['CR alone behind the request line', 'GET / HTTP/1.1\rH', 'HTTP1_FIELD'],
    ['a space behind the request line', 'GET / HTTP/1.1\r\n ', 'HTTP1_FIELD'],
    ['a name that is none', 'GET / HTTP/1.1\r\nHost(', 'HTTP1_FIELD'],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost ', 'HTTP1_FIELD'],
    ['no colon', 'GET / HTTP/1.1\r\nHost\r', 'HTTP1_FIELD'],
    ['a byte no value has', 'GET / HTTP/1.1\r\nHost: \0', 'HTTP1_FIELD'],
    ['a folded value', 'GET / HTTP/1.1\r\nA: b\r\n\t', 'HTTP1_FIELD'],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n', 'HTTP1_HOST'],
    ['a length that is none', 'GET / HTTP/1.1\r\nContent-Length: x\r\n', 'HTTP1_FRAMING'],
    ['both framings', 'GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n', 'HTTP1_FRAMING'],
    ['too many fields', `GET / HTTP/1.1\r\n${'A:\r\n'.repeat(4)}`, 'HTTP1_TOO_MANY_FIELDS'],
  ]
  for (const [rule, text, code] of rows) {
    test(`is refused as soon as it shows: ${rule}`, () => {
      assert.equal(outcome(text), code)
      if (text.length > 1) assert.equal(outcome(text.slice(0, -1)), 'may go on', 'and not before')
    })
  }
})
