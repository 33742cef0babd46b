import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { MAGIC, MAX_PACKET_BYTES, MIN_PACKET_BYTES } from './constants.ts'
import { PacketReader } from './packet-reader.ts'
import { bytewise, cut, cutAt } from './testing/chunkings.ts'
import { fixture } from './testing/fixtures.ts'
import { hex, toContainer, toWebServer, u16 } from './testing/raw.ts'

const reader = (packetBytes = MIN_PACKET_BYTES) => new PacketReader(MAGIC.REQUEST, packetBytes)
const hexOf = (payloads: Buffer[]) => payloads.map((payload) => payload.toString('hex'))

describe('PacketReader cuts packets', () => {
  const packets = [
    ...fixture('03-post-form-body').packets.filter(({ dir }) => dir === 'C>S'),
    ...fixture('01-cping-cpong').packets.filter(({ dir }) => dir === 'C>S'),
  ].map(({ bytes }) => bytes)
  packets.push(toContainer(Buffer.alloc(0)), toContainer(Buffer.alloc(700, 0x12)), toContainer(hex('0A')))
  const stream = Buffer.concat(packets)
  const expected = packets.map((packet) => packet.subarray(4).toString('hex'))

  test('that arrive whole', () => assert.deepEqual(hexOf(cut(packets, reader())), expected))
  test('many in one chunk', () => assert.deepEqual(hexOf(cut([stream], reader())), expected))
  test('byte by byte', () => assert.deepEqual(hexOf(cut(bytewise(stream), reader())), expected))
  test('cut at each place', () => {
    for (let at = 0; at <= stream.length; at++)
      assert.deepEqual(hexOf(cut(cutAt(stream, at), reader())), expected, `cut at ${at}`)
  })
  test('in any chunking', () => {
    const chunking = fc.array(fc.nat(stream.length), { maxLength: 30 }).map((cuts) => {
      const ends = [...cuts.sort((a, b) => a - b), stream.length]
      return ends.map((end, i) => stream.subarray(ends[i - 1] ?? 0, end))
    })
    fc.assert(fc.property(chunking, (chunks) => assert.deepEqual(hexOf(cut(chunks, reader())), expected)))
  })
  test('pushed faster than they are taken', () => {
    const r = reader()
    for (const chunk of bytewise(stream)) r.push(chunk)
    assert.equal(r.buffered, stream.length)
    const payloads: string[] = []
    for (let payload = r.next(); payload !== undefined; payload = r.next()) payloads.push(payload.toString('hex'))
    assert.deepEqual(payloads, expected)
    assert.equal(r.buffered, 0)
  })
  test('of the other direction', () => {
    const r = new PacketReader(MAGIC.RESPONSE, MIN_PACKET_BYTES)
    assert.deepEqual(hexOf(cut([toWebServer(hex('09'))], r)), ['09'])
  })
  test('and says how much waits: for the rest of a packet, or to be taken', () => {
    const r = reader()
    r.push(Buffer.concat([packets[0]!, packets[1]!, packets[0]!.subarray(0, 9)]))
    r.next()
    assert.equal(r.buffered, packets[1]!.length + 9)
    r.next()
    r.next()
    assert.equal(r.buffered, 9)
    r.push(packets[0]!.subarray(9))
    assert.notEqual(r.next(), undefined)
    assert.equal(r.buffered, 0)
  })
})

describe('PacketReader keeps its limit', () => {
  for (const packetBytes of [8192, 16_000, 65_536]) {
    const largest = toContainer(Buffer.alloc(packetBytes - 4, 7))
    const over = Buffer.concat([hex('12 34'), u16(packetBytes - 3), Buffer.alloc(packetBytes - 3)])

    test(`P = ${packetBytes}: a packet of exactly P, whole, byte by byte and cut in two`, () => {
      assert.equal(cut([largest], reader(packetBytes))[0]?.length, packetBytes - 4)
      assert.equal(cut(bytewise(largest), reader(packetBytes))[0]?.length, packetBytes - 4)
      for (const at of [1, 2, 3, 4, 5, packetBytes - 1])
        assert.equal(cut(cutAt(largest, at), reader(packetBytes))[0]?.length, packetBytes - 4, `cut at ${at}`)
    })
    // At the largest size a longer payload cannot be written down.
    if (packetBytes < MAX_PACKET_BYTES - 1)
      test(`P = ${packetBytes}: one byte more is refused when its length has arrived`, () => {
        const r = reader(packetBytes)
        r.push(over.subarray(0, 3))
        assert.equal(r.next(), undefined)
        r.push(over.subarray(3, 4))
        assert.throws(() => r.next(), { code: 'AJP_PACKET_TOO_LARGE', status: 400 })
      })
  }
  test('a length far over the limit is refused by its first byte', () => {
    const r = reader()
    r.push(hex('12 34 20'))
    assert.throws(() => r.next(), { code: 'AJP_PACKET_TOO_LARGE' })
  })
  for (const size of [8191, 65_537, 8192.5, Number.NaN])
    test(`there is no packet size of ${size}`, () => assert.throws(() => reader(size), { code: 'AJP_PACKET_SIZE' }))
  test('an announced length costs no memory before its bytes arrive', () => {
    const before = process.memoryUsage().arrayBuffers
    const readers = Array.from({ length: 100 }, () => reader(65_536))
    for (const r of readers) cut([hex('12 34 FF FC 02')], r)
    assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000)
    assert.equal(readers[99]!.buffered, 5)
  })
})

describe('PacketReader refuses a wrong byte when it can be judged, and everything after it', () => {
  const good = toContainer(hex('0A'))
  const rows: [rule: string, bytes: Buffer, judgedAt: number, code: string][] = [
    ['the first byte of the magic (6.4 row 1)', hex('13 34 00 01 0A'), 1, 'AJP_MAGIC'],
    ['the second byte of the magic (m01)', fixture('m01-bad-magic').packets[0]!.bytes, 2, 'AJP_MAGIC'],
    ['the magic of AJP14', hex('12 35 00 01 0A'), 2, 'AJP_MAGIC'],
    ['the magic of the other direction', hex('41 42 00 01 09'), 1, 'AJP_MAGIC'],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 1, 'AJP_MAGIC'],
    ['n > P-4 (6.4 row 4, m02)', fixture('m02-too-long').packets[0]!.bytes, 4, 'AJP_PACKET_TOO_LARGE'],
    ['a length that lies: too short', hex('12 34 00 01 0A 0A'), 6, 'AJP_MAGIC'],
    ['trailing bytes that begin no packet', Buffer.concat([good, hex('00')]), 6, 'AJP_MAGIC'],
    ['a wrong byte behind good packets', Buffer.concat([good, good, hex('12 00')]), 12, 'AJP_MAGIC'],
  ]
  for (const [rule, bytes, judgedAt, code] of rows) {
    test(`${rule}: byte by byte`, () => {
      const r = reader()
      cut(bytewise(bytes.subarray(0, judgedAt - 1)), r)
      r.push(bytes.subarray(judgedAt - 1, judgedAt))
      assert.throws(() => r.next(), { code })
      assert.throws(() => r.push(good), { code }, 'input after an error')
      assert.throws(() => r.next(), { code })
      assert.equal(r.buffered, 0)
    })
    test(`${rule}: in one chunk`, () => {
      assert.throws(() => cut([Buffer.concat([bytes, good])], reader()), { code })
    })
  }

  test('good packets in front of a wrong byte are delivered', () => {
    const r = reader()
    r.push(Buffer.concat([good, hex('FF')]))
    assert.equal(r.next()?.toString('hex'), '0a')
    assert.throws(() => r.next(), { code: 'AJP_MAGIC' })
  })
  test('a truncated packet is no error: the rest may still come (6.4 rows 2 and 3)', () => {
    const r = reader()
    assert.deepEqual(cut([good.subarray(0, 4)], r), [])
    assert.equal(r.buffered, 4)
  })
})
