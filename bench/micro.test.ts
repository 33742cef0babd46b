import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertEqualResults, calibrate, microTable, runMicro } from './micro.ts'

/** A clock that moves only when the function under test says so: one operation takes `ms`. */
function slowWorld() {
  let ms = 0
  return {
    now: () => ms,
    taking: (each: number) => () => {
      ms += each
      return 'same'
    },
  }
}

test('ns per operation, and ratios against the first', () => {
  const world = slowWorld()
  const bench = { name: 'b', about: 'note', contestants: { fast: world.taking(1), slow: world.taking(3) } }
  const result = runMicro(bench, { rounds: 3, millis: 100, now: world.now })
  assert.deepEqual(
    [...result],
    [
      ['fast', [1e6, 1e6, 1e6]],
      ['slow', [3e6, 3e6, 3e6]],
    ],
  )
  const { rows, notes } = microTable(bench, result)
  assert.deepEqual(rows, [
    ['fast', '1000000', '±0 %', '1.00'],
    ['slow', '3000000', '±0 %', '3.00'],
  ])
  assert.deepEqual(notes, ['note'])
})

test('calibrate: as many as fill the time', () => {
  const world = slowWorld()
  assert.equal(calibrate(world.taking(2), { millis: 100, now: world.now }), 50)
  assert.equal(calibrate(world.taking(1000), { millis: 100, now: world.now }), 1)
})

test('contestants that differ are not timed', () => {
  const differing = { name: 'b', contestants: { one: () => ({ a: 1 }), two: () => ({ a: 2 }) } }
  assert.throws(() => runMicro(differing, { rounds: 1, millis: 1, now: () => 0 }), { code: 'BENCH_UNEQUAL' })
  assert.doesNotThrow(() => assertEqualResults({ ...differing, same: () => 'only that it returns' }))
})

test('a bench of nobody is refused', () =>
  assert.throws(() => assertEqualResults({ name: 'b', contestants: {} }), { code: 'BENCH_USAGE' }))
