import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Attribute } from './attribute.ts'
import type { Fate } from './graves.ts'
import { resolveOptions } from './options.ts'
import { type Entry, Replica, type ReplicaSink } from './replica.ts'

const [A, B, C] = ['A', 'B', 'C'].map((letter) => letter.repeat(32)) as [string, string, string]

class Log implements ReplicaSink {
  readonly lines: string[] = []
  created = (session: { key: string }) => void this.lines.push(`created ${session.key[0]}`)
  changed = (session: { key: string }) => void this.lines.push(`changed ${session.key[0]}`)
  ended = (session: { key: string }, fate: Fate) => void this.lines.push(`${fate} ${session.key[0]}`)
  moved = (session: { key: string }, from: string) => void this.lines.push(`moved ${from[0]} ${session.key[0]}`)
  incomplete = (session: { key: string }) => void this.lines.push(`incomplete ${session.key[0]}`)
  revived = (key: string) => void this.lines.push(`revived ${key[0]}`)
}

function session(
  key: string,
  values: Record<string, number>,
  more: { accessedMs?: number; full?: boolean } = {},
): Entry {
  const { accessedMs = 5, full = true } = more
  const attributes = Object.entries(values).map(([name, value]) =>
    Attribute.ofScalar(name, value, { timeMs: value, count: 0, node: 'node' }),
  )
  return { type: 'session', key, full, createdMs: 1, accessedMs, owner: 'node', idleMs: 0, attributes }
}

function ending(key: string, fate: Fate, more: { to?: string; accessedMs?: number } = {}): Entry {
  return { type: 'ending', key, fate, to: more.to ?? '', accessedMs: more.accessedMs ?? 5 }
}

function replicaOf(entries: readonly Entry[], log = new Log()): Replica {
  const replica = new Replica(resolveOptions({ name: 'test' }))
  for (const entry of entries) replica.apply(entry, 0, log)
  return replica
}

function contents(replica: Replica): unknown {
  return [...replica.sessions.values()]
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map((one) => [
      one.key[0],
      one.complete,
      one
        .names()
        .sort()
        .map((name) => [name, one.get(name)]),
    ])
}

describe('entries of other nodes', () => {
  const rows: [rule: string, entries: Entry[], expected: unknown, log: string[]][] = [
    ['a whole session is there', [session(A, { x: 1 })], [['A', true, [['x', 1]]]], ['created A']],
    [
      'a change of an unknown session is kept, not served, and the rest is wanted',
      [session(A, { x: 1 }, { full: false })],
      [['A', false, [['x', 1]]]],
      ['incomplete A'],
    ],
    [
      'the rest may come before or after',
      [session(A, { x: 2 }, { full: false }), session(A, { x: 1, y: 1 })],
      [
        [
          'A',
          true,
          [
            ['x', 2],
            ['y', 1],
          ],
        ],
      ],
      ['incomplete A', 'created A'],
    ],
    ['what was destroyed is gone', [session(A, { x: 1 }), ending(A, 'destroyed')], [], ['created A', 'destroyed A']],
    ['and is not revived', [ending(A, 'destroyed'), session(A, { x: 9 }, { accessedMs: 99 })], [], []],
    [
      'an expiry ends what nobody used since',
      [session(A, { x: 1 }), ending(A, 'expired', { accessedMs: 5 })],
      [],
      ['created A', 'expired A'],
    ],
    [
      'an expiry of what was used since was wrong',
      [session(A, { x: 1 }, { accessedMs: 6 }), ending(A, 'expired', { accessedMs: 5 })],
      [['A', true, [['x', 1]]]],
      ['created A'],
    ],
    [
      'what was used before the expiry comes too late',
      [ending(A, 'expired', { accessedMs: 5 }), session(A, { x: 1 }, { accessedMs: 5 })],
      [],
      [],
    ],
    [
      'what was used after it revives the session, and everybody is asked for it',
      [ending(A, 'expired', { accessedMs: 5 }), session(A, { x: 1 }, { accessedMs: 6 })],
      [['A', true, [['x', 1]]]],
      ['revived A', 'created A'],
    ],
    [
      'a session that moved is there under its new key only',
      [session(A, { x: 1 }), ending(A, 'moved', { to: B })],
      [['B', true, [['x', 1]]]],
      ['created A', 'moved A B'],
    ],
    [
      'a change of the old key reaches the new one',
      [session(A, { x: 1 }), ending(A, 'moved', { to: B }), session(A, { y: 2 }, { full: false })],
      [
        [
          'B',
          true,
          [
            ['x', 1],
            ['y', 2],
          ],
        ],
      ],
      ['created A', 'moved A B', 'changed B'],
    ],
    [
      'destroying the old key destroys what it has become',
      [session(A, { x: 1 }), ending(A, 'moved', { to: B }), ending(B, 'moved', { to: C }), ending(A, 'destroyed')],
      [],
      ['created A', 'moved A B', 'moved B C', 'destroyed C'],
    ],
    [
      'moving what was destroyed destroys it there, too',
      [ending(A, 'destroyed'), ending(A, 'moved', { to: B }), session(B, { x: 1 })],
      [],
      [],
    ],
    [
      'an expiry of the old key says nothing of the new one',
      [session(A, { x: 1 }), ending(A, 'moved', { to: B }), ending(A, 'expired', { accessedMs: 99 })],
      [['B', true, [['x', 1]]]],
      ['created A', 'moved A B'],
    ],
    [
      'moves in a circle lose the session and hang nobody',
      [session(A, { x: 1 }), ending(A, 'moved', { to: B }), ending(B, 'moved', { to: A }), session(A, { x: 2 })],
      [],
      ['created A', 'moved A B', 'destroyed B'],
    ],
  ]
  for (const [rule, entries, expected, lines] of rows) {
    test(rule, () => {
      const log = new Log()
      assert.deepEqual(contents(replicaOf(entries, log)), expected)
      assert.deepEqual(log.lines, lines)
    })
  }

  test('a chain of moves of any length is walked without a stack', () => {
    const keys = Array.from({ length: 50_000 }, (_, i) => i.toString(16).toUpperCase().padStart(32, '0'))
    const chain = keys.slice(1).map((to, i) => ending(keys[i]!, 'moved', { to }))
    const replica = replicaOf([...chain, session(keys.at(-1)!, { x: 1 }), ending(keys[0]!, 'destroyed')])
    assert.equal(replica.sessions.size, 0)
  })
})

describe('the same entries in any order, and any of them twice, give the same replica', () => {
  /** A node that renames a session sends all of it along. */
  const move = fc
    .constantFrom<[from: string, to: string]>([A, B], [A, C], [B, C])
    .map(([from, to]) => [ending(from, 'moved', { to }), session(to, { moved: 1 })])
  const value = fc.integer({ min: 1, max: 50 })
  const key = fc.constantFrom(A, B, C)
  const change = fc
    .record({ key, name: fc.constantFrom('x', 'y'), value })
    .map((one) => [session(one.key, { [one.name]: one.value })])
  const end = key.map((one) => [ending(one, 'destroyed')])
  const groups = fc.array(fc.oneof({ weight: 4, arbitrary: change }, { weight: 2, arbitrary: move }, end), {
    maxLength: 8,
  })

  test('changes, renames and destructions', () => {
    const plan = groups.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
        fc.subarray(all),
      ),
    )
    fc.assert(
      fc.property(plan, ([all, shuffled, again]) => {
        const [one, other] = [replicaOf(all.flat()), replicaOf([...shuffled, ...again].flat())]
        assert.deepEqual(contents(other), contents(one))
      }),
      { numRuns: 1000 },
    )
  })
})
