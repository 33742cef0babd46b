import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { systemClock } from '../clock/clock.ts'
import type { Channel } from '../cluster/channel.ts'
import { resolveOptions, type SessionManagerOptions } from './options.ts'
import { MemoryStore } from './testing/memory-store.ts'

const store = new MemoryStore(systemClock)

describe('options', () => {
  const good: [what: string, options: Partial<SessionManagerOptions>, key: string, value: unknown][] = [
    ['the bits of the default mode', {}, 'sendBits', 9],
    ['acknowledged', { sendOptions: 'acknowledged' }, 'sendBits', 3],
    ['synchronised', { sendOptions: 'synchronised' }, 'sendBits', 7],
    ["Tomcat's 6", { sendOptions: 6 }, 'sendBits', 7],
    ["Tomcat's 10: acknowledged, but nobody waits", { sendOptions: 10 }, 'sendBits', 11],
    ['a touch per minute for half an hour', {}, 'touchIntervalMs', 60_000],
    ['a tenth of a short interval', { maxInactiveIntervalMs: 5000 }, 'touchIntervalMs', 500],
    ['an hour of tombstones', {}, 'tombstoneMs', 3_600_000],
    ['twice a long interval', { maxInactiveIntervalMs: 36_000_000 }, 'tombstoneMs', 72_000_000],
    ['a millisecond of collecting', {}, 'collectMs', 1],
    ['no collecting', { collectMs: 0 }, 'collectMs', 0],
    ['sessions that never end', { maxInactiveIntervalMs: -1 }, 'touchIntervalMs', 60_000],
    ['no waiting at start', { stateTimeoutMs: 0 }, 'stateTimeoutMs', 0],
    ['a store makes the manager persistent', { store }, 'manager', 'persistent'],
    ['and the answer wait for it', { store }, 'sendBits', 7],
    ['unless it is told not to', { store, sendOptions: 'asynchronous' }, 'sendBits', 9],
    ['waiting for ever', { stateTimeoutMs: -1 }, 'stateTimeoutMs', -1],
  ]
  for (const [what, options, key, value] of good) {
    test(what, () => assert.equal(Reflect.get(resolveOptions({ name: 'app', ...options }), key), value))
  }

  const bad: [what: string, options: Partial<SessionManagerOptions>, message: RegExp][] = [
    ['no name', { name: '' }, /name/],
    ['a route with a blank', { route: 'a b' }, /route/],
    ['an unknown mode', { sendOptions: 'fast' as 'asynchronous' }, /sendOptions/],
    ['unknown bits', { sendOptions: 16 }, /sendOptions/],
    ['synchronised without acknowledgement', { sendOptions: 4 }, /sendOptions 4 needs 2/],
    ['a negative pause', { retryMs: -1 }, /retryMs/],
    ['a negative time of collecting', { collectMs: -1 }, /collectMs/],
    ['a timer that Node cannot hold', { stallMs: 2 ** 31 }, /stallMs/],
    ['a limit of nothing', { limits: { sessions: 0 } }, /limits\.sessions/],
    ['more attributes than others would read', { limits: { attributes: 8193 } }, /limits\.attributes.*8192/],
    ['a session that fits no message', { limits: { sessionBytes: 2 ** 25 } }, /sessionBytes and limits\.batchBytes/],
    ['a limit above the one around it', { limits: { attributeBytes: 2 ** 30 } }, /attributeBytes/],
    ['persistent without a store', { manager: 'persistent' }, /needs a store/],
    ['a store for another manager', { manager: 'delta', store }, /needs a store/],
    ['an unknown manager', { manager: 'file' as 'delta' }, /delta, backup or persistent/],
    ['a store beside a channel', { store, channel: {} as Channel }, /in place of a channel/],
    ['an unknown policy', { store, whenStoreFails: 'ignore' as 'fail' }, /whenStoreFails/],
    ['a store that never answers', { store, storeTimeoutMs: 0 }, /storeTimeoutMs/],
    ['an unknown policy of a full node', { whenFull: 'grow' as 'refuse' }, /whenFull must be/],
    ['ending what is in a store', { store, whenFull: 'end-idlest' }, /whenFull end-idlest is for sessions in memory/],
    ['several at once', { name: '', route: '/' }, /name.*; route/],
  ]
  for (const [what, options, message] of bad) {
    test(`refused: ${what}`, () => {
      assert.throws(() => resolveOptions({ name: 'app', ...options }), { code: 'SESSION_OPTIONS', message })
    })
  }
})
