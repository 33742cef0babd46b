/**
 * Who is asked for which parts of the sessions while a node starts. Each node that gives gets its next parts when it has
 * given the last, so a fast one gives more; the shares shrink towards the end, so that none is waited for long. What a node
 * did not finish goes to another, and nothing that has arrived is asked for again. Knows no clock and no network.
 */
import { ALL_PARTS, countParts, firstParts } from './parts.ts'

interface Asked {
  readonly parts: number
  /** Monotonic ms. */
  readonly at: number
}

export class PartPlan<P> {
  #left = ALL_PARTS
  #received = 0
  readonly #asked = new Map<P, Asked>()

  get isComplete(): boolean {
    return this.#received === ALL_PARTS
  }

  /** What `from` is to be asked for now; 0 = others are being asked for all that is missing. */
  take(from: P, givers: number, now: number): number {
    // Half of an even share: the rest is for those who turn out to be faster.
    const share = Math.ceil(countParts(this.#left) / (2 * Math.max(1, givers)))
    const parts = firstParts(this.#left, share)
    if (parts !== 0) this.#ask(from, parts, now)
    return parts
  }

  /** What others were asked for before `since` and have not given yet: `from` may be faster. The longest wait comes first. */
  takeOver(from: P, since: number, now: number): number {
    let oldest: Asked | undefined
    for (const [other, asked] of this.#asked) {
      if (other !== from && asked.at <= since && (oldest === undefined || asked.at < oldest.at)) oldest = asked
    }
    const parts = oldest === undefined ? 0 : oldest.parts & ~this.#received
    if (parts !== 0) this.#ask(from, parts, now)
    return parts
  }

  /** Returns those that nobody had given before. */
  received(from: P, parts: number): number {
    const fresh = parts & ~this.#received
    this.#received |= parts
    this.#left &= ~parts
    this.#asked.delete(from)
    return fresh
  }

  lost(from: P): void {
    const asked = this.#asked.get(from)
    this.#asked.delete(from)
    if (asked === undefined) return
    let elsewhere = 0
    for (const { parts } of this.#asked.values()) elsewhere |= parts
    this.#left |= asked.parts & ~this.#received & ~elsewhere
  }

  #ask(from: P, parts: number, now: number): void {
    this.#left &= ~parts
    this.#asked.set(from, { parts, at: now })
  }
}
