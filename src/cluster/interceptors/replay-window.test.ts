import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ReplayWindow } from './replay-window.ts'

const SIZE = 64

describe('a replay window of 64', () => {
  const rows: [rule: string, counters: number[], accepted: boolean[]][] = [
    ['takes counters in order', [0, 1, 2], [true, true, true]],
    ['refuses what comes twice', [0, 0, 5, 5, 0], [true, false, true, false, false]],
    ['takes what was overtaken, once', [10, 3, 3, 9], [true, true, false, true]],
    ['takes the oldest that still fits', [64, 1], [true, true]],
    ['refuses what is one too old', [64, 0], [true, false]],
    [
      'forgets nothing that fits after a jump by the whole window',
      [0, 64, 128, 65, 64],
      [true, true, true, true, false],
    ],
    ['refuses everything behind a far jump', [5, 2 ** 40, 6, 5], [true, true, false, false]],
    [
      'knows the slots after a far jump',
      [5, 2 ** 40, 2 ** 40 - 1, 2 ** 40 - 63, 2 ** 40],
      [true, true, true, true, false],
    ],
  ]
  for (const [rule, counters, accepted] of rows) {
    test(rule, () => {
      const window = new ReplayWindow(SIZE)
      assert.deepEqual(
        counters.map((counter) => window.accept(counter)),
        accepted,
      )
    })
  }

  test('says what a set of all counters and the newest one would say', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(40), fc.nat(400), fc.nat(5000))), (counters) => {
        const window = new ReplayWindow(SIZE)
        const seen = new Set<number>()
        let newest = -1
        for (const counter of counters) {
          const expected = !seen.has(counter) && counter > newest - SIZE
          assert.equal(window.accept(counter), expected)
          seen.add(counter)
          newest = Math.max(newest, counter)
        }
      }),
    )
  })
})
