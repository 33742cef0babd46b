/** A clock that stands still until a test moves it. Timers fire in order of their time, then of their start. */
import type { Clock, TimerHandle } from './clock.ts'

interface FakeTimer {
  at: number
  readonly order: number
  readonly repeatMs: number | undefined
  readonly run: () => void
}

export class FakeClock implements Clock {
  #nowMs: number
  #elapsedMs = 0
  #order = 0
  readonly #timers = new Set<FakeTimer>()

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  monotonic(): number {
    return this.#elapsedMs
  }

  after(ms: number, run: () => void): TimerHandle {
    return this.#add(ms, undefined, run)
  }

  every(ms: number, run: () => void): TimerHandle {
    if (!(ms > 0)) throw new RangeError(`a repeating timer needs a positive interval, not ${ms}`)
    return this.#add(ms, ms, run)
  }

  clear(timer: TimerHandle): void {
    this.#timers.delete(timer as FakeTimer)
  }

  /** How many timers are waiting: a test that ends with some left has found a leak. */
  get pending(): number {
    return this.#timers.size
  }

  /** Moves time forward and fires, one by one, what falls due on the way. */
  advance(ms: number): void {
    const end = this.#elapsedMs + ms
    for (;;) {
      const next = this.#firstDueBy(end)
      if (next === undefined) break
      this.#moveTo(Math.max(next.at, this.#elapsedMs))
      if (next.repeatMs === undefined) this.#timers.delete(next)
      else next.at = this.#elapsedMs + next.repeatMs
      next.run()
    }
    this.#moveTo(end)
  }

  /** Time goes by while the process stands still: what falls due meanwhile fires late and once, at the next `advance`. */
  stall(ms: number): void {
    this.#moveTo(this.#elapsedMs + ms)
  }

  /** Sets the wall clock without letting time pass, as an operator or NTP does. */
  jump(ms: number): void {
    this.#nowMs += ms
  }

  #add(ms: number, repeatMs: number | undefined, run: () => void): FakeTimer {
    const timer = { at: this.#elapsedMs + Math.max(0, ms), order: this.#order++, repeatMs, run }
    this.#timers.add(timer)
    return timer
  }

  #firstDueBy(end: number): FakeTimer | undefined {
    let first: FakeTimer | undefined
    for (const timer of this.#timers) {
      if (timer.at > end) continue
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
        first = timer
    }
    return first
  }

  #moveTo(elapsedMs: number): void {
    this.#nowMs += elapsedMs - this.#elapsedMs
    this.#elapsedMs = elapsedMs
  }
}
