/** The sessions of a user where no node knows all of them. What holds with every manager is in `user-index.cases.ts`. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { MAX_NEEDED_KEYS, MESSAGE_VERSION } from './message.ts'
import { BITS, type SessionManagerOptions } from './options.ts'
import { read, write } from './testing/requests.ts'
import { TestCluster, type TestNode } from './testing/test-cluster.ts'
import { UserIndex } from './user-index.ts'

/** Since the nodes came: everybody's answer counts until then. */
const SETTLED_MS = 31_000

interface IndexedNode extends TestNode {
  readonly index: UserIndex
}

async function nodes(count: number, options: Partial<SessionManagerOptions> = {}) {
  const cluster = new TestCluster({ manager: 'backup', ...options })
  const started = await cluster.started(count)
  const indexed: IndexedNode[] = started.map((node) => ({ ...node, index: new UserIndex(node.manager) }))
  return { cluster, nodes: indexed }
}

async function login(cluster: TestCluster, node: TestNode, userId: string): Promise<string> {
  const key = write(node, undefined, { userId })
  await cluster.settle()
  return key
}

async function keysOf(cluster: TestCluster, { index }: IndexedNode, user: string): Promise<string[]> {
  return (await cluster.until(index.of(user))).map(({ key }) => key).sort()
}

const holders = (all: readonly TestNode[], key: string) =>
  all.filter(({ manager }) => [...manager.sessions()].some((session) => session.key === key))

describe('asking whose sessions are', () => {
  test('neither moves them nor counts as use, and leaves no copy behind', async () => {
    const { cluster, nodes: all } = await nodes(5)
    const key = await login(cluster, all[0]!, 'ann')
    await cluster.advance(60_000)
    const { owner, accessedMs, touchedAt } = all[0]!.manager.find(key)!
    const kept = holders(all, key)
    for (const node of all) {
      const [session] = await cluster.until(node.index.of('ann'))
      assert.deepEqual([session?.key, session?.get('userId'), session?.accessedMs], [key, 'ann', accessedMs])
    }
    await cluster.advance(10_000)
    const after = all[0]!.manager.find(key)!
    assert.deepEqual([after.owner, after.accessedMs, after.touchedAt], [owner, accessedMs, touchedAt])
    assert.deepEqual(holders(all, key), kept)
    assert.equal(kept.length, 2)
  })

  test('a session that was asked for may be used then: it moves, and nothing is lost', async () => {
    const { cluster, nodes: all } = await nodes(4)
    const key = await login(cluster, all[0]!, 'ann')
    const far = all.find((node) => node.manager.find(key) === undefined)!
    const [session] = await cluster.until(far.index.of('ann'))
    write(all[0]!, key, { n: 1 })
    const visit = far.manager.visit(session)
    visit.set('m', 2)
    void visit.commit()
    await cluster.advance(30_000)
    for (const node of holders(all, key)) assert.deepEqual(read(node, key), { userId: 'ann', n: 1, m: 2 })
  })

  test('asks each other node once where all of them are here', async () => {
    const { cluster, nodes: all } = await nodes(3, { backups: 2 })
    await login(cluster, all[1]!, 'ann')
    const found = all[0]!.index.of('ann')
    const questions = cluster.network.flights.length
    let answers = 0
    await cluster.settle((flight) => {
      if (flight.to === all[0]!.channel) answers++
      return true
    })
    assert.equal((await found).length, 1)
    assert.deepEqual([questions, answers], [2, 2])
  })
})

describe('nodes that do not answer', () => {
  /** Node 0 asks; nothing gets to these any more, and nobody has noticed. */
  async function silenced(silent: number, backups = 1) {
    const { cluster, nodes: all } = await nodes(4, { backups })
    const keys: string[] = []
    for (let i = 0; i < 24; i++) keys.push(await login(cluster, all[i % 4]!, 'ann'))
    const mute = all.slice(4 - silent).map(({ channel }) => channel)
    const others = all.slice(0, 4 - silent).map(({ channel }) => channel)
    cluster.network.cut(mute, others)
    return { cluster, asking: all[0]!, keys: keys.sort() }
  }

  for (const backups of [1, 2]) {
    test(`as many as ${backups} with ${backups} backups: nothing is missed`, async () => {
      const { cluster, asking, keys } = await silenced(backups, backups)
      assert.deepEqual(await keysOf(cluster, asking, 'ann'), keys)
    })

    test(`more than ${backups} with ${backups} backups: it is said, and no session is ended`, async () => {
      const { cluster, asking } = await silenced(backups + 1, backups)
      const before = asking.manager.snapshot().sessions
      await assert.rejects(cluster.until(asking.index.of('ann')), { code: 'SESSION_UNANSWERED', status: 503 })
      await assert.rejects(cluster.until(asking.index.destroyOf('ann')), { code: 'SESSION_UNANSWERED' })
      assert.equal(asking.manager.snapshot().counts.destroyed, 0)
      assert.equal(asking.manager.snapshot().sessions, before)
    })
  }

  test('one that never answers, as an older version, is not waited for', async () => {
    const { cluster, nodes: all } = await nodes(3, { fetchTimeoutMs: 60_000 })
    const key = await login(cluster, all[0]!, 'ann')
    await cluster.advance(SETTLED_MS)
    const before = cluster.clock.monotonic()
    let keys: string[] | undefined
    void all[1]!.index.of('ann').then((found) => {
      keys = found.map((session) => session.key)
    })
    const hears = { to: all[2]!.channel, from: all[1]!.channel }
    const isQuestion = (flight: { from: unknown; to: unknown }) => flight.from === hears.from && flight.to === hears.to
    for (const flight of [...cluster.network.flights].filter(isQuestion)) cluster.network.lose(flight)
    await cluster.settle()
    for (let ms = 0; ms < 200 && keys === undefined; ms += 50) await cluster.advance(50, 50)
    assert.deepEqual(keys, [key])
    assert.ok(cluster.clock.monotonic() - before <= 200)
  })

  test('one that has no index says so, and counts as silent', async () => {
    const { cluster, nodes: all } = await nodes(3)
    const key = await login(cluster, all[0]!, 'ann')
    all[1]!.index.close()
    const [asking] = all
    assert.deepEqual(await keysOf(cluster, asking!, 'ann'), [key])
    all[2]!.index.close()
    await assert.rejects(cluster.until(asking!.index.of('ann')), { code: 'SESSION_UNANSWERED' })
  })

  test('a session of which only an old copy is left is found, as a request would', async () => {
    const { cluster, nodes: all } = await nodes(5)
    const [first, second, third] = all as [IndexedNode, IndexedNode, IndexedNode]
    await cluster.advance(SETTLED_MS)
    const keys = await Promise.all(Array.from({ length: 40 }, () => login(cluster, first, 'ann')))
    for (const node of [second, third]) {
      for (const key of keys) {
        await cluster.until(Promise.resolve(node.manager.load(key)))
        write(node, key, { by: node.name })
      }
      await cluster.settle()
    }
    const old = keys.filter((key) => holders([first], key).length > 0 && holders(all, key).length === 3)
    for (const node of all.slice(1, 4)) cluster.kill(node)
    cluster.network.notice()
    const left = [first, all[4]!]
    const found = new Set(await keysOf(cluster, all[4]!, 'ann'))
    const living: string[] = []
    for (const key of old) {
      const had = await Promise.all(left.map(({ manager }) => cluster.until(Promise.resolve(manager.load(key)))))
      if (had.some((session) => session !== undefined)) living.push(key)
    }
    assert.deepEqual(
      living.filter((key) => !found.has(key)),
      [],
    )
    assert.ok(living.length > 0)
  })

  test('one that is lost while it is asked', async () => {
    const { cluster, nodes: all } = await nodes(3)
    const keys = [await login(cluster, all[2]!, 'ann'), await login(cluster, all[1]!, 'ann')].sort()
    const found = all[0]!.index.of('ann')
    cluster.kill(all[2]!)
    cluster.network.notice()
    assert.deepEqual((await cluster.until(found)).map(({ key }) => key).sort(), keys)
  })

  test('a manager that stops answers nobody, and keeps nobody waiting', async () => {
    const { cluster, nodes: all } = await nodes(4)
    await login(cluster, all[0]!, 'ann')
    const found = all[0]!.index.of('ann')
    await Promise.all([assert.rejects(found, { code: 'SESSION_UNANSWERED' }), stopUnheard()])

    async function stopUnheard(): Promise<void> {
      for (const flight of [...cluster.network.flights]) cluster.network.lose(flight)
      await cluster.until(all[0]!.manager.stop())
    }
  })
})

describe('limits', () => {
  test('destroyOf ends all of a user that has more than fit a message', async () => {
    const { cluster, nodes: all } = await nodes(3)
    const count = MAX_NEEDED_KEYS + 10
    for (let i = 0; i < count; i++) write(all[2]!, undefined, { userId: 'ann' })
    const bob = await login(cluster, all[1]!, 'bob')
    assert.equal(await cluster.until(all[0]!.index.destroyOf('ann')), count)
    await cluster.settle()
    for (const node of all) assert.deepEqual(await keysOf(cluster, node, 'ann'), [])
    assert.deepEqual(await keysOf(cluster, all[2]!, 'bob'), [bob])
  })

  test('of more questions than limits.fetches the rest are refused', async () => {
    const { cluster, nodes: all } = await nodes(2, { limits: { fetches: 2 } })
    const { index } = all[0]!
    const asked = [index.of('ann'), index.of('bob')]
    await assert.rejects(index.of('cleo'), { code: 'SESSION_UNANSWERED' })
    for (const found of asked) assert.deepEqual(await cluster.until(found), [])
    assert.deepEqual(await cluster.until(index.of('cleo')), [])
  })
})

describe('law', () => {
  const users = ['ann', 'bob']
  const step = fc.record({
    node: fc.nat(3),
    what: fc.constantFrom('login', 'switch', 'logout', 'rename', 'visit elsewhere', 'destroyOf', 'lose a node'),
    user: fc.constantFrom(...users),
    pick: fc.nat(100),
  })

  test('whatever happens, all nodes find all living sessions of a user and no others', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const { cluster, nodes: all } = await nodes(4)
        const living = new Map<string, string>()
        let alive = all
        for (const { node, what, user, pick } of steps) {
          const { manager, index } = alive[node % alive.length]!
          if (what === 'login') living.set(await login(cluster, alive[node % alive.length]!, user), user)
          else if (what === 'lose a node') {
            if (alive.length < 3) continue
            const [lost] = alive.slice(node % alive.length)
            cluster.kill(lost!)
            cluster.network.notice()
            alive = alive.filter((one) => one !== lost)
            await cluster.advance(3000)
          } else if (what === 'destroyOf') {
            await cluster.until(index.destroyOf(user))
            for (const [key, whose] of living) if (whose === user) living.delete(key)
          } else {
            const key = [...living.keys()][pick % living.size]
            const session = key && (await cluster.until(Promise.resolve(manager.load(key))))
            if (!key || !session) continue
            const visit = manager.visit(session)
            if (what === 'switch') {
              visit.set('userId', user)
              living.set(key, user)
            } else if (what === 'logout') {
              void manager.destroy(session)
              living.delete(key)
            } else if (what === 'rename') {
              void manager.changeKey(session)
              living.set(session.key, living.get(key)!)
              living.delete(key)
            }
            void visit.commit()
          }
          // Nodes that use a session in one millisecond have to find out which of them serves it.
          await cluster.advance(500)
        }
        for (const node of alive) {
          for (const user of users) {
            const expected = [...living].flatMap(([key, whose]) => (whose === user ? [key] : []))
            assert.deepEqual(await keysOf(cluster, node, user), expected.sort())
          }
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('a message of a kind that a node does not know', () => {
  test('is reported, is for nobody else, and the node goes on', async () => {
    const { cluster, nodes: all } = await nodes(2)
    const [a, b] = all
    const name = Buffer.from('test-map')
    const later = Buffer.concat([Buffer.from([MESSAGE_VERSION, 99, name.length]), name, Buffer.from('node-one?!')])
    await Promise.all([
      a!.channel.send([b!.channel.local], later, BITS.BYTE_MESSAGE | BITS.ASYNCHRONOUS),
      cluster.settle(),
    ])
    assert.deepEqual(
      b!.events.flatMap((event) => (event.type === 'message-unknown' ? [event.kind] : [])),
      [99],
    )
    assert.equal(b!.manager.snapshot().counts.messagesRefused, 0)
    const key = await login(cluster, a!, 'ann')
    assert.deepEqual(await keysOf(cluster, b!, 'ann'), [key])
  })
})
