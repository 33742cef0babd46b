/**
 * `req.socket` and `res.socket`: the client's connection as the web server describes it. The connection to the web server
 * carries one client's request now and another's next, so each request has a socket of its own. It has what frameworks and
 * Node's own classes read of a `net.Socket`; bytes cannot be written past the response.
 */
import { EventEmitter } from 'node:events'
import { type AddressInfo, isIP } from 'node:net'
import { type ForwardRequest, NAMED } from '../ajp/index.ts'
import type { Clock, TimerHandle } from '../clock/clock.ts'
import { ConnectorError } from './errors.ts'
import { namedAttribute } from './request-facts.ts'

/** What the socket asks of the request it belongs to. */
export interface SocketOwner {
  readonly clock: Clock
  /** Bytes of the response that the system has not taken, and how many may be so. */
  readonly unsent: number
  readonly highWaterMark: number
  /** Nobody holds the response back any more. */
  uncorked(): void
  /** Ends the request in the middle, as a destroyed socket does. */
  cut(error?: Error): void
  /** Nothing has moved for as long as somebody asked for. True if anybody was listening. */
  timedOut(): boolean
}

export class RequestSocket extends EventEmitter {
  /** Absent without TLS, as in a `net.Socket`. */
  declare readonly encrypted?: true
  bytesRead = 0
  bytesWritten = 0
  timeout = 0
  destroyed = false
  errored: Error | null = null
  writableCorked = 0
  readonly #request: ForwardRequest
  readonly #owner: SocketOwner
  #timer: TimerHandle
  #movedAtMs = 0
  #isClosed = false

  constructor(request: ForwardRequest, owner: SocketOwner) {
    super()
    this.#request = request
    this.#owner = owner
  }

  get remoteAddress(): string | undefined {
    return this.#request.remoteAddr ?? undefined
  }

  get remotePort(): number | undefined {
    return portOf(namedAttribute(this.#request, NAMED.REMOTE_PORT))
  }

  get localAddress(): string | undefined {
    return namedAttribute(this.#request, NAMED.LOCAL_ADDR) ?? undefined
  }

  get localPort(): number | undefined {
    return this.#request.serverPort
  }

  get remoteFamily(): string | undefined {
    return familyOf(this.remoteAddress)
  }

  get localFamily(): string | undefined {
    return familyOf(this.localAddress)
  }

  get readyState(): 'open' | 'closed' {
    return this.destroyed ? 'closed' : 'open'
  }

  get readable(): boolean {
    return !this.destroyed
  }

  get writable(): boolean {
    return !this.destroyed
  }

  get closed(): boolean {
    return this.destroyed
  }

  get readableEnded(): boolean {
    return this.destroyed
  }

  get writableEnded(): boolean {
    return this.destroyed
  }

  get writableFinished(): boolean {
    return this.destroyed
  }

  get writableLength(): number {
    return this.destroyed ? 0 : this.#owner.unsent
  }

  get writableHighWaterMark(): number {
    return this.#owner.highWaterMark
  }

  get bufferSize(): number {
    return this.writableLength
  }

  get allowHalfOpen(): false {
    return false
  }

  get connecting(): false {
    return false
  }

  get pending(): false {
    return false
  }

  address(): AddressInfo | Record<string, never> {
    const { localAddress: address, localFamily: family, localPort: port } = this
    return address === undefined || family === undefined || port === undefined ? {} : { address, family, port }
  }

  // Nobody sees a difference: the web server speaks TCP with the client, not we.
  setNoDelay(): this {
    return this
  }
  setKeepAlive(): this {
    return this
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }
  pause(): this {
    return this
  }
  resume(): this {
    return this
  }

  /** The response is held back; it calls this itself. */
  cork(): void {
    this.writableCorked++
  }

  uncork(): void {
    if (this.writableCorked === 0) return
    this.writableCorked--
    if (this.writableCorked === 0) this.#owner.uncorked()
  }

  /** As that of a net.Socket: `timeout` after so long without a body byte in either direction, 0 for never. */
  setTimeout(ms: number, callback?: () => void): this {
    this.timeout = ms
    this.#owner.clock.clear(this.#timer)
    this.#timer = undefined
    if (ms > 0 && !this.destroyed) {
      this.moved()
      this.#wait(ms)
    }
    if (callback !== undefined) {
      if (ms > 0) this.once('timeout', callback)
      else this.removeListener('timeout', callback)
    }
    return this
  }

  /** To be told of each piece of a body. */
  moved(): void {
    if (this.timeout > 0) this.#movedAtMs = this.#owner.clock.monotonic()
  }

  #wait(ms: number): void {
    this.#timer = this.#owner.clock.after(ms, () => {
      const leftMs = this.#movedAtMs + this.timeout - this.#owner.clock.monotonic()
      if (leftMs > 0) return this.#wait(leftMs)
      this.#timer = undefined
      const isHeard = this.emit('timeout')
      if (!this.#owner.timedOut() && !isHeard) this.destroy()
    })
  }

  write(_data: unknown, encodingOrDone?: unknown, done?: (error: Error) => void): false {
    const callback = typeof encodingOrDone === 'function' ? (encodingOrDone as (error: Error) => void) : done
    const error = new ConnectorError('CONNECTOR_RAW_WRITE')
    if (callback !== undefined) process.nextTick(callback, error)
    this.destroy(error)
    return false
  }

  end(): this {
    return this.destroy()
  }

  destroySoon(): void {
    this.destroy()
  }

  resetAndDestroy(): this {
    return this.destroy()
  }

  /** As of a `net.Socket`: `error` is told soon, `close` when the connection to the web server has closed. */
  destroy(error?: Error): this {
    if (this.destroyed) return this
    this.destroyed = true
    this.errored = error ?? null
    if (error !== undefined) process.nextTick(emitError, this, error)
    this.#owner.cut(error)
    return this
  }

  /** The request is over, for good or ill. Emits `close` once, as a socket does, so that what hangs on it is let go. */
  close(): void {
    this.destroyed = true
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.timeout > 0) this.#owner.clock.clear(this.#timer)
    if (this.listenerCount('close') > 0) process.nextTick(emitClose, this)
  }
}

function emitError(socket: RequestSocket, error: Error): void {
  if (socket.listenerCount('error') > 0) socket.emit('error', error)
}

function emitClose(socket: RequestSocket): void {
  socket.emit('close', socket.errored !== null)
}

function familyOf(address: string | undefined): string | undefined {
  const family = address === undefined ? 0 : isIP(address)
  return family === 0 ? undefined : `IPv${family}`
}

/** Tomcat ignores what is not a number. */
function portOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined
}
