import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Outcome } from './errors.ts'
import { createWorkerNumbers, NEVER, type WorkerNumbers } from './numbers.ts'
import { beginRequest, endRequest, NO_USAGE } from './worker-life.ts'

const ENDS: readonly [rule: string, outcome: Outcome, changes: Partial<WorkerNumbers>][] = [
  ['an answer', 'ok', { state: 'ok' }],
  ['a client that broke off counts once', 'client-error', { state: 'ok', clientErrors: 1 }],
  ['an ended idle connection is no error', 'unblamed', { state: 'ok' }],
  ['a failure', 'comm-failure', { state: 'error', errors: 1, errorAtMs: 9 }],
  ['a reply timeout', 'reply-timeout', { state: 'error', errors: 1, errorAtMs: 9 }],
  ['a fail_on_status answer, even a tolerated one', 'status-error', { state: 'error', errors: 1, errorAtMs: 9 }],
  ['a refusal is an error but no news of the worker', 'busy', { state: 'idle', errors: 1 }],
]

describe('a request on a worker', () => {
  for (const [rule, outcome, changes] of ENDS)
    it(rule, () => {
      const numbers = createWorkerNumbers(0)
      beginRequest(numbers)
      endRequest(numbers, outcome, NO_USAGE, 9)
      assert.deepEqual(numbers, { ...createWorkerNumbers(0), used: 1, maxBusy: 1, ...changes })
    })

  it('is in flight from begin to end, and the most at once is remembered', () => {
    const numbers = createWorkerNumbers(0)
    beginRequest(numbers)
    beginRequest(numbers)
    assert.deepEqual([numbers.busy, numbers.maxBusy], [2, 2])
    endRequest(numbers, 'ok', NO_USAGE, 0)
    assert.deepEqual([numbers.busy, numbers.maxBusy], [1, 2])
  })

  it('an end too many does not count below zero', () => {
    const numbers = createWorkerNumbers(0)
    endRequest(numbers, 'ok', NO_USAGE, 0)
    assert.equal(numbers.busy, 0)
  })

  it('bytes and reply timeouts add up', () => {
    const numbers = createWorkerNumbers(0)
    for (let i = 0; i < 2; i++) {
      beginRequest(numbers)
      endRequest(numbers, 'ok', { readBytes: 3, transferredBytes: 4, replyTimeouts: 1 }, 0)
    }
    assert.deepEqual([numbers.readBytes, numbers.transferredBytes, numbers.replyTimeouts], [6, 8, 2])
  })

  it('a worker in error is being probed while a request runs, and a refusal proves nothing', () => {
    const numbers = createWorkerNumbers(0)
    beginRequest(numbers)
    endRequest(numbers, 'comm-failure', NO_USAGE, 5)
    beginRequest(numbers)
    assert.equal(numbers.state, 'probe')
    endRequest(numbers, 'busy', NO_USAGE, 6)
    assert.deepEqual([numbers.state, numbers.errorAtMs], ['error', 5])
    beginRequest(numbers)
    endRequest(numbers, 'ok', NO_USAGE, 7)
    assert.equal(numbers.state, 'ok')
    assert.notEqual(numbers.errorAtMs, NEVER)
  })
})
