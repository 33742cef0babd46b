/**
 * The listening side: sockets to client connections, how many there may be, and how they all end. What a request means
 * is decided behind `dispatch`.
 */
import net from 'node:net'
import { type Clock, systemClock } from '../../clock/clock.ts'
import { readInto } from '../../sockets/index.ts'
import { DateLine } from '../date-line.ts'
import type { Deadlines } from '../deadlines.ts'
import { BalancerError, type BalancerErrorCode } from '../errors.ts'
import type { ClientFacts, Exchange } from '../exchange.ts'
import { plainAddress } from '../networks.ts'
import type { ListenOptions, ResolvedFrontLimits, ResolvedFrontTimeouts } from '../resolve-options.ts'
import { ClientConnection } from './client-connection.ts'
import { ClientReadBuffers } from './read-buffers.ts'

export interface FrontOptions {
  readonly limits: ResolvedFrontLimits
  readonly timeouts: ResolvedFrontTimeouts
  readonly deadlines: Deadlines
  /** For the Date of the pages made here; default the system's. */
  readonly clock?: Clock
  /** What stands for the host in requests that name none. */
  readonly ownName: string
  readonly isTrustedProxy: (address: string) => boolean
  readonly dispatch: (exchange: Exchange) => void
  readonly refused: (code: BalancerErrorCode, client: ClientFacts, cause?: unknown) => void
}

/** What a client connection sees of the front. */
export interface FrontContext extends FrontOptions {
  /** The Date field of an answer that is made here. */
  readonly dates: DateLine
  readonly isClosing: boolean
  disconnected(connection: ClientConnection): void
}

/** Waiting connections in the kernel; as high as systems allow by default. */
const BACKLOG = 4_096

const kConnection: unique symbol = Symbol('client connection')
type FrontSocket = net.Socket & { [kConnection]: ClientConnection }

// One set of listeners for all sockets: five closures per connection would be a KiB of idle memory each.
function onRead(this: net.Socket, bytes: number, buffer: Buffer): true {
  ;(this as FrontSocket)[kConnection].read(buffer, bytes)
  return true
}
function onData(this: net.Socket, chunk: Buffer): void {
  ;(this as FrontSocket)[kConnection].received(chunk, true)
}
function onDrain(this: net.Socket): void {
  ;(this as FrontSocket)[kConnection].drained()
}
function onEnd(this: net.Socket): void {
  ;(this as FrontSocket)[kConnection].ended()
}
function onError(this: net.Socket): void {
  // 'close' follows and does what is to be done.
}
function onClose(this: net.Socket): void {
  ;(this as FrontSocket)[kConnection].disconnected()
}

export class Front implements FrontContext {
  readonly limits: ResolvedFrontLimits
  readonly timeouts: ResolvedFrontTimeouts
  readonly deadlines: Deadlines
  readonly dates: DateLine
  readonly ownName: string
  readonly isTrustedProxy: (address: string) => boolean
  readonly dispatch: (exchange: Exchange) => void
  readonly refused: (code: BalancerErrorCode, client: ClientFacts, cause?: unknown) => void
  readonly #servers: net.Server[] = []
  readonly #connections = new Set<ClientConnection>()
  #isClosing = false
  #closed: Promise<void> | undefined
  #whenEmpty: (() => void) | undefined
  /** Connections closed because there were too many. */
  turnedAway = 0

  constructor(options: FrontOptions) {
    this.limits = options.limits
    this.timeouts = options.timeouts
    this.deadlines = options.deadlines
    this.dates = new DateLine(options.clock ?? systemClock, options.deadlines)
    this.ownName = options.ownName
    this.isTrustedProxy = options.isTrustedProxy
    this.dispatch = options.dispatch
    this.refused = options.refused
  }

  get isClosing(): boolean {
    return this.#isClosing
  }

  get connections(): number {
    return this.#connections.size
  }

  addresses(): { host: string; port: number }[] {
    return this.#servers.map((server) => {
      const address = server.address() as net.AddressInfo
      return { host: address.address, port: address.port }
    })
  }

  /** Listens on all addresses, or on none: rejects with BALANCER_LISTEN naming the address that failed. */
  async listen(addresses: readonly ListenOptions[]): Promise<void> {
    for (const address of addresses) {
      try {
        this.#servers.push(await this.#listenOn(address))
      } catch (cause) {
        for (const server of this.#servers.splice(0)) server.close()
        const reason = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'is in use' : (cause as Error).message
        throw new BalancerError('BALANCER_LISTEN', { fact: `${address.host}:${address.port} ${reason}`, cause })
      }
    }
  }

  #listenOn(address: ListenOptions): Promise<net.Server> {
    return new Promise((resolve, reject) => {
      const server = net.createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) =>
        this.#accept(socket),
      )
      server.once('error', reject)
      server.listen({ host: address.host, port: address.port, backlog: BACKLOG }, () => {
        server.off('error', reject)
        // Out of file descriptors, most likely: the connection is lost, the server goes on.
        server.on('error', () => this.turnedAway++)
        resolve(server)
      })
    })
  }

  #accept(accepted: net.Socket): void {
    if (this.#isClosing || this.#connections.size >= this.limits.connections) {
      this.turnedAway++
      accepted.destroy()
      return
    }
    const buffers = new ClientReadBuffers()
    const socket = readInto(accepted, () => buffers.next(), onRead) ?? accepted.on('data', onData)
    const facts: ClientFacts = {
      address: plainAddress(socket.remoteAddress ?? ''),
      port: socket.remotePort ?? 0,
      localPort: socket.localPort ?? 0,
      localAddress: plainAddress(socket.localAddress ?? ''),
      encrypted: false,
    }
    const connection = new ClientConnection(socket, facts, this, buffers)
    this.#connections.add(connection)
    ;(socket as FrontSocket)[kConnection] = connection
    socket.on('drain', onDrain)
    socket.on('end', onEnd)
    socket.on('error', onError)
    socket.on('close', onClose)
    socket.resume()
  }

  disconnected(connection: ClientConnection): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#whenEmpty?.()
  }

  /**
   * Stops listening, lets requests under way finish for at most `graceMs`, then cuts off what is left.
   * Resolves when every connection is closed. May be called twice.
   */
  close(graceMs: number): Promise<void> {
    this.#closed ??= this.#close(graceMs)
    return this.#closed
  }

  async #close(graceMs: number): Promise<void> {
    this.#isClosing = true
    for (const server of this.#servers.splice(0)) server.close()
    for (const connection of this.#connections) connection.closeWhenIdle()
    if (this.#connections.size === 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        for (const connection of this.#connections) connection.destroy()
      }, graceMs)
      this.#whenEmpty = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
