import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { localTime, rate, secondsAgo, size, sizeRate } from './format.ts'

const SIZES: readonly [bytes: number, text: string][] = [
  [0, '0 '],
  [972, '972 '],
  [973, '1.0K'],
  [1_397, '1.4K'],
  [10 * 1_024 - 52, '9.9K'],
  [10 * 1_024 - 51, '10K'],
  [972 * 1_024, '972K'],
  [973 * 1_024, '1.0M'],
  [5 * 1_024 ** 3, '5.0G'],
  [2 ** 50, '1.0P'],
  [Number.MAX_SAFE_INTEGER, '8.0P'],
]

describe('sizes', () => {
  for (const [bytes, text] of SIZES) it(`${bytes} bytes`, () => assert.equal(size(bytes), text))

  it('are never longer than four characters', () => {
    for (let bytes = 1; bytes < 2 ** 52; bytes = Math.ceil(bytes * 1.01)) assert.ok(size(bytes).length <= 4, `${bytes}`)
  })
})

describe('rates', () => {
  it('are whole numbers per second', () => assert.equal(rate(7, 2), '3'))
  it('of sizes are sizes', () => assert.equal(sizeRate(1_397, 2), '698 '))
  it('are unknown within the first second', () => assert.deepEqual([rate(7, 0), sizeRate(7, 0)], ['-', '-']))
})

describe('times', () => {
  const ZONES: readonly [minutes: number, readable: string][] = [
    [0, '2026-11-22 13:45:42 +0000'],
    [120, '2026-11-22 15:45:42 +0200'],
    [-210, '2026-11-22 10:15:42 -0330'],
    [630, '2026-11-23 00:15:42 +1030'],
  ]
  for (const [utcOffsetMinutes, readable] of ZONES)
    it(readable, () => {
      const time = localTime(1_795_355_142_999, { utcOffsetMinutes })
      assert.equal(time.readable, readable)
      assert.equal(`${time.compact}${time.zone}`, readable.replace(/[- :](?!\d{4}$)/g, '').replace(' ', ''))
      assert.equal(time.unix, 1_795_355_142)
    })

  it('are counted in whole seconds', () => {
    assert.equal(secondsAgo(1_999, { takenAtMs: 3_000 }), 2)
  })

  it('of the future are now: the clock was set back', () => {
    assert.equal(secondsAgo(9_000, { takenAtMs: 3_000 }), 0)
  })
})
