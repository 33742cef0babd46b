import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needsNetwork } from '../kit/netns.ts'
import { suite } from '../kit/suite.ts'
import { partition } from './partition.ts'

suite('a node that is cut off', needsNetwork(), () => {
  test('loses no acknowledged write, and is equal to the others afterwards', { timeout: 280_000 }, async (t) => {
    const { ok, lines } = await partition.run(t, { rounds: 1, seconds: 1, sessions: 12, within: 60 })
    for (const line of lines) t.diagnostic(line)
    assert.ok(ok, lines.join('\n'))
  })
})
