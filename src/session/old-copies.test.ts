/** Copies of which nobody looked after: they are served by none that could ask for a better one. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Session } from './session.ts'
import { load, read, sessions, write } from './testing/requests.ts'
import { TestCluster, type TestNode } from './testing/test-cluster.ts'

const NODES = 4

function backups(): TestCluster {
  return new TestCluster({ manager: 'backup' })
}

describe('a copy from another time is not served', () => {
  test('by who comes to keep the session because another has gone', async () => {
    const cluster = backups()
    const [first, second, third] = (await cluster.started(NODES + 1)) as [TestNode, TestNode, TestNode]
    await cluster.advance(60_000)
    const keys = await sessions(cluster, first, 40)
    for (const node of [second, third]) {
      for (const key of keys) {
        await load(cluster, node, key)
        write(node, key, { i: -1 })
      }
      await cluster.settle()
    }
    // They were told who took the session from them, and of nothing since.
    const isOld = ({ manager }: TestNode, key: string) =>
      [...manager.sessions()].some((session) => session.key === key && session.get('i') !== -1)
    const old = keys.filter((key) => isOld(first, key))
    cluster.kill(second)
    cluster.network.notice()
    const found = old.map((key) => Promise.resolve(first.manager.load(key)))
    for (const session of await cluster.until(Promise.all(found))) assert.equal(session?.get('i'), -1)
    assert.ok(old.length > 0)
  })

  test('by who comes to keep it so, where it got another id since', async () => {
    const cluster = backups()
    const [first, second] = (await cluster.started(NODES + 1)) as [TestNode, TestNode]
    await cluster.advance(60_000)
    const keys = await sessions(cluster, first, 60)
    const moved = keys.map((key) => {
      const session = first.manager.find(key)!
      void first.manager.changeKey(session)
      return session.key
    })
    await cluster.settle()
    for (const key of moved) write(first, key, { i: -1 })
    await cluster.settle()
    const others = cluster.nodes.slice(2)
    const isOld = ({ manager }: TestNode, key: string) =>
      [...manager.sessions()].some((session) => session.key === key && session.get('i') !== -1)
    const old = others.flatMap((node) => moved.filter((key) => isOld(node, key)).map((key) => [node, key] as const))
    cluster.kill(second)
    cluster.network.notice()
    assert.ok(old.length > 0)
    for (const [node, key] of old) assert.equal(read(node, key)?.i ?? -1, -1)
  })

  test('also where a change of it has come without the rest', async () => {
    const cluster = backups()
    const [first, second, third, fourth] = (await cluster.started(NODES)) as [TestNode, TestNode, TestNode, TestNode]
    await cluster.advance(60_000)
    const keys = await sessions(cluster, first, 60)
    for (const node of [second, third]) {
      for (const key of keys) {
        await load(cluster, node, key)
        write(node, key, { i: -1 })
      }
      await cluster.settle()
    }
    const isOld = (session: Session) => session.get('i') !== -1
    const old = [...first.manager.sessions()].filter(isOld).map(({ key }) => key)
    for (const key of old) if (fourth.manager.find(key) !== undefined) write(fourth, key, { more: 0 })
    cluster.endTurn()
    for (const flight of [...cluster.network.flights]) if (flight.to === first.channel) cluster.network.lose(flight)
    for (const key of old) if (fourth.manager.find(key) !== undefined) write(fourth, key, { more: 1 })
    await cluster.settle()
    const changed = [...first.manager.sessions()].filter((session) => isOld(session) && session.get('more') === 1)
    assert.notEqual(changed.length, 0)
    assert.deepEqual(
      changed.map(({ key }) => first.manager.find(key)?.key),
      changed.map(() => undefined),
    )
  })
})
