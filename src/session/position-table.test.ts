import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { MAX_EARLY_RANGES } from './message.ts'
import { PositionTable } from './position-table.ts'

const ranges = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 30 }), fc.nat(5)).map(([first, more]) => [first, first + more] as const),
  { maxLength: 20 },
)

function table(noted: readonly (readonly [number, number])[]): PositionTable {
  const made = new PositionTable()
  for (const [first, last] of noted) made.note('a', first, last, 0)
  return made
}

/** What a table is an efficient form of. */
function batches(noted: readonly (readonly [number, number])[]): Set<number> {
  return new Set(noted.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i)))
}

test('a table knows exactly the batches that were noted, in whatever order', () => {
  fc.assert(
    fc.property(ranges, (noted) => {
      const [made, has] = [table(noted), batches(noted)]
      let upTo = 0
      while (has.has(upTo + 1)) upTo++
      assert.equal(made.upTo('a'), upTo)
      assert.equal(
        made.hasHole('a'),
        [...has].some((batch) => batch > upTo),
      )
      for (let batch = 1; batch <= 40; batch++) {
        const asks = [{ node: 'a', upTo: 0, early: [[batch, batch] as const] }]
        assert.equal(made.covers(asks, 'me'), has.has(batch))
      }
    }),
  )
})

test('one table covers another exactly if it has all its batches, and does so once it adopted it', () => {
  fc.assert(
    fc.property(ranges, ranges, (left, right) => {
      const [one, other] = [table(left), table(right)]
      const has = batches(left)
      const positions = other.list('b', 5)
      const self = [...batches(right)].every((batch) => has.has(batch))
      assert.equal(one.covers(positions, 'b'), self)
      one.adopt(positions, 'b', 0)
      assert.equal(one.covers(positions, 'b'), true)
      assert.equal(one.upTo('b'), 0, 'what others know of us is no news')
    }),
  )
})

describe('a note', () => {
  test('says whether a hole lies before it', () => {
    const made = new PositionTable()
    assert.equal(made.note('a', 1, 1, 0), true)
    assert.equal(made.note('a', 3, 4, 0), false)
    assert.equal(made.note('a', 2, 2, 0), true)
    assert.equal(made.upTo('a'), 4)
    assert.equal(made.note('a', 1, 3, 0), true, 'a repetition is no hole')
  })

  test('of too many ranges is forgotten, and the table says that it has more than it knows', () => {
    const made = new PositionTable()
    for (let i = 1; i <= MAX_EARLY_RANGES + 1; i++) made.note('a', 2 * i + 1, 2 * i + 1, 0)
    assert.equal(made.isLossy, true)
    made.note('a', 1, 2 * MAX_EARLY_RANGES + 3, 0)
    assert.equal(made.isLossy, false)
  })
})

describe('nodes', () => {
  test('that are silent and gone are forgotten', () => {
    const made = new PositionTable()
    made.note('gone', 1, 1, 0)
    made.note('alive', 1, 1, 0)
    made.note('heard', 1, 1, 90)
    made.prune(100, 50, (node) => node === 'alive')
    assert.deepEqual(
      ['gone', 'alive', 'heard'].map((node) => made.upTo(node)),
      [0, 1, 1],
    )
  })

  test('are never more than fit a message', () => {
    const made = new PositionTable()
    for (let i = 0; i < 5000; i++) made.note(`n${i}`, 1, 1, i)
    made.prune(5000, 1e9, () => true)
    assert.equal(made.list('me', 1).length, 4096)
    assert.equal(made.upTo('n4999'), 1, 'the most silent go')
  })
})
