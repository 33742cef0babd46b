import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type BalancerErrorCode, balancerErrors } from './errors.ts'
import {
  isIdempotent,
  mayRetry,
  outcomeOf,
  pauseBefore,
  type RetryDecision,
  type RetryFailure,
  type RetryRequest,
} from './retry.ts'

const REQUEST: RetryRequest = {
  method: 'GET',
  answerBegun: false,
  isReplayable: true,
  workerAttempts: 1,
  memberAttempts: 1,
  rounds: 0,
}
const WORKER = { retries: 2, recoveryOptions: 0, allowReplay: false }
const LB = { retries: 2, lbRetries: 2, balanceWorkers: ['n1', 'n2', 'n3'] }

const failure = (
  code: BalancerErrorCode,
  stage: RetryFailure['stage'] = 'sent',
  staleConnection = false,
): RetryFailure => ({
  code,
  stage,
  staleConnection,
})
const refused = failure('LB_CONNECT_REFUSED', 'unsent')
const cut = failure('LB_REPLY_CUT')
const cutAfterHead = failure('LB_REPLY_CUT', 'head')
const stale = failure('LB_REPLY_CUT', 'sent', true)
const failOnStatus = failure('LB_STATUS_FATAL', 'head')

type Row = readonly [
  rule: string,
  failure: RetryFailure,
  request: Partial<RetryRequest>,
  worker: Partial<typeof WORKER>,
  decision: RetryDecision,
]

const POST = { method: 'POST' }

const RULES: readonly Row[] = [
  ['nothing is repeated once the answer has begun', refused, { answerBegun: true }, {}, 'no'],
  ['nothing is repeated when the body is gone', cut, { isReplayable: false }, {}, 'no'],
  ['nothing is repeated after a failure that cannot be undone', failure('LB_CLIENT_GONE', 'unsent'), {}, {}, 'no'],
  ['a reply cut after its begin is never repeated', failure('LB_REPLY_CUT_LATE', 'head'), {}, {}, 'no'],

  ['what was not sent may be sent, whatever the method', refused, POST, {}, 'same-worker'],
  [
    'what was not sent may be sent, whatever the recovery options',
    refused,
    POST,
    { recoveryOptions: 3 },
    'same-worker',
  ],
  ['what may have been executed is sent again if idempotent', cut, {}, {}, 'same-worker'],
  ['what may have been executed is not sent again else', cut, POST, {}, 'no'],
  ['allowReplay: what may have been executed is sent again', cut, POST, { allowReplay: true }, 'same-worker'],
  ['a failed send may have been executed', failure('LB_SEND_FAILED'), POST, {}, 'no'],
  [
    'a failed send is repeated if idempotent, whatever the recovery options',
    failure('LB_SEND_FAILED'),
    {},
    { recoveryOptions: 3 },
    'same-worker',
  ],
  ['a late answer may come of an execution', failure('LB_REPLY_TIMEOUT'), POST, {}, 'no'],
  ['fail_on_status comes of an execution', failOnStatus, POST, {}, 'no'],

  ['bit 1: not after sending', cut, {}, { recoveryOptions: 1 }, 'no'],
  ['bit 1: not after sending, even with allowReplay', cut, POST, { recoveryOptions: 1, allowReplay: true }, 'no'],
  ['bit 1: after the head it does not speak', cutAfterHead, {}, { recoveryOptions: 1 }, 'same-worker'],
  ['bit 2: not after the head', cutAfterHead, {}, { recoveryOptions: 2 }, 'no'],
  ['bit 2: before the head it does not speak', cut, {}, { recoveryOptions: 2 }, 'same-worker'],
  ['bit 8: HEAD despite bit 1', cut, { method: 'HEAD' }, { recoveryOptions: 9 }, 'same-worker'],
  ['bit 8: only HEAD', cut, {}, { recoveryOptions: 9 }, 'no'],
  ['bit 16: GET despite bit 1', cut, {}, { recoveryOptions: 17 }, 'same-worker'],
  ['bit 16: only GET', cut, { method: 'HEAD' }, { recoveryOptions: 17 }, 'no'],
  ['bits 8 and 16: GET too', cut, {}, { recoveryOptions: 25 }, 'same-worker'],
  ['bits 8 and 16: HEAD too', cut, { method: 'HEAD' }, { recoveryOptions: 25 }, 'same-worker'],
  ['bits 8 and 16: no other method', cut, { method: 'PUT' }, { recoveryOptions: 25 }, 'no'],
  ['bit 4 says nothing about retries', cut, {}, { recoveryOptions: 4 }, 'same-worker'],
  ['fail_on_status does not ask the recovery options', failOnStatus, {}, { recoveryOptions: 3 }, 'same-worker'],
  [
    'an illegal message does not ask the recovery options',
    failure('LB_REPLY_ILLEGAL'),
    {},
    { recoveryOptions: 3 },
    'same-worker',
  ],
  ['an answer shorter than announced is the application’s fault: never', failure('LB_REPLY_SHORT'), {}, {}, 'no'],

  ['an ended idle connection: once more at once', stale, {}, {}, 'fresh-connection'],
  ['an ended idle connection: whatever the recovery options', stale, {}, { recoveryOptions: 3 }, 'fresh-connection'],
  [
    'an ended idle connection: not counted',
    stale,
    { workerAttempts: 9, memberAttempts: 9, rounds: 9 },
    {},
    'fresh-connection',
  ],
  ['an ended idle connection: not for what may have been executed', stale, POST, {}, 'no'],
  ['an ended idle connection: with allowReplay for everything', stale, POST, { allowReplay: true }, 'fresh-connection'],
  [
    'an ended idle connection before anything was sent: for everything',
    failure('LB_SEND_FAILED', 'unsent', true),
    POST,
    {},
    'fresh-connection',
  ],
  ['an ended idle connection: not without the body', stale, { isReplayable: false }, {}, 'no'],

  ['the same worker until its retries are used up', refused, { workerAttempts: 2 }, {}, 'next-member'],
  ['a busy worker is not asked again', failure('LB_BUSY', 'unsent'), {}, {}, 'next-member'],
  [
    'a worker without a free connection is not asked again',
    failure('LB_POOL_TIMEOUT', 'unsent'),
    {},
    {},
    'next-member',
  ],
  ['a worker without a port is not asked again', failure('LB_CONTACT_DISABLED', 'unsent'), {}, {}, 'next-member'],
  ['lb_retries members per round', refused, { workerAttempts: 2, memberAttempts: 2 }, {}, 'next-round'],
  ['retries rounds', refused, { workerAttempts: 2, memberAttempts: 2, rounds: 1 }, {}, 'no'],
]

describe('mayRetry', () => {
  for (const [rule, failed, request, worker, decision] of RULES)
    it(rule, () => assert.equal(mayRetry(failed, { ...REQUEST, ...request }, { ...WORKER, ...worker }, LB), decision))

  it('a worker that stands alone has its own retries only', () => {
    assert.equal(mayRetry(refused, REQUEST, WORKER), 'same-worker')
    assert.equal(mayRetry(refused, { ...REQUEST, workerAttempts: 2 }, WORKER), 'no')
    assert.equal(mayRetry(failure('LB_BUSY', 'unsent'), REQUEST, WORKER), 'no')
  })

  it('no more members are tried in a round than there are', () => {
    const lb = { ...LB, lbRetries: 9, balanceWorkers: ['n1', 'n2'] }
    assert.equal(mayRetry(refused, { ...REQUEST, workerAttempts: 2, memberAttempts: 2 }, WORKER, lb), 'next-round')
  })

  it('whatever happens, no request that is not idempotent is executed twice unasked', () => {
    const codes = Object.keys(balancerErrors) as BalancerErrorCode[]
    const request = fc.record({
      method: fc.constantFrom('POST', 'PATCH', 'post', 'LOCK', 'FOO'),
      answerBegun: fc.boolean(),
      isReplayable: fc.boolean(),
      workerAttempts: fc.nat(3),
      memberAttempts: fc.nat(3),
      rounds: fc.nat(3),
    })
    const sent = fc.record({
      code: fc.constantFrom(...codes),
      stage: fc.constantFrom('sent' as const, 'head' as const),
      staleConnection: fc.boolean(),
    })
    fc.assert(
      fc.property(sent, request, fc.nat(31), (failed, each, recoveryOptions) => {
        assert.equal(mayRetry(failed, each, { ...WORKER, recoveryOptions }, LB), 'no')
      }),
    )
  })

  it('attempts come to an end', () => {
    const codes = (Object.keys(balancerErrors) as BalancerErrorCode[]).map((code) => failure(code, 'unsent'))
    fc.assert(
      fc.property(fc.infiniteStream(fc.constantFrom(...codes)), (failures) => {
        const counts = { workerAttempts: 1, memberAttempts: 1, rounds: 0 }
        let attempts = 1
        for (const each of failures) {
          const decision = mayRetry(each, { ...REQUEST, ...counts }, WORKER, LB)
          if (decision === 'no') break
          attempts++
          assert.ok(attempts <= WORKER.retries * LB.lbRetries * LB.retries)
          if (decision === 'same-worker') counts.workerAttempts++
          else if (decision === 'next-member')
            Object.assign(counts, { workerAttempts: 1, memberAttempts: counts.memberAttempts + 1 })
          else Object.assign(counts, { workerAttempts: 1, memberAttempts: 1, rounds: counts.rounds + 1 })
        }
      }),
    )
  })
})

describe('around a retry', () => {
  it('without any member there is another round, as long as there are rounds', () => {
    const nobody = failure('LB_NO_WORKER', 'unsent')
    assert.equal(mayRetry(nobody, REQUEST, WORKER, LB), 'next-round')
    assert.equal(mayRetry(nobody, { ...REQUEST, rounds: 1 }, WORKER, LB), 'no')
  })

  it('one waits before the same worker and before another round, nowhere else', () => {
    const pauses = (['fresh-connection', 'same-worker', 'next-member', 'next-round', 'no'] as const).map((decision) =>
      pauseBefore(decision, { retryIntervalMs: 10 }, { retryIntervalMs: 20 }),
    )
    assert.deepEqual(pauses, [0, 10, 0, 20, 0])
  })

  it('an ended idle connection blames nobody, other failures do as their row says', () => {
    assert.equal(outcomeOf(stale), 'unblamed')
    assert.equal(outcomeOf(cut), 'comm-failure')
  })

  it('methods are case sensitive, and unknown ones are not idempotent', () => {
    assert.deepEqual(['GET', 'PUT', 'POST', 'PATCH', 'get', 'LOCK', ''].map(isIdempotent), [
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ])
  })
})
