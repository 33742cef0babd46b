/**
 * Reads a chunked body from any cutting of its bytes (RFC 9112 7.1). Extensions are checked and dropped.
 *
 *   chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF      last-chunk = 1*"0" [ chunk-ext ] CRLF
 *
 * The data of all chunks in a buffer is moved together inside that buffer and handed out as one range, so that a body
 * that comes in crumbs costs per read and not per crumb. Nothing else is copied but trailers.
 */
import { CHAR, TCHAR, VALUE } from './chars.ts'
import { Http1Error } from './errors.ts'
import { FIELD, type Fields, parseFields } from './fields.ts'

const STATE = {
  SIZE_START: 0,
  SIZE: 1,
  EXTENSION_NAME_START: 2,
  EXTENSION_NAME: 3,
  EXTENSION_VALUE_START: 4,
  EXTENSION_VALUE: 5,
  QUOTED: 6,
  QUOTED_PAIR: 7,
  QUOTED_END: 8,
  SIZE_LF: 9,
  DATA: 10,
  DATA_CR: 11,
  DATA_LF: 12,
  TRAILER: 13,
  DONE: 14,
  FAILED: 15,
} as const
type State = (typeof STATE)[keyof typeof STATE]

const CR = 0x0d
const LF = 0x0a
const SEMICOLON = 0x3b
const EQUALS = 0x3d
const QUOTE = 0x22
const BACKSLASH = 0x5c
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
  /** Where the line of the trailer that is being read begins, and how many are complete. */
  #trailerLine = 0
  #trailerFields = 0
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
    if (this.#trailerLine === 0) return undefined
    return parseFields(this.#trailer, 0, this.#trailerLine, this.#maxTrailerFields)
  }

  /**
   * Reads on from `at` to `end`, or to the end of the body, and returns the position reached. May move bytes between
   * the two. Throws HTTP1_CHUNK, or for a trailer what `parseFields` throws; after that nothing is read any more.
   */
  read(buffer: Uint8Array, at: number, end: number): number {
    this.dataStart = this.dataEnd = at
    while (at < end) {
      const byte = buffer[at]!
      switch (this.#state) {
        case STATE.SIZE_START:
        case STATE.SIZE:
          this.#readSize(byte)
          break
        case STATE.EXTENSION_NAME_START:
        case STATE.EXTENSION_NAME:
        case STATE.EXTENSION_VALUE_START:
        case STATE.EXTENSION_VALUE:
        case STATE.QUOTED:
        case STATE.QUOTED_PAIR:
        case STATE.QUOTED_END:
          this.#readExtension(byte)
          break
        case STATE.SIZE_LF:
          if (byte !== LF) this.#fail('CR without LF')
          this.#state = this.#left === 0 ? STATE.TRAILER : STATE.DATA
          break
        case STATE.DATA: {
          const stop = Math.min(end, at + this.#left)
          this.#take(buffer, at, stop)
          at = stop
          continue
        }
        case STATE.DATA_CR:
          if (byte !== CR) this.#fail('data is longer than its size')
          this.#state = STATE.DATA_LF
          break
        case STATE.DATA_LF:
          if (byte !== LF) this.#fail('CR without LF')
          this.#state = STATE.SIZE_START
          this.#sizeDigits = 0
          break
        case STATE.TRAILER:
          this.#readTrailer(byte)
          break
        case STATE.DONE:
          return at
        case STATE.FAILED:
          this.#fail('input after an error')
      }
      at++
    }
    return at
  }

  #readSize(byte: number): void {
    const digit = hexValue(byte)
    if (digit !== -1) {
      if (++this.#sizeDigits > MAX_SIZE_DIGITS) this.#fail('size has too many digits')
      this.#left = this.#left * 16 + digit
      this.#state = STATE.SIZE
    } else if (this.#state === STATE.SIZE && byte === CR) {
      this.#state = STATE.SIZE_LF
    } else if (this.#state === STATE.SIZE && byte === SEMICOLON) {
      this.#state = STATE.EXTENSION_NAME_START
    } else {
      this.#fail('size is not a hexadecimal number')
    }
  }

  /** chunk-ext = *( ";" token [ "=" ( token / quoted-string ) ] ), without the space that bad senders leave in it. */
  #readExtension(byte: number): void {
    if (++this.#extensionBytes > MAX_EXTENSION_BYTES) this.#fail('extensions are larger than the limit')
    const isToken = (CHAR[byte]! & TCHAR) !== 0
    const isText = (CHAR[byte]! & VALUE) !== 0
    switch (this.#state) {
      case STATE.EXTENSION_NAME_START:
        if (isToken) this.#state = STATE.EXTENSION_NAME
        else this.#fail('extension')
        break
      case STATE.EXTENSION_VALUE_START:
        if (isToken) this.#state = STATE.EXTENSION_VALUE
        else if (byte === QUOTE) this.#state = STATE.QUOTED
        else this.#fail('extension')
        break
      case STATE.QUOTED:
        if (byte === QUOTE) this.#state = STATE.QUOTED_END
        else if (byte === BACKSLASH) this.#state = STATE.QUOTED_PAIR
        else if (!isText) this.#fail('extension')
        break
      case STATE.QUOTED_PAIR:
        if (isText) this.#state = STATE.QUOTED
        else this.#fail('extension')
        break
      default:
        // Behind a name, a value or a quoted string.
        if (byte === CR) this.#state = STATE.SIZE_LF
        else if (byte === SEMICOLON) this.#state = STATE.EXTENSION_NAME_START
        else if (byte === EQUALS && this.#state === STATE.EXTENSION_NAME) this.#state = STATE.EXTENSION_VALUE_START
        else if (!isToken || this.#state === STATE.QUOTED_END) this.#fail('extension')
    }
  }

  /** Moves a piece of data up to the ones before it. */
  #take(buffer: Uint8Array, start: number, stop: number): void {
    this.#left -= stop - start
    if (this.#left === 0) this.#state = STATE.DATA_CR
    if (this.dataEnd === this.dataStart) {
      this.dataStart = start
      this.dataEnd = stop
    } else {
      buffer.copyWithin(this.dataEnd, start, stop)
      this.dataEnd += stop - start
    }
  }

  #readTrailer(byte: number): void {
    const length = this.#trailer.length
    if (length === this.#maxTrailerBytes) this.#fail('trailer is larger than the limit')
    const afterCr = length > this.#trailerLine && this.#trailer.charCodeAt(length - 1) === CR
    if (afterCr !== (byte === LF)) this.#fail('CR without LF, or LF without CR')
    this.#trailer += String.fromCharCode(byte)
    if (!afterCr) return
    if (length === this.#trailerLine + 1) {
      this.#state = STATE.DONE
      return
    }
    // Each line is judged as soon as it is there; FAILED stays if it throws.
    this.#state = STATE.FAILED
    if (++this.#trailerFields > this.#maxTrailerFields)
      throw new Http1Error('HTTP1_TOO_MANY_FIELDS', `a trailer of more than ${this.#maxTrailerFields}`)
    const [id] = parseFields(this.#trailer, this.#trailerLine, length + 1, 1).ids
    if (id === FIELD.CONTENT_LENGTH || id === FIELD.TRANSFER_ENCODING)
      throw new Http1Error('HTTP1_FRAMING', 'a length behind the body')
    this.#trailerLine = length + 1
    this.#state = STATE.TRAILER
  }

  #fail(fact: string): never {
    this.#state = STATE.FAILED
    throw new Http1Error('HTTP1_CHUNK', fact)
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
