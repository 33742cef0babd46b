import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kill } from './kill.ts'

test('workers that are killed one after the other lose nothing', { timeout: 280_000 }, async (t) => {
  const { ok, lines } = await kill.run(t, { rounds: 3, customers: 12 })
  for (const line of lines) t.diagnostic(line)
  assert.ok(ok, lines.join('\n'))
})
