import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RootProcess, rolesOf } from './tree.ts'

const parents = new Map([
  [1, 0],
  [10, 1],
  [11, 10],
  [12, 10],
  [13, 12],
  [20, 1],
])

const rows: [rule: string, roots: RootProcess[], expected: Record<number, string>][] = [
  [
    'children and grandchildren count for the root',
    [{ role: 'front', pid: 10 }],
    {
      10: 'front',
      11: 'front',
      12: 'front',
      13: 'front',
    },
  ],
  [
    'the nearest root wins, in whatever order they are named',
    [
      { role: 'worker', pid: 12 },
      { role: 'supervisor', pid: 10 },
    ],
    { 10: 'supervisor', 11: 'supervisor', 12: 'worker', 13: 'worker' },
  ],
  ['a root that has just ended is still named', [{ role: 'gone', pid: 99 }], { 99: 'gone' }],
  ['no roots, no processes', [], {}],
]
for (const [rule, roots, expected] of rows)
  test(`rolesOf: ${rule}`, () => assert.deepEqual(Object.fromEntries(rolesOf(roots, parents)), expected))

test('rolesOf: a circle in a listing that was not taken at one instant ends', () => {
  const circle = new Map([
    [5, 6],
    [6, 5],
  ])
  assert.deepEqual(rolesOf([{ role: 'front', pid: 7 }], circle), new Map([[7, 'front']]))
})
