/**
 * One HTTP listener of a worker, made for a balancer in front: connections that stay, a stop that loses no request.
 * It knows nothing of sessions or apps; it hands every request to one handler.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Server as NetServer } from 'node:net'
import type { Clock, TimerHandle } from '../clock/clock.ts'
import type { Endpoint, EndpointAddress } from './endpoint.ts'
import { InFlight } from './in-flight.ts'
import { listen } from './listen.ts'

/** Peers that vanished without a word are found by TCP keep-alive. */
const TCP_KEEP_ALIVE_AFTER_MS = 60_000
/** Bodies may take as long as they take: the balancer watches that they move. */
const REQUEST_TIMEOUT_MS = 0
/**
 * While stopping, connections that are open stay open so long, and a request that still comes on one is answered, with
 * `Connection: close`. So a busy connection is ended by its peer in order; what is idle after that is hardly in use.
 */
const QUIET_MS = 250
/** How often connections that have fallen idle are closed after that. */
const SWEEP_MS = 50

/** Limits: 0 = none. */
export interface HttpEndpointOptions {
  /** Undefined: all addresses. */
  readonly host: string | undefined
  /** 0 = any free port. */
  readonly port: number
  /** For a whole request head, ms; 408. Balancers send heads in one piece; this is against those who come past them. */
  readonly headTimeoutMs: number
  /**
   * For an idle connection, ms. Better 0: a balancer that keeps a pool may send a request in the very moment in which we
   * close, and can then not know whether it was executed; with Node's default of 5 s this is the 502 of every Node
   * service behind a balancer (nodejs/node#20256). Whoever opened a connection shall close it.
   */
  readonly keepAliveTimeoutMs: number
  /** The last answer says that the connection ends. */
  readonly requestsPerConnection: number
  /** More connections at once than this are closed as they come. */
  readonly maxConnections: number
  /** Connections that the system keeps waiting until they are accepted. */
  readonly backlog: number
  /** Larger request heads are answered with 431. */
  readonly maxHeadBytes: number
}

export class HttpEndpoint implements Endpoint {
  readonly protocol = 'http'
  readonly #options: HttpEndpointOptions
  readonly #clock: Clock
  readonly #server: Server
  /** Responses that are not finished; while stopping they are told to close their connection. */
  readonly #inFlight = new InFlight()
  #stopping: Promise<void> | undefined

  constructor(
    options: HttpEndpointOptions,
    handler: (request: IncomingMessage, response: ServerResponse) => void,
    clock: Clock,
  ) {
    this.#options = options
    this.#clock = clock
    this.#server = createServer({
      keepAliveTimeout: options.keepAliveTimeoutMs,
      headersTimeout: options.headTimeoutMs,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_AFTER_MS,
      maxHeaderSize: options.maxHeadBytes,
    })
    this.#server.maxRequestsPerSocket = options.requestsPerConnection
    // For node:net 0 means that nobody may come.
    if (options.maxConnections > 0) this.#server.maxConnections = options.maxConnections
    this.#server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#inFlight.add(response)
      if (this.#stopping !== undefined) response.shouldKeepAlive = false
      handler(request, response)
    })
  }

  get busy(): number {
    return this.#inFlight.size
  }

  listen(): Promise<EndpointAddress> {
    const { host, port, backlog } = this.#options
    return listen(this.#server, { host, port, backlog })
  }

  stop(graceMs: number): Promise<void> {
    this.#stopping ??= this.#drain(graceMs)
    return this.#stopping
  }

  #drain(graceMs: number): Promise<void> {
    if (!this.#server.listening) return Promise.resolve()
    return new Promise((resolve) => {
      let sweep: TimerHandle
      // What has come while this process stood still is read between the timer and the end.
      const endIdle = () => setImmediate(() => this.#server.closeIdleConnections())
      const quiet = this.#clock.after(Math.min(QUIET_MS, graceMs), () => {
        endIdle()
        sweep = this.#clock.every(SWEEP_MS, endIdle)
      })
      const cut = this.#clock.after(graceMs, () => this.#server.closeAllConnections())
      // The method of net, because that of http would close idle connections now.
      NetServer.prototype.close.call(this.#server, () => {
        for (const timer of [quiet, sweep, cut]) this.#clock.clear(timer)
        // Node stops its own checks of connections only here.
        this.#server.close()
        resolve()
      })
      for (const response of this.#inFlight) response.shouldKeepAlive = false
    })
  }
}
