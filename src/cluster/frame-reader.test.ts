import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ACK_FRAME, encodeFrame, FAIL_ACK_FRAME, FRAME_OVERHEAD, readAck } from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import { fixture } from './testing/fixture.ts'

const LIMIT = 10_000

/** Everything the reader cuts from these chunks, as hex. */
function cut(chunks: Iterable<Buffer>, reader = new FrameReader(LIMIT)): string[] {
  const frames: string[] = []
  for (const chunk of chunks) {
    reader.push(chunk)
    for (let data = reader.next(); data !== undefined; data = reader.next()) frames.push(data.toString('hex'))
  }
  return frames
}

const bytewise = (bytes: Buffer) => Array.from(bytes, (byte) => Buffer.of(byte))
const dataOf = (frame: Buffer) => frame.subarray(11, frame.length - 7).toString('hex')

describe('acknowledgements of Tomcat', () => {
  test('ack-frame', () => assert.deepEqual(ACK_FRAME, fixture('ack-frame')))
  test('fail-ack-frame', () => assert.deepEqual(FAIL_ACK_FRAME, fixture('fail-ack-frame')))
  test('they are told apart', () => {
    const reader = new FrameReader(LIMIT)
    reader.push(Buffer.concat([ACK_FRAME, FAIL_ACK_FRAME, encodeFrame(Buffer.of(6, 2, 4))]))
    assert.equal(readAck(reader.next()!), 'ack')
    assert.equal(readAck(reader.next()!), 'fail-ack')
    assert.equal(readAck(reader.next()!), undefined)
  })
})

describe('FrameReader cuts frames', () => {
  const frames = [fixture('frame-session-created'), ACK_FRAME, encodeFrame(Buffer.alloc(0)), fixture('02-tcp-probe')]
  const stream = Buffer.concat(frames)
  const expected = frames.map(dataOf)

  test('that arrive whole', () => assert.deepEqual(cut(frames), expected))
  test('many in one chunk', () => assert.deepEqual(cut([stream]), expected))
  test('byte by byte', () => assert.deepEqual(cut(bytewise(stream)), expected))
  test('cut at each place', () => {
    for (let at = 0; at <= stream.length; at++) {
      assert.deepEqual(cut([stream.subarray(0, at), stream.subarray(at)]), expected, `cut at ${at}`)
    }
  })
  test('in any chunking', () => {
    const chunking = fc.array(fc.nat(stream.length), { maxLength: 30 }).map((cuts) => {
      const ends = [...cuts.sort((a, b) => a - b), stream.length]
      return ends.map((end, i) => stream.subarray(ends[i - 1] ?? 0, end))
    })
    fc.assert(fc.property(chunking, (chunks) => assert.deepEqual(cut(chunks), expected)))
  })
  test('and says how much waits for the rest', () => {
    const reader = new FrameReader(LIMIT)
    cut([stream, stream.subarray(0, 20)], reader)
    assert.equal(reader.buffered, 20)
    cut([stream.subarray(20)], reader)
    assert.equal(reader.buffered, 0)
  })
  test('whose bytes stay what they were when more arrives', () => {
    const reader = new FrameReader(LIMIT)
    const kept: Buffer[] = []
    for (const chunk of bytewise(Buffer.concat([stream, stream]))) {
      reader.push(chunk)
      for (let data = reader.next(); data !== undefined; data = reader.next()) kept.push(data)
    }
    assert.deepEqual(
      kept.map((data) => data.toString('hex')),
      [...expected, ...expected],
    )
  })
})

describe('FrameReader keeps its limit', () => {
  const exact = encodeFrame(Buffer.alloc(LIMIT - FRAME_OVERHEAD, 1))
  const over = encodeFrame(Buffer.alloc(LIMIT - FRAME_OVERHEAD + 1, 1))

  test('a frame of exactly the limit passes, whole and byte by byte', () => {
    assert.equal(cut([exact]).length, 1)
    assert.equal(cut(bytewise(exact)).length, 1)
  })
  test('one byte more is refused as soon as its length has arrived', () => {
    const reader = new FrameReader(LIMIT)
    reader.push(over.subarray(0, 10))
    assert.equal(reader.next(), undefined)
    reader.push(over.subarray(10, 11))
    assert.throws(() => reader.next(), { code: 'CLUSTER_FRAME_TOO_LARGE' })
  })
  test('an announced length costs no memory before its bytes arrive', () => {
    const reader = new FrameReader(2 ** 31 - 1)
    const head = encodeFrame(Buffer.alloc(0)).subarray(0, 11)
    head.writeInt32BE(2 ** 31 - 100, 7)
    const before = process.memoryUsage().arrayBuffers
    cut([head, Buffer.alloc(100)], reader)
    assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000)
  })
})

describe('FrameReader refuses a wrong byte when it can be judged, and everything after it', () => {
  const good = encodeFrame(Buffer.from('data'))
  const patched = (at: number, byte: number) => {
    const bytes = Buffer.from(good)
    bytes[at] = byte
    return bytes
  }
  const rows: [rule: string, bytes: Buffer, judgedAt: number, code: string][] = [
    ['garbage', Buffer.from('GET / HTTP/1.1\r\n'), 1, 'CLUSTER_FRAME_START'],
    ['the last byte of the start marker', patched(6, 0x33), 7, 'CLUSTER_FRAME_START'],
    ['a negative length', patched(7, 0x80), 8, 'CLUSTER_FRAME_LENGTH'],
    ['a length that lies: too short', patched(10, 3), 11 + 3 + 1, 'CLUSTER_FRAME_END'],
    ['a length that lies: too long', patched(10, 5), 11 + 5 + 1, 'CLUSTER_FRAME_END'],
    ['the last byte of the end marker', patched(good.length - 1, 0), good.length, 'CLUSTER_FRAME_END'],
    ['trailing bytes that begin no frame', Buffer.concat([good, Buffer.of(0)]), good.length + 1, 'CLUSTER_FRAME_START'],
  ]
  for (const [rule, bytes, judgedAt, code] of rows) {
    test(`${rule}: byte by byte`, () => {
      const reader = new FrameReader(LIMIT)
      cut(bytewise(bytes.subarray(0, judgedAt - 1)), reader)
      reader.push(bytes.subarray(judgedAt - 1, judgedAt))
      assert.throws(() => cut([], reader) && reader.next(), { code })
      assert.throws(() => reader.push(good), { code }, 'input after an error')
      assert.throws(() => reader.next(), { code })
      assert.equal(reader.buffered, 0)
    })
    test(`${rule}: in one chunk`, () => {
      assert.throws(() => cut([bytes, good]), { code })
    })
  }

  test('a truncated frame is no error: the rest may still come', () => {
    assert.deepEqual(cut([good.subarray(0, good.length - 1)]), [])
  })
})
