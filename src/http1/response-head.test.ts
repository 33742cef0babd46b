import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Http1Error } from './errors.ts'
import { hasBody, parseResponseHead, type ResponseHead } from './response-head.ts'

const LIMITS = { headBytes: 65_536, headerCount: 10, targetBytes: 64 }

function outcome<T>(text: string, read: (head: ResponseHead) => T): T | string {
  try {
    return read(parseResponseHead(text, LIMITS))
  } catch (error) {
    if (error instanceof Http1Error) return error.code
    throw error
  }
}

describe('status line', () => {
  const good: readonly [rule: string, line: string, status: number, reason: string, minor: 0 | 1][] = [
    ['as it should be', 'HTTP/1.1 200 OK', 200, 'OK', 1],
    ['HTTP/1.0', 'HTTP/1.0 404 Not Found', 404, 'Not Found', 0],
    ['an empty reason', 'HTTP/1.1 200 ', 200, '', 1],
    ['no reason, and not its space', 'HTTP/1.1 200', 200, '', 1],
    ['a reason beyond ASCII', 'HTTP/1.1 200 D\xe9', 200, 'D\xe9', 1],
    ['the least and the greatest code', 'HTTP/1.1 599 x', 599, 'x', 1],
    ['an interim one', 'HTTP/1.1 100 Continue', 100, 'Continue', 1],
  ]
  for (const [rule, line, status, reason, minor] of good) {
    test(rule, () =>
      assert.deepEqual(
        outcome(`${line}\r\n`, (head) => [head.status, head.reason, head.minor]),
        [status, reason, minor],
      ),
    )
  }

  const bad: readonly [rule: string, line: string][] = [
    ['empty', ''],
    ['another protocol', 'ICY 200 OK'],
    ['another version', 'HTTP/2.0 200 OK'],
    ['a later minor version', 'HTTP/1.2 200 OK'],
    ['lower case', 'http/1.1 200 OK'],
    ['no space behind the version', 'HTTP/1.1200 OK'],
    ['two spaces', 'HTTP/1.1  200 OK'],
    ['two digits', 'HTTP/1.1 20 OK'],
    ['two digits and nothing', 'HTTP/1.1 20'],
    ['four digits', 'HTTP/1.1 2000 OK'],
    ['letters', 'HTTP/1.1 2x0 OK'],
    ['a sign', 'HTTP/1.1 +20 OK'],
    ['less than 100', 'HTTP/1.1 099 OK'],
    ['more than 599', 'HTTP/1.1 600 OK'],
    ['a control byte in the reason', 'HTTP/1.1 200 O\0K'],
    ['a bare CR in the reason', 'HTTP/1.1 200 O\rK'],
    ['a bare LF in the reason', 'HTTP/1.1 200 O\nK'],
  ]
  for (const [rule, line] of bad) {
    test(`refused: ${rule}`, () =>
      assert.equal(
        outcome(`${line}\r\n`, (head) => head),
        'HTTP1_STATUS_LINE',
      ))
  }
})

describe('how a response ends', () => {
  const rows: readonly [rule: string, text: string, result: unknown][] = [
    ['by the close of the connection', 'HTTP/1.1 200 OK\r\n', ['close', -1, true]],
    ['after a length', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n', ['length', 3, true]],
    ['with its last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n', ['chunked', -1, true]],
    [
      'a length said twice is a length',
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n',
      ['length', 3, true],
    ],
    ['two lengths are none', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n', 'HTTP1_FRAMING'],
    [
      'three lengths of which one differs',
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\nContent-Length: 03\r\n',
      'HTTP1_FRAMING',
    ],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n', 'HTTP1_FRAMING'],
    [
      'both framings: chunked, and not reused',
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n',
      ['chunked', -1, false],
    ],
    ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n', 'HTTP1_CODING'],
    ['chunked twice', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n', 'HTTP1_FRAMING'],
    ['chunked in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n', 'HTTP1_FRAMING'],
    ['an interim response has no body', 'HTTP/1.1 103 x\r\n', ['close', -1, true]],
    ['an interim response may say so', 'HTTP/1.1 100 x\r\nContent-Length: 0\r\n', ['close', -1, true]],
    ['an interim response that announces a body', 'HTTP/1.1 103 x\r\nContent-Length: 1\r\n', 'HTTP1_FRAMING'],
    ['an interim response in chunks', 'HTTP/1.1 103 x\r\nTransfer-Encoding: chunked\r\n', 'HTTP1_FRAMING'],
    ['Connection: close', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n', ['length', 0, false]],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n', ['length', 0, false]],
    [
      'HTTP/1.0 with keep-alive',
      'HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n',
      ['length', 0, true],
    ],
    ['a field that is none', 'HTTP/1.1 200 OK\r\nX Y: 1\r\n', 'HTTP1_FIELD'],
    ['one field more than the limit', `HTTP/1.1 200 OK\r\n${'a:\r\n'.repeat(11)}`, 'HTTP1_TOO_MANY_FIELDS'],
    ['thirty thousand connection options', `HTTP/1.1 200 OK\r\nConnection: ${'a,'.repeat(30_000)}\r\n`, 'HTTP1_FIELD'],
  ]
  for (const [rule, text, result] of rows) {
    test(rule, () =>
      assert.deepEqual(
        outcome(text, (head) => [head.framing, head.bodyLength, head.keepsAlive]),
        result,
      ),
    )
  }

  test('whether there is a body at all', () => {
    const without = [
      [200, 'HEAD'],
      [204, 'GET'],
      [304, 'GET'],
      [100, 'GET'],
    ] as const
    for (const [status, method] of without) assert.equal(hasBody(status, method), false, `${status} to ${method}`)
    for (const status of [200, 205, 404, 500]) assert.equal(hasBody(status, 'GET'), true, `${status}`)
  })
})
