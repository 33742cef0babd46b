/** How an end travels: destroyed, expired, or gone on under another key; the same for managers of any kind that keep each session on all nodes. What all managers promise is in `manager.cases.ts`. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { read, typesOf, write } from './testing/requests.ts'
import type { TestCluster } from './testing/test-cluster.ts'

export function endingCases(createCluster: () => TestCluster): void {
  describe('the end of a session', () => {
    test('destroy ends it everywhere, and a late delta does not revive it', async () => {
      const cluster = createCluster()
      const [a, b, c] = await cluster.started(3)
      const key = write(a!, undefined, { x: 1 })
      await cluster.settle()
      write(b!, key, { x: 2 })
      cluster.endTurn()
      const late = cluster.network.flights.splice(0)
      void a!.manager.destroy(a!.manager.find(key)!)
      await cluster.settle()
      for (const flight of late) await cluster.network.land(flight)
      for (const node of [a!, b!, c!]) assert.equal(node.manager.find(key), undefined)
      assert.deepEqual(typesOf(a!.events, 'destroyed'), ['destroyed here'])
      assert.deepEqual(typesOf(c!.events, 'destroyed'), ['destroyed elsewhere'])
    })

    test('a request that still holds it reads on, and its writes go nowhere', async () => {
      const cluster = createCluster()
      const [a, b] = await cluster.started(2)
      const key = write(a!, undefined, { x: 1 })
      await cluster.settle()
      const visit = b!.manager.visit(b!.manager.find(key))
      void a!.manager.destroy(a!.manager.find(key)!)
      await cluster.settle()
      visit.set('y', 2)
      assert.equal(visit.get('x'), 1)
      assert.equal(visit.commit(), undefined)
      await cluster.settle()
      assert.equal(a!.manager.find(key), undefined)
    })
  })

  describe('another key', () => {
    test('keeps the data, and the old key is dead on all nodes', async () => {
      const cluster = createCluster()
      const [a, b] = await cluster.started(2)
      const from = write(a!, undefined, { x: 1 })
      await cluster.settle()
      const visit = a!.manager.visit(a!.manager.find(from))
      visit.set('y', 2)
      void a!.manager.changeKey(visit.session!)
      void visit.commit()
      await cluster.settle()
      assert.notEqual(visit.key, from)
      for (const node of [a!, b!]) {
        assert.equal(node.manager.find(from), undefined)
        assert.deepEqual(read(node, visit.key), { x: 1, y: 2 })
      }
      assert.deepEqual(typesOf(b!.events, 'moved'), ['moved elsewhere'])
    })

    test('a write to the old key that is still on its way reaches the session', async () => {
      const cluster = createCluster()
      const [a, b, c] = await cluster.started(3)
      const from = write(a!, undefined, { x: 1 })
      await cluster.settle()
      write(b!, from, { late: true })
      cluster.endTurn()
      const late = cluster.network.flights.splice(0)
      const session = a!.manager.find(from)!
      void a!.manager.changeKey(session)
      await cluster.settle()
      for (const flight of late) await cluster.network.land(flight)
      await cluster.settle()
      for (const node of [a!, b!, c!]) assert.deepEqual(read(node, session.key), { x: 1, late: true })
    })

    test('destroying the old key while it moves destroys the session, in either order', async () => {
      for (const movedFirst of [true, false]) {
        const cluster = createCluster()
        const [a, b, c] = await cluster.started(3)
        const from = write(a!, undefined, { x: 1 })
        await cluster.settle()
        const session = a!.manager.find(from)!
        void a!.manager.changeKey(session)
        void b!.manager.destroy(b!.manager.find(from)!)
        cluster.endTurn()
        if (!movedFirst) cluster.network.flights.reverse()
        await cluster.settle()
        for (const node of [a!, b!, c!]) {
          assert.equal(node.manager.find(session.key), undefined)
          assert.equal(node.manager.find(from), undefined)
          assert.equal(node.manager.snapshot().sessions, 0)
        }
      }
    })
  })

  describe('expiry', () => {
    const minute = 60_000

    test('on its owner a session ends exactly when it has been idle for the interval', async () => {
      const cluster = createCluster()
      const [a] = await cluster.started(2)
      const key = write(a!, undefined, { x: 1 })
      await cluster.settle()
      cluster.clock.advance(30 * minute - 1)
      assert.ok(a!.manager.find(key))
      cluster.clock.advance(1)
      assert.equal(a!.manager.find(key), undefined)
      assert.deepEqual(typesOf(a!.events, 'expired'), ['expired here'])
    })

    test('it is reported once in the cluster, without anybody asking for it', async () => {
      const cluster = createCluster()
      const nodes = await cluster.started(3)
      write(nodes[0]!, undefined, { x: 1 })
      await cluster.settle()
      await cluster.advance(31 * minute, 1000)
      const reports = nodes.map((node) => typesOf(node.events, 'expired'))
      assert.deepEqual(reports, [['expired here'], ['expired elsewhere'], ['expired elsewhere']])
      for (const node of nodes) assert.equal(node.manager.snapshot().sessions, 0)
    })

    test('requests that only read keep it alive on the others at little cost', async () => {
      const cluster = createCluster()
      const [a, b] = await cluster.started(2)
      const key = write(a!, undefined, { x: 1 })
      await cluster.settle()
      const { batchesSent } = a!.manager.snapshot().counts
      for (let i = 0; i < 60 * 60; i++) {
        void a!.manager.visit(a!.manager.find(key)).commit()
        await cluster.advance(1000, 1000)
      }
      assert.ok(b!.manager.find(key), 'the copy outlives two intervals')
      const sent = a!.manager.snapshot().counts.batchesSent - batchesSent
      assert.ok(sent <= 61, `${sent} batches for 3600 requests`)
    })

    test('the first request on another node is told at once, so the old owner does not end the session', async () => {
      const cluster = createCluster()
      const [a, b] = await cluster.started(2)
      const key = write(a!, undefined, { x: 1 })
      await cluster.settle()
      await cluster.advance(29 * minute, 1000)
      void b!.manager.visit(b!.manager.find(key)).commit()
      await cluster.settle()
      await cluster.advance(2 * minute, 1000)
      assert.ok(a!.manager.find(key))
      assert.deepEqual(typesOf(a!.events, 'expired'), [])
    })

    test('when its owner is dead, one of the others ends it and reports it, after the grace', async () => {
      const cluster = createCluster()
      const [a, b, c] = await cluster.started(3)
      write(a!, undefined, { x: 1 })
      await cluster.settle()
      cluster.kill(a!)
      cluster.network.notice()
      await cluster.advance(31 * minute, 1000)
      assert.equal(b!.manager.snapshot().sessions, 1)
      await cluster.advance(3 * minute, 1000)
      const reports = [b!, c!].flatMap((node) => typesOf(node.events, 'expired')).sort()
      assert.deepEqual(reports, ['expired elsewhere', 'expired here'])
    })

    test('setting a wall clock ends no session and keeps none', async () => {
      const cluster = createCluster()
      const [a, b] = await cluster.started(2)
      const key = write(a!, undefined, { x: 1 })
      await cluster.settle()
      for (const jump of [100 * 24 * 60 * minute, -400 * 24 * 60 * minute]) {
        a!.clock.skewMs += jump
        b!.clock.skewMs -= jump
        await cluster.advance(10_000)
        void a!.manager.visit(a!.manager.find(key)).commit()
        assert.ok(a!.manager.find(key) && b!.manager.find(key))
      }
      await cluster.advance(31 * minute, 1000)
      assert.equal(a!.manager.find(key), undefined)
      assert.equal(b!.manager.find(key), undefined)
    })

    test('a session can have an interval of its own, on all nodes', async () => {
      const cluster = createCluster()
      const [a, b] = await cluster.started(2)
      const visit = a!.manager.visit()
      visit.setMaxInactiveInterval(1000)
      void visit.commit()
      await cluster.settle()
      assert.equal(b!.manager.find(visit.key)?.maxInactiveMs, 1000)
      assert.deepEqual(b!.manager.find(visit.key)?.names(), [])
      await cluster.advance(20_000)
      assert.equal(a!.manager.snapshot().sessions + b!.manager.snapshot().sessions, 0)
    })

    test('an expiry that was wrong, because its node was cut off, does not end a session that is in use elsewhere', async () => {
      const cluster = createCluster()
      const [a, b] = await cluster.started(2)
      const key = write(a!, undefined, { x: 1 })
      await cluster.settle()
      cluster.network.cut([a!.channel], [b!.channel])
      cluster.network.notice()
      for (let i = 0; i < 40; i++) {
        write(b!, key, { i })
        await cluster.advance(minute, 5000)
      }
      assert.deepEqual(typesOf(a!.events, 'expired'), ['expired here'])
      cluster.network.heal()
      await cluster.advance(10_000)
      for (const node of [a!, b!]) assert.deepEqual(read(node, key), { x: 1, i: 39 })
    })
  })
}
