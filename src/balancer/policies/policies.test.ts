import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { LbMethod } from '../options.ts'
import { lbMults, policies } from './index.ts'
import { MAX_MULTIPLE } from './lb-mult.ts'

const FORMULAS: readonly [
  rule: string,
  method: LbMethod,
  before: number,
  act: readonly [string, ...unknown[]],
  after: number,
][] = [
  ['Request counts every request', 'request', 6, ['begin', 3, false], 9],
  ['Request does not count twice', 'request', 9, ['end', 3, 500], 9],
  ['Request halves', 'request', 9, ['decay', 1, 2], 4],
  ['Request halves once per interval', 'request', 9, ['decay', 3, 2], 1],
  ['Session counts new sessions', 'session', 6, ['begin', 3, true], 9],
  ['Session does not count sticky requests', 'session', 6, ['begin', 3, false], 6],
  ['Session halves', 'session', 9, ['decay', 1, 2], 4],
  ['Next counts new sessions', 'next', 6, ['begin', 3, true], 9],
  ['Next does not count sticky requests', 'next', 6, ['begin', 3, false], 6],
  ['Next takes off what all have in common', 'next', 9, ['decay', 5, 4], 5],
  ['Next stops at 0', 'next', 3, ['decay', 1, 4], 0],
  ['Traffic waits for the end', 'traffic', 6, ['begin', 3, true], 6],
  ['Traffic counts bytes', 'traffic', 6, ['end', 3, 100], 306],
  ['Traffic halves', 'traffic', 2 ** 40 + 2, ['decay', 1, 0], 2 ** 39 + 1],
  ['Busyness counts what begins', 'busyness', 6, ['begin', 3, false], 9],
  ['Busyness uncounts what ends', 'busyness', 9, ['end', 3, 500], 6],
  ['Busyness stops at 0', 'busyness', 1, ['end', 3, 500], 0],
  ['Busyness does not fade', 'busyness', 9, ['decay', 3, 2], 9],
  ['a long sleep fades everything', 'request', 2 ** 50, ['decay', 100_000, 0], 0],
]

const MULTS: readonly [rule: string, weights: readonly number[], mults: readonly number[]][] = [
  ['equal weights take equal steps', [7, 7], [1, 1]],
  ['the heavier member takes smaller steps', [1, 3], [3, 1]],
  ['steps are the least that do', [2, 3, 1], [3, 2, 6]],
  ['common factors are taken out', [4, 6], [3, 2]],
  ['one member takes steps of one', [50], [1]],
]

describe('lb values', () => {
  for (const [rule, method, before, [action, ...rest], after] of FORMULAS)
    it(rule, () => {
      const policy = policies[method] as unknown as Record<string, (...parts: unknown[]) => number>
      assert.equal(policy[action]!(before, ...rest), after)
    })
})

describe('lb_mult', () => {
  for (const [rule, weights, mults] of MULTS) it(rule, () => assert.deepEqual(lbMults(weights), mults))

  it('times weight is the same for all', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 }), (weights) => {
        const mults = lbMults(weights)
        const products = new Set(mults.map((mult, index) => mult * weights[index]!))
        assert.equal(products.size, 1)
        assert.ok(mults.every(Number.isSafeInteger))
      }),
    )
  })

  it('stays countable and nearly right for weights that share no factors', () => {
    const weights = [999_983, 999_979, 999_961, 999_959]
    for (const [index, mult] of lbMults(weights).entries()) {
      assert.ok(Number.isSafeInteger(mult))
      assert.ok(Math.abs((mult * weights[index]!) / MAX_MULTIPLE - 1) < 1e-6)
    }
  })
})
