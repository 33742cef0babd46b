/**
 * What a balancer tells about itself at one moment: plain data, complete enough for jk-status, a dashboard and a test.
 * Pages print their own shape built from it, so that insides may change while printed keys stay. Times are epoch
 * milliseconds; `undefined` stands for "never". Made by `take-snapshot.ts`.
 */
import type { MemberState } from './member-state.ts'
import type { Activation, EndpointWorkerOptions, LbLock, LbMethod, MountRule } from './options.ts'

export interface BalancerSnapshot {
  readonly takenAtMs: number
  /** Minutes that local time is ahead of UTC. */
  readonly utcOffsetMinutes: number
  readonly maintainMs: number
  /** In the order of the worker list. */
  readonly workers: readonly WorkerSnapshot[]
}

export type WorkerSnapshot = LbSnapshot | EndpointSnapshot | StatusWorkerSnapshot

/** What is configured and counted for one backend, alone or as a member. */
export interface BackendSnapshot {
  readonly name: string
  readonly type: EndpointWorkerOptions['type']
  readonly host: string
  readonly port: number
  readonly address: string
  readonly source: string | undefined
  readonly connectionPoolTimeoutMs: number
  readonly pingTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly prepostTimeoutMs: number
  readonly replyTimeoutMs: number
  readonly connectionPingIntervalMs: number
  readonly retries: number
  readonly retryIntervalMs: number
  readonly recoveryOptions: number
  readonly busyLimit: number
  readonly maxPacketSize: number
  readonly used: number
  readonly errors: number
  readonly clientErrors: number
  readonly replyTimeouts: number
  readonly transferredBytes: number
  readonly readBytes: number
  readonly busy: number
  readonly maxBusy: number
  readonly connected: number
  readonly maxConnected: number
  readonly resetAtMs: number
  /** Of a member: begin of the current series; of a worker that stands alone: its last one (10, quirk 18). */
  readonly errorAtMs: number | undefined
}

export interface EndpointSnapshot extends BackendSnapshot {
  readonly kind: 'endpoint'
  readonly state: 'idle' | 'ok' | 'error' | 'probe'
  readonly mounts: readonly MountSnapshot[]
}

export interface MemberSnapshot extends BackendSnapshot {
  readonly activation: Activation
  readonly lbfactor: number
  readonly route: string
  readonly redirect: string
  readonly domain: string
  readonly distance: number
  readonly state: MemberState
  readonly lbMult: number
  readonly lbValue: number
  readonly sessions: number
  readonly lastErrorAtMs: number | undefined
}

export interface LbSnapshot {
  readonly kind: 'lb'
  readonly name: string
  readonly stickySession: boolean
  readonly stickySessionForce: boolean
  readonly retries: number
  readonly retryIntervalMs: number
  readonly recoverTimeMs: number
  readonly errorEscalationTimeMs: number
  readonly maxReplyTimeouts: number
  readonly method: LbMethod
  readonly lock: LbLock
  readonly busy: number
  readonly maxBusy: number
  readonly resetAtMs: number
  readonly maintainedAtMs: number
  readonly members: readonly MemberSnapshot[]
  readonly mounts: readonly MountSnapshot[]
}

export interface StatusWorkerSnapshot {
  readonly kind: 'status'
  readonly name: string
}

/** A rule with its extensions as jk-status shows them; what is not set is -1, 0 or empty. */
export interface MountSnapshot {
  /** Label of the virtual host. */
  readonly server: string
  readonly pattern: string
  readonly isExclusion: boolean
  readonly isDisabled: boolean
  readonly isExact: boolean
  readonly source: MountRule['source']
  readonly replyTimeoutMs: number
  readonly stickyIgnore: boolean
  readonly stateless: boolean
  readonly failOnStatus: string
  readonly active: string
  readonly disabled: string
  readonly stopped: string
  readonly useServerErrors: number
}
