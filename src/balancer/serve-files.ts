/**
 * Files for paths that no rule maps to a worker: what httpd serves from DocumentRoot, Alias and JkAutoAlias. GET and HEAD,
 * one range, conditional requests; no listings, no scripts. Which path is meant has been settled before (`path.ts`), who may
 * have it is asked for each file, and the file is read only as fast as the client takes it.
 *
 * Never served: names that begin with a dot, such as `.htpasswd` and `.git`, but for `.well-known`; WEB-INF and META-INF;
 * `.war` files in a folder of applications; devices, pipes and sockets.
 */
import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { contentType } from './content-types.ts'
import type { BalancerErrorCode } from './errors.ts'
import type { AnswerHead, Carrier, Exchange, Failure, Server } from './exchange.ts'
import { type Conditions, judgeConditions, readRange } from './file-conditions.ts'
import { firstField } from './first-field.ts'
import { errorAnswer } from './front/error-page.ts'
import { encodePath } from './path.ts'
import type { FilesOptions } from './site-options.ts'

/** Read at a time; one such buffer per file that is under way. */
const PIECE_BYTES = 65_536
const DEFAULT_INDEX: readonly string[] = ['index.html']
/** Names that begin with a dot, RFC 8615's apart; and what belongs to the inside of an application (mod_jk.md 9.1, 22). */
const HIDDEN = /\/\.(?!well-known(?:\/|$))|\/(?:web|meta)-inf(?:\/|$)/i
const ALLOW = 'Allow: GET, HEAD, OPTIONS\r\n'

/** A file that a path may stand for, before anyone has looked whether it is there. */
export interface FilePlace {
  /** Absolute, and below `root`. */
  readonly file: string
  readonly root: string
  /** The name of the page, where a folder was asked for and has one; `file` is that page. */
  readonly index?: string
}

export type Found = FilePlace | 'none' | 'forbidden'

export class FileService implements Server {
  readonly #options: FilesOptions
  readonly #dateLine: () => string

  constructor(options: FilesOptions, dateLine: () => string) {
    this.#options = options
    this.#dateLine = dateLine
  }

  /** What a folder may show, in order. */
  get pages(): readonly string[] {
    return this.#options.index ?? DEFAULT_INDEX
  }

  async isFolder({ file }: FilePlace): Promise<boolean> {
    const facts = await stat(file).catch(() => undefined)
    return facts?.isDirectory() === true
  }

  /** Where the file of a decoded path is; `local` is the path with its parameters, `path` the one without. */
  async find(path: string, local: string): Promise<Found> {
    const place = await this.#place(path, local)
    if (typeof place === 'string' || !place.file.endsWith(sep)) return place
    for (const index of this.pages) {
      const file = join(place.file, index)
      const facts = await stat(file).catch(() => undefined)
      if (facts?.isFile() === true) return { file, root: place.root, index }
    }
    return place
  }

  async #place(path: string, local: string): Promise<Found> {
    const { aliases = [], applications, root } = this.#options
    const plain = this.#withoutSession(local)
    // A file whose name holds a `;` could be asked for past the rules, which see the path without parameters.
    if (plain !== path || path.includes('\0')) return 'none'
    if (HIDDEN.test(path)) return 'none'
    const name = Buffer.from(path, 'latin1').toString('utf8')
    for (const alias of aliases) {
      const below = belowAlias(alias.path, name)
      if (below !== undefined) return { file: join(alias.target, below), root: alias.target }
    }
    const application = applications === undefined ? 'none' : await findInApplication(applications, name)
    if (application !== 'none') return application
    return root === undefined ? 'none' : { file: join(root, name), root }
  }

  #withoutSession(local: string): string {
    const { stripSession } = this.#options
    if (stripSession === undefined) return local
    const at = local.indexOf(stripSession)
    if (at === -1) return local
    const rest = local.slice(at + stripSession.length)
    const end = rest.search(/[;/]/)
    return local.slice(0, at) + (end === -1 ? '' : rest.slice(end))
  }

  /** Sends the file, or says why not; the exchange may have been given up meanwhile. */
  async serve(exchange: Exchange, place: FilePlace): Promise<void> {
    const { method } = exchange
    if (method === 'OPTIONS') {
      answer(exchange, 200, `${this.#dateLine()}${ALLOW}`)
      return
    }
    if (method !== 'GET' && method !== 'HEAD') {
      refuse(exchange, 'FRONT_METHOD_NOT_ALLOWED', ALLOW)
      return
    }
    const opened = await this.#open(place)
    if (typeof opened === 'string') {
      if (exchange.finished) return
      if (opened === 'folder') this.#redirect(exchange)
      else refuse(exchange, opened === 'forbidden' ? 'FRONT_FILE_FORBIDDEN' : 'FRONT_NOT_FOUND')
      return
    }
    if (exchange.finished) await opened.handle.close()
    else this.#send(exchange, opened)
  }

  async #open({ file, root }: FilePlace): Promise<OpenFile | 'none' | 'forbidden' | 'folder'> {
    try {
      const facts = await stat(file)
      if (facts.isDirectory()) return file.endsWith(sep) ? 'forbidden' : 'folder'
      if (!facts.isFile() || file.endsWith(sep)) return 'none'
      if (this.#options.followSymlinks === false && !(await isItself(file, root))) return 'forbidden'
      // Should a pipe have taken its place meanwhile, opening it must not wait for a writer.
      const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
      const now = await handle.stat()
      if (now.isFile()) return { handle, facts: now, file }
      await handle.close()
      return 'none'
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      return code === 'EACCES' || code === 'EPERM' || code === 'ELOOP' ? 'forbidden' : 'none'
    }
  }

  /** `/docs` is a folder: its pages are relative to `/docs/`. */
  #redirect(exchange: Exchange): void {
    const query = exchange.target.indexOf('?')
    const location = `${encodePath(exchange.path)}/${query === -1 ? '' : exchange.target.slice(query)}`
    answer(exchange, 301, `${this.#dateLine()}Location: ${location}\r\n`)
  }

  #send(exchange: Exchange, { handle, facts, file }: OpenFile): void {
    const size = facts.size
    const modifiedMs = Math.floor(facts.mtimeMs / 1000) * 1000
    const etag = `"${size.toString(16)}-${Math.floor(facts.mtimeMs * 1000).toString(16)}"`
    const conditions = conditionsOf(exchange)
    const validators = `ETag: ${etag}\r\nLast-Modified: ${new Date(modifiedMs).toUTCString()}\r\n`
    const verdict = judgeConditions(conditions, etag, modifiedMs)
    if (verdict !== 'go') {
      handle.close().catch(() => {})
      if (verdict === 'unchanged') answer(exchange, 304, this.#dateLine() + validators)
      else refuse(exchange, 'FRONT_PRECONDITION')
      return
    }
    const range = exchange.method === 'GET' ? readRange(conditions, etag, modifiedMs, size) : undefined
    if (range === 'beyond') {
      handle.close().catch(() => {})
      refuse(exchange, 'FRONT_RANGE', `Content-Range: bytes */${size}\r\n`)
      return
    }
    const [from, to] = range ?? [0, size]
    const lines =
      `HTTP/1.1 ${range === undefined ? '200 OK' : '206 Partial Content'}\r\n` +
      `${this.#dateLine()}${validators}Accept-Ranges: bytes\r\nContent-Type: ${contentType(file)}\r\n` +
      (range === undefined ? '' : `Content-Range: bytes ${from}-${to - 1}/${size}\r\n`)
    const status = range === undefined ? 200 : 206
    if (exchange.method === 'HEAD') {
      handle.close().catch(() => {})
      exchange.whole({ status, text: `${lines}Content-Length: ${size}\r\n`, framing: 'none', length: -1 }, '')
      return
    }
    exchange.server = this
    const carrier = new FileCarrier(exchange, handle, from, to)
    exchange.carriedBy(carrier)
    carrier.begin({ status, text: lines, framing: 'length', length: to - from })
  }

  failed(exchange: Exchange, failure: Failure): void {
    exchange.refuse(failure.code)
  }

  finished(): void {
    // Nothing was counted.
  }
}

interface OpenFile {
  readonly handle: FileHandle
  readonly facts: Stats
  readonly file: string
}

/** Reads a piece, hands it over, and reads the next one when it has been written. */
class FileCarrier implements Carrier {
  readonly #exchange: Exchange
  readonly #handle: FileHandle
  #at: number
  readonly #end: number
  #isReading = false
  #isPaused = false
  #isOver = false

  constructor(exchange: Exchange, handle: FileHandle, from: number, end: number) {
    this.#exchange = exchange
    this.#handle = handle
    this.#at = from
    this.#end = end
  }

  begin(head: AnswerHead): void {
    this.#exchange.head(head)
    this.#goOn()
  }

  /** What a client sends along with a GET is read and dropped. */
  writeBody(): boolean {
    return true
  }

  endBody(): void {}

  resumeAnswer(): void {
    this.#isPaused = false
    this.#goOn()
  }

  abandon(): void {
    this.#close()
  }

  #goOn(): void {
    if (this.#isReading || this.#isPaused || this.#isOver) return
    if (this.#at >= this.#end) {
      this.#close()
      this.#exchange.end(undefined)
      return
    }
    this.#isReading = true
    const buffer = Buffer.allocUnsafe(Math.min(PIECE_BYTES, this.#end - this.#at))
    this.#handle.read(buffer, 0, buffer.length, this.#at).then(
      ({ bytesRead }) => {
        this.#isReading = false
        if (this.#isOver) return
        // It was cut while it was read: the length that was announced cannot be kept.
        if (bytesRead === 0) this.#fail(new Error('the file became shorter'))
        else {
          this.#at += bytesRead
          if (!this.#exchange.data(buffer.subarray(0, bytesRead))) this.#isPaused = true
          this.#goOn()
        }
      },
      (cause: unknown) => {
        this.#isReading = false
        if (!this.#isOver) this.#fail(cause)
      },
    )
  }

  #fail(cause: unknown): void {
    this.#close()
    this.#exchange.fail({ code: 'LB_REPLY_CUT_LATE', stage: 'head', staleConnection: false, cause })
  }

  #close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#handle.close().catch(() => {})
  }
}

/** What follows the path of an alias; `/icons/` is not about `/icons`, `/icons` is about both. */
function belowAlias(alias: string, path: string): string | undefined {
  if (!path.startsWith(alias)) return undefined
  const rest = path.slice(alias.length)
  return alias.endsWith('/') || rest === '' || rest.startsWith('/') ? rest : undefined
}

/** mod_jk.md 2.5: `/ctx/rest`, where `ctx` is a folder. */
async function findInApplication(folder: string, path: string): Promise<Found> {
  const [, context = ''] = path.split('/')
  if (context === '') return 'none'
  const facts = await stat(join(folder, context)).catch(() => undefined)
  if (facts?.isFile() && /\.war$/i.test(context)) return 'forbidden'
  if (!facts?.isDirectory()) return 'none'
  return { file: join(folder, path), root: folder }
}

/** No part of the path below the root is a symbolic link. */
async function isItself(file: string, root: string): Promise<boolean> {
  const [real, realRoot] = await Promise.all([realpath(file), realpath(root)])
  return real === join(realRoot, file.slice(join(root, '.').length))
}

function conditionsOf({ fields }: Exchange): Conditions {
  return {
    ifMatch: firstField(fields, 'if-match'),
    ifNoneMatch: firstField(fields, 'if-none-match'),
    ifModifiedSince: firstField(fields, 'if-modified-since'),
    ifUnmodifiedSince: firstField(fields, 'if-unmodified-since'),
    ifRange: firstField(fields, 'if-range'),
    range: firstField(fields, 'range'),
  }
}

function answer(exchange: Exchange, status: 200 | 301 | 304, lines: string): void {
  const reason = { 200: 'OK', 301: 'Moved Permanently', 304: 'Not Modified' }[status]
  const framing = status === 304 ? 'none' : 'length'
  exchange.whole(
    { status, text: `HTTP/1.1 ${status} ${reason}\r\n${lines}`, framing, length: framing === 'none' ? -1 : 0 },
    '',
  )
}

/** An error page of the front with a field that goes with it. */
export function refuse(exchange: Exchange, code: BalancerErrorCode, lines = ''): void {
  if (lines === '') {
    exchange.refuse(code)
    return
  }
  const { head, body } = errorAnswer(code, exchange.fields, exchange.method)
  exchange.whole({ ...head, text: head.text + lines }, body)
}
