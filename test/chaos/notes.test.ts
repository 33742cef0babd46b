import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { judgeCopy, type Writers, writtenSides } from './notes.ts'

const writers = (...all: [name: string, asked: number, acknowledged: number][]): Writers =>
  new Map(all.map(([name, asked, acknowledged]) => [name, { asked, acknowledged }]))

const TWO = writers(['a', 5, 5], ['b', 7, 7])

const CASES: readonly [name: string, fault: string | undefined, values: Record<string, unknown>, writers: Writers][] = [
  ['the last writes of both are there', undefined, { 'by-a': 5, 'by-b': 7, shared: 'b:7' }, TWO],
  ['of rivals either may win', undefined, { 'by-a': 5, 'by-b': 7, shared: 'a:5' }, TWO],
  ['an open write may be there', undefined, { 'by-a': 6, shared: 'a:6' }, writers(['a', 6, 5])],
  ['an open write may be missing', undefined, { 'by-a': 5, shared: 'a:5' }, writers(['a', 6, 5])],
  ['nobody has written', undefined, { shared: '' }, writers(['a', 0, 0])],
  ['nobody was told anything', undefined, { shared: '' }, writers(['a', 1, 0])],

  ['a write of one side is gone', 'write-lost', { 'by-a': 4, 'by-b': 7, shared: 'b:7' }, TWO],
  ['all of one side is gone', 'write-lost', { 'by-b': 7, shared: 'b:7' }, TWO],
  ['a write that its writer has replaced has won', 'write-lost', { 'by-a': 5, 'by-b': 7, shared: 'a:4' }, TWO],
  ['the shared attribute is gone', 'write-lost', { 'by-a': 5, 'by-b': 7 }, TWO],
  ['a number that nobody has sent', 'never-asked', { 'by-a': 6, 'by-b': 7, shared: 'b:7' }, TWO],
  ['a shared number that nobody has sent', 'never-asked', { 'by-a': 5, 'by-b': 7, shared: 'b:8' }, TWO],
]

describe('a copy of a session', () => {
  for (const [name, fault, values, told] of CASES) {
    test(`${name}: ${fault ?? 'fine'}`, () => {
      const faults = judgeCopy(values, told)
      if (fault === undefined) assert.deepEqual(faults, [])
      else assert.match(faults[0] ?? 'no fault', new RegExp(`^${fault}`))
    })
  }
})

describe('the sides of a cut that have written', () => {
  const sides = [['a', 'b'], ['c']]
  const before = writers(['a', 3, 3], ['c', 2, 2])

  test('both: a conflict', () => assert.equal(writtenSides(before, writers(['b', 1, 1], ['c', 3, 3]), sides), 2))
  test('two nodes of one side', () => assert.equal(writtenSides(before, writers(['a', 4, 4], ['b', 1, 1]), sides), 1))
  test('an open write is none', () => assert.equal(writtenSides(before, writers(['a', 4, 4], ['c', 3, 2]), sides), 1))
})
