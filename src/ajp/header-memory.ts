/**
 * The headers of the last request of a connection. Most requests repeat them byte for byte, and then one comparison takes
 * the place of reading and judging each (a request with twelve: 1.35 µs -> 0.5 µs). Equal bytes have an equal meaning: the
 * section begins with the number of headers and is read from the left, so it ends where it ended before.
 */

export interface HeadersRead {
  /** Name, value, name, value. Not to be changed: the next request may get the same array. */
  readonly headers: string[]
  readonly bodyLength: number
  readonly isChunked: boolean
}

/** Longer sections are not kept: a connection would hold a whole packet for them. */
const MAX_BYTES = 4_096

export class HeaderMemory {
  /** How many requests have had the remembered headers: 1 when they are new, 0 when nothing is remembered. */
  uses = 0
  /** Length of the remembered section. */
  bytes = 0
  #section: Buffer = Buffer.alloc(0)
  #read: HeadersRead | undefined

  /** What was read from the same bytes before. */
  recall(payload: Buffer, start: number): HeadersRead | undefined {
    const end = start + this.bytes
    if (this.#read === undefined || end > payload.length) return undefined
    if (payload.compare(this.#section, 0, this.bytes, start, end) !== 0) return undefined
    this.uses++
    return this.#read
  }

  remember(payload: Buffer, start: number, end: number, read: HeadersRead): void {
    const bytes = end - start
    if (bytes > MAX_BYTES) {
      this.#read = undefined
      this.uses = 0
      return
    }
    if (bytes > this.#section.length) this.#section = Buffer.allocUnsafeSlow(bytes)
    payload.copy(this.#section, 0, start, end)
    this.bytes = bytes
    this.#read = read
    this.uses = 1
  }
}
