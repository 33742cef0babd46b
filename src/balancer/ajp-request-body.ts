/**
 * The body of one request on an AJP connection: what the client has sent so far, cut into the packets that the container
 * waits for, and not one more (ajp13.md 3, appendix A). A packet that nobody waits for would be read as a request.
 */
import {
  type DuePackets,
  decodeGetBody,
  dueAfterAsking,
  dueAfterRequest,
  dueAfterSending,
  END_OF_BODY,
  firstBodyBytes,
  MAGIC,
  maxBodyBytes,
  type PacketWriter,
} from '../ajp/index.ts'

/** More pieces than these are joined: a byte that arrives alone would cost a buffer of its own. */
const MAX_PIECES = 16

export class AjpRequestBody {
  /** What the container waits for. */
  due: DuePackets = 'nothing'
  /** How much the last GET_BODY_CHUNK asked for. */
  #asked = 0
  #ended = true
  #pieces: Uint8Array[] = []
  /** What is gone of the first piece. */
  #used = 0
  /** Bytes that wait. */
  #waiting = 0

  /** A request has been written. `length` is as in its head: 0 for no body, -1 for one of unknown length. */
  begin(length: number): void {
    this.clear()
    this.#ended = length === 0
    this.due = dueAfterRequest(length)
  }

  /** Keeps the piece itself. */
  add(piece: Uint8Array): void {
    if (piece.length === 0) return
    this.#pieces.push(piece)
    this.#waiting += piece.length
    if (this.#pieces.length > MAX_PIECES) this.#joinPieces()
  }

  #joinPieces(): void {
    const [first, ...others] = this.#pieces
    this.#pieces = [Buffer.concat([first!.subarray(this.#used), ...others], this.#waiting)]
    this.#used = 0
  }

  /** The client has sent all of it. */
  end(): void {
    this.#ended = true
  }

  /** GET_BODY_CHUNK came. Throws an AjpError when it may not. */
  ask(payload: Buffer, packetBytes: number): void {
    this.due = dueAfterAsking(this.due)
    this.#asked = decodeGetBody(payload, packetBytes)
  }

  /** Appends each packet that is due and can be made: with what there is, however little. */
  writeTo(writer: PacketWriter): void {
    while (this.due !== 'nothing') {
      if (this.#waiting > 0) {
        const { packetBytes } = writer
        // The packet size may have changed since a packet was asked for.
        const asked = Math.min(this.#waiting, this.#asked, maxBodyBytes(packetBytes))
        this.#writePacket(writer, this.due === 'asked' ? asked : firstBodyBytes(this.#waiting, packetBytes))
      } else if (this.#ended && this.due === 'asked') writer.append(END_OF_BODY)
      else return
      this.due = dueAfterSending(this.due)
    }
  }

  #writePacket(writer: PacketWriter, bytes: number): void {
    writer.open(MAGIC.REQUEST)
    writer.u16(bytes)
    this.#waiting -= bytes
    let done = 0
    for (let left = bytes; left > 0; ) {
      const piece = this.#pieces[done]!
      const end = Math.min(piece.length, this.#used + left)
      writer.bytes(piece.subarray(this.#used, end))
      left -= end - this.#used
      this.#used = end
      if (end < piece.length) break
      this.#used = 0
      done++
    }
    writer.close()
    if (done > 0) this.#pieces.splice(0, done)
  }

  /** The container waits for what the client has not sent yet. */
  get isClientsTurn(): boolean {
    return this.due !== 'nothing' && !this.#ended && this.#waiting === 0
  }

  /** Everything is sent, and nothing is due. */
  get isOver(): boolean {
    return this.#ended && this.#waiting === 0 && this.due === 'nothing'
  }

  /** Another packet could be made at once: the client need not send more until it is. */
  isFull(packetBytes: number): boolean {
    return this.#waiting >= maxBodyBytes(packetBytes)
  }

  /** Lets go of what was not asked for. */
  clear(): void {
    if (this.#pieces.length > 0) this.#pieces = []
    this.#used = 0
    this.#waiting = 0
  }
}
