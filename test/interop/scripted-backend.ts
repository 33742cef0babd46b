/** An AJP container in the hands of a test: counts what it executes, and behaves as it is told. */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import {
  CPONG,
  decodeForwardRequest,
  END_AND_CLOSE,
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
  /** In the middle of a long answer of its letter. */
  | 'breaks off'
  /** Asks until it has all of the body, and answers 500. */
  | 'reads all and fails'
  /** A packet of a type that does not exist. */
  | 'says what nobody knows'
  /** 200, and no further request on this connection. */
  | 'answers and closes'
  /** A head without a body. */
  | 'answers 404 and no more'

const CPING_TYPE = 10
/** Before the bytes of a body in its packet. */
const LENGTH_BYTES = 2
/** Well-formed, of type 42. */
const UNKNOWN_PACKET = Buffer.from('41420001'.concat('2a'), 'hex')

/** Of the long answer: what was sent before it breaks off, and in pieces of which size. */
const LONG_BYTES = 80_000
const PIECE_BYTES = 8_000

interface Body {
  /** Bytes that have not come yet. */
  left: number
  /** What is done with the next packet of it. */
  next(then: () => void): void
}

export class ScriptedBackend {
  readonly name: string
  readonly port: number
  manner: Manner = 'answers'
  /** Requests that reached the application. */
  executions = 0
  /** Connections that it has taken. */
  connections = 0
  /** Lets CPing go unanswered. */
  isDeafToPings = false
  /** The route that came with the last of them. */
  route: string | null = null
  /** The activation that came with it. */
  activation = ''
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

  /** Closes the connections that are there. */
  disconnect(): void {
    for (const socket of this.#sockets) socket.end()
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
    let onBody: ((packet: Buffer) => void) | undefined
    this.#sockets.add(socket)
    this.connections++
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      reader.push(chunk)
      for (let payload = reader.next(); payload !== undefined; payload = reader.next()) {
        if (onBody !== undefined) {
          const then = onBody
          onBody = undefined
          then(payload)
        } else if (payload[0] === CPING_TYPE) {
          if (!this.isDeafToPings) socket.write(CPONG)
        } else {
          const { bodyLength, attributes } = decodeForwardRequest(payload)
          const body = {
            left: bodyLength,
            next(then: () => void) {
              onBody = (packet) => {
                body.left -= packet.length - LENGTH_BYTES
                then()
              }
            },
          }
          this.executions++
          this.route = attributes.jvmRoute
          this.activation = attributeOf(attributes.named, 'JK_LB_ACTIVATION')
          if (bodyLength > 0) body.next(() => this.#act(socket, body))
          else this.#act(socket, body)
        }
      }
    })
  }

  #act(socket: Socket, body: Body): void {
    switch (this.manner) {
      case 'hangs':
        return
      case 'closes':
        socket.destroy()
        return
      case 'asks and closes':
        socket.write(getBodyPacket(MIN_PACKET_BYTES))
        body.next(() => socket.destroy())
        return
      case 'reads all and fails':
        if (body.left <= 0) this.#answer(socket, 500)
        else {
          socket.write(getBodyPacket(MIN_PACKET_BYTES))
          body.next(() => this.#act(socket, body))
        }
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
      case 'says what nobody knows': {
        const writer = new PacketWriter()
        writer.append(UNKNOWN_PACKET)
        socket.write(writer.take())
        return
      }
      case 'breaks off':
        socket.end(longBeginning(this.name))
        return
      case 'answers and closes':
        this.#answer(socket, 200, END_AND_CLOSE)
        return
      case 'answers 404 and no more': {
        const writer = new PacketWriter()
        encodeSendHeaders(writer, { status: 404, message: '404', headers: [] })
        writer.append(END_AND_KEEP)
        socket.write(writer.take())
        return
      }
      default:
        this.#answer(socket, this.manner)
    }
  }

  #answer(socket: Socket, status: number, end = END_AND_KEEP): void {
    const writer = new PacketWriter()
    const body = Buffer.from(this.name)
    encodeSendHeaders(writer, { status, message: String(status), headers: ['Content-Length', String(body.length)] })
    encodeChunk(writer, body)
    writer.append(end)
    socket.write(writer.take())
  }
}

/** Names and values take turns. */
function attributeOf(named: readonly string[], name: string): string {
  const at = named.findIndex((each, index) => index % 2 === 0 && each === name)
  return at === -1 ? '' : named[at + 1]!
}

function longBeginning(letter: string): Buffer {
  const writer = new PacketWriter()
  encodeSendHeaders(writer, { status: 200, message: 'OK', headers: [] })
  const piece = Buffer.from(letter.repeat(PIECE_BYTES))
  for (let sent = 0; sent < LONG_BYTES; sent += PIECE_BYTES) encodeChunk(writer, piece)
  return writer.take()
}
