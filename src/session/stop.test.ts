/** What a manager leaves behind when it is stopped: nothing that waits, and nobody who does. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FakeClock } from '../clock/fake-clock.ts'
import { createSessionManager } from './manager.ts'
import type { Flight } from './testing/memory-network.ts'
import { MemoryStore } from './testing/memory-store.ts'
import { write } from './testing/requests.ts'
import { microtasks, TestCluster, type TestNode } from './testing/test-cluster.ts'

describe('no timer is left', () => {
  type Act = (cluster: TestCluster, nodes: readonly TestNode[]) => Promise<void>
  const moments: readonly [moment: string, act: Act][] = [
    ['in peace', async () => {}],
    [
      'right after a write',
      async (_, [a]) => {
        write(a!, undefined, { x: 1 })
      },
    ],
    [
      'when another node has just gone',
      async ({ network }, [, b]) => {
        b!.channel.isAlive = false
        network.notice()
      },
    ],
    [
      'when a member is behind',
      async (cluster, [a, b]) => {
        write(a!, undefined, { x: 1 })
        cluster.endTurn()
        await microtasks()
        for (const flight of [...cluster.network.flights]) if (flight.to === b!.channel) cluster.network.lose(flight)
        await microtasks()
      },
    ],
    [
      'while it waits for what it has missed',
      async (cluster, [a, b]) => {
        cluster.network.cut([a!.channel], [b!.channel])
        cluster.network.notice()
        write(b!, undefined, { x: 1 })
        await cluster.settle()
        cluster.network.heal()
        await cluster.settle()
        cluster.clock.advance(1000)
        await cluster.settle((flight: Flight) => flight.to === b!.channel)
      },
    ],
  ]
  for (const manager of ['delta', 'backup'] as const) {
    for (const [moment, act] of moments) {
      test(`${manager}, stopped ${moment}`, async () => {
        const cluster = new TestCluster({ manager })
        const nodes = await cluster.started(3)
        for (const node of nodes.slice(1)) for (let i = 0; i < 3; i++) write(node, undefined, { i })
        await cluster.advance(5000)
        await act(cluster, nodes)
        for (const node of nodes) await cluster.until(node.manager.stop())
        await cluster.settle()
        assert.equal(cluster.clock.pending, 0)
      })
    }
  }

  test('delta, stopped while it waits to ask for the sessions again: start is over, too', async () => {
    const cluster = new TestCluster()
    const [a] = await cluster.started(1)
    const b = cluster.node({ stateTimeoutMs: -1 })
    cluster.network.meet()
    cluster.network.cut([a!.channel], [b.channel])
    const started = b.manager.start()
    await cluster.settle()
    assert.equal(b.manager.snapshot().state, 'starting')
    for (const { manager } of [a!, b]) await manager.stop()
    await started
    assert.equal(cluster.clock.pending, 0)
  })
})

test('who stops a manager again waits as long as who did so first', async () => {
  const store = new MemoryStore(new FakeClock())
  const manager = createSessionManager({ name: 'test', store })
  let answer = (): void => {}
  store.gate = () =>
    new Promise((resolve) => {
      answer = resolve
    })
  const visit = manager.visit()
  visit.set('x', 1)
  void visit.commit()
  void manager.stop()
  let isStopped = false
  const again = manager.stop().then(() => {
    isStopped = true
  })
  await microtasks()
  assert.equal(isStopped, false)
  answer()
  await again
  assert.equal(store.calls.length, 1)
})
