/** Options and a table → nodes of a YAML document, the reverse of `clowder-yaml-read.ts`: what has its preset is left out. */
import { isDeepStrictEqual } from 'node:util'
import { type Document, type Node, Pair, type Scalar, YAMLMap, YAMLSeq } from 'yaml'
import { keyOf, type ObjectKind, type YamlKind } from './clowder-yaml-kinds.ts'
import { anyAddress } from './httpd-hosts.ts'

export interface WriteOptions {
  /** A comment for a part of the options; undefined for none. */
  comment(part: object): string | undefined
  /** A text as it shall stand in the file. */
  text(value: string): string
  /** A path as it shall stand in the file. */
  file(path: string): string
}

export class YamlWriter {
  readonly #document: Document
  readonly #options: WriteOptions

  constructor(document: Document, options: WriteOptions) {
    this.#document = document
    this.#options = options
  }

  /** @param flow on one line with what is around it */
  write(kind: YamlKind, value: unknown, flow = false): Node {
    switch (kind.is) {
      case 'object':
        return this.#object(kind, value as Readonly<Record<string, unknown>>, flow)
      case 'variants': {
        const object = value as Readonly<Record<string, unknown>>
        return this.#object(kind.of[String(object[kind.by])]!, object, flow)
      }
      case 'reference':
        return this.write(kind.to(), value, flow)
      case 'either':
        return this.write(typeof value === 'string' ? kind.word : kind.object, value, flow)
      case 'map':
        return this.#map(kind.of, Object.entries(value as object))
      case 'pairs':
        return this.#pairs(value as readonly (readonly [string, string | null])[])
      case 'list':
        return this.#list(kind.of, value as readonly unknown[], flow)
      case 'bytes':
        return this.#sequence(
          [...Int8Array.from(value as Uint8Array)].map((byte) => this.#scalar(byte)),
          true,
        )
      default:
        return this.#scalar(this.#plain(kind, value))
    }
  }

  #object({ fields, short }: ObjectKind, value: Readonly<Record<string, unknown>>, flow: boolean): YAMLMap {
    const node = new YAMLMap(this.#document.schema)
    node.flow = flow || short === true
    for (const [option, field] of Object.entries(fields)) {
      const part = value[option]
      if (part === undefined || (field.preset !== undefined && isDeepStrictEqual(part, field.preset))) continue
      const pair = new Pair(this.#scalar(keyOf(option, field)), this.write(field.kind, part, node.flow))
      if (!node.flow) this.#comment(pair.key, pair.value, part)
      node.add(pair)
    }
    return node
  }

  #map(of: YamlKind, entries: readonly (readonly [string, unknown])[]): YAMLMap {
    const node = new YAMLMap(this.#document.schema)
    for (const [name, part] of entries) {
      const pair = new Pair(this.#scalar(name), this.write(of, part))
      this.#comment(pair.key, pair.value, part)
      node.add(pair)
    }
    return node
  }

  /** Of a name that stands twice the last counts. */
  #pairs(pairs: readonly (readonly [string, string | null])[]): YAMLMap {
    const node = new YAMLMap(this.#document.schema)
    node.flow = true
    for (const [name, value] of new Map(pairs)) {
      node.add(new Pair(this.#scalar(name), this.#scalar(value === null ? null : this.#options.text(value))))
    }
    return node
  }

  #list(of: YamlKind, values: readonly unknown[], flow: boolean): YAMLSeq {
    const plain = of.is !== 'object' && of.is !== 'variants'
    const items = values.map((value) => {
      const node = this.write(of, value, flow)
      if (!flow && !plain) this.#comment(node, node, value)
      return node
    })
    return this.#sequence(items, flow || plain)
  }

  #sequence(items: readonly Node[], flow: boolean): YAMLSeq {
    const node = new YAMLSeq(this.#document.schema)
    node.flow = flow || items.length === 0
    node.items.push(...items)
    return node
  }

  /** Above the key, or behind what stands on one line. */
  #comment(key: Node, value: Node | null, part: unknown): void {
    const comment = typeof part === 'object' && part !== null ? this.#options.comment(part) : undefined
    if (comment === undefined) return
    const flow = (value as { flow?: boolean } | null)?.flow === true
    if (flow && value !== null) value.comment = ` ${comment}`
    else key.commentBefore = ` ${comment}`
  }

  #scalar(value: string | number | boolean | null): Scalar {
    return this.#document.createNode(value) as Scalar
  }

  #plain(kind: YamlKind, value: unknown): string | number | boolean {
    switch (kind.is) {
      case 'duration':
        return formatDuration(value as number)
      case 'listen': {
        const { host, port } = value as { host: string; port: number }
        return `${host === anyAddress ? '*' : host.includes(':') ? `[${host}]` : host}:${port}`
      }
      case 'file':
        return this.#options.text(this.#options.file(value as string))
      default:
        return typeof value === 'string' ? this.#options.text(value) : (value as number | boolean)
    }
  }
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const

/** In the largest unit that leaves no rest. */
export function formatDuration(ms: number): string | number {
  if (ms <= 0) return ms === 0 ? 0 : 'none'
  const [unit, size] = units.find(([, each]) => ms % each === 0)!
  return `${ms / size}${unit}`
}
