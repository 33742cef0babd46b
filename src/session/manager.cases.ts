/**
 * What every manager promises, however its nodes get to know of each other's writes: over the channel, or by a store that
 * they share. A request begins with `load`, since only that finds a session with all of them.
 */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { SessionEvent } from './events.ts'
import type { SessionManager } from './manager.ts'
import type { SessionManagerOptions } from './options.ts'
import type { Session } from './session.ts'
import { typesOf } from './testing/requests.ts'
import type { Visit } from './visit.ts'

export interface AnyNode {
  readonly manager: SessionManager
  /** `manager.load`, with whatever has to happen meanwhile. */
  load(key: string): Promise<Session | undefined>
  readonly events: readonly SessionEvent[]
}

export interface AnyCluster {
  readonly nodes: readonly AnyNode[]
  /** Until what was committed has reached all who are to know of it. */
  done(...waits: readonly (Promise<void> | undefined)[]): Promise<void>
  /** Lets time pass; where it cannot be made to, cases about time are left out. */
  readonly advance?: (ms: number, stepMs?: number) => Promise<void>
}

export type StartCluster = (
  t: TestContext,
  count: number,
  options?: Partial<SessionManagerOptions>,
) => Promise<AnyCluster>

const MINUTE = 60_000

/** As a request begins. */
async function begin(node: AnyNode, key: string): Promise<Visit> {
  const session = await node.load(key)
  assert.ok(session, `there is no session ${key}`)
  return node.manager.visit(session)
}

/** What a request would see, undefined if there is no such session. */
async function fetched(node: AnyNode, key: string): Promise<Record<string, unknown> | undefined> {
  const session = await node.load(key)
  return session && Object.fromEntries(session.names().map((name) => [name, session.get(name)]))
}

/** A new session, everywhere. Returns its key. */
async function login({ nodes, done }: AnyCluster, values: Record<string, unknown>, at = 0): Promise<string> {
  const visit = nodes[at]!.manager.visit()
  for (const [name, value] of Object.entries(values)) visit.set(name, value)
  await done(visit.commit())
  return visit.key
}

export function managerCases(start: StartCluster, { hasTime }: { readonly hasTime: boolean }): void {
  describe('a change of one node is seen by the others', () => {
    test('a new session, with all kinds of values', async (t) => {
      const cluster = await start(t, 3)
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
      const key = await login(cluster, values)
      for (const node of cluster.nodes) assert.deepEqual(await fetched(node, key), values)
      assert.ok(Buffer.isBuffer((await cluster.nodes[1]!.load(key))?.get('bytes')))
    })

    test('a change inside an object that was read is noticed; one that was not changed is not written', async (t) => {
      const cluster = await start(t, 2)
      const [a, b] = cluster.nodes
      const key = await login(cluster, { cart: { items: [1] }, other: [1] })
      const visit = await begin(a!, key)
      ;(visit.get('cart') as { items: number[] }).items.push(2)
      visit.get('other')
      await cluster.done(visit.commit())
      assert.deepEqual(await fetched(b!, key), { cart: { items: [1, 2] }, other: [1] })
      assert.deepEqual(
        a!.events.flatMap((event) => (event.type === 'changed' ? [event.names] : [])),
        [['cart']],
      )
    })

    test('a removed attribute disappears, and setting it again brings it back', async (t) => {
      const cluster = await start(t, 2)
      const [a, b] = cluster.nodes
      const key = await login(cluster, { x: 1, y: 2 })
      const removing = await begin(a!, key)
      assert.equal(removing.delete('x'), true)
      assert.equal(removing.delete('x'), false)
      await cluster.done(removing.commit())
      assert.deepEqual(await fetched(b!, key), { y: 2 })
      const setting = await begin(b!, key)
      setting.set('x', 3)
      await cluster.done(setting.commit())
      assert.deepEqual(await fetched(a!, key), { y: 2, x: 3 })
    })
  })

  describe('concurrent requests', () => {
    test('of one process see each other and lose nothing', async (t) => {
      const cluster = await start(t, 2)
      const [a, b] = cluster.nodes
      const key = await login(cluster, { start: true })
      const [one, two] = [await begin(a!, key), await begin(a!, key)]
      one.set('one', 1)
      two.set('two', 2)
      assert.equal(two.get('one'), 1)
      await cluster.done(two.commit(), one.commit())
      assert.deepEqual(await fetched(b!, key), { start: true, one: 1, two: 2 })
    })

    test('a change inside an object is noticed although another request committed meanwhile', async (t) => {
      const cluster = await start(t, 2)
      const [a, b] = cluster.nodes
      const key = await login(cluster, { cart: [1] })
      const [one, two] = [await begin(a!, key), await begin(a!, key)]
      const cart = one.get('cart') as number[]
      two.get('cart')
      await cluster.done(two.commit())
      cart.push(2)
      await cluster.done(one.commit())
      assert.deepEqual(await fetched(b!, key), { cart: [1, 2] })
    })

    test('of two nodes lose nothing when they write different attributes', async (t) => {
      const cluster = await start(t, 2)
      const [a, b] = cluster.nodes
      const key = await login(cluster, { start: true })
      const [one, two] = [await begin(a!, key), await begin(b!, key)]
      one.set('one', 1)
      two.set('two', 2)
      two.delete('start')
      await cluster.done(one.commit(), two.commit())
      for (const node of cluster.nodes) assert.deepEqual(await fetched(node, key), { one: 1, two: 2 })
    })

    test('of two nodes agree on one value when they write the same attribute', async (t) => {
      const cluster = await start(t, 3)
      const [a, b, c] = cluster.nodes
      const key = await login(cluster, { x: 0 })
      const [one, two] = [await begin(a!, key), await begin(b!, key)]
      one.set('x', 'a')
      two.set('x', 'b')
      await cluster.done(one.commit(), two.commit())
      const seen = await Promise.all([a!, b!, c!].map(async (node) => (await fetched(node, key))?.x))
      assert.ok(seen[0] === 'a' || seen[0] === 'b')
      assert.deepEqual(new Set(seen).size, 1)
    })

    test('an object that another node replaced and the request did not change stays replaced', async (t) => {
      const cluster = await start(t, 2)
      const [a, b] = cluster.nodes
      const key = await login(cluster, { cart: [0] })
      const [one, two] = [await begin(a!, key), await begin(b!, key)]
      one.get('cart')
      two.set('cart', ['theirs'])
      await cluster.done(two.commit())
      await cluster.done(one.commit())
      for (const node of cluster.nodes) assert.deepEqual(await fetched(node, key), { cart: ['theirs'] })
    })

    test('setting an attribute anew leaves the old object behind', async (t) => {
      const cluster = await start(t, 2)
      const [a, b] = cluster.nodes
      const key = await login(cluster, { cart: [0] })
      const visit = await begin(a!, key)
      const old = visit.get('cart') as number[]
      visit.set('cart', ['new'])
      old.push(1)
      await cluster.done(visit.commit())
      assert.deepEqual(await fetched(b!, key), { cart: ['new'] })
    })

    test('who reads what another wrote writes later than that, whatever the clocks say', async (t) => {
      const cluster = await start(t, 2)
      const [a, b] = cluster.nodes
      const key = await login(cluster, { n: 0 })
      for (let n = 1; n <= 6; n++) {
        const visit = await begin(n % 2 === 0 ? a! : b!, key)
        visit.set('n', (visit.get('n') as number) + 1)
        await cluster.done(visit.commit())
      }
      assert.deepEqual(await fetched(a!, key), { n: 6 })
    })
  })

  describe('the end of a session', () => {
    test('ends it everywhere; a request that holds it reads on, and its writes go nowhere', async (t) => {
      const cluster = await start(t, 3)
      const [a, b, c] = cluster.nodes
      const key = await login(cluster, { x: 1 })
      const held = await begin(b!, key)
      held.set('y', 1)
      const ending = await begin(a!, key)
      await cluster.done(a!.manager.destroy(ending.session!))
      await cluster.done(held.commit())
      held.set('y', 2)
      await cluster.done(held.commit())
      assert.equal(held.get('x'), 1)
      for (const node of [a!, b!, c!]) assert.equal(await fetched(node, key), undefined)
      assert.deepEqual(typesOf(a!.events, 'destroyed'), ['destroyed here'])
    })

    test('comes twice without harm', async (t) => {
      const cluster = await start(t, 2)
      const [a, b] = cluster.nodes
      const key = await login(cluster, { x: 1 })
      const [one, two] = [await begin(a!, key), await begin(b!, key)]
      await cluster.done(a!.manager.destroy(one.session!), b!.manager.destroy(two.session!))
      for (const node of cluster.nodes) assert.equal(await fetched(node, key), undefined)
    })

    test('of one that was never committed leaves no trace', async (t) => {
      const { nodes, done } = await start(t, 2)
      const visit = nodes[0]!.manager.visit()
      visit.set('x', 1)
      await done(nodes[0]!.manager.destroy(visit.session!))
      assert.equal(nodes[0]!.manager.snapshot().sessions, 0)
      assert.equal(nodes[0]!.manager.snapshot().tombstones, 0)
      for (const node of nodes) assert.equal(await fetched(node, visit.key), undefined)
    })
  })

  describe('another key', () => {
    test('keeps the data, and the old key is dead on all nodes', async (t) => {
      const cluster = await start(t, 2)
      const [a] = cluster.nodes
      const from = await login(cluster, { x: 1 })
      const visit = await begin(a!, from)
      visit.set('y', 2)
      await cluster.done(a!.manager.changeKey(visit.session!), visit.commit())
      assert.notEqual(visit.key, from)
      for (const node of cluster.nodes) {
        assert.equal(await fetched(node, from), undefined)
        assert.deepEqual(await fetched(node, visit.key), { x: 1, y: 2 })
      }
      assert.deepEqual(typesOf(a!.events, 'moved'), ['moved here'])
    })

    test('of a session that is not committed yet', async (t) => {
      const cluster = await start(t, 2)
      const [a, b] = cluster.nodes
      const visit = a!.manager.visit()
      visit.set('x', 1)
      const from = visit.key
      await cluster.done(a!.manager.changeKey(visit.session!), visit.commit())
      assert.deepEqual([await fetched(b!, from), await fetched(b!, visit.key)], [undefined, { x: 1 }])
    })

    test('a request on another node goes on with the session under its new key', async (t) => {
      const cluster = await start(t, 2)
      const [a, b] = cluster.nodes
      const from = await login(cluster, { x: 1 })
      const held = await begin(b!, from)
      const moving = await begin(a!, from)
      await cluster.done(a!.manager.changeKey(moving.session!))
      held.set('y', 2)
      await cluster.done(held.commit())
      assert.equal(held.key, moving.key)
      for (const node of cluster.nodes) assert.deepEqual(await fetched(node, held.key), { x: 1, y: 2 })
    })

    test('of two nodes at once: one session, with what both wrote', async (t) => {
      const cluster = await start(t, 3)
      const [a, b, c] = cluster.nodes
      const from = await login(cluster, { x: 1 })
      const [one, two] = [await begin(a!, from), await begin(b!, from)]
      one.set('one', 1)
      two.set('two', 2)
      await cluster.done(a!.manager.changeKey(one.session!), b!.manager.changeKey(two.session!))
      await cluster.done(one.commit(), two.commit())
      assert.equal(one.key, two.key)
      assert.deepEqual(await fetched(c!, one.key), { x: 1, one: 1, two: 2 })
      assert.equal(await fetched(c!, from), undefined)
    })

    test('destroying the old key while it moves destroys the session', async (t) => {
      const cluster = await start(t, 3)
      const [a, b] = cluster.nodes
      const from = await login(cluster, { x: 1 })
      const [moving, ending] = [await begin(a!, from), await begin(b!, from)]
      await cluster.done(a!.manager.changeKey(moving.session!), b!.manager.destroy(ending.session!))
      for (const node of cluster.nodes) {
        for (const key of [from, moving.key]) assert.equal(await fetched(node, key), undefined)
      }
    })
  })

  if (hasTime) timeCases(start)
}

function timeCases(start: StartCluster): void {
  describe('time', () => {
    test('a session ends when it has been idle for the interval, and not before', async (t) => {
      const cluster = await start(t, 2)
      const key = await login(cluster, { x: 1 })
      await cluster.advance!(29 * MINUTE, 5000)
      assert.deepEqual(await fetched(cluster.nodes[1]!, key), { x: 1 })
      await cluster.advance!(5 * MINUTE, 5000)
      for (const node of cluster.nodes) assert.equal(await fetched(node, key), undefined)
    })

    test('requests that only read keep it alive, on whichever node', async (t) => {
      const cluster = await start(t, 2)
      const key = await login(cluster, { x: 1 })
      for (let i = 0; i < 12; i++) {
        await cluster.advance!(10 * MINUTE, 5000)
        await cluster.done((await begin(cluster.nodes[i % 2]!, key)).commit())
      }
      assert.deepEqual(await fetched(cluster.nodes[0]!, key), { x: 1 })
    })

    test('a session can have an interval of its own, on all nodes', async (t) => {
      const cluster = await start(t, 2)
      const [a, b] = cluster.nodes
      const visit = a!.manager.visit()
      visit.setMaxInactiveInterval(1000)
      await cluster.done(visit.commit())
      const there = await b!.load(visit.key)
      assert.deepEqual([there?.maxInactiveMs, there?.names()], [1000, []])
      await cluster.advance!(4 * MINUTE, 5000)
      for (const node of cluster.nodes) assert.equal(await fetched(node, visit.key), undefined)
    })

    test('maxLifetimeMs ends it however much it is used', async (t) => {
      const cluster = await start(t, 2, { maxLifetimeMs: 60 * MINUTE })
      const key = await login(cluster, { x: 1 })
      for (let i = 0; i < 5; i++) {
        await cluster.advance!(10 * MINUTE, 5000)
        await cluster.done((await begin(cluster.nodes[i % 2]!, key)).commit())
      }
      await cluster.advance!(10 * MINUTE, 5000)
      for (const node of cluster.nodes) assert.equal(await fetched(node, key), undefined)
    })

    test('with aliasMs the old key finds the session for that long', async (t) => {
      const cluster = await start(t, 2, { aliasMs: 5000 })
      const [a, b] = cluster.nodes
      const from = await login(cluster, { x: 1 })
      const visit = await begin(a!, from)
      await cluster.done(a!.manager.changeKey(visit.session!))
      for (const node of [a!, b!]) assert.equal((await node.load(from))?.key, visit.key)
      await cluster.advance!(5000)
      for (const node of [a!, b!]) {
        assert.equal(await node.load(from), undefined)
        assert.deepEqual(await fetched(node, visit.key), { x: 1 })
      }
    })
  })
}
