/**
 * Which files an Include stands for, in httpd's order: wildcards in any part of the path, each by name, and folders with all
 * they hold. Reading the files is for others.
 */
import { join } from 'node:path'
import { type Complaints, shown } from './complaint.ts'
import type { Word } from './httpd-lines.ts'
import type { DirectiveNode } from './httpd-tree.ts'
import { maxFiles, maxIncludeDepth, maxPathChars } from './limits.ts'
import type { SourceReader } from './source-text.ts'

export class IncludeFinder {
  readonly #reader: SourceReader
  readonly #complaints: Complaints

  constructor(reader: SourceReader, complaints: Complaints) {
    this.#reader = reader
    this.#complaints = complaints
  }

  /** @param path of `word`, made absolute or relative to where we run */
  async find(path: string, word: Word, node: DirectiveNode): Promise<readonly string[]> {
    if (word.text.length > maxPathChars) {
      const message = `the name is longer than maxPathChars (${maxPathChars})`
      this.#complaints.add('CONFIG_INCLUDE', word.at, node.name, message)
      return []
    }
    const files: string[] = []
    for (const found of await this.#matches('', path.split('/'), word, node)) {
      for (const file of await this.#filesIn(found, word, node, 0)) files.push(file)
      // More of them would not be read.
      if (files.length > maxFiles) break
    }
    return files
  }

  /** Paths that begin with `folder` and go on as the parts say. */
  async #matches(
    folder: string,
    parts: readonly string[],
    word: Word,
    node: DirectiveNode,
  ): Promise<readonly string[]> {
    const wild = parts.findIndex((part) => /[*?[]/.test(part))
    const plain = (wild === -1 ? parts : parts.slice(0, wild)).join('/')
    const base = folder === '' ? plain : plain === '' ? folder : `${folder}/${plain}`
    if (wild === -1) return [base]
    const names = await this.#reader.list(base === '' && parts[0] === '' ? '/' : base || '.', word.at, node.name)
    if (names === undefined) return []
    const pattern = parts[wild]!
    const rest = parts.slice(wild + 1)
    const found: string[] = []
    for (const name of names.filter(wildcard(pattern)).toSorted()) {
      const path = base === '' && parts[0] !== '' ? name : `${base}/${name}`
      if (rest.length === 0) found.push(path)
      // What is no folder is passed over here, as by httpd.
      else if (await this.#reader.isFolder(path))
        for (const file of await this.#matches(path, rest, word, node)) found.push(file)
    }
    if (found.length === 0 && node.key === 'include') {
      const message = `nothing in ${shown(base === '' ? '.' : base)} matches ${shown(pattern)}`
      this.#complaints.add('CONFIG_INCLUDE', word.at, node.name, message, 'IncludeOptional would allow that')
    }
    return found
  }

  /** A file itself; a folder stands for all files below it. */
  async #filesIn(path: string, word: Word, node: DirectiveNode, depth: number): Promise<readonly string[]> {
    if (!(await this.#reader.isFolder(path))) return [path]
    if (depth >= maxIncludeDepth) {
      const message = `folders are deeper than maxIncludeDepth (${maxIncludeDepth})`
      this.#complaints.add('CONFIG_INCLUDE', word.at, node.name, message)
      return []
    }
    const files: string[] = []
    for (const name of ((await this.#reader.list(path, word.at, node.name)) ?? []).toSorted()) {
      for (const file of await this.#filesIn(join(path, name), word, node, depth + 1)) files.push(file)
    }
    return files
  }
}

/** `*`, `?` and `[a-z]` of a file name; a leading dot is not matched by a wildcard. Linear in the length of the name. */
function wildcard(pattern: string): (name: string) => boolean {
  const tokens = [...pattern.matchAll(/\*+|\?|\[([!^]?)([^\]]+)\]|./gs)]
  return (name) => {
    if (name.startsWith('.') && !pattern.startsWith('.')) return false
    // Positions in the pattern that the name read so far can stand at.
    let states = starred(new Set([0]), tokens)
    for (const character of name) {
      const next = new Set<number>()
      for (const state of states) {
        const token = tokens[state]
        if (token === undefined) continue
        if (token[0].startsWith('*')) next.add(state)
        else if (matchesOne(token, character)) next.add(state + 1)
      }
      states = starred(next, tokens)
    }
    return states.has(tokens.length)
  }
}

function starred(states: Set<number>, tokens: readonly RegExpExecArray[]): Set<number> {
  for (const state of states) if (tokens[state]?.[0].startsWith('*')) states.add(state + 1)
  return states
}

function matchesOne(token: RegExpExecArray, character: string): boolean {
  const [written, negation, set] = token
  if (written === '?') return true
  if (set === undefined) return written === character
  const inside = [...set.matchAll(/(.)-(.)|./gs)].some(([one, low, high]) => {
    return low === undefined ? one === character : low <= character && character <= high!
  })
  return inside !== (negation !== '')
}
