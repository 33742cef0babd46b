/**
 * Files as text: reading them, with limits, and what is wrong with them as a whole. What the text means is for others.
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import type { Complaints } from './complaint.ts'
import { shown } from './complaint.ts'
import { maxFileBytes, maxFiles, maxTotalBytes } from './limits.ts'
import { LineMap, type Position } from './position.ts'

/** What the config room wants from a file system. Tests and editors pass their own. */
export interface FileAccess {
  /** The content of a regular file; throws when there is none. */
  readFile(path: string): string | Uint8Array | Promise<string | Uint8Array>
  /** Names in a folder; throws when there is none. Needed for `Include` with a wildcard only. */
  listFolder?(path: string): readonly string[] | Promise<readonly string[]>
  /** The path of the file that is meant by a path in a configuration; default that path itself. */
  locate?(path: string): string
}

/** One file as the parsers see it. */
export interface SourceText {
  readonly file: string
  readonly text: string
  readonly lines: LineMap
}

export function sourceText(file: string, text: string): SourceText {
  return { file, text, lines: new LineMap(file, text) }
}

/** The real file system. A device or pipe is refused before it is opened: reading one may never end. */
export const nodeFiles: FileAccess = {
  async readFile(path) {
    const facts = await stat(path)
    if (!facts.isFile()) throw new Error('not a regular file')
    if (facts.size > maxFileBytes) throw new Error(`${facts.size} bytes are over maxFileBytes (${maxFileBytes})`)
    return readFile(path)
  },
  listFolder: (path) => readdir(path),
}

/** A path inside a file is relative to that file's folder, or to `base` where the format has one (ServerRoot). */
export function resolveBeside(file: string, path: string, base?: string): string {
  if (isAbsolute(path)) return path
  return join(base ?? dirname(file), path)
}

/** Reads the files of one configuration: counts them and turns failures into complaints. */
export class SourceReader {
  /** All files that were asked for, in order, read or not: what a reload has to watch. */
  readonly files: string[] = []
  readonly #access: FileAccess
  readonly #complaints: Complaints
  #totalBytes = 0
  #folders = 0

  constructor(access: FileAccess, complaints: Complaints) {
    this.#access = access
    this.#complaints = complaints
  }

  /**
   * The text of the file at `wanted`; undefined after a complaint at `at`, which names the `directive` that wants the file. A file that is
   * `optional` may be missing, but not unreadable.
   */
  async read(wanted: string, at: Position, directive: string, optional = false): Promise<SourceText | undefined> {
    if (!this.#hasRoom(at, directive)) return undefined
    const path = this.#access.locate?.(wanted) ?? wanted
    this.files.push(path)
    let content: string | Uint8Array
    try {
      content = await this.#access.readFile(path)
    } catch (error) {
      if (optional && isAbsent(error)) return undefined
      this.#complaints.add('CONFIG_FILE_UNREADABLE', at, directive, `cannot read ${shown(path)}: ${reason(error)}`)
      return undefined
    }
    this.#totalBytes += content.length
    if (content.length > maxFileBytes || this.#totalBytes > maxTotalBytes) {
      const limit = `maxFileBytes (${maxFileBytes}) or maxTotalBytes (${maxTotalBytes})`
      this.#complaints.add('CONFIG_FILE_TOO_LARGE', at, directive, `${shown(path)} passes ${limit}`)
      return undefined
    }
    const source = sourceText(path, decoded(content))
    return isText(source, this.#complaints) ? source : undefined
  }

  /** Names in a folder; none when it cannot be listed, undefined after a complaint at `at`. */
  async list(path: string, at: Position, directive: string): Promise<readonly string[] | undefined> {
    if (!this.#hasRoom(at, directive)) return undefined
    this.#folders += 1
    try {
      return (await this.#access.listFolder?.(path)) ?? []
    } catch {
      return []
    }
  }

  /** Not counted: what is asked about is read next, or listed. */
  async isFolder(path: string): Promise<boolean> {
    if (this.#isFull) return false
    try {
      return (await this.#access.listFolder?.(path)) !== undefined
    } catch {
      return false
    }
  }

  get #isFull(): boolean {
    return this.files.length + this.#folders >= maxFiles
  }

  #hasRoom(at: Position, directive: string): boolean {
    if (!this.#isFull) return true
    this.#complaints.add('CONFIG_FILE_TOO_LARGE', at, directive, `more than maxFiles (${maxFiles}) files and folders`)
    return false
  }
}

function decoded(content: string | Uint8Array): string {
  if (typeof content === 'string') return content
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(content)
}

/** A NUL ends a C string, so mod_jk and httpd would read only part of such a line; UTF-16 is full of them. */
function isText(source: SourceText, complaints: Complaints): boolean {
  const nul = source.text.indexOf('\0')
  if (nul === -1) return true
  complaints.add('CONFIG_TEXT_NUL', source.lines.at(nul), '', 'a NUL character', 'save the file as UTF-8 text')
  return false
}

function isAbsent(error: unknown): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

function reason(error: unknown): string {
  if (isAbsent(error)) return 'no such file'
  if (!(error instanceof Error)) return 'unknown error'
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EACCES' || code === 'EPERM') return 'no permission'
  if (code === 'EISDIR') return 'is a folder'
  return shown(error.message).slice(1, -1)
}
