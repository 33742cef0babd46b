/** What a balancer tells its surroundings, for logs, dashboards and tests. Plain data, told apart by `type`. */
import type { Change, Editor } from './edit-types.ts'
import type { BalancerErrorCode } from './errors.ts'
import type { ClientFacts, Exchange, Failure } from './exchange.ts'
import type { MemberState } from './member-state.ts'

export type BalancerEvent =
  /** A member of an lb changed its state. */
  | {
      readonly type: 'member-state'
      readonly lb: string
      readonly member: string
      readonly before: MemberState
      readonly state: MemberState
    }
  /** An attempt on a worker failed; `willRetry` tells whether the request goes on. */
  | {
      readonly type: 'attempt-failed'
      readonly worker: string
      readonly code: BalancerErrorCode
      readonly willRetry: boolean
      readonly method: string
      readonly cause: unknown
    }
  /** What a client sent was refused: malformed, over a limit, forbidden, or for nobody. `cause`: an exception of ours. */
  | {
      readonly type: 'request-refused'
      readonly code: BalancerErrorCode
      readonly client: ClientFacts
      readonly cause?: unknown
    }
  /** Somebody has changed a running worker: one for each attribute, reset and recovery. */
  | { readonly type: 'edited'; readonly by: Editor; readonly change: Change }
  /** Somebody wanted to and was refused; nothing has changed. */
  | { readonly type: 'edit-refused'; readonly by: Editor; readonly reason: string }
  /** A mount file has changed, and its rules hold from here on; `notes`: entries that were left out. */
  | {
      readonly type: 'mounts-reloaded'
      readonly file: string
      readonly rules: number
      readonly notes: readonly string[]
    }
  /** A mount file has changed and cannot be used: the rules stay as they were. */
  | { readonly type: 'mounts-kept'; readonly file: string; readonly reason: string }
  /** Lines of a log are being lost; told once, until some can be written again. */
  | { readonly type: 'log-trouble'; readonly file: string; readonly reason: string }
  /** The options work, but hardly as they were meant. Told at start. */
  | { readonly type: 'option-warning'; readonly text: string }

export function attemptFailed(worker: string, exchange: Exchange, failure: Failure, willRetry: boolean): BalancerEvent {
  return {
    type: 'attempt-failed',
    worker,
    code: failure.code,
    willRetry,
    method: exchange.method,
    cause: failure.cause,
  }
}
