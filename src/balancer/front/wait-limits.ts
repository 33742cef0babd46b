/** How long a client connection waits, by what it waits for. Writing answers has a limit of its own (`answer-writer.ts`). */
import type { ResolvedFrontTimeouts } from '../resolved-options.ts'

/** What is expected next from the client. */
export type Input = 'request' | 'body' | 'nothing' | 'discard'

/** For a client to read its last answer and close, once we have. */
export const LINGER_MS = 2_000
/** Idle time after which remembered fields are dropped: they are 2 to 3 KiB of the 8 that an idle connection may cost. */
const RELAX_MS = 1_000

/**
 * In ms; 0 = for ever.
 *
 * @param isRemembering something is kept that only makes the next request cheaper
 * @param isPaused the body is not read, since the backend does not take it
 * @param isLeaving the client has closed its side while nothing of its answer has gone out
 */
export function waitLimitMs(
  input: Input,
  timeouts: ResolvedFrontTimeouts,
  isRemembering: boolean,
  isPaused: boolean,
  isLeaving: boolean,
): number {
  switch (input) {
    case 'request':
      return idleLimitMs(timeouts.keepAliveMs, isRemembering)
    case 'body':
      // While the backend does not take it, the wait is for the backend.
      return isPaused ? 0 : timeouts.bodyMs
    case 'nothing':
      // What looks like half a goodbye may be a client that has gone: nobody waits for its answer for long.
      return isLeaving ? timeouts.halfClosedMs : 0
    case 'discard':
      return LINGER_MS
  }
}

/** Between requests: first until what is remembered is let go, then until the next request must have begun. */
function idleLimitMs(keepAliveMs: number, isRemembering: boolean): number {
  if (isRemembering) return keepAliveMs === 0 ? RELAX_MS : Math.min(RELAX_MS, keepAliveMs)
  return keepAliveMs === 0 ? 0 : Math.max(1, keepAliveMs - RELAX_MS)
}

/** When the time of an idle connection that remembers something is up: it stays, and only forgets. */
export function staysIdle({ keepAliveMs }: ResolvedFrontTimeouts): boolean {
  return keepAliveMs === 0 || keepAliveMs > RELAX_MS
}
