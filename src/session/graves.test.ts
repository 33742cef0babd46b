import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Fate, Graves } from './graves.ts'

const [ALIAS_MS, MOVED_AT] = [5000, 1_000_000]

describe('the key that a session has now', () => {
  const rows: readonly (readonly [
    rule: string,
    fate: Fate,
    heardMs: number,
    movedMs: number,
    alias: string | undefined,
  ])[] = [
    ['of one that moved a moment ago', 'moved', 10, 10, 'new'],
    ['not of one that moved long ago', 'moved', ALIAS_MS, ALIAS_MS, undefined],
    ['not of one that moved long ago, of which this node has just heard', 'moved', 10, ALIAS_MS, undefined],
    ['not of one that moved long ago, by a wall clock that was set back', 'moved', ALIAS_MS, -60_000, undefined],
    ['not of one that was destroyed', 'destroyed', 10, 10, undefined],
    ['not of one that expired', 'expired', 10, 10, undefined],
  ]
  for (const [rule, fate, heardMs, movedMs, alias] of rows) {
    test(rule, () => {
      const graves = new Graves(10, 60_000)
      graves.dig({ key: 'old', fate, accessedMs: MOVED_AT, to: fate === 'moved' ? 'new' : '' }, 0, 1)
      assert.equal(graves.alias('old', ALIAS_MS, heardMs, MOVED_AT + movedMs), alias)
      assert.equal(graves.alias('another', ALIAS_MS, heardMs, MOVED_AT + movedMs), undefined)
    })
  }
})
