import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ResponseReader } from './response-reader.ts'

const stream = Buffer.from(
  [
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n',
    'HTTP/1.1 204 No Content\r\n\r\n',
    'HTTP/1.1 503 Down\r\ncontent-length:0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nTrailer: 1\r\n\r\n',
    'HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n',
  ].join(''),
  'latin1',
)
const expected = ['200 ok\n', '204 ', '503 ', '200 hello!', '304 ']

function read(chunks: Iterable<Buffer>): { responses: string[]; idle: boolean } {
  const responses: string[] = []
  let body = ''
  const reader = new ResponseReader({
    body: (bytes) => {
      body += bytes.toString('latin1')
    },
    end: (status) => {
      responses.push(`${status} ${body}`)
      body = ''
    },
  })
  for (const chunk of chunks) reader.feed(chunk)
  return { responses, idle: reader.idle }
}

test('all in one chunk', () => assert.deepEqual(read([stream]), { responses: expected, idle: true }))

test('byte by byte', () =>
  assert.deepEqual(read(Array.from(stream, (byte) => Buffer.of(byte))), { responses: expected, idle: true }))

test('cut in two at each place', () => {
  for (let cut = 0; cut <= stream.length; cut++)
    assert.deepEqual(read([stream.subarray(0, cut), stream.subarray(cut)]).responses, expected, `cut at ${cut}`)
})

test('a response that has begun and not ended is not idle', () => {
  assert.equal(read([Buffer.from('HTT')]).idle, false)
  assert.equal(read([Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nx')]).idle, false)
})

const refused: [rule: string, bytes: string][] = [
  ['something that is no response', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ['a length that is not said', 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'],
  ['a chunk size that is no number', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
  ['a head without end', `HTTP/1.1 200 OK\r\n${'x'.repeat(65_537)}`],
]
for (const [rule, bytes] of refused) test(`refused: ${rule}`, () => assert.throws(() => read([Buffer.from(bytes)])))
