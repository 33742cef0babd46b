/** What becomes of a new session where a node holds as many as `limits.sessions` says. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SessionManagerOptions } from './options.ts'
import { read, typesOf, write } from './testing/requests.ts'
import { TestCluster, type TestNode } from './testing/test-cluster.ts'

const ENDS: Partial<SessionManagerOptions> = { whenFull: 'end-idlest', limits: { sessions: 3 } }

/** Sessions with a second between them. */
async function fill(cluster: TestCluster, node: TestNode, count: number): Promise<string[]> {
  const keys: string[] = []
  for (let i = 0; i < count; i++) {
    keys.push(write(node, undefined, { i }))
    await cluster.advance(1000)
  }
  return keys
}

function living(node: TestNode, keys: readonly string[]): number[] {
  return keys.flatMap((key, i) => (node.manager.find(key) === undefined ? [] : [i]))
}

function counts({ manager }: TestNode) {
  const { displaced, refused, expired } = manager.snapshot().counts
  return { displaced, refused, expired }
}

test('by default it is refused, and counted', () => {
  const node = new TestCluster().node({ limits: { sessions: 1 } })
  const key = write(node, undefined, { n: 1 })
  assert.throws(() => node.manager.create(), { code: 'SESSION_TOO_MANY', status: 503 })
  assert.deepEqual(read(node, key), { n: 1 })
  assert.deepEqual(counts(node), { displaced: 0, refused: 1, expired: 0 })
})

for (const manager of ['delta', 'backup'] as const) {
  describe(`end-idlest (${manager})`, () => {
    test('the one that was idle for longest ends, on all nodes, with an event that says why', async () => {
      const cluster = new TestCluster({ ...ENDS, manager })
      const [a, b] = await cluster.started(2)
      const keys = await fill(cluster, a!, 3)
      a!.manager.visit(a!.manager.find(keys[0]!))
      keys.push(write(a!, undefined, { n: 4 }))
      await cluster.settle()
      for (const node of [a!, b!]) assert.deepEqual(living(node, keys), [0, 2, 3])
      const ends = a!.events.filter((event) => event.type === 'expired')
      assert.deepEqual(
        ends.map(({ session, origin, reason }) => [session.key, origin, reason]),
        [[keys[1], 'here', 'full']],
      )
      assert.deepEqual(typesOf(b!.events, 'expired'), ['expired elsewhere'])
      assert.deepEqual(counts(a!), { displaced: 1, refused: 0, expired: 1 })
    })

    test('after a search, too: the order that it has left is the order in which they go', async () => {
      const cluster = new TestCluster({ ...ENDS, manager, limits: { sessions: 300 } })
      const [a] = await cluster.started(1)
      const keys = Array.from({ length: 300 }, (_, i) => {
        cluster.clock.advance(1)
        return write(a!, undefined, { i })
      })
      // Used again, so the order in the table is not that of use; in a table larger than what is looked at without a search.
      for (let i = 0; i < 200; i++) {
        cluster.clock.advance(1)
        a!.manager.visit(a!.manager.find(keys[i]!))
      }
      await cluster.advance(20_000)
      for (let i = 0; i < 50; i++) write(a!, undefined, { i })
      assert.deepEqual(
        living(a!, keys),
        keys.map((_, i) => i).filter((i) => i < 200 || i >= 250),
      )
      assert.equal(a!.manager.snapshot().sessions, 300)
    })

    test('a copy of what another node serves counts, and is not ended in its place', async () => {
      const cluster = new TestCluster({ ...ENDS, manager })
      const [a, b] = await cluster.started(2)
      const theirs = await fill(cluster, a!, 3)
      assert.equal(b!.manager.snapshot().sessions, 3)
      assert.throws(() => b!.manager.create(), { code: 'SESSION_TOO_MANY', message: /this node serves none/ })
      assert.deepEqual(living(a!, theirs), [0, 1, 2])
      assert.deepEqual(counts(b!), { displaced: 0, refused: 1, expired: 0 })
    })

    test('copies are taken beyond the limit, since they would be lost', async () => {
      const cluster = new TestCluster({ ...ENDS, manager })
      const [a, b] = await cluster.started(2)
      cluster.network.cut([a!.channel], [b!.channel])
      cluster.network.notice()
      const keys = [...(await fill(cluster, a!, 3)), ...(await fill(cluster, b!, 3))]
      cluster.network.heal()
      await cluster.advance(10_000)
      assert.deepEqual(
        [a!, b!].map(({ manager }) => manager.snapshot().sessions),
        [6, 6],
      )
      // Each new one costs one of its own, not the three that are too many.
      keys.push(write(b!, undefined, { n: 7 }))
      await cluster.settle()
      assert.deepEqual(living(b!, keys), [0, 1, 2, 4, 5, 6])
    })

    test('what a node has left behind is ended by the one that acts for it', async () => {
      const cluster = new TestCluster({ ...ENDS, manager })
      const [a, b] = await cluster.started(2)
      const keys = await fill(cluster, a!, 3)
      await cluster.settle()
      cluster.network.cut([a!.channel], [b!.channel])
      cluster.network.notice()
      await cluster.advance(1000)
      keys.push(write(b!, undefined, { n: 4 }))
      assert.deepEqual(living(b!, keys), [1, 2, 3])
    })

    test('one that another node has served since lives on', async () => {
      const cluster = new TestCluster({ ...ENDS, manager })
      const [a, b] = await cluster.started(2)
      const [key] = await fill(cluster, a!, 3)
      cluster.network.cut([a!.channel], [b!.channel])
      cluster.network.notice()
      await cluster.advance(1000)
      write(b!, key, { elsewhere: true })
      write(a!, undefined, { n: 4 })
      assert.equal(a!.manager.find(key!), undefined)
      await cluster.advance(1000)
      cluster.network.heal()
      await cluster.advance(20_000)
      for (const node of [a!, b!]) assert.deepEqual(read(node, key!), { i: 0, elsewhere: true })
    })

    test('a request that is writing keeps its session; one that only reads goes on reading', async () => {
      const cluster = new TestCluster({ ...ENDS, manager })
      const [a] = await cluster.started(1)
      const keys = await fill(cluster, a!, 3)
      const writing = a!.manager.visit(a!.manager.find(keys[0]!))
      writing.set('n', 1)
      const reading = a!.manager.visit(a!.manager.find(keys[1]!))
      await cluster.advance(1000)
      // Used in between, so that the two above are the idlest.
      a!.manager.visit(a!.manager.find(keys[2]!))
      write(a!, undefined, { n: 4 })
      assert.deepEqual(living(a!, keys), [0, 2])
      assert.equal(reading.get('i'), 1)
      void writing.commit()
      assert.deepEqual(read(a!, keys[0]!), { i: 0, n: 1 })
    })

    test('sessions that nobody has heard of yet are not ended', async () => {
      const cluster = new TestCluster({ ...ENDS, manager })
      const [a] = await cluster.started(1)
      for (let i = 0; i < 3; i++) a!.manager.create()
      assert.throws(() => a!.manager.create(), { code: 'SESSION_TOO_MANY' })
    })
  })
}
