import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Cursor, Writer } from '../bytes/index.ts'
import {
  decodeObject,
  encodeObject,
  isScalar,
  readValue,
  type Scalar,
  scalarBytes,
  writeScalar,
} from './value-codec.ts'

function encode(value: Scalar): Buffer {
  const writer = new Writer()
  writeScalar(writer, value)
  return writer.take()
}

function decode(bytes: Uint8Array, count = bytes.length): unknown {
  const value = readValue(new Cursor(bytes), count)
  return value instanceof Uint8Array ? decodeObject('x', value) : value
}

describe('the short forms', () => {
  const rows: [value: Scalar, hex: string][] = [
    [undefined, '00'],
    [null, '01'],
    [true, '02'],
    [false, '03'],
    [0, '0400'],
    [127, '047f'],
    [300, '04ac02'],
    [-1, '0500'],
    [-128, '057f'],
    [Number.MAX_SAFE_INTEGER, '04ffffffffffffff0f'],
    [Number.MIN_SAFE_INTEGER, '05feffffffffffff0f'],
    [-0, '068000000000000000'],
    [1.5, '063ff8000000000000'],
    [2 ** 53, '064340000000000000'],
    [Number.POSITIVE_INFINITY, '067ff0000000000000'],
    ['', '07'],
    ['abc', '07616263'],
    ['ä€😀', '07c3a4e282acf09f9880'],
    ['\ud800x', '0800d87800'],
  ]
  for (const [value, hex] of rows) {
    test(`${Object.is(value, -0) ? '-0' : JSON.stringify(value)} is ${hex}, and back`, () => {
      const bytes = encode(value)
      assert.equal(bytes.toString('hex'), hex)
      assert.ok(Object.is(decode(bytes), value))
      assert.ok(scalarBytes(value) >= bytes.length)
    })
  }

  test('NaN', () => assert.ok(Number.isNaN(decode(encode(Number.NaN)))))

  test('every text and number survives', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.maxSafeInteger()), (value) => {
        const bytes = encode(value)
        assert.ok(Object.is(decode(bytes), value))
        assert.ok(scalarBytes(value) >= bytes.length)
      }),
    )
  })
})

describe('objects', () => {
  const cyclic: Record<string, unknown> = { name: 'cyclic' }
  cyclic.self = cyclic
  const rows: [what: string, value: unknown][] = [
    ['a plain object', { a: [1, 'x', null, { b: true }] }],
    ['an array with holes', Object.assign([1], { 2: 3 })],
    ['Date', new Date(1_700_000_000_000)],
    ['Map', new Map<unknown, unknown>([[{ key: 1 }, [1]]])],
    ['Set', new Set([1, 'x'])],
    ['RegExp', /a+b/gi],
    ['BigInt', 2n ** 70n],
    ['typed array', new Float32Array([1, 2.5])],
    ['a cycle', cyclic],
  ]
  for (const [what, value] of rows) {
    test(`${what} survives`, () => {
      assert.equal(isScalar(value), false)
      assert.deepEqual(decode(encodeObject('x', value)), value)
    })
  }

  test('a Buffer is a Buffer again', () => {
    const value = decode(encodeObject('x', Buffer.from('abc')))
    assert.ok(Buffer.isBuffer(value))
    assert.equal(value.toString(), 'abc')
  })

  test('bytes that stay do not share memory with the message', () => {
    const message = encodeObject('x', { a: 1 })
    const kept = readValue(new Cursor(message), message.length) as Uint8Array
    message.fill(0xee)
    assert.deepEqual(decodeObject('x', kept), { a: 1 })
  })

  for (const value of [() => {}, Symbol('s'), { deep: { f() {} } }, new WeakMap(), new Proxy({}, {})]) {
    test(`${typeof value} ${String(value)} is refused with the name of the attribute`, () => {
      assert.throws(() => encodeObject('cart', value), { code: 'SESSION_VALUE', attribute: 'cart', message: /"cart"/ })
    })
  }

  test('bytes that V8 cannot read are refused when they are asked for', () => {
    for (const hex of ['ff0f', 'ff0fff', 'ff7f6f7b00', 'ff0f41ffffffff0f', 'ff0f5c0affffff7f']) {
      assert.throws(() => decodeObject('x', Buffer.from(hex, 'hex')), {
        code: 'SESSION_VALUE_UNREADABLE',
        attribute: 'x',
      })
    }
  })
})

describe('hostile values are refused', () => {
  const rows: [what: string, hex: string, count: number][] = [
    ['an unknown tag', '09', 1],
    ['no byte at all', '', 0],
    ['a negative length', '0400', -1],
    ['a length beyond the message', '0761', 100],
    ['an object with a length beyond the message', 'ff0f', 100],
    ['a number that is shorter than its length', '040000', 3],
    ['a number that is longer than its length', '04ac02', 2],
    ['null with something behind it', '0101', 2],
  ]
  for (const [what, hex, count] of rows) {
    test(what, () => {
      assert.throws(() => readValue(new Cursor(Buffer.from(hex, 'hex')), count), { code: /^(SESSION_MESSAGE|BYTES_)/ })
    })
  }

  test('and whatever the bytes are, nothing else is thrown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: -2, max: 50 }), (bytes, count) => {
        try {
          decode(bytes, count)
        } catch (error) {
          assert.match((error as { code: string }).code, /^(SESSION_MESSAGE|SESSION_VALUE_UNREADABLE|BYTES_)/)
        }
      }),
    )
  })
})
