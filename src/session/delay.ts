/**
 * How long messages of one node take to get here, from its clock and ours. Clocks of two machines differ, by a constant
 * within minutes; so of each message is said how much later it came than the fastest one of the last minutes. That is what
 * queues, busy event loops and the network added, whatever the clocks say; the fastest one tells the clocks' difference
 * (and the way itself, which is a fraction of a millisecond where people run clusters). Clocks count whole milliseconds,
 * so does this.
 */

/** Upper bounds of what is counted together, ms; the last takes everything above. */
const BOUNDS = [0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 2000, 5000, 10_000]
/** Figures are of the last one to two of these. */
export const WINDOW_MS = 60_000

export interface DelaySnapshot {
  /** Messages of the last minute or two. */
  readonly messages: number
  /** Ms above the fastest; upper bounds. */
  readonly p50: number
  readonly p99: number
  /** Our clock at arrival less the sender's at sending, of the fastest; ms. About 0 where the clocks agree. */
  readonly clockMs: number
}

interface Window {
  readonly counts: Uint32Array
  messages: number
  fastestMs: number
}

export class DelayGauge {
  #last = emptyWindow()
  #current = emptyWindow()
  #since = Number.NEGATIVE_INFINITY

  /** `sentMs`, `arrivedMs`: by the two wall clocks; `now`: monotonic. */
  note(sentMs: number, arrivedMs: number, now: number): void {
    if (now - this.#since >= WINDOW_MS) this.#turn(now)
    const tookMs = arrivedMs - sentMs
    const { counts } = this.#current
    this.#current.messages++
    if (tookMs < this.#current.fastestMs) this.#current.fastestMs = tookMs
    const aboveMs = tookMs - Math.min(this.#last.fastestMs, this.#current.fastestMs)
    let at = 0
    while (at < BOUNDS.length - 1 && aboveMs > BOUNDS[at]!) at++
    counts[at] = counts[at]! + 1
  }

  /** Undefined when nothing has come in the last minutes. */
  snapshot(now: number): DelaySnapshot | undefined {
    if (now - this.#since >= WINDOW_MS) this.#turn(now)
    const messages = this.#last.messages + this.#current.messages
    if (messages === 0) return undefined
    const clockMs = Math.min(this.#last.fastestMs, this.#current.fastestMs)
    return { messages, p50: this.#percentile(messages * 0.5), p99: this.#percentile(messages * 0.99), clockMs }
  }

  #percentile(rank: number): number {
    let seen = 0
    for (const [at, bound] of BOUNDS.entries()) {
      seen += this.#last.counts[at]! + this.#current.counts[at]!
      if (seen >= rank) return bound
    }
    return BOUNDS.at(-1)!
  }

  /** The fastest of long ago is forgotten, since clocks drift. */
  #turn(now: number): void {
    this.#last = now - this.#since < 2 * WINDOW_MS ? this.#current : emptyWindow()
    this.#current = emptyWindow()
    this.#since = now
  }
}

function emptyWindow(): Window {
  return { counts: new Uint32Array(BOUNDS.length), messages: 0, fastestMs: Number.POSITIVE_INFINITY }
}
