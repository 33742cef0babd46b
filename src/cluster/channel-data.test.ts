import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { encodeMessage, frameBytes, frameHead, MessageDecoder } from './channel-data.ts'
import { FRAME_DATA, FRAME_END } from './frame.ts'
import { sameMember } from './identity.ts'
import { countingId, fixture, testMember } from './testing/fixture.ts'

const sender = testMember(11, { uniqueId: countingId(0), aliveMs: 123_456 })
const head = frameHead(sender)
const dataOf = (frame: Buffer) => frame.subarray(FRAME_DATA, frame.length - FRAME_END.length)

describe('message frames of Tomcat, both directions', () => {
  const rows: [name: string, options: number, bodyBytes: number][] = [
    ['frame-byte-message', 3, 5],
    ['frame-tcp-fail-detect', 1, 64],
    ['frame-tcp-fail-detect-readtest', 3, 64],
    ['frame-session-created', 8, 410],
    ['frame-session-created-syncack', 6, 410],
  ]
  for (const [name, options, bodyBytes] of rows) {
    test(name, () => {
      const frame = fixture(name)
      const message = new MessageDecoder().decode(dataOf(frame))
      assert.equal(message.options, options)
      assert.equal(message.timestamp, 1_700_000_000_000)
      assert.deepEqual([...message.uniqueId], [...countingId(0x10)])
      assert.ok(sameMember(message.sender, sender))
      assert.equal(message.body.length, bodyBytes)
      assert.equal(encodeMessage(head, message).toString('hex'), frame.toString('hex'))
      assert.equal(frameBytes(head, bodyBytes), frame.length)
    })
  }

  for (const name of ['02-tcp-probe', '04-tcp-complete', '06-tcp-created']) {
    test(`captured: ${name}`, () => {
      const frame = fixture(name)
      const message = new MessageDecoder().decode(dataOf(frame))
      assert.equal(encodeMessage(frameHead(message.sender), message).toString('hex'), frame.toString('hex'))
    })
  }
})

test('decode is the inverse of encode', () => {
  const message = fc.record({
    options: fc.integer(),
    timestamp: fc.maxSafeInteger(),
    uniqueId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    body: fc.uint8Array({ maxLength: 300 }),
  })
  const decoder = new MessageDecoder()
  fc.assert(
    fc.property(message, (m) => {
      const read = decoder.decode(dataOf(encodeMessage(head, m)))
      assert.equal(read.options, m.options)
      assert.equal(read.timestamp, m.timestamp)
      assert.deepEqual(new Uint8Array(read.uniqueId), m.uniqueId)
      assert.deepEqual(new Uint8Array(read.body), m.body)
    }),
  )
})

describe('the sender of one connection', () => {
  const message = { options: 0, timestamp: 0, uniqueId: countingId(0), body: Buffer.from('x') }
  const from = (lastByte: number) => dataOf(encodeMessage(frameHead(testMember(lastByte)), message))

  test('is the same object as long as its packet does not change', () => {
    const decoder = new MessageDecoder()
    assert.equal(decoder.decode(from(1)).sender, decoder.decode(from(1)).sender)
  })
  test('may change', () => {
    const decoder = new MessageDecoder()
    decoder.decode(from(1))
    assert.ok(sameMember(decoder.decode(from(2)).sender, testMember(2)))
  })
  test('does not change when the bytes it came from do', () => {
    const decoder = new MessageDecoder()
    const data = from(1)
    const first = decoder.decode(data).sender
    data.fill(0)
    assert.ok(sameMember(first, testMember(1)))
    assert.equal(decoder.decode(from(1)).sender, first)
  })
})

describe('decode refuses', () => {
  const good = dataOf(fixture('frame-byte-message'))
  const patched = (patch: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(good)
    patch(bytes)
    return bytes
  }
  const rows: [rule: string, data: Buffer, code: string][] = [
    ['an acknowledgement', Buffer.of(6, 2, 3), 'CLUSTER_MESSAGE'],
    ['nothing', Buffer.alloc(0), 'CLUSTER_MESSAGE'],
    ['a unique id of another length', patched((b) => b.writeInt32BE(15, 12)), 'CLUSTER_MESSAGE'],
    ['a negative sender length', patched((b) => b.writeInt32BE(-1, 32)), 'CLUSTER_MESSAGE'],
    ['a sender longer than the frame', patched((b) => b.writeInt32BE(1000, 32)), 'CLUSTER_MESSAGE'],
    ['no sender', patched((b) => b.writeInt32BE(0, 32)), 'CLUSTER_MEMBER_PACKET'],
    ['a malformed sender', patched((b) => b.write('X', 36)), 'CLUSTER_MEMBER_PACKET'],
    ['a body shorter than the frame', patched((b) => b.writeInt32BE(4, 113)), 'CLUSTER_MESSAGE'],
    ['a body longer than the frame', patched((b) => b.writeInt32BE(6, 113)), 'CLUSTER_MESSAGE'],
    ['a negative body length', patched((b) => b.writeInt32BE(-1, 113)), 'CLUSTER_MESSAGE'],
  ]
  for (const [rule, data, code] of rows) {
    test(rule, () => assert.throws(() => new MessageDecoder().decode(data), { code }))
  }
  test('every message that was cut short', () => {
    for (let length = 0; length < good.length; length++) {
      assert.throws(() => new MessageDecoder().decode(good.subarray(0, length)), { name: 'ClusterError' })
    }
  })
  test('and decodes the next one as if nothing had happened', () => {
    const decoder = new MessageDecoder()
    assert.throws(() => decoder.decode(Buffer.of(1, 2, 3)))
    assert.equal(decoder.decode(good).body.toString(), 'hello')
  })
})
