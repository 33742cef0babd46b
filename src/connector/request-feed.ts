/**
 * What is behind a request that an application sees: feeds it with its body, which the web server is asked for whenever the
 * application reads, and tells it how it ends. A request is known to its connection by its feed.
 */
import type { IncomingMessage } from 'node:http'
import type { ForwardRequest, HeaderMemory } from '../ajp/index.ts'
import type { Clock } from '../clock/clock.ts'
import { AjpRequest } from './request.ts'
import { AjpFacts } from './request-facts.ts'
import { RequestSocket, type SocketOwner } from './request-socket.ts'
import { SecureRequestSocket } from './secure-request-socket.ts'

/** What a request asks of the connection it came on. */
export interface FeedConnection {
  readonly believesUser: boolean
  readonly clock: Clock
  readonly headerMemory: HeaderMemory
  /** Bytes of answers that the system has not taken yet, and how many may wait. */
  readonly unsent: number
  readonly highWaterMark: number
  /** The application has room for more of the body. */
  wantBody(feed: RequestFeed): void
  /** The application has given the request up. */
  cut(feed: RequestFeed): void
  /** Nobody reads the body any more. */
  bodyReleased(feed: RequestFeed): void
  /** What the answer holds back may go. */
  uncorked(feed: RequestFeed): void
  /** `timeout` has been told to the request; now to its response. True if anybody listens there. */
  responseTimedOut(feed: RequestFeed): boolean
}

/** What Node's own parser uses, too. Stable since Node 14. */
interface Internals {
  _readableState: Record<'readingMore' | 'ended' | 'endEmitted' | 'destroyed' | 'closed' | 'closeEmitted', boolean> & {
    resumeScheduled: boolean
  }
  _consuming: boolean
  readonly _dumped: boolean
  _dump(): void
}

type Headers = NodeJS.Dict<string | string[]>

/** The headers that a connection remembers, as the application gets them. */
interface Template {
  readonly section: readonly string[]
  readonly isStripped: boolean
  readonly object: Headers
}

const templates = new WeakMap<HeaderMemory, Template>()

/** Nobody sends them a content-length without a body, over HTTP. */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'])

export class RequestFeed implements SocketOwner {
  readonly forwarded: ForwardRequest
  readonly request: AjpRequest & Internals
  readonly facts: AjpFacts
  readonly socket: RequestSocket
  readonly #connection: FeedConnection
  readonly #hasBody: boolean
  #hasEnded = false
  /** The connection has nothing to do with this request any more. */
  #isOver = false
  #isStripped = false
  #headers: Headers | undefined

  constructor(forwarded: ForwardRequest, connection: FeedConnection, hasBody: boolean) {
    this.forwarded = forwarded
    this.#connection = connection
    this.#hasBody = hasBody
    this.facts = new AjpFacts(forwarded, connection.believesUser)
    this.socket = forwarded.isSsl ? new SecureRequestSocket(forwarded, this) : new RequestSocket(forwarded, this)
    this.request = new AjpRequest(this) as AjpRequest & Internals
  }

  // ---- for the request ----

  /**
   * Name, value, name, value: a copy, because the application may change it, and the next request may have the same. AJP
   * says `content-length: 0` of a request without a body (ajp13.md 3.2), HTTP nothing.
   */
  takeHeaders(): string[] {
    const { headers, bodyLength, method } = this.forwarded
    const at = bodyLength === 0 && BODILESS.has(method) ? indexOfLength(headers) : -1
    if (at === -1) return headers.slice()
    this.#isStripped = true
    const copy = headers.slice(0, at)
    for (let i = at + 2; i < headers.length; i++) copy.push(headers[i]!)
    return copy
  }

  /** Copying the object of the request before is a fifth of building it anew. */
  headers(build: () => Headers): Headers {
    this.#headers ??= this.#copyHeaders() ?? this.#rememberHeaders(build())
    return this.#headers
  }

  setHeaders(headers: Headers): void {
    this.#headers = headers
  }

  #copyHeaders(): Headers | undefined {
    const known = templates.get(this.#connection.headerMemory)
    if (known?.section !== this.forwarded.headers || known.isStripped !== this.#isStripped) return undefined
    return { ...known.object }
  }

  #rememberHeaders(object: Headers): Headers {
    const memory = this.#connection.headerMemory
    // The only one with an array for a value, which the copies would share.
    if (memory.uses >= 2 && !('set-cookie' in object)) {
      templates.set(memory, {
        section: this.forwarded.headers,
        isStripped: this.#isStripped,
        object: { ...object },
      })
    }
    return object
  }

  /** The application has room. */
  read(): void {
    const { request } = this
    if (!request._consuming) {
      request._readableState.readingMore = false
      request._consuming = true
    }
    if (!this.#hasBody) {
      request.complete = true
      this.#pushEnd()
    } else if (!this.#isOver) this.#connection.wantBody(this)
  }

  /** The request has been destroyed, by the application or by `abort`. */
  destroyed(): void {
    const { request } = this
    if (this.#isOver) return
    if (!request.readableEnded || !request.complete) {
      request.aborted = true
      request.emit('aborted')
      this.#connection.cut(this)
    }
    this.#connection.bodyReleased(this)
  }

  // ---- for its socket ----

  get clock(): Clock {
    return this.#connection.clock
  }

  get unsent(): number {
    return this.#isOver ? 0 : this.#connection.unsent
  }

  get highWaterMark(): number {
    return this.#connection.highWaterMark
  }

  uncorked(): void {
    if (!this.#isOver) this.#connection.uncorked(this)
  }

  cut(): void {
    if (!this.#isOver) this.#connection.cut(this)
  }

  timedOut(): boolean {
    const isHeard = !this.request.complete && this.request.emit('timeout', this.socket)
    return this.#connection.responseTimedOut(this) || isHeard
  }

  // ---- for the connection ----

  /** Somebody will take what comes, and is not only waiting for the end. */
  get isBeingRead(): boolean {
    const { request } = this
    if (request.destroyed || this.#hasEnded) return false
    return (
      (request.readableFlowing === true && request.listenerCount('data') > 0) || request.listenerCount('readable') > 0
    )
  }

  /** A piece of the body, which the request owns from now on. */
  deliver(data: Buffer): void {
    if (this.request.destroyed) return
    this.socket.moved()
    this.request.push(data)
  }

  bodyEnds(): void {
    if (this.request.destroyed) return
    this.request.complete = true
    this.#pushEnd()
  }

  /** The body has not come whole; the answer may still be sent. */
  bodyFails(cause: Error): void {
    const { request } = this
    if (request.destroyed) return
    request.aborted = true
    request.emit('aborted')
    this.#isOver = true
    request.destroy(aborted(cause))
  }

  /** The web server has gone. */
  abort(): void {
    this.request.destroy(aborted())
    this.#isOver = true
    this.socket.close()
  }

  /** The application has been called: a request without a body has come whole (Node says so just then). */
  begun(): void {
    if (!this.#hasBody) this.request.complete = true
  }

  /** The answer is complete. What nobody has read of the body, nobody will. */
  release(): void {
    const { request } = this
    this.#isOver = true
    this.socket.close()
    if (request.destroyed) return
    if (!request.complete) request.destroy()
    else if (this.#isUnread && this.#isWatched) request._dump()
  }

  /**
   * After all have been told of the end of the answer: a request that nobody read or watches is as if it had been dumped
   * by `release`, without the two turns of the event loop that takes; 1 µs per request.
   */
  settle(): void {
    const { request } = this
    if (request.destroyed || !request.complete || !this.#isUnread) return
    if (this.#isWatched) {
      request._dump()
      return
    }
    const state = request._readableState
    state.ended = true
    state.endEmitted = true
    state.destroyed = true
    state.closed = true
    state.closeEmitted = true
  }

  get #isUnread(): boolean {
    const { _consuming, _readableState, _dumped } = this.request
    return !_consuming && !_dumped && !_readableState.resumeScheduled
  }

  get #isWatched(): boolean {
    const request: IncomingMessage = this.request
    return (
      request.listenerCount('close') > 0 || request.listenerCount('end') > 0 || request.listenerCount('readable') > 0
    )
  }

  #pushEnd(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.request.push(null)
  }
}

/** Where `content-length` is among headers: at most once (AJP_CONTENT_LENGTH), and mostly at the end. */
function indexOfLength(headers: readonly string[]): number {
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    const name = headers[i]!
    if (name.length === 14 && (name === 'content-length' || name.toLowerCase() === 'content-length')) return i
  }
  return -1
}

/** As Node tells an application that its client has gone. */
function aborted(cause?: unknown): Error {
  return Object.assign(new Error('aborted', { cause }), { code: 'ECONNRESET' })
}
