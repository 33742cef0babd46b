/** What leaves when, seen from the socket. */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { describe, test } from 'node:test'
import type { AnswerHead } from '../exchange.ts'
import { AnswerWriter } from './answer-writer.ts'

const HEAD: AnswerHead = { status: 200, text: 'HTTP/1.1 200 OK\r\n', framing: 'length', length: 1 }
const OPEN: AnswerHead = { ...HEAD, framing: 'unknown', length: 0 }
const whole = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${body}`

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A socket whose writes are looked at one by one. */
function stage({ highWaterMark = 65_536 } = {}) {
  const writes: string[] = []
  let isEnded = false
  const text = (chunk: Buffer | string): string => (typeof chunk === 'string' ? chunk : chunk.toString('latin1'))
  const socket = new Duplex({
    writableHighWaterMark: highWaterMark,
    decodeStrings: false,
    read() {},
    write(chunk, _encoding, done) {
      writes.push(text(chunk))
      done()
    },
    writev(chunks, done) {
      writes.push(chunks.map(({ chunk }) => text(chunk)).join(''))
      done()
    },
    final(done) {
      isEnded = true
      done()
    },
  })
  let timesBehind = 0
  const writer = new AnswerWriter(socket as unknown as Socket, () => timesBehind++)
  return { writer, writes, socket, isEnded: () => isEnded, timesBehind: () => timesBehind }
}

describe('AnswerWriter', () => {
  test('whole answers leave together when the turn ends', async () => {
    const { writer, writes } = stage()
    for (const body of ['a', 'b']) writer.whole(HEAD, 1, true, body)
    assert.deepEqual(writes, [])
    await nextTurn()
    assert.deepEqual(writes, [whole('a') + whole('b')])
    writer.whole(HEAD, 1, true, 'c')
    await nextTurn()
    assert.deepEqual(writes, [whole('a') + whole('b'), whole('c')])
  })

  test('what waits for a socket that is gone is gone, too', async () => {
    const { writer, writes, socket, timesBehind } = stage()
    writer.whole(HEAD, 1, true, 'a')
    socket.destroy()
    await nextTurn()
    assert.deepEqual([writes, timesBehind()], [[], 0])
  })

  const rows: readonly [what: string, write: (writer: AnswerWriter) => void, text: string][] = [
    ['text', (writer) => writer.text('HTTP/1.1 100 Continue\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['a head', (writer) => writer.head(OPEN, 1, true), 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['data', (writer) => writer.data(Buffer.from('data'), undefined), 'data'],
    [
      'what leaves together',
      (writer) =>
        writer.together(() => {
          writer.head(OPEN, 1, true)
          writer.data(Buffer.from('data'), undefined)
        }),
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndata\r\n',
    ],
    ['the end', (writer) => writer.close(), ''],
  ]
  for (const [what, write, text] of rows)
    test(`${what} comes behind a whole answer that waits`, async () => {
      const { writer, writes } = stage()
      writer.whole(HEAD, 1, true, 'a')
      write(writer)
      assert.equal(writes.join(''), whole('a') + text)
      await nextTurn()
      assert.equal(writes.join(''), whole('a') + text)
    })

  test('close ends the socket', () => {
    const { writer, isEnded } = stage()
    writer.close()
    assert.equal(isEnded(), true)
  })

  test('what is much does not wait', () => {
    const { writer, writes } = stage()
    writer.whole(HEAD, 1, true, 'a')
    const large = 'x'.repeat(16_384)
    writer.whole(HEAD, 1, true, large)
    assert.deepEqual(writes, [whole('a') + whole(large)])
  })

  test('that a client is slow is told when something is written, not before', async () => {
    const { writer, socket, timesBehind } = stage({ highWaterMark: 8 })
    socket._write = () => {}
    writer.whole(HEAD, 1, true, 'a')
    assert.deepEqual([writer.isBehind, timesBehind()], [false, 0])
    await nextTurn()
    assert.deepEqual([writer.isBehind, timesBehind()], [true, 1])
    assert.equal(writer.data(Buffer.from('x'), undefined), false)
    assert.equal(timesBehind(), 2)
  })
})
