/**
 * Cuts the packets out of a stream, however it was chopped, and does not understand them (ajp13.md 1.1).
 *
 *   12 34 or 41 42 | payload length: u16 | payload: length bytes
 *
 * After the first wrong byte it takes no more input: nothing tells where the next packet would begin.
 */
import { checkPacketSize, HEAD_BYTES, type Magic, maxPayloadBytes } from './constants.ts'
import { AjpError } from './errors.ts'

const EMPTY = Buffer.alloc(0)
/** First room for a packet that arrived in part. */
const FIRST_HELD_BYTES = 512

export class PacketReader {
  readonly #magic: Magic
  readonly #maxPayload: number
  /** What was pushed last, and how much of it is consumed. */
  #chunk: Buffer = EMPTY
  #at = 0
  /** The begun packet whose rest is still to come: a copy, so that chunks need not outlive `next`. */
  #held: Buffer = EMPTY
  #heldBytes = 0
  #failure: AjpError | undefined

  /**
   * @param magic of the direction to read
   * @param packetBytes largest whole packet, head included; 8192 to 65536
   */
  constructor(magic: Magic, packetBytes: number) {
    this.#magic = magic
    this.#maxPayload = maxPayloadBytes(checkPacketSize(packetBytes))
  }

  /** Bytes that wait for the rest of their packet, or for `next`. */
  get buffered(): number {
    return this.#heldBytes + this.#chunk.length - this.#at
  }

  /** Hands over a chunk, whose bytes must not change until `next` has returned undefined. */
  push(chunk: Buffer): void {
    if (this.#failure !== undefined) throw this.#failure
    const isConsumed = this.#at === this.#chunk.length
    this.#chunk = isConsumed ? chunk : Buffer.concat([this.#chunk.subarray(this.#at), chunk])
    this.#at = 0
  }

  /**
   * The payload of the next packet, or undefined until more is pushed. Throws an AjpError as soon as a byte is wrong,
   * and the same one ever after. The payload is a view, valid until the next call of any method.
   */
  next(): Buffer | undefined {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#heldBytes > 0) return this.#nextHeld()
    const chunk = this.#chunk
    const start = this.#at
    const have = chunk.length - start
    if (have >= HEAD_BYTES) {
      const end = start + this.#packetBytes(chunk, start, have)
      if (end <= chunk.length) {
        this.#at = end
        return chunk.subarray(start + HEAD_BYTES, end)
      }
    } else if (have === 0) {
      // Between packets: an idle connection holds nothing.
      this.#chunk = EMPTY
      this.#at = 0
      this.#held = EMPTY
      return undefined
    }
    return this.#nextHeld()
  }

  /** Copies what is left of the chunk, which may change from now on. */
  own(): void {
    this.#chunk = Buffer.from(this.#chunk.subarray(this.#at))
    this.#at = 0
  }

  /** Goes on with a begun packet: takes from the chunk what it lacks, and no more. */
  #nextHeld(): Buffer | undefined {
    this.#hold(HEAD_BYTES)
    const packetBytes = this.#packetBytes(this.#held, 0, this.#heldBytes)
    this.#hold(packetBytes)
    if (this.#heldBytes < packetBytes) {
      this.#chunk = EMPTY
      this.#at = 0
      return undefined
    }
    this.#heldBytes = 0
    return this.#held.subarray(HEAD_BYTES, packetBytes)
  }

  /** Moves bytes from the chunk until `wanted` are held, or the chunk is used up. */
  #hold(wanted: number): void {
    const count = Math.min(wanted - this.#heldBytes, this.#chunk.length - this.#at)
    if (count <= 0) return
    const needed = this.#heldBytes + count
    if (needed > this.#held.length) this.#makeRoom(needed, wanted)
    this.#chunk.copy(this.#held, this.#heldBytes, this.#at, this.#at + count)
    this.#heldBytes = needed
    this.#at += count
  }

  /** Memory grows with what has arrived, not with what was announced; doubling keeps a trickle cheap. */
  #makeRoom(needed: number, wanted: number): void {
    const room = Math.max(needed, Math.min(wanted, needed * 2), FIRST_HELD_BYTES)
    const grown = Buffer.allocUnsafeSlow(room)
    this.#held.copy(grown, 0, 0, this.#heldBytes)
    this.#held = grown
  }

  /** Judges of a head what has arrived. The size of its packet, or of the head while that is incomplete. */
  #packetBytes(bytes: Buffer, at: number, have: number): number {
    if (have > 0 && bytes[at] !== this.#magic >>> 8) throw this.#wrongMagic(bytes[at]!)
    if (have > 1 && bytes[at + 1] !== (this.#magic & 0xff)) throw this.#wrongMagic(bytes[at + 1]!)
    if (have < 3) return HEAD_BYTES
    const length = (bytes[at + 2]! << 8) | (have > 3 ? bytes[at + 3]! : 0)
    if (length > this.#maxPayload) {
      throw this.#fail(new AjpError('AJP_PACKET_TOO_LARGE', `${length} bytes of ${this.#maxPayload}`))
    }
    return have < HEAD_BYTES ? HEAD_BYTES : HEAD_BYTES + length
  }

  #wrongMagic(byte: number): AjpError {
    const found = byte.toString(16).padStart(2, '0')
    return this.#fail(new AjpError('AJP_MAGIC', `${found} in place of ${this.#magic.toString(16)}`))
  }

  #fail(error: AjpError): AjpError {
    this.#failure = error
    this.#chunk = EMPTY
    this.#at = 0
    this.#held = EMPTY
    this.#heldBytes = 0
    return error
  }
}
