import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Cursor } from './cursor.ts'
import { KEEP_WRITER_BYTES, Writer } from './writer.ts'

describe('Writer writes', () => {
  const rows: [rule: string, write: (writer: Writer) => void, hex: string][] = [
    ['u8', (w) => w.u8(255), 'ff'],
    ['u16 big-endian', (w) => w.u16(0x1234), '1234'],
    ['i32', (w) => w.i32(-2), 'fffffffe'],
    ['u32', (w) => w.u32(0xfffffffe), 'fffffffe'],
    ['i64', (w) => w.i64(-1n), 'ffffffffffffffff'],
    ['i64 from a number', (w) => w.i64Number(1_700_000_000_000), '0000018bcfe56800'],
    ['negative i64 from a number', (w) => w.i64Number(-2), 'fffffffffffffffe'],
    ['f64', (w) => w.f64(1.5), '3ff8000000000000'],
    ['varint of one byte', (w) => w.varint(127), '7f'],
    ['varint of two bytes', (w) => w.varint(300), 'ac02'],
    ['bytes', (w) => w.bytes(new Uint8Array([1, 2])), '0102'],
    ['latin1', (w) => w.latin1('äb'), 'e462'],
    ['utf8', (w) => w.utf8('äb'), 'c3a462'],
    ['an empty bracket', (w) => w.closeU16(w.openU16()), '0000'],
    [
      'a bracket counts what is inside it and not itself',
      (w) => {
        const outer = w.openI32()
        const inner = w.openU16()
        w.u8(7)
        w.closeU16(inner)
        w.closeI32(outer)
      },
      '00000003000107',
    ],
  ]
  for (const [rule, write, hex] of rows) {
    test(rule, () => {
      const writer = new Writer({ initialBytes: 0 })
      write(writer)
      assert.equal(writer.view().toString('hex'), hex)
      assert.equal(writer.length, hex.length / 2)
    })
  }
})

describe('Writer refuses', () => {
  const rows: [rule: string, write: (writer: Writer) => void, code: string][] = [
    ['a u16 above 65535', (w) => w.u16(65536), 'ERR_OUT_OF_RANGE'],
    ['an i32 above 2^31-1', (w) => w.i32(2 ** 31), 'ERR_OUT_OF_RANGE'],
    ['a fraction as i64', (w) => w.i64Number(0.5), 'BYTES_UNSAFE'],
    ['an i64 number above 2^53-1', (w) => w.i64Number(2 ** 53), 'BYTES_UNSAFE'],
    ['a negative varint', (w) => w.varint(-1), 'BYTES_VARINT'],
    ['a short latin1 text with a wide character', (w) => w.latin1('aĊ'), 'BYTES_LATIN1'],
    ['a long latin1 text with a wide character', (w) => w.latin1(`${'a'.repeat(100)}Ċ`), 'BYTES_LATIN1'],
    ['one byte more than maxBytes', (w) => w.bytes(Buffer.alloc(100_001)), 'BYTES_OVER_LIMIT'],
    ['a text longer than maxBytes', (w) => w.utf8('ä'.repeat(50_001)), 'BYTES_OVER_LIMIT'],
    [
      'a bracket with more than its length field can say',
      (w) => {
        const opened = w.openU16()
        w.bytes(Buffer.alloc(65536))
        w.closeU16(opened)
      },
      'BYTES_BRACKET',
    ],
  ]
  for (const [rule, write, code] of rows) {
    test(rule, () => {
      const writer = new Writer({ maxBytes: 100_000 })
      assert.throws(() => write(writer), { code })
      writer.reset()
      writer.u8(1)
      assert.deepEqual([...writer.view()], [1], 'a reset makes the writer good again')
    })
  }

  const exact: [name: string, write: (writer: Writer) => void, size: number][] = [
    ['bytes', (w) => w.bytes(Buffer.alloc(64)), 64],
    ['utf8', (w) => w.utf8('ä'.repeat(32)), 64],
    ['latin1', (w) => w.latin1('ä'.repeat(64)), 64],
    ['varint', (w) => w.varint(300), 2],
    ['u16', (w) => w.u16(1), 2],
  ]
  for (const [name, write, size] of exact) {
    test(`nothing that fits maxBytes exactly: ${name}`, () => {
      const writer = new Writer({ initialBytes: 1, maxBytes: size })
      write(writer)
      assert.equal(writer.length, size)
      assert.throws(() => writer.u8(0), { code: 'BYTES_OVER_LIMIT', offset: size })
    })
  }
})

test('what take returned is not touched by later writes; what view returned is', () => {
  const writer = new Writer()
  writer.utf8('kept')
  const taken = writer.take()
  writer.utf8('lent')
  const lent = writer.view()
  writer.reset()
  writer.utf8('over')
  assert.equal(taken.toString(), 'kept')
  assert.equal(lent.toString(), 'over')
})

test('reset keeps an ordinary buffer and lets a huge one go', () => {
  const writer = new Writer({ initialBytes: 16 })
  writer.bytes(Buffer.alloc(1000))
  const ordinary = writer.view().buffer
  writer.reset()
  writer.bytes(Buffer.alloc(1000))
  assert.equal(writer.view().buffer, ordinary)
  writer.bytes(Buffer.alloc(KEEP_WRITER_BYTES))
  const huge = writer.view().buffer
  writer.reset()
  writer.u8(1)
  assert.notEqual(writer.view().buffer, huge)
})

describe('what was written is read back', () => {
  const value = fc.oneof(
    fc.integer({ min: 0, max: 255 }).map((v) => ['u8', v] as const),
    fc.integer({ min: 0, max: 65535 }).map((v) => ['u16', v] as const),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((v) => ['i32', v] as const),
    fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((v) => ['u32', v] as const),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((v) => ['i64', v] as const),
    fc.maxSafeInteger().map((v) => ['i64Number', v] as const),
    fc.double().map((v) => ['f64', v] as const),
    fc.maxSafeNat().map((v) => ['varint', v] as const),
  )

  test('any sequence of values', () => {
    fc.assert(
      fc.property(fc.array(value), (values) => {
        const writer = new Writer({ initialBytes: 1 })
        for (const [type, v] of values) (writer[type] as (v: unknown) => void).call(writer, v)
        const cursor = new Cursor(writer.take())
        for (const [type, v] of values) assert.deepEqual(cursor[type](), v)
        assert.equal(cursor.remaining, 0)
      }),
    )
  })

  test('any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), (text) => {
        const writer = new Writer({ initialBytes: 1 })
        const opened = writer.openI32()
        writer.utf8(text)
        writer.closeI32(opened)
        const cursor = new Cursor(writer.view())
        assert.equal(cursor.utf8(cursor.i32()), text)
      }),
    )
  })

  test('each varint has exactly one encoding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 10 }), (bytes) => {
        const cursor = new Cursor(bytes)
        let read: number
        try {
          read = cursor.varint()
        } catch {
          return
        }
        const writer = new Writer()
        writer.varint(read)
        assert.deepEqual([...writer.view()], [...bytes.subarray(0, cursor.position)])
      }),
    )
  })
})
