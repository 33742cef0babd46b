import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ANY, TEXT, VALUE } from './chars.ts'
import { MAGIC } from './constants.ts'
import { PacketWriter } from './packet-writer.ts'
import { CPING } from './response.ts'

function packet(writer: PacketWriter, fill: (writer: PacketWriter) => void): void {
  writer.open(MAGIC.REQUEST)
  fill(writer)
  writer.close()
}

describe('PacketWriter writes', () => {
  const rows: [type: string, fill: (writer: PacketWriter) => void, payload: string][] = [
    ['an empty packet', () => {}, ''],
    ['a byte', (w) => w.u8(255), 'ff'],
    ['an integer', (w) => w.u16(0x1234), '1234'],
    ['the largest integer', (w) => w.u16(65_535), 'ffff'],
    ['a string', (w) => w.string('a\u00e9', TEXT), '000261e900'],
    ['an empty string', (w) => w.string('', TEXT), '000000'],
    ['the null string', (w) => w.string(null, TEXT), 'ffff'],
    ['a long string', (w) => w.text('\u00e9'.repeat(33), VALUE), `0021${'e9'.repeat(33)}00`],
    ['bytes', (w) => w.bytes(Uint8Array.of(1, 2)), '0102'],
  ]
  for (const [type, fill, payload] of rows)
    test(type, () => {
      const writer = new PacketWriter()
      packet(writer, fill)
      const length = (payload.length / 2).toString(16).padStart(4, '0')
      assert.equal(writer.view().toString('hex'), `1234${length}${payload}`)
    })

  test('strings of every length around the change from loop to native write', () => {
    for (let length = 0; length <= 100; length++) {
      const text = 'h\u00e9llo '.repeat(20).slice(0, length)
      const writer = new PacketWriter()
      packet(writer, (w) => w.text(text, VALUE))
      assert.equal(writer.view().toString('latin1', 6, 6 + length), text)
      assert.equal(writer.length, 4 + 2 + length + 1)
      for (let at = 0; at < length; at++) {
        const bad = `${text.slice(0, at)}\n${text.slice(at + 1)}`
        assert.throws(() => packet(writer, (w) => w.text(bad, VALUE)), { code: 'AJP_CHARACTER' })
      }
    }
  })
})

describe('PacketWriter holds several packets', () => {
  const fill = (w: PacketWriter) => w.bytes(Buffer.alloc(8000, 7))

  test('one behind the other, beyond the size of one', () => {
    const writer = new PacketWriter()
    for (let i = 0; i < 20; i++) packet(writer, fill)
    assert.equal(writer.length, 20 * 8004)
    for (let i = 0; i < 20; i++) assert.equal(writer.view().readUInt32BE(i * 8004), 0x1234_0000 | 8000)
  })
  test('constants among them', () => {
    const writer = new PacketWriter()
    writer.append(CPING)
    packet(writer, (w) => w.u8(1))
    for (let i = 0; i < 4000; i++) writer.append(CPING)
    assert.equal(writer.length, 5 * 4002)
    assert.equal(writer.view().toString('hex', 0, 15), '123400010a' + '1234000101' + '123400010a')
    assert.deepEqual(writer.view().subarray(-5), CPING)
  })
  test('none that was not closed', () => {
    const writer = new PacketWriter()
    packet(writer, (w) => w.u8(1))
    writer.open(MAGIC.REQUEST)
    writer.u8(2)
    assert.equal(writer.length, 5)
    packet(writer, (w) => w.u8(3))
    assert.equal(writer.view().toString('hex'), '1234000101' + '1234000103')
  })
  test('none larger than its size, wherever it begins', () => {
    const writer = new PacketWriter()
    packet(writer, (w) => w.u8(1))
    for (const overfill of [
      (w: PacketWriter) => w.u8(1),
      (w: PacketWriter) => w.u16(1),
      (w: PacketWriter) => w.text('', ANY),
      (w: PacketWriter) => w.string(null, ANY),
      (w: PacketWriter) => w.bytes(Buffer.alloc(1)),
    ]) {
      writer.open(MAGIC.REQUEST)
      writer.bytes(Buffer.alloc(8188))
      assert.throws(() => overfill(writer), { code: 'AJP_PACKET_TOO_LARGE' })
    }
    assert.equal(writer.length, 5)
  })
  test('what take returned is not touched by later writes; what view returned is', () => {
    const writer = new PacketWriter()
    packet(writer, (w) => w.u8(1))
    const taken = writer.take()
    packet(writer, (w) => w.u8(2))
    const lent = writer.view()
    writer.reset()
    packet(writer, (w) => w.u8(3))
    assert.deepEqual([taken[4], lent[4], writer.length], [1, 3, 5])
  })
  test('reset keeps an ordinary buffer and lets a huge one go', () => {
    const writer = new PacketWriter()
    const memory = () => {
      packet(writer, (w) => w.u8(1))
      return writer.view().buffer
    }
    const ordinary = memory()
    writer.reset()
    assert.equal(memory(), ordinary)
    for (let i = 0; i < 40; i++) packet(writer, fill)
    const huge = memory()
    writer.reset()
    assert.notEqual(memory(), huge)
  })
  for (const size of [0, 8191, 65_537])
    test(`there is no packet size of ${size}`, () =>
      assert.throws(() => new PacketWriter(size), { code: 'AJP_PACKET_SIZE' }))
})

test('a buffer that was let go is not written to again', () => {
  const writer = new PacketWriter()
  writer.append(CPING)
  const view = writer.view()
  writer.letGo()
  assert.equal(writer.length, 0)
  packet(writer, (w) => w.bytes(new Uint8Array(10).fill(0xee)))
  assert.deepEqual(view, CPING)
})
