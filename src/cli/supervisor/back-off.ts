/** How long to wait before a process that ended is started again. Pure; the random number comes from outside. */

/** Wait before the first restart. Short: after a lone crash the cluster should be whole again soon. */
const FIRST_MS = 200
/** The wait doubles with each failure in a row, up to this. */
const CAP_MS = 15_000
/** A process that ran for so long is forgiven its earlier failures. */
const STABLE_MS = 30_000

export interface BackOff {
  /** Failures in a row, the latest included. */
  readonly failures: number
  readonly delayMs: number
}

/**
 * The next wait, after a process with `failures` failures behind it ended once more, having run for `ranMs`.
 * Half of the wait is drawn by `random` (0 ≤ random < 1), so that processes that fell together do not rise together.
 */
export function backOff(failures: number, ranMs: number, random: number): BackOff {
  const inARow = ranMs >= STABLE_MS ? 1 : failures + 1
  const fullMs = Math.min(CAP_MS, FIRST_MS * 2 ** (inARow - 1))
  return { failures: inARow, delayMs: Math.round((fullMs / 2) * (1 + random)) }
}
