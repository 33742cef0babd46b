/**
 * Two nodes that begin to serve one session at the same moment, each without having heard of the other: of their claims one
 * wins everywhere, as soon as a node that keeps the session has heard both. Time stands still in these tests, so nothing
 * that works by timers, as offers do, can be what repairs them.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Session } from './session.ts'
import { messageOf } from './testing/flights.ts'
import { read, typesOf, write } from './testing/requests.ts'
import { microtasks, TestCluster, type TestNode } from './testing/test-cluster.ts'

/** Those that take themselves for the node that serves the session, and under which key. */
function servers(nodes: readonly TestNode[]): string[] {
  return nodes.flatMap(({ name, manager }) => {
    const { node } = manager.snapshot()
    return [...manager.sessions()]
      .filter(({ owner }) => Buffer.from(owner, 'latin1').toString('hex') === node)
      .map(({ key }) => `${name} ${key}`)
  })
}

/** Under which of the keys a request would find a session without asking others. */
function served(nodes: readonly TestNode[], keys: readonly string[]): string[] {
  return nodes.flatMap(({ name, manager }) =>
    keys.filter((key) => manager.find(key) !== undefined).map((key) => `${name} ${key}`),
  )
}

/**
 * Two nodes have fetched one session, each wrote its name, and `next` is what one of them did next, before anybody had heard
 * of either. After that all messages land, those of one first.
 */
async function claimed(
  first: number,
  next?: (node: TestNode, session: Session) => void,
  who = 0,
): Promise<{ cluster: TestCluster; nodes: readonly TestNode[]; two: readonly [TestNode, TestNode]; key: string }> {
  const cluster = new TestCluster({ manager: 'backup' })
  const nodes = await cluster.started(4)
  await cluster.advance(60_000, 5000)
  const key = write(nodes[0]!, undefined, { start: 1 })
  await cluster.advance(1000)
  const [a, b] = nodes.filter(({ manager }) => manager.snapshot().sessions === 0)
  const two = [a!, b!] as const
  for (const { manager, name } of two) {
    void Promise.resolve(manager.load(key)).then((session) => {
      const visit = manager.visit(session)
      visit.set(name, 1)
      void visit.commit()
    })
  }
  await cluster.settle((flight) => messageOf(flight, 'test-map').type !== 'batch')
  // The node that served it before has not heard of it either.
  assert.equal(servers(nodes).length, 3)
  next?.(two[who]!, two[who]!.manager.find(key)!)
  await cluster.settle((flight) => flight.from === two[first]!.channel)
  await cluster.settle()
  return { cluster, nodes, two, key }
}

type Step =
  | { do: 'load' | 'write' | 'changeKey' | 'destroy'; node: number; old: number }
  | { do: 'tick' | 'turn' }
  | { do: 'land'; flight: number }

const at = { node: fc.nat(2), old: fc.constantFrom(0, 0, 0, 1) }
const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('write' as const), ...at }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('load' as const), ...at }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('changeKey' as const), ...at }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('destroy' as const), ...at }) },
    { weight: 4, arbitrary: fc.constant({ do: 'turn' as const }) },
    { weight: 1, arbitrary: fc.constant({ do: 'tick' as const }) },
    { weight: 10, arbitrary: fc.record({ do: fc.constant('land' as const), flight: fc.nat(20) }) },
  ),
  { maxLength: 40, size: 'max' },
)

const layouts = fc.record({
  nodes: fc.integer({ min: 2, max: 5 }),
  backups: fc.integer({ min: 1, max: 2 }),
  /** Who serves the session first, and who then want it. */
  first: fc.nat(4),
  later: fc.tuple(fc.nat(4), fc.nat(4), fc.nat(4)),
  /** Decides where the copies are. */
  keysBefore: fc.nat(20),
})

type Layout = typeof layouts extends fc.Arbitrary<infer L> ? L : never

interface Story {
  readonly cluster: TestCluster
  readonly nodes: readonly TestNode[]
  /** All keys that the session has had. */
  readonly keys: readonly string[]
  readonly acknowledged: ReadonlySet<string>
  readonly wasDestroyed: boolean
}

async function play(layout: Layout, plan: readonly Step[]): Promise<Story> {
  const cluster = new TestCluster({ manager: 'backup', backups: layout.backups, sendOptions: 'synchronised' })
  const nodes = await cluster.started(layout.nodes)
  await cluster.advance(60_000, 5000)
  const of = (index: number): TestNode => nodes[index % nodes.length]!
  for (let i = 0; i < layout.keysBefore; i++) of(0).manager.newKey()
  const keys = [write(of(layout.first), undefined, { start: 1 })]
  await cluster.settle()
  cluster.clock.advance(1000)
  await cluster.settle()
  const acknowledged = new Set(['start'])
  let wasDestroyed = false
  let writes = 0
  for (const step of plan) {
    switch (step.do) {
      case 'load':
      case 'write':
      case 'changeKey':
      case 'destroy': {
        const { manager } = of(layout.later[step.node]!)
        const name = `a${++writes}`
        const request = (session: Session | undefined): void => {
          if (session === undefined) return
          const visit = manager.visit(session)
          if (step.do === 'write') visit.set(name, writes)
          if (step.do === 'destroy') {
            wasDestroyed = true
            void manager.destroy(session)
          }
          if (step.do === 'changeKey') {
            void manager.changeKey(session)
            if (!keys.includes(session.key)) keys.unshift(session.key)
          }
          const answered = visit.commit()
          if (step.do !== 'write' || session.ended) return
          void Promise.resolve(answered).then(() => acknowledged.add(name))
        }
        const session = manager.load(keys[step.old % keys.length]!)
        if (session instanceof Promise) void session.then(request)
        else request(session)
        break
      }
      case 'tick':
        cluster.clock.advance(1)
        break
      case 'turn':
        cluster.endTurn()
        break
      case 'land': {
        const { flights } = cluster.network
        const flight = flights[step.flight % Math.max(1, flights.length)]
        if (flight !== undefined) await cluster.network.land(flight)
        await microtasks()
      }
    }
  }
  await cluster.settle()
  return { cluster, nodes, keys, acknowledged, wasDestroyed }
}

describe('two nodes that begin to serve one session at the same moment', () => {
  for (const first of [0, 1]) {
    describe(`when claim ${first} is heard first`, () => {
      test('one of them wins everywhere, the other knows, and neither loses what it wrote', async () => {
        const { cluster, nodes, two, key } = await claimed(first)
        assert.equal(servers(nodes).length, 1)
        await cluster.advance(1000)
        const [server] = servers(nodes)
        const values = read(nodes.find(({ name }) => server!.startsWith(name))!, key)
        assert.deepEqual(values, { start: 1, [two[0].name]: 1, [two[1].name]: 1 })
      })

      for (const who of [0, 1]) {
        test(`and node ${who} changes its id, the old id is dead on all nodes at once`, async () => {
          const { cluster, nodes, key } = await claimed(
            first,
            ({ manager }, session) => void manager.changeKey(session),
            who,
          )
          assert.deepEqual(served(nodes, [key]), [])
          assert.equal(servers(nodes).length, 1)
          await cluster.advance(1000)
          const [name, newKey] = servers(nodes)[0]!.split(' ')
          assert.equal(Object.keys(read(nodes.find((node) => node.name === name)!, newKey!)!).length, 3)
        })

        test(`and node ${who} destroys it, it is gone on all nodes at once`, async () => {
          const { nodes } = await claimed(first, ({ manager }, session) => void manager.destroy(session), who)
          for (const { manager } of nodes) assert.deepEqual([...manager.sessions()], [])
        })
      }
    })
  }

  test('agree before any timer, whatever each of them does with it, and nothing acknowledged is lost', async () => {
    await fc.assert(
      fc.asyncProperty(layouts, steps, async (layout, plan) => {
        const { cluster, nodes, keys, acknowledged, wasDestroyed } = await play(layout, plan)
        const claims = servers(nodes)
        if (wasDestroyed) assert.deepEqual([claims, served(nodes, keys)], [[], []])
        else {
          assert.equal(claims.length, 1, claims.join(', '))
          const key = claims[0]!.split(' ')[1]!
          assert.deepEqual(
            served(
              nodes,
              keys.filter((other) => other !== key),
            ),
            [],
          )
        }
        await cluster.advance(30_000, 500)
        for (const node of nodes) {
          for (const key of keys) {
            const session = await cluster.until(Promise.resolve(node.manager.load(key)))
            await cluster.advance(1000, 100)
            if (wasDestroyed) assert.equal(session, undefined)
            else if (session !== undefined) {
              const names = Object.keys(read(node, session.key)!)
              for (const name of acknowledged) assert.ok(names.includes(name), `${name} is lost`)
            }
          }
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('with every session on every node, one that two nodes used at the same moment', () => {
  for (const last of [0, 1]) {
    test(`and node ${last} only read later is served by one, and its end is reported once`, async () => {
      const cluster = new TestCluster({ manager: 'delta', maxInactiveIntervalMs: 60_000 })
      const nodes = await cluster.started(3)
      const key = write(nodes[0]!, undefined, { start: 1 })
      await cluster.settle()
      write(nodes[last]!, key, { last })
      await cluster.settle()
      // Nobody is told of these: the session was told to be in use a moment ago.
      for (let i = 0; i < 3; i++) write(nodes[last]!, key, {})
      write(nodes[1 - last]!, key, { other: 1 })
      await cluster.settle()
      assert.equal(servers(nodes).length, 1)
      await cluster.advance(120_000, 1000)
      const ends = nodes.flatMap((node) => typesOf(node.events, 'expired'))
      assert.deepEqual(ends.sort(), ['expired elsewhere', 'expired elsewhere', 'expired here'])
    })
  }

  test('is not in use anew because a node that believed another to serve it is told better', async () => {
    const cluster = new TestCluster({ manager: 'delta' })
    const nodes = await cluster.started(3)
    const key = write(nodes[0]!, undefined, { start: 1 })
    await cluster.settle()
    const [one, ...rest] = nodes.map(({ channel }) => channel)
    cluster.network.cut([one!], rest)
    cluster.network.notice()
    write(nodes[1]!, key, { other: 1 })
    cluster.clock.advance(1)
    write(nodes[0]!, key, { start: 2 })
    const usedAt = cluster.clock.monotonic()
    await cluster.settle()
    await cluster.advance(60_000, 1000)
    cluster.network.heal()
    await cluster.advance(10_000)
    for (const { manager } of nodes) assert.equal(manager.find(key)!.touchedAt, usedAt)
    assert.equal(servers(nodes).length, 1)
  })
})
