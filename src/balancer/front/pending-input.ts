/**
 * What a client has sent and nobody has parsed yet: a head that is not complete, or requests behind the one that is
 * being answered. Kept in few pieces, since a byte that comes alone would cost a buffer of its own.
 */
export interface PendingLimits {
  readonly pipelinedRequests: number
  readonly headBytes: number
}

/** More pieces than these are joined. */
export const MAX_PIECES = 16

export class PendingInput {
  bytes = 0
  #pieces: Buffer[] = []
  #heads = 0

  get pieces(): number {
    return this.#pieces.length
  }

  add(piece: Buffer): void {
    this.#pieces.push(piece)
    this.bytes += piece.length
    if (this.#pieces.length > MAX_PIECES) this.#pieces = [Buffer.concat(this.#pieces, this.bytes)]
  }

  /** Adds requests that have to wait for their turn. */
  addWaiting(piece: Buffer, limits: PendingLimits): void {
    this.add(piece)
    // Counting empty lines is exact for requests without bodies and early for others.
    for (let at = piece.indexOf('\r\n\r\n'); at !== -1; at = piece.indexOf('\r\n\r\n', at + 4)) {
      if (++this.#heads >= limits.pipelinedRequests) return
    }
  }

  /** What is left of the bytes of `take`; `isLess` after a request has been taken from them. */
  putBack(rest: Buffer, isLess: boolean): void {
    this.add(rest)
    if (isLess && this.#heads > 0) this.#heads--
  }

  /** Reading from the client has to pause. */
  isFull(limits: PendingLimits): boolean {
    return this.#heads >= limits.pipelinedRequests || this.bytes >= limits.headBytes
  }

  /** Everything, as one piece. */
  take(): Buffer {
    const all = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces, this.bytes)
    this.#pieces = []
    this.bytes = 0
    return all
  }

  clear(): void {
    this.#pieces = []
    this.bytes = 0
    this.#heads = 0
  }
}
