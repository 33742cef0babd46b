/** Managers that know each other only by the store they share. */
import assert from 'node:assert/strict'
import type { Clock } from '../../clock/clock.ts'
import { FakeClock } from '../../clock/fake-clock.ts'
import type { SessionEvent } from '../events.ts'
import { createSessionManager, type SessionManager } from '../manager.ts'
import type { SessionManagerOptions } from '../options.ts'
import type { SessionStore } from '../persistent/store.ts'
import type { Session } from '../session.ts'
import type { Visit } from '../visit.ts'
import { MemoryStore } from './memory-store.ts'
import { microtasks, SkewedClock } from './test-cluster.ts'

export interface StoreNode {
  readonly manager: SessionManager
  readonly events: SessionEvent[]
  load(key: string): Promise<Session | undefined>
}

export async function storeNode(
  store: SessionStore,
  route: string,
  options: Partial<SessionManagerOptions> = {},
): Promise<StoreNode> {
  const manager = createSessionManager({ name: 'test', route, store, ...options })
  const events: SessionEvent[] = []
  manager.on((event) => events.push(event))
  await manager.start()
  return { manager, events, load: async (key) => manager.load(key) }
}

/** Nodes on a clock that the test moves, and the store in this process, on the same. */
export class StoreCluster {
  readonly clock = new FakeClock()
  readonly store = new MemoryStore(this.clock)
  readonly nodes: (StoreNode & { clock: SkewedClock })[] = []

  async started(count: number, options: Partial<SessionManagerOptions> = {}) {
    for (let i = 0; i < count; i++) {
      const clock = new SkewedClock(this.clock)
      this.nodes.push({ ...(await storeNode(this.store, `node-${i}`, { clock: clock as Clock, ...options })), clock })
    }
    return this.nodes
  }

  /** Lets time pass in steps, with everything done between them that waits for nothing else. */
  async advance(ms: number, stepMs = 250): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(left, stepMs))
      await microtasks()
    }
  }
}

/** A request that begins. */
export async function begin(node: StoreNode, key: string): Promise<Visit> {
  const session = await node.load(key)
  assert.ok(session, `there is no session ${key}`)
  return node.manager.visit(session)
}

/** What a request sees. */
export async function read(node: StoreNode, key: string): Promise<Record<string, unknown> | undefined> {
  const session = await node.load(key)
  return session && Object.fromEntries(session.names().map((name) => [name, session.get(name)]))
}

/** A session on the first of two nodes; then what the store is asked is counted from there. */
export async function started(options: Partial<SessionManagerOptions> = {}) {
  const cluster = new StoreCluster()
  const [a, b] = await cluster.started(2, options)
  const { store } = cluster
  const visit = a!.manager.visit()
  visit.set('x', 1)
  await visit.commit()
  store.calls.length = 0
  return { cluster, store, a: a!, b: b!, key: visit.key }
}
