import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createSessionManager, type SessionManager } from './manager.ts'
import { SessionCopy, type Values } from './session-copy.ts'
import { TestCluster } from './testing/test-cluster.ts'

const KEY = 'A'.repeat(32)

function write(manager: SessionManager, copy: SessionCopy, values: Values): void {
  const visit = manager.visit(manager.open(KEY))
  copy.write(visit, values)
  void visit.commit()
}

function holding(values: Values): SessionManager {
  const manager = createSessionManager({ name: 'test' })
  write(manager, SessionCopy.replacing(undefined), values)
  return manager
}

const take = (manager: SessionManager) => SessionCopy.of(manager.find(KEY)!)

describe('a copy of a session', () => {
  test('has values of its own', () => {
    const manager = holding({ list: [1], n: 1 })
    const copy = take(manager)
    assert.deepEqual(copy.values, { list: [1], n: 1 })
    ;(copy.values.list as number[]).push(2)
    assert.deepEqual(take(manager).values, { list: [1], n: 1 })
  })

  test('written back undoes nothing that others wrote meanwhile', () => {
    const manager = holding({ a: 1, b: 1, list: [1], gone: 1, late: 1 })
    const [one, two] = [take(manager), take(manager)]
    const { gone: _, ...values }: Values = { ...one.values, a: 2 }
    write(manager, one, values)
    write(manager, two, { ...two.values, b: 2, list: [1, 2] })
    assert.deepEqual(take(manager).values, { a: 2, b: 2, list: [1, 2], late: 1 })
  })

  test('that did not change writes nothing', () => {
    const manager = holding({ a: 1, list: [new Date(0)] })
    const copy = take(manager)
    const visit = manager.visit(manager.find(KEY))
    copy.write(visit, copy.values)
    assert.equal(visit.session!.hasPending, false)
  })

  test('is written whole or not at all', () => {
    const manager = holding({ a: 1 })
    const copy = take(manager)
    const values = { a: 2, bad: () => {} }
    assert.throws(() => write(manager, copy, values), { code: 'SESSION_VALUE', path: 'bad' })
    assert.deepEqual(take(manager).values, { a: 1 })
    write(manager, copy, { a: 2 })
    assert.deepEqual(take(manager).values, { a: 2 }, 'and can be written after that')
  })

  test('values that come from nowhere replace all', () => {
    const manager = holding({ a: 1, b: { c: 1 } })
    write(manager, SessionCopy.replacing(manager.find(KEY)), { b: { c: 1 }, d: 1 })
    assert.deepEqual(take(manager).values, { b: { c: 1 }, d: 1 })
  })

  test('law: of two copies that touch different names, in whatever order they come back, all is there', () => {
    const changes = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.oneof(fc.integer(), fc.array(fc.integer())))
    fc.assert(
      fc.property(changes, changes, fc.boolean(), (mine, theirs, swap) => {
        const manager = holding({ base: 1 })
        const prefixed = (prefix: string, values: Values) =>
          Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]))
        const works = [prefixed('m', mine), prefixed('t', theirs)].map((values) => ({ copy: take(manager), values }))
        for (const { copy, values } of swap ? works.reverse() : works)
          write(manager, copy, { ...copy.values, ...values })
        assert.deepEqual(take(manager).values, { base: 1, ...prefixed('m', mine), ...prefixed('t', theirs) })
      }),
    )
  })
})

describe('open', () => {
  test('does not bring back what was destroyed, here or elsewhere, and not under the old key what has a new one', async () => {
    const cluster = new TestCluster()
    const [a, b] = await cluster.started(2)
    for (const end of ['destroy', 'changeKey'] as const) {
      const key = (end === 'destroy' ? 'D' : 'E').repeat(32)
      const visit = a!.manager.visit(a!.manager.open(key))
      visit.set('n', 1)
      void visit.commit()
      await cluster.settle()
      void b!.manager[end](b!.manager.find(key)!)
      await cluster.settle()
      for (const { manager } of [a!, b!]) assert.equal(manager.open(key), undefined)
    }
  })

  test('of an expired key begins anew, on all nodes', async () => {
    const cluster = new TestCluster()
    const [a, b] = await cluster.started(2, { maxInactiveIntervalMs: 10_000 })
    const first = a!.manager.visit(a!.manager.open(KEY))
    first.set('old', 1)
    void first.commit()
    await cluster.advance(20_000)
    assert.equal(a!.manager.find(KEY), undefined)
    // Its clock is far behind the one of the node where the session expired.
    b!.clock.skewMs = -3_600_000
    const second = b!.manager.visit(b!.manager.open(KEY))
    second.set('new', 2)
    void second.commit()
    await cluster.settle()
    for (const { manager } of [a!, b!]) assert.deepEqual(take(manager).values, { new: 2 })
  })

  test('of a living one is that one', () => {
    const manager = holding({ a: 1 })
    assert.equal(manager.open(KEY), manager.find(KEY))
  })
})
