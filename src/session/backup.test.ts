/** Sessions that are on some nodes only: where they are, how others get them, and what becomes of them when nodes go. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSessionManager } from './manager.ts'
import { load, read, sessions, typesOf, write } from './testing/requests.ts'
import { TestCluster, type TestNode } from './testing/test-cluster.ts'

const NODES = 4
/** A lost copy is replaced within this. */
const SECONDS_MS = 3000

function backups(count = 1): TestCluster {
  return new TestCluster({ manager: 'backup', backups: count })
}

function holders(nodes: readonly TestNode[], key: string): TestNode[] {
  return nodes.filter(({ manager }) => [...manager.sessions()].some((session) => session.key === key))
}

function others(nodes: readonly TestNode[], key: string): TestNode[] {
  const those = holders(nodes, key)
  return nodes.filter((node) => !those.includes(node))
}

describe('a session', () => {
  for (const count of [1, 2, 3]) {
    test(`is on the node that serves it and on ${count} others`, async () => {
      const cluster = backups(count)
      const nodes = await cluster.started(5)
      for (const key of await sessions(cluster, nodes[0]!, 40)) {
        const those = holders(nodes, key)
        assert.equal(those.length, count + 1)
        assert.ok(those.includes(nodes[0]!))
      }
    })
  }

  test('has its copies spread over the cluster', async () => {
    const cluster = backups()
    const nodes = await cluster.started(NODES)
    await sessions(cluster, nodes[0]!, 300)
    for (const node of nodes.slice(1)) {
      const { sessions } = node.manager.snapshot()
      assert.ok(sessions > 60 && sessions < 140, `${sessions} of 300`)
    }
  })

  test('costs one message per turn and copy, however many nodes there are', async () => {
    const sent = async (count: number) => {
      const cluster = backups()
      const nodes = await cluster.started(count)
      const key = write(nodes[0]!, undefined, { n: 0 })
      await cluster.settle()
      const before = nodes[0]!.manager.snapshot().counts.batchesSent
      for (let n = 1; n <= 10; n++) {
        write(nodes[0]!, key, { n })
        await cluster.settle()
      }
      return nodes[0]!.manager.snapshot().counts.batchesSent - before
    }
    assert.deepEqual([await sent(2), await sent(8)], [10, 10])
  })

  test('counts by what the node is to it', async () => {
    const cluster = backups()
    const nodes = await cluster.started(3)
    await sessions(cluster, nodes[0]!, 60)
    await cluster.advance(5000)
    const sum = (role: 'owned' | 'copies' | 'orphans', of = nodes) =>
      of.reduce((total, { manager }) => total + manager.snapshot().roles[role], 0)
    assert.deepEqual([sum('owned'), sum('copies'), sum('orphans')], [60, 60, 0])
    cluster.kill(nodes[0]!)
    cluster.network.notice()
    await cluster.advance(5000)
    const left = nodes.slice(1)
    assert.deepEqual([sum('owned', left), sum('copies', left), sum('orphans', left)], [0, 60, 60])
  })

  test('is not known under its key to a manager of the other kind', async () => {
    const cluster = new TestCluster()
    const [a, b] = [cluster.node({ manager: 'backup' }), cluster.node({ manager: 'delta' })]
    cluster.network.meet()
    await cluster.until(Promise.all([a.manager.start(), b.manager.start()]))
    const key = write(a, undefined, { x: 1 })
    await cluster.settle()
    assert.equal(b.manager.find(key), undefined)
    assert.equal(b.manager.snapshot().counts.messagesRefused, 0)
  })

  test('without other nodes, or without a channel, stays here', async () => {
    const cluster = backups()
    const [a] = await cluster.started(1)
    const key = write(a!, undefined, { x: 1 })
    await cluster.advance(10_000)
    assert.deepEqual(read(a!, key), { x: 1 })
    assert.equal(a!.manager.load('0'.repeat(32)), undefined)
    const lone = createSessionManager({ name: 'test', manager: 'backup' })
    await lone.start()
    const visit = lone.visit()
    visit.set('x', 1)
    void visit.commit()
    assert.equal(lone.find(visit.key)?.get('x'), 1)
    await lone.stop()
  })
})

describe('a request at a node that does not have the session', () => {
  test('gets it, and the session moves there', async () => {
    const cluster = backups()
    const nodes = await cluster.started(NODES)
    const key = write(nodes[0]!, undefined, { cart: [1, 2] })
    await cluster.settle()
    const [far] = others(nodes, key)
    assert.equal(far!.manager.find(key), undefined)
    assert.deepEqual(await load(cluster, far!, key), { cart: [1, 2] })
    write(far!, key, { n: 1 })
    await cluster.advance(30_000)
    const those = holders(nodes, key)
    assert.equal(those.length, 2)
    assert.ok(those.includes(far!))
    for (const node of those) assert.deepEqual(read(node, key), { cart: [1, 2], n: 1 })
  })

  test('gets it once, however many ask', async () => {
    const cluster = backups()
    const nodes = await cluster.started(NODES)
    const key = write(nodes[0]!, undefined, { x: 1 })
    await cluster.settle()
    const [far] = others(nodes, key)
    const asked = Array.from({ length: 20 }, () => Promise.resolve(far!.manager.load(key)))
    cluster.endTurn()
    assert.ok(cluster.network.flights.length <= 3, `${cluster.network.flights.length} messages`)
    const found = await cluster.until(Promise.all(asked))
    assert.equal(new Set(found).size, 1)
    assert.equal(found[0]?.get('x'), 1)
  })

  for (const [when, ms] of [
    ['soon after nodes have come', 0],
    ['when all has settled', 60_000],
  ] as const)
    test(`waits for a slow node that has the session, not only an old copy of it, ${when}`, async () => {
      const cluster = backups()
      const [former, serving, asking, slow] = (await cluster.started(NODES)) as [TestNode, TestNode, TestNode, TestNode]
      await cluster.advance(ms)
      let tried = 0
      for (let i = 0; i < 200; i++) {
        const key = write(former, undefined, { n: 1 })
        await cluster.settle()
        if (!holders(cluster.nodes, key).includes(slow)) continue
        await load(cluster, serving, key)
        write(serving, key, { n: 2 })
        await cluster.settle()
        const found = Promise.resolve(asking.manager.load(key)).then((session) => session?.get('n'))
        cluster.endTurn()
        const asked = cluster.network.flights.map(({ to }) => to)
        if (asked.includes(former.channel) && asked.includes(slow.channel)) {
          tried += Number(former.manager.find(key) === undefined)
          await cluster.settle(({ from, to }) => from !== slow.channel && to !== slow.channel)
          cluster.clock.advance(1000)
        }
        assert.equal(await cluster.until(found), 2)
      }
      assert.ok(tried > 0)
    })

  test('that writes while another node writes, too, loses nothing', async () => {
    const cluster = backups()
    const nodes = await cluster.started(NODES)
    const key = write(nodes[0]!, undefined, { start: true })
    await cluster.settle()
    const here = nodes[0]!.manager.visit(nodes[0]!.manager.find(key))
    const [far] = others(nodes, key)
    await load(cluster, far!, key)
    write(far!, key, { far: 1 })
    await cluster.advance(30_000)
    here.set('here', 1)
    void here.commit()
    await cluster.advance(10_000)
    for (const node of nodes) {
      assert.deepEqual(await load(cluster, node, key), { start: true, far: 1, here: 1 })
    }
  })

  test('finds nothing under a key that nobody knows, and asks as many as keep a session', async () => {
    const cluster = backups()
    const nodes = await cluster.started(8)
    await cluster.advance(60_000)
    const asking = nodes[0]!.manager.load('A'.repeat(32))
    cluster.endTurn()
    assert.ok(cluster.network.flights.length <= 2, `${cluster.network.flights.length} messages`)
    assert.equal(await cluster.until(Promise.resolve(asking)), undefined)
    assert.equal(nodes[0]!.manager.snapshot().sessions, 0)
  })

  test('finds nothing when nobody answers, after fetchTimeoutMs', async () => {
    const cluster = backups()
    const nodes = await cluster.started(NODES)
    const key = write(nodes[0]!, undefined, { x: 1 })
    await cluster.settle()
    const [far] = others(nodes, key)
    const rest = nodes.filter((node) => node !== far).map((node) => node.channel)
    cluster.network.cut([far!.channel], rest)
    assert.equal(await load(cluster, far!, key), undefined)
  })

  test('is not kept waiting by more than limits.fetches others', async () => {
    const cluster = new TestCluster({ manager: 'backup', limits: { fetches: 1 } })
    const nodes = await cluster.started(NODES)
    const [one, two] = await sessions(cluster, nodes[0]!, 40).then((keys) =>
      keys.filter((key) => others(nodes, key).includes(nodes[1]!)),
    )
    const first = nodes[1]!.manager.load(one!)
    assert.ok(first instanceof Promise)
    assert.equal(nodes[1]!.manager.load(two!), undefined)
    assert.equal((await cluster.until(first))?.key, one)
  })

  test('finds a session that ended on no node', async () => {
    const cluster = backups()
    const nodes = await cluster.started(NODES)
    const [destroyed, moved] = await sessions(cluster, nodes[0]!, 2)
    void nodes[0]!.manager.destroy(nodes[0]!.manager.find(destroyed!)!)
    const session = nodes[0]!.manager.find(moved!)!
    void nodes[0]!.manager.changeKey(session)
    await cluster.settle()
    for (const node of nodes) {
      assert.equal(await load(cluster, node, destroyed!), undefined)
      assert.equal(await load(cluster, node, moved!), undefined)
      assert.deepEqual(await load(cluster, node, session.key), { i: 1, name: 'user 1' })
    }
  })

  test('finds it under its old key within aliasMs', async () => {
    const cluster = new TestCluster({ manager: 'backup', aliasMs: 5000 })
    const nodes = await cluster.started(NODES)
    const key = write(nodes[0]!, undefined, { x: 1 })
    await cluster.settle()
    const session = nodes[0]!.manager.find(key)!
    void nodes[0]!.manager.changeKey(session)
    await cluster.settle()
    for (const node of nodes) assert.deepEqual(await load(cluster, node, key), { x: 1 })
  })
})

describe('when a node is lost', () => {
  for (let lost = 0; lost < NODES; lost++) {
    test(`node ${lost} of ${NODES}: no session goes with it, and each has its copies again within seconds`, async () => {
      const cluster = backups()
      const nodes = await cluster.started(NODES)
      const keys = (await Promise.all(nodes.map((node) => sessions(cluster, node, 30)))).flat()
      cluster.kill(nodes[lost]!)
      cluster.network.notice()
      const left = nodes.filter((_, index) => index !== lost)
      await cluster.advance(SECONDS_MS)
      for (const key of keys) assert.equal(holders(left, key).length, 2)
      for (const [index, key] of keys.entries()) {
        const seen = await load(cluster, left[index % left.length]!, key)
        assert.equal(seen?.i, index % 30)
      }
    })
  }

  test('its sessions can be had before anybody has noticed', async () => {
    const cluster = backups()
    const nodes = await cluster.started(NODES)
    const keys = await sessions(cluster, nodes[0]!, 20)
    cluster.kill(nodes[0]!)
    for (const key of keys) assert.ok(await load(cluster, nodes[1]!, key))
  })

  test('one after the other, with time between, none of the sessions is lost until one node is left', async () => {
    const cluster = backups()
    const nodes = await cluster.started(NODES)
    const keys = (await Promise.all(nodes.map((node) => sessions(cluster, node, 20)))).flat()
    for (let lost = 0; lost < NODES - 1; lost++) {
      cluster.kill(nodes[lost]!)
      cluster.network.notice()
      await cluster.advance(SECONDS_MS)
    }
    const last = nodes.at(-1)!
    for (const key of keys) assert.ok(read(last, key))
  })

  test('a session that ends then is reported as expired by one node', async () => {
    const cluster = new TestCluster({ manager: 'backup', maxInactiveIntervalMs: 60_000, replicaGraceMs: 5000 })
    const nodes = await cluster.started(NODES)
    await sessions(cluster, nodes[0]!, 10)
    cluster.kill(nodes[0]!)
    cluster.network.notice()
    await cluster.advance(120_000, 1000)
    const expired = nodes.slice(1).flatMap((node) => typesOf(node.events, 'expired'))
    assert.equal(expired.filter((text) => text === 'expired here').length, 10)
    for (const node of nodes.slice(1)) assert.equal(node.manager.snapshot().sessions, 0)
  })
})

describe('when a node leaves in order', () => {
  test('each session has its copies on the others before it is gone', async () => {
    const cluster = backups()
    const nodes = await cluster.started(NODES)
    const keys = (await Promise.all(nodes.map((node) => sessions(cluster, node, 30)))).flat()
    await cluster.until(nodes[0]!.manager.stop())
    nodes[0]!.channel.isAlive = false
    for (const key of keys) assert.ok(holders(nodes.slice(1), key).length >= 2)
    cluster.network.notice()
    await cluster.advance(30_000)
    for (const key of keys) assert.equal(holders(nodes.slice(1), key).length, 2)
  })

  test('it waits no longer than handOverMs for those that do not answer', async () => {
    const cluster = new TestCluster({ manager: 'backup', handOverMs: 1000, sendOptions: 'asynchronous' })
    const nodes = await cluster.started(2)
    await sessions(cluster, nodes[0]!, 10)
    let isStopped = false
    const stopped = nodes[0]!.manager.stop().then(() => {
      isStopped = true
    })
    for (let ms = 0; ms < 1500 && !isStopped; ms += 100) {
      cluster.clock.advance(100)
      await cluster.settle(() => false)
    }
    assert.ok(isStopped)
    await stopped
  })
})

describe('when a node comes', () => {
  test('it serves at once, gets its share, and copies that are one too many go', async () => {
    const cluster = backups()
    const nodes = await cluster.started(3)
    const keys = (await Promise.all(nodes.map((node) => sessions(cluster, node, 60)))).flat()
    const late = cluster.node()
    cluster.network.meet()
    await cluster.until(late.manager.start())
    assert.deepEqual(await load(cluster, late, keys[0]!), { i: 0, name: 'user 0' })
    await cluster.advance(30_000)
    const all = [...nodes, late]
    for (const key of keys) assert.equal(holders(all, key).length, 2)
    const share = late.manager.snapshot().sessions
    assert.ok(share > 30 && share < 90, `${share} of 180 sessions`)
  })

  test('what was destroyed before stays so, also for a node that slept', async () => {
    const cluster = backups()
    const nodes = await cluster.started(3)
    const keys = await sessions(cluster, nodes[0]!, 30)
    const [sleeper] = nodes.slice(0, 1)
    const awake = nodes.slice(1)
    cluster.network.cut(
      [sleeper!.channel],
      awake.map((node) => node.channel),
    )
    cluster.network.notice()
    await cluster.advance(SECONDS_MS)
    for (const key of keys) {
      const { manager } = awake[0]!
      await load(cluster, awake[0]!, key)
      void manager.destroy(manager.find(key)!)
    }
    await cluster.settle()
    const late = cluster.node()
    cluster.network.heal()
    await cluster.until(late.manager.start())
    await cluster.advance(30_000)
    for (const key of keys) assert.deepEqual(holders(cluster.nodes, key), [])
  })
})

describe('after a partition', () => {
  test('what both sides wrote is on all that keep the session', async () => {
    const cluster = backups()
    const nodes = await cluster.started(NODES)
    const keys = await sessions(cluster, nodes[0]!, 30)
    const [left, right] = [nodes.slice(0, 2), nodes.slice(2)]
    cluster.network.cut(
      left.map((node) => node.channel),
      right.map((node) => node.channel),
    )
    cluster.network.notice()
    await cluster.advance(SECONDS_MS)
    const both: string[] = []
    for (const key of keys) {
      if ((await load(cluster, left[0]!, key)) === undefined || (await load(cluster, right[0]!, key)) === undefined) {
        continue
      }
      both.push(key)
      write(left[0]!, key, { left: 1 })
      write(right[0]!, key, { right: 1 })
    }
    assert.ok(both.length > 5, `${both.length} sessions were on both sides`)
    await cluster.settle()
    cluster.network.heal()
    await cluster.advance(30_000)
    for (const key of both) {
      const those = holders(nodes, key)
      assert.equal(those.length, 2)
      for (const node of those) assert.deepEqual([read(node, key)?.left, read(node, key)?.right], [1, 1])
    }
  })
})

describe('what waits for others', () => {
  for (const count of [1, 2]) {
    test(`waits for ${count} copies and for nobody else`, async () => {
      const cluster = new TestCluster({ manager: 'backup', backups: count, sendOptions: 'synchronised' })
      const nodes = await cluster.started(5)
      const { manager } = nodes[0]!
      const visit = manager.visit()
      visit.set('x', 1)
      let isSettled = false
      const settled = visit.commit()!.then(() => {
        isSettled = true
      })
      cluster.endTurn()
      const targets = new Set(cluster.network.flights.map((flight) => flight.to))
      assert.equal(targets.size, count)
      const [first, ...rest] = [...cluster.network.flights]
      await cluster.network.land(first!)
      await new Promise((resolve) => setImmediate(resolve))
      assert.equal(isSettled, count === 1)
      for (const flight of rest) await cluster.network.land(flight)
      await settled
      assert.equal(holders(nodes, visit.key).length, count + 1)
    })
  }
})
