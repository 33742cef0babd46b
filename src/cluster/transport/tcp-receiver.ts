/** The listening end: finds a free port, accepts peers and keeps what all of them together may cost within limits. */
import { createServer, type Server, type Socket } from 'node:net'
import { formatAddress } from '../address.ts'
import { ClusterError, reasonOf } from '../errors.ts'
import { InboundConnection, type InboundOffice } from './inbound-connection.ts'
import type { TransportHandler, TransportOptions } from './transport.ts'

/** Silence after which the system asks whether a peer still exists, so that vanished hosts free their slot. */
const KEEP_ALIVE_MS = 60_000

export class TcpReceiver implements InboundOffice {
  readonly #options: TransportOptions
  readonly #handler: TransportHandler
  readonly #connections = new Set<InboundConnection>()
  #server: Server | undefined
  #bufferedBytes = 0

  constructor(options: TransportOptions, handler: TransportHandler) {
    this.#options = options
    this.#handler = handler
  }

  /** Listens on the first free port of the allowed ones (NioReceiver `port`, `autoBind`) and returns it. */
  async open(): Promise<number> {
    const { host, port, autoBind } = this.#options.bind
    const address = formatAddress(host)
    // Port 0 asks the system for any free port; trying again would not change its answer.
    const last = port === 0 ? 0 : Math.min(65_535, port + Math.max(1, autoBind) - 1)
    for (let candidate = port; candidate <= last; candidate++) {
      try {
        return await this.#listen(address, candidate)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue
        const message = `cannot listen on ${address}:${candidate}: ${reasonOf(error)}`
        throw new ClusterError('CLUSTER_BIND', message, { cause: error })
      }
    }
    const tried = last === port ? `port ${port} is` : `ports ${port} to ${last} are all`
    throw new ClusterError('CLUSTER_PORT_IN_USE', `${tried} in use on ${address}`)
  }

  checkStalls(): void {
    for (const connection of this.#connections) connection.checkStall()
  }

  /** Acknowledgements that are written go out, within `graceMs`: a peer that does not take them must not hold us. */
  async close(graceMs: number): Promise<void> {
    const { clock } = this.#options
    const [server, connections] = [this.#server, [...this.#connections]]
    this.#server = undefined
    this.#connections.clear()
    for (const connection of connections) connection.close()
    const cut = clock.after(graceMs, () => {
      for (const connection of connections) connection.cut()
    })
    if (server !== undefined) await new Promise<void>((done) => server.close(() => done()))
    clock.clear(cut)
  }

  account(bytes: number): void {
    this.#bufferedBytes += bytes
    const { maxReceiveBytes } = this.#options.limits
    if (bytes > 0 && this.#bufferedBytes > maxReceiveBytes) {
      const message = `${this.#bufferedBytes} bytes of unfinished frames are over maxReceiveBytes (${maxReceiveBytes})`
      throw new ClusterError('CLUSTER_RECEIVE_FULL', message)
    }
  }

  closed(connection: InboundConnection, cause: ClusterError | undefined): void {
    this.#connections.delete(connection)
    if (cause !== undefined) this.#handler.refused(connection.from, cause)
  }

  #listen(host: string, port: number): Promise<number> {
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS })
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, exclusive: true }, () => {
        server.off('error', reject)
        // Out of descriptors: the connection is not accepted, the server goes on.
        server.on('error', (error) => this.#handler.refused('?', acceptFailure(error)))
        server.on('connection', (socket) => this.#accept(socket))
        this.#server = server
        const address = server.address()
        resolve(typeof address === 'object' && address !== null ? address.port : port)
      })
    })
  }

  /** Connections that say nothing, or nothing that is taken, do not keep a member out. */
  #oldestUnwelcome(): InboundConnection | undefined {
    for (const connection of this.#connections) if (!connection.isWelcome) return connection
    return undefined
  }

  #accept(socket: Socket): void {
    const { maxConnections, maxFrameBytes } = this.#options.limits
    if (this.#connections.size >= maxConnections) {
      const message = `${this.#connections.size} connections reach maxConnections (${maxConnections})`
      const cause = new ClusterError('CLUSTER_TOO_MANY_CONNECTIONS', message)
      const unwelcome = this.#oldestUnwelcome()
      if (unwelcome === undefined) {
        this.#handler.refused(`${socket.remoteAddress}:${socket.remotePort}`, cause)
        socket.on('error', () => {})
        socket.destroy()
        return
      }
      unwelcome.end(cause)
    }
    const accepted = (reply: (frame: Buffer) => void, welcome: () => void) => this.#handler.accepted(reply, welcome)
    this.#connections.add(new InboundConnection(socket, maxFrameBytes, accepted, this))
  }
}

function acceptFailure(error: unknown): ClusterError {
  return new ClusterError('CLUSTER_TOO_MANY_CONNECTIONS', `cannot accept: ${reasonOf(error)}`, { cause: error })
}
