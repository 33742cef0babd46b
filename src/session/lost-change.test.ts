/** A change that got lost on its way without anybody noticing: the last one for a while, so that no later one shows the hole. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { read, write } from './testing/requests.ts'
import { microtasks, TestCluster } from './testing/test-cluster.ts'

/** After a partition has healed, say, whatever its end swallowed. */
const MISSED_AT_MOST_MS = 5000
const PHASES_MS = [0, 1000, 2000, 3000, 4000, 5000]

for (const manager of ['delta', 'backup'] as const) {
  describe(`${manager}: a change that got lost`, () => {
    for (const phaseMs of PHASES_MS) {
      test(`is there within ${MISSED_AT_MOST_MS} ms, ${phaseMs} ms after the last one`, async () => {
        const cluster = new TestCluster({ manager })
        const [a, b] = await cluster.started(2)
        const key = write(a!, undefined, { n: 1 })
        await cluster.advance(10_000 + phaseMs)
        write(a!, key, { n: 2 })
        cluster.endTurn()
        await microtasks()
        for (const flight of [...cluster.network.flights]) cluster.network.lose(flight)
        assert.equal(read(b!, key)?.n, 1)
        await cluster.advance(MISSED_AT_MOST_MS)
        assert.equal(read(b!, key)?.n, 2)
      })
    }
  })
}
