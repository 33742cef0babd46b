import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PacketWriter } from './packet-writer.ts'
import {
  CHUNK_END,
  CPING,
  CPONG,
  chunkHead,
  decodeChunk,
  decodeEnd,
  decodeGetBody,
  END_AND_CLOSE,
  END_AND_KEEP,
  encodeChunk,
  FLUSH,
  getBodyPacket,
} from './response.ts'
import { hex } from './testing/raw.ts'

describe('constant packets (9.5)', () => {
  const rows: [name: string, packet: Buffer, bytes: string][] = [
    ['CPING', CPING, '12 34 00 01 0A'],
    ['CPONG', CPONG, '41 42 00 01 09'],
    ['flush', FLUSH, '41 42 00 04 03 00 00 00'],
    ['END_RESPONSE, keep', END_AND_KEEP, '41 42 00 02 05 01'],
    ['END_RESPONSE, close', END_AND_CLOSE, '41 42 00 02 05 00'],
    ['GET_BODY_CHUNK, P 8192', getBodyPacket(8192), '41 42 00 03 06 1F FA'],
    ['GET_BODY_CHUNK, P 16000', getBodyPacket(16_000), '41 42 00 03 06 3E 7A'],
    ['GET_BODY_CHUNK, P 65536', getBodyPacket(65_536), '41 42 00 03 06 FF FA'],
    ['head of a full chunk, P 8192', chunkHead(8184, 8192), '41 42 1F FC 03 1F F8'],
  ]
  for (const [name, packet, bytes] of rows) test(name, () => assert.deepEqual(packet, hex(bytes)))
})

describe('SEND_BODY_CHUNK', () => {
  const rows: [rule: string, payload: string, data: string][] = [
    ['n = len + 4', '03 00 02 6F 6B 00', '6f6b'],
    ['n = len + 3: the NUL is missing', '03 00 02 6F 6B', '6f6b'],
    ['a flush', '03 00 00 00', ''],
    ['a flush without NUL', '03 00 00', ''],
    ['data that is NUL', '03 00 01 00 00', '00'],
  ]
  for (const [rule, payload, data] of rows)
    test(rule, () => assert.equal(decodeChunk(hex(payload)).toString('hex'), data))

  const refused: [rule: string, payload: string, code: string][] = [
    ['C11: one byte more than len + 4', '03 00 02 6F 6B 00 00', 'AJP_CHUNK'],
    ['C11: one byte less than len + 3', '03 00 02 6F', 'AJP_CHUNK'],
    ['C11: len far beyond n', '03 7F FF 6F 6B 00', 'AJP_CHUNK'],
    ['another byte in place of the NUL', '03 00 02 6F 6B 01', 'AJP_CHUNK'],
    ['no length', '03', 'AJP_SHORT'],
    ['half a length', '03 00', 'AJP_SHORT'],
  ]
  for (const [rule, payload, code] of refused)
    test(`${rule}: refused`, () => assert.throws(() => decodeChunk(hex(payload)), { code }))

  for (const packetBytes of [8192, 16_000, 65_536])
    test(`S9: P = ${packetBytes}: n = len + 4 and at most P`, () => {
      const most = packetBytes - 8
      for (const size of [1, most]) {
        const writer = new PacketWriter(packetBytes)
        const data = Buffer.alloc(size, 0x58)
        encodeChunk(writer, data)
        const packet = writer.take()
        assert.equal(packet.readUInt16BE(2), size + 4)
        assert.deepEqual(decodeChunk(packet.subarray(4)), data)
        assert.deepEqual(Buffer.concat([chunkHead(size, packetBytes), data, CHUNK_END]), packet)
      }
      const writer = new PacketWriter(packetBytes)
      assert.throws(() => encodeChunk(writer, Buffer.alloc(most + 1)), { code: 'AJP_PACKET_TOO_LARGE' })
      assert.throws(() => chunkHead(most + 1, packetBytes), { code: 'AJP_NUMBER' })
      assert.throws(() => chunkHead(0, packetBytes), { code: 'AJP_NUMBER' })
    })
  test('no data writes nothing: it would be a flush', () => {
    const writer = new PacketWriter()
    encodeChunk(writer, Buffer.alloc(0))
    assert.equal(writer.length, 0)
  })
})

describe('END_RESPONSE', () => {
  for (const [payload, mayReuse] of [
    ['05 01', true],
    ['05 00', false],
    ['05 FF', true],
  ] as const)
    test(`${payload} leaves the connection ${mayReuse ? '' : 'un'}usable`, () =>
      assert.equal(decodeEnd(hex(payload)), mayReuse))
  test('cut short', () => assert.throws(() => decodeEnd(hex('05')), { code: 'AJP_SHORT' }))
  test('too long', () => assert.throws(() => decodeEnd(hex('05 01 00')), { code: 'AJP_TRAILING' }))
})

describe('GET_BODY_CHUNK', () => {
  const rows: [rule: string, payload: string, packetBytes: number, length: number][] = [
    ['as asked', '06 00 64', 8192, 100],
    ['P-6', '06 1F FA', 8192, 8186],
    ['more than P-6 is P-6', '06 1F FB', 8192, 8186],
    ['far more than P-6 is P-6', '06 FF FA', 8192, 8186],
    ['P-6 at the largest P', '06 FF FA', 65_536, 65_530],
  ]
  for (const [rule, payload, packetBytes, length] of rows)
    test(rule, () => assert.equal(decodeGetBody(hex(payload), packetBytes), length))
  for (const [rule, payload, code] of [
    ['0 bytes', '06 00 00', 'AJP_NUMBER'],
    ['more than any packet takes', '06 FF FB', 'AJP_NUMBER'],
    ['cut short', '06 00', 'AJP_SHORT'],
    ['too long', '06 00 01 00', 'AJP_TRAILING'],
  ] as const)
    test(`${rule}: refused`, () => assert.throws(() => decodeGetBody(hex(payload), 8192), { code }))
})
