/**
 * The request as the application sees it: an `http.IncomingMessage` whose parts are made when somebody asks for them. What
 * goes on behind it is in request-feed.ts.
 *
 * Express gives every request another prototype, and others wrap it in a Proxy. So what makes a request ours are properties
 * of its own, and nobody relies on what is on its prototype.
 */
import { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { AjpFacts } from './request-facts.ts'
import type { RequestFeed } from './request-feed.ts'

declare module 'http' {
  interface IncomingMessage {
    /** What the web server says besides HTTP; undefined for a request that did not come over AJP. */
    readonly ajp?: AjpFacts
  }
}

/** What Node's own parser uses, too. Stable since Node 14. */
interface Internals {
  _addHeaderLines(headers: string[], count: number): void
}

const FEED = Symbol('feed of the request')

type Headers = NodeJS.Dict<string | string[]>

/** Node's own, for requests whose headers nobody has seen before. */
const headersOf = Object.getOwnPropertyDescriptor(IncomingMessage.prototype, 'headers') as {
  get(this: IncomingMessage): Headers
}

export class AjpRequest extends IncomingMessage {
  declare readonly [FEED]: RequestFeed
  declare readonly ajp: AjpFacts

  constructor(feed: RequestFeed) {
    super(undefined as unknown as Socket)
    const { uri, queryString, protocol, method } = feed.forwarded
    const own = this as { -readonly [Key in typeof FEED | 'ajp']: AjpRequest[Key] }
    own[FEED] = feed
    own.ajp = feed.facts
    this.socket = feed.socket as unknown as Socket
    ;(this as { client?: unknown }).client = feed.socket
    this._read = read
    this._destroy = destroy
    this.method = method
    this.url = queryString === null ? uri : `${uri}?${queryString}`
    const version = protocol === 'HTTP/1.1' ? null : /^HTTP\/(\d)\.(\d)$/.exec(protocol ?? '')
    this.httpVersionMajor = version === null ? 1 : Number(version[1])
    this.httpVersionMinor = version === null ? 1 : Number(version[2])
    this.httpVersion = version === null ? '1.1' : `${version[1]}.${version[2]}`
    const headers = feed.takeHeaders()
    ;(this as unknown as Internals)._addHeaderLines(headers, headers.length)
  }

  static {
    // Faster than Node's own, which Express leaves in its place, and otherwise the same.
    const headers: PropertyDescriptor & ThisType<AjpRequest> = {
      get() {
        return this[FEED].headers(() => headersOf.get.call(this))
      },
      set(headers: Headers) {
        this[FEED].setHeaders(headers)
      },
      configurable: true,
    }
    Object.defineProperty(AjpRequest.prototype, 'headers', headers)
  }
}

function read(this: AjpRequest): void {
  this[FEED].read()
}

function destroy(this: AjpRequest, error: Error | null, callback: (error?: Error | null) => void): void {
  this[FEED].destroyed()
  // An error nobody listens for is none here (as in Node, which fears for old programs).
  process.nextTick(tell, this, error, callback)
}

function tell(request: IncomingMessage, error: Error | null, callback: (error?: Error | null) => void): void {
  callback(error !== null && request.listenerCount('error') > 0 ? error : null)
}
