/**
 * The attributes of one session by name, in the order in which they came. Nearly every session has a few, and there may be a
 * million sessions: a list of three costs 72 bytes where a `Map` costs 230, and is searched faster. From
 * {@link MAX_LISTED} on it is a `Map`. Each function returns the table as it is from then on; the one that it was given is
 * not to be used again.
 */
import type { Attribute } from './attribute.ts'

export type AttributeTable = Attribute[] | Map<string, Attribute>

export const NO_ATTRIBUTES: AttributeTable = []

/** Where a search through a list begins to cost more than one in a `Map`: names of one application are seldom compared whole. */
export const MAX_LISTED = 8

export function findAttribute(table: AttributeTable, name: string): Attribute | undefined {
  if (table instanceof Map) return table.get(name)
  for (let i = 0; i < table.length; i++) if (table[i]!.name === name) return table[i]
  return undefined
}

/** With the attribute, in the place of one of the same name if there is one. */
export function withAttribute(table: AttributeTable, attribute: Attribute): AttributeTable {
  if (table instanceof Map) return table.set(attribute.name, attribute)
  const at = table.findIndex(({ name }) => name === attribute.name)
  if (at >= 0) {
    table[at] = attribute
    return table
  }
  // Unlike `push`, `concat` makes no room for more.
  if (table.length < MAX_LISTED) return table.concat(attribute)
  return new Map([...table, attribute].map((each) => [each.name, each]))
}

export function withoutAttribute(table: AttributeTable, name: string): AttributeTable {
  if (!(table instanceof Map)) return table.filter((attribute) => attribute.name !== name)
  table.delete(name)
  return table
}

export function attributeCount(table: AttributeTable): number {
  return table instanceof Map ? table.size : table.length
}
