/** How long a backend may take for what comes next, and what it is called when it takes longer (mod_jk.md 5.2). */
import type { BalancerErrorCode } from './errors.ts'

/** The smaller of two limits, of which 0 is none. */
export function least(aMs: number, bMs: number): number {
  if (aMs === 0 || bMs === 0) return aMs + bMs
  return Math.min(aMs, bMs)
}

/**
 * Which of two limits has passed, ms, 0 = none: that for a piece of the answer, which counts as a reply timeout, or that
 * of the socket for any one read or write, which counts as a broken connection. `isSending`: what was written has not left.
 */
export function timeoutCode(replyMs: number, socketMs: number, isSending: boolean): BalancerErrorCode {
  if (socketMs === 0 || (replyMs > 0 && replyMs <= socketMs)) return 'LB_REPLY_TIMEOUT'
  return isSending ? 'LB_SEND_TIMEOUT' : 'LB_SOCKET_TIMEOUT'
}
