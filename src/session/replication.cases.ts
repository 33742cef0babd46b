/** What travels when one node writes; the same for managers of any kind that keep each session on all nodes. What all managers promise is in `manager.cases.ts`. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { read, write } from './testing/requests.ts'
import type { TestCluster } from './testing/test-cluster.ts'

export function replicationCases(createCluster: () => TestCluster): void {
  describe('a change travels', () => {
    test('a delta carries what changed and nothing else', async () => {
      const cluster = createCluster()
      const [a, b] = await cluster.started(2)
      const key = write(a!, undefined, { large: 'x'.repeat(50_000), n: 1 })
      await cluster.settle()
      const before = a!.manager.snapshot().counts.bytesSent
      write(a!, key, { n: 2 })
      await cluster.settle()
      const { bytesSent } = a!.manager.snapshot().counts
      assert.ok(bytesSent - before < 200, `${bytesSent - before} bytes`)
      assert.equal(read(b!, key)?.n, 2)
      assert.equal(read(b!, key)?.large, 'x'.repeat(50_000))
    })

    test('all deltas of one turn travel as one message', async () => {
      const cluster = createCluster()
      const [a, b] = await cluster.started(2)
      for (let i = 0; i < 50; i++) write(a!, undefined, { i })
      cluster.endTurn()
      assert.equal(cluster.network.flights.length, 1)
      await cluster.settle()
      assert.equal(b!.manager.snapshot().sessions, 50)
    })

    test('a turn with more than batchBytes sends several', async () => {
      const cluster = createCluster()
      const [a, b] = await cluster.started(2, { limits: { batchBytes: 1000 } })
      for (let i = 0; i < 50; i++) write(a!, undefined, { i })
      cluster.endTurn()
      assert.ok(cluster.network.flights.length > 3)
      await cluster.settle()
      assert.equal(b!.manager.snapshot().sessions, 50)
    })

    test('managers of other names on the channel stay apart', async () => {
      const cluster = createCluster()
      const [a, b] = [cluster.node({ name: 'shop' }), cluster.node({ name: 'blog' })]
      cluster.network.meet()
      await cluster.until(Promise.all([a.manager.start(), cluster.advance(10).then(() => b.manager.start())]))
      const key = write(a, undefined, { x: 1 })
      await cluster.settle()
      assert.equal(b.manager.find(key), undefined)
      assert.equal(b.manager.snapshot().counts.messagesRefused, 0)
    })
  })

  describe('a write and a message that cross', () => {
    test('a write that arrives while a request has not committed its own loses to it', async () => {
      const cluster = createCluster()
      const [a, b] = await cluster.started(2)
      const key = write(a!, undefined, { x: 0, cart: [0] })
      await cluster.settle()
      const visit = a!.manager.visit(a!.manager.find(key))
      visit.set('x', 'mine')
      ;(visit.get('cart') as number[]).push(1)
      b!.clock.skewMs = 30_000
      write(b!, key, { x: 'theirs', cart: ['theirs'] })
      await cluster.settle()
      assert.equal(visit.get('x'), 'mine')
      void visit.commit()
      await cluster.settle()
      for (const node of [a!, b!]) assert.deepEqual(read(node, key), { x: 'mine', cart: [0, 1] })
    })
  })
}
