import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Attribute } from './attribute.ts'
import {
  type AttributeTable,
  attributeCount,
  findAttribute,
  MAX_LISTED,
  NO_ATTRIBUTES,
  withAttribute,
  withoutAttribute,
} from './attribute-table.ts'

const name = fc.integer({ min: 0, max: MAX_LISTED * 2 }).map((index) => `name${index}`)
const step = fc.record({ name, removes: fc.boolean() })

function listed(table: AttributeTable): Attribute[] {
  return [...table.values()]
}

describe('a table of attributes', () => {
  it('finds, keeps the order and counts as a Map does, whatever its size', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const model = new Map<string, Attribute>()
        let table = NO_ATTRIBUTES
        for (const { name, removes } of steps) {
          const attribute = Attribute.ofScalar(name, model.size)
          if (removes) {
            model.delete(name)
            table = withoutAttribute(table, name)
          } else {
            model.set(name, attribute)
            table = withAttribute(table, attribute)
          }
          assert.equal(findAttribute(table, name), model.get(name))
          assert.equal(attributeCount(table), model.size)
        }
        assert.deepEqual(listed(table), [...model.values()])
      }),
    )
  })

  it('is a list for a few, and a Map from then on', () => {
    let table = NO_ATTRIBUTES
    for (let i = 0; i < MAX_LISTED; i++) table = withAttribute(table, Attribute.ofScalar(`name${i}`, i))
    assert.ok(Array.isArray(table))
    assert.ok(withAttribute(table, Attribute.ofScalar('one more', 1)) instanceof Map)
  })

  it('that is empty stays so when another grows', () => {
    assert.equal(attributeCount(withAttribute(NO_ATTRIBUTES, Attribute.ofScalar('a', 1))), 1)
    assert.equal(attributeCount(NO_ATTRIBUTES), 0)
  })
})
