/**
 * YAML text → a tree of maps, lists and scalars with their places. Everything hostile or surprising that YAML itself allows
 * ends here: bombs of aliases, endless nesting, tags, keys that are no names, keys twice. What the keys mean is for others.
 *
 * The parser is the `yaml` package, used in its parts, because composing a tree of unlimited depth ends the process, and
 * its own search for equal keys is quadratic.
 */
import {
  type Alias,
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  type Pair,
  Parser,
  type YAMLMap,
} from 'yaml'
import { type Complaints, shown, visible } from './complaint.ts'
import { maxComplaints, maxYamlBytes, maxYamlDepth, maxYamlNodes, maxYamlTokens } from './limits.ts'
import type { Position } from './position.ts'
import type { SourceText } from './source-text.ts'

export type YamlNode = YamlMap | YamlList | YamlScalar

export interface YamlMap extends Placed {
  readonly is: 'map'
  readonly entries: ReadonlyMap<string, YamlEntry>
}

export interface YamlEntry {
  /** Of the key. */
  readonly at: Position
  readonly value: YamlNode
}

export interface YamlList extends Placed {
  readonly is: 'list'
  readonly items: readonly YamlNode[]
}

export interface YamlScalar extends Placed {
  readonly is: 'scalar'
  /** As YAML 1.2 reads it: `yes` is a text, `null` and nothing are null. */
  readonly value: string | number | boolean | null
}

interface Placed {
  readonly at: Position
  /** Nodes in it, itself included, an alias counting for all it stands for. */
  readonly size: number
}

/** Tags that say no more than how a scalar, list or map is read. */
const harmlessTags = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'seq', 'map'].map((tag) => `tag:yaml.org,2002:${tag}`),
)

/** Undefined after a complaint that leaves nothing to read, and for a file without content. */
export function readYaml(source: SourceText, complaints: Complaints): YamlNode | undefined {
  const document = compose(source, complaints)
  if (document === undefined) return undefined
  for (const { pos, message, code } of document.errors) {
    complaints.add('CONFIG_YAML_SYNTAX', source.lines.at(pos[0]), '', `${code}: ${visible(firstLine(message))}`)
  }
  if (document.errors.length > 0 || document.contents === null) return undefined
  const root = new TreeReader(source, complaints).read(document.contents as Node, '')
  if (root === undefined || root.size <= maxYamlNodes) return root
  const message = `more than maxYamlNodes (${maxYamlNodes}) values, each alias counting for all it stands for`
  complaints.add('CONFIG_YAML_LIMIT', source.lines.at(0), '', message)
  return undefined
}

const tooDeepMessage = `nested deeper than maxYamlDepth (${maxYamlDepth})`

function compose(source: SourceText, complaints: Complaints) {
  const { text, lines } = source
  const refuse = (message: string): undefined => {
    complaints.add('CONFIG_YAML_LIMIT', lines.at(0), '', message)
    return undefined
  }
  if (text.length > maxYamlBytes) return refuse(`${text.length} characters are over maxYamlBytes (${maxYamlBytes})`)
  const parser = new Parser()
  const tokens: Token[] = []
  let count = 0
  let brackets = 0
  let errors = 0
  for (const lexeme of new Lexer().lex(text)) {
    count += 1
    if (count > maxYamlTokens) return refuse(`more than maxYamlTokens (${maxYamlTokens}) words and signs`)
    if (lexeme === '[' || lexeme === '{') brackets += 1
    else if (lexeme === ']' || lexeme === '}') brackets -= 1
    if (brackets > maxYamlDepth) return refuse(tooDeepMessage)
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error') errors += 1
      tokens.push(token)
    }
    // More of them would not be shown.
    if (errors > maxComplaints) break
  }
  for (const token of parser.end()) tokens.push(token)
  const deep = tokens.map(tooDeep).find((offset) => offset !== undefined)
  if (deep !== undefined) {
    complaints.add('CONFIG_YAML_LIMIT', lines.at(Math.min(deep, text.length)), '', tooDeepMessage)
    return undefined
  }
  const composer = new Composer({ schema: 'core', merge: false, uniqueKeys: false, logLevel: 'silent' })
  const [first, second] = composer.compose(tokens, true, text.length)
  if (second !== undefined) {
    const at = lines.at(second.range[0])
    complaints.add('CONFIG_YAML_SYNTAX', at, '', 'a second document', 'write one document, without --- below it')
    return undefined
  }
  return first
}

type Token = Parameters<Composer['next']>[0]

/** Where a token is nested too deeply. Without recursion, unlike what comes after it. */
function tooDeep(token: Token): number | undefined {
  const waiting: { readonly token: object; readonly depth: number }[] = [{ token, depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { items, value, offset } = next.token as { items?: readonly object[]; value?: unknown; offset?: number }
    if (next.depth > maxYamlDepth) return offset ?? 0
    const depth = next.depth + 1
    if (typeof value === 'object' && value !== null) waiting.push({ token: value, depth })
    for (const item of items ?? []) {
      const { key, value: held } = item as { key?: object | null; value?: object }
      if (key) waiting.push({ token: key, depth })
      if (held) waiting.push({ token: held, depth })
    }
  }
  return undefined
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!
}

class TreeReader {
  readonly #source: SourceText
  readonly #complaints: Complaints
  readonly #anchors = new Map<string, YamlNode>()

  constructor(source: SourceText, complaints: Complaints) {
    this.#source = source
    this.#complaints = complaints
  }

  /** @param path of the node, for complaints */
  read(node: Node, path: string): YamlNode | undefined {
    if (isAlias(node)) return this.#alias(node, path)
    const at = this.#at(node)
    if (node.tag !== undefined && !harmlessTags.has(node.tag)) {
      this.#complaints.add(
        'CONFIG_YAML_SYNTAX',
        at,
        path,
        `the tag ${shown(node.tag)} has no meaning here`,
        'remove it',
      )
      return undefined
    }
    const read = this.#content(node, at, path)
    if (read !== undefined && node.anchor !== undefined) this.#anchors.set(node.anchor, read)
    return read
  }

  #content(node: Node, at: Position, path: string): YamlNode | undefined {
    if (isMap(node)) return this.#map(node, at, path)
    if (isSeq(node)) {
      const items = node.items.map((item, index) => this.read(item as Node, `${path}[${index}]`))
      const known = items.filter((item) => item !== undefined)
      return { is: 'list', at, items: known, size: known.reduce((sum, { size }) => sum + size, 1) }
    }
    const value: unknown = isScalar(node) ? node.value : null
    const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    return { is: 'scalar', at, value: plain ? value : null, size: 1 }
  }

  /** A name that is not known yet is one that comes later, or the list or map that the alias stands in. */
  #alias(node: Alias, path: string): YamlNode | undefined {
    const read = this.#anchors.get(node.source)
    if (read !== undefined) return read
    const message = `no value above has the anchor ${shown(`&${node.source}`)}`
    this.#complaints.add('CONFIG_YAML_SYNTAX', this.#at(node), path, message)
    return undefined
  }

  #map(node: YAMLMap, at: Position, path: string): YamlMap {
    const entries = new Map<string, YamlEntry>()
    const merged: YamlNode[] = []
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      const name = this.#name(pair.key, path)
      if (name === undefined) continue
      const keyAt = this.#at(pair.key)
      const inside = path === '' ? name : `${path}.${name}`
      const value: YamlNode | undefined =
        pair.value === null ? { is: 'scalar', at: keyAt, value: null, size: 1 } : this.read(pair.value, inside)
      if (value === undefined) continue
      const before = entries.get(name)
      if (name === '<<') merged.push(value)
      else if (before === undefined) entries.set(name, { at: keyAt, value })
      else this.#complaints.add('CONFIG_KEY_TWICE', keyAt, inside, `also in line ${before.at.line}`)
    }
    for (const value of merged.flatMap((each) => (each.is === 'list' ? each.items : [each]))) {
      if (value.is !== 'map')
        this.#complaints.add('CONFIG_YAML_SYNTAX', value.at, path, '<< takes a map, or a list of maps')
      else for (const [name, entry] of value.entries) if (!entries.has(name)) entries.set(name, entry)
    }
    let size = 1
    for (const { value } of entries.values()) size += 1 + value.size
    return { is: 'map', at, entries, size }
  }

  #name(key: Node, path: string): string | undefined {
    if (isScalar(key) && key.value !== null) return typeof key.value === 'string' ? key.value : (key.source ?? '')
    this.#complaints.add('CONFIG_YAML_SYNTAX', this.#at(key), path, 'a key that is no name')
    return undefined
  }

  #at(node: Node): Position {
    return this.#source.lines.at(node.range?.[0] ?? 0)
  }
}
