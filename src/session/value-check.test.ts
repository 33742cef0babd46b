import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { read, write } from './testing/requests.ts'
import { TestCluster } from './testing/test-cluster.ts'
import { findMisfit } from './value-check.ts'
import { decodeObject, encodeObject, isScalar } from './value-codec.ts'

class Money {
  amount = 1
}
class Names extends Map {}

describe('a value that a session cannot keep is found, with its path', () => {
  const rows: [what: string, value: unknown, path: string, is: string][] = [
    ['a function', () => {}, 'a', 'a function'],
    ['a symbol', Symbol('s'), 'a', 'a symbol'],
    ['a class instance', new Money(), 'a', 'an instance of Money'],
    ['deep in objects', { b: { c: new Money() } }, 'a.b.c', 'an instance of Money'],
    ['in an array', [1, [2, () => {}]], 'a[1][1]', 'a function'],
    ['under a name that is no identifier', { 'x-y': [() => {}] }, 'a["x-y"][0]', 'a function'],
    ['in a map', new Map([['k', { f() {} }]]), 'a.get("k").f', 'a function'],
    ['in a map of objects', new Map([[{}, Symbol.iterator]]), 'a.values()[0]', 'a symbol'],
    ['as the key of a map', new Map([[new Money(), 1]]), 'a.keys()[0]', 'an instance of Money'],
    ['in a set', new Set([1, new Money()]), 'a.values()[1]', 'an instance of Money'],
    ['a promise', { p: Promise.resolve() }, 'a.p', 'an instance of Promise'],
    ['a weak map', new WeakMap(), 'a', 'an instance of WeakMap'],
    ['a proxy', { p: new Proxy({}, {}) }, 'a.p', 'a proxy'],
    ['a URL', { u: new URL('http://x') }, 'a.u', 'an instance of URL'],
    ['an object behind an object', Object.create({ x: 1 }), 'a', 'an instance of Object'],
    ['behind something that was seen before', [[], { x: () => {} }], 'a[1].x', 'a function'],
  ]
  for (const [what, value, path, is] of rows) {
    test(what, () => assert.deepEqual(findMisfit('a', value), { path, what: is }))
  }

  test('the error names attribute and path', () => {
    assert.throws(() => encodeObject('cart', { items: [{ price: new Money() }] }), {
      code: 'SESSION_VALUE',
      attribute: 'cart',
      path: 'cart.items[0].price',
      message: /^session attribute "cart": cart\.items\[0\]\.price is an instance of Money\. Store plain data/,
    })
  })
})

describe('fit', () => {
  const rows: [what: string, value: unknown][] = [
    ['an object of another realm', runInNewContext('({ a: [1], m: new Map([[1, { b: 2 }]]) })')],
    ['an object without prototype', Object.assign(Object.create(null), { a: 1 })],
    ['an array with holes', Object.assign([], { 2: 3 })],
    ['a Buffer', Buffer.from('x')],
    ['an ArrayBuffer', new ArrayBuffer(2)],
    ['an error', new RangeError('x')],
  ]
  for (const [what, value] of rows) test(what, () => assert.equal(findMisfit('a', value), undefined))

  test('a map of a class of its own is a map: what V8 makes of it', () => {
    assert.equal(findMisfit('a', new Names()), undefined)
  })

  test('what is nested too deep is refused, and nothing breaks', () => {
    let deep: unknown = 1
    for (let i = 0; i < 200_000; i++) deep = [deep]
    assert.throws(() => encodeObject('deep', deep), { code: 'SESSION_VALUE', attribute: 'deep' })
  })
})

/** All types that a session takes, nested in each other. */
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string(),
    fc.double(),
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.bigInt(),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.float64Array(),
    fc.array(tie('value')),
    fc.dictionary(fc.string(), tie('value'), { noNullPrototype: true }),
    fc.array(fc.tuple(tie('value'), tie('value'))).map((entries) => new Map(entries)),
    fc.array(tie('value')).map((values) => new Set(values)),
  ),
}))

describe('laws', () => {
  test('what is fit comes back as it was', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        fc.pre(!isScalar(value))
        assert.deepEqual(decodeObject('a', encodeObject('a', value)), value)
      }),
    )
  })

  test('reading does not share memory with the bytes: what is changed inside is noticed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.boolean(), (bytes, isBuffer) => {
        const encoded = encodeObject('a', { deep: [isBuffer ? Buffer.from(bytes) : bytes] })
        const before = Buffer.from(encoded)
        const read = decodeObject('a', encoded) as { deep: [Uint8Array] }
        read.deep[0][0]! ^= 1
        assert.deepEqual(encoded, before)
        assert.notDeepEqual(encodeObject('a', read), before)
      }),
    )
  })
})

test('what is changed inside a Buffer that came from another node goes back there', async () => {
  const cluster = new TestCluster()
  const [a, b] = await cluster.started(2)
  const key = write(a!, undefined, { avatar: { bytes: Buffer.from('abc') } })
  await cluster.settle()
  const visit = b!.manager.visit(b!.manager.find(key))
  ;(visit.get('avatar') as { bytes: Buffer }).bytes[0] = 0x58
  void visit.commit()
  await cluster.settle()
  assert.equal((read(a!, key)!.avatar as { bytes: Buffer }).bytes.toString(), 'Xbc')
})
