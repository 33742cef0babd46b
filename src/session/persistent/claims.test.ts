/** How long a session stays its user's; what a `UserIndex` makes of it is `../user-index.cases.ts`. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { started } from '../testing/store-nodes.ts'
import { UserIndex } from '../user-index.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

describe('a claim ends some time after the latest moment at which its session can', () => {
  // touchIntervalMs is a tenth of the idle time, at most a minute.
  const rows: readonly [rule: string, idleMs: number, lifetimeMs: number, endsAfterMs: number][] = [
    ['idle time', 10 * MINUTE, 0, 12 * MINUTE],
    ['lifetime without idle time', 0, HOUR, HOUR + 2 * MINUTE],
    ['the idle time is the shorter', 10 * MINUTE, HOUR, 12 * MINUTE],
    ['the lifetime is the shorter', HOUR, 10 * MINUTE, 12 * MINUTE],
    ['neither: never', 0, 0, Number.POSITIVE_INFINITY],
  ]
  for (const [rule, maxInactiveIntervalMs, maxLifetimeMs, endsAfterMs] of rows) {
    test(rule, async () => {
      const { cluster, store, a } = await started({ maxInactiveIntervalMs, maxLifetimeMs })
      const index = new UserIndex(a.manager)
      const visit = a.manager.visit()
      visit.set('userId', 'ann')
      await visit.commit()
      const isClaimed = async () => (await store.open('test').claimed('ann', 10)).length === 1
      cluster.clock.advance(Math.min(endsAfterMs, 10 * HOUR) - 1)
      assert.ok(await isClaimed())
      cluster.clock.advance(1)
      assert.equal(await isClaimed(), endsAfterMs > 10 * HOUR)
      index.close()
    })
  }
})

test('is renewed at once where the session is given more time', async () => {
  const { cluster, store, a } = await started({ maxInactiveIntervalMs: 10 * MINUTE })
  const index = new UserIndex(a.manager)
  const visit = a.manager.visit()
  visit.set('userId', 'ann')
  await visit.commit()
  visit.setMaxInactiveInterval(10 * HOUR)
  await visit.commit()
  cluster.clock.advance(10 * HOUR)
  assert.equal((await index.of('ann')).length, 1)
  assert.equal((await store.open('test').claimed('ann', 10)).length, 1)
  index.close()
})
