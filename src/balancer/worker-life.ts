/**
 * What one request does to the numbers of the worker it is sent to (mod_jk.md 4.8, "after the loop"): begin and end,
 * always in pairs, whether the worker stands alone or is a member of a balancer.
 */
import type { Outcome } from './errors.ts'
import type { WorkerNumbers } from './numbers.ts'

/** What a request has used up by its end. */
export interface Usage {
  /** Bytes from the backend. */
  readonly readBytes: number
  /** Bytes to the backend. */
  readonly transferredBytes: number
  /** Attempts that ran into the reply timeout. */
  readonly replyTimeouts: number
}

export const NO_USAGE: Usage = { readBytes: 0, transferredBytes: 0, replyTimeouts: 0 }

/** Counts from here on. What is in flight and what is open stays as it is (mod_jk.md 7.3, `reset`). */
export function resetCounts(numbers: WorkerNumbers, nowMs: number): void {
  numbers.used = 0
  numbers.errors = 0
  numbers.clientErrors = 0
  numbers.replyTimeouts = 0
  numbers.readBytes = 0
  numbers.transferredBytes = 0
  numbers.maxBusy = 0
  numbers.maxConnected = 0
  numbers.resetAtMs = nowMs
}

export function beginRequest(numbers: WorkerNumbers): void {
  numbers.used++
  numbers.busy++
  if (numbers.busy > numbers.maxBusy) numbers.maxBusy = numbers.busy
  if (numbers.state === 'error') numbers.state = 'probe'
}

export function endRequest(numbers: WorkerNumbers, outcome: Outcome, usage: Usage, nowMs: number): void {
  numbers.busy = Math.max(0, numbers.busy - 1)
  numbers.readBytes += usage.readBytes
  numbers.transferredBytes += usage.transferredBytes
  numbers.replyTimeouts += usage.replyTimeouts
  switch (outcome) {
    case 'ok':
    case 'unblamed':
      numbers.state = 'ok'
      break
    case 'client-error':
      numbers.state = 'ok'
      numbers.clientErrors++
      break
    case 'busy':
      // Refused before it was sent: tells nothing new about the worker.
      if (numbers.state === 'probe') numbers.state = 'error'
      numbers.errors++
      break
    default:
      numbers.state = 'error'
      numbers.errors++
      numbers.errorAtMs = nowMs
  }
}
