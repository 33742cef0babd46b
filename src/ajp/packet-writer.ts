/**
 * Writes packets one behind the other into one buffer that is used again: `open`, the data types of AJP/1.3, `close`. No
 * packet grows beyond its size, and one that failed leaves nothing behind. What the packets mean is for the encoders.
 */
import { CHAR, type CharClass, classNoun, consistsOf, TOKEN } from './chars.ts'
import { checkPacketSize, HEAD_BYTES, HEADER_CODE, type Magic, MIN_PACKET_BYTES, NULL_STRING } from './constants.ts'
import { AjpError } from './errors.ts'
import { NO_CODE } from './header-codes.ts'

/** Names this long and longer could be taken for a code. */
const MAX_NAME_BYTES = (HEADER_CODE << 8) - 1
/** `reset` lets go of a buffer with room for more packets than these. */
const KEEP_PACKETS = 4

/**
 * Up to here a loop that judges and writes each character is cheapest; beyond, one regular expression and one native
 * write. The 16 strings that 12 typical headers leave uncoded: 1.03 µs with loops alone, 0.84 µs so, for 24 as for 48.
 * The loop takes four at a time: 2.0 µs -> 1.8 µs for the whole packet, half of it because the method then is too large
 * to be inlined into all its callers.
 */
const LOOP_CHARS = 32

export class PacketWriter {
  readonly packetBytes: number
  #buffer: Buffer
  /** Where the closed packets end, and the open one begins. */
  #closed = 0
  #at = 0
  /** Where the open packet must have ended. */
  #limit = 0

  /** @param packetBytes largest whole packet, 8192 to 65536; the peer must be set to the same */
  constructor(packetBytes: number = MIN_PACKET_BYTES) {
    this.packetBytes = checkPacketSize(packetBytes)
    this.#buffer = Buffer.allocUnsafeSlow(packetBytes)
  }

  /** Bytes of the packets closed since the last `reset` or `take`. */
  get length(): number {
    return this.#closed
  }

  /** Forgets what was written; views handed out before will be overwritten. */
  reset(): void {
    this.#closed = 0
    // What many packets made large does not stay so.
    if (this.#buffer.length > this.packetBytes * KEEP_PACKETS) this.#buffer = Buffer.allocUnsafeSlow(this.packetBytes)
  }

  /** Like `reset`, for a buffer whose bytes somebody still reads: it is theirs from here on. */
  letGo(): void {
    this.#closed = 0
    this.#buffer = Buffer.allocUnsafeSlow(this.packetBytes)
  }

  /** The closed packets, without a copy. The writer keeps ownership: valid until its next call. */
  view(): Buffer {
    return this.#buffer.subarray(0, this.#closed)
  }

  /** The closed packets as a copy that the caller owns; the writer starts empty. */
  take(): Buffer {
    const taken = Buffer.from(this.view())
    this.reset()
    return taken
  }

  /** Begins a packet behind the closed ones, in place of one that was never closed. */
  open(magic: Magic): void {
    const start = this.#closed
    const limit = start + this.packetBytes
    if (limit > this.#buffer.length) this.#grow(limit)
    this.#limit = limit
    this.#buffer[start] = magic >>> 8
    this.#buffer[start + 1] = magic
    this.#at = start + HEAD_BYTES
  }

  close(): void {
    const start = this.#closed
    const length = this.#at - start - HEAD_BYTES
    this.#buffer[start + 2] = length >>> 8
    this.#buffer[start + 3] = length
    this.#closed = this.#at
  }

  /** Appends a whole packet that was made before: one of the constants, so that it travels in the same write. */
  append(packet: Uint8Array): void {
    const end = this.#closed + packet.length
    if (end > this.#buffer.length) this.#grow(end)
    this.#buffer.set(packet, this.#closed)
    this.#closed = end
  }

  u8(value: number): void {
    if (this.#at + 1 > this.#limit) throw this.#full(1)
    this.#buffer[this.#at++] = value
  }

  u16(value: number): void {
    if ((value & 0xffff) !== value) throw new AjpError('AJP_NUMBER', `${value} in two bytes`)
    const at = this.#at
    if (at + 2 > this.#limit) throw this.#full(2)
    this.#buffer[at] = value >>> 8
    this.#buffer[at + 1] = value
    this.#at = at + 2
  }

  /** A string, or the null string. */
  string(text: string | null, charClass: CharClass): void {
    if (text === null) this.u16(NULL_STRING)
    else this.text(text, charClass)
  }

  text(text: string, charClass: CharClass): void {
    const length = text.length
    const start = this.#at
    if (start + length + 3 > this.#limit) throw this.#full(length + 3)
    const buffer = this.#buffer
    buffer[start] = length >>> 8
    buffer[start + 1] = length
    let at = start + 2
    if (length > LOOP_CHARS) {
      if (!consistsOf(text, charClass)) throw misplaced(text, charClass)
      at += buffer.write(text, at, 'latin1')
    } else {
      let good: number = charClass
      let bits = 0
      let i = 0
      for (; i + 4 <= length; i += 4, at += 4) {
        const c = text.charCodeAt(i)
        const d = text.charCodeAt(i + 1)
        const e = text.charCodeAt(i + 2)
        const f = text.charCodeAt(i + 3)
        bits |= c | d | e | f
        good &= CHAR[c & 0xff]! & CHAR[d & 0xff]! & CHAR[e & 0xff]! & CHAR[f & 0xff]!
        buffer[at] = c
        buffer[at + 1] = d
        buffer[at + 2] = e
        buffer[at + 3] = f
      }
      for (; i < length; i++) {
        const char = text.charCodeAt(i)
        bits |= char
        good &= CHAR[char & 0xff]!
        buffer[at++] = char
      }
      if (good === 0 || bits > 0xff) throw misplaced(text, charClass)
    }
    buffer[at] = 0
    this.#at = at + 1
  }

  /** A header name: the code that stands for it, or itself where that is NO_CODE. */
  headerName(name: string, code: number): void {
    if (code !== NO_CODE) {
      this.u16((HEADER_CODE << 8) | code)
      return
    }
    if (name === '' || name.length > MAX_NAME_BYTES)
      throw new AjpError('AJP_CHARACTER', `a header name of ${name.length} bytes`)
    this.text(name, TOKEN)
  }

  bytes(bytes: Uint8Array): void {
    if (this.#at + bytes.length > this.#limit) throw this.#full(bytes.length)
    this.#buffer.set(bytes, this.#at)
    this.#at += bytes.length
  }

  /** Text that takes `bytes` bytes in `encoding`, without a length and unjudged: data, no string of AJP. */
  encoded(text: string, encoding: BufferEncoding, bytes: number): void {
    if (this.#at + bytes > this.#limit) throw this.#full(bytes)
    this.#buffer.write(text, this.#at, bytes, encoding)
    this.#at += bytes
  }

  /** The payload of the open packet, good until the writer is used again. */
  viewPayload(): Buffer {
    return this.#buffer.subarray(this.#closed + HEAD_BYTES, this.#at)
  }

  /** The payload of the open packet as a copy that the caller owns, in memory of its own: it is made to be kept. */
  copyPayload(): Buffer {
    const start = this.#closed + HEAD_BYTES
    const copy = Buffer.allocUnsafeSlow(this.#at - start)
    this.#buffer.copy(copy, 0, start, this.#at)
    return copy
  }

  #full(more: number): AjpError {
    const size = this.#at - this.#closed + more
    return new AjpError('AJP_PACKET_TOO_LARGE', `${size} bytes or more, ${this.packetBytes} allowed`)
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2))
    grown.set(this.#buffer.subarray(0, this.#closed))
    this.#buffer = grown
  }
}

function misplaced(text: string, charClass: CharClass): AjpError {
  return new AjpError('AJP_CHARACTER', `${classNoun(charClass)} of ${text.length} characters`)
}
