/**
 * What one connection sends. Packets are gathered in a writer that all connections of a connector share, because it is
 * empty again whenever the event loop comes round, and go to the socket in one write.
 */
import type { Socket } from 'node:net'
import { CHUNK_END, chunkHead, encodeChunk, encodeTextChunk, maxChunkBytes, PacketWriter } from '../ajp/index.ts'

/** From here on data is not copied but written from where it is: two more pieces in the system call per packet. */
const COPY_BELOW_BYTES = 32_768

/** The writer of a connector; replaced when a socket still holds what is in it. */
export interface SharedWriter {
  writer: PacketWriter
}

type Done = (error?: Error | null) => void

export class Output {
  readonly socket: Socket
  readonly #shared: SharedWriter
  readonly #chunkBytes: number
  #isCorked = false

  constructor(socket: Socket, shared: SharedWriter) {
    this.socket = socket
    this.#shared = shared
    this.#chunkBytes = maxChunkBytes(shared.writer.packetBytes)
  }

  /** Bytes the system has not taken yet. */
  get unsent(): number {
    return this.socket.writableLength
  }

  /** Where packets are to be appended, until `send`. */
  get writer(): PacketWriter {
    return this.#shared.writer
  }

  text(text: string, encoding: BufferEncoding, bytes: number): void {
    if (bytes <= this.#chunkBytes) encodeTextChunk(this.writer, text, encoding, bytes)
    else this.bytes(Buffer.from(text, encoding))
  }

  bytes(data: Uint8Array): void {
    const max = this.#chunkBytes
    if (data.length <= max) encodeChunk(this.writer, data)
    else if (data.length < COPY_BELOW_BYTES) {
      for (let at = 0; at < data.length; at += max) encodeChunk(this.writer, data.subarray(at, at + max))
    } else this.#uncopied(data)
  }

  /** Hands everything to the socket. False when it has more than it wants. */
  send(done?: Done): boolean {
    const { socket } = this
    const { writer } = this.#shared
    let hasRoom = !socket.writableNeedDrain
    if (writer.length > 0 || done !== undefined) {
      hasRoom = socket.write(writer.view(), done)
      if (socket.writableLength === 0) writer.reset()
      else this.#shared.writer = new PacketWriter(writer.packetBytes)
    }
    if (this.#isCorked) {
      this.#isCorked = false
      socket.uncork()
    }
    return hasRoom
  }

  /** Packets that never change, outside of any gathering. */
  packet(bytes: Buffer): void {
    this.socket.write(bytes)
  }

  #uncopied(data: Uint8Array): void {
    const { socket } = this
    if (!this.#isCorked) {
      this.#isCorked = true
      socket.cork()
    }
    const max = this.#chunkBytes
    const fullHead = chunkHead(max, this.writer.packetBytes)
    if (this.writer.length > 0) socket.write(this.writer.take())
    for (let at = 0; at < data.length; at += max) {
      const piece = data.subarray(at, at + max)
      socket.write(piece.length === max ? fullHead : chunkHead(piece.length, this.writer.packetBytes))
      socket.write(piece)
      socket.write(CHUNK_END)
    }
  }
}
