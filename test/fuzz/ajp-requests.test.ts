/** The fuzzer of the AJP connector for a few seconds, always with the same seed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzzAjpRequests } from './ajp-requests.ts'

test('mutated packets of a web server', async (t) => {
  const report = await fuzzAjpRequests(t, { seed: 1, count: 5_000, seconds: 15 })
  t.diagnostic(JSON.stringify(report))
  const { outcomes } = report
  assert.ok(outcomes['2 answers']! > 0 && outcomes.AJP_ORDER! > 0 && outcomes.AJP_BODY_LONG! > 0, 'all sorts of things')
})
