import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Attribute } from './attribute.ts'
import { encodeObject } from './value-codec.ts'
import type { Version } from './version.ts'

const VERSION: Version = { timeMs: 1, count: 0, node: 'n1' }

/** The attribute as another node has it that was told of it. */
function elsewhere(value: unknown): Attribute {
  return Attribute.ofBytes('a', encodeObject('a', value), VERSION)
}

const VALUES: readonly [string, unknown][] = [
  ['a list', [1, 2, 3]],
  ['a list of one', ['x']],
  ['an empty list', []],
  ['a list with a hole', Object.assign([1], { 2: 3 })],
  ['a list in a list', [[1], [2]]],
  ['a list in an object', { items: [{ id: 1 }, { id: 2 }], total: 1.5 }],
  ['a list in a Map', new Map([[1, [2]]])],
  ['an object', { a: 1, b: 'x' }],
  ['a Set', new Set([1, 2])],
  ['a Date', new Date(5)],
  ['a Buffer', Buffer.from('bytes')],
]

describe('an attribute that another node has written', () => {
  for (const [name, value] of VALUES) {
    test(`${name} has not changed when it is read`, () => {
      const attribute = elsewhere(value)
      assert.deepEqual(attribute.read(), value)
      assert.equal(attribute.changedBytes(), undefined)
      assert.equal(attribute.changedBytes(), undefined, 'nor when it is looked at again')
    })
  }

  test('has changed when something was put into its list', () => {
    const attribute = elsewhere({ items: [1] })
    ;(attribute.read() as { items: number[] }).items.push(2)
    assert.ok(attribute.changedBytes())
  })

  test('has changed when it is again what it was before the others were told of a change', () => {
    const attribute = elsewhere([1])
    const list = attribute.read() as number[]
    assert.equal(attribute.changedBytes(), undefined)
    list.push(2)
    attribute.bytes = attribute.changedBytes()
    assert.equal(attribute.changedBytes(), undefined)
    list.pop()
    assert.ok(attribute.changedBytes())
  })
})
