/** What a manager says of itself, after things have happened. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { write } from './testing/requests.ts'
import { TestCluster } from './testing/test-cluster.ts'

describe('conflicts', () => {
  test('are not: requests in turn, on whichever node, and states that are given', async () => {
    const cluster = new TestCluster()
    const nodes = await cluster.started(3)
    const key = write(nodes[0]!, undefined, { n: 0, m: 0 })
    for (let i = 1; i < 20; i++) {
      await cluster.settle()
      write(nodes[i % 3]!, key, { n: i, ...(i % 4 === 0 && { m: i }) })
    }
    await cluster.settle()
    const late = cluster.node()
    cluster.network.meet()
    void late.manager.start()
    await cluster.advance(10_000)
    for (const { manager } of [...nodes, late]) assert.equal(manager.snapshot().counts.conflicts, 0)
  })

  test('are not: one side of a cut that was written to while the other one slept', async () => {
    const { cluster, a, b, key } = await cut()
    write(a, key, { x: 1 })
    await cluster.advance(1000)
    cluster.network.heal()
    await cluster.advance(10_000)
    assert.deepEqual(
      [a, b].map(({ manager }) => manager.snapshot().counts.conflicts),
      [0, 0],
    )
  })

  test('are: both sides wrote to one session, and the side that merges first says so', async () => {
    const { cluster, a, b, key } = await cut()
    write(a, key, { x: 1 })
    await cluster.advance(1000)
    write(b, key, { y: 1 })
    await cluster.advance(1000)
    cluster.network.heal()
    await cluster.advance(10_000)
    const [first, second] = [a, b].map(({ manager }) => manager.snapshot().counts.conflicts) as [number, number]
    assert.ok(first + second >= 1, `${first} and ${second}`)
  })

  test('are: two nodes that write one attribute at once; the one whose write lasts has seen the other', async () => {
    const cluster = new TestCluster()
    const [a, b] = await cluster.started(2)
    const key = write(a!, undefined, { n: 0 })
    await cluster.settle()
    write(a!, key, { n: 1 })
    cluster.clock.advance(5)
    write(b!, key, { n: 2 })
    await cluster.settle()
    assert.deepEqual(
      [a, b].map((node) => node!.manager.snapshot().counts.conflicts),
      [0, 1],
    )
  })

  async function cut() {
    const cluster = new TestCluster()
    const [a, b] = await cluster.started(2)
    const key = write(a!, undefined, { x: 0, y: 0 })
    await cluster.advance(10_000)
    cluster.network.cut([a!.channel], [b!.channel])
    cluster.network.notice()
    await cluster.advance(1000)
    return { cluster, a: a!, b: b!, key }
  }
})

describe('the last transfer', () => {
  test('is that of the start: from whom, how much, how long', async () => {
    const cluster = new TestCluster()
    const [a, b] = await cluster.started(2, { limits: { batchBytes: 1000 } })
    for (let i = 0; i < 100; i++) write(a!, undefined, { i })
    await cluster.settle()
    const c = cluster.node()
    cluster.network.meet()
    void c.manager.start()
    await cluster.settle()
    const { lastTransfer } = c.manager.snapshot()
    assert.deepEqual([...lastTransfer!.from].sort(), [a!, b!].map(({ manager }) => manager.snapshot().node).sort())
    assert.ok(lastTransfer!.blocks >= 8 && lastTransfer!.bytes > 4000)
    assert.deepEqual([lastTransfer!.reason, lastTransfer!.endedAtMs], ['start', c.clock.now()])
  })

  test('is none on the first node', async () => {
    const [a] = await new TestCluster().started(1)
    assert.equal(a!.manager.snapshot().lastTransfer, undefined)
  })

  test('is what was missed, later on', async () => {
    const cluster = new TestCluster()
    const [a, b] = await cluster.started(2)
    cluster.network.cut([a!.channel], [b!.channel])
    cluster.network.notice()
    write(a!, undefined, { x: 1 })
    await cluster.advance(1000)
    cluster.network.heal()
    await cluster.advance(5000)
    assert.equal(b!.manager.snapshot().lastTransfer?.reason, 'catch-up')
  })
})

describe('the last transfer of a backup manager', () => {
  const SESSIONS = 100

  async function three() {
    const cluster = new TestCluster({ manager: 'backup' })
    const nodes = await cluster.started(2, { limits: { batchBytes: 1000 } })
    for (let i = 0; i < SESSIONS; i++) write(nodes[i % 2]!, undefined, { i })
    await cluster.advance(60_000)
    const c = cluster.node()
    cluster.network.meet()
    void c.manager.start()
    await cluster.advance(5000)
    return { cluster, a: nodes[0]!, b: nodes[1]!, c }
  }

  test('is what came when it started, from all who gave', async () => {
    const { a, b, c } = await three()
    const { lastTransfer } = c.manager.snapshot()
    assert.deepEqual([...lastTransfer!.from].sort(), [a, b].map(({ manager }) => manager.snapshot().node).sort())
    assert.equal(lastTransfer!.reason, 'start')
    assert.ok(lastTransfer!.blocks >= 2 && lastTransfer!.bytes > 1000)
    assert.ok(lastTransfer!.ms <= 5000 && lastTransfer!.endedAtMs <= c.clock.now())
  })

  test('is what moved here when a node had gone', async () => {
    const { cluster, a, c } = await three()
    await cluster.advance(60_000)
    cluster.network.cut([a.channel, c.channel], [cluster.nodes[1]!.channel])
    cluster.network.notice()
    await cluster.advance(20_000)
    const { lastTransfer } = c.manager.snapshot()
    assert.deepEqual([lastTransfer!.reason, lastTransfer!.from], ['placing', [a.manager.snapshot().node]])
    assert.ok(lastTransfer!.ms <= 5000)
  })

  test('is not what is brought to a node in everyday life', async () => {
    const { cluster, a, c } = await three()
    await cluster.advance(60_000)
    const before = c.manager.snapshot().lastTransfer
    for (let i = 0; i < 50; i++) write(a, undefined, { i })
    await cluster.advance(60_000)
    assert.deepEqual(c.manager.snapshot().lastTransfer, before)
  })

  test('is what was missed, when that was asked for', async () => {
    const { cluster, a, b } = await three()
    await cluster.advance(60_000)
    for (let i = 0; i < 20; i++) write(a, undefined, { i })
    cluster.endTurn()
    cluster.network.flights.splice(0)
    await cluster.advance(20_000)
    assert.equal(b.manager.snapshot().lastTransfer?.reason, 'catch-up')
    assert.deepEqual(b.manager.snapshot().lastTransfer?.from, [a.manager.snapshot().node])
  })
})

describe('a member', () => {
  test('has the id that the channel knows it by, and the delay of its batches once there were some', async () => {
    const cluster = new TestCluster()
    const [a, b] = await cluster.started(2)
    const before = b!.manager.snapshot()
    assert.deepEqual([before.members.length, before.members[0]!.delay], [1, undefined])
    write(a!, undefined, { x: 1 })
    await cluster.settle()
    const [member] = b!.manager.snapshot().members
    assert.equal(member!.uniqueId, Buffer.from(a!.channel.local.uniqueId).toString('hex'))
    assert.equal(member!.delay?.messages, 1)
    assert.ok(b!.manager.snapshot().counts.bytesReceived > before.counts.bytesReceived)
  })
})
