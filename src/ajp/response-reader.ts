/**
 * Cuts what a container sends into messages, however it was chopped (ajp13.md 1.1, 4.3). Made for a web server that passes
 * bodies on: the data of a chunk is handed out where it lies, as it comes, and never collected; all other packets are
 * small and are handed out whole. What the order of messages has to be is for response-state.ts.
 *
 *   41 42 | payload length: u16 | 03 | data length: u16 | data | 00      a chunk: 7 bytes, then data, then NUL
 *   41 42 | payload length: u16 | type | …                              anything else
 *
 * After the first wrong byte it takes no more input: nothing tells where the next packet would begin.
 */
import { checkPacketSize, HEAD_BYTES, MAGIC, MESSAGE, maxPayloadBytes, type ResponseMessage } from './constants.ts'
import { AjpError } from './errors.ts'
import { wrongType } from './message-type.ts'

/** Nothing until more is pushed. */
export const NO_MESSAGE = 0

const EMPTY = Buffer.alloc(0)
/** Magic, length and type tell how much has to be there before a message is one. */
const TYPE_END = HEAD_BYTES + 1
/** What stands before the data of a chunk: those, and its length. */
const CHUNK_HEAD_BYTES = TYPE_END + 2
/** A begun packet up to this size is kept in memory that is used again. */
const KEEP_HELD_BYTES = 512

export class ResponseReader {
  /** Where the message that `next` returned lies: its payload, or the data of a chunk. Good until the next call. */
  bytes: Buffer = EMPTY
  start = 0
  end = 0
  readonly #maxPayload: number
  #chunk: Buffer = EMPTY
  #at = 0
  #chunkEnd = 0
  /** The begun packet whose rest is still to come, a copy. */
  #held: Buffer = EMPTY
  #heldBytes = 0
  /** Of the chunk whose data is on its way: bytes of it to come, and of the NUL behind it. */
  #dataLeft = 0
  #nulLeft = 0
  #failure: AjpError | undefined

  /** @param packetBytes largest whole packet, head included; 8192 to 65536 */
  constructor(packetBytes: number) {
    this.#maxPayload = maxPayloadBytes(checkPacketSize(packetBytes))
  }

  /** Between packets: none has begun, and none waits for `next`. */
  get isBetween(): boolean {
    return this.#heldBytes === 0 && this.#dataLeft === 0 && this.#nulLeft === 0 && this.#at === this.#chunkEnd
  }

  /** Takes the first `length` bytes of `chunk`, which may change once `next` has returned NO_MESSAGE. */
  push(chunk: Buffer, length: number): void {
    this.#chunk = chunk
    this.#at = 0
    this.#chunkEnd = length
  }

  /**
   * The type of the next message, or NO_MESSAGE until more is pushed. A chunk may come in several pieces, each reported as
   * SEND_BODY_CHUNK with a part of its data; one without data, which asks to flush, comes as one without. Throws an
   * AjpError as soon as a byte is wrong, and the same one ever after.
   */
  next(): ResponseMessage | typeof NO_MESSAGE {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#nulLeft > 0 && this.#dataLeft === 0 && !this.#skipNul()) return NO_MESSAGE
    if (this.#dataLeft > 0) return this.#nextData()
    if (this.#heldBytes > 0) return this.#nextHeld()
    const have = this.#chunkEnd - this.#at
    if (have === 0) return NO_MESSAGE
    const needed = this.#needed(this.#chunk, this.#at, have)
    if (needed > have) return this.#nextHeld()
    const at = this.#at
    this.#at += needed
    return this.#begin(this.#chunk, at, at + needed)
  }

  /** The NUL behind a chunk goes with its data where it is there already. */
  #skipNul(): boolean {
    if (this.#at === this.#chunkEnd) return false
    if (this.#chunk[this.#at] !== 0) throw this.#fail(new AjpError('AJP_CHUNK', 'no NUL behind the data'))
    this.#at++
    this.#nulLeft = 0
    return true
  }

  #nextData(): ResponseMessage | typeof NO_MESSAGE {
    const count = Math.min(this.#dataLeft, this.#chunkEnd - this.#at)
    if (count === 0) return NO_MESSAGE
    this.bytes = this.#chunk
    this.start = this.#at
    this.#at += count
    this.end = this.#at
    this.#dataLeft -= count
    return MESSAGE.SEND_BODY_CHUNK
  }

  /** Goes on with a begun packet: takes from the chunk what it lacks, and no more. */
  #nextHeld(): ResponseMessage | typeof NO_MESSAGE {
    for (;;) {
      const needed = this.#needed(this.#held, 0, this.#heldBytes)
      if (needed <= this.#heldBytes) {
        const held = this.#held
        this.#heldBytes = 0
        if (held.length > KEEP_HELD_BYTES) this.#held = EMPTY
        return this.#begin(held, 0, needed)
      }
      if (this.#at === this.#chunkEnd) return NO_MESSAGE
      if (needed > this.#held.length) this.#makeRoom(needed)
      const count = Math.min(needed - this.#heldBytes, this.#chunkEnd - this.#at)
      this.#chunk.copy(this.#held, this.#heldBytes, this.#at, this.#at + count)
      this.#heldBytes += count
      this.#at += count
    }
  }

  #makeRoom(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, KEEP_HELD_BYTES))
    this.#held.copy(grown, 0, 0, this.#heldBytes)
    this.#held = grown
  }

  /**
   * How many bytes have to be there before the message that begins at `at` can be handed out, as far as the `have` bytes
   * that are there tell. Judges each byte as soon as it is there.
   */
  #needed(bytes: Buffer, at: number, have: number): number {
    if (have === 0) return TYPE_END
    if (bytes[at] !== MAGIC.RESPONSE >>> 8) throw this.#wrongMagic(bytes[at]!)
    if (have === 1) return TYPE_END
    if (bytes[at + 1] !== (MAGIC.RESPONSE & 0xff)) throw this.#wrongMagic(bytes[at + 1]!)
    if (have < HEAD_BYTES) return TYPE_END
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!
    if (length > this.#maxPayload)
      throw this.#fail(new AjpError('AJP_PACKET_TOO_LARGE', `${length} bytes of ${this.#maxPayload}`))
    if (length === 0) throw this.#fail(wrongType(EMPTY, 'a container'))
    if (have < TYPE_END) return TYPE_END
    return this.#neededByType(bytes[at + HEAD_BYTES]!, length)
  }

  #neededByType(type: number, length: number): number {
    switch (type) {
      case MESSAGE.SEND_BODY_CHUNK:
        if (length < CHUNK_HEAD_BYTES - HEAD_BYTES)
          throw this.#fail(new AjpError('AJP_SHORT', `a chunk of ${length} bytes`))
        return CHUNK_HEAD_BYTES
      case MESSAGE.SEND_HEADERS:
        return HEAD_BYTES + length
      case MESSAGE.END_RESPONSE:
        return HEAD_BYTES + this.#exactly(length, 2)
      case MESSAGE.GET_BODY_CHUNK:
        return HEAD_BYTES + this.#exactly(length, 3)
      case MESSAGE.CPONG:
        return HEAD_BYTES + this.#exactly(length, 1)
    }
    throw this.#fail(new AjpError('AJP_TYPE', `type ${type} with ${length} bytes from a container`))
  }

  #exactly(length: number, due: number): number {
    if (length < due) throw this.#fail(new AjpError('AJP_SHORT', `${length} bytes of ${due}`))
    if (length > due) throw this.#fail(new AjpError('AJP_TRAILING', `${length - due} bytes`))
    return due
  }

  /** A whole message, or the head of a chunk, lies in `bytes` from `start` to `end`. */
  #begin(bytes: Buffer, start: number, end: number): ResponseMessage | typeof NO_MESSAGE {
    const type = bytes[start + HEAD_BYTES] as ResponseMessage
    this.bytes = bytes
    this.start = start + HEAD_BYTES
    this.end = end
    if (type !== MESSAGE.SEND_BODY_CHUNK) return type
    const behind = ((bytes[start + 2]! << 8) | bytes[start + 3]!) - (CHUNK_HEAD_BYTES - HEAD_BYTES)
    const length = (bytes[start + 5]! << 8) | bytes[start + 6]!
    // mod_jk allows the NUL to be missing; nothing else may differ (4.3).
    const nul = behind - length
    if (nul !== 0 && nul !== 1)
      throw this.#fail(new AjpError('AJP_CHUNK', `${length} bytes of data in a payload of ${behind + 3}`))
    this.#dataLeft = length
    this.#nulLeft = nul
    if (length > 0) return this.#nextData()
    this.start = end
    return type
  }

  #wrongMagic(byte: number): AjpError {
    const found = byte.toString(16).padStart(2, '0')
    return this.#fail(new AjpError('AJP_MAGIC', `${found} in place of ${MAGIC.RESPONSE.toString(16)}`))
  }

  #fail(error: AjpError): AjpError {
    this.#failure = error
    this.#held = EMPTY
    this.#heldBytes = 0
    return error
  }
}
