import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ProbeOutcome } from '../transport/transport.ts'
import { isSuspicionOver, isTooSilent, judgeProbe, PROBES, type Verdict } from './suspicion.ts'

describe('a probe', () => {
  const rows: [rule: string, outcome: ProbeOutcome, silentBefore: number, verdict: Verdict][] = [
    ['that is accepted: alive', 'alive', 0, 'alive'],
    ['that is accepted at last: alive', 'alive', 1, 'alive'],
    ['that is refused: dead at once', 'dead', 0, 'dead'],
    ['without an answer: the others decide', 'silent', 0, 'ask-on'],
    ['without an answer, all but one: the last decides', 'silent', PROBES - 2, 'ask-on'],
    ['without an answer, the last of all: dead', 'silent', PROBES - 1, 'dead'],
    ['that this node could not make blames nobody', 'unknown', 1, 'wait'],
  ]
  for (const [rule, outcome, silentBefore, verdict] of rows) {
    test(rule, () => assert.equal(judgeProbe(outcome, silentBefore), verdict))
  }
})

describe('a member that promised a ping every 500 ms, looked at every 250 ms, is too silent', () => {
  const rows: [rule: string, silentLooks: number, lateness: number, silent: boolean][] = [
    ['not when it was just heard', 0, 0, false],
    ['not when one ping is missing', 3, 0, false],
    ['when two are', 4, 0, true],
    ['later on a node that is late itself', 4, 1, false],
    ['later, and then it is', 8, 1, true],
  ]
  for (const [rule, silentLooks, lateness, silent] of rows) {
    test(rule, () => assert.equal(isTooSilent(silentLooks, 250, 500, lateness), silent))
  }
})

describe('a suspicion is over', () => {
  const rows: [rule: string, age: number, limit: number, over: boolean][] = [
    ['not before its time', 300_000, 300_000, false],
    ['after its time', 300_001, 300_000, true],
    ['never when the limit is 0', 9e9, 0, false],
    ['never when the limit is negative', 9e9, -1, false],
  ]
  for (const [rule, age, limit, over] of rows) {
    test(rule, () => assert.equal(isSuspicionOver(1000, 1000 + age, limit), over))
  }
})
