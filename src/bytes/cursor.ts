/**
 * Reads big-endian values from one byte array, never past its end. It does not wait for more bytes: cutting a stream into
 * whole packets is the business of the packet readers.
 */
import { BytesError } from './errors.ts'

/** 2^53-1 needs eight groups of seven bits. */
export const MAX_VARINT_BYTES = 8

const TWO_TO_32 = 0x1_0000_0000

export class Cursor {
  #bytes: Buffer
  #at = 0
  #end: number

  constructor(bytes: Uint8Array) {
    this.#bytes = asBuffer(bytes)
    this.#end = bytes.length
  }

  /** Starts over with other bytes, so that a hot path needs one cursor, not one per packet. */
  reset(bytes: Uint8Array): void {
    this.#bytes = asBuffer(bytes)
    this.#at = 0
    this.#end = bytes.length
  }

  /** Bytes read or skipped so far. */
  get position(): number {
    return this.#at
  }

  get remaining(): number {
    return this.#end - this.#at
  }

  u8(): number {
    return this.#bytes[this.#claim(1)]!
  }

  u16(): number {
    const at = this.#claim(2)
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!
  }

  i32(): number {
    const bytes = this.#bytes
    const at = this.#claim(4)
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  }

  u32(): number {
    return this.i32() >>> 0
  }

  i64(): bigint {
    return this.#bytes.readBigInt64BE(this.#claim(8))
  }

  /** An i64 that is expected to be a count or a time; BYTES_UNSAFE when a number cannot hold it exactly. */
  i64Number(): number {
    const at = this.#claim(8)
    const value = this.#bytes.readInt32BE(at) * TWO_TO_32 + this.#bytes.readUInt32BE(at + 4)
    if (Number.isSafeInteger(value)) return value
    throw new BytesError('BYTES_UNSAFE', `i64 at offset ${at} is outside ±(2^53-1)`, at)
  }

  f64(): number {
    return this.#bytes.readDoubleBE(this.#claim(8))
  }

  /** Unsigned LEB128, at most 2^53-1. Padded forms are refused, so that each value has exactly one encoding. */
  varint(): number {
    const first = this.u8()
    if (first < 0x80) return first
    const start = this.#at - 1
    let value = first & 0x7f
    let scale = 0x80
    for (let count = 2; count <= MAX_VARINT_BYTES; count++, scale *= 0x80) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (byte >= 0x80) continue
      if (byte === 0 || value > Number.MAX_SAFE_INTEGER) break
      return value
    }
    throw new BytesError('BYTES_VARINT', `varint at offset ${start} is padded or above 2^53-1`, start)
  }

  /** A view on the input: it shares memory and lives as long as the input does. Copy what is to be kept. */
  bytes(count: number): Buffer {
    const at = this.#claim(count)
    return this.#bytes.subarray(at, at + count)
  }

  latin1(count: number): string {
    const at = this.#claim(count)
    return this.#bytes.toString('latin1', at, at + count)
  }

  /** Ill-formed sequences become U+FFFD. */
  utf8(count: number): string {
    const at = this.#claim(count)
    return this.#bytes.toString('utf8', at, at + count)
  }

  skip(count: number): void {
    this.#claim(count)
  }

  /** The one bounds check: takes `count` bytes and returns where they start. */
  #claim(count: number): number {
    const at = this.#at
    // Written so that NaN and negative counts fail too.
    if (count >= 0 && count <= this.#end - at) {
      this.#at = at + count
      return at
    }
    throw new BytesError('BYTES_SHORT', `${count} bytes wanted at offset ${at}, ${this.#end - at} left`, at)
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
