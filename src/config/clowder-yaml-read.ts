/**
 * A YAML tree and a table → options. Everything that one value can have wrong is complained about here, at its place and
 * under its path; how values fit together is for others, who can ask where each came from.
 */
import { replaceVariables } from './brace-variables.ts'
import type { YamlMap, YamlNode, YamlScalar } from './clowder-yaml-document.ts'
import {
  anyText,
  anyTextOrEmpty,
  type BytesKind,
  type Field,
  keyOf,
  type ListKind,
  type MapKind,
  type ObjectKind,
  type PairsKind,
  type TextKind,
  type VariantsKind,
  type YamlKind,
} from './clowder-yaml-kinds.ts'
import { type Complaints, shown } from './complaint.ts'
import { didYouMean } from './did-you-mean.ts'
import { anyAddress } from './httpd-hosts.ts'
import { isHost, parsePort, splitHostPort } from './names-and-addresses.ts'
import type { Position } from './position.ts'
import { resolveBeside } from './source-text.ts'

/** What replaces `${NAME}`. */
type Environment = Readonly<Record<string, string | undefined>>

/** A variable in a text; `$${` is a plain `${`. */
export const variablePattern = '(?:^|[^$])\\$\\{'
const hasVariable = new RegExp(variablePattern)

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
export const durationPattern = '\\d{1,15}(?:ms|s|m|h|d)'
const durationText = new RegExp(`^${durationPattern}$`)

export class YamlReader {
  readonly complaints: Complaints
  readonly #env: Environment
  /** Where the entries of objects and lists stand. */
  readonly #places = new WeakMap<object, ReadonlyMap<string | number, Position>>()
  readonly #secrets = new WeakSet<YamlNode>()

  constructor(env: Environment, complaints: Complaints) {
    this.#env = env
    this.complaints = complaints
  }

  /** The place of an entry (of a key, for objects) of what `read` has returned. */
  placeOf(holder: object, entry: string | number): Position | undefined {
    return this.#places.get(holder)?.get(entry)
  }

  /** Whether `read` has met it as the value of a secret field. */
  isSecret(node: YamlNode): boolean {
    return this.#secrets.has(node)
  }

  /** Undefined after a complaint. */
  read(kind: YamlKind, node: YamlNode, path: string): unknown {
    switch (kind.is) {
      case 'object':
        return node.is === 'map' ? this.#object(kind, node, path) : this.#wanted('a map', node, path)
      case 'variants':
        return node.is === 'map' ? this.#variant(kind, node, path) : this.#wanted('a map', node, path)
      case 'map':
        return node.is === 'map' ? this.#map(kind, node, path) : this.#wanted('a map', node, path)
      case 'list':
        return this.#list(kind, node, path)
      case 'bytes':
        return this.#bytes(kind, node, path)
      case 'pairs':
        return node.is === 'map' ? this.#pairs(kind, node, path) : this.#wanted('a map', node, path)
      case 'reference':
        return this.read(kind.to(), node, path)
      case 'either':
        return this.read(node.is === 'map' ? kind.object : kind.word, node, path)
      default:
        return node.is === 'scalar' ? this.#scalar(kind, node, path) : this.#wanted(nounOf(kind), node, path)
    }
  }

  #wanted(what: string, node: YamlNode, path: string): undefined {
    const found =
      node.is !== 'scalar'
        ? `a ${node.is}`
        : node.value === null
          ? 'nothing'
          : shown(JSON.stringify(node.value)).slice(1, -1)
    const hint = node.is === 'scalar' && node.value === null ? 'give a value, or remove the key' : undefined
    this.complaints.add('CONFIG_VALUE_TYPE', node.at, path, `${found} where ${what} is wanted`, hint)
    return undefined
  }

  #object({ fields, one }: ObjectKind, node: YamlMap, path: string): Record<string, unknown> {
    const keys = new Map(Object.entries(fields).map(([option, field]) => [keyOf(option, field), option]))
    const values: [string, unknown][] = []
    const places = new Map<string, Position>()
    for (const [key, { at, value }] of node.entries) {
      const inside = path === '' ? key : `${path}.${key}`
      const option = keys.get(key)
      if (option === undefined) {
        this.complaints.add('CONFIG_KEY_UNKNOWN', at, inside, 'no such key here', () => hintFor(key, keys.keys()))
        continue
      }
      places.set(option, at)
      const field = fields[option]!
      if (field.secret) this.#secrets.add(value)
      const read = this.read(field.kind, value, inside)
      if (read === undefined) continue
      values.push([option, read])
      if (field.later && !isDefault(field, value))
        this.complaints.add('CONFIG_DIRECTIVE_LATER', at, inside, 'accepted, has no effect yet')
    }
    for (const [key, option] of keys) {
      const { required, preset } = fields[option]!
      if (places.has(option)) continue
      if (required) this.complaints.add('CONFIG_KEY_MISSING', node.at, path, `has no ${key}`)
      if (preset !== undefined) values.push([option, structuredClone(preset)])
    }
    if (one && places.size !== 1) {
      const message = `has ${places.size} keys where one of ${[...keys.keys()].join(', ')} is wanted`
      this.complaints.add('CONFIG_VALUE_TYPE', node.at, path, message)
    }
    const object = Object.fromEntries(values)
    this.#places.set(object, places)
    return object
  }

  #pairs({ max, empty }: PairsKind, node: YamlMap, path: string): (readonly [string, string | null])[] | undefined {
    if (node.entries.size > max) return this.#tooMany(node, node.entries.size, max, path)
    const pairs: (readonly [string, string | null])[] = []
    for (const [name, { value }] of node.entries) {
      const nothing = value.is === 'scalar' && value.value === null
      const read = empty && nothing ? null : this.read(anyTextOrEmpty, value, `${path}.${name}`)
      if (typeof read === 'string' || read === null) pairs.push([name, read])
    }
    return pairs
  }

  #variant({ by, of }: VariantsKind, node: YamlMap, path: string): unknown {
    const entry = node.entries.get(by)
    const known = Object.keys(of)
    if (entry === undefined) {
      const hint = `known: ${known.join(', ')}`
      this.complaints.add('CONFIG_KEY_MISSING', node.at, path, `has no ${by}`, hint)
      return undefined
    }
    // Without variables: what else may stand here depends on it.
    const name = this.#choice(known, entry.value, `${path}.${by}`, (text) => text)
    return name === undefined ? undefined : this.#object(of[name]!, node, path)
  }

  #map({ of, max }: MapKind, node: YamlMap, path: string): Record<string, unknown> | undefined {
    if (node.entries.size > max) return this.#tooMany(node, node.entries.size, max, path)
    const values: [string, unknown][] = []
    const places = new Map<string, Position>()
    for (const [name, { at, value }] of node.entries) {
      places.set(name, at)
      if (name === '') this.complaints.add('CONFIG_VALUE_REFUSED', at, path, 'a name that is empty')
      const read = this.read(of, value, `${path}.${name}`)
      if (read !== undefined) values.push([name, read])
      if (typeof read === 'object' && read !== null) this.complaints.place(read, at)
    }
    const object = Object.fromEntries(values)
    this.#places.set(object, places)
    return object
  }

  #list({ of, min, max }: ListKind, node: YamlNode, path: string): unknown[] | undefined {
    if (node.is !== 'list') return this.#wanted('a list', node, path) as undefined
    if (node.items.length > max) return this.#tooMany(node, node.items.length, max, path)
    if (node.items.length < min) {
      this.complaints.add(
        'CONFIG_VALUE_OUT_OF_RANGE',
        node.at,
        path,
        `has ${node.items.length} entries, at least ${min} are needed`,
      )
      return undefined
    }
    const values: unknown[] = []
    const places = new Map<number, Position>()
    for (const [index, item] of node.items.entries()) {
      const read = this.read(of, item, `${path}[${index}]`)
      if (read === undefined) continue
      places.set(values.length, item.at)
      values.push(read)
    }
    this.#places.set(values, places)
    return values
  }

  #tooMany({ at }: YamlNode, count: number, max: number, path: string): undefined {
    this.complaints.add('CONFIG_VALUE_OUT_OF_RANGE', at, path, `has ${count} entries, the limit is ${max}`)
    return undefined
  }

  #bytes({ length, text }: BytesKind, node: YamlNode, path: string): Uint8Array | undefined {
    if (text && node.is === 'scalar' && typeof node.value === 'string') {
      const value = this.#interpolated(node.value, node, path)
      if (value === undefined) return undefined
      if (!/[^\0-\u00FF]/.test(value)) return Uint8Array.from(value, (character) => character.charCodeAt(0))
      this.complaints.add('CONFIG_VALUE_REFUSED', node.at, path, `${shown(value)} has characters outside of ISO-8859-1`)
      return undefined
    }
    if (node.is !== 'list')
      return this.#wanted(text ? 'a text, or a list of bytes,' : 'a list of bytes', node, path) as undefined
    const wanted = length ?? maxBytes
    if (node.items.length > wanted || (length !== undefined && node.items.length < length)) {
      const message = `has ${node.items.length} bytes; ${length === undefined ? `the limit is ${wanted}` : `${length} are needed`}`
      this.complaints.add('CONFIG_VALUE_OUT_OF_RANGE', node.at, path, message)
      return undefined
    }
    const numbers = node.items.map((item, index) => this.read(byte, item, `${path}[${index}]`))
    return numbers.every((number) => typeof number === 'number') ? Uint8Array.from(numbers) : undefined
  }

  #scalar(kind: ScalarKind, node: YamlScalar, path: string): unknown {
    switch (kind.is) {
      case 'text':
        return this.#text(kind, node, path)
      case 'choice':
        return this.#choice(kind.of, node, path)
      case 'listen':
        return this.#listen(node, path)
      case 'file': {
        const written = this.#text(anyText, node, path)
        return written === undefined ? undefined : resolveBeside(node.at.file, written)
      }
      default: {
        const value = this.#plain(node, path)
        if (value === undefined) return undefined
        if (kind.is === 'boolean') return typeof value === 'boolean' ? value : this.#notBoolean(node, path)
        return kind.is === 'integer' ? this.#integer(kind, value, node, path) : this.#duration(kind, value, node, path)
      }
    }
  }

  /** A value that is no text: as it stands, or what has become of a variable. */
  #plain(node: YamlScalar, path: string): YamlScalar['value'] | undefined {
    const { value } = node
    if (typeof value !== 'string' || !hasVariable.test(value)) return value
    const text = this.#interpolated(value, node, path)
    if (text === undefined) return undefined
    if (text === 'true' || text === 'false') return text === 'true'
    return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : text
  }

  #notBoolean(node: YamlScalar, path: string): undefined {
    const word = String(node.value).toLowerCase()
    const meant = ['yes', 'on', 'y', '1'].includes(word)
      ? 'true'
      : ['no', 'off', 'n', '0'].includes(word)
        ? 'false'
        : undefined
    if (meant === undefined) return this.#wanted('true or false', node, path)
    this.complaints.add(
      'CONFIG_VALUE_TYPE',
      node.at,
      path,
      `${shown(word)} where true or false is wanted`,
      `write ${meant}`,
    )
    return undefined
  }

  #integer(
    { min, max }: { min: number; max: number },
    value: unknown,
    node: YamlScalar,
    path: string,
  ): number | undefined {
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      const hint = 'write digits, without quotes'
      this.complaints.add('CONFIG_VALUE_NOT_NUMBER', node.at, path, `${printed(value)} is not a whole number`, hint)
      return undefined
    }
    if (value >= min && value <= max) return value
    this.complaints.add('CONFIG_VALUE_OUT_OF_RANGE', node.at, path, `${value} is not within ${min} and ${max}`)
    return undefined
  }

  #duration(
    { min, max, none }: { min: number; max: number; none?: true },
    value: unknown,
    node: YamlScalar,
    path: string,
  ): number | undefined {
    if (none && value === 'none') return -1
    const text = typeof value === 'string' ? value : value === 0 ? '0ms' : ''
    if (!durationText.test(text)) {
      const hint =
        typeof value === 'number'
          ? `write ${value}ms or ${value}s`
          : `write 500ms, 30s, 5m, 2h or 1d${none ? ', or none' : ''}`
      this.complaints.add('CONFIG_VALUE_UNIT', node.at, path, `${printed(value)} is no time with a unit`, hint)
      return undefined
    }
    const [, count = '', unit = ''] = /^(\d+)(\D+)$/.exec(text)!
    const ms = Number(count) * unitsMs[unit]!
    if (ms >= min && ms <= max) return ms
    this.complaints.add('CONFIG_VALUE_OUT_OF_RANGE', node.at, path, `${text} is not within ${min}ms and ${max}ms`)
    return undefined
  }

  #text({ pattern, what, empty }: TextKind, node: YamlScalar, path: string): string | undefined {
    if (typeof node.value !== 'string') {
      if (node.value !== null) {
        const message = `${printed(node.value)} where a text is wanted`
        this.complaints.add('CONFIG_VALUE_TYPE', node.at, path, message, 'write it in quotes')
        return undefined
      }
      return this.#wanted('a text', node, path)
    }
    const value = this.#interpolated(node.value, node, path)
    if (value === undefined) return undefined
    if (pattern === undefined ? empty || value !== '' : new RegExp(`^(?:${pattern})$`, 'u').test(value)) return value
    this.complaints.add(
      'CONFIG_VALUE_REFUSED',
      node.at,
      path,
      value === '' ? 'is empty' : `${shown(value)} is not ${what}`,
    )
    return undefined
  }

  #choice(
    known: readonly string[],
    node: YamlNode,
    path: string,
    expand = (text: string): string | undefined => this.#interpolated(text, node, path),
  ): string | undefined {
    if (node.is !== 'scalar' || typeof node.value !== 'string')
      return this.#wanted(nounOf({ is: 'choice', of: known }), node, path) as undefined
    const value = expand(node.value)
    if (value === undefined) return undefined
    if (known.includes(value)) return value
    const hint = () => didYouMean(value, known) ?? `known: ${known.join(', ')}`
    this.complaints.add('CONFIG_VALUE_REFUSED', node.at, path, `${shown(value)} is not known here`, hint)
    return undefined
  }

  #listen(node: YamlScalar, path: string): { host: string; port: number } | undefined {
    const text = typeof node.value === 'string' ? this.#interpolated(node.value, node, path) : ''
    if (text === undefined) return undefined
    const { host, port: written } = splitHostPort(text) ?? {}
    const port = written === undefined ? undefined : parsePort(written)
    if (host !== undefined && port !== undefined) {
      if (host === '*') return { host: anyAddress, port }
      if (isHost(host.replace(/%[A-Za-z0-9_.-]+$/, ''))) return { host, port }
    }
    const hint =
      typeof node.value === 'number'
        ? `write "*:${node.value}" or "127.0.0.1:${node.value}"`
        : 'write "127.0.0.1:8080", "[::1]:8080" or "*:8080"'
    this.complaints.add('CONFIG_ADDRESS_SYNTAX', node.at, path, `${printed(node.value)} is not HOST:PORT`, hint)
    return undefined
  }

  /** Undefined after a complaint: a name in the place of a secret or an address helps nobody. */
  #interpolated(text: string, { at }: YamlNode, path: string): string | undefined {
    let whole = true
    const replaced = interpolate(text, this.#env, (written) => {
      whole = false
      const message = `${shown(written)} is not in the environment and has no default`
      this.complaints.add('CONFIG_VARIABLE_UNSET', at, path, message, 'set it, or write a default behind :-')
    })
    return whole ? replaced : undefined
  }
}

/** `${NAME}` and `${NAME:-default}` come from the environment, `$${` is a `${`. What is unknown stays as it is. */
export function interpolate(text: string, env: Environment, unknown?: (written: string) => void): string {
  if (!text.includes('${')) return text
  const replaced = text.split('$${').map((part) =>
    replaceVariables(part, (inside, written) => {
      const [name = '', ...preset] = inside.split(':-')
      const found = Object.hasOwn(env, name) ? env[name] : undefined
      const value = found ?? (preset.length > 0 ? preset.join(':-') : undefined)
      if (value === undefined) unknown?.(written)
      return value
    }),
  )
  return replaced.join('${')
}

type ScalarKind = Exclude<
  YamlKind,
  {
    is: 'object' | 'variants' | 'map' | 'list' | 'bytes' | 'pairs' | 'reference' | 'either'
  }
>

export const byte = { is: 'integer', min: -128, max: 255 } as const
/** A domain travels in every member packet. */
export const maxBytes = 256

function nounOf(kind: YamlKind): string {
  switch (kind.is) {
    case 'boolean':
      return 'true or false'
    case 'integer':
      return 'a whole number'
    case 'duration':
      return 'a time such as 30s'
    case 'choice':
      return kind.of.length === 1 ? kind.of[0]! : `one of ${kind.of.join(', ')}`
    case 'listen':
      return 'HOST:PORT'
    default:
      return 'a text'
  }
}

function printed(value: unknown): string {
  return typeof value === 'string' ? shown(value) : value === null ? 'nothing' : String(value)
}

/** What clowder does anyway, written out, is worth no warning. */
function isDefault({ default: preset = '' }: Field, node: YamlNode): boolean {
  return node.is === 'scalar' && String(node.value) === preset.split(' = ', 1)[0]
}

/** Names of the TypeScript options, and of mod_jk's directives, are told how they are written here. */
function hintFor(key: string, known: Iterable<string>): string | undefined {
  const keys = [...known]
  const plain = key.replace(/Ms$/, '')
  if (plain !== key && keys.includes(plain)) return `write ${plain}, with the unit in the value: 30s`
  return didYouMean(key, keys)
}
