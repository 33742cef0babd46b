/**
 * Buffers that client sockets read into. Heads and other small pieces are read into one buffer that all connections
 * share; what is to be kept of them is copied. A connection that sends much at once gets a buffer for itself, which
 * leaves with what was read into it. (Node makes a buffer of 64 KiB for every read and cuts it down afterwards.)
 */
const READ_BYTES = 65_536
/** A read of this size and more is part of something large: the next one should not have to be copied. */
const LARGE_BYTES = 32_768
/** A smaller piece is copied: it should not keep 64 KiB alive. */
const COPY_BELOW_BYTES = 8_192
/** Connections with a buffer of their own, 16 MiB in all; beyond it pieces are copied, since clients may be many and slow. */
const MAX_OWN_BUFFERS = 256

const shared = Buffer.allocUnsafeSlow(READ_BYTES)
let ownBuffers = 0

export class ClientReadBuffers {
  #current: Buffer = shared
  #given: Buffer | undefined

  /** What the next read goes into, if it is another one than before. */
  next(): Buffer | undefined {
    if (this.#given === this.#current) return undefined
    this.#given = this.#current
    return this.#current
  }

  /**
   * Must be called for every read, before its bytes are used. True: they are the caller's for good. False: they are gone
   * with the next read of any connection.
   */
  take(bytes: number): boolean {
    const isOwn = this.#current !== shared
    const isTaken = isOwn && bytes >= COPY_BELOW_BYTES
    if (bytes < COPY_BELOW_BYTES) this.release()
    else if (isOwn) this.#current = Buffer.allocUnsafeSlow(READ_BYTES)
    else if (bytes >= LARGE_BYTES && ownBuffers < MAX_OWN_BUFFERS) {
      ownBuffers++
      this.#current = Buffer.allocUnsafeSlow(READ_BYTES)
    }
    return isTaken
  }

  /** Back to the shared buffer; also when the connection is gone. */
  release(): void {
    if (this.#current === shared) return
    this.#current = shared
    ownBuffers--
  }
}
