import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { following, LAST_NUMBER, numberOf, stepsAhead } from './order-number.ts'

describe('a number', () => {
  const rows: [rule: string, expected: number, number: number, steps: number][] = [
    ['that is expected', 5, 5, 0],
    ['that comes early', 5, 8, 3],
    ['that is late', 5, 1, -4],
    ['after the last one comes early', LAST_NUMBER, 1, 1],
    ['before the last one is late, when 1 is expected', 1, LAST_NUMBER - 1, -2],
    ['that is late by as much as may be', 2 ** 30, 1, 1 - 2 ** 30],
    ['that is far ahead', 1, 2 ** 30, 2 ** 30 - 1],
    ['that is nearer the other way round', 1, 2 ** 30 + 1, 1 - 2 ** 30],
  ]
  for (const [rule, expected, number, steps] of rows) {
    test(rule, () => assert.equal(stepsAhead(expected, number), steps))
  }

  const values: [rule: string, value: number, number: number][] = [
    ['of the wire stands for itself', 7, 7],
    ['0 stands before 1, as in the count of a Tomcat', 0, LAST_NUMBER],
    ['-1 stands before that', -1, LAST_NUMBER - 1],
    ['below stands in the circle', -LAST_NUMBER, LAST_NUMBER],
    ['-2^31 is the least', -(2 ** 31), LAST_NUMBER - 1],
  ]
  for (const [rule, value, number] of values) {
    test(rule, () => assert.equal(numberOf(value), number))
  }
})

test('whatever comes over the wire is in the circle, and what follows in the count of a Tomcat follows', () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 31), max: LAST_NUMBER - 1 }), (value) => {
      const number = numberOf(value)
      assert.ok(number >= 1 && number <= LAST_NUMBER)
      assert.equal(numberOf(value + 1), following(number))
    }),
  )
})

test('a number is as far ahead as it takes steps to get there', () => {
  const number = fc.integer({ min: 1, max: LAST_NUMBER })
  fc.assert(
    fc.property(number, fc.nat(50), (expected, steps) => {
      let other = expected
      for (let i = 0; i < steps; i++) other = following(other)
      assert.equal(stepsAhead(expected, other), steps)
      assert.equal(stepsAhead(other, expected) + steps, 0)
    }),
  )
})
