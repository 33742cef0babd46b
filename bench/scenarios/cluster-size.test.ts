import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitLine } from './cluster-size.ts'

test('a line through points that lie on one', () => {
  const line = fitLine([
    [2, 5],
    [4, 9],
    [8, 17],
  ])
  for (const x of [0, 1, 32]) assert.ok(Math.abs(line(x) - (1 + 2 * x)) < 1e-9, `${x}`)
})

test('a line through points beside one lies between them', () => {
  const line = fitLine([
    [0, 1],
    [0, 3],
    [10, 1],
    [10, 3],
  ])
  assert.ok(Math.abs(line(5) - 2) < 1e-9)
})
