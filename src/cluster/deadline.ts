/**
 * A timeout that does not blame others for this node's own delay. When its timer fires late, the event loop was blocked,
 * and the answer may lie unread in a socket: then the deadline grants the same time once more.
 */
import type { Clock, TimerHandle } from '../clock/clock.ts'
import { LATE_TIMER_MS } from './lateness.ts'

export class Deadline {
  readonly #clock: Clock
  #timer: TimerHandle

  constructor(clock: Clock, ms: number, expired: () => void) {
    this.#clock = clock
    const due = clock.monotonic() + ms
    this.#timer = clock.after(ms, () => {
      if (clock.monotonic() - due < LATE_TIMER_MS) expired()
      else this.#timer = clock.after(ms, expired)
    })
  }

  cancel(): void {
    this.#clock.clear(this.#timer)
  }
}
