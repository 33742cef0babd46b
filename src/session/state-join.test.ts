/** How a node gets the sessions of the others when it starts, while they go on writing. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { entriesIn, messageOf } from './testing/flights.ts'
import type { Flight } from './testing/memory-network.ts'
import { read, typesOf, write } from './testing/requests.ts'
import { microtasks, TestCluster, type TestNode } from './testing/test-cluster.ts'

describe('a node that starts', () => {
  test('alone says so and is ready at once', async () => {
    const cluster = new TestCluster()
    const node = cluster.node()
    const state = cluster.starting(node)
    await microtasks()
    assert.equal(state.isReady, true)
    assert.deepEqual(typesOf(node.events, 'alone'), ['alone'])
  })

  test('does not wait for one that is there and has not begun: that one will ask', async () => {
    const cluster = new TestCluster()
    const [a, b] = [cluster.node(), cluster.node()]
    const first = cluster.starting(a)
    cluster.clock.advance(1)
    await cluster.settle()
    assert.equal(first.isReady, true)
    const key = write(a, undefined, { n: 1 })
    const second = cluster.starting(b)
    await cluster.settle()
    assert.deepEqual([second.isReady, read(b, key)], [true, { n: 1 }])
  })

  test('is ready when it has all sessions, in pieces of bounded size, one at a time', async () => {
    const cluster = new TestCluster()
    const [a] = await cluster.started(1, { limits: { batchBytes: 4096 } })
    const keys = Array.from({ length: 300 }, (_, i) => write(a!, undefined, { i, text: 'x'.repeat(50) }))
    await cluster.settle()
    const b = cluster.node()
    const state = cluster.starting(b)
    let [pieces, most, largest] = [0, 0, 0]
    while (!state.isReady) {
      await microtasks()
      const under = cluster.network.flights.filter((flight) => messageOf(flight).type === 'entries')
      most = Math.max(most, under.length)
      pieces += under.length
      for (const flight of under) largest = Math.max(largest, flight.body.length)
      assert.equal(state.isReady, false)
      const [next] = cluster.network.flights
      if (next !== undefined) await cluster.network.land(next)
      await microtasks()
    }
    assert.ok(pieces > 5 && most === 1 && largest < 4500, `${pieces} pieces, ${most} at once, up to ${largest} bytes`)
    for (const [i, key] of keys.entries()) assert.equal(b.manager.find(key)?.get('i'), i)
    assert.deepEqual(typesOf(b.events, 'state-received', 'state-timeout'), ['state-received'])
  })

  test('gets the last committed value of what a request is writing, also if that request never ends', async () => {
    const cluster = new TestCluster()
    const [a] = await cluster.started(1)
    const key = write(a!, undefined, { n: 1, user: 'me' })
    const visit = a!.manager.visit(a!.manager.find(key))
    visit.set('n', 2)
    visit.delete('user')
    const b = cluster.node()
    cluster.starting(b)
    await cluster.settle()
    cluster.kill(a!)
    cluster.network.notice()
    assert.deepEqual(read(b, key), { n: 1, user: 'me' })
  })

  test('is not told of a session that no request has committed yet', async () => {
    const cluster = new TestCluster()
    const [a] = await cluster.started(1)
    const visit = a!.manager.visit()
    visit.set('n', 1)
    const b = cluster.node()
    cluster.starting(b)
    await cluster.settle()
    assert.equal(b.manager.snapshot().sessions, 0)
    void visit.commit()
    await cluster.settle()
    assert.deepEqual(read(b, visit.key), { n: 1 })
    assert.deepEqual(typesOf(b.events, 'created', 'changed'), ['created elsewhere'])
  })

  test('is told of sessions from which another node removed thousands of attributes', async () => {
    const cluster = new TestCluster()
    const [a, b] = await cluster.started(2)
    const key = write(a!, undefined, { kept: 1 })
    for (let i = 0; i < 2000; i++) {
      for (const value of [i, undefined]) {
        const visit = a!.manager.visit(a!.manager.find(key))
        if (value === undefined) visit.delete(`n${i}`)
        else visit.set(`n${i}`, value)
        void visit.commit()
      }
    }
    await cluster.settle()
    const { removedAttributes } = b!.manager.limits
    assert.ok(b!.manager.find(key)!.attributeCount <= removedAttributes + 1)
  })

  test('misses nothing that is written, removed or ended while it is being told', async () => {
    const cluster = new TestCluster()
    const [a, b] = await cluster.started(2, { limits: { batchBytes: 1000 } })
    const keys = Array.from({ length: 100 }, (_, i) => write(a!, undefined, { i, old: true }))
    await cluster.settle()
    const c = cluster.node()
    const state = cluster.starting(c)
    for (let i = 0; !state.isReady; i++) {
      const [writer, key] = [i % 2 ? a! : b!, keys[(i * 7) % keys.length]!]
      const session = writer.manager.find(key)
      if (session !== undefined && i % 11 === 0) void writer.manager.destroy(session)
      else if (session !== undefined && i % 13 === 0) void writer.manager.changeKey(session)
      else if (session !== undefined) {
        const visit = writer.manager.visit(session)
        visit.set('new', i)
        visit.delete('old')
        void visit.commit()
      }
      cluster.endTurn()
      await microtasks()
      // From the end, so that changes overtake the pieces that they are newer than.
      const flight = cluster.network.flights.at(i % 3 ? -1 : 0)
      if (flight !== undefined) await cluster.network.land(flight)
      assert.ok(i < 5000)
    }
    await cluster.advance(10_000)
    const contents = (node: TestNode) =>
      new Map(
        [...node.manager.sessions()].map((one) => [one.key, new Map(one.names().map((name) => [name, one.get(name)]))]),
      )
    assert.deepEqual(contents(c), contents(a!))
    assert.deepEqual(contents(b!), contents(a!))
  })

  test('asks the next one if the first dies in the middle', async () => {
    const cluster = new TestCluster()
    const [a] = await cluster.started(2, { limits: { batchBytes: 1000 } })
    for (let i = 0; i < 100; i++) write(a!, undefined, { i })
    await cluster.settle()
    const c = cluster.node()
    const state = cluster.starting(c)
    for (let pieces = 0; pieces < 3; ) {
      await microtasks()
      const flight =
        cluster.network.flights.find((one) => messageOf(one).type === 'entries') ?? cluster.network.flights[0]!
      if (messageOf(flight).type === 'entries') pieces++
      await cluster.network.land(flight)
    }
    cluster.kill(a!)
    cluster.network.notice()
    await cluster.advance(2000)
    assert.equal(state.isReady, true)
    assert.equal(c.manager.snapshot().sessions, 100)
    assert.deepEqual(typesOf(c.events, 'state-lost', 'state-received'), ['state-lost', 'state-received'])
  })

  test('takes over from the others what one that falls silent does not give, long before that one is given up', async () => {
    const cluster = new TestCluster()
    const [a] = await cluster.started(2)
    for (let i = 0; i < 50; i++) write(a!, undefined, { i })
    await cluster.settle()
    const c = cluster.node()
    const state = cluster.starting(c)
    const silent = (flight: Flight) => flight.from !== a!.channel
    for (let i = 0; i < 4; i++) {
      cluster.clock.advance(250)
      await cluster.settle(silent)
    }
    assert.equal(state.isReady, true)
    assert.equal(c.manager.snapshot().sessions, 50)
  })

  test('says so where the only one falls silent, and asks it again', async () => {
    const cluster = new TestCluster()
    const [a] = await cluster.started(1)
    write(a!, undefined, { x: 1 })
    await cluster.settle()
    const b = cluster.node()
    const state = cluster.starting(b)
    for (let i = 0; i < 30; i++) {
      cluster.clock.advance(250)
      await cluster.settle((flight) => flight.from !== a!.channel)
    }
    assert.deepEqual([state.isReady, b.events.find((event) => event.type === 'state-lost')?.reason], [false, 'stalled'])
    await cluster.advance(1000)
    assert.deepEqual([state.isReady, b.manager.snapshot().sessions], [true, 1])
  })

  test('is given parts by each of the others at once, and no session twice', async () => {
    const cluster = new TestCluster()
    const donors = await cluster.started(3, { limits: { batchBytes: 500 } })
    for (let i = 0; i < 400; i++) write(donors[i % 3]!, undefined, { i })
    await cluster.settle()
    const c = cluster.node()
    cluster.starting(c)
    const given = new Map(donors.map(({ channel }) => [channel, 0]))
    let sessions = 0
    await cluster.settle((flight) => {
      const count = entriesIn(flight)
      if (count > 0) given.set(flight.from, given.get(flight.from)! + count)
      sessions += count
      return true
    })
    assert.equal(c.manager.snapshot().sessions, 400)
    assert.equal(sessions, 400)
    for (const count of given.values()) assert.ok(count > 40, `${[...given.values()]}`)
    const received = c.events.find((event) => event.type === 'state-received')
    assert.equal(received?.givers.length, 3)
  })

  test('tells others of the parts that it was given by one that died before the end', async () => {
    const cluster = new TestCluster()
    const [a, away] = await cluster.started(2)
    cluster.network.cut([away!.channel], [a!.channel])
    cluster.network.notice()
    for (let i = 0; i < 100; i++) write(a!, undefined, { i })
    await cluster.settle()
    const c = cluster.node()
    cluster.network.cut([away!.channel], [c.channel])
    a!.channel.learn(c.channel.local)
    c.channel.learn(a!.channel.local)
    void c.manager.start()
    for (let answers = 0; answers < 1; ) {
      await microtasks()
      const flight = cluster.network.flights[0]!
      if (messageOf(flight).type === 'done') answers++
      await cluster.network.land(flight)
    }
    cluster.kill(a!)
    cluster.network.notice()
    await cluster.settle()
    const { sessions } = c.manager.snapshot()
    assert.ok(sessions > 0 && sessions < 100, `${sessions}`)
    cluster.network.heal()
    await cluster.advance(10_000)
    assert.equal(away!.manager.snapshot().sessions, sessions)
  })

  test('is not given again what it has when one dies in the middle', async () => {
    const cluster = new TestCluster()
    const [a, b] = await cluster.started(2, { limits: { batchBytes: 500 } })
    for (let i = 0; i < 400; i++) write(a!, undefined, { i })
    await cluster.settle()
    const c = cluster.node()
    cluster.starting(c)
    let sessions = 0
    const count = (flight: Flight) => {
      sessions += entriesIn(flight)
      return true
    }
    while (sessions < 200) {
      await microtasks()
      const flight = cluster.network.flights[0]!
      count(flight)
      await cluster.network.land(flight)
    }
    cluster.kill(a!)
    cluster.network.notice()
    await cluster.settle(count)
    assert.equal(c.manager.snapshot().sessions, 400)
    // At most what the dead one had begun: its share.
    assert.ok(sessions < 400 + 400 / 4 + 20, `${sessions} sessions were sent`)
    assert.ok(b!.manager.snapshot().sessions === 400)
  })

  test('serves after stateTimeoutMs with what it has, says so, and gets the rest later', async () => {
    const cluster = new TestCluster()
    const [a] = await cluster.started(1)
    const key = write(a!, undefined, { x: 1 })
    await cluster.settle()
    const b = cluster.node({ stateTimeoutMs: 3000 })
    const state = cluster.starting(b)
    const silent = (flight: Flight) => flight.from !== a!.channel
    for (let i = 0; i < 13; i++) {
      cluster.clock.advance(250)
      await cluster.settle(silent)
    }
    assert.equal(state.isReady, true)
    assert.deepEqual(typesOf(b.events, 'state-timeout', 'state-received'), ['state-timeout'])
    await cluster.advance(15_000)
    assert.ok(b.manager.find(key))
  })

  test('with others that start at the same time: the first of them is ready, the others ask it', async () => {
    const cluster = new TestCluster()
    const nodes = await cluster.started(5)
    assert.equal(nodes.filter((node) => typesOf(node.events, 'alone').length > 0).length, 1)
    assert.equal(nodes.filter((node) => typesOf(node.events, 'state-received').length > 0).length, 4)
    assert.ok(nodes.every((node) => node.manager.snapshot().state === 'ready'))
  })

  test('may be stopped while it waits', async () => {
    const cluster = new TestCluster()
    await cluster.started(1)
    const b = cluster.node({ stateTimeoutMs: -1 })
    cluster.starting(b)
    await microtasks()
    await b.manager.stop()
    assert.equal(b.manager.snapshot().state, 'stopped')
    await assert.rejects(b.manager.start(), { code: 'SESSION_STATE' })
  })
})

describe('the source', () => {
  test('serves a limited number at once and sends the others elsewhere', async () => {
    const cluster = new TestCluster()
    const [a] = await cluster.started(1, { limits: { transfers: 1, batchBytes: 500 } })
    for (let i = 0; i < 20; i++) write(a!, undefined, { i })
    await cluster.settle()
    const joiners = [cluster.node(), cluster.node()]
    const states = joiners.map((node) => cluster.starting(node))
    for (let i = 0; i < 100 && states.some((state) => !state.isReady); i++) {
      cluster.clock.advance(100)
      await cluster.settle()
    }
    for (const node of joiners) assert.equal(node.manager.snapshot().sessions, 20)
  })

  test('does not hang when the asker dies', async () => {
    const cluster = new TestCluster()
    const [a] = await cluster.started(1, { limits: { transfers: 1, batchBytes: 500 } })
    for (let i = 0; i < 20; i++) write(a!, undefined, { i })
    await cluster.settle()
    const b = cluster.node()
    cluster.starting(b)
    await microtasks()
    await cluster.network.land(cluster.network.flights[0]!)
    await microtasks()
    cluster.kill(b)
    cluster.network.notice()
    await cluster.settle()
    const c = cluster.node()
    const state = cluster.starting(c)
    await cluster.advance(1000)
    assert.equal(state.isReady, true)
    assert.equal(c.manager.snapshot().sessions, 20)
  })
})
