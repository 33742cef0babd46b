/**
 * The live numbers of workers, members and balancers, apart from their options: what a reload keeps, and what every
 * serving process must see once there are several (mod_jk.md 8 keeps the same three records in shared memory). Plain
 * fields and nothing else, so that another implementation can put them into memory that processes share. Who changes
 * them: `worker-life.ts` and `lb.ts`, nobody else.
 *
 * Times are milliseconds of the monotonic clock, so that setting the clock moves no member in or out of error; for
 * display `take-snapshot.ts` converts them. {@link NEVER} stands for "not yet".
 */
import type { MemberState } from './member-state.ts'

export const NEVER = -1

/** One per worker name, however many balancers it is a member of. */
export interface WorkerNumbers {
  /** Informational (mod_jk.md 4.6, last paragraph); never blocks a request. */
  state: 'idle' | 'ok' | 'error' | 'probe'
  /** Requests sent to the worker. */
  used: number
  errors: number
  clientErrors: number
  /** Decays. */
  replyTimeouts: number
  /** Bytes from and to the backend, with the overhead of their protocol. */
  readBytes: number
  transferredBytes: number
  /** Requests in flight. */
  busy: number
  maxBusy: number
  /** Open connections. */
  connected: number
  maxConnected: number
  /** Last error. */
  errorAtMs: number
  resetAtMs: number
}

/** One per balancer and member. */
export interface MemberNumbers {
  state: MemberState
  lbValue: number
  /** Requests that came without a session. */
  sessions: number
  errors: number
  /** Begin of the current series of errors, and its last one. */
  firstErrorAtMs: number
  lastErrorAtMs: number
  /** `used` of the worker at the last maintenance. */
  usedAtMaintenance: number
}

/** One per balancer. */
export interface LbNumbers {
  busy: number
  maxBusy: number
  resetAtMs: number
  maintainedAtMs: number
}

export function createWorkerNumbers(nowMs: number): WorkerNumbers {
  return {
    state: 'idle',
    used: 0,
    errors: 0,
    clientErrors: 0,
    replyTimeouts: 0,
    readBytes: 0,
    transferredBytes: 0,
    busy: 0,
    maxBusy: 0,
    connected: 0,
    maxConnected: 0,
    errorAtMs: NEVER,
    resetAtMs: nowMs,
  }
}

export function createMemberNumbers(): MemberNumbers {
  return {
    state: 'idle',
    lbValue: 0,
    sessions: 0,
    errors: 0,
    firstErrorAtMs: NEVER,
    lastErrorAtMs: NEVER,
    usedAtMaintenance: 0,
  }
}

export function createLbNumbers(nowMs: number): LbNumbers {
  return { busy: 0, maxBusy: 0, resetAtMs: nowMs, maintainedAtMs: nowMs }
}
