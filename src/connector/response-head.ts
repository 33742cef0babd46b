/**
 * The head of a response, from what the application set to what AJP carries. The rules are those of Node's own
 * `_storeHeader`: Date and Content-Length are added where they are missing and known. What belongs to a connection is left
 * out, because each side of the web server has its own (ajp13.md 4.5).
 */
import { type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http'
import { SET_HEADERS } from './node-symbols.ts'

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
])

/** Fields for the client, whatever Connection says: without them the end of the body would move. */
const ALWAYS_SENT: ReadonlySet<string> = new Set(['content-length'])
const MAX_CONNECTION_OPTIONS = 100

/** Where Node keeps what `setHeader` was given: by lower-case name, the name as given and the value. */
type SetHeaders = Readonly<Record<string, readonly [name: string, value: HeaderValue]>>
type HeaderValue = string | number | readonly (string | number)[]

/** What Node's `_storeHeader` gets: the set headers, or what `writeHead` was given. */
export type StoredHeaders = SetHeaders | readonly unknown[] | Readonly<Record<string, HeaderValue>> | undefined

interface Internals {
  _contentLength: number | null
  _hasBody: boolean
  _removedContLen: boolean
  /** Of Node 15.4; missing in its types. */
  getRawHeaderNames(): string[]
}

export class HeadCollector {
  /** Name, value, name, value. */
  readonly headers: string[] = []
  /** What Content-Length says, if there is one. */
  length: number | undefined
  #hasDate = false
  #hasCoding = false
  /** The options of Connection. */
  #connection: string | undefined

  /** @param setHeaders where Node keeps them; null where that is unknown: its public methods serve, with a search for each header */
  collect(
    response: ServerResponse,
    stored: StoredHeaders,
    date: () => string,
    setHeaders: symbol | null = SET_HEADERS,
  ): string[] {
    const internals = response as unknown as Internals
    if (stored !== undefined && stored !== null) {
      if (setHeaders === null) this.#addByMethods(internals, response, stored)
      else if (stored === (response as unknown as Record<symbol, unknown>)[setHeaders]) {
        for (const key in stored as SetHeaders) {
          const entry = (stored as SetHeaders)[key]!
          this.#add(internals, key, entry[0], entry[1])
        }
      } else this.#addGiven(internals, stored)
    }
    if (this.#connection !== undefined) this.#removeNamed(this.#connection)
    if (response.sendDate && !this.#hasDate) this.headers.push('Date', date())
    if (this.length === undefined && !this.#hasCoding && internals._hasBody && !internals._removedContLen) {
      const length = internals._contentLength
      if (typeof length === 'number') {
        this.length = length
        this.headers.push('Content-Length', String(length))
      }
    }
    return this.headers
  }

  /** Once a header is set, Node makes set headers of those that `writeHead` is given, too. */
  #addByMethods(internals: Internals, response: ServerResponse, stored: object): void {
    const names = internals.getRawHeaderNames()
    if (names.length === 0) this.#addGiven(internals, stored)
    for (const name of names) this.#add(internals, name.toLowerCase(), name, response.getHeader(name)!)
  }

  /** The forms of `writeHead`: `{name: value}`, `[name, value, …]` and `[[name, value], …]`. */
  #addGiven(internals: Internals, given: object): void {
    if (!Array.isArray(given)) {
      for (const name of Object.keys(given)) this.#check(internals, name, (given as Record<string, HeaderValue>)[name]!)
    } else if (Array.isArray(given[0])) {
      for (const [name, value] of given as [string, HeaderValue][]) this.#check(internals, name, value)
    } else {
      for (let i = 0; i + 1 < given.length; i += 2)
        this.#check(internals, given[i] as string, given[i + 1] as HeaderValue)
    }
  }

  #check(internals: Internals, name: string, value: HeaderValue): void {
    validateHeaderName(name)
    if (Array.isArray(value)) for (const one of value) validateHeaderValue(name, one)
    else validateHeaderValue(name, value as string)
    this.#add(internals, name.toLowerCase(), name, value)
  }

  #add(internals: Internals, key: string, name: string, value: HeaderValue): void {
    if (HOP_BY_HOP.has(key)) {
      if (key === 'transfer-encoding') this.#hasCoding = true
      else if (key === 'connection') this.#connection = String(value)
      return
    }
    if (key === 'date') this.#hasDate = true
    else if (key === 'content-length') {
      this.length = Number(value)
      internals._contentLength = this.length
      internals._removedContLen = false
    }
    if (typeof value === 'string') this.headers.push(name, value)
    else if (!Array.isArray(value)) this.headers.push(name, String(value))
    // As Node: several Cookie headers would be one to every reader.
    else if (key === 'cookie') this.headers.push(name, value.join('; '))
    else for (const one of value) this.headers.push(name, String(one))
  }

  /** Fields that Connection names go no further than this connection (RFC 9110 7.6.1), which AJP does not have. */
  #removeNamed(connection: string): void {
    if (connection === 'close' || connection === 'keep-alive') return
    const named = connection.split(',', MAX_CONNECTION_OPTIONS).map((option) => option.trim().toLowerCase())
    const { headers } = this
    let kept = 0
    for (let i = 0; i < headers.length; i += 2) {
      const key = headers[i]!.toLowerCase()
      if (named.includes(key) && !ALWAYS_SENT.has(key)) continue
      headers[kept++] = headers[i]!
      headers[kept++] = headers[i + 1]!
    }
    headers.length = kept
  }
}
