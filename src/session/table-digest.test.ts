/** What two tables are compared by. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { resolveOptions } from './options.ts'
import { BUCKETS, bucketOf } from './parts.ts'
import { Replica } from './replica.ts'
import { digestTable } from './table-digest.ts'

const options = resolveOptions({ name: 'test' })
const KEYS = ['000', 'FFF', 'FFE'].map((digits) => digits.padEnd(32, '1'))

function table(keys: readonly string[], change: (replica: Replica) => void = () => {}): Replica {
  const replica = new Replica(options)
  for (const key of keys) {
    const session = replica.create(key, 1000, 'node-one', 0)
    session.write('n', key, options.limits)
    session.commit({ timeMs: 1000, count: 0, node: 'node-one' })
    session.announced = true
  }
  change(replica)
  return replica
}

async function differing(one: Replica, other: Replica): Promise<number[]> {
  const turn = () => Promise.resolve()
  const [left, right] = [await digestTable(one, turn), await digestTable(other, turn)]
  assert.equal(left.length, BUCKETS)
  return left.flatMap((sum, bucket) => (sum === right[bucket] ? [] : [bucket]))
}

describe('tables', () => {
  test('that hold the same agree, in whatever order', async () => {
    assert.deepEqual(await differing(table(KEYS), table([...KEYS].reverse())), [])
  })

  for (const [why, change] of [
    [
      'has another value',
      (replica: Replica) => {
        const session = replica.sessions.get(KEYS[1]!)!
        session.write('n', 2, options.limits)
        session.commit({ timeMs: 1001, count: 0, node: 'node-one' })
      },
    ],
    ['is missing', (replica: Replica) => replica.forget(replica.sessions.get(KEYS[1]!)!)],
    ['has ended', (replica: Replica) => void replica.end(replica.sessions.get(KEYS[1]!)!, 'destroyed', 0)],
  ] as const) {
    test(`of which one session ${why} differ in its bucket alone`, async () => {
      assert.deepEqual(await differing(table(KEYS), table(KEYS, change)), [bucketOf(KEYS[1]!)])
    })
  }

  test('do not differ by a session that no request has committed yet', async () => {
    const other = table(KEYS, (replica) => replica.create('A'.repeat(32), 1, 'node-one', 0))
    assert.deepEqual(await differing(table(KEYS), other), [])
  })

  test('that swapped two sessions of one bucket differ', async () => {
    const [one, two] = ['AAA1', 'AAA2'].map((digits) => digits.padEnd(32, '1')) as [string, string]
    const swap = (replica: Replica): void => {
      replica.sessions.get(one)!.key = two
      replica.sessions.get(two)!.key = one
    }
    const other = table([one, two], (replica) => {
      for (const [key, time] of [
        [one, 5],
        [two, 6],
      ] as const)
        replica.sessions.get(key)!.createdMs = time
    })
    const swapped = table([one, two], (replica) => {
      for (const [key, time] of [
        [one, 5],
        [two, 6],
      ] as const)
        replica.sessions.get(key)!.createdMs = time
      swap(replica)
    })
    assert.deepEqual(await differing(other, swapped), [0xaaa])
  })
})
