/** Which bytes of a connection are the body of the request at hand: counted off, or in chunks; and when it is over. */
import { ChunkedDecoder, type Fields } from '../../http1/index.ts'

export interface BodyLimits {
  /** Most bytes of a body; 0 = no limit. */
  readonly bodyBytes: number
  /** Of trailers, as of heads. */
  readonly headBytes: number
  readonly headerCount: number
}

export class BodyReader {
  /** The piece of the body in the bytes of the last `read`. */
  dataStart = 0
  dataEnd = 0
  /** The last byte of the body has been read. */
  isOver = false
  trailers: Fields | undefined
  readonly #maxBytes: number
  readonly #decoder: ChunkedDecoder | undefined
  #left: number
  #bytes = 0

  /** `length` in bytes, -1 for a chunked body. */
  constructor(length: number, limits: BodyLimits) {
    this.#maxBytes = limits.bodyBytes
    this.#left = length
    this.#decoder = length === -1 ? new ChunkedDecoder(limits.headBytes, limits.headerCount) : undefined
  }

  /** More has come than is allowed; a length that is known is judged before its body is read. */
  get isTooLarge(): boolean {
    return this.#maxBytes > 0 && this.#bytes > this.#maxBytes
  }

  /** Returns how many of the bytes belong to the body. Throws an Http1Error for malformed chunks. */
  read(bytes: Buffer): number {
    const used = this.#decoder === undefined ? this.#count(bytes) : this.#decode(this.#decoder, bytes)
    this.#bytes += this.dataEnd - this.dataStart
    return used
  }

  #count(bytes: Buffer): number {
    this.dataEnd = Math.min(bytes.length, this.#left)
    this.#left -= this.dataEnd
    this.isOver = this.#left === 0
    return this.dataEnd
  }

  #decode(decoder: ChunkedDecoder, bytes: Buffer): number {
    const used = decoder.read(bytes, 0, bytes.length)
    this.dataStart = decoder.dataStart
    this.dataEnd = decoder.dataEnd
    this.isOver = decoder.done
    if (decoder.done) this.trailers = decoder.trailers()
    return used
  }
}
