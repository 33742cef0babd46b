/**
 * The request as the application sees it: an `http.IncomingMessage` whose parts are made when somebody asks for them. A
 * body is pushed into it by the connection, which asks the web server for more whenever the application reads.
 */
import { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { ForwardRequest, HeaderMemory } from '../ajp/index.ts'
import type { Clock } from '../clock/clock.ts'
import { AjpFacts } from './request-facts.ts'
import { RequestSocket, SecureRequestSocket, type SocketOwner } from './request-socket.ts'

/** What a request asks of the connection it came on. */
export interface RequestConnection {
  readonly believesUser: boolean
  readonly clock: Clock
  readonly headerMemory: HeaderMemory
  /** The application has room for more of the body. */
  wantBody(request: AjpRequest): void
  /** The application has given the request up. */
  cut(request: AjpRequest): void
  /** Nobody reads the body any more. */
  bodyReleased(request: AjpRequest): void
  /** `timeout` has been told to the request; now to its response. True if anybody listens there. */
  responseTimedOut(request: AjpRequest): boolean
}

/** What Node's own parser uses, too. Stable since Node 14; `node-internals.test.ts` would tell. */
interface Internals {
  _readableState: Record<'readingMore' | 'ended' | 'endEmitted' | 'destroyed' | 'closed' | 'closeEmitted', boolean> & {
    resumeScheduled: boolean
  }
  _consuming: boolean
  readonly _dumped: boolean
  _addHeaderLines(headers: string[], count: number): void
  _dump(): void
}

declare module 'http' {
  interface IncomingMessage {
    /** What the web server says besides HTTP; undefined for a request that did not come over AJP. */
    readonly ajp?: AjpFacts
  }
}

const headersOf = Object.getOwnPropertyDescriptor(IncomingMessage.prototype, 'headers') as {
  get(this: IncomingMessage): NodeJS.Dict<string | string[]>
}

/** By the memory of a connection: `headers` of the section it remembers, to be copied. */
const templates = new WeakMap<HeaderMemory, { headers: readonly string[]; object: NodeJS.Dict<string | string[]> }>()

export class AjpRequest extends IncomingMessage implements SocketOwner {
  readonly #connection: RequestConnection
  readonly #forwarded: ForwardRequest
  /** The connection has nothing to do with this request any more. */
  #isOver = false
  #socket: RequestSocket | undefined
  #headers: NodeJS.Dict<string | string[]> | undefined
  #facts: AjpFacts | undefined
  readonly #hasBody: boolean
  #hasEnded = false

  constructor(forwarded: ForwardRequest, connection: RequestConnection, hasBody: boolean) {
    super(undefined as unknown as Socket)
    this.#forwarded = forwarded
    this.#connection = connection
    const { uri, queryString, protocol, headers } = forwarded
    this.method = forwarded.method
    this.url = queryString === null ? uri : `${uri}?${queryString}`
    if (protocol === 'HTTP/1.1') {
      this.httpVersion = '1.1'
      this.httpVersionMajor = 1
      this.httpVersionMinor = 1
    } else
      this.#readVersion(protocol)
      // A copy: the application may change it, and the next request may have the same.
    ;(this as unknown as Internals)._addHeaderLines(headers.slice(), headers.length)
    this.#hasBody = hasBody
  }

  static {
    const { prototype } = AjpRequest
    const socket: PropertyDescriptor & ThisType<AjpRequest> = {
      get() {
        return this.#getSocket()
      },
      // Node's constructor assigns what belongs to nobody yet.
      set() {},
      configurable: true,
    }
    const headers: PropertyDescriptor & ThisType<AjpRequest> = {
      get() {
        this.#headers ??= this.#makeHeaders()
        return this.#headers
      },
      set(headers) {
        this.#headers = headers
      },
      configurable: true,
    }
    Object.defineProperties(prototype, { socket, connection: socket, client: socket, headers })
  }

  override get ajp(): AjpFacts {
    this.#facts ??= new AjpFacts(this.#forwarded, this.#connection.believesUser)
    return this.#facts
  }

  /** The socket, if anybody has asked for it. */
  get madeSocket(): RequestSocket | undefined {
    return this.#socket
  }

  get forwarded(): ForwardRequest {
    return this.#forwarded
  }

  /** Somebody will take what comes, and is not only waiting for the end. */
  get isBeingRead(): boolean {
    if (this.destroyed || this.#hasEnded) return false
    return (this.readableFlowing === true && this.listenerCount('data') > 0) || this.listenerCount('readable') > 0
  }

  override _read(): void {
    const self = this as unknown as Internals
    if (!self._consuming) {
      self._readableState.readingMore = false
      self._consuming = true
    }
    if (!this.#hasBody) {
      this.complete = true
      this.#pushEnd()
    } else if (!this.#isOver) this.#connection.wantBody(this)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.#isOver) {
      if (!this.readableEnded || !this.complete) {
        this.aborted = true
        this.emit('aborted')
        this.#connection.cut(this)
      }
      this.#connection.bodyReleased(this)
    }
    // An error nobody listens for is none here (as in Node, which fears for old programs).
    process.nextTick(tell, this, error, callback)
  }

  // ---- for its socket ----

  get clock(): Clock {
    return this.#connection.clock
  }

  cut(): void {
    if (!this.#isOver) this.#connection.cut(this)
  }

  timedOut(): boolean {
    const isHeard = !this.complete && this.emit('timeout', this.#socket)
    return this.#connection.responseTimedOut(this) || isHeard
  }

  // ---- for the connection ----

  /** A piece of the body, which the request owns from now on. */
  deliver(data: Buffer): void {
    if (this.destroyed) return
    this.#socket?.moved()
    this.push(data)
  }

  bodyEnds(): void {
    if (this.destroyed) return
    this.complete = true
    this.#pushEnd()
  }

  /** The body has not come whole; the answer may still be sent. */
  bodyFails(error: Error): void {
    if (this.destroyed) return
    this.aborted = true
    this.emit('aborted')
    this.#isOver = true
    this.destroy(error)
  }

  /** The web server has gone. */
  abort(error: Error): void {
    this.destroy(error)
    this.#isOver = true
    this.#socket?.close()
  }

  /** The application has been called: a request without a body has come whole (Node says so just then). */
  begun(): void {
    if (!this.#hasBody) this.complete = true
  }

  /** The answer is complete. What nobody has read of the body, nobody will. */
  release(): void {
    this.#isOver = true
    this.#socket?.close()
    if (this.destroyed) return
    if (!this.complete) this.destroy()
    else if (this.#isUnread && this.#isWatched()) (this as unknown as Internals)._dump()
  }

  /**
   * After all have been told of the end of the answer: a request that nobody read or watches is as if it had been dumped
   * by `release`, without the two turns of the event loop that takes; 1 µs per request.
   */
  settle(): void {
    if (this.destroyed || !this.complete || !this.#isUnread) return
    if (this.#isWatched()) {
      ;(this as unknown as Internals)._dump()
      return
    }
    const state = (this as unknown as Internals)._readableState
    state.ended = true
    state.endEmitted = true
    state.destroyed = true
    state.closed = true
    state.closeEmitted = true
  }

  get #isUnread(): boolean {
    const { _consuming, _readableState, _dumped } = this as unknown as Internals
    return !_consuming && !_dumped && !_readableState.resumeScheduled
  }

  #isWatched(): boolean {
    return this.listenerCount('close') > 0 || this.listenerCount('end') > 0 || this.listenerCount('readable') > 0
  }

  #pushEnd(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.push(null)
  }

  #readVersion(protocol: string | null): void {
    const version = /^HTTP\/(\d)\.(\d)$/.exec(protocol ?? '')
    this.httpVersionMajor = version === null ? 1 : Number(version[1])
    this.httpVersionMinor = version === null ? 1 : Number(version[2])
    this.httpVersion = `${this.httpVersionMajor}.${this.httpVersionMinor}`
  }

  #getSocket(): RequestSocket {
    if (this.#socket !== undefined) return this.#socket
    const Socket = this.#forwarded.isSsl ? SecureRequestSocket : RequestSocket
    this.#socket = new Socket(this.#forwarded, this)
    if (this.#isOver) this.#socket.close()
    return this.#socket
  }

  /** Copying the object of the request before is a fifth of building it anew. */
  #makeHeaders(): NodeJS.Dict<string | string[]> {
    const memory = this.#connection.headerMemory
    if (memory.uses < 2) return headersOf.get.call(this)
    const { headers } = this.#forwarded
    const known = templates.get(memory)
    if (known?.headers === headers) return { ...known.object }
    const object = headersOf.get.call(this)
    // The only one with an array for a value, which the copies would share.
    if (!('set-cookie' in object)) templates.set(memory, { headers, object: { ...object } })
    return object
  }
}

function tell(request: IncomingMessage, error: Error | null, callback: (error?: Error | null) => void): void {
  callback(error !== null && request.listenerCount('error') > 0 ? error : null)
}
