import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSessionManager } from './manager.ts'
import { read, typesOf, write } from './testing/requests.ts'
import { TestCluster } from './testing/test-cluster.ts'
import { MAX_WIRE_TIME_MS } from './version.ts'

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

test('a session that was used in the far future, says a liar, can be used, and others hear of it', async () => {
  const cluster = new TestCluster()
  const [a, b] = await cluster.started(2)
  const key = write(a!, undefined, { x: 1 })
  a!.manager.find(key)!.accessedMs = MAX_WIRE_TIME_MS
  write(a!, key, { x: 2 })
  await cluster.settle()
  assert.deepEqual(read(b!, key), { x: 2 })
})
