/** Large bodies through the engine: who sends and who takes how much, and what is held in between. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { lastInFirstOut, type Owner } from '../../../test/kit/owner.ts'
import { until } from '../../../test/kit/until.ts'
import { startEngine } from './engine.ts'
import { HeldBytes } from './held-bytes.ts'

/** A client, the engine and a backend in one process, and how much the engine holds. */
export interface Flow {
  readonly client: Socket
  readonly held: HeldBytes
}

/** `backend` is handed each connection of the backend. */
export async function openFlow(owner: Owner, backend: (socket: Socket) => void): Promise<Flow> {
  const closers = lastInFirstOut(owner)
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    closers.after(() => void socket.destroy())
    backend(socket)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  closers.after(() => void server.close())
  const backendPort = (server.address() as { port: number }).port
  const engine = await startEngine(closers, { backendPort })
  const held = new HeldBytes(closers, (socket) => socket.localPort === engine.port || socket.remotePort === backendPort)
  const client = connect({ port: engine.port, host: '127.0.0.1' })
  client.on('error', () => {})
  closers.after(() => void client.destroy())
  await once(client, 'connect')
  return { client, held }
}

/** Writes as fast as the socket takes it. */
export class Pourer {
  sent = 0
  readonly #socket: Socket
  readonly #bytes: number
  #wake = () => {}

  constructor(socket: Socket, bytes: number) {
    this.#socket = socket
    this.#bytes = bytes
    socket.on('drain', () => this.#wake())
    socket.on('close', () => this.#wake())
  }

  async pour(): Promise<void> {
    const piece = Buffer.alloc(65_536, 'x')
    while (this.sent < this.#bytes && !this.#socket.destroyed) {
      const next = piece.subarray(0, Math.min(this.#bytes - this.sent, piece.length))
      this.sent += next.length
      if (this.#socket.write(next)) continue
      await new Promise<void>((done) => {
        this.#wake = done
      })
    }
  }

  /** How much is sent when nothing more goes. */
  async settled(): Promise<number> {
    let last = 0
    let same = 0
    await until('it has settled', () => {
      same = this.sent === last ? same + 1 : 0
      last = this.sent
      return last > 0 && same >= 20
    })
    return last
  }
}

/** Reads whatever comes, and tells how much it was. */
export function countBytes(socket: Socket): () => number {
  let bytes = 0
  socket.on('data', (piece) => {
    bytes += piece.length
  })
  return () => bytes
}
