/**
 * Buffers that backend sockets read into. Small answers are read into one buffer that all connections share, since
 * they are turned into text before the next read. A connection with a large body reads into buffers of its own, which
 * travel to the client as they are and come back when they are written: neither a copy nor an allocation per read
 * (Node's default is a fresh 64 KiB for each).
 */

const READ_BYTES = 65_536
/** Spare buffers kept for the next stream, 4 MiB: beyond it they are left to the collector. */
const MAX_SPARES = 64
/** A piece smaller than this is copied: a 64 KiB buffer should not wait in a socket's queue for its sake. */
const COPY_BELOW_BYTES = 8_192

const shared = Buffer.allocUnsafeSlow(READ_BYTES)
const spares: Buffer[] = []

export class ReadBuffers {
  /** What the socket reads into at the moment; undefined when that buffer has been let go. */
  #current: Buffer | undefined
  #isStreaming = false

  /**
   * What the next read goes into. Always said, also when it has not changed: a socket that tries one address of a name
   * after the other asks again for each, and a handle without an answer reads into a buffer that nobody looks at.
   */
  next(): Buffer {
    const current = this.#current
    if (current !== undefined && (current !== shared) === this.#isStreaming) return current
    if (current !== undefined && current !== shared) giveBack(current)
    this.#current = this.#isStreaming ? (spares.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES)) : shared
    return this.#current
  }

  beginStream(): void {
    this.#isStreaming = true
  }

  endStream(): void {
    this.#isStreaming = false
  }

  /** Whether a piece of `bytes` in `buffer` may leave with the buffer itself. */
  canSpare(buffer: Buffer, bytes: number): boolean {
    return buffer === this.#current && buffer !== shared && bytes >= COPY_BELOW_BYTES
  }

  /** Lets the current buffer go; the result is to be called when nobody reads it any more. */
  spare(buffer: Buffer): () => void {
    this.#current = undefined
    return () => giveBack(buffer)
  }
}

function giveBack(buffer: Buffer): void {
  if (spares.length < MAX_SPARES) spares.push(buffer)
}
