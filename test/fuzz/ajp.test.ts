/** The fuzzers of AJP for a few seconds, always with the same seed. `npm run fuzz` runs them for as long as one likes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lastInFirstOut } from '../kit/owner.ts'
import { fuzzAjpAnswers } from './ajp-answers.ts'

test('fuzzing: mutated answers of a container', async (t) => {
  const report = await fuzzAjpAnswers(lastInFirstOut(t), { seed: 1, count: 20_000, seconds: 15 })
  t.diagnostic(JSON.stringify(report))
  for (const outcome of ['complete, reused', 'complete, closed', 'refused', 'cut'])
    assert.ok(report.outcomes[outcome]! > 0, outcome)
})
