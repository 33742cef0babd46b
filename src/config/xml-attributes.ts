/**
 * Reads the attributes and the class of an element by the tables: variables, types, old names, and a complaint for whatever
 * clowder does not know or not act on.
 */

import { replaceVariables } from './brace-variables.ts'
import { clusterElements, retiredClasses } from './cluster-attributes.ts'
import { Collection } from './collected-notices.ts'
import { type Complaints, shown } from './complaint.ts'
import { didYouMean } from './did-you-mean.ts'
import type { XmlAttribute, XmlElement } from './tomcat-attributes.ts'
import {
  readBytes,
  readChoice,
  readMemberHost,
  readPattern,
  readSendOptions,
  readTomcatBoolean,
  readTomcatHost,
  readTomcatInteger,
  readUniqueId,
} from './tomcat-values.ts'
import type { Setting } from './worker-values.ts'
import type { Attribute, Element } from './xml-document.ts'

export type AttributeValue = string | number | boolean | Uint8Array

/** Elements that may stand without `className`. */
const withDefaultClass = new Set(['Manager', 'SessionIdGenerator'])

export class XmlReader {
  readonly complaints: Complaints
  /** Elements that are not for clowder. */
  readonly ignored = new Collection()
  readonly #env: Readonly<Record<string, string | undefined>>

  constructor(env: Readonly<Record<string, string | undefined>>, complaints: Complaints) {
    this.#env = env
    this.complaints = complaints
  }

  /** Values by option name. The caller gives them the type of the option object that the table was written for. */
  attributes(element: Element, row: XmlElement): Record<string, AttributeValue> {
    const values: Record<string, AttributeValue> = {}
    const known = new Map(row.attributes.map((attribute) => [attribute.name, attribute]))
    for (const [name, { at }] of element.attributes) {
      const attribute = known.get(name)
      const directive = `${element.name}.${name}`
      if (attribute === undefined) {
        if (name === 'className') continue
        const hint = () => didYouMean(name, known.keys())
        this.complaints.add('CONFIG_ATTRIBUTE_UNKNOWN', at, directive, 'no such attribute; it is ignored', hint)
      } else if (attribute.effect === 'later' || attribute.effect === 'never') {
        const asIs = this.text(element, name)?.value.trim().toLowerCase() === plainDefault(attribute)
        if (!asIs) {
          this.complaints.add('CONFIG_DIRECTIVE_LATER', at, directive, 'accepted, has no effect yet', attribute.note)
        }
      } else if (attribute.aliasOf !== undefined) {
        const beside = element.attributes.has(attribute.aliasOf) ? ' and does not count beside the new one' : ''
        const message = `an old name${beside}`
        this.complaints.add('CONFIG_DIRECTIVE_DEPRECATED', at, directive, message, `write ${attribute.aliasOf}`)
      }
    }
    for (const attribute of row.attributes) {
      if (attribute.option === undefined) continue
      const value = this.#value(element, row, attribute)
      if (value !== undefined && !Object.hasOwn(values, attribute.option)) values[attribute.option] = value
    }
    return values
  }

  /** The text of an attribute with its variables replaced; undefined when it is absent. */
  text(element: Element, name: string): Setting | undefined {
    const attribute = element.attributes.get(name)
    return attribute === undefined ? undefined : this.#setting(element, name, attribute)
  }

  /** The row of an element of the cluster, chosen by its class; undefined when it is left out. */
  classRow(element: Element): XmlElement | undefined {
    const rows = clusterElements.filter(({ element: name }) => name === element.name)
    const given = this.text(element, 'className')
    if (given === undefined) {
      const preset = rows[0]?.classes?.[0]
      if (withDefaultClass.has(element.name)) return rows[0]
      const hint = `write className="${preset}"`
      this.complaints.add('CONFIG_ATTRIBUTE_MISSING', element.at, element.name, 'has no className', hint)
      return undefined
    }
    const { value: className, at, directive } = given
    const retired = Object.hasOwn(retiredClasses, className) ? retiredClasses[className] : undefined
    if (retired !== undefined) {
      const message = `${shown(lastPart(className))} is gone since ${retired.since}`
      const hint = retired.successor === undefined ? 'remove the element' : `write ${retired.successor}`
      this.complaints.add('CONFIG_CLASS_RETIRED', at, directive, message, hint)
      if (retired.successor === undefined) return undefined
    }
    const wanted = retired?.successor ?? className
    const row = rows.find(({ classes }) => classes?.includes(wanted))
    if (row === undefined) {
      const hint = () => {
        const same = rows.find(({ classes }) => lastPart(classes?.[0] ?? '') === lastPart(wanted))
        const names = rows.flatMap(({ classes }) => classes ?? [])
        return same === undefined ? didYouMean(wanted, names) : `did you mean ${same.classes?.[0]}?`
      }
      this.complaints.add(
        'CONFIG_CLASS_UNKNOWN',
        at,
        directive,
        `${shown(className)} is not known; it is left out`,
        hint,
      )
    } else if (row.effect === 'refused') {
      const message = `clowder does not have ${shown(lastPart(wanted))}, and cannot leave it out`
      this.complaints.add('CONFIG_CLASS_REFUSED', at, directive, message, row.note)
      return undefined
    } else if (row.effect === 'later') {
      const message = `clowder does not have ${shown(lastPart(wanted))} yet; it is left out`
      this.complaints.add('CONFIG_CLASS_LATER', at, directive, message, row.note)
    }
    return row
  }

  /** The first child of a name; a second one is complained about. */
  only(parent: Element, name: string): Element | undefined {
    const [first, ...more] = parent.children.filter((child) => child.name === name)
    for (const { at } of more) {
      const message = `only the first in <${parent.name}> counts (line ${first!.at.line})`
      this.complaints.add('CONFIG_ELEMENT_REPEATED', at, `<${name}>`, message)
    }
    return first
  }

  /** Notes the children of an element that nobody reads. */
  ignoreOthers(parent: Element, read: readonly string[]): void {
    for (const { name, at } of parent.children) if (!read.includes(name)) this.ignored.add(`<${name}>`, at)
  }

  #value(element: Element, row: XmlElement, attribute: XmlAttribute): AttributeValue | undefined {
    const alias = row.attributes.find(({ name, aliasOf }) => aliasOf === attribute.name && element.attributes.has(name))
    const setting = this.text(element, attribute.name) ?? (alias && this.text(element, alias.name))
    if (setting === undefined) {
      if (attribute.required) {
        this.complaints.add('CONFIG_ATTRIBUTE_MISSING', element.at, element.name, `has no ${attribute.name}`)
      }
      return undefined
    }
    const factor = attribute.unit === 's' ? 1000 : attribute.unit === 'min' ? 60_000 : 1
    const value = this.#read(attribute, setting, Math.floor((2 ** 31 - 1) / factor))
    if (typeof value !== 'number') return value
    // Where Tomcat takes a negative number, all of them mean the same: none, no limit or for ever.
    return value < 0 ? -1 : value * factor
  }

  #read({ kind }: XmlAttribute, setting: Setting, largest: number): AttributeValue | undefined {
    switch (kind.is) {
      case 'boolean':
        return readTomcatBoolean(setting, this.complaints)
      case 'integer':
        return readTomcatInteger(
          setting,
          kind.min ?? -(2 ** 31),
          Math.min(kind.max ?? largest, largest),
          this.complaints,
        )
      case 'choice':
        return readChoice(setting, kind.of, this.complaints)
      case 'text':
        return setting.value === '' ? undefined : setting.value
      case 'host':
        return readTomcatHost(setting, this.complaints)
      case 'pattern':
        return readPattern(setting, this.complaints)
      case 'member-host':
        return readMemberHost(setting, this.complaints)
      case 'bytes':
        return readBytes(setting, this.complaints)
      case 'unique-id':
        return readUniqueId(setting, this.complaints)
      case 'send-options':
        return readSendOptions(setting, this.complaints)
    }
  }

  /** `${name}` and `${name:-default}` come from the environment; Tomcat takes system properties. */
  #setting(element: Element, name: string, { value: written, at }: Attribute): Setting {
    const directive = `${element.name}.${name}`
    const value = replaceVariables(written, (inside, place) => {
      const [variable = '', ...preset] = inside.split(':-')
      const found = Object.hasOwn(this.#env, variable) ? this.#env[variable] : undefined
      const result = found ?? (preset.length > 0 ? preset.join(':-') : undefined)
      if (result === undefined) {
        const message = `${shown(place)} is not in the environment and has no default`
        this.complaints.add('CONFIG_VARIABLE_UNKNOWN', at, directive, message)
      }
      return result
    })
    return { directive, value, at }
  }
}

/** The default as it would be written in a file: `-1 = never` is `-1`. */
function plainDefault(attribute: XmlAttribute): string {
  return attribute.default === 'empty' ? '' : attribute.default.split(' = ')[0]!.toLowerCase()
}

function lastPart(className: string): string {
  return className.slice(className.lastIndexOf('.') + 1)
}
