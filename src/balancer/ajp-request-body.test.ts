import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { PacketWriter } from '../ajp/index.ts'
import { AjpRequestBody } from './ajp-request-body.ts'
import { getBody } from './testing/ajp-packets.ts'

const P = 8_192

/** The packets that are due and can be made, as their data; empty for the end of the body. */
function packets(body: AjpRequestBody): string[] {
  const writer = new PacketWriter(P)
  body.writeTo(writer)
  const found: string[] = []
  for (let bytes = writer.view(); bytes.length > 0; ) {
    const length = bytes.readUInt16BE(2)
    found.push(bytes.toString('latin1', 6, 4 + Math.max(2, length)).slice(0, Math.max(0, length - 2)))
    bytes = bytes.subarray(4 + length)
  }
  return found
}

const ask = (body: AjpRequestBody, bytes = P - 6) => body.ask(getBody(bytes).subarray(4), P)

describe('the body of an AJP request', () => {
  test('of no length is over at once, and its end is sent whenever somebody asks', () => {
    const body = new AjpRequestBody()
    body.begin(0)
    assert.equal(body.isOver, true)
    for (let i = 0; i < 2; i++) {
      ask(body)
      assert.deepEqual(packets(body), [''])
    }
  })
  test('of a length owes a packet, which waits for the first byte and for nothing else', () => {
    const body = new AjpRequestBody()
    body.begin(3)
    assert.deepEqual([packets(body), body.isClientsTurn], [[], true])
    body.add(Buffer.from('a'))
    assert.deepEqual(packets(body), ['a'])
    assert.deepEqual([body.due, body.isClientsTurn, body.isOver], ['nothing', false, false])
  })
  test('answers the owed packet before the one that was asked for meanwhile', () => {
    const body = new AjpRequestBody()
    body.begin(4)
    ask(body)
    assert.equal(body.due, 'first and asked')
    body.add(Buffer.from('ab'))
    assert.deepEqual(packets(body), ['ab'])
    assert.equal(body.due, 'asked')
    body.add(Buffer.from('cd'))
    body.end()
    assert.deepEqual(packets(body), ['cd'])
    assert.equal(body.isOver, true)
  })
  test('fits into packets that became smaller since one was asked for', () => {
    const body = new AjpRequestBody()
    body.begin(-1)
    body.ask(getBody(20_000).subarray(4), 65_536)
    body.add(Buffer.alloc(10_000, 'a'))
    assert.deepEqual(
      packets(body).map(({ length }) => length),
      [P - 6],
    )
  })
  test('that arrives byte by byte is kept in few pieces, and stays what it is', () => {
    const body = new AjpRequestBody()
    const text = Array.from({ length: 1_000 }, (_, i) => String.fromCharCode(i & 0xff))
    body.begin(-1)
    body.ask(getBody(100).subarray(4), P)
    for (const byte of text.slice(0, 150)) body.add(Buffer.from(byte, 'latin1'))
    const found = packets(body)
    for (const byte of text.slice(150)) body.add(Buffer.from(byte, 'latin1'))
    ask(body)
    found.push(...packets(body))
    assert.equal(found.join(''), text.join(''))
  })
  test('refuses to be asked twice at once', () => {
    const body = new AjpRequestBody()
    body.begin(-1)
    ask(body)
    assert.throws(() => ask(body), { code: 'AJP_ORDER' })
  })
  test('is full when another packet could be made', () => {
    const body = new AjpRequestBody()
    body.begin(-1)
    body.add(Buffer.alloc(P - 7))
    assert.equal(body.isFull(P), false)
    body.add(Buffer.alloc(1))
    assert.equal(body.isFull(P), true)
    body.clear()
    assert.equal(body.isFull(P), false)
  })
  test('has nothing of the one before', () => {
    const body = new AjpRequestBody()
    body.begin(-1)
    body.add(Buffer.from('abc'))
    ask(body, 1)
    assert.deepEqual(packets(body), ['a'])
    body.begin(1)
    assert.deepEqual(packets(body), [])
    body.add(Buffer.from('d'))
    assert.deepEqual(packets(body), ['d'])
  })
  test('arrives whole, however the client cut it and the container asks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 5_000 }), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: P - 6 }), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        (pieces, asks, isKnown) => {
          const whole = Buffer.from(pieces.join(''), 'latin1').toString('latin1')
          const body = new AjpRequestBody()
          body.begin(isKnown ? whole.length : -1)
          let sent = ''
          for (const piece of pieces) {
            body.add(Buffer.from(piece, 'latin1'))
            sent += packets(body).join('')
          }
          body.end()
          for (let i = 0; sent.length < whole.length; i++) {
            ask(body, asks[i % asks.length]!)
            const [packet, ...more] = packets(body)
            assert.ok(packet!.length > 0 && packet!.length <= asks[i % asks.length]! && more.length === 0)
            sent += packet
          }
          assert.equal(sent, whole)
          assert.equal(body.isOver, true)
        },
      ),
      { numRuns: 50 },
    )
  })
})
