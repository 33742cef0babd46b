import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Cursor } from './cursor.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('Cursor reads', () => {
  const rows: [rule: string, input: string, read: (cursor: Cursor) => unknown, value: unknown][] = [
    ['u8', 'ff', (c) => c.u8(), 255],
    ['u16 big-endian', '12 34', (c) => c.u16(), 0x1234],
    ['u16 without sign', 'ff ff', (c) => c.u16(), 65535],
    ['i32 with sign', 'ff ff ff ff', (c) => c.i32(), -1],
    ['i32 at its lowest', '80 00 00 00', (c) => c.i32(), -(2 ** 31)],
    ['u32 without sign', 'ff ff ff ff', (c) => c.u32(), 2 ** 32 - 1],
    ['i64 as bigint', '80 00 00 00 00 00 00 00', (c) => c.i64(), -(2n ** 63n)],
    ['i64 as number', '00 00 01 8b cf e5 68 00', (c) => c.i64Number(), 1_700_000_000_000],
    ['negative i64 as number', 'ff ff ff ff ff ff ff fe', (c) => c.i64Number(), -2],
    ['the largest safe i64', '00 1f ff ff ff ff ff ff', (c) => c.i64Number(), Number.MAX_SAFE_INTEGER],
    ['the smallest safe i64', 'ff e0 00 00 00 00 00 01', (c) => c.i64Number(), Number.MIN_SAFE_INTEGER],
    ['f64', '3f f8 00 00 00 00 00 00', (c) => c.f64(), 1.5],
    ['varint of one byte', '7f', (c) => c.varint(), 127],
    ['varint of two bytes', '80 01', (c) => c.varint(), 128],
    ['the largest varint', 'ff ff ff ff ff ff ff 0f', (c) => c.varint(), Number.MAX_SAFE_INTEGER],
    ['latin1', 'e4 62', (c) => c.latin1(2), 'äb'],
    ['utf8', 'c3 a4 62', (c) => c.utf8(3), 'äb'],
    ['ill-formed utf8 as U+FFFD', 'ff 62', (c) => c.utf8(2), '\ufffdb'],
    ['no bytes', '', (c) => c.bytes(0).length, 0],
  ]
  for (const [rule, input, read, value] of rows) {
    test(rule, () => {
      const cursor = new Cursor(hex(input))
      assert.equal(read(cursor), value)
      assert.equal(cursor.remaining, 0)
    })
  }
})

describe('Cursor never reads past the end', () => {
  const rows: [name: string, size: number, read: (cursor: Cursor) => unknown][] = [
    ['u8', 1, (c) => c.u8()],
    ['u16', 2, (c) => c.u16()],
    ['i32', 4, (c) => c.i32()],
    ['u32', 4, (c) => c.u32()],
    ['i64', 8, (c) => c.i64()],
    ['i64Number', 8, (c) => c.i64Number()],
    ['f64', 8, (c) => c.f64()],
    ['bytes', 5, (c) => c.bytes(5)],
    ['latin1', 5, (c) => c.latin1(5)],
    ['utf8', 5, (c) => c.utf8(5)],
    ['skip', 5, (c) => c.skip(5)],
  ]
  for (const [name, size, read] of rows) {
    test(`${name}: one byte too few is BYTES_SHORT with the offset, and nothing is consumed`, () => {
      // The bytes lie inside a larger buffer, so only the cursor's own check can stop it.
      const cursor = new Cursor(Buffer.alloc(100).subarray(10, 10 + 3 + size - 1))
      cursor.skip(3)
      assert.throws(() => read(cursor), { name: 'BytesError', code: 'BYTES_SHORT', offset: 3 })
      assert.equal(cursor.position, 3)
    })
    test(`${name}: exactly enough is enough`, () => {
      const cursor = new Cursor(Buffer.alloc(100).subarray(10, 10 + size))
      read(cursor)
      assert.equal(cursor.remaining, 0)
    })
  }

  for (const count of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    test(`a count of ${count} is BYTES_SHORT`, () => {
      const cursor = new Cursor(Buffer.alloc(8))
      assert.throws(() => cursor.bytes(count), { code: 'BYTES_SHORT' })
    })
  }
})

describe('Cursor refuses', () => {
  const rows: [rule: string, input: string, read: (cursor: Cursor) => unknown, code: string][] = [
    ['an i64 above 2^53-1 as number', '00 20 00 00 00 00 00 00', (c) => c.i64Number(), 'BYTES_UNSAFE'],
    ['an i64 below -(2^53-1) as number', 'ff e0 00 00 00 00 00 00', (c) => c.i64Number(), 'BYTES_UNSAFE'],
    ['a varint above 2^53-1', 'ff ff ff ff ff ff ff 10', (c) => c.varint(), 'BYTES_VARINT'],
    ['a varint that never ends', 'ff ff ff ff ff ff ff ff ff', (c) => c.varint(), 'BYTES_VARINT'],
    ['a padded varint', '80 00', (c) => c.varint(), 'BYTES_VARINT'],
    ['a varint cut short', '80', (c) => c.varint(), 'BYTES_SHORT'],
  ]
  for (const [rule, input, read, code] of rows) {
    test(rule, () => assert.throws(() => read(new Cursor(hex(input))), { code }))
  }
})

test('bytes are a view on the input, whatever kind of Uint8Array it is', () => {
  const input = new Uint8Array([0, 1, 2, 3, 4]).subarray(1)
  const cursor = new Cursor(input)
  cursor.skip(1)
  const view = cursor.bytes(2)
  input[1] = 9
  assert.deepEqual([...view], [9, 3])
})

test('a cursor that was reset reads the new bytes from their start', () => {
  const cursor = new Cursor(hex('01 02 03'))
  cursor.skip(2)
  cursor.reset(hex('00 07'))
  assert.equal(cursor.position, 0)
  assert.equal(cursor.u16(), 7)
})
