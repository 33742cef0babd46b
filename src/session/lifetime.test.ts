/** `maxLifetimeMs`: sessions that end however much they are used. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSessionManager } from './manager.ts'
import { typesOf, write } from './testing/requests.ts'
import { TestCluster, type TestNode } from './testing/test-cluster.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

for (const manager of ['delta', 'backup'] as const) {
  describe(`a session with a life of an hour (${manager})`, () => {
    async function nodes(count: number): Promise<[TestCluster, TestNode[]]> {
      const cluster = new TestCluster()
      return [cluster, await cluster.started(count, { manager, maxLifetimeMs: HOUR_MS })]
    }

    async function began(cluster: TestCluster, at: TestNode): Promise<string> {
      const key = write(at, undefined, { n: 1 })
      await cluster.settle()
      return key
    }

    /** A request every minute for so many minutes. Returns how many found the session. */
    async function use(cluster: TestCluster, at: TestNode, key: string, minutes: number): Promise<number> {
      let found = 0
      for (let i = 0; i < minutes; i++) {
        await cluster.advance(MINUTE_MS, 10_000)
        const session = at.manager.find(key)
        if (session === undefined) continue
        found++
        void at.manager.visit(session).commit()
      }
      return found
    }

    test('ends after that on all nodes, although it is in use, and is reported once per node', async () => {
      const [cluster, [a, b]] = await nodes(2)
      const key = await began(cluster, a!)
      assert.equal(await use(cluster, a!, key, 70), 59)
      await cluster.advance(10 * MINUTE_MS, 10_000)
      for (const { manager } of [a!, b!]) {
        assert.equal(manager.find(key), undefined)
        assert.equal(manager.snapshot().sessions, 0)
      }
      assert.deepEqual(typesOf(a!.events, 'expired', 'destroyed'), ['expired here'])
      assert.deepEqual(typesOf(b!.events, 'expired', 'destroyed'), ['expired elsewhere'])
    })

    test('that another node has taken over grows no younger', async () => {
      const [cluster, [a, b]] = await nodes(2)
      const key = await began(cluster, a!)
      assert.equal(await use(cluster, a!, key, 30), 30)
      cluster.kill(a!)
      cluster.network.notice()
      assert.equal(await use(cluster, b!, key, 40), 29)
      assert.equal(b!.manager.snapshot().sessions, 0)
    })

    test('keeps its age under another id', async () => {
      const [cluster, [a]] = await nodes(2)
      const session = a!.manager.find(await began(cluster, a!))!
      await use(cluster, a!, session.key, 30)
      void a!.manager.changeKey(session)
      assert.equal(await use(cluster, a!, session.key, 40), 29)
    })

    test('does not mind wall clocks that are set', async () => {
      const [cluster, [a, b]] = await nodes(2)
      const key = await began(cluster, a!)
      a!.clock.skewMs = 50 * MINUTE_MS
      b!.clock.skewMs = -50 * MINUTE_MS
      assert.equal(await use(cluster, a!, key, 70), 59)
    })

    test('is as old for a node that joins', async () => {
      const [cluster, [a]] = await nodes(1)
      const key = await began(cluster, a!)
      assert.equal(await use(cluster, a!, key, 30), 30)
      const late = cluster.node({ manager, maxLifetimeMs: HOUR_MS })
      cluster.network.meet()
      await cluster.until(late.manager.start())
      await cluster.advance(MINUTE_MS)
      cluster.kill(a!)
      cluster.network.notice()
      const found = await use(cluster, late, key, 40)
      assert.ok(found >= 27 && found <= 28, `${found}`)
    })
  })
}

test('by default a session lives as long as it is used', async () => {
  const cluster = new TestCluster()
  const [a] = await cluster.started(1)
  const key = write(a!, undefined, { n: 1 })
  for (let hour = 0; hour < 100; hour++) {
    await cluster.advance(29 * MINUTE_MS, MINUTE_MS)
    void a!.manager.visit(a!.manager.find(key)).commit()
  }
  assert.ok(a!.manager.find(key))
})

for (const maxLifetimeMs of [-1, Number.NaN]) {
  test(`refused: ${maxLifetimeMs}`, () => {
    assert.throws(() => createSessionManager({ name: 'test', maxLifetimeMs }), { code: 'SESSION_OPTIONS' })
  })
}
