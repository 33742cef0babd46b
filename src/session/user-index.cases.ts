/** The index by user, wherever the nodes have their knowledge from; and those who ask for it begin and end sessions elsewhere. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AnyCluster, AnyNode, StartCluster } from './manager.cases.ts'
import { UserIndex, type UserIndexOptions } from './user-index.ts'
import type { Visit } from './visit.ts'

const MINUTE = 60_000

export function userIndexCases(start: StartCluster, { hasTime }: { readonly hasTime: boolean }): void {
  const indexed = async (t: Parameters<StartCluster>[0], options?: UserIndexOptions) => {
    const cluster = await start(t, 3)
    return { ...cluster, indexes: cluster.nodes.map(({ manager }) => new UserIndex(manager, options)) }
  }
  const login = async ({ done }: AnyCluster, node: AnyNode, values: Record<string, unknown>): Promise<string> => {
    const visit = node.manager.visit()
    for (const [name, value] of Object.entries(values)) visit.set(name, value)
    await done(visit.commit())
    return visit.key
  }
  const change = async ({ done }: AnyCluster, node: AnyNode, key: string, act: (visit: Visit) => void) => {
    const visit = node.manager.visit(await node.load(key))
    act(visit)
    await done(visit.commit())
  }
  const keysOf = async ({ done }: AnyCluster, index: UserIndex, user: string | number) => {
    const found = index.of(user)
    await done(found.then(() => {}))
    return (await found).map(({ key }) => key).sort()
  }

  describe("a user's sessions", () => {
    test('are the same on all nodes, wherever they began', async (t) => {
      const cluster = await indexed(t)
      const [a, b] = cluster.nodes
      const keys = [await login(cluster, a!, { userId: 'ann' }), await login(cluster, b!, { userId: 'ann' })].sort()
      const bob = await login(cluster, a!, { userId: 7 })
      await login(cluster, b!, { cart: [] })
      for (const index of cluster.indexes) {
        assert.deepEqual(await keysOf(cluster, index, 'ann'), keys)
        assert.deepEqual([await keysOf(cluster, index, 7), await keysOf(cluster, index, '7')], [[bob], [bob]])
        assert.deepEqual(await keysOf(cluster, index, 'nobody'), [])
      }
    })

    test('follow the attribute: another user, nobody, and back', async (t) => {
      const cluster = await indexed(t)
      const key = await login(cluster, cluster.nodes[0]!, { cart: [] })
      for (const [i, user] of ['ann', 'bob', undefined, 'ann'].entries()) {
        await change(cluster, cluster.nodes[i % 3]!, key, (visit) =>
          user === undefined ? visit.delete('userId') : visit.set('userId', user),
        )
        for (const index of cluster.indexes) {
          assert.deepEqual(await keysOf(cluster, index, 'ann'), user === 'ann' ? [key] : [])
          assert.deepEqual(await keysOf(cluster, index, 'bob'), user === 'bob' ? [key] : [])
        }
      }
    })

    test('stay with the user under a new id', async (t) => {
      const cluster = await indexed(t)
      const [a, b] = cluster.nodes
      const from = await login(cluster, a!, { userId: 'ann' })
      const session = (await b!.load(from))!
      await cluster.done(b!.manager.changeKey(session))
      assert.notEqual(session.key, from)
      for (const index of cluster.indexes) assert.deepEqual(await keysOf(cluster, index, 'ann'), [session.key])
    })

    test('are no more when they were destroyed', async (t) => {
      const cluster = await indexed(t)
      const [a, b] = cluster.nodes
      const key = await login(cluster, a!, { userId: 'ann' })
      await cluster.done(b!.manager.destroy((await b!.load(key))!))
      for (const index of cluster.indexes) assert.deepEqual(await keysOf(cluster, index, 'ann'), [])
    })

    test('by an id inside a value, as passport keeps it', async (t) => {
      const id = (value: unknown) => (value as { user?: string } | undefined)?.user
      const cluster = await indexed(t, { attribute: 'passport', id })
      const key = await login(cluster, cluster.nodes[0]!, { passport: { user: 'ann' } })
      await login(cluster, cluster.nodes[0]!, { passport: {} })
      for (const index of cluster.indexes) assert.deepEqual(await keysOf(cluster, index, 'ann'), [key])
    })

    test('destroyOf ends them on all nodes, apart from one, and those of nobody else', async (t) => {
      const cluster = await indexed(t)
      const [a, b] = cluster.nodes
      const keys: string[] = []
      for (const node of [a!, b!, a!]) keys.push(await login(cluster, node, { userId: 'ann' }))
      const bob = await login(cluster, b!, { userId: 'bob' })
      const [index] = cluster.indexes
      const ending = index!.destroyOf('ann', { except: `${keys[1]}.node-1` })
      await cluster.done(ending.then(() => {}))
      assert.equal(await ending, 2)
      for (const [i, node] of cluster.nodes.entries()) {
        const alive = await Promise.all([...keys, bob].map(async (key) => ((await node.load(key)) ? key : undefined)))
        assert.deepEqual(alive, [undefined, keys[1], undefined, bob])
        assert.deepEqual(await keysOf(cluster, cluster.indexes[i]!, 'ann'), [keys[1]])
      }
    })

    if (!hasTime) return
    test('are there for as long as they are used, and no longer', async (t) => {
      const cluster = await indexed(t)
      const [a, b] = cluster.nodes
      const idle = await login(cluster, a!, { userId: 'ann' })
      const used = await login(cluster, a!, { userId: 'ann' })
      for (let i = 0; i < 100; i++) {
        await cluster.advance!(MINUTE, 20_000)
        await change(cluster, b!, used, (visit) => visit.set('i', i))
      }
      assert.notEqual(idle, used)
      for (const index of cluster.indexes) assert.deepEqual(await keysOf(cluster, index, 'ann'), [used])
    })
  })
}
