/**
 * Changes to workers that are running: what can be asked for, and what became of it. Plain data. Which attributes there are
 * and what they take stands in `edit-attributes.ts`; checking is in `edit-check.ts`, doing in `edit-apply.ts`.
 */
import type { ResolvedEndpointWorker, ResolvedLbWorker } from './resolved-options.ts'

/** What can be changed on an lb (mod_jk.md 7.4). */
export type LbSettings = Pick<
  ResolvedLbWorker,
  | 'retries'
  | 'retryIntervalMs'
  | 'recoverTimeMs'
  | 'errorEscalationTimeMs'
  | 'maxReplyTimeouts'
  | 'stickySession'
  | 'stickySessionForce'
  | 'method'
  | 'lock'
>

/** What can be changed on a member; another lb with the same worker keeps its own. */
export type MemberSettings = Pick<
  ResolvedEndpointWorker,
  'activation' | 'lbfactor' | 'route' | 'redirect' | 'domain' | 'distance'
>

/** What can be changed on a worker, for all balancers that have it as a member. */
export type BackendSettings = Pick<
  ResolvedEndpointWorker,
  | 'host'
  | 'port'
  | 'connectionPoolTimeoutMs'
  | 'pingTimeoutMs'
  | 'connectTimeoutMs'
  | 'prepostTimeoutMs'
  | 'replyTimeoutMs'
  | 'retries'
  | 'retryIntervalMs'
  | 'connectionPingIntervalMs'
  | 'recoveryOptions'
  | 'busyLimit'
  | 'maxPacketSize'
>

export type Edit =
  | { readonly type: 'update-lb'; readonly lb: string; readonly set: Readonly<Partial<LbSettings>> }
  | {
      readonly type: 'update-member'
      readonly lb: string
      readonly member: string
      readonly set: Readonly<Partial<MemberSettings & BackendSettings>>
    }
  | { readonly type: 'update-worker'; readonly worker: string; readonly set: Readonly<Partial<BackendSettings>> }
  | { readonly type: 'reset-lb'; readonly lb: string }
  | { readonly type: 'reset-member' | 'recover-member'; readonly lb: string; readonly member: string }
  | { readonly type: 'reset-worker'; readonly worker: string }

/** Who asks, for the audit. */
export interface Editor {
  readonly address: string
  /** As the front has authenticated; undefined where it does not. */
  readonly user: string | undefined
}

/** One attribute that got another value, or a reset or a recovery. */
export interface Change {
  readonly what: 'update' | 'reset' | 'recover'
  /** The lb, or a worker that stands alone. */
  readonly worker: string
  readonly member: string | undefined
  /** In the words of workers.properties; empty for a reset and a recovery. */
  readonly attribute: string
  /** As workers.properties would have it. */
  readonly before: string
  readonly after: string
}

export type EditReason =
  | 'no-such-worker'
  | 'no-such-member'
  | 'not-changeable'
  | 'out-of-range'
  | 'unknown-word'
  | 'too-long'
  | 'empty'
  | 'route-taken'
  | 'unresolvable'
  | 'not-in-error'

export interface EditProblem {
  readonly reason: EditReason
  readonly worker: string
  readonly member: string | undefined
  /** In the words of workers.properties; empty where it is about the worker itself. */
  readonly attribute: string
  readonly value: string
}

/** All edits that were asked for at once are done, or none. */
export type EditResult =
  | { readonly done: true; readonly changes: readonly Change[] }
  | { readonly done: false; readonly problems: readonly EditProblem[] }
