/** How the table of sessions is cut. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ALL_PARTS, BUCKETS, bucketOf, countParts, firstParts, isInParts, PARTS } from './parts.ts'

const key = (digits: string) => digits.padEnd(32, '7')

describe('a key', () => {
  for (const [digits, part, bucket] of [
    ['000', 0, 0],
    ['9AF', 9, 0x9af],
    ['A00', 10, 0xa00],
    ['FFF', 15, BUCKETS - 1],
  ] as const) {
    test(`${digits}… is in part ${part} alone, and in bucket ${bucket}`, () => {
      const parts = Array.from({ length: PARTS }, (_, i) => i).filter((one) => isInParts(key(digits), 1 << one))
      assert.deepEqual([parts, bucketOf(key(digits))], [[part], bucket])
      assert.ok(isInParts(key(digits), ALL_PARTS))
    })
  }
})

describe('a set of parts', () => {
  for (const [parts, count, first, why] of [
    [0b1011, 2, 0b0011, 'gives its lowest'],
    [0b1011, 9, 0b1011, 'gives no more than it has'],
    [0, 3, 0, 'may be empty'],
    [ALL_PARTS, 16, ALL_PARTS, 'gives all'],
  ] as const) {
    test(why, () => assert.equal(firstParts(parts, count), first))
  }
  test('is counted', () => assert.deepEqual([0, 0b1011, ALL_PARTS].map(countParts), [0, 3, PARTS]))
})
