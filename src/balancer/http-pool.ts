/**
 * The connections to one backend (mod_jk.md 5.1, event-loop form): idle ones last in, first out, so that few stay warm
 * and the others can be trimmed; a bounded number in all; requests beyond it wait in line for a bounded time.
 */
import type { Deadlines, HasDeadline } from './deadlines.ts'
import type { Exchange } from './exchange.ts'
import { type ConnectionOwner, HttpConnection, type HttpConnectionOptions } from './forward-http.ts'

export interface HttpPoolOptions {
  readonly connection: HttpConnectionOptions
  /** Most connections at once; requests beyond it wait. */
  readonly size: number
  /** Idle connections that trimming leaves open. */
  readonly minSize: number
  /** Idle time after which a connection is trimmed, ms; 0 = never. */
  readonly idleTimeoutMs: number
  /** Longest wait for a connection, ms. */
  readonly acquireTimeoutMs: number
}

/** Requests in line for a connection; more are refused at once, since they would only wait to be late. */
const MAX_WAITING = 10_000

class Waiting implements HasDeadline {
  deadlineMs: number
  readonly exchange: Exchange
  readonly #giveUp: (waiting: Waiting) => void

  constructor(exchange: Exchange, deadlineMs: number, giveUp: (waiting: Waiting) => void) {
    this.exchange = exchange
    this.deadlineMs = deadlineMs
    this.#giveUp = giveUp
  }

  deadlinePassed(): void {
    this.#giveUp(this)
  }
}

export class HttpPool implements ConnectionOwner {
  readonly #options: HttpPoolOptions
  readonly #deadlines: Deadlines
  readonly #all = new Set<HttpConnection>()
  readonly #idle: HttpConnection[] = []
  readonly #waiting = new Set<Waiting>()
  #closed = false
  maxConnected = 0

  constructor(options: HttpPoolOptions, deadlines: Deadlines) {
    this.#options = options
    this.#deadlines = deadlines
  }

  get connected(): number {
    return this.#all.size
  }

  get idle(): number {
    return this.#idle.length
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Sends an exchange on its way. `fresh` asks for a connection that has not served before. */
  carry(exchange: Exchange, fresh: boolean): void {
    if (!fresh) {
      const connection = this.#idle.pop()
      if (connection !== undefined) {
        connection.carry(exchange)
        return
      }
    }
    if (this.#all.size >= this.#options.size) this.#makeRoom(fresh)
    if (this.#all.size < this.#options.size) {
      this.#open().carry(exchange)
    } else if (this.#waiting.size < MAX_WAITING) {
      this.#wait(exchange)
    } else {
      exchange.fail({ code: 'LB_POOL_TIMEOUT', stage: 'unsent', staleConnection: false })
    }
  }

  /** A fresh connection was asked for: an idle old one makes way for it. */
  #makeRoom(fresh: boolean): void {
    if (fresh) this.#idle[0]?.close()
  }

  #open(): HttpConnection {
    const connection = new HttpConnection(this.#options.connection, this.#deadlines, this)
    this.#all.add(connection)
    if (this.#all.size > this.maxConnected) this.maxConnected = this.#all.size
    return connection
  }

  #wait(exchange: Exchange): void {
    const waiting = new Waiting(exchange, this.#deadlines.in(Math.max(1, this.#options.acquireTimeoutMs)), (late) => {
      this.#leave(late)
      late.exchange.fail({ code: 'LB_POOL_TIMEOUT', stage: 'unsent', staleConnection: false })
    })
    this.#waiting.add(waiting)
    this.#deadlines.add(waiting)
  }

  #leave(waiting: Waiting): void {
    this.#waiting.delete(waiting)
    this.#deadlines.delete(waiting)
  }

  /** The next exchange in line whose client is still there. */
  #nextWaiting(): Exchange | undefined {
    for (const waiting of this.#waiting) {
      this.#leave(waiting)
      if (!waiting.exchange.finished) return waiting.exchange
    }
    return undefined
  }

  connectionIdle(connection: HttpConnection): void {
    const next = this.#waiting.size > 0 ? this.#nextWaiting() : undefined
    if (next !== undefined) connection.carry(next)
    else if (this.#closed) connection.close()
    else this.#idle.push(connection)
  }

  connectionClosed(connection: HttpConnection): void {
    this.#all.delete(connection)
    const at = this.#idle.indexOf(connection)
    if (at !== -1) this.#idle.splice(at, 1)
    if (this.#closed || this.#waiting.size === 0 || this.#all.size >= this.#options.size) return
    const next = this.#nextWaiting()
    if (next !== undefined) this.#open().carry(next)
  }

  /** Closes connections that have been idle for too long, the longest idle first, down to the minimum. */
  trim(): void {
    const { idleTimeoutMs, minSize } = this.#options
    if (idleTimeoutMs === 0) return
    const before = this.#deadlines.nowMs - idleTimeoutMs
    const late = this.#idle.filter((connection) => connection.idleSinceMs <= before)
    for (const connection of late.slice(0, Math.max(0, this.#idle.length - minSize))) connection.close()
  }

  /** Closes what is idle now and everything else as soon as it is. */
  close(): void {
    this.#closed = true
    for (const connection of [...this.#idle]) connection.close()
  }
}
