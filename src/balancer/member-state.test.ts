import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Outcome } from './errors.ts'
import { type MemberEvent, type MemberHealth, type MemberState, memberStates, next } from './member-state.ts'
import { NEVER } from './numbers.ts'

const SETTINGS = { recoverTimeMs: 60_000, errorEscalationTimeMs: 30_000, maxReplyTimeouts: 2 }
const NOW = 1_000_000

function health(state: MemberState, more: Partial<MemberHealth> = {}): MemberHealth {
  return { state, errors: 0, firstErrorAtMs: NEVER, lastErrorAtMs: NEVER, ...more }
}

function finished(outcome: Outcome, more: { othersInFlight?: boolean; replyTimeouts?: number } = {}): MemberEvent {
  return { type: 'finished', outcome, othersInFlight: false, replyTimeouts: 0, ...more }
}

const unused: MemberEvent = { type: 'maintained', wasUsed: false }
const used: MemberEvent = { type: 'maintained', wasUsed: true }
const ago = (ms: number) => NOW - ms
const series = (firstMs: number, lastMs: number) => ({
  errors: 3,
  firstErrorAtMs: ago(firstMs),
  lastErrorAtMs: ago(lastMs),
})
const now = { errors: 4, firstErrorAtMs: NOW, lastErrorAtMs: NOW }

const TABLE: readonly [rule: string, before: MemberHealth, event: MemberEvent, after: MemberHealth][] = [
  [
    'a member in recovery is probed by the request that chose it',
    health('recover'),
    { type: 'chosen' },
    health('probe'),
  ],
  ['a well member is simply chosen', health('ok'), { type: 'chosen' }, health('ok')],
  ['an idle member stays idle until a request is finished', health('idle'), { type: 'chosen' }, health('idle')],
  ['a forced member is not limited to one request', health('force'), { type: 'chosen' }, health('force')],
  ['a busy member is well once there is room', health('busy'), { type: 'relieved' }, health('ok')],
  ['room does not heal an error', health('error'), { type: 'relieved' }, health('error')],
  ['a member in error can be forced', health('error', series(9, 9)), { type: 'forced' }, health('force', series(9, 9))],
  ['others are not forced', health('probe'), { type: 'forced' }, health('probe')],

  ['the first finished request ends idleness', health('idle'), finished('ok'), health('ok')],
  ['an answer ends a probe', health('probe', series(9, 9)), finished('ok'), health('ok', { errors: 3 })],
  ['an answer ends force', health('force', series(9, 9)), finished('ok'), health('ok', { errors: 3 })],
  ['an answer ends a series of errors', health('ok', series(9, 9)), finished('ok'), health('ok', { errors: 3 })],
  [
    'the answer to an older request heals an error',
    health('error', series(9, 9)),
    finished('ok'),
    health('ok', { errors: 3 }),
  ],
  [
    'a client that breaks off leaves the member well',
    health('probe', series(9, 9)),
    finished('client-error'),
    health('ok', { errors: 3 }),
  ],
  [
    'a negative fail_on_status leaves the member well',
    health('ok', series(9, 9)),
    finished('status-error'),
    health('ok', { errors: 3 }),
  ],
  [
    'an error of ours keeps the series',
    health('idle', series(9, 9)),
    finished('server-error'),
    health('ok', series(9, 9)),
  ],
  [
    'an error of ours does not heal',
    health('error', series(9, 9)),
    finished('server-error'),
    health('error', series(9, 9)),
  ],
  ['a malformed reply is no error of the state', health('idle'), finished('protocol-error'), health('ok')],
  [
    'a malformed reply does not heal',
    health('error', series(9, 9)),
    finished('protocol-error'),
    health('error', series(9, 9)),
  ],
  [
    'an ended idle connection blames nobody',
    health('ok', series(9, 9)),
    finished('unblamed'),
    health('ok', series(9, 9)),
  ],
  [
    'an ended idle connection does not heal',
    health('error', series(9, 9)),
    finished('unblamed'),
    health('error', series(9, 9)),
  ],
  ['a member without a free connection is busy', health('ok'), finished('busy'), health('busy')],
  [
    'a member in error does not become busy',
    health('error', series(9, 9)),
    finished('busy'),
    health('error', series(9, 9)),
  ],
  [
    'fail_on_status is an error at once, others in flight or not',
    health('ok', series(9, 9)),
    finished('status-fatal', { othersInFlight: true }),
    health('error', now),
  ],
  [
    'a reply timeout at the limit is tolerated',
    health('idle'),
    finished('reply-timeout', { replyTimeouts: 2 }),
    health('ok'),
  ],
  [
    'a tolerated reply timeout does not heal',
    health('error', series(9, 9)),
    finished('reply-timeout', { replyTimeouts: 2 }),
    health('error', series(9, 9)),
  ],
  [
    'a reply timeout past the limit is an error',
    health('ok', series(9, 9)),
    finished('reply-timeout', { replyTimeouts: 3 }),
    health('error', now),
  ],

  [
    'a broken connection is an error when nobody else is in flight',
    health('ok'),
    finished('comm-failure'),
    health('error', { ...now, errors: 1 }),
  ],
  [
    'with others in flight it is a local error',
    health('ok'),
    finished('comm-failure', { othersInFlight: true }),
    health('ok', { ...now, errors: 1 }),
  ],
  [
    'a local error keeps the begin of its series',
    health('ok', series(29_999, 9)),
    finished('comm-failure', { othersInFlight: true }),
    health('ok', { ...now, firstErrorAtMs: ago(29_999) }),
  ],
  [
    'a series as old as the escalation time is an error',
    health('ok', series(30_000, 9)),
    finished('comm-failure', { othersInFlight: true }),
    health('error', { ...now, firstErrorAtMs: ago(30_000) }),
  ],
  [
    'a local error does not heal',
    health('error', series(9, 9)),
    finished('comm-failure', { othersInFlight: true }),
    health('error', { ...now, firstErrorAtMs: ago(9) }),
  ],
  [
    'a failed probe is an error',
    health('probe', series(99_000, 70_000)),
    finished('comm-failure'),
    health('error', { ...now, firstErrorAtMs: ago(99_000) }),
  ],

  [
    'maintenance: an error as old as the recovery time stays',
    health('error', series(60_000, 60_000)),
    used,
    health('error', series(60_000, 60_000)),
  ],
  [
    'maintenance: an older error recovers',
    health('error', series(60_001, 60_001)),
    used,
    health('recover', series(60_001, 60_001)),
  ],
  [
    'maintenance: it is the last error that counts',
    health('error', series(99_000, 9)),
    used,
    health('error', series(99_000, 9)),
  ],
  [
    'maintenance: an unresolved series escalates',
    health('ok', series(30_000, 30_000)),
    used,
    health('error', series(30_000, 30_000)),
  ],
  ['maintenance: a young series is tolerated', health('ok', series(29_999, 9)), used, health('ok', series(29_999, 9))],
  [
    'maintenance: a series escalates whatever the state',
    health('probe', series(30_000, 9)),
    used,
    health('error', series(30_000, 9)),
  ],
  [
    'maintenance: recovery does not escalate',
    health('recover', series(90_000, 70_000)),
    used,
    health('recover', series(90_000, 70_000)),
  ],
  ['maintenance: a well member without requests is idle', health('ok'), unused, health('idle')],
  ['maintenance: a well member with requests stays', health('ok'), used, health('ok')],
  ['maintenance: a busy member stays', health('busy'), unused, health('busy')],
]

const ERROR_AT_ONCE = { ...SETTINGS, errorEscalationTimeMs: 0 }

describe('next', () => {
  for (const [rule, before, event, after] of TABLE)
    it(rule, () => assert.deepEqual(next(before, event, NOW, SETTINGS), after))

  it('an escalation time of 0 tolerates nothing', () => {
    const after = next(health('ok'), finished('comm-failure', { othersInFlight: true }), NOW, ERROR_AT_ONCE)
    assert.equal(after.state, 'error')
  })

  it('returns what it got when nothing changes', () => {
    const before = health('ok', { errors: 7 })
    assert.equal(next(before, finished('ok'), NOW, SETTINGS), before)
    assert.equal(next(before, used, NOW, SETTINGS), before)
  })

  it('never changes what it got, and never forgets errors', () => {
    const outcomes: Outcome[] = [
      'ok',
      'client-error',
      'server-error',
      'protocol-error',
      'status-error',
      'status-fatal',
      'busy',
      'reply-timeout',
      'comm-failure',
      'unblamed',
    ]
    const event = fc.oneof(
      fc.constantFrom<MemberEvent>({ type: 'chosen' }, { type: 'relieved' }, { type: 'forced' }, used, unused),
      fc.record({
        type: fc.constant('finished' as const),
        outcome: fc.constantFrom(...outcomes),
        othersInFlight: fc.boolean(),
        replyTimeouts: fc.nat(5),
      }),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(40_000))), (steps) => {
        let at = 0
        let current: MemberHealth = Object.freeze(health('idle'))
        for (const [each, pause] of steps) {
          at += pause
          const after = Object.freeze(next(current, each, at, SETTINGS))
          assert.ok(after.errors >= current.errors)
          assert.ok(after.firstErrorAtMs <= after.lastErrorAtMs)
          assert.equal(after.firstErrorAtMs === NEVER, after.lastErrorAtMs === NEVER)
          assert.ok(after.state !== 'error' || after.lastErrorAtMs !== NEVER)
          current = after
        }
      }),
    )
  })
})

describe('memberStates', () => {
  it('are usable except while busy, in error, or being probed', () => {
    const usable = Object.entries(memberStates).flatMap(([state, { isUsable }]) => (isUsable ? [state] : []))
    assert.deepEqual(usable, ['idle', 'ok', 'recover', 'force'])
  })
})
