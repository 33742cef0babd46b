/** Listens, counts, sweeps and stops. What happens on a connection is in connection.ts. */
import { createServer, type Server, type Socket } from 'node:net'
import { addressList } from '../addresses/index.ts'
import type { TimerHandle } from '../clock/clock.ts'
import { readInto } from '../sockets/index.ts'
import { AjpConnection } from './connection.ts'
import { ConnectorError } from './errors.ts'
import type { ConnectorOptions, ResolvedConnectorOptions } from './options.ts'
import { resolveOptions } from './resolve-options.ts'
import { ConnectorState, type RequestHandler } from './state.ts'

/** Peers that vanished without a word are found by TCP keep-alive. */
const TCP_KEEP_ALIVE_AFTER_MS = 60_000
const DEFAULT_GRACE_MS = 10_000
/** All connections read into it, one after the other, because each copies what it keeps. */
const readBuffer = Buffer.allocUnsafeSlow(65_536)
const sharedBuffer = () => readBuffer
/**
 * While stopping, idle connections stay open so long, and a request that still comes on one is answered, with END_RESPONSE
 * 0: it was on its way when nobody could know of the stop, and a POST would not be sent again. As in the worker's HTTP end.
 */
const QUIET_MS = 250
/** Longest time between two sweeps; a limit is late by two of them at most, and by one more after a standstill. */
const MAX_SWEEP_MS = 1_000
const MIN_SWEEP_MS = 10

export interface ConnectorAddress {
  readonly host: string
  readonly port: number
}

export interface ConnectorSnapshot {
  /** Open connections. */
  readonly connections: number
  /** Requests that are being answered. */
  readonly busy: number
  /** Requests that reached the application. */
  readonly requests: number
  /** Requests that were answered with an error before that, and connections that were closed as they came. */
  readonly refused: number
}

/**
 * Serves requests of a web server that speaks AJP/1.3 (mod_jk, mod_proxy_ajp, clowder) to a handler of `node:http`.
 *
 * @example
 * const connector = createConnector(app, { port: 8009, secret: 'of both ends' })
 * await connector.listen()
 */
export function createConnector(handler: RequestHandler, options: ConnectorOptions = {}): Connector {
  return new Connector(handler, resolveOptions(options))
}

export class Connector {
  readonly #state: ConnectorState
  readonly #server: Server
  readonly #isAllowed: ((address: string) => boolean) | undefined
  readonly #sweepMs: number
  #sweeper: TimerHandle
  #sweptMs = 0
  #wasLate = false
  #address: ConnectorAddress | undefined
  #closing: Promise<void> | undefined
  #allClosed: () => void = () => {}

  constructor(handler: RequestHandler, options: ResolvedConnectorOptions) {
    this.#state = new ConnectorState(handler, options)
    this.#isAllowed = options.allow.length === 0 ? undefined : addressList(options.allow)
    const { connectionTimeoutMs, keepAliveTimeoutMs, packetTimeoutMs } = options
    const shortest = Math.min(...[connectionTimeoutMs, keepAliveTimeoutMs, packetTimeoutMs].filter((ms) => ms > 0))
    this.#sweepMs = Math.min(MAX_SWEEP_MS, Math.max(MIN_SWEEP_MS, shortest / 4))
    this.#server = createServer(
      {
        allowHalfOpen: true,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: TCP_KEEP_ALIVE_AFTER_MS,
        pauseOnConnect: true,
      },
      (socket) => this.#accept(socket),
    )
    this.#state.connectionClosed = () => this.#connectionClosed()
  }

  /** Where it listens; undefined before `listen` and when it could not. */
  get address(): ConnectorAddress | undefined {
    return this.#address
  }

  /** Settles when connections are accepted. Rejects with `CONNECTOR_LISTEN`. */
  listen(): Promise<void> {
    const { address: host, port, acceptCount: backlog } = this.#state.options
    return new Promise((resolve, reject) => {
      const failed = (error: Error) =>
        reject(new ConnectorError('CONNECTOR_LISTEN', `${host}:${port}: ${error.message}`, error))
      this.#server.once('error', failed)
      this.#server.listen({ host, port, backlog }, () => {
        this.#server.off('error', failed)
        // Of a connection that could not be accepted; the next one may be.
        this.#server.on('error', () => {})
        const bound = this.#server.address()
        if (bound !== null && typeof bound === 'object') this.#address = { host: bound.address, port: bound.port }
        resolve()
      })
    })
  }

  snapshot(): ConnectorSnapshot {
    const { connections, busy, requests, refused } = this.#state
    return { connections: connections.size, busy, requests, refused }
  }

  /**
   * Accepts nothing more, and lets running requests finish, and those that come within a quarter of a second on
   * connections that are open; their answers say that the connection ends. Then idle connections are closed. What is not
   * done after `graceMs` (default 10 000) is cut. May be called twice, and before `listen`.
   */
  close(graceMs: number = DEFAULT_GRACE_MS): Promise<void> {
    this.#closing ??= this.#close(graceMs)
    return this.#closing
  }

  async #close(graceMs: number): Promise<void> {
    const { connections, options } = this.#state
    const { clock } = options
    const noServer = new Promise<void>((done) => this.#server.close(() => done()))
    const cut = clock.after(graceMs, () => {
      for (const connection of connections) connection.destroy('CONNECTOR_STOPPED')
    })
    const noConnections = new Promise<void>((done) => {
      this.#allClosed = done
    })
    for (const connection of connections) connection.stop()
    // What has come while this process stood still is read between the timer and the end.
    const endIdle = () => {
      for (const connection of connections) connection.endIfIdle()
    }
    const quiet = clock.after(Math.min(QUIET_MS, graceMs), () => setImmediate(endIdle))
    if (connections.size === 0) this.#allClosed()
    await Promise.all([noServer, noConnections])
    clock.clear(quiet)
    clock.clear(cut)
  }

  #accept(socket: Socket): void {
    const { options, connections } = this.#state
    const address = socket.remoteAddress
    if (this.#closing !== undefined || address === undefined) socket.destroy()
    else if (this.#isAllowed?.(address) === false) this.#refuse(socket, new ConnectorError('CONNECTOR_PEER', address))
    else if (options.maxConnections > 0 && connections.size >= options.maxConnections)
      this.#refuse(socket, new ConnectorError('CONNECTOR_FULL', `${options.maxConnections} are open`))
    else {
      if (connections.size === 0) this.#startSweeping()
      this.#serve(socket)
    }
  }

  #serve(accepted: Socket): void {
    const socket =
      readInto(accepted, sharedBuffer, (bytes) => {
        connection.received(readBuffer.subarray(0, bytes))
        return true
      }) ?? accepted.on('data', (bytes) => connection.received(bytes))
    const connection = new AjpConnection(socket, this.#state)
    this.#state.connections.add(connection)
    socket.resume()
  }

  #refuse(socket: Socket, error: ConnectorError): void {
    this.#state.refused++
    const peer = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    socket.on('error', () => {})
    socket.destroy()
    this.#state.options.onEvent?.({ type: 'refused', error, peer })
  }

  #connectionClosed(): void {
    if (this.#state.connections.size > 0) return
    this.#state.options.clock.clear(this.#sweeper)
    this.#allClosed()
  }

  #startSweeping(): void {
    const { clock } = this.#state.options
    this.#sweptMs = clock.monotonic()
    this.#wasLate = false
    this.#sweeper = clock.every(this.#sweepMs, () => this.#sweep())
  }

  #sweep(): void {
    const { options, connections } = this.#state
    const sinceLastMs = options.clock.monotonic() - this.#sweptMs
    this.#sweptMs += sinceLastMs
    // The process stood still, and what came meanwhile has not been read yet: nobody is late before it has been.
    this.#wasLate = !this.#wasLate && sinceLastMs > 2 * this.#sweepMs
    for (const connection of connections) connection.sweep(this.#sweptMs, this.#wasLate)
  }
}
