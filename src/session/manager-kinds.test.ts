/** What holds for managers of any kind. */
import { describe } from 'node:test'
import { atEnd } from '../../test/kit/owner.ts'
import { needsPeer } from '../../test/kit/peers.ts'
import { suite } from '../../test/kit/suite.ts'
import { endingCases } from './ending.cases.ts'
import { managerCases, type StartCluster } from './manager.cases.ts'
import type { SessionManager } from './manager.ts'
import type { SessionManagerOptions } from './options.ts'
import { redisStore } from './persistent/redis-store.ts'
import { replicationCases } from './replication.cases.ts'
import { cluster, shared, standalone } from './testing/redis-clients.ts'
import { StoreCluster, storeNode } from './testing/store-nodes.ts'
import { TestCluster } from './testing/test-cluster.ts'
import { userIndexCases } from './user-index.cases.ts'

function overChannel(kind: Partial<SessionManagerOptions>): StartCluster {
  return async (_t, count, options) => {
    const nodes = new TestCluster({ ...kind, ...options })
    const load = (manager: SessionManager) => async (key: string) => nodes.until(Promise.resolve(manager.load(key)))
    return {
      nodes: (await nodes.started(count)).map((node) => ({ ...node, load: load(node.manager) })),
      done: async (...waits) => {
        await nodes.until(Promise.all(waits))
        await nodes.settle()
      },
      advance: (ms, stepMs) => nodes.advance(ms, stepMs),
    }
  }
}

const onAllNodes: readonly [name: string, options: Partial<SessionManagerOptions>][] = [
  ['delta', { manager: 'delta' }],
  ['backup, with a copy on every node', { manager: 'backup', backups: 8 }],
]

for (const [name, kind] of onAllNodes) {
  describe(name, () => {
    replicationCases(() => new TestCluster(kind))
    endingCases(() => new TestCluster(kind))
    managerCases(overChannel(kind), { hasTime: true })
    userIndexCases(overChannel(kind), { hasTime: true })
  })
}

describe('backup, with one copy', () => {
  const kind = { manager: 'backup', backups: 1 } as const
  managerCases(overChannel(kind), { hasTime: true })
  userIndexCases(overChannel(kind), { hasTime: true })
})

describe('persistent, with a store in memory', () => {
  const startNodes: StartCluster = async (_t, count, options) => {
    const nodes = new StoreCluster()
    return { nodes: await nodes.started(count, options), done, advance: (ms, stepMs) => nodes.advance(ms, stepMs) }
  }
  managerCases(startNodes, { hasTime: true })
  userIndexCases(startNodes, { hasTime: true })
})

for (const [name, connect] of [
  ['Redis', standalone],
  ['a Redis cluster', cluster],
] as const) {
  suite(`persistent, with ${name}`, needsPeer('redis'), () => {
    const client = shared(connect)
    const startNodes: StartCluster = async (t, count, options) => {
      const store = redisStore(client())
      const nodes = await Promise.all(
        Array.from({ length: count }, (_, i) =>
          storeNode(store, `node-${i}`, { name: t.name, storeTimeoutMs: 10_000, ...options }),
        ),
      )
      for (const { manager } of nodes) atEnd(t, () => manager.stop())
      return { nodes, done }
    }
    managerCases(startNodes, { hasTime: false })
    userIndexCases(startNodes, { hasTime: false })
  })
}

/** With a store a commit says itself when it is done. */
async function done(...waits: readonly (Promise<void> | undefined)[]): Promise<void> {
  await Promise.all(waits)
}
