/** How nodes that have missed something become equal: after the network was cut, and where a change comes without the rest. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { entriesIn, messageOf } from './testing/flights.ts'
import { typesOf, write } from './testing/requests.ts'
import { TestCluster } from './testing/test-cluster.ts'

describe('after a partition', () => {
  async function halves() {
    const cluster = new TestCluster()
    const [a, b, c, d] = await cluster.started(4)
    const shared = write(a!, undefined, { start: true })
    await cluster.settle()
    cluster.network.cut([a!.channel, b!.channel], [c!.channel, d!.channel])
    cluster.network.notice()
    await cluster.advance(5000)
    return { cluster, nodes: [a!, b!, c!, d!], left: a!, right: c!, shared }
  }

  test('both sides have what the other one wrote', async () => {
    const { cluster, nodes, left, right, shared } = await halves()
    write(left, shared, { left: 1, both: 'left' })
    await cluster.advance(1000)
    write(right, shared, { right: 1, both: 'right' })
    const [mine, theirs] = [write(left, undefined, { x: 1 }), write(right, undefined, { x: 2 })]
    await cluster.advance(60_000, 1000)
    cluster.network.heal()
    await cluster.advance(10_000)
    for (const node of nodes) {
      const session = node.manager.find(shared)!
      assert.deepEqual(
        ['start', 'left', 'right', 'both'].map((name) => session.get(name)),
        [true, 1, 1, 'right'],
      )
      assert.equal(node.manager.find(mine)?.get('x'), 1)
      assert.equal(node.manager.find(theirs)?.get('x'), 2)
    }
  })

  test('what one side destroyed stays destroyed, although the other one went on writing', async () => {
    const { cluster, nodes, left, right, shared } = await halves()
    void left.manager.destroy(left.manager.find(shared)!)
    await cluster.advance(1000)
    write(right, shared, { late: true })
    await cluster.settle()
    cluster.network.heal()
    await cluster.advance(10_000)
    for (const node of nodes) assert.equal(node.manager.find(shared), undefined)
  })

  test('only what changed since is sent', async () => {
    const cluster = new TestCluster()
    const [a, b] = await cluster.started(2)
    for (let i = 0; i < 200; i++) write(a!, undefined, { text: 'x'.repeat(100) })
    await cluster.advance(10_000)
    cluster.network.cut([a!.channel], [b!.channel])
    cluster.network.notice()
    const key = write(a!, undefined, { x: 1 })
    await cluster.advance(1000)
    cluster.network.heal()
    let sent = 0
    await cluster.settle()
    cluster.clock.advance(1000)
    await cluster.settle((flight) => {
      if (messageOf(flight).type === 'entries') sent += flight.body.length
      return true
    })
    assert.ok(b!.manager.find(key))
    assert.ok(sent > 0 && sent < 500, `${sent} bytes`)
  })

  test('where nobody knows since when, digests are compared, and only what differs is sent', async () => {
    const cluster = new TestCluster()
    const [a, b] = await cluster.started(2)
    for (let i = 0; i < 600; i++) write(i % 2 ? a! : b!, undefined, { i })
    await cluster.settle()
    // It has all of the others, and none of them has asked it for anything yet: it could only ask for everything.
    const c = cluster.node({ stateTimeoutMs: 0 })
    cluster.starting(c)
    await cluster.advance(20_000)
    assert.equal(c.manager.snapshot().sessions, 600)
    const d = cluster.node()
    cluster.network.meet()
    cluster.network.cut([d.channel], [c.channel])
    cluster.network.notice()
    void d.manager.start()
    await cluster.settle()
    // What c and d write hears only half of the cluster; then c and d meet for the first time.
    cluster.network.cut([a!.channel, b!.channel], [c.channel])
    cluster.network.notice()
    const [fromC, fromD] = [write(c, undefined, { c: 1 }), write(d, undefined, { d: 1 })]
    await cluster.advance(2000)
    cluster.network.cut([a!.channel, b!.channel], [d.channel])
    cluster.network.notice()
    cluster.network.heal()
    cluster.network.cut([a!.channel, b!.channel], [c.channel, d.channel])
    cluster.network.notice()
    let sessions = 0
    for (let i = 0; i < 40; i++) {
      cluster.clock.advance(250)
      await cluster.settle((flight) => {
        sessions += entriesIn(flight)
        return true
      })
    }
    for (const node of [c, d]) assert.ok(node.manager.find(fromC) && node.manager.find(fromD))
    assert.ok(sessions >= 2 && sessions < 20, `${sessions} sessions were sent`)
  })

  test('a member that was restarted is another one, and asks for everything', async () => {
    const cluster = new TestCluster()
    const [a, b] = await cluster.started(2)
    const key = write(a!, undefined, { x: 1 })
    await cluster.settle()
    cluster.kill(a!)
    cluster.network.notice()
    const again = cluster.node()
    const state = cluster.starting(again)
    await cluster.advance(2000)
    assert.equal(state.isReady, true)
    assert.ok(again.manager.find(key) && b!.manager.find(key))
  })
})

describe('a change of a session that this node has given up', () => {
  test('is not served before the rest has come', async () => {
    const cluster = new TestCluster()
    const [a, b, c] = await cluster.started(3)
    const key = write(a!, undefined, { x: 1, y: 1 })
    cluster.endTurn()
    const whole = cluster.network.flights.filter((flight) => flight.to === b!.channel)
    for (const flight of whole) cluster.network.lose(flight)
    await cluster.settle()
    write(c!, key, { x: 2 })
    await cluster.settle()
    assert.equal(b!.manager.find(key), undefined)
    await cluster.advance(3000)
    assert.deepEqual(
      ['x', 'y'].map((name) => b!.manager.find(key)?.get(name)),
      [2, 1],
    )
  })
})

describe('a clock that is wrong', () => {
  test('is reported once, orders nothing else, and does not make later writes of others lose', async () => {
    const cluster = new TestCluster()
    const [a, b] = await cluster.started(2)
    b!.clock.skewMs = 365 * 86_400_000
    const key = write(b!, undefined, { x: 'from the future' })
    write(b!, undefined, { y: 1 })
    await cluster.settle()
    assert.deepEqual(typesOf(a!.events, 'clock-ahead'), ['clock-ahead'])
    write(a!, key, { x: 'from now' })
    await cluster.settle()
    for (const node of [a!, b!]) assert.equal(node.manager.find(key)?.get('x'), 'from now')
  })
})
