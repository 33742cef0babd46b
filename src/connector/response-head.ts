/**
 * The head of a response, from what the application set to what AJP carries. The rules are those of Node's own
 * `_storeHeader`: Date and Content-Length are added where they are missing and known. What belongs to a connection is left
 * out, because each side of the web server has its own (ajp13.md 4.5).
 */
import { OutgoingMessage, type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http'

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

/** Where Node keeps what `setHeader` was given: by lower-case name, the name as given and the value. */
type SetHeaders = Readonly<Record<string, readonly [name: string, value: HeaderValue]>>
type HeaderValue = string | number | readonly (string | number)[]

/** What Node's `_storeHeader` gets: the set headers, or what `writeHead` was given. */
export type StoredHeaders = SetHeaders | readonly unknown[] | Readonly<Record<string, HeaderValue>> | undefined

interface Internals {
  _contentLength: number | null
  _hasBody: boolean
  _removedContLen: boolean
}

const kOutHeaders = symbolOfSetHeaders()

export class HeadCollector {
  /** Name, value, name, value. */
  readonly headers: string[] = []
  #hasLength = false
  #hasDate = false
  #hasCoding = false

  collect(response: ServerResponse, stored: StoredHeaders, date: () => string): string[] {
    const internals = response as unknown as Internals
    if (stored !== undefined && stored !== null) {
      if (stored === (response as unknown as Record<symbol, unknown>)[kOutHeaders]) {
        for (const key in stored as SetHeaders) {
          const entry = (stored as SetHeaders)[key]!
          this.#add(internals, key, entry[0], entry[1])
        }
      } else this.#addGiven(internals, stored)
    }
    if (response.sendDate && !this.#hasDate) this.headers.push('Date', date())
    if (!this.#hasLength && !this.#hasCoding && internals._hasBody && !internals._removedContLen) {
      const length = internals._contentLength
      if (typeof length === 'number') this.headers.push('Content-Length', String(length))
    }
    return this.headers
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
      return
    }
    if (key === 'date') this.#hasDate = true
    else if (key === 'content-length') {
      this.#hasLength = true
      internals._contentLength = Number(value)
      internals._removedContLen = false
    }
    if (typeof value === 'string') this.headers.push(name, value)
    else if (!Array.isArray(value)) this.headers.push(name, String(value))
    // As Node: several Cookie headers would be one to every reader.
    else if (key === 'cookie') this.headers.push(name, value.join('; '))
    else for (const one of value) this.headers.push(name, String(one))
  }
}

/** Node does not publish it, and nothing public tells `setHeader` from `writeHead`. The same name since Node 10. */
function symbolOfSetHeaders(): symbol {
  const symbol = Object.getOwnPropertySymbols(new OutgoingMessage()).find(
    ({ description }) => description === 'kOutHeaders',
  )
  if (symbol === undefined) throw new Error('this version of Node keeps the headers of a response in another place')
  return symbol
}
