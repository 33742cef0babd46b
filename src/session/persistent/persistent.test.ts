/** What the persistent manager does beyond what all managers do: how often it asks, and what it does when the store fails. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { atEnd } from '../../../test/kit/owner.ts'
import { needsPeer } from '../../../test/kit/peers.ts'
import { redisCli, startRedis, startRedisUnderSentinel } from '../../../test/kit/redis.ts'
import { until } from '../../../test/kit/until.ts'
import type { Mood } from '../testing/memory-store.ts'
import { redisClientAt, sentinelClientAt } from '../testing/redis-clients.ts'
import { typesOf } from '../testing/requests.ts'
import { begin, read, StoreCluster, type StoreNode, started, storeNode } from '../testing/store-nodes.ts'
import { microtasks } from '../testing/test-cluster.ts'
import { UserIndex } from '../user-index.ts'
import type { Visit } from '../visit.ts'
import { redisStore } from './redis-store.ts'

const MINUTE = 60_000

describe('what a request costs', () => {
  test('one read; what only reads says once in touchIntervalMs that the session is in use', async () => {
    const { cluster, store, b, key } = await started()
    for (let i = 0; i < 12; i++) {
      await (await begin(b, key)).commit()
      await cluster.advance(10_000)
    }
    const count = (name: string) => store.calls.filter((call) => call === name).length
    assert.deepEqual([count('read'), count('touch'), store.calls.length], [12, 1, 13])
  })

  test('one write more if it writes, of what changed and nothing else', async () => {
    const { store, b, key, a } = await started()
    const large = await begin(b, key)
    large.set('large', 'x'.repeat(50_000))
    await large.commit()
    store.calls.length = 0
    const before = a.manager.snapshot().counts.bytesSent
    const visit = await begin(a, key)
    visit.set('x', 2)
    await visit.commit()
    assert.deepEqual(store.calls, ['read', 'write'])
    assert.ok(a.manager.snapshot().counts.bytesSent - before < 50)
  })

  test('requests that write while a write is on its way share the next one, and each waits for its own', async () => {
    const { store, a, key } = await started()
    let release = () => {}
    store.gate = (step) => (step === 'write' ? new Promise((resolve) => (release = resolve)) : Promise.resolve())
    const visits = await Promise.all(Array.from({ length: 20 }, () => begin(a, key)))
    store.calls.length = 0
    const order: number[] = []
    const commits = visits.map((visit, i) => {
      visit.set(`y${i}`, i)
      return visit.commit()!.then(() => order.push(i))
    })
    await microtasks()
    assert.deepEqual([store.calls, order], [['write'], []])
    release()
    await microtasks()
    assert.deepEqual([store.calls, order], [['write', 'write'], [0]])
    store.gate = () => Promise.resolve()
    release()
    await Promise.all(commits)
    assert.equal(Object.keys((await read(a, key))!).length, 21)
  })

  test('asynchronous: the answer waits for nothing, and the next request here finds the session all the same', async () => {
    const { store, a } = await started({ sendOptions: 'asynchronous' })
    store.gate = async (step) => void (step === 'write' && (await microtasks()))
    const visit = a.manager.visit()
    visit.set('x', 1)
    assert.equal(visit.commit(), undefined)
    assert.deepEqual(await read(a, visit.key), { x: 1 })
  })

  test('a node keeps a session for a moment only', async () => {
    const { cluster, a, key } = await started()
    assert.equal(a.manager.snapshot().sessions, 1)
    await cluster.advance(20_000)
    assert.equal(a.manager.snapshot().sessions, 0)
    assert.deepEqual(await read(a, key), { x: 1 })
  })

  test('a request that lasts longer than that writes to the session all the same', async () => {
    const { cluster, a, b, key } = await started()
    const long = await begin(a, key)
    await cluster.advance(20_000)
    const other = await begin(a, key)
    other.set('y', 1)
    long.set('z', 1)
    await Promise.all([other.commit(), long.commit()])
    assert.deepEqual(await read(b, key), { x: 1, y: 1, z: 1 })
  })
})

describe('a store that fails', () => {
  const moods: readonly [mood: Mood, code: string][] = [
    ['down', 'SESSION_STORE'],
    ['hang', 'SESSION_STORE_TIMEOUT'],
    ['deaf', 'SESSION_STORE_TIMEOUT'],
  ]
  for (const [mood, code] of moods) {
    test(`${mood}: load rejects within storeTimeoutMs; it is told of once, and of the end of it`, async () => {
      const { cluster, store, a, b, key } = await started({ storeTimeoutMs: 200 })
      store.mood = mood
      const failing = Promise.allSettled([b.load(key), b.load(key)])
      await cluster.advance(200, 100)
      for (const result of await failing) {
        assert.ok(result.status === 'rejected')
        assert.deepEqual([result.reason.code, result.reason.status], [code, 503])
      }
      store.mood = 'fine'
      assert.deepEqual(await read(b, key), { x: 1 })
      assert.deepEqual(typesOf(b.events, 'store-failed', 'store-back'), ['store-failed', 'store-back'])
      assert.deepEqual(typesOf(a.events, 'store-failed'), [])
    })

    test(`${mood}: what a request wrote is tried again until the store has it, once`, async () => {
      const { cluster, store, a, b, key } = await started({ storeTimeoutMs: 200 })
      const visit = await begin(a, key)
      visit.set('y', 1)
      store.mood = mood
      let isSettled = false
      void visit.commit()!.then(() => {
        isSettled = true
      })
      await cluster.advance(300, 100)
      assert.ok(isSettled, 'nobody waits longer')
      assert.equal(visit.session?.unsaved?.code, code)
      visit.set('z', 1)
      void visit.commit()
      await cluster.advance(5000)
      store.mood = 'fine'
      await cluster.advance(MINUTE)
      assert.equal(visit.session?.unsaved, undefined)
      assert.deepEqual(await read(b, key), { x: 1, y: 1, z: 1 })
      store.calls.length = 0
      await cluster.advance(MINUTE)
      assert.deepEqual(store.calls, [])
    })

    test(`${mood}: a session that began meanwhile gets there; a logout, too`, async () => {
      const { cluster, store, a, b, key } = await started({ storeTimeoutMs: 200 })
      const [begun, ended] = [a.manager.visit(), await begin(a, key)]
      store.mood = mood
      begun.set('y', 1)
      void begun.commit()
      void a.manager.destroy(ended.session!)
      assert.equal(await a.load(key), undefined, 'this node knows already')
      await cluster.advance(900)
      store.mood = 'fine'
      assert.deepEqual(await read(a, begun.key), { y: 1 }, 'also before the next attempt')
      await cluster.advance(MINUTE)
      assert.deepEqual(await read(b, begun.key), { y: 1 })
      assert.equal(await b.load(key), undefined)
    })
  }

  test('that has lost everything: sessions begin anew; what a request still writes to one does not make half a session', async () => {
    const { store, a, b, key } = await started()
    const held = await begin(a, key)
    store.loseAll()
    assert.equal(await b.load(key), undefined)
    held.set('y', 1)
    await held.commit()
    assert.deepEqual([await a.load(key), await b.load(key)], [undefined, undefined])
    assert.equal(held.get('x'), 1)
  })

  test('of which nothing fails, but the function that says whose a session is: that is told, and all the rest is done', async () => {
    const { a, b, key } = await started()
    const index = new UserIndex(a.manager, { id: (value) => (value as { name: string }).name })
    const visit = await begin(a, key)
    visit.set('y', 1)
    await visit.commit()
    assert.deepEqual(await read(b, key), { x: 1, y: 1 })
    await a.manager.destroy(visit.session!)
    assert.equal(await b.load(key), undefined)
    assert.deepEqual(typesOf(a.events, 'listener-failed'), ['listener-failed', 'listener-failed'])
    index.close()
  })

  test('for long is left alone, and asked by one request after a pause', async () => {
    const { cluster, store, b, key } = await started({ retryMs: 500 })
    store.mood = 'down'
    for (let i = 0; i < 10; i++) await assert.rejects(b.load(key))
    store.calls.length = 0
    await assert.rejects(b.load(key), { code: 'SESSION_STORE', message: /10 times in a row/ })
    assert.deepEqual(store.calls, [])
    await cluster.advance(500)
    store.mood = 'hang'
    const probe = b.load(key)
    await assert.rejects(b.load(key), { message: /10 times in a row/ })
    assert.deepEqual(store.calls, ['read'])
    await Promise.all([assert.rejects(probe), cluster.advance(1000)])
    await cluster.advance(1000)
    store.mood = 'fine'
    assert.deepEqual(await read(b, key), { x: 1 })
  })

  test('limits.storeCalls bounds what waits for it, also what nobody waits for any more', async () => {
    const { cluster, store, b, key } = await started({ limits: { storeCalls: 2 } })
    store.mood = 'hang'
    const hung = Promise.allSettled([b.load(key), b.load(key)])
    await assert.rejects(b.load(key), { code: 'SESSION_STORE_BUSY' })
    await cluster.advance(2000)
    await hung
    await assert.rejects(b.load(key), { code: 'SESSION_STORE_BUSY' })
  })

  test('limits.unsaved bounds what waits for its return; what is given up is told', async () => {
    const { store, a } = await started({ limits: { unsaved: 2 } })
    store.mood = 'down'
    const visits = Array.from({ length: 3 }, () => a.manager.visit())
    for (const visit of visits) {
      visit.set('y', 1)
      await visit.commit()
    }
    const lost = a.events.flatMap((event) => (event.type === 'change-lost' ? [event.session.key] : []))
    assert.deepEqual(lost, [visits[2]!.key])
  })

  test('stop waits for what is on its way, tries once more what failed, and tells what is lost', async () => {
    const { store, a, b, key } = await started()
    const visit = await begin(a, key)
    store.mood = 'down'
    visit.set('y', 1)
    await visit.commit()
    store.mood = 'fine'
    visit.set('z', 1)
    void visit.commit()
    await a.manager.stop()
    assert.deepEqual(await read(b, key), { x: 1, y: 1, z: 1 })
    const other = await begin(b, key)
    store.mood = 'down'
    other.set('lost', 1)
    void other.commit()
    await b.manager.stop()
    assert.deepEqual(typesOf(b.events, 'change-lost'), ['change-lost'])
  })

  test('with what is no session of clowder: the request fails, and nothing is taken over', async () => {
    const { cluster, store, b, key } = await started()
    const change = { create: false, ageMs: 0, idleMs: 0, lifetimeMs: 0, maxFields: 10 }
    await store.open('test').write(key, { ...change, fields: new Map([['x', Buffer.alloc(20, 0xff)]]) })
    await assert.rejects(b.load(key), { code: 'SESSION_MESSAGE' })
    await cluster.advance(1000)
    assert.equal(b.manager.snapshot().sessions, 0)
  })
})

test('a node that dies while it gives a session another key leaves it whole, under one of the two', async () => {
  for (let step = 0; ; step++) {
    const { store, a, b, key } = await started()
    const visit = await begin(a, key)
    let left = step
    let hasDied = false
    // Its calls do not get through any more; those of the other node do.
    store.gate = async () => {
      if (left-- > 0) return
      hasDied = true
      throw new Error('this process is dead')
    }
    await a.manager.changeKey(visit.session!)
    store.gate = () => Promise.resolve()
    const [old, next] = [await read(b, key), await read(b, visit.key)]
    if (!hasDied) {
      assert.deepEqual([old, next], [undefined, { x: 1 }])
      assert.ok(step >= 3)
      return
    }
    assert.deepEqual(old ?? next, { x: 1 }, `after ${step} steps`)
  }
})

describe('law', () => {
  const plan = fc.array(
    fc.record({
      node: fc.nat(2),
      what: fc.constantFrom('begin', 'begin', 'set', 'set', 'set', 'commit', 'commit', 'changeKey', 'step', 'step'),
      pick: fc.nat(50),
    }),
    { maxLength: 60, size: 'max' },
  )

  test('overlapping requests on three nodes never lose an attribute, in whatever order the store is reached', async () => {
    await fc.assert(
      fc.asyncProperty(plan, fc.infiniteStream(fc.nat(1000)), async (steps, chance) => {
        const cluster = new StoreCluster()
        const nodes = await cluster.started(3)
        const first = nodes[0]!.manager.visit()
        first.set('begin', true)
        await first.commit()
        const waiting: (() => void)[] = []
        cluster.store.gate = () => new Promise((resolve) => void waiting.push(resolve))
        const random = () => chance.next().value
        const go = async () => {
          waiting.splice(random() % waiting.length, 1)[0]?.()
          await microtasks()
        }
        const open: { visit: Visit; node: StoreNode }[] = []
        const work: Promise<unknown>[] = []
        const expected: Record<string, unknown> = { begin: true }
        const keys = new Set([first.key])
        let value = 0
        for (const { node: at, what, pick } of steps) {
          const node = nodes[at]!
          const one = open[pick % open.length]
          if (what === 'step') await go()
          else if (what === 'begin') {
            const key = [...keys].at(-1)!
            work.push(
              node.load(key).then((session) => {
                if (session !== undefined) open.push({ visit: node.manager.visit(session), node })
              }),
            )
          } else if (one === undefined) continue
          else if (what === 'set') {
            one.visit.set(`a${++value}`, value)
            expected[`a${value}`] = value
          } else if (what === 'commit') work.push(one.visit.commit() ?? Promise.resolve())
          else {
            work.push(one.node.manager.changeKey(one.visit.session!) ?? Promise.resolve())
            keys.add(one.visit.key)
          }
        }
        for (const { visit } of open) work.push(visit.commit() ?? Promise.resolve())
        const all = Promise.all(work)
        let isDone = false
        void all.then(() => {
          isDone = true
        })
        while (!isDone) await (waiting.length > 0 ? go() : microtasks())
        cluster.store.gate = () => Promise.resolve()
        for (const { visit } of open) keys.add(visit.key)
        for (const node of nodes) {
          const seen = (await Promise.all([...keys].map((key) => read(node, key)))).filter((one) => one !== undefined)
          assert.deepEqual(seen, [expected])
        }
      }),
      { numRuns: 150 },
    )
  })
})

test('a Redis that stands still, and one that comes back empty', needsPeer('redis'), async (t) => {
  const redis = await startRedis({ owner: t })
  const store = redisStore(await redisClientAt(t, redis.port))
  const node = await storeNode(store, 'w1', { storeTimeoutMs: 1000, retryMs: 50, scanIntervalMs: 20 })
  const sees = (key: string, values: object | undefined) =>
    until(`it sees ${JSON.stringify(values)}`, async () => {
      assert.deepEqual(await read(node, key), values)
      return true
    })
  const visit = node.manager.visit()
  visit.set('x', 1)
  await visit.commit()

  redis.process.signal('SIGSTOP')
  await assert.rejects(node.load(visit.key), { code: 'SESSION_STORE_TIMEOUT' })
  visit.set('y', 1)
  await visit.commit()
  assert.ok(visit.session?.unsaved)
  redis.process.signal('SIGCONT')
  await until('the change is saved', () => visit.session?.unsaved === undefined)
  await sees(visit.key, { x: 1, y: 1 })

  await redis.stop()
  await assert.rejects(node.load(visit.key), { status: 503 })
  await startRedis({ owner: t, port: redis.port })
  await sees(visit.key, undefined)
  const next = node.manager.visit()
  next.set('x', 1)
  await next.commit()
  await sees(next.key, { x: 1 })
  await until('it is saved', async () => (await redisCli(redis.port, 'dbsize')) === '1')
  await node.manager.stop()
})

test('a Redis that fails over under Sentinel: sessions go on', needsPeer('redis'), async (t) => {
  const { master, replica, sentinel } = await startRedisUnderSentinel(t)
  const store = redisStore(await sentinelClientAt(t, sentinel.port))
  const node = await storeNode(store, 'w1', { storeTimeoutMs: 500, retryMs: 50, scanIntervalMs: 20 })
  atEnd(t, () => node.manager.stop())
  const visit = node.manager.visit()
  visit.set('x', 1)
  await visit.commit()
  await until('the replica has it', async () => (await redisCli(replica.port, 'dbsize')) === '1')
  await master.process.kill()
  visit.set('y', 1)
  await visit.commit()
  await until('the new master has the change', () => visit.session?.unsaved === undefined)
  await until('it answers', async () => {
    assert.deepEqual(await read(node, visit.key), { x: 1, y: 1 })
    return true
  })
  assert.match(await redisCli(replica.port, 'info', 'replication'), /role:master/)
})
