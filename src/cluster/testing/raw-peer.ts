/** The other end of a TCP transport without any of our code on it: scripted servers and clients that send any bytes. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Member } from '../member.ts'
import { memberAt } from './transport-node.ts'

/** Accepts connections and leaves what happens on each to a script. */
export class RawPeer {
  readonly #server = createServer()
  readonly sockets: Socket[] = []
  /** Every chunk that arrived, in order, whatever the connection. */
  readonly chunks: Buffer[] = []

  static async listen(script: (socket: Socket, index: number, peer: RawPeer) => void = () => {}): Promise<RawPeer> {
    const peer = new RawPeer()
    peer.#server.on('connection', (socket) => {
      socket.on('error', () => {})
      script(socket, peer.sockets.push(socket) - 1, peer)
    })
    peer.#server.listen(0, '127.0.0.1')
    await once(peer.#server, 'listening')
    return peer
  }

  get member(): Member {
    return memberAt((this.#server.address() as AddressInfo).port)
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy()
    this.#server.close()
  }
}

/** Keeps what arrives on a socket in the peer. */
export function recordChunks(socket: Socket, _index: number, peer: RawPeer): void {
  socket.on('data', (chunk) => peer.chunks.push(chunk))
}

/** A connection to a receiver that collects what comes back and knows when it was closed. */
export class RawClient {
  readonly socket: Socket
  received = Buffer.alloc(0)
  closed = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.on('close', () => {
      this.closed = true
    })
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk])
    })
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const client = new RawClient(socket)
    await once(socket, 'connect')
    return client
  }
}
