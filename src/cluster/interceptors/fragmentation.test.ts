import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ClusterError } from '../errors.ts'
import { countingId, testMember } from '../testing/fixture.ts'
import { decodedFixture, LoneLayer, TEXT } from '../testing/lone-layer.ts'
import { fragmentation } from './fragmentation.ts'

const lone = (options = {}) => new LoneLayer(fragmentation({ maxBytes: 8, ...options }))
/** A piece as another layer would send it. */
const piece = (text: string, index: number, count: number) => {
  const numbers = Buffer.alloc(9, 1)
  numbers.writeInt32BE(index)
  numbers.writeInt32BE(count, 4)
  return Buffer.concat([Buffer.from(text), numbers])
}

describe('the bytes', () => {
  test('are those of Tomcat for a body in pieces', async () => {
    const layer = lone()
    await layer.send(TEXT)
    const expected = ['frag-0', 'frag-1', 'frag-2'].map((name) => Buffer.from(decodedFixture(name).body))
    assert.deepEqual(
      layer.below.map(({ body }) => body),
      expected,
    )
  })

  test('are those of Tomcat for a whole body', async () => {
    const layer = lone({ maxBytes: TEXT.length })
    await layer.send(TEXT)
    assert.deepEqual(layer.below[0]?.body, Buffer.from(decodedFixture('frag-none').body))
  })

  test('of Tomcat are understood, in any order and twice', () => {
    const layer = lone()
    for (const name of ['frag-2', 'frag-0', 'frag-2', 'frag-1', 'frag-none']) layer.receiveFixture(name)
    assert.deepEqual(layer.above, [TEXT, TEXT])
    assert.equal(layer.layer.snapshot?.().waitingBytes, 0)
  })
})

test('pieces of two bodies do not mix', () => {
  const layer = lone()
  layer.receive(piece('a', 0, 2))
  layer.receive(piece('x', 0, 2), { uniqueId: countingId(5) })
  layer.receive(piece('b', 1, 2))
  layer.receive(piece('y', 1, 2), { uniqueId: countingId(5) })
  assert.deepEqual(layer.above, ['ab', 'xy'])
})

test('pieces that stay alone are dropped with the heartbeat after their time, and told', () => {
  const layer = lone({ expireMs: 1000 })
  layer.receive(piece('a', 0, 2))
  layer.beat(1000)
  assert.equal(layer.layer.snapshot?.().incomplete, 1)
  layer.beat(1)
  assert.deepEqual(layer.layer.snapshot?.(), { incomplete: 0, waitingBytes: 0, refused: 0, expired: 1 })
  assert.deepEqual(layer.context.refusals, ['CLUSTER_EXPIRED'])
  layer.receive(piece('b', 1, 2))
  assert.deepEqual(layer.above, [])
})

describe('refused is', () => {
  const malformed: [what: string, bodies: Buffer[]][] = [
    ['an empty body', [Buffer.alloc(0)]],
    ['a last byte that is neither 0 nor 1', [Buffer.from([1, 2, 3])]],
    ['a trailer that is cut off', [Buffer.from([0, 0, 0, 0, 0, 0, 0, 1])]],
    ['a negative index', [piece('a', -1, 2)]],
    ['an index behind the last', [piece('a', 2, 2)]],
    ['a set of none', [piece('a', 0, 0)]],
    ['a negative count', [piece('a', 0, -1)]],
    ['another count than before', [piece('a', 0, 2), piece('b', 1, 3)]],
    ['a piece of nothing', [piece('', 0, 2)]],
  ]
  for (const [what, bodies] of malformed) {
    test(what, () => {
      const layer = lone()
      const last = bodies.pop()!
      for (const body of bodies) layer.receive(body)
      assert.throws(() => layer.receive(last), { code: 'CLUSTER_FRAGMENT' })
      assert.deepEqual([layer.above, layer.context.refusals], [[], ['CLUSTER_FRAGMENT']])
    })
  }

  const tooMuch: [what: string, options: object, pieces: number, ids: number][] = [
    ['a body over the limit', { maxMessageBytes: 1000 }, 100, 1],
    ['a million tiny pieces', { maxMessageBytes: 100_000 }, 1_000_000, 1],
    ['too many bodies at once', { maxSets: 3 }, 1, 4],
    ['more bytes than may wait', { maxWaitingBytes: 500 }, 1, 4],
  ]
  for (const [what, options, pieces, ids] of tooMuch) {
    test(`${what}, and memory is given back`, () => {
      const layer = lone(options)
      assert.throws(
        () => {
          for (let id = 0; id < ids; id++) {
            for (let i = 0; i < pieces; i++) layer.receive(piece('x', i, 2_000_000), { uniqueId: countingId(id) })
          }
        },
        { code: 'CLUSTER_FRAGMENTS_FULL' },
      )
      layer.beat(60_001)
      assert.equal(layer.layer.snapshot?.().waitingBytes, 0)
      layer.receive(piece('still works', 0, 1))
      assert.deepEqual(layer.above, ['still works'])
    })
  }
})

describe('a body that was delivered', () => {
  test('is not begun again by a piece that is sent again, nor missed', () => {
    const layer = lone({ expireMs: 1000 })
    for (const index of [0, 1, 2]) layer.receive(piece(String(index), index, 3))
    assert.equal(layer.receive(piece('1', 1, 3)), true)
    assert.deepEqual(layer.layer.snapshot?.(), { incomplete: 0, waitingBytes: 0, refused: 0, expired: 0 })
    layer.beat(1001)
    assert.deepEqual([layer.above, layer.context.refusals], [['012'], []])
  })

  test('is not delivered again when all of it is sent again', () => {
    const layer = lone()
    for (const index of [0, 1, 0, 1]) layer.receive(piece(String(index), index, 2))
    assert.deepEqual(layer.above, ['01'])
  })
})

describe('a body that was refused', () => {
  const over: [which: string, options: object, first: Buffer[]][] = [
    ['for its own size', { maxMessageBytes: 300 }, [piece('a', 0, 9), piece('b', 1, 9), piece('c', 2, 9)]],
    ['since too many bytes wait', { maxWaitingBytes: 300 }, [piece('a', 0, 9), piece('b', 1, 9), piece('c', 2, 9)]],
  ]
  for (const [which, options, first] of over) {
    test(`${which} stays refused: pieces that come later hold nothing`, () => {
      const layer = lone(options)
      const last = first.pop()!
      for (const body of first) layer.receive(body)
      const full = { code: 'CLUSTER_FRAGMENTS_FULL' }
      assert.throws(() => layer.receive(last), full)
      assert.throws(() => layer.receive(piece('d', 3, 9)), full)
      assert.deepEqual(layer.layer.snapshot?.(), { incomplete: 0, waitingBytes: 0, refused: 2, expired: 0 })
    })
  }

  test('since too many are incomplete stays refused when there is room again', () => {
    const layer = lone({ maxSets: 1 })
    const other = { uniqueId: countingId(5) }
    layer.receive(piece('a', 0, 2))
    assert.throws(() => layer.receive(piece('x', 0, 2), other), { code: 'CLUSTER_FRAGMENTS_FULL' })
    layer.receive(piece('b', 1, 2))
    assert.throws(() => layer.receive(piece('y', 1, 2), other), { code: 'CLUSTER_FRAGMENTS_FULL' })
    assert.deepEqual([layer.above, layer.layer.snapshot?.().incomplete], [['ab'], 0])
  })

  test('is forgotten when its pieces would have expired, and is told once', () => {
    const layer = lone({ maxMessageBytes: 150, expireMs: 1000 })
    layer.receive(piece('a', 0, 2))
    assert.throws(() => layer.receive(piece('b', 1, 2)), { code: 'CLUSTER_FRAGMENTS_FULL' })
    layer.beat(1000)
    assert.throws(() => layer.receive(piece('b', 1, 2)), { code: 'CLUSTER_FRAGMENTS_FULL' })
    layer.beat(1)
    layer.receive(piece('whole', 0, 1))
    assert.deepEqual(layer.above, ['whole'])
    assert.equal(layer.layer.snapshot?.().expired, 0)
  })

  test('is forgotten for those that were refused later, beyond maxSets of them', () => {
    const layer = lone({ maxMessageBytes: 150, maxSets: 2 })
    const ids = [1, 2, 3].map((id) => ({ uniqueId: countingId(id) }))
    for (const id of ids) {
      layer.receive(piece('a', 0, 3), id)
      assert.throws(() => layer.receive(piece('b', 1, 3), id), { code: 'CLUSTER_FRAGMENTS_FULL' })
    }
    for (const id of ids.slice(1)) {
      assert.throws(() => layer.receive(piece('c', 2, 3), id), { code: 'CLUSTER_FRAGMENTS_FULL' })
    }
    assert.equal(layer.receive(piece('c', 2, 3), ids[0]), true)
  })
})

test('whoever misses a piece is named in the failure, whichever piece it was', async () => {
  const layer = lone()
  const [one, two, three] = [testMember(1), testMember(2), testMember(3)]
  const cause = new ClusterError('CLUSTER_CONNECTION_LOST', 'it broke')
  const missing = [[one], [one, two], []]
  layer.sends = (piece) => {
    const faulty = missing[piece]!.map((member) => ({ member, cause }))
    return faulty.length === 0 ? undefined : new ClusterError('CLUSTER_SEND', 'some did not get it', { faulty })
  }
  await assert.rejects(layer.send(TEXT, { to: [one, two, three] }), (error: ClusterError) => {
    assert.deepEqual(
      error.faulty.map(({ member }) => member),
      [one, two],
    )
    return error.code === 'CLUSTER_SEND'
  })
  assert.equal(layer.below.length, 3)
})

test('any body comes out as it went in, whatever the order of its pieces', async () => {
  const cases = fc.tuple(
    fc.uint8Array({ minLength: 1, maxLength: 200 }),
    fc.integer({ min: 1, max: 50 }),
    fc.infiniteStream(fc.nat()),
  )
  await fc.assert(
    fc.asyncProperty(cases, async ([bytes, maxBytes, chance]) => {
      const layer = lone({ maxBytes })
      const text = Buffer.from(bytes).toString('latin1')
      await layer.send(text)
      const shuffled = layer.below.map(({ body }) => ({ body, at: chance.next().value as number }))
      for (const { body } of shuffled.sort((a, b) => a.at - b.at)) layer.receive(body)
      assert.deepEqual(layer.above, [text])
    }),
  )
})
