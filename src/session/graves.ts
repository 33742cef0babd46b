/**
 * The sessions that have ended, remembered so that a message that comes late cannot revive them. How several reports of an
 * ending come together, and what a grave does to a session, is the replica's business.
 */

/**
 * - `destroyed`: by the application. Nothing revives it.
 * - `moved`: it got a new id and lives on under that.
 * - `expired`: nobody used it up to `accessedMs`. A node that was cut off may know of a later request: then it lives.
 */
export type Fate = 'destroyed' | 'moved' | 'expired'

export interface Grave {
  readonly key: string
  readonly fate: Fate
  /** For `expired`: the last request that was known where it expired, epoch ms. */
  readonly accessedMs: number
  /** For `moved`: the new key; else empty. */
  readonly to: string
  /** Monotonic. */
  readonly dugAt: number
  /** The replica's change counter at that time. */
  readonly changedAt: number
}

/** What a grave says, apart from when this node heard of it. */
export type Ending = Pick<Grave, 'key' | 'fate' | 'accessedMs' | 'to'>

export class Graves {
  readonly #graves = new Map<string, Grave>()
  readonly #max: number
  readonly #keepMs: number

  constructor(max: number, keepMs: number) {
    this.#max = max
    this.#keepMs = keepMs
  }

  get size(): number {
    return this.#graves.size
  }

  get(key: string): Grave | undefined {
    return this.#graves.get(key)
  }

  /**
   * Under which key a session is to be found that had this one until less than `aliasMs` ago. By both clocks, `now` monotonic
   * and `nowMs` epoch: this node may have heard of it long after.
   */
  alias(key: string, aliasMs: number, now: number, nowMs: number): string | undefined {
    const grave = this.#graves.get(key)
    if (grave?.fate !== 'moved') return undefined
    return Math.max(now - grave.dugAt, nowMs - grave.accessedMs) < aliasMs ? grave.to : undefined
  }

  values(): Iterable<Grave> {
    return this.#graves.values()
  }

  /** In place of the grave that is there, if any. */
  dig(ending: Ending, now: number, changedAt: number): void {
    // Deleted first, so that the map stays in order of age.
    this.#graves.delete(ending.key)
    this.#graves.set(ending.key, { ...ending, dugAt: now, changedAt })
    if (this.#graves.size > this.#max) this.#graves.delete(this.#graves.keys().next().value!)
  }

  open(key: string): void {
    this.#graves.delete(key)
  }

  /** Forgets what is old enough; from the front, so it costs what it removes. */
  prune(now: number): void {
    for (const grave of this.#graves.values()) {
      if (now - grave.dugAt < this.#keepMs) return
      this.#graves.delete(grave.key)
    }
  }
}
