/**
 * Writes big-endian values into one buffer that grows and is used again. Values outside a fixed-width field are refused by
 * Buffer's own RangeError; after any error the writer is good again once it was `reset`.
 */
import { BytesError } from './errors.ts'

/** Largest result of a writer unless its owner says otherwise: 64 MiB. */
export const DEFAULT_MAX_WRITER_BYTES = 64 * 1024 * 1024
/** `reset` lets go of a larger buffer than this, so that one huge message does not hold memory for ever. */
export const KEEP_WRITER_BYTES = 64 * 1024
/** Up to here a loop over the characters is cheaper than a call into native code. */
const LOOP_CHARS = 32

export interface WriterOptions {
  /** First capacity in bytes, default 512. */
  readonly initialBytes?: number
  /** Largest result in bytes, default {@link DEFAULT_MAX_WRITER_BYTES}. */
  readonly maxBytes?: number
}

export class Writer {
  readonly #initialBytes: number
  readonly #maxBytes: number
  #buffer: Buffer
  #at = 0

  constructor(options: WriterOptions = {}) {
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_WRITER_BYTES
    this.#initialBytes = Math.min(options.initialBytes ?? 512, this.#maxBytes)
    this.#buffer = Buffer.allocUnsafe(this.#initialBytes)
  }

  /** Bytes written since the last `reset` or `take`. */
  get length(): number {
    return this.#at
  }

  /** Forgets what was written; views handed out before will be overwritten. */
  reset(): void {
    this.#at = 0
    if (this.#buffer.length > Math.max(KEEP_WRITER_BYTES, this.#initialBytes))
      this.#buffer = Buffer.allocUnsafe(this.#initialBytes)
  }

  /** What was written so far, without a copy. The writer keeps ownership: valid until its next write, reset or take. */
  view(): Buffer {
    return this.#buffer.subarray(0, this.#at)
  }

  /** What was written so far, without a copy. The caller owns it for good; the writer starts empty with a new buffer. */
  take(): Buffer {
    const taken = this.view()
    this.#at = 0
    this.#buffer = Buffer.allocUnsafe(this.#initialBytes)
    return taken
  }

  u8(value: number): void {
    this.#reserve(1)
    this.#at = this.#buffer.writeUInt8(value, this.#at)
  }

  u16(value: number): void {
    this.#reserve(2)
    this.#at = this.#buffer.writeUInt16BE(value, this.#at)
  }

  i32(value: number): void {
    this.#reserve(4)
    this.#at = this.#buffer.writeInt32BE(value, this.#at)
  }

  u32(value: number): void {
    this.#reserve(4)
    this.#at = this.#buffer.writeUInt32BE(value, this.#at)
  }

  i64(value: bigint): void {
    this.#reserve(8)
    this.#at = this.#buffer.writeBigInt64BE(value, this.#at)
  }

  /** An i64 from a number; BYTES_UNSAFE when it is not a safe integer. */
  i64Number(value: number): void {
    if (!Number.isSafeInteger(value)) {
      throw new BytesError('BYTES_UNSAFE', `${value} is not an integer within ±(2^53-1)`, this.#at)
    }
    this.#reserve(8)
    const high = Math.floor(value / 0x1_0000_0000)
    const at = this.#buffer.writeInt32BE(high, this.#at)
    this.#at = this.#buffer.writeUInt32BE(value - high * 0x1_0000_0000, at)
  }

  f64(value: number): void {
    this.#reserve(8)
    this.#at = this.#buffer.writeDoubleBE(value, this.#at)
  }

  /** Unsigned LEB128 of an integer from 0 to 2^53-1. */
  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new BytesError('BYTES_VARINT', `${value} is not an integer from 0 to 2^53-1`, this.#at)
    }
    this.#reserve(varintLength(value))
    let rest = value
    let at = this.#at
    while (rest >= 0x80) {
      this.#buffer[at++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#buffer[at++] = rest
    this.#at = at
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#buffer.set(value, this.#at)
    this.#at += value.length
  }

  /**
   * One byte per character. Characters above U+00FF are refused rather than cut to their low byte: U+010A must not become
   * a line feed.
   */
  latin1(text: string): void {
    this.#reserve(text.length)
    if (text.length > LOOP_CHARS) {
      const wide = text.search(/[^\u0000-\u00ff]/)
      if (wide >= 0) throw this.#notLatin1(text, wide)
      this.#at += this.#buffer.write(text, this.#at, 'latin1')
      return
    }
    let at = this.#at
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0xff) throw this.#notLatin1(text, i)
      this.#buffer[at++] = code
    }
    this.#at = at
  }

  /** Lone surrogates become U+FFFD. */
  utf8(text: string): void {
    // Three bytes per UTF-16 unit is the worst case; count exactly only where that guess would break the limit.
    const worst = text.length * 3
    this.#reserve(worst <= this.#maxBytes - this.#at ? worst : Buffer.byteLength(text))
    this.#at += this.#buffer.write(text, this.#at, 'utf8')
  }

  /** Leaves room for a u16 length; hand the result to `closeU16` when the bytes it counts are written. */
  openU16(): number {
    this.#reserve(2)
    this.#at += 2
    return this.#at
  }

  closeU16(opened: number): void {
    const length = this.#at - opened
    if (length > 0xffff) throw this.#bracketFull(length, 0xffff)
    this.#buffer.writeUInt16BE(length, opened - 2)
  }

  /** Leaves room for an i32 length; hand the result to `closeI32` when the bytes it counts are written. */
  openI32(): number {
    this.#reserve(4)
    this.#at += 4
    return this.#at
  }

  closeI32(opened: number): void {
    const length = this.#at - opened
    if (length > 0x7fff_ffff) throw this.#bracketFull(length, 0x7fff_ffff)
    this.#buffer.writeInt32BE(length, opened - 4)
  }

  #reserve(count: number): void {
    if (count > this.#buffer.length - this.#at) this.#grow(this.#at + count)
  }

  #grow(needed: number): void {
    if (needed > this.#maxBytes) {
      throw new BytesError('BYTES_OVER_LIMIT', `${needed} bytes are over maxBytes (${this.#maxBytes})`, this.#at)
    }
    const grown = Buffer.allocUnsafe(Math.min(Math.max(needed, this.#buffer.length * 2), this.#maxBytes))
    grown.set(this.#buffer.subarray(0, this.#at))
    this.#buffer = grown
  }

  #notLatin1(text: string, index: number): BytesError {
    const code = text.charCodeAt(index).toString(16).toUpperCase().padStart(4, '0')
    return new BytesError('BYTES_LATIN1', `U+${code} at character ${index} does not fit one byte`, this.#at + index)
  }

  #bracketFull(length: number, limit: number): BytesError {
    return new BytesError('BYTES_BRACKET', `${length} bytes do not fit a length field that ends at ${limit}`, this.#at)
  }
}

function varintLength(value: number): number {
  let length = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++
  return length
}
