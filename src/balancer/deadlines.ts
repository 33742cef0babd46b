/**
 * Many connections, one timer. A connection writes down by when something must have happened; a sweep that runs a few
 * times per shortest limit looks for those that are late. Starting and stopping a timer per request would cost more
 * than the request's parsing does; this costs an assignment.
 */
import type { Clock, TimerHandle } from '../clock/clock.ts'

export interface HasDeadline {
  /** When `deadlinePassed` is due, as `Deadlines` gives it; Infinity for none. */
  deadlineMs: number
  deadlinePassed(): void
}

/** Longest time between two sweeps; a limit is late by two of them at most, and by one more after a standstill. */
const MAX_SWEEP_MS = 1_000
const MIN_SWEEP_MS = 10

export class Deadlines {
  /** Monotonic time as of the last sweep or wake-up: late by one sweep, or by a standstill of the process; free to read. */
  nowMs: number
  readonly #clock: Clock
  readonly #members = new Set<HasDeadline>()
  readonly #sweepMs: number
  #timer: TimerHandle
  #wasLate = false

  /** `shortestLimitMs`: the smallest timeout that will be asked for; a quarter of it is the sweep's interval. */
  constructor(clock: Clock, shortestLimitMs: number) {
    this.#clock = clock
    this.nowMs = clock.monotonic()
    this.#sweepMs = Math.min(MAX_SWEEP_MS, Math.max(MIN_SWEEP_MS, shortestLimitMs / 4))
    this.#timer = undefined
  }

  /** How many are watched. */
  get size(): number {
    return this.#members.size
  }

  add(member: HasDeadline): void {
    if (this.#members.size === 0 && this.#timer === undefined) {
      this.nowMs = this.#clock.monotonic()
      this.#timer = this.#clock.every(this.#sweepMs, () => this.#sweep())
    }
    this.#members.add(member)
  }

  delete(member: HasDeadline): void {
    this.#members.delete(member)
  }

  /** Stops sweeping; no deadline passes any more. */
  close(): void {
    this.#clock.clear(this.#timer)
    this.#timer = undefined
    this.#members.clear()
  }

  /**
   * The value for `deadlineMs` that is `limitMs` away; 0 means no limit. Below zero, it counts from the next sweep on: how
   * much of the time since the last one has gone by is not known here, and after a standstill of the process that is a lot.
   */
  in(limitMs: number): number {
    return limitMs === 0 ? Number.POSITIVE_INFINITY : -limitMs
  }

  /** `deadlineMs`, or what is `limitMs` away where that is sooner. */
  sooner(deadlineMs: number, limitMs: number): number {
    const leftMs = deadlineMs < 0 ? -deadlineMs : deadlineMs - this.nowMs
    return limitMs < leftMs ? -limitMs : deadlineMs
  }

  #sweep(): void {
    const sinceLastMs = this.#clock.monotonic() - this.nowMs
    this.nowMs += sinceLastMs
    // The process stood still, and what came meanwhile has not been read yet: nobody is late before it has been.
    this.#wasLate = !this.#wasLate && sinceLastMs > 2 * this.#sweepMs
    for (const member of this.#members) {
      const { deadlineMs } = member
      if (deadlineMs < 0) member.deadlineMs = this.nowMs - deadlineMs
      else if (deadlineMs <= this.nowMs && !this.#wasLate) {
        member.deadlineMs = Number.POSITIVE_INFINITY
        member.deadlinePassed()
      }
    }
  }
}
