/** Deprecated directives of a worker under their new names (mod_jk.md 1.1 and 1.4). */
import type { Complaints } from './complaint.ts'
import { workerDirectives } from './worker-directives.ts'
import { readBoolean } from './worker-values.ts'
import { type Property, textOf, valuePosition } from './workers-properties.ts'

const aliases = workerDirectives.flatMap(({ name, aliasOf }) => (aliasOf === undefined ? [] : [{ name, aliasOf }]))

/** The attributes with old names renamed; beside its new name an old one does not count. */
export function withoutAliases(
  attributes: ReadonlyMap<string, Property>,
  complaints: Complaints,
): ReadonlyMap<string, Property> {
  const result = new Map(attributes)
  for (const { name, aliasOf } of aliases) {
    const property = result.get(name)
    if (property === undefined) continue
    result.delete(name)
    if (attributes.has(aliasOf)) {
      const message = `does not count beside ${aliasOf}`
      complaints.add('CONFIG_DIRECTIVE_TWICE', property.lines[0]!.at, property.name, message, 'remove the line')
    } else if (aliasOf !== 'activation') {
      result.set(aliasOf, property)
    }
  }
  if (!attributes.has('activation')) {
    const activation = fromBooleans(attributes, complaints)
    if (activation !== undefined) result.set('activation', activation)
  }
  return result
}

/** `stopped` is asked first, then `disabled`. */
function fromBooleans(attributes: ReadonlyMap<string, Property>, complaints: Complaints): Property | undefined {
  let found: Property | undefined
  for (const [old, word] of [
    ['stopped', 'Stopped'],
    ['disabled', 'Disabled'],
  ] as const) {
    const property = attributes.get(old)
    if (property === undefined) continue
    const setting = { directive: property.name, value: textOf(property), at: valuePosition(property) }
    if (readBoolean(setting, complaints)) {
      found ??= { name: property.name, lines: [{ ...property.lines[0]!, value: word }], text: word }
    }
  }
  return found
}
