/**
 * The connections to one backend (mod_jk.md 5.1, event-loop form): idle ones last in, first out, so that few stay warm
 * and the others can be trimmed; a bounded number in all; requests beyond it wait in line for a bounded time.
 */
import type { BackendConnection, ConnectionOwner } from './backend-connection.ts'
import type { Deadlines, HasDeadline } from './deadlines.ts'
import type { Exchange, Holder } from './exchange.ts'

export interface ConnectionCounts {
  connected: number
  maxConnected: number
}

export interface PoolOptions {
  /** Most connections at once; requests beyond it wait. */
  readonly size: number
  /** Idle connections that trimming leaves open. */
  readonly minSize: number
  /** Idle time after which a connection is trimmed, ms; 0 = never. */
  readonly idleTimeoutMs: number
  /** Longest wait for a connection, ms; 0 = none. */
  readonly acquireTimeoutMs: number
}

/** Begins a connection, which reports to `owner`. */
export type Connect = (owner: ConnectionOwner) => BackendConnection

/** Requests in line for a connection; more are refused at once, since they would only wait to be late. */
const MAX_WAITING = 10_000

class Waiting implements HasDeadline, Holder {
  deadlineMs: number
  readonly exchange: Exchange
  /** Only a connection that has served nobody will do. */
  readonly fresh: boolean
  readonly #pool: ConnectionPool

  constructor(exchange: Exchange, fresh: boolean, deadlineMs: number, pool: ConnectionPool) {
    this.exchange = exchange
    this.fresh = fresh
    this.deadlineMs = deadlineMs
    this.#pool = pool
  }

  deadlinePassed(): void {
    this.#pool.leave(this)
    this.exchange.fail({ code: 'LB_POOL_TIMEOUT', stage: 'unsent', staleConnection: false })
  }

  abandon(): void {
    this.#pool.leave(this)
  }
}

export class ConnectionPool implements ConnectionOwner {
  #options: PoolOptions
  #connect: Connect
  readonly #deadlines: Deadlines
  readonly #all = new Set<BackendConnection>()
  readonly #idle: BackendConnection[] = []
  readonly #waiting = new Set<Waiting>()
  /** Their address is no longer meant: they serve to the end what they have, and nothing else. */
  readonly #leaving = new Set<BackendConnection>()
  #closed = false
  #isServing = false
  readonly #counts: ConnectionCounts

  /** `connect` begins a connection; `counts` is kept up to date: the worker's numbers, where the pool belongs to one. */
  constructor(
    options: PoolOptions,
    connect: Connect,
    deadlines: Deadlines,
    counts: ConnectionCounts = { connected: 0, maxConnected: 0 },
  ) {
    this.#options = options
    this.#connect = connect
    this.#deadlines = deadlines
    this.#counts = counts
  }

  get connected(): number {
    return this.#all.size
  }

  get idle(): number {
    return this.#idle.length
  }

  /** The next request would have to wait. */
  get isExhausted(): boolean {
    return this.#idle.length === 0 && this.#all.size >= this.#options.size
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /**
   * Sends an exchange on its way. `fresh` asks for a connection that has not served before; `maxIdleMs` for one that
   * has served within that time, or a fresh one.
   */
  carry(exchange: Exchange, fresh: boolean, maxIdleMs = Number.POSITIVE_INFINITY): void {
    // The last one put back is the one that has been idle for the shortest time.
    const connection = this.#idle.at(-1)
    const isOld = connection !== undefined && this.#deadlines.nowMs - connection.idleSinceMs > maxIdleMs
    if (connection !== undefined && !fresh && !isOld) {
      this.#idle.pop()
      connection.carry(exchange)
      return
    }
    if (this.#all.size >= this.#options.size) this.#makeRoom()
    if (this.#all.size < this.#options.size) {
      this.#open().carry(exchange)
    } else if (this.#waiting.size < MAX_WAITING && this.#options.acquireTimeoutMs > 0) {
      this.#wait(exchange, fresh)
    } else {
      exchange.fail({ code: 'LB_POOL_TIMEOUT', stage: 'unsent', staleConnection: false })
    }
  }

  /** Idle connections are there, but not what was asked for: the oldest makes way. */
  #makeRoom(): void {
    this.#idle[0]?.close()
  }

  #open(): BackendConnection {
    const connection = this.#connect(this)
    this.#all.add(connection)
    this.#counts.connected++
    if (this.#counts.connected > this.#counts.maxConnected) this.#counts.maxConnected = this.#counts.connected
    return connection
  }

  #wait(exchange: Exchange, fresh: boolean): void {
    const waiting = new Waiting(exchange, fresh, this.#deadlines.in(this.#options.acquireTimeoutMs), this)
    this.#waiting.add(waiting)
    this.#deadlines.add(waiting)
    exchange.heldBy(waiting)
  }

  /** Takes a request out of the line. */
  leave(waiting: Waiting): void {
    this.#waiting.delete(waiting)
    this.#deadlines.delete(waiting)
  }

  #firstWaiting(): Waiting | undefined {
    for (const waiting of this.#waiting) return waiting
    return undefined
  }

  connectionIdle(connection: BackendConnection): void {
    if (this.#leaving.size > 0 && this.#leaving.has(connection)) {
      connection.close()
      return
    }
    this.#idle.push(connection)
    if (this.#waiting.size > 0) this.#serveWaiting()
    else if (this.#closed) connection.close()
  }

  /** In a loop: a request that cannot be sent gives its connection back at once, and thousands may wait. */
  #serveWaiting(): void {
    if (this.#isServing) return
    this.#isServing = true
    try {
      while (this.#idle.length > 0) {
        const waiting = this.#firstWaiting()
        if (waiting === undefined) break
        // One that closes makes room for a new one, which goes to whoever waits.
        if (waiting.fresh) this.#idle.at(-1)!.close()
        else {
          this.leave(waiting)
          this.#idle.pop()!.carry(waiting.exchange)
        }
      }
    } finally {
      this.#isServing = false
    }
    if (this.#closed) for (const connection of [...this.#idle]) connection.close()
  }

  connectionClosed(connection: BackendConnection): void {
    if (this.#all.delete(connection)) this.#counts.connected--
    this.#leaving.delete(connection)
    const at = this.#idle.indexOf(connection)
    if (at !== -1) this.#idle.splice(at, 1)
    if (this.#closed || this.#waiting.size === 0 || this.#all.size >= this.#options.size) return
    const waiting = this.#firstWaiting()!
    this.leave(waiting)
    this.#open().carry(waiting.exchange)
  }

  /** Closes connections that have been idle for too long, the longest idle first, while more than the minimum are open. */
  trim(): void {
    const { idleTimeoutMs, minSize } = this.#options
    if (idleTimeoutMs === 0) return
    const before = this.#deadlines.nowMs - idleTimeoutMs
    const late = this.#idle.filter((connection) => connection.idleSinceMs <= before)
    for (const connection of late.slice(0, Math.max(0, this.#all.size - minSize))) connection.close()
  }

  /** Probes what has been idle for longer. Requests may still take it: they wait for what comes out. */
  probe(idleMs: number): void {
    const before = this.#deadlines.nowMs - idleMs
    for (const connection of [...this.#idle]) {
      if (connection.idleSinceMs < before) connection.probe?.()
    }
  }

  /**
   * New settings from here on. `isElsewhere`: connections so far lead to an address that is no longer meant, so idle ones
   * close now and the others after the request they serve.
   */
  reconfigure(options: PoolOptions, connect: Connect, isElsewhere: boolean): void {
    this.#options = options
    this.#connect = connect
    if (!isElsewhere) return
    for (const connection of [...this.#all]) {
      this.#leaving.add(connection)
      connection.close()
    }
  }

  /** Idle connections close at once, the others after the request they serve. */
  close(): void {
    this.#closed = true
    for (const connection of [...this.#all]) connection.close()
  }
}
