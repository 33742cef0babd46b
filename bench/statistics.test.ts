import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, pairedRatio, quantile, type Rounds, spread } from './statistics.ts'

const medians: [rule: string, values: Rounds, expected: number | undefined][] = [
  ['nothing has no middle', [], undefined],
  ['only void rounds have no middle', [undefined, undefined], undefined],
  ['one value is its own middle', [7], 7],
  ['the middle of an odd number, whatever the order', [9, 1, 5], 5],
  ['the mean of the two middle ones of an even number', [1, 2, 4, 100], 3],
  ['numbers are sorted as numbers', [10, 9, 2], 9],
  ['void rounds do not count', [1, undefined, 3, 5, undefined], 3],
]
for (const [rule, values, expected] of medians) test(`median: ${rule}`, () => assert.equal(median(values), expected))

const ratios: [rule: string, values: Rounds, reference: Rounds, expected: number | undefined][] = [
  ['each round is divided by its own partner', [2, 30, 4], [1, 10, 4], 2],
  ['a round with one void side is left out', [2, undefined, 8], [1, 1, undefined], 2],
  ['a reference of zero gives no ratio', [2], [0], undefined],
  ['a reference to itself is one', [3, 5, 9], [3, 5, 9], 1],
]
for (const [rule, values, reference, expected] of ratios)
  test(`pairedRatio: ${rule}`, () => assert.equal(pairedRatio(values, reference), expected))

test('pairedRatio: a machine that slows down for both does not move it', () => {
  const quiet = [10, 10, 10]
  const drift = [1, 2, 4]
  const ours = quiet.map((value, round) => value * 1.5 * drift[round]!)
  const theirs = quiet.map((value, round) => value * drift[round]!)
  assert.equal(pairedRatio(ours, theirs), 1.5)
})

test('spread: half the range over the median', () => {
  assert.equal(spread([9, 10, 11]), 0.1)
  assert.equal(spread([undefined]), undefined)
  assert.equal(spread([5]), 0)
})

const quantiles: [rule: string, values: number[], share: number, expected: number | undefined][] = [
  ['nothing has none', [], 0.5, undefined],
  ['the half of two is the first', [1, 2], 0.5, 1],
  ['99 of 100', Array.from({ length: 100 }, (_, i) => i + 1), 0.99, 99],
  ['all is the last', [1, 2, 3], 1, 3],
  ['none is the first', [1, 2, 3], 0, 1],
]
for (const [rule, values, share, expected] of quantiles)
  test(`quantile: ${rule}`, () => assert.equal(quantile(values, share), expected))
