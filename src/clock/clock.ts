/**
 * Time as an option: what every room that waits asks for instead of reading the system's clock itself.
 * Tests pass a {@link FakeClock}; everything else uses {@link systemClock}.
 */

/** A timer that was started by a {@link Clock}; only good for handing back to `clear`. */
export type TimerHandle = unknown

export interface Clock {
  /** Wall-clock time in epoch milliseconds. May jump in either direction when the machine's clock is set. */
  now(): number
  /** Milliseconds that only ever grow, from an arbitrary start: for measuring how long something took. */
  monotonic(): number
  /** Calls `run` once after `ms` milliseconds. Does not keep the process alive. */
  after(ms: number, run: () => void): TimerHandle
  /** Calls `run` every `ms` milliseconds until cleared. Does not keep the process alive. */
  every(ms: number, run: () => void): TimerHandle
  /** Stops a timer; stopping one twice, or one that has fired, does nothing. */
  clear(timer: TimerHandle): void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, run) => setTimeout(run, ms).unref(),
  every: (ms, run) => setInterval(run, ms).unref(),
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
}
