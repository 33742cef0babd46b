import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { stateWords } from '../balancer/jk-words.ts'
import type { MemberState } from '../balancer/member-state.ts'
import type { LbSnapshot, MemberSnapshot } from '../balancer/snapshot.ts'
import { ratings, timeToMaintenance, timeToRecover } from './facts.ts'
import { compileRating } from './rating.ts'
import { savedSnapshot } from './testing/saved-snapshot.ts'

const rate = compileRating({ good: ['a.o', 'a.i', 'a.b', 'a.r'], bad: ['s', 'e'] })
const SNAPSHOT = savedSnapshot()
const LB = SNAPSHOT.workers.find((worker): worker is LbSnapshot => worker.kind === 'lb')!
const MEMBER = LB.members[0]!
const ago = (seconds: number) => SNAPSHOT.takenAtMs - seconds * 1_000

/** Seconds since the last maintenance, which is due every 60. */
const MAINTENANCE: readonly [rule: string, age: number, min: number, max: number][] = [
  ['just done', 0, 60, 120],
  ['a while ago', 45, 15, 75],
  ['due', 60, 0, 60],
  ['late', 70, 0, 50],
  ['very late', 150, 0, 0],
]

/** Seconds since the last error, with a recovery time of 60 and a maintenance 10 seconds ago. */
const RECOVERY: readonly [rule: string, state: MemberState, age: number | undefined, min: number, max: number][] = [
  ['well', 'ok', undefined, 0, 0],
  ['being probed', 'probe', 5, 0, 0],
  ['just failed', 'error', 0, 60, 120],
  ['not before the next maintenance', 'error', 30, 50, 90],
  ['past its time, but maintenance is to come', 'error', 90, 50, 60],
]

describe('time to maintenance', () => {
  for (const [rule, age, min, max] of MAINTENANCE)
    it(rule, () => assert.deepEqual(timeToMaintenance({ ...LB, maintainedAtMs: ago(age) }, SNAPSHOT), { min, max }))
})

describe('time to recovery', () => {
  const lb = { ...LB, maintainedAtMs: ago(10) }
  for (const [rule, state, age, min, max] of RECOVERY)
    it(rule, () => {
      const member: MemberSnapshot = { ...MEMBER, state, lastErrorAtMs: age === undefined ? undefined : ago(age) }
      assert.deepEqual(timeToRecover(member, lb, SNAPSHOT), { min, max })
    })
})

describe('ratings', () => {
  const states = Object.keys(stateWords) as MemberState[]
  const rated = (activation: MemberSnapshot['activation']) =>
    Object.fromEntries(states.map((state) => [state, rate({ activation, state })]))

  it('an active member is good in every state but ERR', () => {
    assert.deepEqual(rated('active'), {
      idle: 'good',
      ok: 'good',
      recover: 'good',
      force: 'good',
      busy: 'good',
      error: 'bad',
      probe: 'good',
    })
  })

  it('a disabled member is degraded, or bad in ERR', () => {
    assert.deepEqual(new Set(Object.values(rated('disabled'))), new Set(['degraded', 'bad']))
    assert.equal(rated('disabled').error, 'bad')
  })

  it('a stopped member is bad', () => assert.deepEqual(new Set(Object.values(rated('stopped'))), new Set(['bad'])))

  const RULES: readonly [
    rule: string,
    good: string[],
    bad: string[],
    activation: MemberSnapshot['activation'],
    state: MemberState,
    expected: string,
  ][] = [
    ['an activation alone', ['d'], [], 'disabled', 'error', 'good'],
    ['a state alone', ['o'], [], 'stopped', 'ok', 'good'],
    ['both, in either order', ['o.a'], [], 'active', 'ok', 'good'],
    ['both must hold', ['a.o'], [], 'disabled', 'ok', 'degraded'],
    ['only first letters count, in any case', ['Active.Okay'], [], 'active', 'ok', 'good'],
    ['idle may be called not used', ['n'], [], 'active', 'idle', 'good'],
    ['busy has its letter', [], ['b'], 'active', 'busy', 'bad'],
    ['a probed member is recovering', [], ['r'], 'active', 'probe', 'bad'],
    ['a forced member is recovering', [], ['r'], 'active', 'force', 'bad'],
    ['bad wins over good', ['a'], ['a'], 'active', 'ok', 'bad'],
    ['without rules nothing is either', [], [], 'active', 'ok', 'degraded'],
  ]
  for (const [rule, good, bad, activation, state, expected] of RULES)
    it(`rules: ${rule}`, () => assert.equal(compileRating({ good, bad })({ activation, state }), expected))

  it('are counted', () => assert.deepEqual(ratings(LB, rate), { good: 2, degraded: 1, bad: 0 }))
})
