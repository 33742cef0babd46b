/**
 * Answers that wait for their next piece. A container sends head, data and end of an answer in packets of their own, one
 * right behind the other; held for a moment they leave in one write. One timer for all who wait, which runs only when
 * somebody does.
 */
import type { Clock } from '../clock/clock.ts'

export interface HeldAnswer {
  /** It has waited for long enough. */
  holdOver(): void
}

/** Nobody waits for longer. Packets of one answer are microseconds apart. */
export const HOLD_MS = 5

export class HeldAnswers {
  readonly #clock: Clock
  #waiting: HeldAnswer[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Its `holdOver` is called within {@link HOLD_MS}, once. */
  add(answer: HeldAnswer): void {
    if (this.#waiting.push(answer) > 1) return
    this.#clock.after(HOLD_MS, () => {
      const waiting = this.#waiting
      this.#waiting = []
      for (const each of waiting) each.holdOver()
    })
  }
}
