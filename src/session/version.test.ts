import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { FakeClock } from '../clock/fake-clock.ts'
import { compareVersions, HybridClock, MAX_COUNT, MAX_WIRE_TIME_MS, type Version } from './version.ts'

const NOW = 1_700_000_000_000
const AHEAD = 60_000

function hybrid(node = 'node-one', now = NOW) {
  const clock = new FakeClock(now)
  return { clock, versions: new HybridClock(node, clock, AHEAD) }
}

const version = fc.record(
  {
    timeMs: fc.oneof(fc.nat(5), fc.constant(NOW), fc.integer({ min: NOW, max: NOW + 5 })),
    count: fc.nat(3),
    node: fc.constantFrom('a', 'b', 'c'),
  },
  { noNullPrototype: true },
)

describe('versions', () => {
  test('have one order, whoever compares', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        assert.ok(Math.sign(compareVersions(a, b)) === -Math.sign(compareVersions(b, a)))
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) assert.ok(compareVersions(a, c) <= 0)
        if (compareVersions(a, b) === 0) assert.deepEqual(a, b)
      }),
    )
  })
})

describe('the clock of a node', () => {
  test('never makes two equal versions, and each is later than the one before, whatever its wall clock does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -AHEAD, max: AHEAD })), (jumps) => {
        const { clock, versions } = hybrid()
        let last = versions.next()
        for (const jump of jumps) {
          clock.jump(jump)
          // Further back than the limit it may begin anew; `above` keeps the order of writes then.
          const next = versions.next(last)
          assert.ok(compareVersions(next, last) > 0)
          last = next
        }
      }),
    )
  })

  test('goes above what it has seen from others', () => {
    const { versions } = hybrid()
    assert.equal(versions.observe({ timeMs: NOW + AHEAD, count: 7, node: 'other' }), 0)
    assert.deepEqual(versions.next(), { timeMs: NOW + AHEAD, count: 8, node: 'node-one' })
  })

  test('is not pulled further into the future than the limit, and says by how much it would have been', () => {
    const { versions } = hybrid()
    assert.equal(versions.observe({ timeMs: NOW + AHEAD + 500, count: 0, node: 'other' }), 500)
    assert.equal(versions.next().timeMs, NOW)
  })

  test('still beats what it replaces when that comes from the far future', () => {
    const { versions } = hybrid()
    const above: Version = { timeMs: NOW + 1e9, count: 3, node: 'zzzzzzzz' }
    versions.observe(above)
    assert.ok(compareVersions(versions.next(above), above) > 0)
    assert.equal(versions.next().timeMs, NOW, 'and everything else keeps the real time')
  })

  test('beats the last version of a millisecond, too', () => {
    const { versions } = hybrid()
    const above: Version = { timeMs: NOW + 1, count: MAX_COUNT, node: 'other' }
    assert.deepEqual(versions.next(above), { timeMs: NOW + 2, count: 0, node: 'node-one' })
  })

  test('goes no further than what others accept: a lie about the time must not spoil our messages', () => {
    const { versions } = hybrid()
    const above: Version = { timeMs: MAX_WIRE_TIME_MS, count: MAX_COUNT, node: 'other' }
    assert.equal(versions.next(above).timeMs, MAX_WIRE_TIME_MS)
  })

  test('counts within a millisecond, and takes the next one when the count is full', () => {
    const { versions } = hybrid()
    for (let i = 0; i <= MAX_COUNT; i++) assert.equal(versions.next().count, i)
    assert.deepEqual(versions.next(), { timeMs: NOW + 1, count: 0, node: 'node-one' })
  })

  test('goes on counting when the wall clock is set back a little, and follows it when it is set back far', () => {
    const { clock, versions } = hybrid()
    versions.next()
    clock.jump(-AHEAD)
    assert.deepEqual(versions.next(), { timeMs: NOW, count: 1, node: 'node-one' })
    clock.jump(-1)
    assert.deepEqual(versions.next(), { timeMs: NOW - AHEAD - 1, count: 0, node: 'node-one' })
  })
})
