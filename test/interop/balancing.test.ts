/**
 * Balancing by mod_jk and by clowder, over the same files and the same containers: every acceptance scenario of mod_jk.md
 * 10.1 on either side, and what was seen must be what is expected of it.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { needsPeer } from '../kit/peers.ts'
import type { Scenario } from './balancing-scenario.ts'
import { MAINTAINED, ORDERLY } from './balancing-scenarios.ts'
import { type Front, startClowder, startModJk } from './balancing-stage.ts'

const GROUPS = [
  [ORDERLY, 60],
  [MAINTAINED, 1],
] as const

for (const [scenarios, maintain] of GROUPS) {
  test(`clowder, worker.maintain=${maintain}`, { concurrency: true }, async (t) => {
    await play(t, scenarios, await startClowder(t, scenarios, maintain), ({ expected }) => expected)
  })
  test(`mod_jk, worker.maintain=${maintain}`, { concurrency: true, ...needsPeer('mod_jk') }, async (t) => {
    await play(t, scenarios, await startModJk(t, scenarios, maintain), ({ expected, modJk }) => modJk ?? expected)
  })
}

async function play(
  t: TestContext,
  scenarios: readonly Scenario[],
  { scenes }: Front,
  expected: (scenario: Scenario) => readonly string[],
): Promise<void> {
  const plays = scenarios.map((scenario, index) =>
    t.test(scenario.rule, async () => assert.deepEqual(await scenario.play(scenes[index]!), expected(scenario))),
  )
  await Promise.all(plays)
}
