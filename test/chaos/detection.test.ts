/** One short run of each scenario about detection, so that they are known to work when somebody measures with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needsNetwork } from '../kit/netns.ts'
import { suite } from '../kit/suite.ts'
import { detection } from './detection.ts'
import { loss } from './loss.ts'
import { percentile } from './scenario.ts'

suite('detection', needsNetwork(), () => {
  test('a killed and a cut node are noticed and come back', async (t) => {
    const { lines } = await detection.run(t, { rounds: 1 })
    // How soon depends on what else this machine does.
    assert.match(lines.join('\n'), /^killed process, 1 rounds: p50 \d+ ms.*\nsilently cut link, 1 rounds: p50 \d+ ms/)
  })

  test('a slow node on links that lose packets is not dropped', async (t) => {
    const { ok, lines } = await loss.run(t, { minutes: 0.1 })
    assert.ok(ok, lines.join('\n'))
  })
})

test('a percentile is the value below which that share lies', () => {
  const values = Array.from({ length: 50 }, (_, i) => 50 - i)
  assert.deepEqual([percentile(values, 0.5), percentile(values, 0.99), percentile([7], 0.5)], [25, 50, 7])
})
