/** What every store promises, whatever it is made of. Times are real, so they are short, and waited for. */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { until } from '../../../test/kit/until.ts'
import { Attribute } from '../attribute.ts'
import { DONE, MISSING, type OpenStore, type SessionStore, type StoredChange } from './store.ts'
import { decodeField, encodeField } from './stored-field.ts'

const HOUR = 3_600_000
const KEY = '0123456789ABCDEF0123456789ABCDEF'
const OTHER = 'FEDCBA9876543210FEDCBA9876543210'

/** An attribute written at `timeMs` by `node`; undefined = a removal. */
function field(name: string, value: string | undefined, timeMs: number, count = 0, node = 'n0000000'): Uint8Array {
  const version = { timeMs, count, node }
  return encodeField(
    value === undefined ? Attribute.ofRemoval(name, version) : Attribute.ofScalar(name, value, version),
  )
}

function change(fields: Record<string, Uint8Array>, more: Partial<StoredChange> = {}): StoredChange {
  const times = { idleMs: HOUR, lifetimeMs: 0 }
  return { create: false, ageMs: 0, maxFields: 100, ...times, fields: new Map(Object.entries(fields)), ...more }
}

async function values(store: OpenStore, key = KEY): Promise<Record<string, unknown> | string> {
  const stored = await store.read(key)
  if (stored.type !== 'living') return stored.type
  return Object.fromEntries(
    [...stored.fields].map(([name, bytes]) => {
      const attribute = decodeField(name, bytes)
      return [name, attribute.removed ? 'removed' : attribute.read()]
    }),
  )
}

export function storeCases(createStore: (t: TestContext) => Promise<SessionStore>): void {
  const opened = async (t: TestContext) => (await createStore(t)).open(t.name)

  describe('a session in the store', () => {
    test('is what was written, byte by byte', async (t) => {
      const store = await opened(t)
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
      const written = { x: bytes, '\0own': field('\0own', 'y', 1), 'grüße 😀': field('z', '', 2) }
      assert.deepEqual(await store.write(KEY, change(written, { create: true })), DONE)
      const stored = await store.read(KEY)
      assert.ok(stored.type === 'living')
      assert.deepEqual(
        Object.fromEntries([...stored.fields].map(([name, one]) => [name, Uint8Array.from(one)])),
        Object.fromEntries(Object.entries(written).map(([name, one]) => [name, Uint8Array.from(one)])),
      )
      assert.equal(stored.writes, 1)
      assert.ok(stored.accessedMs <= stored.nowMs && stored.createdMs <= stored.accessedMs)
    })

    test('is made by who says so, and by nobody else', async (t) => {
      const store = await opened(t)
      assert.deepEqual(await store.write(KEY, change({ x: field('x', '1', 1) })), MISSING)
      assert.deepEqual(await store.touch(KEY, { idleMs: HOUR, lifetimeMs: 0 }), MISSING)
      assert.equal(await values(store), 'missing')
      await store.write(KEY, change({}, { create: true, ageMs: 5000 }))
      const stored = await store.read(KEY)
      assert.ok(stored.type === 'living' && stored.nowMs - stored.createdMs >= 5000)
    })

    test('of another application is another', async (t) => {
      const store = await createStore(t)
      await store.open('shop {a}').write(KEY, change({ x: field('x', '1', 1) }, { create: true }))
      assert.equal(await values(store.open('blog {a}')), 'missing')
      assert.deepEqual(await values(store.open('shop {a}')), { x: '1' })
    })
  })

  const orders: readonly [rule: string, a: [number, number, string], b: [number, number, string]][] = [
    ['the later time', [1, 9, 'z'], [2, 0, 'a']],
    ['the later time, also where its low bytes are smaller', [0x1ff, 0, 'a'], [0x200, 0, 'a']],
    ['the later time beyond 32 bits', [2 ** 32 - 1, 0, 'z'], [2 ** 32, 0, 'a']],
    ['at one time the higher count', [5, 1, 'z'], [5, 2, 'a']],
    ['the higher count beyond a byte', [5, 255, 'z'], [5, 256, 'a']],
    ['at one count the greater node', [5, 1, 'a'], [5, 1, 'b']],
    ['nodes by their bytes, not by an alphabet', [5, 1, 'Z'], [5, 1, 'a']],
    ['nodes by their bytes, also those that are no letters', [5, 1, '\x7f'], [5, 1, '\x80']],
  ]
  describe('of two writes of an attribute stays', () => {
    for (const [rule, a, b] of orders) {
      test(rule, async (t) => {
        const store = await opened(t)
        const make = (value: string, [timeMs, count, node]: [number, number, string]) =>
          field('x', value, timeMs, count, node.padEnd(8, '\0'))
        const [earlier, later] = [make('earlier', a), make('later', b)]
        for (const order of [
          [earlier, later],
          [later, earlier],
        ]) {
          const key = order[0] === earlier ? KEY : OTHER
          for (const x of order) await store.write(key, change({ x }, { create: true }))
          assert.deepEqual(await values(store, key), { x: 'later' })
        }
      })
    }

    test('the later one, of each attribute for itself; a removal is a write', async (t) => {
      const store = await opened(t)
      await store.write(KEY, change({ x: field('x', 'a', 5), y: field('y', 'a', 5) }, { create: true }))
      await store.write(KEY, change({ x: field('x', 'b', 4), y: field('y', undefined, 6), z: field('z', 'b', 4) }))
      await store.write(KEY, change({ y: field('y', 'late', 5) }))
      assert.deepEqual(await values(store), { x: 'a', y: 'removed', z: 'b' })
    })
  })

  test('removals of long ago are forgotten where there are too many fields, young ones and values are not', async (t) => {
    const store = await opened(t)
    const first = { old: field('old', undefined, 1), kept: field('kept', 'x', 1) }
    await store.write(KEY, change(first, { create: true, maxFields: 2 }))
    assert.deepEqual(await values(store), { old: 'removed', kept: 'x' })
    await store.write(KEY, change({ young: field('young', undefined, Date.now()) }, { maxFields: 2 }))
    assert.deepEqual(await values(store), { kept: 'x', young: 'removed' })
  })

  describe('the end of a session', () => {
    test('a write that comes late does not bring it back, not even one that would make it', async (t) => {
      const store = await opened(t)
      const x = field('x', '1', 1)
      await store.write(KEY, change({ x }, { create: true }))
      assert.deepEqual(await store.destroy(KEY, HOUR), DONE)
      for (const create of [false, true]) {
        assert.deepEqual(await store.write(KEY, change({ x }, { create })), { type: 'destroyed' })
      }
      assert.deepEqual(await store.touch(KEY, { idleMs: HOUR, lifetimeMs: 0 }), { type: 'destroyed' })
      assert.equal(await values(store), 'destroyed')
      assert.deepEqual(await store.destroy(KEY, HOUR), DONE, 'twice is once')
    })

    test('also of one that is not there yet: it may be on its way', async (t) => {
      const store = await opened(t)
      await store.destroy(KEY, HOUR)
      assert.deepEqual(await store.write(KEY, change({}, { create: true })), { type: 'destroyed' })
    })

    test('is forgotten after its time', async (t) => {
      const store = await opened(t)
      await store.destroy(KEY, 30)
      await until('it is forgotten', async () => (await values(store)) === 'missing')
    })

    test('comes by itself when it is idle; a write and a touch put it off', async (t) => {
      const store = await opened(t)
      for (let idleMs = 400; ; idleMs *= 2) {
        const idle = { idleMs, lifetimeMs: 0 }
        const started = performance.now()
        for (const key of [KEY, OTHER]) await store.write(key, change({}, { create: true, ...idle }))
        let [usedAt, longestMs] = [started, 0]
        const pass = (now: number) => {
          longestMs = Math.max(longestMs, now - usedAt)
          usedAt = now
        }
        await until('the other one has ended', async () => {
          pass(performance.now())
          await store.touch(KEY, idle)
          return (await values(store, OTHER)) === 'missing'
        })
        assert.ok(performance.now() - started >= idleMs - 10)
        const found = await values(store)
        pass(performance.now())
        // This machine stood still for so long that it was idle, too: once more, with more time.
        if (longestMs >= idleMs / 2) continue
        assert.deepEqual(found, {})
        await until('it has ended, too', async () => (await values(store)) === 'missing')
        return
      }
    })

    test('comes by itself at its age, however much it is used; idle 0 alone never', async (t) => {
      const store = await opened(t)
      // The touch may come too late on a slow machine: once more, with more time.
      for (let idleMs = 50; ; idleMs *= 2) {
        assert.ok(idleMs < 60_000, 'a touch always comes too late')
        await store.write(OTHER, change({}, { create: true, idleMs }))
        if ((await store.touch(OTHER, { idleMs: 0, lifetimeMs: 0 })).type === 'done') break
      }
      const times = { idleMs: 0, lifetimeMs: 10_000 }
      await store.write(KEY, change({}, { create: true, ageMs: 9700, ...times }))
      await until('it has ended', async () => (await store.touch(KEY, times)).type === 'missing')
      assert.deepEqual(await values(store, OTHER), {})
    })
  })

  describe('another key', () => {
    const move = { to: OTHER, rememberMs: HOUR }

    test('is taken only if nothing was written since; else the answer is what there is', async (t) => {
      const store = await opened(t)
      await store.write(KEY, change({ x: field('x', '1', 1) }, { create: true }))
      await store.write(KEY, change({ x: field('x', '2', 2) }))
      const answer = await store.leave(KEY, { ...move, writes: 1 })
      assert.ok(answer.type === 'living')
      assert.equal(answer.writes, 2)
      assert.deepEqual(decodeField('x', answer.fields.get('x')!).read(), '2')
      assert.deepEqual(await store.leave(KEY, { ...move, writes: 2 }), DONE)
    })

    test('is what late writes, touches and ends are told', async (t) => {
      const store = await opened(t)
      await store.write(KEY, change({}, { create: true }))
      assert.deepEqual(await store.leave(KEY, { ...move, writes: undefined }), DONE)
      const answers = [
        await store.read(KEY),
        await store.write(KEY, change({}, { create: true })),
        await store.touch(KEY, { idleMs: HOUR, lifetimeMs: 0 }),
        await store.destroy(KEY, HOUR),
        await store.leave(KEY, { ...move, writes: 1 }),
      ]
      for (const answer of answers) {
        assert.ok(answer.type === 'moved')
        assert.equal(answer.to, OTHER)
        assert.ok(answer.agoMs >= 0 && answer.agoMs < 10_000)
      }
    })

    test('is not taken for one that has ended', async (t) => {
      const store = await opened(t)
      assert.deepEqual(await store.leave(KEY, { ...move, writes: undefined }), MISSING)
      await store.destroy(KEY, HOUR)
      assert.deepEqual(await store.leave(KEY, { ...move, writes: undefined }), { type: 'destroyed' })
    })
  })

  test('all keys are found, those of no other application', async (t) => {
    const store = await createStore(t)
    const [one, other] = [store.open(`${t.name} *`), store.open(`${t.name} **`)]
    const keys = Array.from({ length: 50 }, (_, i) => `${i}`.padStart(32, 'A'))
    await Promise.all(keys.map((key) => one.write(key, change({}, { create: true }))))
    await other.write(KEY, change({}, { create: true }))
    await one.claim('ann', keys[0]!, HOUR)
    const found = new Set<string>()
    const search = one.keys()
    for (let next = await search.next(); next.done !== true; next = await search.next()) {
      for (const key of next.value) found.add(key)
    }
    assert.deepEqual([...found].sort(), keys.sort())
  })

  describe("a user's sessions", () => {
    test('are those that were claimed and not released, of this user, those that last longest first', async (t) => {
      const store = await opened(t)
      await store.claim('ann', 'A', HOUR)
      await store.claim('ann', 'B', 0)
      await store.claim('ann', 'C', 2 * HOUR)
      await store.claim('bob', 'D', HOUR)
      assert.deepEqual(await store.claimed('ann', 10), ['B', 'C', 'A'])
      assert.deepEqual(await store.claimed('ann', 2), ['B', 'C'])
      await store.release('ann', 'B')
      await store.release('ann', 'D')
      await store.claim('ann', 'A', 3 * HOUR)
      assert.deepEqual(await store.claimed('ann', 10), ['A', 'C'])
      assert.deepEqual([await store.claimed('bob', 10), await store.claimed('{}', 10)], [['D'], []])
    })

    test('lapse one by one', async (t) => {
      const store = await opened(t)
      await store.claim('ann', 'A', 40)
      await store.claim('ann', 'B', HOUR)
      await until('A has lapsed', async () => (await store.claimed('ann', 10)).join() === 'B')
    })
  })
}
