/**
 * One backend: its options, its numbers and its connections. Whether a request is tried again, and where, is decided
 * by whoever serves it (`serve-endpoint.ts`, `serve-lb.ts`).
 */
import type { Clock } from '../clock/clock.ts'
import type { HeadLimits } from '../http1/index.ts'
import { AjpTarget } from './ajp-target.ts'
import { type Connect, ConnectionPool, type PoolOptions } from './connection-pool.ts'
import type { Deadlines } from './deadlines.ts'
import type { Exchange } from './exchange.ts'
import { AjpConnection } from './forward-ajp.ts'
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
  /** What AJP connections share; none for other types. */
  readonly #ajp: AjpTarget | undefined
  #options: ResolvedEndpointWorker

  constructor(options: ResolvedEndpointWorker, limits: HeadLimits, deadlines: Deadlines, clock: Clock) {
    this.#options = options
    this.#ajp = options.type === 'ajp13' ? new AjpTarget(options, clock, deadlines) : undefined
    this.#limits = limits
    this.#deadlines = deadlines
    this.numbers = createWorkerNumbers(deadlines.nowMs)
    this.#pool = new ConnectionPool(poolOptions(options), this.#connect(), deadlines, this.numbers)
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
    this.#ajp?.reconfigure(options)
    this.#pool.reconfigure(poolOptions(options), this.#connect(), isElsewhere)
  }

  #connect(): Connect {
    const deadlines = this.#deadlines
    const target = this.#ajp
    if (target === undefined) return httpConnections(this.#options, this.#limits, deadlines)
    return (owner) => new AjpConnection(target, deadlines, owner)
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
    const { overrides } = exchange
    exchange.replyTimeoutMs = overrides?.replyTimeoutMs ?? replyTimeoutMs
    exchange.failOnStatus = overrides?.failOnStatus ?? failOnStatus
    if (port === 0) exchange.fail({ code: 'LB_CONTACT_DISABLED', stage: 'unsent', staleConnection: false })
    else if (busyLimit > 0 && this.numbers.busy > busyLimit)
      exchange.fail({ code: 'LB_BUSY', stage: 'unsent', staleConnection: false })
    else if (this.#ajp === undefined)
      this.#pool.carry(exchange, fresh, this.#mayGoTwice(exchange.method) ? Number.POSITIVE_INFINITY : SAFE_IDLE_MS)
    else this.#attemptAjp(exchange, fresh)
  }

  /**
   * Between FORWARD_REQUEST and the first packet of a body whose length is known a container has a thread waiting, so the
   * first byte has to be there (ajp13.md 3.4). AJP can ask whether an idle connection is alive, so any will do.
   */
  #attemptAjp(exchange: Exchange, fresh: boolean): void {
    if (exchange.fields.bodyLength <= 0 || exchange.bodyBegun) {
      this.#pool.carry(exchange, fresh)
    } else {
      exchange.whenBodyBegins(() => this.#pool.carry(exchange, fresh))
      exchange.continueBody()
    }
  }

  #mayGoTwice(method: string): boolean {
    return this.options.allowReplay || isIdempotent(method)
  }

  /** Pool trimming and probing, once per maintenance. */
  maintain(): void {
    const { connectionPingIntervalMs, pingTimeoutMs } = this.#options
    this.#pool.trim()
    // Without a limit there is nothing to learn from an answer that does not come.
    if (connectionPingIntervalMs > 0 && pingTimeoutMs > 0) this.#pool.probe(connectionPingIntervalMs)
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
    preferIpv6: options.preferIpv6,
    encrypted: options.type === 'https',
    keepalive: options.socketKeepalive,
    connectTimeoutMs: options.socketConnectTimeoutMs,
    socketTimeoutMs: options.socketTimeoutMs,
    limits,
  }
  return (owner) => new HttpConnection(connection, deadlines, owner)
}
