/**
 * Slow is not dead: how far this node may trust its own timeouts. A blocked event loop makes every peer look silent, so
 * a node that finds itself late widens its timeouts before it blames others, and narrows them again beat by beat.
 * The idea of a score that multiplies timeouts is memberlist's (awareness.go, after the Lifeguard paper).
 */

/** Half a second of delay counts as one step; less is ordinary scheduling. */
export const LATE_STEP_MS = 500
/** Timeouts grow to at most 1 + this many times their configured value. */
export const MAX_LATENESS = 8
/** A timer that fires this much too late tells more about this node than about whom it was set for. */
export const LATE_TIMER_MS = 100

/** How much a regular look at the clock was late; never negative. Both times are monotonic. */
export function lateMs(previousAt: number, now: number, intervalMs: number): number {
  return Math.max(0, now - previousAt - intervalMs)
}

/** The new score: up by the steps this node was late, down by one after a heartbeat's time without delay. */
export function nextLateness(score: number, late: number): number {
  const steps = Math.floor(late / LATE_STEP_MS)
  return steps > 0 ? Math.min(MAX_LATENESS, score + steps) : Math.max(0, score - 1)
}

export function widen(timeoutMs: number, score: number): number {
  return timeoutMs * (1 + score)
}

/** Bytes per ms that even a slow network moves: 1 MB/s. */
const SLOWEST_BYTES_PER_MS = 1000

/** Time for one message: the configured one, and more for a body that is large. */
export function sendTimeoutMs(timeoutMs: number, bytes: number, score: number): number {
  return widen(timeoutMs + bytes / SLOWEST_BYTES_PER_MS, score)
}
