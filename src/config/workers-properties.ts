/**
 * workers.properties as a map: duplicate names, unknown and deprecated names, variables, references (mod_jk.md 1.1).
 * Making workers out of the map, and checking them, is `build-workers.ts`.
 */
import { Collection } from './collected-notices.ts'
import { CommentCheck } from './comment-check.ts'
import { type Complaints, shown } from './complaint.ts'
import { didYouMean, nearest } from './did-you-mean.ts'
import { maxReferenceDepth } from './limits.ts'
import { type Position, shifted } from './position.ts'
import { listItems, type PropertyLine, parsePropertyLine, propertyLines } from './property-lines.ts'
import type { SourceText } from './source-text.ts'
import { attributeNames, directivesNamed } from './worker-directives.ts'
import { foreignDirectives } from './worker-types.ts'

/** One property; list properties may come from several lines. */
export interface Property {
  /** As written, `worker.NAME.attribute`. */
  readonly name: string
  readonly lines: PropertyLine[]
  /** All lines as one value, kept up with each line: variables ask for it while the list still grows. */
  text: string
}

export function textOf(property: Property): string {
  return property.text
}

export function valuePosition(property: Property): Position {
  return property.lines[0]!.valueAt
}

/** The elements of a list property, each with its place. */
export function* itemsOf(property: Property): Generator<{ readonly text: string; readonly at: Position }> {
  for (const line of property.lines) {
    for (const { text, offset } of listItems(line.value)) {
      yield { text, at: line.expanded ? line.valueAt : shifted(line.valueAt, offset) }
    }
  }
}

export interface VariableSource {
  /** The environment for `$(name)`; default that of the process. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** httpd's ServerRoot, predefined as a variable. */
  readonly serverRoot: string
}

/** The properties of one configuration: JkWorkerProperty lines first, then the file. */
export class WorkerProperties {
  /** `worker.list` and `worker.maintain` by their last part. */
  readonly globals = new Map<string, Property>()
  /** Attributes by worker name. */
  readonly workers = new Map<string, Map<string, Property>>()
  /** Names that some `reference` points to. */
  readonly templates = new Set<string>()
  readonly #all = new Map<string, Property>()
  /** Variables that were asked for. */
  readonly #used = new Set<string>()
  readonly #variables: VariableSource
  readonly #complaints: Complaints

  constructor(variables: VariableSource, complaints: Complaints) {
    this.#variables = variables
    this.#complaints = complaints
  }

  addFile(source: SourceText): void {
    const comments = new CommentCheck(this.#complaints)
    for (const line of propertyLines(source, this.#lookup, this.#complaints, comments)) {
      this.#add(line)
      comments.property(line)
    }
    comments.end()
  }

  /** The argument of one JkWorkerProperty. */
  addLine(raw: string, at: Position): void {
    const line = parsePropertyLine(raw, at, this.#lookup, this.#complaints)
    if (line !== undefined) this.#add(line)
  }

  /** Copies what referenced workers have; to be called once, after all lines. */
  resolveReferences(): void {
    const done = new Set<string>()
    for (const name of this.workers.keys()) this.#resolve(name, done, [])
  }

  /**
   * Everything as it was written, macros replaced, and behind it what workers have by reference: what `cmd=dump` of
   * jk-status shows (mod_jk.md 7.3). Secrets are left out, and so are variables that hold one.
   */
  written(): readonly (readonly [name: string, value: string])[] {
    const all = new Map([...this.#all].map(([name, property]) => [name, textOf(property)]))
    for (const [worker, attributes] of this.workers) {
      for (const [attribute, property] of attributes) {
        const name = `worker.${worker}.${attribute}`
        if (!all.has(name)) all.set(name, textOf(property))
      }
    }
    const secrets = new Set([...all].filter(([name]) => isSecret(name)).map(([, value]) => value))
    const shown = [...all].filter(([name, value]) => !isSecret(name) && !secrets.has(value))
    return this.#all.has('ServerRoot') ? shown : [['ServerRoot', this.#variables.serverRoot], ...shown]
  }

  /** Variables that nothing stands in for: left over, or a directive under a wrong name. To be called after all lines. */
  complainOfUnused(): void {
    const unused = new Collection()
    for (const [name, { lines }] of this.#all) {
      if (name.startsWith('worker.') || this.#used.has(name)) continue
      const first = name.slice(0, Math.max(0, name.indexOf('.')))
      const last = name.slice(name.lastIndexOf('.') + 1)
      const { at } = lines[0]!
      if (directivesNamed(last).length > 0 && nearest(first, ['worker']) !== undefined) {
        const hint = `did you mean worker${name.slice(first.length)}?`
        this.#complaints.add('CONFIG_VARIABLE_UNUSED', at, name, `${shown(name)} sets a variable, no directive`, hint)
      } else unused.add(name, at)
    }
    unused.complain('CONFIG_VARIABLE_UNUSED', 'variables that nothing uses', this.#complaints)
  }

  #lookup = (name: string): string | undefined => {
    this.#used.add(name)
    const property = this.#all.get(name)
    if (property !== undefined) return textOf(property)
    if (name === 'ServerRoot') return this.#variables.serverRoot
    return Object.hasOwn(this.#variables.env, name) ? this.#variables.env[name] : undefined
  }

  #add(line: PropertyLine): void {
    const { name } = line
    if (!name.startsWith('worker.')) {
      this.#store(this.#all, name, line, false)
      return
    }
    const dot = name.lastIndexOf('.')
    const attribute = name.slice(dot + 1)
    const worker = name.slice('worker.'.length, Math.max(dot, 'worker.'.length))
    const rows = directivesNamed(attribute)
    const [row] = rows
    if (row === undefined) {
      const hint = () => {
        if (Object.hasOwn(foreignDirectives, attribute)) return foreignDirectives[attribute]
        return didYouMean(attribute, attributeNames())
      }
      this.#complaints.add(
        'CONFIG_DIRECTIVE_UNKNOWN',
        line.at,
        name,
        `${shown(attribute)} is no worker directive`,
        hint,
      )
      return
    }
    const global = row.on.includes('global')
    if (global !== (worker === '')) {
      const message = global ? 'the directive belongs to no worker' : 'the directive names no worker'
      const hint = `write ${global ? `worker.${attribute}` : `worker.NAME.${attribute}`}`
      this.#complaints.add('CONFIG_DIRECTIVE_MISPLACED', line.at, name, message, hint)
      return
    }
    if (row.aliasOf !== undefined) {
      this.#complaints.add('CONFIG_DIRECTIVE_DEPRECATED', line.at, name, `an old name`, `write ${row.aliasOf}`)
    } else if (rows.every(({ effect }) => effect === 'never')) {
      this.#complaints.add('CONFIG_DIRECTIVE_NO_EFFECT', line.at, name, 'accepted, has no effect', row.note)
    }
    const property = this.#store(this.#all, name, line, row.list === true)
    if (global) {
      this.globals.set(attribute, property)
      return
    }
    const attributes = this.workers.get(worker)
    if (attributes === undefined) this.workers.set(worker, new Map([[attribute, property]]))
    else attributes.set(attribute, property)
  }

  /** A second line of a list is appended, of anything else it replaces the first (quirk 22: also of `distance` & co). */
  #store(map: Map<string, Property>, name: string, line: PropertyLine, list: boolean): Property {
    const before = map.get(name)
    if (before !== undefined && !list) {
      const first = before.lines[0]!.at
      const place = first.file === line.at.file ? `line ${first.line}` : `${first.file}:${first.line}`
      this.#complaints.add('CONFIG_DIRECTIVE_TWICE', line.at, name, `also in ${place}; the last one counts`)
    }
    if (before !== undefined && list) {
      before.lines.push(line)
      before.text += `,${line.value}`
      return before
    }
    const property = { name, lines: [line], text: line.value }
    map.set(name, property)
    return property
  }

  #resolve(name: string, done: Set<string>, path: readonly string[]): void {
    if (done.has(name)) return
    const attributes = this.workers.get(name)
    const reference = attributes?.get('reference')
    if (attributes !== undefined && reference !== undefined) {
      const value = textOf(reference)
      const at = valuePosition(reference)
      const target = value.startsWith('worker.') ? value.slice('worker.'.length) : ''
      const source = this.workers.get(target)
      if (source === undefined) {
        const message = `no directive starts with ${shown(`${value}.`)}`
        const hint = () => {
          return target === '' ? 'write worker.NAME, with the word worker' : didYouMean(target, this.workers.keys())
        }
        this.#complaints.add('CONFIG_REFERENCE_UNKNOWN', at, reference.name, message, hint)
      } else if (path.includes(target) || target === name) {
        const circle = [...path, name, target].map((step) => shown(step).slice(1, -1)).join(' → ')
        this.#complaints.add('CONFIG_REFERENCE_DEPTH', at, reference.name, `references in a circle: ${circle}`)
      } else if (path.length >= maxReferenceDepth) {
        const message = `more than maxReferenceDepth (${maxReferenceDepth}) references in a row`
        this.#complaints.add('CONFIG_REFERENCE_DEPTH', at, reference.name, message)
      } else {
        this.templates.add(target)
        this.#resolve(target, done, [...path, name])
        for (const [attribute, property] of source) {
          if (!attributes.has(attribute)) attributes.set(attribute, property)
        }
      }
    }
    done.add(name)
  }
}

function isSecret(name: string): boolean {
  return /\.secret(?:key)?$/.test(name)
}
