import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ProbeOutcome } from '../transport/transport.ts'
import { isSuspicionOver, judgeProbe, type Verdict } from './suspicion.ts'

describe('a probe', () => {
  const rows: [rule: string, outcome: ProbeOutcome, silentBefore: number, verdict: Verdict][] = [
    ['that is accepted: alive', 'alive', 0, 'alive'],
    ['that is accepted at last: alive', 'alive', 1, 'alive'],
    ['that is refused: dead at once', 'dead', 0, 'dead'],
    ['without an answer: once more', 'silent', 0, 'probe-again'],
    ['without an answer for the second time: dead', 'silent', 1, 'dead'],
    ['that this node could not make blames nobody', 'unknown', 1, 'wait'],
  ]
  for (const [rule, outcome, silentBefore, verdict] of rows) {
    test(rule, () => assert.equal(judgeProbe(outcome, silentBefore), verdict))
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
