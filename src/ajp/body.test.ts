import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bodyHead, decodeBody, END_OF_BODY, encodeBody, firstBodyBytes } from './body.ts'
import { requestMessage } from './message-type.ts'
import { PacketWriter } from './packet-writer.ts'
import { hex } from './testing/raw.ts'

describe('decodeBody', () => {
  const rows: [rule: string, payload: string, data: string][] = [
    ['data', '00 03 61 62 63', '616263'],
    ['the end of body of mod_jk', '', ''],
    ['the end of body of mod_proxy_ajp', '00 00', ''],
    ['surplus bytes are ignored (row 37, fixture 17)', '00 01 61 00 00 00 FF', '61'],
    ['surplus behind an end of body', '00 00 00 00 00 FF', ''],
    ['data that begins like a request', '00 02 02 02', '0202'],
  ]
  for (const [rule, payload, data] of rows)
    test(rule, () => assert.equal(decodeBody(hex(payload)).toString('hex'), data))

  for (const [rule, payload] of [
    ['row 36: len > n-2', '00 04 61 62 63'],
    ['row 36: len far beyond', 'FF FF 61'],
    ['row 36: n = 1', '00'],
    ['a CPING inside a request (5.1)', '0A'],
  ] as const)
    test(`${rule} is refused`, () => assert.throws(() => decodeBody(hex(payload)), { code: 'AJP_BODY_PACKET' }))

  test('the data is a view, not a copy', () => {
    const payload = hex('00 01 61')
    assert.equal(decodeBody(payload).buffer, payload.buffer)
  })
})

describe('body packets that we send', () => {
  test('with a copy of the data', () => {
    const writer = new PacketWriter()
    encodeBody(writer, Buffer.from('test=data'))
    assert.equal(writer.take().toString('hex'), `1234000b0009${Buffer.from('test=data').toString('hex')}`)
  })
  test('in front of data that is not copied: the same head', () => {
    for (const size of [1, 9, 255, 256, 8186]) {
      const writer = new PacketWriter()
      encodeBody(writer, Buffer.alloc(size))
      assert.deepEqual(bodyHead(size, 8192), writer.view().subarray(0, 6))
    }
  })
  test('the end of body', () => assert.equal(END_OF_BODY.toString('hex'), '12340000'))
  for (const packetBytes of [8192, 16_000, 65_536])
    test(`P = ${packetBytes}: at most P-6 bytes`, () => {
      const most = packetBytes - 6
      const writer = new PacketWriter(packetBytes)
      encodeBody(writer, Buffer.alloc(most))
      assert.equal(writer.length, packetBytes)
      assert.throws(() => encodeBody(writer, Buffer.alloc(most + 1)), { code: /^AJP_(PACKET_TOO_LARGE|NUMBER)$/ })
      assert.equal(bodyHead(most, packetBytes).readUInt16BE(2), packetBytes - 4)
      assert.throws(() => bodyHead(most + 1, packetBytes), { code: 'AJP_NUMBER' })
      assert.throws(() => bodyHead(0, packetBytes), { code: 'AJP_NUMBER' })
    })
})

describe('firstBodyBytes', () => {
  const rows: [rule: string, available: number, packetBytes: number, bytes: number][] = [
    ['all that is there', 100, 8192, 100],
    ['C3: no more than one packet takes', 100_000, 8192, 8186],
    ['a packet of P', 8186, 8192, 8186],
    ['the last length that begins with 01', 511, 8192, 511],
    ['7.2: 512 would be a request', 512, 8192, 511],
    ['7.2: 767 too', 767, 8192, 511],
    ['the first length that begins with 03', 768, 8192, 768],
    ['7.2: 2560 would be a CPING', 2560, 8192, 2559],
    ['7.2: 2815 too', 2815, 8192, 2559],
    ['the first length that begins with 0B', 2816, 8192, 2816],
  ]
  for (const [rule, available, packetBytes, bytes] of rows)
    test(rule, () => assert.equal(firstBodyBytes(available, packetBytes), bytes))

  test('no first packet of any length is a message for whoever does not expect it', () => {
    for (let available = 1; available <= 65_530; available++) {
      const head = bodyHead(firstBodyBytes(available, 65_536), 65_536)
      assert.throws(() => requestMessage(head.subarray(4)), { code: 'AJP_TYPE' })
    }
  })
})
