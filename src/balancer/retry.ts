/**
 * Whether, and where, a request is tried again after a failure (mod_jk.md 4.7 and 4.8). Counting, waiting and doing it
 * is left to whoever runs the request.
 *
 * Three rules go before mod_jk's (10, quirks 6 and 7):
 * 1. Nothing is repeated once a byte of the answer has gone to the client.
 * 2. A request that is not idempotent and may have been executed is not sent twice, unless `allowReplay` says so.
 * 3. A connection that had been idle and ends before a byte of answer blames nobody: what may be repeated is sent
 *    again at once on a fresh connection, whatever `recoveryOptions` say, and without counting as an attempt.
 */
import { type BalancerErrorCode, balancerErrors, type Outcome } from './errors.ts'
import type { ResolvedEndpointWorker, ResolvedLbWorker } from './resolved-options.ts'

export interface RetryFailure {
  readonly code: BalancerErrorCode
  /** How far the attempt had come: nothing sent; sent, perhaps in part; the head of the answer received. */
  readonly stage: 'unsent' | 'sent' | 'head'
  /** The connection had served another request before, and ended without a byte of answer. */
  readonly staleConnection: boolean
}

export interface RetryRequest {
  readonly method: string
  /** Some of the answer has been handed to the client. */
  readonly answerBegun: boolean
  /** All of the body could be sent again. */
  readonly isReplayable: boolean
  /** Attempts on this worker since it was chosen, the failed one included. */
  readonly workerAttempts: number
  /** Members tried in this round, this one included; unused without an lb. */
  readonly memberAttempts: number
  /** Rounds before this one; unused without an lb. */
  readonly rounds: number
}

export type RetryDecision =
  /** Same worker, at once, on a connection that has served nobody; not counted. */
  | 'fresh-connection'
  /** Same worker, after its `retryIntervalMs`. */
  | 'same-worker'
  /** Another member, at once. */
  | 'next-member'
  /** Any member, after the `retryIntervalMs` of the lb; none counts as tried any more. */
  | 'next-round'
  /** The client is told. */
  | 'no'

/** Methods that may be repeated without being asked for (RFC 9110 9.2.2; WebDAV's reading methods as registered). */
const IDEMPOTENT: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PUT',
  'DELETE',
  'PROPFIND',
  'REPORT',
  'SEARCH',
])

/** Bits of `recovery_options` (mod_jk.md 1.4). */
const NO_RETRY_AFTER_SENDING = 1
const NO_RETRY_AFTER_HEAD = 2
const RETRY_HEAD = 8
const RETRY_GET = 16

/** Failures for which mod_jk does not consult `recovery_options` (4.8, Results). */
const UNGOVERNED: ReadonlySet<BalancerErrorCode> = new Set([
  'LB_SEND_FAILED',
  'LB_SEND_TIMEOUT',
  'LB_REPLY_ILLEGAL',
  'LB_STATUS_ERROR',
  'LB_STATUS_FATAL',
])

/** Failures that another attempt on the same worker would only repeat. */
const SETTLED: ReadonlySet<BalancerErrorCode> = new Set(['LB_BUSY', 'LB_POOL_TIMEOUT', 'LB_CONTACT_DISABLED'])

export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method)
}

/** Counts towards `max_reply_timeouts`. */
export function isReplyTimeout(code: BalancerErrorCode): boolean {
  return balancerErrors[code].outcome === 'reply-timeout'
}

/** What a failure says about the member. */
export function outcomeOf(failure: RetryFailure): Outcome {
  return failure.staleConnection ? 'unblamed' : balancerErrors[failure.code].outcome
}

/** `lb` is the balancer through which the worker was chosen, if any. */
export function mayRetry(
  failure: RetryFailure,
  request: RetryRequest,
  worker: Pick<ResolvedEndpointWorker, 'retries' | 'recoveryOptions' | 'allowReplay'>,
  lb?: Pick<ResolvedLbWorker, 'retries' | 'lbRetries' | 'balanceWorkers'>,
): RetryDecision {
  if (balancerErrors[failure.code].retry === 'never') return 'no'
  if (request.answerBegun || !request.isReplayable) return 'no'
  if (failure.stage !== 'unsent' && !worker.allowReplay && !isIdempotent(request.method)) return 'no'
  if (failure.staleConnection) return 'fresh-connection'
  if (isForbidden(failure, request.method, worker.recoveryOptions)) return 'no'
  if (failure.code === 'LB_NO_WORKER') return lb === undefined ? 'no' : mayRetryWithoutMember(request, lb)
  if (request.workerAttempts < worker.retries && !SETTLED.has(failure.code)) return 'same-worker'
  return lb === undefined ? 'no' : afterMember(request, lb)
}

/** No member could be chosen, even after forced recovery: another choice in this round would fare the same. */
export function mayRetryWithoutMember(request: RetryRequest, lb: Pick<ResolvedLbWorker, 'retries'>): RetryDecision {
  return request.rounds + 1 < lb.retries ? 'next-round' : 'no'
}

/** How long to wait before doing what was decided, in ms. */
export function pauseBefore(
  decision: RetryDecision,
  worker: Pick<ResolvedEndpointWorker, 'retryIntervalMs'>,
  lb?: Pick<ResolvedLbWorker, 'retryIntervalMs'>,
): number {
  if (decision === 'same-worker') return worker.retryIntervalMs
  return decision === 'next-round' ? (lb?.retryIntervalMs ?? 0) : 0
}

function afterMember(
  request: RetryRequest,
  lb: Pick<ResolvedLbWorker, 'retries' | 'lbRetries' | 'balanceWorkers'>,
): RetryDecision {
  if (request.memberAttempts < Math.min(lb.lbRetries, lb.balanceWorkers.length)) return 'next-member'
  return mayRetryWithoutMember(request, lb)
}

/** Both exceptions count; in mod_jk the one for HEAD hides the one for GET (quirk 8). */
function isForbidden({ code, stage }: RetryFailure, method: string, recoveryOptions: number): boolean {
  if (stage === 'unsent' || UNGOVERNED.has(code)) return false
  if (stage === 'head') return (recoveryOptions & NO_RETRY_AFTER_HEAD) !== 0
  if ((recoveryOptions & NO_RETRY_AFTER_SENDING) === 0) return false
  if (method === 'HEAD') return (recoveryOptions & RETRY_HEAD) === 0
  if (method === 'GET') return (recoveryOptions & RETRY_GET) === 0
  return true
}
