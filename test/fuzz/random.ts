/** Random numbers that a seed repeats (xorshift32, Marsaglia 2003): a fuzzer that finds something must find it again. */
export class Random {
  readonly seed: number
  #state: number

  constructor(seed: number) {
    this.seed = seed >>> 0
    // Zero is the one state that xorshift never leaves; multiplying spreads seeds that are close to each other.
    this.#state = Math.imul(this.seed + 1, 0x9e3779b1) >>> 0 || 1
  }

  /** A whole number from 0 to `below`, which is left out. */
  below(below: number): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state >>> 0
    return Math.floor((this.#state / 0x1_0000_0000) * below)
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }
}
