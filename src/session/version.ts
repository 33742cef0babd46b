/**
 * Which of two writes is the later one: hybrid logical clocks (Kulkarni et al., "Logical Physical Clocks", 2014).
 * A version orders writes; it is never used to measure time, so a wrong clock costs order, not sessions.
 */
import type { Clock } from '../clock/clock.ts'

/** `timeMs`: 48 bits, `count`: 16 bits, `node`: {@link NODE_ID_CHARS} characters that settle a tie. */
export interface Version {
  readonly timeMs: number
  readonly count: number
  readonly node: string
}

/** A node's name for itself, new with every start of the process: 8 random bytes, kept as one character per byte. */
export const NODE_ID_CHARS = 8

export const MAX_COUNT = 0xffff
/**
 * Times above this (year 6429) are refused on the wire, and what comes after one stays at it: nothing honest gets there,
 * and one attribute that a liar has written must not make whole messages of ours be refused.
 */
export const MAX_WIRE_TIME_MS = 2 ** 47

/** Below every version that a clock makes. */
export const NO_VERSION: Version = { timeMs: 0, count: 0, node: '' }

/** Negative: `a` is earlier; positive: later; 0: the same write. */
export function compareVersions(a: Version, b: Version): number {
  if (a.timeMs !== b.timeMs) return a.timeMs - b.timeMs
  if (a.count !== b.count) return a.count - b.count
  return a.node === b.node ? 0 : a.node < b.node ? -1 : 1
}

export class HybridClock {
  readonly node: string
  readonly #clock: Clock
  readonly #maxAheadMs: number
  #timeMs = 0
  #count = 0

  /** `maxAheadMs`: how far others may push this clock past the wall clock ({@link SessionLimits.clockAheadMs}). */
  constructor(node: string, clock: Clock, maxAheadMs: number) {
    this.node = node
    this.#clock = clock
    this.#maxAheadMs = maxAheadMs
  }

  /**
   * A version for a new write: later than all that this node made or saw, within the limit, and always later than
   * `above`, the version that the write replaces. So a write wins over what its writer has seen even when that came from
   * a node whose clock runs years ahead; the damage stays with the attributes which that node wrote.
   */
  next(above: Version = NO_VERSION): Version {
    this.#advance()
    if (above.timeMs < this.#timeMs || (above.timeMs === this.#timeMs && above.count < this.#count)) {
      return { timeMs: this.#timeMs, count: this.#count, node: this.node }
    }
    return above.count < MAX_COUNT
      ? { timeMs: above.timeMs, count: above.count + 1, node: this.node }
      : { timeMs: Math.min(above.timeMs + 1, MAX_WIRE_TIME_MS), count: 0, node: this.node }
  }

  /** Learns of another node's version. Returns by how many ms it lies beyond the limit; 0 = within. */
  observe(version: Version): number {
    if (version.timeMs < this.#timeMs) return 0
    const beyond = version.timeMs - this.#clock.now() - this.#maxAheadMs
    if (beyond > 0) return beyond
    if (version.timeMs > this.#timeMs || version.count > this.#count) {
      this.#timeMs = version.timeMs
      this.#count = version.count
    }
    return 0
  }

  #advance(): void {
    const now = this.#clock.now()
    // A clock that was set back: go on counting from where we were, unless that has become too far ahead itself.
    if (now > this.#timeMs || this.#timeMs > now + this.#maxAheadMs) {
      this.#timeMs = now
      this.#count = 0
    } else if (this.#count < MAX_COUNT) {
      this.#count++
    } else {
      this.#timeMs++
      this.#count = 0
    }
  }
}
