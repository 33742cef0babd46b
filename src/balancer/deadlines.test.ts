import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FakeClock } from '../clock/fake-clock.ts'
import { Deadlines, type HasDeadline } from './deadlines.ts'

class Member implements HasDeadline {
  deadlineMs = Number.POSITIVE_INFINITY
  passed = 0
  deadlinePassed(): void {
    this.passed++
  }
}

const LIMIT_MS = 400

function start() {
  const clock = new FakeClock()
  const deadlines = new Deadlines(clock, LIMIT_MS)
  const member = new Member()
  deadlines.add(member)
  return { clock, deadlines, member }
}

describe('deadlines', () => {
  test('a limit is never early, and late by half of the shortest at most', () => {
    for (const startMs of [0, 1, 50, 99, 100, 101, 150]) {
      const { clock, deadlines, member } = start()
      clock.advance(startMs)
      member.deadlineMs = deadlines.in(LIMIT_MS)
      clock.advance(LIMIT_MS - 1)
      assert.equal(member.passed, 0, `begun at ${startMs}`)
      clock.advance(1 + LIMIT_MS / 2)
      assert.equal(member.passed, 1, `begun at ${startMs}`)
    }
  })

  test('a deadline passes once, and again when it is set again', () => {
    const { clock, deadlines, member } = start()
    member.deadlineMs = deadlines.in(LIMIT_MS)
    clock.advance(10 * LIMIT_MS)
    assert.equal(member.passed, 1)
    member.deadlineMs = deadlines.in(LIMIT_MS)
    clock.advance(10 * LIMIT_MS)
    assert.equal(member.passed, 2)
  })

  test('no limit never passes', () => {
    const { clock, deadlines, member } = start()
    assert.equal(deadlines.in(0), Number.POSITIVE_INFINITY)
    member.deadlineMs = deadlines.in(0)
    clock.advance(1_000 * LIMIT_MS)
    assert.equal(member.passed, 0)
  })

  test('who has left is not told, nor anybody after the end', () => {
    const { clock, deadlines, member } = start()
    const other = new Member()
    deadlines.add(other)
    member.deadlineMs = other.deadlineMs = deadlines.in(LIMIT_MS)
    deadlines.delete(member)
    assert.equal(deadlines.size, 1)
    deadlines.close()
    clock.advance(10 * LIMIT_MS)
    assert.deepEqual([member.passed, other.passed, clock.pending], [0, 0, 0])
  })

  test('members may leave and join while they are told', () => {
    const { clock, deadlines, member } = start()
    const next = new Member()
    member.deadlinePassed = () => {
      deadlines.delete(member)
      next.deadlineMs = deadlines.in(LIMIT_MS)
      deadlines.add(next)
    }
    member.deadlineMs = deadlines.in(LIMIT_MS)
    clock.advance(4 * LIMIT_MS)
    assert.deepEqual([next.passed, deadlines.size], [1, 1])
  })

  test('a jump of the wall clock changes nothing', () => {
    const { clock, deadlines, member } = start()
    member.deadlineMs = deadlines.in(LIMIT_MS)
    clock.jump(86_400_000)
    clock.advance(LIMIT_MS / 4)
    assert.equal(member.passed, 0)
  })

  test('after a standstill of the process there is one more round, to read what has come meanwhile', () => {
    const { deadlines, member, sweepAfter } = standing()
    member.deadlineMs = deadlines.in(LIMIT_MS)
    sweepAfter(LIMIT_MS / 4)
    sweepAfter(60_000)
    assert.equal(member.passed, 0)
    sweepAfter(60_000)
    assert.equal(member.passed, 1, 'but not one more each time: a slow process still has limits')
  })

  test('a limit that begins at the end of a standstill is not early either, nor at the end of a second', () => {
    for (const standstillsMs of [[3 * LIMIT_MS], [3 * LIMIT_MS, 3 * LIMIT_MS], [LIMIT_MS / 2]]) {
      const { deadlines, member, sweepAfter } = standing()
      for (const ms of standstillsMs) {
        sweepAfter(ms, () => {
          member.deadlineMs = deadlines.in(LIMIT_MS)
        })
      }
      for (let ms = LIMIT_MS / 4; ms < LIMIT_MS; ms += LIMIT_MS / 4) {
        sweepAfter(LIMIT_MS / 4)
        assert.equal(member.passed, 0, `${ms} after ${standstillsMs}`)
      }
      sweepAfter(LIMIT_MS / 4)
      assert.equal(member.passed, 1, `after ${standstillsMs}`)
    }
  })

  test('standstills give each limit one more round at most, however many there are', () => {
    const { deadlines, member, sweepAfter } = standing()
    member.deadlineMs = deadlines.in(100 * LIMIT_MS)
    sweepAfter(LIMIT_MS / 4)
    for (let round = 1; round < 20; round++) sweepAfter(round % 2 === 0 ? LIMIT_MS / 4 : 10 * LIMIT_MS - LIMIT_MS / 4)
    assert.equal(member.passed, 0, 'a little early')
    sweepAfter(LIMIT_MS / 4)
    assert.equal(member.passed, 1)
  })

  test('of two limits the sooner counts', () => {
    const [short, long] = [LIMIT_MS, 4 * LIMIT_MS]
    for (const [rule, firstMs, sweepsBetween, secondMs, sweeps] of [
      ['the second, when both begin now', long, 0, short, 5],
      ['the first, when both begin now', short, 0, long, 5],
      ['the second', long, 2, short, 5],
      ['the first', short, 2, long, 3],
      ['the first, of which less is left', short, 2, short, 3],
      ['the only one', 0, 2, short, 5],
    ] as const) {
      const { deadlines, member, sweepAfter } = standing()
      member.deadlineMs = deadlines.in(firstMs)
      for (let i = 0; i < sweepsBetween; i++) sweepAfter(LIMIT_MS / 4)
      member.deadlineMs = deadlines.sooner(member.deadlineMs, secondMs)
      let taken = 0
      for (; member.passed === 0; taken++) sweepAfter(LIMIT_MS / 4)
      assert.equal(taken, sweeps, rule)
    }
  })
})

/** A process whose timers fire when it comes to them. */
function standing() {
  const { clock, deadlines, member } = start()
  /** `before`: what else happens before the timer has its turn. */
  const sweepAfter = (ms: number, before = () => {}) => {
    clock.stall(ms)
    before()
    clock.advance(0)
  }
  return { deadlines, member, sweepAfter }
}
