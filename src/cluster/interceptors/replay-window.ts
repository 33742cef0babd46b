/**
 * Which of a sender's counters were seen (RFC 4303 section 3.4.3, wider): the newest ones as one bit each, everything
 * behind them as seen. Messages overtake each other between connections, so a counter may come late; none comes twice.
 */

/**
 * Counters that may still come when a newer one was seen. 2^20, 128 KiB of memory per sender: more than there are
 * smallest frames in the 64 MiB that may wait for a slow member while others overtake them.
 */
export const REPLAY_WINDOW = 2 ** 20

const BITS = 32

export class ReplayWindow {
  readonly #size: number
  readonly #bits: Uint32Array
  #newest = -1

  /** @param size counters, a multiple of 32 */
  constructor(size = REPLAY_WINDOW) {
    this.#size = size
    this.#bits = new Uint32Array(size / BITS)
  }

  /** True once for each counter that is not behind the window. */
  accept(counter: number): boolean {
    if (counter > this.#newest) this.#advance(counter)
    else if (counter <= this.#newest - this.#size) return false
    const slot = counter % this.#size
    const word = Math.floor(slot / BITS)
    const bit = 1 << (slot % BITS)
    if ((this.#bits[word]! & bit) !== 0) return false
    this.#bits[word]! |= bit
    return true
  }

  /** Frees the slots of the counters that are passed over. */
  #advance(counter: number): void {
    const passed = counter - this.#newest
    if (passed >= this.#size) {
      this.#bits.fill(0)
    } else {
      for (let i = this.#newest + 1; i <= counter; ) {
        const slot = i % this.#size
        const wholeWord = slot % BITS === 0 && counter - i >= BITS
        if (wholeWord) this.#bits[slot / BITS] = 0
        else this.#bits[Math.floor(slot / BITS)]! &= ~(1 << (slot % BITS))
        i += wholeWord ? BITS : 1
      }
    }
    this.#newest = counter
  }
}
