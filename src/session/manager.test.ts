import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SessionEvent } from './events.ts'
import { createSessionManager } from './manager.ts'
import { TestCluster, type TestNode } from './testing/test-cluster.ts'

/** One request that sets attributes. */
function write(node: TestNode, key: string | undefined, values: Record<string, unknown>): string {
  const visit = node.manager.visit(key === undefined ? undefined : node.manager.find(key))
  for (const [name, value] of Object.entries(values)) visit.set(name, value)
  void visit.commit()
  return visit.key
}

function read(node: TestNode, key: string): Record<string, unknown> | undefined {
  const session = node.manager.find(key)
  return session && Object.fromEntries(session.names().map((name) => [name, session.get(name)]))
}

function typesOf(events: readonly SessionEvent[], ...types: SessionEvent['type'][]): string[] {
  return events
    .filter((event) => types.includes(event.type))
    .map((event) => `${event.type} ${'origin' in event ? event.origin : ''}`)
}

describe('a change of one node is seen by the others', () => {
  test('a new session arrives whole, with all kinds of values', async () => {
    const cluster = new TestCluster()
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
    const cluster = new TestCluster()
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
    const cluster = new TestCluster()
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
    const cluster = new TestCluster()
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
    const cluster = new TestCluster()
    const [a, b] = await cluster.started(2)
    for (let i = 0; i < 50; i++) write(a!, undefined, { i })
    cluster.endTurn()
    assert.equal(cluster.network.flights.length, 1)
    await cluster.settle()
    assert.equal(b!.manager.snapshot().sessions, 50)
  })

  test('a turn with more than batchBytes sends several', async () => {
    const cluster = new TestCluster()
    const [a, b] = await cluster.started(2, { limits: { batchBytes: 1000 } })
    for (let i = 0; i < 50; i++) write(a!, undefined, { i })
    cluster.endTurn()
    assert.ok(cluster.network.flights.length > 3)
    await cluster.settle()
    assert.equal(b!.manager.snapshot().sessions, 50)
  })

  test('managers of other names on the channel stay apart', async () => {
    const cluster = new TestCluster()
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
    const cluster = new TestCluster()
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
    const cluster = new TestCluster()
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
    const cluster = new TestCluster()
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
    const cluster = new TestCluster()
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
    const cluster = new TestCluster()
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
    const cluster = new TestCluster()
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
    const cluster = new TestCluster()
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

describe('the end of a session', () => {
  test('destroy ends it everywhere, and a late delta does not revive it', async () => {
    const cluster = new TestCluster()
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
    const cluster = new TestCluster()
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

  test('one that was never committed leaves no trace', async () => {
    const cluster = new TestCluster()
    const [a] = await cluster.started(2)
    const visit = a!.manager.visit()
    visit.set('x', 1)
    void a!.manager.destroy(visit.session!)
    await cluster.settle()
    assert.deepEqual(a!.manager.snapshot().sessions, 0)
    assert.deepEqual(a!.manager.snapshot().tombstones, 0)
  })
})

describe('another key', () => {
  test('keeps the data, and the old key is dead on all nodes', async () => {
    const cluster = new TestCluster()
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
    const cluster = new TestCluster()
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

  test('a request on another node goes on with the session under its new key', async () => {
    const cluster = new TestCluster()
    const [a, b] = await cluster.started(2)
    const from = write(a!, undefined, { x: 1 })
    await cluster.settle()
    const visit = b!.manager.visit(b!.manager.find(from))
    void a!.manager.changeKey(a!.manager.find(from)!)
    await cluster.settle()
    visit.set('y', 2)
    void visit.commit()
    await cluster.settle()
    assert.notEqual(visit.key, from)
    assert.deepEqual(read(a!, visit.key), { x: 1, y: 2 })
  })

  test('destroying the old key while it moves destroys the session, in either order', async () => {
    for (const movedFirst of [true, false]) {
      const cluster = new TestCluster()
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

  test('with aliasMs the old key finds the session for that long', async () => {
    const cluster = new TestCluster()
    const [a, b] = await cluster.started(2, { aliasMs: 5000 })
    const from = write(a!, undefined, { x: 1 })
    await cluster.settle()
    const session = a!.manager.find(from)!
    void a!.manager.changeKey(session)
    await cluster.settle()
    assert.equal(b!.manager.find(from)?.key, session.key)
    await cluster.advance(5000)
    assert.equal(b!.manager.find(from), undefined)
    assert.equal(b!.manager.find(session.key)?.key, session.key)
  })
})

describe('expiry', () => {
  const minute = 60_000

  test('on its owner a session ends exactly when it has been idle for the interval', async () => {
    const cluster = new TestCluster()
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
    const cluster = new TestCluster()
    const nodes = await cluster.started(3)
    write(nodes[0]!, undefined, { x: 1 })
    await cluster.settle()
    await cluster.advance(31 * minute, 1000)
    const reports = nodes.map((node) => typesOf(node.events, 'expired'))
    assert.deepEqual(reports, [['expired here'], ['expired elsewhere'], ['expired elsewhere']])
    for (const node of nodes) assert.equal(node.manager.snapshot().sessions, 0)
  })

  test('requests that only read keep it alive on the others at little cost', async () => {
    const cluster = new TestCluster()
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
    const cluster = new TestCluster()
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
    const cluster = new TestCluster()
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
    const cluster = new TestCluster()
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
    const cluster = new TestCluster()
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
    const cluster = new TestCluster()
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

describe('values that cannot be replicated', () => {
  const rows: [what: string, value: unknown, code: string][] = [
    ['a function', () => {}, 'SESSION_VALUE'],
    ['a symbol', Symbol('s'), 'SESSION_VALUE'],
    ['an object with a function inside', { a: [() => {}] }, 'SESSION_VALUE'],
    ['a promise', Promise.resolve(), 'SESSION_VALUE'],
    ['a text over attributeBytes', 'x'.repeat(262_145), 'SESSION_ATTRIBUTE_TOO_LARGE'],
    ['an object over attributeBytes', Buffer.alloc(262_145), 'SESSION_ATTRIBUTE_TOO_LARGE'],
  ]
  for (const [what, value, code] of rows) {
    test(`${what} is refused where it is set, and what was there stays`, () => {
      const manager = createSessionManager({ name: 'test' })
      const visit = manager.visit()
      visit.set('x', 'before')
      assert.throws(() => visit.set('x', value), { name: 'SessionError', code, attribute: 'x', message: /"x"/ })
      assert.equal(visit.get('x'), 'before')
    })
  }

  test('one that becomes so later is reported; other nodes keep its last good state', async () => {
    const cluster = new TestCluster()
    const [a, b] = await cluster.started(2)
    const key = write(a!, undefined, { cart: { n: 1 }, y: 1 })
    const visit = a!.manager.visit(a!.manager.find(key))
    ;(visit.get('cart') as Record<string, unknown>).f = () => {}
    visit.set('y', 2)
    void visit.commit()
    await cluster.settle()
    assert.deepEqual(read(b!, key), { cart: { n: 1 }, y: 2 })
    const refused = a!.events.find((event) => event.type === 'value-refused')
    assert.equal(refused?.type === 'value-refused' && refused.error.code, 'SESSION_VALUE')
  })

  test('a session over sessionBytes, or with too many attributes, is refused', () => {
    const manager = createSessionManager({ name: 'test', limits: { attributes: 3, sessionBytes: 300_000 } })
    const visit = manager.visit()
    visit.set('a', 'x'.repeat(200_000))
    assert.throws(() => visit.set('b', 'x'.repeat(200_000)), { code: 'SESSION_TOO_LARGE' })
    visit.set('a', 'x')
    visit.set('b', 'x'.repeat(200_000))
    visit.set('c', 1)
    assert.throws(() => visit.set('d', 1), { code: 'SESSION_TOO_LARGE' })
    assert.deepEqual(visit.names(), ['a', 'b', 'c'])
  })

  for (const name of ['', '\0x', 'x'.repeat(257), '\ud800']) {
    test(`the name ${JSON.stringify(name).slice(0, 12)} is refused`, () => {
      const visit = createSessionManager({ name: 'test' }).visit()
      assert.throws(() => visit.set(name, 1), { code: 'SESSION_NAME' })
    })
  }
})

test('a node without a channel works alone', async () => {
  const manager = createSessionManager({ name: 'test' })
  await manager.start()
  const visit = manager.visit()
  visit.set('x', [1])
  assert.equal(visit.commit(), undefined)
  assert.deepEqual(manager.find(visit.key)?.get('x'), [1])
  assert.equal(manager.snapshot().state, 'ready')
  await manager.stop()
})

test('reading makes no session, and an unknown key finds none', () => {
  const manager = createSessionManager({ name: 'test' })
  const visit = manager.visit()
  assert.equal(visit.get('x'), undefined)
  assert.deepEqual(visit.names(), [])
  assert.match(visit.key, /^[0-9A-F]{32}$/)
  assert.equal(visit.commit(), undefined)
  assert.equal(manager.find(visit.key), undefined)
  assert.equal(manager.snapshot().sessions, 0)
})

test('no more than limits.sessions are created', () => {
  const manager = createSessionManager({ name: 'test', limits: { sessions: 2 } })
  manager.create()
  manager.create()
  assert.throws(() => manager.create(), { code: 'SESSION_TOO_MANY' })
})

test('a listener that throws stops neither the request nor the others', () => {
  const manager = createSessionManager({ name: 'test' })
  const heard: string[] = []
  manager.on(() => {
    throw new Error('broken')
  })
  manager.on((event) => heard.push(event.type))
  const visit = manager.visit()
  visit.set('x', 1)
  void visit.commit()
  assert.ok(heard.includes('created') && heard.includes('listener-failed'))
})

test('created and changed are reported where they happen, and as elsewhere on the others', async () => {
  const cluster = new TestCluster()
  const [a, b] = await cluster.started(2)
  const key = write(a!, undefined, { x: 1 })
  await cluster.settle()
  write(a!, key, { x: 2 })
  await cluster.settle()
  assert.deepEqual(typesOf(a!.events, 'created', 'changed'), ['created here', 'changed here'])
  assert.deepEqual(typesOf(b!.events, 'created', 'changed'), ['created elsewhere', 'changed elsewhere'])
})
