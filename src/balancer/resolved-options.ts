/**
 * The options of a balancer as the rest of this room reads them: complete, checked and frozen. What each one means
 * stands in `options.ts`; how it gets its value in `resolve-options.ts`. Live state is elsewhere (`numbers.ts`).
 */
import type { LogLevel } from './event-log.ts'
import type {
  AccessRule,
  Activation,
  EndpointWorkerOptions,
  FrontLimits,
  FrontTimeouts,
  LbLock,
  LbMethod,
  ListenOptions,
  MountRule,
} from './options.ts'
import type { SiteOptions } from './site-options.ts'

export interface ResolvedEndpointWorker {
  readonly name: string
  readonly type: EndpointWorkerOptions['type']
  readonly host: string
  /** 0 = contact disabled. */
  readonly port: number
  readonly source: string | undefined
  readonly preferIpv6: boolean
  /** 0 = the system's. */
  readonly socketConnectTimeoutMs: number
  /** 0 = none. */
  readonly socketTimeoutMs: number
  readonly socketKeepalive: boolean
  /** 0 = no CPing, as for the next one. */
  readonly connectTimeoutMs: number
  readonly prepostTimeoutMs: number
  readonly pingTimeoutMs: number
  /** 0 = never. */
  readonly connectionPingIntervalMs: number
  readonly maxPacketSize: number
  /** Empty = none. */
  readonly secret: string
  readonly maxHeaderCount: number
  readonly answerGapMs: number
  readonly namesDeleteAndPropfind: boolean
  readonly strictTruncation: boolean
  /** 0 = for ever. */
  readonly replyTimeoutMs: number
  readonly connectionPoolSize: number
  readonly connectionPoolMinsize: number
  /** 0 = never. */
  readonly connectionPoolTimeoutMs: number
  /** 0 = one attempt at once. */
  readonly connectionAcquireTimeoutMs: number
  /** 0 = no limit. */
  readonly busyLimit: number
  readonly retries: number
  readonly retryIntervalMs: number
  readonly recoveryOptions: number
  readonly allowReplay: boolean
  readonly failOnStatus: readonly number[]
  readonly lbfactor: number
  readonly distance: number
  readonly route: string
  /** Empty = none. */
  readonly domain: string
  /** Empty = none. */
  readonly redirect: string
  readonly activation: Activation
}

export interface ResolvedLbWorker {
  readonly name: string
  readonly type: 'lb'
  /** Names of endpoint workers that exist, in order; their routes differ. */
  readonly balanceWorkers: readonly string[]
  readonly stickySession: boolean
  readonly stickySessionForce: boolean
  readonly method: LbMethod
  readonly lock: LbLock
  readonly retries: number
  readonly lbRetries: number
  readonly retryIntervalMs: number
  readonly recoverTimeMs: number
  readonly errorEscalationTimeMs: number
  readonly maxReplyTimeouts: number
  readonly sessionCookie: string
  readonly sessionPath: string
  readonly setSessionCookie: boolean
  readonly sessionCookiePath: string
}

export interface ResolvedStatusWorker {
  readonly name: string
  readonly type: 'status'
  /** Empty = none. */
  readonly css: string
  readonly readOnly: boolean
  readonly persist: boolean
  /** Empty = everyone. */
  readonly users: readonly string[]
  readonly usersIgnoreCase: boolean
  readonly good: readonly string[]
  readonly bad: readonly string[]
  readonly prefix: string
  /** Empty = none, as for the next two. */
  readonly ns: string
  readonly xmlns: string
  readonly doctype: string
}

export type ResolvedWorker = ResolvedEndpointWorker | ResolvedLbWorker | ResolvedStatusWorker

export interface ResolvedVirtualHost extends SiteOptions {
  readonly label: string
  /** Lower case. */
  readonly names: readonly string[]
  readonly mounts: readonly MountRule[]
  readonly access: readonly AccessRule[]
}

export type ResolvedFrontLimits = Readonly<Required<FrontLimits>>
export type ResolvedFrontTimeouts = Readonly<Required<FrontTimeouts>>

export interface ResolvedBalancerOptions {
  readonly listen: readonly ListenOptions[]
  /** By name, without a prototype: any name may be looked up. */
  readonly workers: Readonly<Record<string, ResolvedWorker>>
  readonly workerList: readonly string[]
  readonly hosts: readonly ResolvedVirtualHost[]
  /** Empty = not known. */
  readonly properties: readonly (readonly [name: string, value: string])[]
  readonly trustedProxies: readonly string[]
  readonly limits: ResolvedFrontLimits
  readonly timeouts: ResolvedFrontTimeouts
  readonly log: { readonly file: string | undefined; readonly level: LogLevel; readonly stamp: string }
  /** 0 = no maintenance. */
  readonly maintainMs: number
  /** What works but hardly as meant; for the log. */
  readonly warnings: readonly string[]
}
