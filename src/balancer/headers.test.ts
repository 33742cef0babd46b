import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseRequestFields, parseResponseHead } from '../http1/index.ts'
import type { ClientFacts } from './exchange.ts'
import { answerHead, Forwarding, informationalText, lastChunk, requestFields } from './headers.ts'

const LIMITS = { headBytes: 65_536, headerCount: 100, targetBytes: 8_192 }
const CLIENT: ClientFacts = { address: '127.0.0.9', port: 1, localPort: 80, encrypted: false }

function forwarded(lines: readonly string[], { client = CLIENT, isTrusted = false, host = 'a' } = {}): string[] {
  const fields = parseRequestFields(lines.map((line) => `${line}\r\n`).join(''), 1, LIMITS)
  const text = requestFields(fields, host, new Forwarding(client, isTrusted))
  assert.ok(text.endsWith('\r\n'))
  return text.slice(0, -2).split('\r\n')
}

/** Without the five that are always added. */
function own(lines: string[]): string[] {
  return lines.filter((line) => !/^(?:X-Forwarded-|Forwarded:)/.test(line))
}

const added = [
  'X-Forwarded-For: 127.0.0.9',
  'X-Forwarded-Proto: http',
  'X-Forwarded-Host: a',
  'X-Forwarded-Port: 80',
  'Forwarded: for=127.0.0.9;host=a;proto=http',
]

describe('the fields of a request', () => {
  test('travel on in their order, Host first, forwarding behind', () => {
    assert.deepEqual(forwarded(['B: 1', 'Host: a', 'A: 2', 'b:3']), ['Host: a', 'B: 1', 'A: 2', 'b: 3', ...added])
  })

  const rows: readonly [rule: string, lines: readonly string[], seen: readonly string[]][] = [
    ['those of the connection end here', ['Connection: x', 'Keep-Alive: 5', 'Proxy-Connection: y', 'TE: trailers'], []],
    ['an upgrade ends here', ['Connection: Upgrade', 'Upgrade: h2c', 'HTTP2-Settings: x'], []],
    ['what Connection lists ends here, in any case', ['Connection: X-A, close', 'x-a: 1', 'X-B: 2'], ['X-B: 2']],
    [
      'Connection cannot take the framing away',
      ['Connection: Content-Length', 'Content-Length: 3'],
      ['Content-Length: 3'],
    ],
    ['a length is written anew', ['content-length: 007'], ['Content-Length: 7']],
    ['chunks are written anew', ['TRANSFER-ENCODING: CHUNKED'], ['Transfer-Encoding: chunked']],
    [
      'Cookie, Authorization and Expect travel on',
      ['Cookie: a=b', 'Authorization: c', 'Expect: 100-continue'],
      ['Cookie: a=b', 'Authorization: c', 'Expect: 100-continue'],
    ],
    ['bytes beyond ASCII are kept', ['X: \xe9\xff'], ['X: \xe9\xff']],
  ]
  for (const [rule, lines, seen] of rows) {
    test(rule, () => assert.deepEqual(own(forwarded(['Host: a', ...lines])), ['Host: a', ...seen]))
  }

  const claims = [
    'X-Forwarded-For: 1.1.1.1',
    'X-Forwarded-For: 2.2.2.2',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: evil',
    'X-Forwarded-Port: 443',
    'Forwarded: for=1.1.1.1',
  ]
  test('what anyone says about earlier hops is gone', () => {
    assert.deepEqual(forwarded(['Host: a', ...claims]), ['Host: a', ...added])
  })
  test('what a trusted proxy says is continued', () => {
    assert.deepEqual(forwarded(['Host: a', ...claims], { isTrusted: true }), [
      'Host: a',
      'X-Forwarded-For: 1.1.1.1, 2.2.2.2, 127.0.0.9',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: evil',
      'X-Forwarded-Port: 443',
      'Forwarded: for=1.1.1.1, for=127.0.0.9;host=a;proto=http',
    ])
  })
  test('Connection cannot take them away, trusted or not', () => {
    const lines = ['Host: a', 'Connection: X-Forwarded-For, Forwarded, X-Forwarded-Proto']
    assert.deepEqual(forwarded(lines), ['Host: a', ...added])
  })
  test('IPv6, a port and encryption in their own notations', () => {
    const client = { ...CLIENT, address: '::1', encrypted: true, localPort: 443 }
    assert.deepEqual(forwarded(['Host: [::1]:443'], { client, host: '[::1]:443' }), [
      'Host: [::1]:443',
      'X-Forwarded-For: ::1',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: [::1]:443',
      'X-Forwarded-Port: 443',
      'Forwarded: for="[::1]";host="[::1]:443";proto=https',
    ])
  })
})

describe('the head of an answer', () => {
  const read = (text: string) => parseResponseHead(text, LIMITS)
  const rows: readonly [rule: string, text: string, carriesBody: boolean, seen: ReturnType<typeof answerHead>][] = [
    [
      'of a length',
      'HTTP/1.0 200 Fine\r\nA: 1\r\nContent-Length: 5\r\nA: 2\r\n',
      true,
      { status: 200, text: 'HTTP/1.1 200 Fine\r\nA: 1\r\nA: 2\r\n', framing: 'length', length: 5 },
    ],
    [
      'without a reason',
      'HTTP/1.1 200\r\n',
      true,
      { status: 200, text: 'HTTP/1.1 200 \r\n', framing: 'unknown', length: -1 },
    ],
    [
      'in chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n',
      true,
      { status: 200, text: 'HTTP/1.1 200 OK\r\n', framing: 'unknown', length: -1 },
    ],
    [
      'to HEAD',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n',
      false,
      { status: 200, text: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n', framing: 'none', length: -1 },
    ],
    [
      '304 may tell a length',
      'HTTP/1.1 304 x\r\nContent-Length: 5\r\n',
      false,
      { status: 304, text: 'HTTP/1.1 304 x\r\nContent-Length: 5\r\n', framing: 'none', length: -1 },
    ],
    [
      '204 has none to tell',
      'HTTP/1.1 204 x\r\nContent-Length: 0\r\n',
      false,
      { status: 204, text: 'HTTP/1.1 204 x\r\n', framing: 'none', length: -1 },
    ],
  ]
  for (const [rule, text, carriesBody, seen] of rows) {
    test(rule, () => assert.deepEqual(answerHead(read(text), carriesBody), seen))
  }

  test('an interim one is whole', () => {
    assert.equal(
      informationalText(read('HTTP/1.1 103 x\r\nLink: a\r\nConnection: b\r\nb: c\r\n')),
      'HTTP/1.1 103 x\r\nLink: a\r\n\r\n',
    )
  })
})

test('fields are the same whether their lines are copied or written anew', () => {
  const names = ['A', 'Host', 'B', 'C', 'Connection', 'D', 'Cookie']
  const values = ['1', 'a', '2', '', 'd', '4', 'e=f']
  for (let odd = 0; odd < 1 << names.length; odd++) {
    const lines = names.map((name, i) => ((odd >> i) & 1 ? `${name}:\t ${values[i]} ` : `${name}: ${values[i]}`))
    assert.deepEqual(own(forwarded(lines)), ['Host: a', 'A: 1', 'B: 2', 'C: ', 'Cookie: e=f'])
  }
})

test('forwarding fields follow the host from request to request', () => {
  const forwarding = new Forwarding(CLIENT, false)
  const fields = parseRequestFields('Host: a\r\nX-Forwarded-For: 1.2.3.4\r\n', 1, LIMITS)
  const first = forwarding.fields(fields, 'a')
  assert.match(first, /^X-Forwarded-For: 127\.0\.0\.9\r\n.*host=a;/s)
  assert.match(forwarding.fields(fields, 'b'), /X-Forwarded-Host: b\r\n.*host=b;/s)
  assert.equal(forwarding.fields(fields, 'a'), first)
})

describe('trailers', () => {
  const trailers = (...names: string[]) => ({
    names,
    values: names.map((_, i) => `${i}`),
    ids: names.map(() => 0 as const),
    lines: names.map(() => -1),
  })
  test('none', () => assert.equal(lastChunk(undefined), '0\r\n\r\n'))
  test('that may pass', () => assert.equal(lastChunk(trailers('X', 'ETag')), '0\r\nX: 0\r\nETag: 1\r\n\r\n'))
  test('that would frame, route, authenticate or cache', () => {
    const forbidden =
      'Host Content-Length content-type Transfer-Encoding Connection TE Trailer Upgrade Keep-Alive Expect Range If-Match Authorization Proxy-Connection Proxy-Authorization Cookie Set-Cookie Forwarded X-Forwarded-For Cache-Control Max-Forwards Date Location Vary'
    assert.equal(lastChunk(trailers(...forbidden.split(' '))), '0\r\n\r\n')
  })
})
