/** The fuzzers for a few seconds, always with the same seed. `npm run fuzz` runs them for as long as one likes. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { lastInFirstOut } from '../kit/owner.ts'
import { fuzzRequests } from './h1-requests.ts'
import { fuzzResponses } from './h1-responses.ts'
import { Random } from './random.ts'

const SEED = 1
/** Slow machines do fewer. */
const SECONDS = 15

describe('fuzzing', () => {
  test('mutated requests', async (t) => {
    const report = await fuzzRequests(lastInFirstOut(t), { seed: SEED, count: 4_000, seconds: SECONDS })
    t.diagnostic(JSON.stringify(report))
    assert.ok(report.outcomes['1 forwarded']! > 0 && report.outcomes['400']! > 0, 'all sorts of things come out')
  })

  test('mutated answers', async (t) => {
    const report = await fuzzResponses(lastInFirstOut(t), { seed: SEED, count: 1_500, seconds: SECONDS })
    t.diagnostic(JSON.stringify(report))
    assert.ok(report.outcomes.cut! > 0 && report.outcomes.refused! > 0 && report.outcomes['passed on']! > 0)
  })

  test('random numbers are the same for the same seed, and spread', () => {
    const draw = (seed: number) => {
      const random = new Random(seed)
      return Array.from({ length: 1_000 }, () => random.below(10))
    }
    assert.deepEqual(draw(7), draw(7))
    assert.notDeepEqual(draw(7), draw(8))
    const counts = draw(0).reduce((all, n) => all.with(n, all[n]! + 1), Array<number>(10).fill(0))
    assert.ok(Math.min(...counts) > 60 && Math.max(...counts) < 140, `${counts}`)
  })
})
