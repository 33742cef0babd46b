/**
 * A backend's view of what a proxy sends: cuts a connection's bytes into requests and notes every deviation from
 * RFC 9112, also those that most servers forgive. Shares no code with `src/http1`, so that it shares no mistake.
 * Latin-1 strings throughout: one character is one byte.
 */
export interface RecordedRequest {
  readonly method: string
  readonly target: string
  /** Names in lower case, in order of arrival. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly head: string
  body: string
}

type State = 'head' | 'length' | 'chunk-size' | 'chunk-data' | 'trailer' | 'dead'

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x22\x24-\x7e]+) HTTP\/1\.1$/
const VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+)(?::\d{0,5})?$/
const CHUNK_SIZE = /^[0-9A-Fa-f]{1,15}$/
/** Fields of one connection (RFC 9110 7.6.1), none of which a proxy passes on. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'upgrade', 'http2-settings'])
const ONCE = new Set(['host', 'content-length', 'transfer-encoding', 'x-forwarded-for', 'x-forwarded-proto'])
/** Trailers that would change the message after its end (RFC 9110 6.5.1). */
const NO_TRAILER = new Set(['host', 'content-length', 'transfer-encoding', 'connection', 'authorization', 'trailer'])
const MAX_HEAD = 100_000

export class StrictRequests {
  /** Complete requests. */
  readonly requests: RecordedRequest[] = []
  readonly violations: string[] = []
  /** Everything that arrived. */
  bytes = ''
  #at = 0
  #state: State = 'head'
  #left = 0
  #current: RecordedRequest | undefined

  /** Bytes of a request that is not complete. */
  get isBegun(): boolean {
    return this.#state !== 'head' || this.#at < this.bytes.length
  }

  get isDead(): boolean {
    return this.#state === 'dead'
  }

  /** Forgets what was seen so far; a request that is under way goes on. */
  forget(): void {
    this.bytes = this.bytes.slice(this.#at)
    this.#at = 0
    this.requests.length = 0
  }

  /** Returns the requests that these bytes complete. */
  push(bytes: Buffer): RecordedRequest[] {
    this.bytes += bytes.toString('latin1')
    const before = this.requests.length
    while (this.#step());
    return this.requests.slice(before)
  }

  #step(): boolean {
    switch (this.#state) {
      case 'head':
        return this.#head()
      case 'length':
      case 'chunk-data':
        return this.#data()
      case 'chunk-size':
        return this.#line((line) => this.#chunkSize(line))
      case 'trailer':
        return this.#line((line) => this.#trailer(line))
      case 'dead':
        return false
    }
  }

  #head(): boolean {
    const end = this.bytes.indexOf('\r\n\r\n', this.#at)
    if (end === -1) {
      const begun = this.bytes.slice(this.#at)
      if (/[^\r]\n|^\n|\r[^\n]/.test(begun)) return this.#violation(`a bare CR or LF: ${quote(begun)}`)
      if (begun.length > MAX_HEAD) return this.#violation('a head without an end')
      return false
    }
    const head = this.bytes.slice(this.#at, end)
    this.#at = end + 4
    const [line = '', ...fieldLines] = head.split('\r\n')
    const parts = REQUEST_LINE.exec(line)
    if (parts === null) return this.#violation(`request line ${quote(line)}`)
    const fields: [string, string][] = []
    for (const fieldLine of fieldLines) {
      const colon = fieldLine.indexOf(':')
      const name = fieldLine.slice(0, Math.max(0, colon))
      const value = fieldLine.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')
      if (!TOKEN.test(name) || !VALUE.test(value)) return this.#violation(`field ${quote(fieldLine)}`)
      fields.push([name.toLowerCase(), value])
    }
    this.#current = { method: parts[1]!, target: parts[2]!, fields, head, body: '' }
    return this.#frame(fields)
  }

  #frame(fields: readonly (readonly [string, string])[]): boolean {
    const seen = new Map<string, string>()
    for (const [name, value] of fields) {
      if (HOP_BY_HOP.has(name)) return this.#violation(`${name} was passed on`)
      if (ONCE.has(name) && seen.has(name)) return this.#violation(`two ${name}`)
      seen.set(name, value)
    }
    const host = seen.get('host')
    if (host === undefined || !HOST.test(host)) return this.#violation(`Host ${quote(host ?? '(none)')}`)
    const length = seen.get('content-length')
    const coding = seen.get('transfer-encoding')
    if (coding !== undefined && length !== undefined) return this.#violation('both framings')
    if (coding !== undefined) {
      if (coding !== 'chunked') return this.#violation(`Transfer-Encoding ${quote(coding)}`)
      this.#state = 'chunk-size'
      return true
    }
    if (length !== undefined && !/^(?:0|[1-9]\d{0,14})$/.test(length)) return this.#violation(`length ${quote(length)}`)
    this.#left = Number(length ?? 0)
    if (this.#left === 0) return this.#complete()
    this.#state = 'length'
    return true
  }

  #data(): boolean {
    const piece = this.bytes.slice(this.#at, this.#at + this.#left)
    this.#at += piece.length
    this.#left -= piece.length
    this.#current!.body += piece
    if (this.#left > 0) return false
    if (this.#state === 'length') return this.#complete()
    if (this.bytes.length < this.#at + 2) return this.#wait()
    if (!this.bytes.startsWith('\r\n', this.#at)) return this.#violation('a chunk is longer than its size')
    this.#at += 2
    this.#state = 'chunk-size'
    return true
  }

  /** The data of a chunk is complete and its CRLF is not. */
  #wait(): boolean {
    const rest = this.bytes.slice(this.#at)
    return rest === '' || rest === '\r' ? false : this.#violation('a chunk is longer than its size')
  }

  #line(read: (line: string) => boolean): boolean {
    const end = this.bytes.indexOf('\r\n', this.#at)
    if (end === -1) return false
    const line = this.bytes.slice(this.#at, end)
    this.#at = end + 2
    return read(line)
  }

  #chunkSize(line: string): boolean {
    if (!CHUNK_SIZE.test(line)) return this.#violation(`chunk size ${quote(line)}`)
    this.#left = Number.parseInt(line, 16)
    this.#state = this.#left === 0 ? 'trailer' : 'chunk-data'
    return true
  }

  #trailer(line: string): boolean {
    if (line === '') return this.#complete()
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon))
    if (!TOKEN.test(name) || !VALUE.test(line.slice(colon + 1).trim())) return this.#violation(`trailer ${quote(line)}`)
    if (NO_TRAILER.has(name.toLowerCase())) return this.#violation(`${name} as a trailer`)
    return true
  }

  #complete(): boolean {
    this.requests.push(this.#current!)
    this.#current = undefined
    this.#state = 'head'
    return this.#at < this.bytes.length
  }

  #violation(what: string): false {
    this.violations.push(what)
    this.#state = 'dead'
    return false
  }
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
