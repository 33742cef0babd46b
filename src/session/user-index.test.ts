import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createSessionManager, type SessionManager } from './manager.ts'
import { TestCluster, type TestNode } from './testing/test-cluster.ts'
import { UserIndex, type UserIndexOptions } from './user-index.ts'

function login(manager: SessionManager, values: Record<string, unknown>): string {
  const visit = manager.visit()
  for (const [name, value] of Object.entries(values)) visit.set(name, value)
  void visit.commit()
  return visit.key
}

function change(manager: SessionManager, key: string, act: (visit: ReturnType<SessionManager['visit']>) => void): void {
  const visit = manager.visit(manager.find(key)!)
  act(visit)
  void visit.commit()
}

const keysOf = async (index: UserIndex, user: string | number) => (await index.of(user)).map(({ key }) => key).sort()

const countOf = async (index: UserIndex, user: string | number) => (await index.of(user)).length

async function nodes(count: number, options: UserIndexOptions = {}) {
  const cluster = new TestCluster()
  const started = await cluster.started(count)
  return { cluster, nodes: started.map((node) => ({ ...node, index: new UserIndex(node.manager, options) })) }
}

describe('the sessions of a user', () => {
  test('are the same on all nodes, wherever they began', async () => {
    const {
      cluster,
      nodes: [a, b],
    } = await nodes(2)
    const keys = [login(a!.manager, { userId: 'ann' }), login(b!.manager, { userId: 'ann' })]
    login(a!.manager, { userId: 'bob' })
    login(b!.manager, { cart: [] })
    await cluster.settle()
    for (const { index } of [a!, b!]) {
      assert.deepEqual(await keysOf(index, 'ann'), keys.toSorted())
      assert.deepEqual([await countOf(index, 'bob'), await countOf(index, 'nobody'), index.size], [1, 0, 2])
    }
  })

  test('follow the attribute: another user, nobody', async () => {
    const {
      cluster,
      nodes: [a, b],
    } = await nodes(2)
    const key = login(a!.manager, { cart: [] })
    for (const user of ['ann', 'bob', undefined]) {
      change(a!.manager, key, (visit) => (user === undefined ? visit.delete('userId') : visit.set('userId', user)))
      await cluster.settle()
      for (const { index } of [a!, b!]) {
        assert.deepEqual(
          [await countOf(index, 'ann'), await countOf(index, 'bob')],
          [user === 'ann' ? 1 : 0, user === 'bob' ? 1 : 0],
        )
        assert.equal(index.size, user === undefined ? 0 : 1)
      }
    }
  })

  test('stay with the user under a new id', async () => {
    const {
      cluster,
      nodes: [a, b],
    } = await nodes(2)
    const key = login(a!.manager, { userId: 'ann' })
    void a!.manager.changeKey(a!.manager.find(key)!)
    await cluster.settle()
    for (const { index } of [a!, b!]) {
      const keys = await keysOf(index, 'ann')
      assert.equal(keys.length, 1)
      assert.notEqual(keys[0], key)
    }
  })

  test('are no more when they have expired', async () => {
    const {
      cluster,
      nodes: [a, b],
    } = await nodes(2)
    login(a!.manager, { userId: 'ann' })
    await cluster.advance(31 * 60_000, 30_000)
    for (const { index } of [a!, b!]) assert.deepEqual([await countOf(index, 'ann'), index.size], [0, 0])
  })

  test('that were there before the index are in it; those after close are not', async () => {
    const manager = createSessionManager({ name: 'test' })
    login(manager, { userId: 7 })
    const index = new UserIndex(manager)
    assert.deepEqual([await countOf(index, 7), await countOf(index, '7')], [1, 1])
    index.close()
    login(manager, { userId: 7 })
    assert.deepEqual(await index.of(7), [])
  })

  test('of a node that joins are complete when it is ready', async () => {
    const {
      cluster,
      nodes: [a],
    } = await nodes(1)
    for (let i = 0; i < 50; i++) login(a!.manager, { userId: `user ${i % 5}` })
    await cluster.settle()
    const late = cluster.node()
    const index = new UserIndex(late.manager)
    cluster.network.meet()
    await cluster.until(late.manager.start())
    assert.deepEqual(await keysOf(index, 'user 3'), await keysOf(a!.index, 'user 3'))
    assert.equal(await countOf(index, 'user 3'), 10)
  })

  test('by an id inside a value, as passport keeps it', async () => {
    const manager = createSessionManager({ name: 'test' })
    const id = (value: unknown) => (value as { user?: string } | undefined)?.user
    const index = new UserIndex(manager, { attribute: 'passport', id })
    const key = login(manager, { passport: { user: 'ann' } })
    login(manager, { passport: {} })
    assert.deepEqual(await keysOf(index, 'ann'), [key])
  })

  test('sessions that were forgotten without a word do not stay in memory', () => {
    const manager = createSessionManager({ name: 'test' })
    const index = new UserIndex(manager)
    for (let i = 0; i < 10; i++) {
      const session = manager.find(login(manager, { userId: `gone ${i}` }))!
      session.ended = true
    }
    for (let i = 0; i < 1000; i++) login(manager, { userId: 'ann' })
    assert.equal(index.size, 1)
  })

  test('an id that is too long, or no proper text, is nobody', async () => {
    const manager = createSessionManager({ name: 'test' })
    const index = new UserIndex(manager)
    const longest = 'x'.repeat(1024)
    for (const userId of [longest, `${longest}x`, '\ud800', { id: 7 }, true]) login(manager, { userId })
    assert.deepEqual(
      [await countOf(index, longest), await countOf(index, `${longest}x`), await countOf(index, '\ud800'), index.size],
      [1, 0, 0, 1],
    )
  })
})

describe('destroyOf', () => {
  test('ends them on all nodes, and those of nobody else', async () => {
    const {
      cluster,
      nodes: [a, b],
    } = await nodes(2)
    const keys = [a!, b!, a!].map(({ manager }) => login(manager, { userId: 'ann' }))
    const bob = login(b!.manager, { userId: 'bob' })
    await cluster.settle()
    const spared = keys[1]!
    assert.equal(await a!.index.destroyOf('ann', { except: `${spared}.node-1` }), 2)
    await cluster.settle()
    for (const { manager, index } of [a!, b!]) {
      assert.deepEqual([...keys, bob].filter((key) => manager.find(key)).sort(), [spared, bob].sort())
      assert.deepEqual(await keysOf(index, 'ann'), [spared])
    }
    assert.equal(await b!.index.destroyOf('ann'), 1)
    assert.equal(await b!.index.destroyOf('ann'), 0)
  })
})

describe('law', () => {
  const users = ['ann', 'bob', 'cleo']
  const step = fc.record({
    node: fc.nat(2),
    what: fc.constantFrom('login', 'switch', 'logout', 'rename', 'settle', 'destroyOf'),
    user: fc.constantFrom(...users),
    pick: fc.nat(100),
  })

  test('whatever happens, all nodes agree afterwards, and with what the sessions say', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { cluster, nodes: all } = await nodes(3)
        for (const { node, what, user, pick } of steps) {
          const { manager, index } = all[node]!
          const living = [...manager.sessions()].filter((session) => manager.find(session.key) === session)
          const session = living[pick % living.length]
          if (what === 'settle') await cluster.settle()
          else if (what === 'login') login(manager, { userId: user })
          else if (what === 'destroyOf') void index.destroyOf(user)
          else if (session === undefined) continue
          else if (what === 'switch') change(manager, session.key, (visit) => visit.set('userId', user))
          else if (what === 'logout') void manager.destroy(session)
          else void manager.changeKey(session)
        }
        await cluster.settle()
        for (const { manager, index } of all as (TestNode & { index: UserIndex })[]) {
          for (const user of users) {
            const said = [...manager.sessions()].filter((session) => session.get('userId') === user)
            assert.deepEqual(await keysOf(index, user), said.map(({ key }) => key).sort())
            assert.deepEqual(await keysOf(index, user), await keysOf(all[0]!.index, user))
          }
        }
      }),
      { numRuns: 100 },
    )
  })
})
