/** What one node writes, as the other nodes and the other requests see it; the same for managers of any kind that keep each session on all nodes. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { read, write } from './testing/requests.ts'
import type { TestCluster } from './testing/test-cluster.ts'

export function replicationCases(createCluster: () => TestCluster): void {
  describe('a change of one node is seen by the others', () => {
    test('a new session arrives whole, with all kinds of values', async () => {
      const cluster = createCluster()
      const [a, b, c] = await cluster.started(3)
      const cyclic: Record<string, unknown> = { n: 1n }
      cyclic.self = cyclic
      const values = {
        text: 'grüße \ud800',
        number: -0,
        none: null,
        nothing: undefined,
        date: new Date(5),
        map: new Map([[{ a: 1 }, new Set([1])]]),
        bytes: Buffer.from('abc'),
        floats: new Float64Array([1.5]),
        cyclic,
      }
      const key = write(a!, undefined, values)
      await cluster.settle()
      assert.deepEqual(read(b!, key), values)
      assert.deepEqual(read(c!, key), values)
      assert.ok(Buffer.isBuffer(b!.manager.find(key)?.get('bytes')))
    })

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

    test('a change inside an object that was read is noticed; one that was not changed is not sent', async () => {
      const cluster = createCluster()
      const [a, b] = await cluster.started(2)
      const key = write(a!, undefined, { cart: { items: [1] }, other: [1] })
      await cluster.settle()
      const visit = a!.manager.visit(a!.manager.find(key))
      ;(visit.get('cart') as { items: number[] }).items.push(2)
      visit.get('other')
      void visit.commit()
      await cluster.settle()
      assert.deepEqual(read(b!, key), { cart: { items: [1, 2] }, other: [1] })
      const changed = a!.events.filter((event) => event.type === 'changed')
      assert.deepEqual(
        changed.map((event) => event.names),
        [['cart']],
      )
    })

    test('a removed attribute disappears, and setting it again brings it back', async () => {
      const cluster = createCluster()
      const [a, b] = await cluster.started(2)
      const key = write(a!, undefined, { x: 1, y: 2 })
      await cluster.settle()
      const visit = a!.manager.visit(a!.manager.find(key))
      assert.equal(visit.delete('x'), true)
      assert.equal(visit.delete('x'), false)
      void visit.commit()
      await cluster.settle()
      assert.deepEqual(read(b!, key), { y: 2 })
      write(b!, key, { x: 3 })
      await cluster.settle()
      assert.deepEqual(read(a!, key), { y: 2, x: 3 })
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

  describe('concurrent requests', () => {
    test('of one process see each other and lose nothing', async () => {
      const cluster = createCluster()
      const [a, b] = await cluster.started(2)
      const key = write(a!, undefined, { start: true })
      await cluster.settle()
      const [one, two] = [a!.manager.visit(a!.manager.find(key)), a!.manager.visit(a!.manager.find(key))]
      one.set('one', 1)
      two.set('two', 2)
      assert.equal(two.get('one'), 1)
      void two.commit()
      void one.commit()
      await cluster.settle()
      assert.deepEqual(read(b!, key), { start: true, one: 1, two: 2 })
    })

    test('a change inside an object is noticed although another request committed meanwhile', async () => {
      const cluster = createCluster()
      const [a, b] = await cluster.started(2)
      const key = write(a!, undefined, { cart: [1] })
      const [one, two] = [a!.manager.visit(a!.manager.find(key)), a!.manager.visit(a!.manager.find(key))]
      const cart = one.get('cart') as number[]
      two.get('cart')
      void two.commit()
      cart.push(2)
      void one.commit()
      await cluster.settle()
      assert.deepEqual(read(b!, key), { cart: [1, 2] })
    })

    test('of two nodes lose nothing when they write different attributes', async () => {
      const cluster = createCluster()
      const [a, b] = await cluster.started(2)
      const key = write(a!, undefined, { start: true })
      await cluster.settle()
      write(a!, key, { one: 1 })
      write(b!, key, { two: 2 })
      await cluster.settle()
      assert.deepEqual(read(a!, key), { start: true, one: 1, two: 2 })
      assert.deepEqual(read(b!, key), { start: true, two: 2, one: 1 })
    })

    test('of two nodes agree on one value when they write the same attribute', async () => {
      const cluster = createCluster()
      const [a, b, c] = await cluster.started(3)
      const key = write(a!, undefined, { x: 0 })
      await cluster.settle()
      write(a!, key, { x: 'a' })
      write(b!, key, { x: 'b' })
      await cluster.settle()
      const value = read(c!, key)?.x
      assert.ok(value === 'a' || value === 'b')
      assert.equal(read(a!, key)?.x, value)
      assert.equal(read(b!, key)?.x, value)
    })

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

    test('an object that another node replaced and the request did not change stays replaced', async () => {
      const cluster = createCluster()
      const [a, b] = await cluster.started(2)
      const key = write(a!, undefined, { cart: [0] })
      await cluster.settle()
      const visit = a!.manager.visit(a!.manager.find(key))
      visit.get('cart')
      write(b!, key, { cart: ['theirs'] })
      await cluster.settle()
      void visit.commit()
      await cluster.settle()
      for (const node of [a!, b!]) assert.deepEqual(read(node, key), { cart: ['theirs'] })
    })

    test('setting an attribute anew leaves the old object behind', async () => {
      const cluster = createCluster()
      const [a, b] = await cluster.started(2)
      const key = write(a!, undefined, { cart: [0] })
      const visit = a!.manager.visit(a!.manager.find(key))
      const old = visit.get('cart') as number[]
      visit.set('cart', ['new'])
      old.push(1)
      void visit.commit()
      await cluster.settle()
      assert.deepEqual(read(b!, key), { cart: ['new'] })
    })
  })
}
