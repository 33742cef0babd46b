/**
 * What a node with a backup manager took over last. Others bring it sessions piece by piece and say no end, so pieces are put
 * together here: those that come for one cause, and not long after each other. Pieces without a cause are everyday life,
 * such as a single session that has moved.
 */
import { hex, type TransferSnapshot } from './snapshot.ts'

/** Why sessions come. */
export interface TransferCause {
  readonly reason: TransferSnapshot['reason']
  /** When it was so; monotonic. Two causes of one moment are one. */
  readonly since: number
}

export class TransferLog {
  /** A longer silence ends a transfer; ms. */
  readonly #silenceMs: number
  #last:
    | { cause: TransferCause; from: Set<string>; blocks: number; bytes: number; at: number; atMs: number }
    | undefined

  constructor(silenceMs: number) {
    this.#silenceMs = silenceMs
  }

  /** `node` has brought a piece: at `now` by the monotonic clock, `nowMs` by the other. */
  note(node: string, bytes: number, cause: TransferCause | undefined, now: number, nowMs: number): void {
    if (cause === undefined) return
    const isOver = this.#last === undefined || now - this.#last.at > this.#silenceMs
    if (isOver) {
      // A later look for the same cause finds stragglers; it is not what took the time.
      if (this.#last?.cause.since === cause.since) return
      this.#last = { cause, from: new Set(), blocks: 0, bytes: 0, at: now, atMs: nowMs }
    }
    const last = this.#last!
    last.from.add(node)
    last.blocks++
    last.bytes += bytes
    last.at = now
    last.atMs = nowMs
  }

  /** Undefined before the first. */
  get last(): TransferSnapshot | undefined {
    if (this.#last === undefined) return undefined
    const { cause, from, blocks, bytes, at, atMs } = this.#last
    return { reason: cause.reason, from: [...from].map(hex), blocks, bytes, ms: at - cause.since, endedAtMs: atMs }
  }
}
