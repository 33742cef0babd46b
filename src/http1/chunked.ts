/**
 * Reads a chunked body from any cutting of its bytes (RFC 9112 7.1). Extensions are checked and dropped.
 *
 *   chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF      last-chunk = 1*"0" [ chunk-ext ] CRLF
 *
 * The decoder hands out ranges of the caller's own buffer and copies nothing but trailers.
 */
import { CHAR, VALUE } from './chars.ts'
import { Http1Error } from './errors.ts'
import { type Fields, parseFields } from './fields.ts'

const STATE = {
  SIZE_START: 0,
  SIZE: 1,
  EXTENSION: 2,
  SIZE_LF: 3,
  DATA: 4,
  DATA_CR: 5,
  DATA_LF: 6,
  TRAILER: 7,
  DONE: 8,
} as const
type State = (typeof STATE)[keyof typeof STATE]

const CR = 0x0d
const LF = 0x0a
const SEMICOLON = 0x3b
/** 12 hex digits are 256 TiB: more than any body, and exact in a double. */
const MAX_SIZE_DIGITS = 12
/** Extension bytes of a whole body: nobody sends them, and a sender that does pays in CPU here for bytes that go nowhere. */
export const MAX_EXTENSION_BYTES = 16_384

export class ChunkedDecoder {
  /** The data found by the last `read`: `buffer[dataStart … dataEnd)`. */
  dataStart = 0
  dataEnd = 0
  #state: State = STATE.SIZE_START
  #left = 0
  #sizeDigits = 0
  #extensionBytes = 0
  #trailer = ''
  readonly #maxTrailerBytes: number
  readonly #maxTrailerFields: number

  constructor(maxTrailerBytes: number, maxTrailerFields: number) {
    this.#maxTrailerBytes = maxTrailerBytes
    this.#maxTrailerFields = maxTrailerFields
  }

  /** The body is complete; bytes after the position that `read` returned belong to the next message. */
  get done(): boolean {
    return this.#state === STATE.DONE
  }

  /** After `done`: the trailer fields, or undefined when there were none. */
  trailers(): Fields | undefined {
    if (this.#trailer === '\r\n') return undefined
    return parseFields(this.#trailer, 0, this.#trailer.length - 2, this.#maxTrailerFields)
  }

  /**
   * Reads on from `at` up to the end of the buffer, of a piece of data, or of the body, and returns the position
   * reached. Call again until it returns `buffer.length` or `done` is true. Throws HTTP1_CHUNK.
   */
  read(buffer: Uint8Array, at: number): number {
    this.dataStart = this.dataEnd = at
    while (at < buffer.length) {
      const byte = buffer[at]!
      switch (this.#state) {
        case STATE.SIZE_START:
        case STATE.SIZE:
          this.#readSize(byte)
          at++
          break
        case STATE.EXTENSION:
          if (byte === CR) this.#state = STATE.SIZE_LF
          else if ((CHAR[byte]! & VALUE) === 0 || ++this.#extensionBytes > MAX_EXTENSION_BYTES)
            throw new Http1Error('HTTP1_CHUNK', 'extension')
          at++
          break
        case STATE.SIZE_LF:
          if (byte !== LF) throw new Http1Error('HTTP1_CHUNK', 'CR without LF')
          this.#state = this.#left === 0 ? STATE.TRAILER : STATE.DATA
          at++
          break
        case STATE.DATA: {
          const end = Math.min(buffer.length, at + this.#left)
          this.#left -= end - at
          if (this.#left === 0) this.#state = STATE.DATA_CR
          this.dataStart = at
          this.dataEnd = end
          return end
        }
        case STATE.DATA_CR:
          if (byte !== CR) throw new Http1Error('HTTP1_CHUNK', 'data is longer than its size')
          this.#state = STATE.DATA_LF
          at++
          break
        case STATE.DATA_LF:
          if (byte !== LF) throw new Http1Error('HTTP1_CHUNK', 'CR without LF')
          this.#state = STATE.SIZE_START
          this.#sizeDigits = 0
          at++
          break
        case STATE.TRAILER:
          this.#readTrailer(byte)
          at++
          break
        case STATE.DONE:
          return at
      }
    }
    return at
  }

  #readSize(byte: number): void {
    const digit = hexValue(byte)
    if (digit !== -1) {
      if (++this.#sizeDigits > MAX_SIZE_DIGITS) throw new Http1Error('HTTP1_CHUNK', 'size has too many digits')
      this.#left = this.#left * 16 + digit
      this.#state = STATE.SIZE
    } else if (this.#state === STATE.SIZE_START) {
      throw new Http1Error('HTTP1_CHUNK', 'size is not a hexadecimal number')
    } else if (byte === CR) {
      this.#state = STATE.SIZE_LF
    } else if (byte === SEMICOLON) {
      this.#state = STATE.EXTENSION
    } else {
      throw new Http1Error('HTTP1_CHUNK', 'size is not a hexadecimal number')
    }
  }

  #readTrailer(byte: number): void {
    this.#trailer += String.fromCharCode(byte)
    if (this.#trailer.length > this.#maxTrailerBytes)
      throw new Http1Error('HTTP1_CHUNK', 'trailer is larger than the limit')
    if (byte !== LF) return
    if (this.#trailer === '\r\n') this.#state = STATE.DONE
    else if (this.#trailer.endsWith('\r\n\r\n')) {
      this.#state = STATE.DONE
      this.trailers()
    }
  }
}

function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

/** What goes before a piece of data when it is sent on as one chunk; CRLF follows the data. */
export function chunkHead(bytes: number): string {
  return `${bytes.toString(16)}\r\n`
}

/** The end of a chunked body without trailers. */
export const LAST_CHUNK = '0\r\n\r\n'
