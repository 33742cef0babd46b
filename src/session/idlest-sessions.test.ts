import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { IdlestSessions, type IdlestSizes } from './idlest-sessions.ts'
import { Session } from './session.ts'

const SMALL = { kept: 4, sample: 2 }

/** A table of sessions that were used at these moments, and a finder that may end all but the `mine: false`. */
function tableOf(
  touchedAt: readonly number[],
  sizes: IdlestSizes = SMALL,
  isMine: (key: string) => boolean = () => true,
) {
  const sessions = new Map(touchedAt.map((at, i) => [`${i}`, new Session(`${i}`, 0, '', at, 0)]))
  let looks = 0
  const idlest = new IdlestSessions(
    sessions,
    ({ key }) => {
      looks++
      return isMine(key)
    },
    sizes,
  )
  return {
    sessions,
    idlest,
    /** How often it was asked whether one may end, since the last time. */
    looks() {
      const count = looks
      looks = 0
      return count
    },
    search() {
      for (const session of sessions.values()) if (isMine(session.key)) idlest.offer(session)
      idlest.searched()
    },
    /** Takes one and ends it, as a manager does. */
    end() {
      const session = idlest.take()
      if (session !== undefined) sessions.delete(session.key)
      return session?.touchedAt
    },
  }
}

describe('the idlest session', () => {
  test('of a search come in order, as many as are kept', () => {
    const table = tableOf([50, 10, 70, 30, 60, 20, 80, 40, 90, 5])
    table.search()
    assert.deepEqual([table.end(), table.end(), table.end(), table.end()], [5, 10, 20, 30])
  })

  test('is none that was used since, that has ended, or that another node serves', () => {
    const table = tableOf([1, 2, 3, 4], SMALL, (key) => key !== '3')
    table.search()
    table.sessions.get('0')!.touchedAt = 100
    table.sessions.delete('1')
    assert.equal(table.end(), 3)
  })

  test('is none that another session has taken the key of', () => {
    const table = tableOf([1, 2])
    table.search()
    table.sessions.set('0', new Session('0', 0, '', 9, 0))
    assert.equal(table.end(), 2)
  })

  test('is that of the next few, where no search has left any', () => {
    const table = tableOf([40, 30, 20, 10])
    assert.deepEqual([table.end(), table.end()], [30, 10])
  })

  test('is found in a table smaller than those few, from wherever the last look ended', () => {
    const table = tableOf([3, 1, 2], { kept: 4, sample: 8 })
    assert.deepEqual([table.end(), table.end(), table.end(), table.end()], [1, 2, 3, undefined])
  })

  test('is none where none may end, after a bounded look', () => {
    const table = tableOf(
      Array.from({ length: 1000 }, (_, i) => i),
      SMALL,
      () => false,
    )
    table.search()
    assert.equal(table.end(), undefined)
    assert.ok(table.looks() <= SMALL.sample)
  })
})

describe('the idlest session, whatever happens between two searches', () => {
  const uses = fc.array(fc.record({ which: fc.nat(199), at: fc.integer({ min: 1000, max: 2000 }) }), { maxLength: 60 })
  const ages = fc.array(fc.nat(999), { minLength: 1, maxLength: 200 })

  test('is the idlest of all, while those kept last', () => {
    fc.assert(
      fc.property(ages, uses, fc.integer({ min: 1, max: 40 }), (touchedAt, used, kept) => {
        const table = tableOf(touchedAt, { kept, sample: 1 })
        table.search()
        // Half of the uses come before the first is taken, the others between.
        const touch = ({ which, at }: { which: number; at: number }) => {
          const session = table.sessions.get(`${which}`)
          if (session !== undefined) session.touchedAt = at
        }
        const untouched = () => [...table.sessions.values()].filter((session) => session.touchedAt < 1000).length
        for (const one of used.slice(0, used.length >> 1)) touch(one)
        // As many as are kept were idle when it began; those used since may have been among them.
        const lost = new Set(used.map(({ which }) => which)).size
        for (let i = 0; i < kept - lost && untouched() > 0; i++) {
          const expected = Math.min(...[...table.sessions.values()].map((session) => session.touchedAt))
          assert.equal(table.end(), expected)
          const next = used[(used.length >> 1) + i]
          if (next !== undefined) touch(next)
        }
      }),
    )
  })

  test('costs no more looks than are kept and sampled, and there is one while there are sessions', () => {
    const sizes = { kept: 8, sample: 3 }
    fc.assert(
      fc.property(ages, uses, (touchedAt, used) => {
        const table = tableOf(touchedAt, sizes)
        table.search()
        for (const { which, at } of used) {
          const session = table.sessions.get(`${which}`)
          if (session !== undefined) session.touchedAt = at
          const count = table.sessions.size
          assert.equal(table.end() !== undefined, count > 0)
          assert.ok(table.looks() <= sizes.kept + sizes.sample)
        }
      }),
    )
  })

  test('is never more recent than all others that were looked at: with a sample of the whole table, it is exact', () => {
    fc.assert(
      fc.property(ages, (touchedAt) => {
        const table = tableOf(touchedAt, { kept: 1, sample: 200 })
        const ended = touchedAt.map(() => table.end())
        assert.deepEqual(
          ended,
          [...touchedAt].sort((a, b) => a - b),
        )
      }),
    )
  })
})
