/**
 * Cuts the frames out of a stream, however it was chopped, and does not look into them (tomcat-cluster.md 4.1).
 * Tomcat searches a stream for the next start marker after garbage; this reader never does: after the first wrong byte it
 * stays failed, and the connection is to be closed.
 */
import { ClusterError } from './errors.ts'
import { FRAME_DATA, FRAME_END, FRAME_OVERHEAD, FRAME_START } from './frame.ts'

/** The length of the current frame has not arrived yet. */
const UNKNOWN = -1
const EMPTY = Buffer.alloc(0)

export class FrameReader {
  readonly #maxFrameBytes: number
  /** Bytes `#from` to `#to` have arrived and are not yet consumed. */
  #bytes: Buffer = EMPTY
  #from = 0
  #to = 0
  /** `#bytes` is ours and has room behind `#to`, rather than a chunk of the caller. */
  #roomy = false
  #dataBytes = UNKNOWN
  #failure: ClusterError | undefined

  /** @param maxFrameBytes largest whole frame, markers included */
  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes
  }

  /** Bytes that wait for the rest of their frame, or for `next`. */
  get buffered(): number {
    return this.#to - this.#from
  }

  /** Takes over a chunk; its bytes must not change any more. */
  push(chunk: Buffer): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#from === this.#to) {
      this.#bytes = chunk
      this.#from = 0
      this.#to = chunk.length
      this.#roomy = false
      return
    }
    if (!this.#roomy || chunk.length > this.#bytes.length - this.#to) this.#makeRoom(chunk.length)
    this.#bytes.set(chunk, this.#to)
    this.#to += chunk.length
  }

  /**
   * The data of the next frame, or undefined until more bytes are pushed. Throws a ClusterError as soon as a byte is
   * wrong, and the same one ever after. The result is a view that later calls never overwrite; it keeps the chunk or the
   * frame it lies in from being freed.
   */
  next(): Buffer | undefined {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#dataBytes === UNKNOWN && !this.#readHead()) return undefined
    const bytes = this.#bytes
    const end = this.#from + FRAME_DATA + this.#dataBytes
    const afterEnd = end + FRAME_END.length
    for (let i = end; i < afterEnd && i < this.#to; i++) {
      if (bytes[i] !== FRAME_END[i - end]) {
        throw this.#fail('CLUSTER_FRAME_END', `a frame of ${this.#dataBytes} data bytes is not followed by TLF2003`)
      }
    }
    if (this.#to < afterEnd) return undefined
    const data = bytes.subarray(this.#from + FRAME_DATA, end)
    this.#from = afterEnd
    this.#dataBytes = UNKNOWN
    if (afterEnd === this.#to) {
      this.#bytes = EMPTY
      this.#from = 0
      this.#to = 0
    }
    return data
  }

  /** Judges marker and length as far as they have arrived; true when the length is known. */
  #readHead(): boolean {
    const bytes = this.#bytes
    const from = this.#from
    const have = this.#to - from
    for (let i = 0; i < FRAME_START.length && i < have; i++) {
      if (bytes[from + i] !== FRAME_START[i]) {
        const found = bytes[from + i]!.toString(16).padStart(2, '0')
        throw this.#fail('CLUSTER_FRAME_START', `byte ${i} of a frame is ${found}: it does not begin with FLT2002`)
      }
    }
    if (have > FRAME_START.length && bytes[from + FRAME_START.length]! >= 0x80) {
      throw this.#fail('CLUSTER_FRAME_LENGTH', 'a frame has a negative length')
    }
    if (have < FRAME_DATA) return false
    const dataBytes = bytes.readInt32BE(from + FRAME_START.length)
    if (dataBytes > this.#maxFrameBytes - FRAME_OVERHEAD) {
      const size = dataBytes + FRAME_OVERHEAD
      throw this.#fail(
        'CLUSTER_FRAME_TOO_LARGE',
        `frame of ${size} bytes is over maxFrameBytes (${this.#maxFrameBytes})`,
      )
    }
    this.#dataBytes = dataBytes
    return true
  }

  /**
   * Moves the unconsumed bytes to where `count` more fit. Capacity doubles towards the announced frame: memory grows with
   * what has arrived, not with what was announced, and a frame that comes byte by byte is copied only a few times.
   */
  #makeRoom(count: number): void {
    const waiting = this.#to - this.#from
    const needed = waiting + count
    const frame = this.#dataBytes === UNKNOWN ? 0 : this.#dataBytes + FRAME_OVERHEAD
    const grown = Buffer.allocUnsafe(Math.max(needed, Math.min(needed * 2, frame)))
    grown.set(this.#bytes.subarray(this.#from, this.#to))
    this.#bytes = grown
    this.#from = 0
    this.#to = waiting
    this.#roomy = true
  }

  #fail(
    code: 'CLUSTER_FRAME_START' | 'CLUSTER_FRAME_LENGTH' | 'CLUSTER_FRAME_TOO_LARGE' | 'CLUSTER_FRAME_END',
    message: string,
  ): ClusterError {
    this.#failure = new ClusterError(code, message)
    this.#bytes = EMPTY
    this.#from = 0
    this.#to = 0
    return this.#failure
  }
}
