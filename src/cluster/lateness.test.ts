import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { lateMs, MAX_LATENESS, nextLateness, sendTimeoutMs, widen } from './lateness.ts'

describe('a heartbeat is late', () => {
  const rows: [rule: string, previous: number, now: number, late: number][] = [
    ['not when it is on time', 1000, 6000, 0],
    ['not when it is early', 1000, 5990, 0],
    ['by what it took beyond its interval', 1000, 9000, 3000],
  ]
  for (const [rule, previous, now, late] of rows) test(rule, () => assert.equal(lateMs(previous, now, 5000), late))
})

describe('the score', () => {
  const rows: [rule: string, score: number, late: number, next: number][] = [
    ['stays 0 while heartbeats are on time', 0, 0, 0],
    ['does not rise for ordinary scheduling delay', 0, 499, 0],
    ['rises by one per half second', 0, 500, 1],
    ['rises by what it was late, on top of what it was', 2, 1600, 5],
    ['has a limit', 3, 60_000, MAX_LATENESS],
    ['falls by one per heartbeat on time', 3, 20, 2],
    ['does not fall below 0', 0, 10, 0],
  ]
  for (const [rule, score, late, next] of rows) test(rule, () => assert.equal(nextLateness(score, late), next))
})

describe('a timeout', () => {
  test('is as configured on a node that is on time', () => assert.equal(widen(1000, 0), 1000))
  test('grows with the score', () => assert.equal(widen(1000, 3), 4000))
  test('of a send grows with what is sent', () => assert.equal(sendTimeoutMs(3000, 5_000_000, 0), 8000))
  test('of a send grows with both', () => assert.equal(sendTimeoutMs(3000, 1_000_000, 1), 8000))
})
