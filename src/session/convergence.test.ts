/**
 * The promise of the room as one law: whatever was written where, and whatever the network lost, doubled, held back or cut
 * off, nodes that can talk again become equal by themselves; and what one user wrote one after the other is not lost.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { SessionManagerOptions } from './options.ts'
import type { Session } from './session.ts'
import { TestCluster, type TestNode } from './testing/test-cluster.ts'

const NODES = 3
const MAX_NODES = 5
/** A message that is later than `tombstoneMs` may revive a session; that is what the option means. */
const LONGER_THAN_ANY_PLAN_MS = 1e9

type Step =
  | { do: 'write' | 'remove' | 'push' | 'touch'; node: number; session: number; name: number }
  | { do: 'destroy' | 'changeKey'; node: number; session: number; old: number }
  | { do: 'turn' | 'notice' | 'heal' }
  | { do: 'land' | 'lose' | 'double'; flight: number }
  | { do: 'cut' | 'kill'; node: number }
  | { do: 'start' }
  | { do: 'wait'; ms: number }
  | { do: 'skew'; node: number; ms: number }

const node = fc.nat(NODES - 1)
const session = fc.nat(2)
const steps = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.record({ do: fc.constant('write' as const), node, session, name: fc.nat(3) }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constantFrom('remove' as const, 'push' as const, 'touch' as const),
        node,
        session,
        name: fc.nat(3),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constantFrom('destroy' as const, 'changeKey' as const),
        node,
        session,
        old: fc.nat(2),
      }),
    },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
    {
      weight: 10,
      arbitrary: fc.record({
        do: fc.constantFrom('land' as const, 'land' as const, 'lose' as const, 'double' as const),
        flight: fc.nat(20),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('cut' as const), node }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), node }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('start' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('notice' as const, 'heal' as const) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(10, 1000, 6000) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(300_000, 1_860_000) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('skew' as const), node, ms: fc.constantFrom(-3_600_000, 500, 90_000) }),
    },
  ),
  { maxLength: 80, size: 'max' },
)

/** Plays the plan, makes the network whole and waits. Returns the nodes that are alive. */
async function run(options: Partial<SessionManagerOptions>, plan: readonly Step[]): Promise<TestNode[]> {
  const cluster = new TestCluster()
  const nodes = await cluster.started(NODES, options)
  // What the browsers hold, the latest first.
  const keys: string[][] = [[], [], []]
  let value = 0
  for (const step of plan) {
    const at = 'node' in step ? nodes[step.node % nodes.length]! : nodes[0]!
    switch (step.do) {
      case 'write':
      case 'remove':
      case 'push':
      case 'touch':
      case 'destroy':
      case 'changeKey': {
        const { manager } = at
        const known = keys[step.session]!
        const key = known['old' in step ? step.old : 0]
        const request = (session: Session | undefined): void => {
          const visit = manager.visit(session)
          if (step.do === 'write') visit.set(`a${step.name}`, ++value)
          if (step.do === 'remove') visit.delete(`a${step.name}`)
          if (step.do === 'push') {
            const list = visit.get('list') as number[] | undefined
            if (list === undefined) visit.set('list', [++value])
            else list.push(++value)
          }
          if (step.do === 'destroy' && visit.session !== undefined) void manager.destroy(visit.session)
          if (step.do === 'changeKey' && visit.session !== undefined) void manager.changeKey(visit.session)
          void visit.commit()
          if (visit.session !== undefined && known[0] !== visit.key) known.unshift(visit.key)
        }
        const session = key === undefined ? undefined : manager.load(key)
        // One that has to be fetched comes when the plan lets the messages land.
        if (session instanceof Promise) void session.then((fetched) => at.channel.isAlive && request(fetched))
        else request(session)
        break
      }
      case 'turn':
        cluster.endTurn()
        break
      case 'land':
      case 'double':
      case 'lose': {
        const { flights } = cluster.network
        const flight = flights[step.flight % Math.max(1, flights.length)]
        if (flight === undefined) break
        if (step.do === 'lose') cluster.network.lose(flight)
        else await cluster.network.land(flight, step.do === 'double' ? 2 : 1)
        break
      }
      case 'cut': {
        const others = nodes.filter((other) => other !== at).map((other) => other.channel)
        cluster.network.cut([at.channel], others)
        break
      }
      case 'kill':
        if (nodes.length === 1) break
        cluster.kill(at)
        nodes.splice(nodes.indexOf(at), 1)
        break
      case 'start': {
        if (cluster.nodes.length === MAX_NODES) break
        const node = cluster.node(options)
        nodes.push(node)
        cluster.network.meet()
        void node.manager.start()
        break
      }
      case 'notice':
        cluster.network.notice()
        break
      case 'heal':
        cluster.network.heal()
        break
      case 'wait':
        // Messages may be held back for seconds, not for as long as sessions live.
        if (step.ms < 60_000) cluster.clock.advance(step.ms)
        else await cluster.advance(step.ms, 30_000)
        break
      case 'skew':
        at.clock.skewMs += step.ms
        break
    }
  }
  cluster.network.notice()
  cluster.network.heal()
  await cluster.advance(90_000, 500)
  return nodes
}

/** All that a node holds, as a value that can be compared. */
function contents(of: TestNode): Map<string, unknown> {
  const contents = new Map<string, unknown>()
  for (const session of of.manager.sessions()) {
    const attributes = new Map(session.names().map((name) => [name, session.get(name)]))
    const { complete, createdMs, owner } = session
    contents.set(session.key, { attributes, complete, createdMs, owner })
  }
  return contents
}

/** Found by chance once: who serves the session is told by two nodes, and one of the messages is lost. */
const LOST_CLAIM: Step[] = [
  { do: 'write', node: 0, session: 1, name: 0 },
  { do: 'wait', ms: 300_000 },
  { do: 'remove', node: 1, session: 1, name: 0 },
  { do: 'remove', node: 1, session: 1, name: 0 },
  { do: 'remove', node: 0, session: 1, name: 0 },
  { do: 'turn' },
  { do: 'lose', flight: 2 },
]

const kinds = [{ manager: 'delta' }, { manager: 'backup', backups: 8 }] as const
const modes = ['asynchronous', 'acknowledged', 'synchronised'] as const

for (const [kind, sendOptions] of kinds.flatMap((kind) => modes.map((mode) => [kind, mode] as const))) {
  test(`${kind.manager}, ${sendOptions}: nodes become equal whatever happened`, async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const nodes = await run({ ...kind, sendOptions, tombstoneMs: LONGER_THAN_ANY_PLAN_MS }, plan)
        const [first, ...others] = nodes.map(contents)
        for (const other of others) assert.deepEqual(other, first)
        for (const { manager } of nodes) {
          const { counts, members } = manager.snapshot()
          assert.equal(counts.messagesRefused, 0)
          assert.equal(members.length, nodes.length - 1)
          for (const member of members) assert.deepEqual([member.behind, member.queuedBytes], [false, 0])
        }
      }),
      { numRuns: 75, examples: [[LOST_CLAIM]] },
    )
  })
}

/** Found by chance once, and checked ever since. */
const ODD_PLANS: readonly Step[][] = [
  // The news of the new key is lost on its way to the node that served the session before.
  [
    { do: 'start' },
    { do: 'start' },
    { do: 'write', node: 2, session: 0, name: 0 },
    { do: 'wait', ms: 300_000 },
    { do: 'write', node: 1, session: 1, name: 0 },
    { do: 'remove', node: 1, session: 0, name: 0 },
    { do: 'wait', ms: 300_000 },
    { do: 'changeKey', node: 1, session: 0, old: 0 },
  ],
  // The same, where that node kept a copy under the old key and keeps none under the new one.
  [
    { do: 'write', node: 1, session: 1, name: 0 },
    { do: 'write', node: 0, session: 0, name: 0 },
    { do: 'write', node: 1, session: 0, name: 0 },
    { do: 'cut', node: 2 },
    { do: 'write', node: 2, session: 0, name: 0 },
    { do: 'wait', ms: 300_000 },
    { do: 'wait', ms: 6_000 },
    { do: 'start' },
    { do: 'heal' },
    { do: 'land', flight: 0 },
    { do: 'wait', ms: 300_000 },
    { do: 'changeKey', node: 0, session: 1, old: 0 },
  ],
]

for (const backups of [1, 2]) {
  test(`backup, ${backups} of ${NODES} nodes and more: those that keep a session become equal, and no others have it`, async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const nodes = await run({ manager: 'backup', backups, tombstoneMs: LONGER_THAN_ANY_PLAN_MS }, plan)
        const copies = new Map<string, unknown[]>()
        for (const [key, copy] of nodes.flatMap((at) => [...contents(at)])) {
          copies.set(key, [...(copies.get(key) ?? []), copy])
        }
        for (const [key, [first, ...others]] of copies) {
          for (const other of others) assert.deepEqual(other, first)
          assert.equal(1 + others.length, Math.min(backups + 1, nodes.length), key)
        }
        for (const { manager } of nodes) {
          const { counts, members } = manager.snapshot()
          assert.equal(counts.messagesRefused, 0)
          for (const member of members) assert.deepEqual([member.behind, member.queuedBytes], [false, 0])
        }
      }),
      { numRuns: 75, examples: ODD_PLANS.map((plan): [Step[]] => [plan]) },
    )
  })
}

describe('a user who moves between nodes with each answer', () => {
  test('loses nothing as long as the answer waits for the others', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(node, { minLength: 1, maxLength: 20 }), async (visits) => {
        const cluster = new TestCluster()
        const nodes = await cluster.started(NODES, { sendOptions: 'synchronised' })
        let key: string | undefined
        for (const [n, at] of visits.entries()) {
          const { manager } = nodes[at]!
          const visit = manager.visit(key === undefined ? undefined : manager.find(key))
          assert.equal(visit.get('count') ?? 0, n)
          visit.set('count', n + 1)
          const answered = visit.commit()
          key = visit.key
          if (answered !== undefined) await cluster.until(answered)
        }
      }),
      { numRuns: 50 },
    )
  })
})
