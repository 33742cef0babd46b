/** An AJP container in the hands of a test: counts what it executes, and behaves as it is told. */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import {
  CPONG,
  decodeForwardRequest,
  END_AND_KEEP,
  encodeChunk,
  encodeSendHeaders,
  getBodyPacket,
  MAGIC,
  MIN_PACKET_BYTES,
  PacketReader,
  PacketWriter,
} from '../../src/ajp/index.ts'
import { atEnd, type Owner } from '../kit/owner.ts'

export type Manner =
  /** 200 with its name. */
  | 'answers'
  /** This status. */
  | number
  /** Once it has the first part of the body. */
  | 'closes'
  /** Asks for a second part of the body before. */
  | 'asks and closes'
  | 'hangs'
  /** Answers when it is released. */
  | 'holds'
  /** Something that is no packet. */
  | 'garbles'
  /** A part of a body before any head. */
  | 'forgets the head'
  /** The end of an answer, and nothing before it. */
  | 'only ends'

const CPING_TYPE = 10

export class ScriptedBackend {
  readonly name: string
  readonly port: number
  manner: Manner = 'answers'
  /** Requests that reached the application. */
  executions = 0
  /** The route that came with the last of them. */
  route: string | null = null
  #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #held: (() => void)[] = []

  private constructor(name: string, server: Server, port: number) {
    this.name = name
    this.port = port
    this.#server = server
    server.on('connection', (socket: Socket) => this.#serve(socket))
  }

  static async start(owner: Owner, name: string): Promise<ScriptedBackend> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const backend = new ScriptedBackend(name, server, port)
    atEnd(owner, () => backend.#close())
    return backend
  }

  /** From now on new connections are refused; those that are there stay. */
  async refuse(): Promise<void> {
    this.#server.close()
    // Its port is free at once; only its event waits for the connections.
    await new Promise((done) => setImmediate(done))
  }

  async listen(): Promise<void> {
    this.#server = createServer((socket) => this.#serve(socket)).listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  /** Answers all that it holds. */
  release(): void {
    for (const answer of this.#held.splice(0)) answer()
  }

  #close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #serve(socket: Socket): void {
    const reader = new PacketReader(MAGIC.REQUEST, MIN_PACKET_BYTES)
    /** What is done with the next packet of a body. */
    let onBody: (() => void) | undefined
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      reader.push(chunk)
      for (let payload = reader.next(); payload !== undefined; payload = reader.next()) {
        if (onBody !== undefined) {
          const then = onBody
          onBody = undefined
          then()
        } else if (payload[0] === CPING_TYPE) {
          socket.write(CPONG)
        } else {
          const { bodyLength, attributes } = decodeForwardRequest(payload)
          const act = () => this.#act(socket, (then) => (onBody = then))
          this.executions++
          this.route = attributes.jvmRoute
          if (bodyLength > 0) onBody = act
          else act()
        }
      }
    })
  }

  #act(socket: Socket, afterMore: (then: () => void) => void): void {
    switch (this.manner) {
      case 'hangs':
        return
      case 'closes':
        socket.destroy()
        return
      case 'asks and closes':
        socket.write(getBodyPacket(MIN_PACKET_BYTES))
        afterMore(() => socket.destroy())
        return
      case 'holds':
        this.#held.push(() => this.#answer(socket, 200))
        return
      case 'answers':
        this.#answer(socket, 200)
        return
      case 'garbles':
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        return
      case 'forgets the head': {
        const writer = new PacketWriter()
        encodeChunk(writer, Buffer.from(this.name))
        socket.write(writer.take())
        return
      }
      case 'only ends':
        socket.write(END_AND_KEEP)
        return
      default:
        this.#answer(socket, this.manner)
    }
  }

  #answer(socket: Socket, status: number): void {
    const writer = new PacketWriter()
    const body = Buffer.from(this.name)
    encodeSendHeaders(writer, { status, message: String(status), headers: ['Content-Length', String(body.length)] })
    encodeChunk(writer, body)
    writer.append(END_AND_KEEP)
    socket.write(writer.take())
  }
}
