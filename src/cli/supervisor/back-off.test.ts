import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { backOff } from './back-off.ts'

const TABLE = [
  { rule: 'the first restart comes soon', failures: 0, ranMs: 5, random: 0, want: { failures: 1, delayMs: 100 } },
  { rule: 'chance adds up to as much again', failures: 0, ranMs: 5, random: 0.5, want: { failures: 1, delayMs: 150 } },
  {
    rule: 'each failure in a row doubles the wait',
    failures: 3,
    ranMs: 5,
    random: 0,
    want: { failures: 4, delayMs: 800 },
  },
  { rule: 'the wait is capped', failures: 60, ranMs: 5, random: 0, want: { failures: 61, delayMs: 7_500 } },
  {
    rule: 'the cap survives a huge exponent',
    failures: 5_000,
    ranMs: 5,
    random: 0,
    want: { failures: 5_001, delayMs: 7_500 },
  },
  {
    rule: 'just short of stable forgives nothing',
    failures: 9,
    ranMs: 29_999,
    random: 0,
    want: { failures: 10, delayMs: 7_500 },
  },
  {
    rule: 'a stable run forgives what was before',
    failures: 9,
    ranMs: 30_000,
    random: 0,
    want: { failures: 1, delayMs: 100 },
  },
]

describe('back-off', () => {
  for (const { rule, failures, ranMs, random, want } of TABLE)
    it(rule, () => assert.deepEqual(backOff(failures, ranMs, random), want))

  it('never waits longer than the cap, never less than half of the first wait', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.nat(),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (failures, ranMs, random) => {
          const { delayMs } = backOff(failures, ranMs, random)
          assert.ok(delayMs >= 100 && delayMs <= 15_000)
        },
      ),
    )
  })
})
