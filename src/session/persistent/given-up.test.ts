/** What becomes of changes that `limits.unsaved` has given up, when the store takes writes again. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { typesOf } from '../testing/requests.ts'
import { begin, read, started } from '../testing/store-nodes.ts'

describe('what limits.unsaved has given up', () => {
  /** A store that is down, and one session of another user that has the only place. */
  async function full() {
    const all = await started({ limits: { unsaved: 1 }, aliasMs: 0 })
    const visit = await begin(all.a, all.key)
    const begun = all.a.manager.visit()
    const first = all.a.manager.visit()
    first.set('y', 1)
    all.store.mood = 'down'
    await first.commit()
    return { ...all, visit, begun }
  }

  test('a session that the store never had is created whole by its next change', async () => {
    const { cluster, store, a, b, begun } = await full()
    begun.set('x', 1)
    begun.set('y', 2)
    await begun.commit()
    assert.deepEqual(typesOf(a.events, 'change-lost'), ['change-lost'])
    // A request holds it for longer than this node does.
    await cluster.advance(20_000)
    store.mood = 'fine'
    begun.set('z', 3)
    await begun.commit()
    assert.equal(begun.session?.unsaved, undefined)
    assert.deepEqual(await read(b, begun.key), { x: 1, y: 2, z: 3 })
  })

  test('also by a next request that only reads', async () => {
    const { store, a, b, begun } = await full()
    begun.set('x', 1)
    await begun.commit()
    store.mood = 'fine'
    await (await begin(a, begun.key)).commit()
    assert.deepEqual(await read(b, begun.key), { x: 1 })
  })

  test('a change goes with the next one', async () => {
    const { store, a, b, key, visit } = await full()
    visit.set('y', 1)
    await visit.commit()
    assert.deepEqual(typesOf(a.events, 'change-lost'), ['change-lost'])
    store.mood = 'fine'
    visit.set('z', 1)
    await visit.commit()
    assert.deepEqual(await read(b, key), { x: 1, y: 1, z: 1 })
  })

  test('a key goes with it, too, and the old one ends', async () => {
    const { store, a, b, key, visit } = await full()
    await a.manager.changeKey(visit.session!)
    store.mood = 'fine'
    visit.set('y', 1)
    await visit.commit()
    assert.notEqual(visit.key, key)
    assert.deepEqual([await read(b, key), await read(b, visit.key)], [undefined, { x: 1, y: 1 }])
  })

  test('a session that is gone from the store stays so', async () => {
    const { store, b, key, visit } = await full()
    visit.set('y', 1)
    await visit.commit()
    store.mood = 'fine'
    store.loseAll()
    visit.set('z', 1)
    await visit.commit()
    assert.equal(await b.load(key), undefined)
  })
})

test('law: whatever was given up, and however often, one change that gets through brings all of a session', async () => {
  const what = fc.constantFrom('set', 'set', 'set', 'changeKey', 'fail', 'deaf', 'work', 'wait')
  const steps = fc.array(fc.tuple(what, fc.nat(2)), { maxLength: 40, size: 'max' })
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const { cluster, store, a, b } = await started({ limits: { unsaved: 1 }, storeTimeoutMs: 100 })
      const visits = [a.manager.visit(), a.manager.visit(), a.manager.visit()]
      const expected = visits.map((): Record<string, number> => ({}))
      const keys = new Set<string>()
      const set = async (at: number, name: string): Promise<void> => {
        visits[at]!.set(name, at)
        expected[at]![name] = at
        const settled = visits[at]!.commit()
        await cluster.advance(200, 100)
        await settled
      }
      for (const [step, [what, at]] of plan.entries()) {
        const { session } = visits[at]!
        if (what === 'set') await set(at, `x${step}`)
        else if (what === 'wait') await cluster.advance(4000)
        else if (what !== 'changeKey') store.mood = what === 'work' ? 'fine' : what === 'deaf' ? 'deaf' : 'down'
        else if (session !== undefined) {
          keys.add(session.key)
          void a.manager.changeKey(session)
          await cluster.advance(200, 100)
        }
      }
      store.mood = 'fine'
      for (const at of visits.keys()) {
        // More than once only as long as the store is left alone.
        do await set(at, 'last')
        while (visits[at]!.session?.unsaved !== undefined)
      }
      for (const [at, { key }] of visits.entries()) {
        keys.delete(key)
        assert.deepEqual(await read(b, key), expected[at])
      }
      for (const key of keys) assert.equal(await b.load(key), undefined)
      await a.manager.stop()
    }),
    { numRuns: 150 },
  )
})
