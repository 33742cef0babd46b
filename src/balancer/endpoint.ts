/**
 * One backend: its options, its numbers and its connections. Whether a request is tried again, and where, is decided
 * by whoever serves it (`serve-endpoint.ts`, `serve-lb.ts`).
 */
import type { HeadLimits } from '../http1/index.ts'
import { type Connect, ConnectionPool, type PoolOptions } from './connection-pool.ts'
import type { Deadlines } from './deadlines.ts'
import type { Exchange } from './exchange.ts'
import { HttpConnection } from './forward-http.ts'
import type { LbWorkerSource } from './lb.ts'
import { createWorkerNumbers, type WorkerNumbers } from './numbers.ts'
import type { ResolvedEndpointWorker } from './resolved-options.ts'
import { isIdempotent } from './retry.ts'

/**
 * A backend may be about to close a connection that has been idle for long, and a POST that meets the close cannot be
 * sent again. So such requests take connections that were used a moment ago, or new ones. Servers close after 2 s of
 * idleness or more.
 */
const SAFE_IDLE_MS = 500

export class Endpoint implements LbWorkerSource {
  readonly numbers: WorkerNumbers
  readonly #limits: HeadLimits
  readonly #deadlines: Deadlines
  readonly #pool: ConnectionPool
  #options: ResolvedEndpointWorker

  constructor(options: ResolvedEndpointWorker, limits: HeadLimits, deadlines: Deadlines) {
    this.#options = options
    this.#limits = limits
    this.#deadlines = deadlines
    this.numbers = createWorkerNumbers(deadlines.nowMs)
    this.#pool = new ConnectionPool(
      poolOptions(options),
      httpConnections(options, limits, deadlines),
      deadlines,
      this.numbers,
    )
  }

  get name(): string {
    return this.#options.name
  }

  get options(): ResolvedEndpointWorker {
    return this.#options
  }

  /**
   * Options from here on, for requests that come and for those that are tried again. Numbers and health stay; connections
   * stay where the address does.
   */
  reconfigure(options: ResolvedEndpointWorker): void {
    const { host, port } = this.#options
    const isElsewhere = options.host !== host || options.port !== port
    this.#options = options
    this.#pool.reconfigure(poolOptions(options), httpConnections(options, this.#limits, this.#deadlines), isElsewhere)
  }

  isFull(): boolean {
    const { busyLimit } = this.options
    return (busyLimit > 0 && this.numbers.busy >= busyLimit) || this.#pool.isExhausted
  }

  /**
   * One attempt. The request is counted as in flight already. `fresh` asks for a connection that has served no other
   * request, since one that had has just let this request down.
   */
  attempt(exchange: Exchange, fresh: boolean): void {
    const { busyLimit, port, replyTimeoutMs, failOnStatus } = this.options
    exchange.replyTimeoutMs = replyTimeoutMs
    exchange.failOnStatus = failOnStatus
    if (port === 0) exchange.fail({ code: 'LB_CONTACT_DISABLED', stage: 'unsent', staleConnection: false })
    else if (busyLimit > 0 && this.numbers.busy > busyLimit)
      exchange.fail({ code: 'LB_BUSY', stage: 'unsent', staleConnection: false })
    else this.#pool.carry(exchange, fresh, this.#mayGoTwice(exchange.method) ? Number.POSITIVE_INFINITY : SAFE_IDLE_MS)
  }

  #mayGoTwice(method: string): boolean {
    return this.options.allowReplay || isIdempotent(method)
  }

  /** Pool trimming, once per maintenance. */
  maintain(): void {
    this.#pool.trim()
  }

  close(): void {
    this.#pool.close()
  }
}

function poolOptions(options: ResolvedEndpointWorker): PoolOptions {
  return {
    size: options.connectionPoolSize,
    minSize: options.connectionPoolMinsize,
    idleTimeoutMs: options.connectionPoolTimeoutMs,
    acquireTimeoutMs: options.connectionAcquireTimeoutMs,
  }
}

function httpConnections(options: ResolvedEndpointWorker, limits: HeadLimits, deadlines: Deadlines): Connect {
  const connection = {
    host: options.host,
    port: options.port,
    source: options.source,
    encrypted: options.type === 'https',
    keepalive: options.socketKeepalive,
    connectTimeoutMs: options.socketConnectTimeoutMs,
    limits,
  }
  return (owner) => new HttpConnection(connection, deadlines, owner)
}
