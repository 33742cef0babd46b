import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Input, LINGER_MS, staysIdle, waitLimitMs } from './wait-limits.ts'

const TIMEOUTS = { headMs: 1, bodyMs: 30_000, keepAliveMs: 15_000, halfClosedMs: 7_000, sendMs: 2, replyMs: 3 }

describe('a connection waits', () => {
  const rows: readonly [rule: string, input: Input, flags: string, keepAliveMs: number, limitMs: number][] = [
    ['for a request: first until it forgets', 'request', 'remembering', 15_000, 1_000],
    ['then for the rest of the keep-alive time', 'request', '', 15_000, 14_000],
    ['no longer than a short keep-alive time', 'request', 'remembering', 400, 400],
    ['with a short one hardly at all after it', 'request', '', 400, 1],
    ['without limit: still until it forgets', 'request', 'remembering', 0, 1_000],
    ['without limit: then for ever', 'request', '', 0, 0],
    ['for a body', 'body', '', 0, 30_000],
    ['for the backend while that takes no body', 'body', 'paused', 0, 0],
    ['for an answer: the backend has limits of its own', 'nothing', '', 0, 0],
    ['for an answer to a client that may have gone', 'nothing', 'leaving', 0, 7_000],
    ['for the close', 'discard', '', 0, LINGER_MS],
  ]
  for (const [rule, input, flags, keepAliveMs, limitMs] of rows)
    test(rule, () => {
      const has = (flag: string) => flags === flag
      const timeouts = { ...TIMEOUTS, keepAliveMs }
      assert.equal(waitLimitMs(input, timeouts, has('remembering'), has('paused'), has('leaving')), limitMs)
    })
})

test('forgetting is the end where the keep-alive time is over with it', () => {
  assert.equal(staysIdle({ ...TIMEOUTS, keepAliveMs: 1_000 }), false)
  assert.equal(staysIdle({ ...TIMEOUTS, keepAliveMs: 1_001 }), true)
  assert.equal(staysIdle({ ...TIMEOUTS, keepAliveMs: 0 }), true)
})
