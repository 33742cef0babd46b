import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Attribute } from './attribute.ts'
import { resolveOptions } from './options.ts'
import { MAX_INACTIVE, Session } from './session.ts'
import { encodeObject, isScalar } from './value-codec.ts'
import type { Version } from './version.ts'

const { limits } = resolveOptions({ name: 'test' })

function session(): Session {
  return new Session('A'.repeat(32), 1000, 'node', 0, 60_000)
}

function version(timeMs: number, node = 'node'): Version {
  return { timeMs, count: 0, node }
}

function contents(of: Session): unknown {
  return of
    .names()
    .sort()
    .map((name) => [name, of.get(name)])
}

function commit(of: Session, timeMs: number): readonly string[] {
  return of.commit(version(timeMs))
}

describe('merging', () => {
  /** A write as it travels. Versions are unique per write, as the clocks make them. */
  interface Write {
    readonly name: string
    readonly value: unknown
    readonly at: Version
    readonly accessedMs: number
  }
  const value = fc.oneof(fc.constant('removed'), fc.integer(), fc.string(), fc.array(fc.integer()))
  const writes = fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      value,
      at: fc.record({ timeMs: fc.integer({ min: 1, max: 4 }), count: fc.nat(2), node: fc.constantFrom('x', 'y') }),
      accessedMs: fc.nat(10),
    }),
    { selector: ({ at }) => `${at.timeMs} ${at.count} ${at.node}`, maxLength: 12 },
  )

  function attribute({ name, value, at }: Write): Attribute {
    if (value === 'removed') return Attribute.ofRemoval(name, at)
    return isScalar(value)
      ? Attribute.ofScalar(name, value, at)
      : Attribute.ofBytes(name, encodeObject(name, value), at)
  }

  function merged(all: readonly Write[]): Session {
    const replica = session()
    for (const write of all) {
      replica.merge(attribute(write))
      replica.mergeAccess(write.accessedMs, write.at.node, write.accessedMs)
    }
    return replica
  }

  test('the same writes in any order, and any of them twice, give the same session', () => {
    const plan = writes.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
        fc.subarray(all),
      ),
    )
    fc.assert(
      fc.property(plan, ([all, shuffled, again]) => {
        const [one, other] = [merged(all), merged([...shuffled, ...again])]
        assert.deepEqual(contents(other), contents(one))
        assert.deepEqual([other.accessedMs, other.owner, other.touchedAt], [one.accessedMs, one.owner, one.touchedAt])
        assert.equal(other.bytes, one.bytes)
      }),
    )
  })

  test('two halves that merged different writes agree once each has the other half', () => {
    fc.assert(
      fc.property(writes, fc.nat(12), (all, cut) => {
        const [left, right] = [all.slice(0, cut), all.slice(cut)]
        assert.deepEqual(contents(merged([...left, ...right])), contents(merged([...right, ...left])))
      }),
    )
  })

  const rows: [rule: string, run: (replica: Session) => void, expected: unknown][] = [
    [
      'the later version wins',
      (replica) => {
        replica.merge(Attribute.ofScalar('x', 'new', version(2)))
        replica.merge(Attribute.ofScalar('x', 'old', version(1)))
      },
      [['x', 'new']],
    ],
    [
      'of equal times the greater node wins',
      (replica) => {
        replica.merge(Attribute.ofScalar('x', 'b', version(1, 'b')))
        replica.merge(Attribute.ofScalar('x', 'a', version(1, 'a')))
      },
      [['x', 'b']],
    ],
    [
      'a removal is a write like others: what is older does not come back',
      (replica) => {
        replica.merge(Attribute.ofRemoval('x', version(2)))
        replica.merge(Attribute.ofScalar('x', 'old', version(1)))
      },
      [],
    ],
    [
      'what is written after the removal does',
      (replica) => {
        replica.merge(Attribute.ofRemoval('x', version(2)))
        replica.merge(Attribute.ofScalar('x', 'new', version(3)))
      },
      [['x', 'new']],
    ],
    [
      'a write that is not committed yet wins over what arrives',
      (replica) => {
        replica.write('x', 'mine', limits)
        replica.merge(Attribute.ofScalar('x', 'theirs', version(9)))
      },
      [['x', 'mine']],
    ],
  ]
  for (const [rule, run, expected] of rows) {
    test(rule, () => {
      const replica = session()
      run(replica)
      assert.deepEqual(contents(replica), expected)
    })
  }

  test('a write that is not committed yet must beat what has arrived meanwhile', () => {
    const replica = session()
    replica.write('x', 'mine', limits)
    replica.merge(Attribute.ofScalar('x', 'theirs', version(9)))
    assert.deepEqual(replica.above(), version(9))
  })
})

describe('what is committed', () => {
  test('is what was written since, once, and nothing that is equal to what was there', () => {
    const one = session()
    one.write('a', 1, limits)
    one.write('b', 'x', limits)
    one.write('a', 2, limits)
    assert.deepEqual(commit(one, 1), ['a', 'b'])
    assert.equal(one.hasPending, false)
    one.write('a', 2, limits)
    one.write('b', 'x', limits)
    assert.deepEqual(commit(one, 2), [])
    one.write('a', 3, limits)
    assert.deepEqual(commit(one, 3), ['a'])
  })

  test('an attribute that was set and removed before anybody heard of it was never there', () => {
    const one = session()
    one.write('a', 1, limits)
    assert.equal(one.remove('a', limits), true)
    assert.deepEqual(commit(one, 1), [])
    assert.equal(one.attributeCount, 0)
    assert.equal(one.bytes, 0)
  })

  test('a removal of what others know', () => {
    const one = session()
    one.write('a', 1, limits)
    commit(one, 1)
    one.remove('a', limits)
    assert.deepEqual(commit(one, 2), ['a'])
    assert.equal(one.attribute('a'), undefined)
    assert.equal(one.stored('a')?.removed, true)
  })

  test('an object that changed inside, noticed although nothing was set', () => {
    const one = session()
    const cart = { items: [1] }
    const lent = one.write('cart', cart, limits)!
    commit(one, 1)
    assert.equal(one.notice(lent, limits), undefined)
    assert.deepEqual(commit(one, 2), [])
    cart.items.push(2)
    one.notice(lent, limits)
    assert.deepEqual(commit(one, 3), ['cart'])
  })
})

describe('the size of a session', () => {
  test('is that of its names and values, whatever happened before', () => {
    const act = fc.record({
      name: fc.constantFrom('a', 'b'),
      value: fc.constantFrom<unknown>('removed', 1, 2, 'x', 'longer text', [1], { a: [1, 2, 3] }),
      commit: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(act), (acts) => {
        const one = session()
        for (const [i, { name, value, commit: commits }] of acts.entries()) {
          if (value === 'removed') one.remove(name, limits)
          else one.write(name, structuredClone(value), limits)
          if (commits) commit(one, i + 1)
        }
        let size = 0
        for (const attribute of one.attributes()) size += attribute.size
        assert.equal(one.bytes, size)
      }),
    )
  })

  test('removed attributes are remembered, the latest ones', () => {
    const few = { ...limits, removedAttributes: 10 }
    const one = session()
    for (let i = 0; i < 100; i++) {
      one.write(`a${i}`, i, few)
      commit(one, 2 * i + 1)
      one.remove(`a${i}`, few)
      commit(one, 2 * i + 2)
    }
    assert.ok(one.attributeCount <= 11)
    assert.ok(one.stored('a99'))
  })

  test('removed attributes make room for new ones', () => {
    const few = { ...limits, attributes: 5 }
    const one = session()
    for (let i = 0; i < 20; i++) {
      one.write(`a${i}`, i, few)
      commit(one, 2 * i + 1)
      if (i > 2) one.remove(`a${i}`, few)
      commit(one, 2 * i + 2)
    }
    assert.deepEqual(one.names(), ['a0', 'a1', 'a2'])
  })
})

describe('what the others have while a write is pending', () => {
  function known(of: Session): unknown {
    return [...of.attributes()].map(({ name, pending, known }) => [name, pending ? known?.read() : 'committed'])
  }

  test('is the committed value, however often it is written anew', () => {
    const one = session()
    one.write('n', 1, limits)
    commit(one, 1)
    one.write('n', 2, limits)
    one.write('n', [3], limits)
    assert.deepEqual(known(one), [['n', 1]])
    commit(one, 2)
    assert.deepEqual(known(one), [['n', 'committed']])
  })

  test('is nothing for a new attribute', () => {
    const one = session()
    one.write('n', 1, limits)
    one.write('n', 2, limits)
    assert.deepEqual(known(one), [['n', undefined]])
  })

  test('is the value of another node that comes meanwhile, and ours comes after that', () => {
    const one = session()
    one.write('n', 1, limits)
    commit(one, 1)
    one.write('n', 2, limits)
    assert.equal(one.merge(Attribute.ofScalar('n', 7, version(5, 'other'))), true, 'it is news to those who ask us')
    assert.deepEqual([known(one), one.get('n'), one.above()], [[['n', 7]], 2, version(5, 'other')])
  })

  test('goes along when the session becomes one with its copy under another key', () => {
    const [one, other] = [session(), session()]
    other.write('n', 1, limits)
    commit(other, 5)
    other.write('n', 2, limits)
    one.absorb(other)
    assert.deepEqual([known(one), one.get('n'), one.above()], [[['n', 1]], 2, version(5)])
  })
})

test('removals of other nodes are remembered up to the limit, too', () => {
  const few = { ...limits, removedAttributes: 8 }
  const one = session()
  for (let i = 0; i < 100; i++) {
    one.merge(Attribute.ofRemoval(`n${i}`, version(1 + i, 'other')))
    one.limitRemoved(few.removedAttributes)
  }
  assert.ok(one.attributeCount <= 8, `${one.attributeCount} are remembered`)
  assert.ok(one.stored('n99'), 'the latest is among them')
})

test('an idle time of another node that is no number is not believed', () => {
  const one = session()
  one.merge(Attribute.ofScalar(MAX_INACTIVE, 5, version(1, 'other')))
  one.merge(Attribute.ofScalar(MAX_INACTIVE, Number.NaN, version(2, 'other')))
  assert.equal(one.maxInactiveMs, 5)
})

describe('two copies that become one', () => {
  type Copy = 'good' | 'old' | 'incomplete'
  const rows: readonly [one: Copy, other: Copy, mayBeOld: boolean][] = [
    ['good', 'old', false],
    ['old', 'good', false],
    ['old', 'old', true],
    ['incomplete', 'old', true],
    ['incomplete', 'good', false],
  ]
  const copy = (kind: Copy) => Object.assign(session(), { complete: kind !== 'incomplete', mayBeOld: kind === 'old' })
  for (const [one, other, mayBeOld] of rows) {
    test(`${one} and ${other}: ${mayBeOld ? 'may be old' : 'up to date'}`, () => {
      const both = copy(one)
      both.absorb(copy(other))
      assert.equal(both.mayBeOld, mayBeOld)
    })
  }
})
