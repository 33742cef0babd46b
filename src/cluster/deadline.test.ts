import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../clock/fake-clock.ts'
import { Deadline } from './deadline.ts'

/** A clock whose timers fire late, as after a blocked event loop. */
class LateClock extends FakeClock {
  lateMs = 0

  override monotonic(): number {
    return super.monotonic() + this.lateMs
  }
}

test('a deadline expires when its time is up', () => {
  const clock = new FakeClock()
  let expired = 0
  new Deadline(clock, 1000, () => expired++)
  clock.advance(999)
  assert.equal(expired, 0)
  clock.advance(1)
  assert.equal(expired, 1)
  assert.equal(clock.pending, 0)
})

test('a deadline that was cancelled does not expire and leaves no timer', () => {
  const clock = new FakeClock()
  new Deadline(clock, 1000, () => assert.fail('expired')).cancel()
  assert.equal(clock.pending, 0)
  clock.advance(5000)
})

test('a timer that fires late grants the same time once more, and only once', () => {
  const clock = new LateClock()
  let expired = 0
  new Deadline(clock, 1000, () => expired++)
  clock.lateMs = 3000
  clock.advance(1000)
  assert.equal(expired, 0, 'the loop was blocked: nobody is to blame yet')
  clock.lateMs = 9000
  clock.advance(1000)
  assert.equal(expired, 1)
})

test('cancelling works in the second term, too', () => {
  const clock = new LateClock()
  const deadline = new Deadline(clock, 1000, () => assert.fail('expired'))
  clock.lateMs = 3000
  clock.advance(1000)
  deadline.cancel()
  assert.equal(clock.pending, 0)
})
