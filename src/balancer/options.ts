/**
 * What a balancer can be told. Parsers in `config/` fill these types, people write them by hand; `resolve-options.ts`
 * fills in defaults, checks and freezes them. Names follow mod_jk's directives, with the unit where there is one.
 */
import type { AccessRule } from './access-options.ts'
import type { EventLogOptions } from './event-log.ts'
import type { RuleExtensions } from './rule-extensions.ts'
import type { SiteOptions } from './site-options.ts'

export type { AccessRule } from './access-options.ts'

/** How one backend is reached and what is tolerated of it (workers.properties, `worker.NAME.*`). */
export interface EndpointWorkerOptions {
  readonly type: 'http' | 'https' | 'ajp13'
  /** Default `localhost`. */
  readonly host?: string
  /** Default 8080 for `http`, 8443 for `https`, 8009 for `ajp13`. 0 = contact disabled. */
  readonly port?: number
  /** Local address to connect from. */
  readonly source?: string
  /** Of the addresses of `host`, those of IPv6 come first; default false: as the system has them. mod_jk `prefer_ipv6`. */
  readonly preferIpv6?: boolean
  /** TCP connect limit in ms; default 0 = the socket timeout, else the system's. mod_jk `socket_connect_timeout`. */
  readonly socketConnectTimeoutMs?: number
  /** Limit of one read or write in ms; default 0 = none. mod_jk `socket_timeout`, which is in seconds. */
  readonly socketTimeoutMs?: number
  /** SO_KEEPALIVE; default false. */
  readonly socketKeepalive?: boolean
  /** Wait for CPong after connecting, in ms; default 0 = no CPing. `ajp13`. */
  readonly connectTimeoutMs?: number
  /** Wait for CPong before a request, in ms; default 0 = no CPing. `ajp13`. */
  readonly prepostTimeoutMs?: number
  /** Wait for CPong where nothing else says how long, in ms; default 10 000. `ajp13`. */
  readonly pingTimeoutMs?: number
  /** Idle time in ms after which a pooled connection is probed; default 0 = never. mod_jk's is in seconds. `ajp13`. */
  readonly connectionPingIntervalMs?: number
  /** Bytes of an AJP packet in either direction; default 8 192, at most 65 536; rounded up to whole KiB. `ajp13`. */
  readonly maxPacketSize?: number
  /**
   * When connections are probed with CPing: C after connecting, P before a request, I while idle, A all of them. Gives
   * `connectTimeoutMs`, `prepostTimeoutMs` and `connectionPingIntervalMs` (ten times as long) the value of
   * `pingTimeoutMs` where they have none; default none. mod_jk `ping_mode`. `ajp13`.
   */
  readonly pingMode?: string
  /** Sent with every request, for a container that wants one; default none, or that of its lb. Never shown. `ajp13`. */
  readonly secret?: string
  /** Most headers that the container takes (Tomcat `maxHeaderCount`); default 100; more are 431. `ajp13`. */
  readonly maxHeaderCount?: number
  /**
   * Longest silence within an answer in ms; default 60 000, and never without end: where a servlet fails after it has
   * begun to answer, Tomcat neither ends the answer nor closes. `replyTimeoutMs` holds as well. `ajp13`.
   */
  readonly answerGapMs?: number
  /** Send DELETE and PROPFIND by name, for Tomcat 10.1.47, which takes their codes for others; default false. `ajp13`. */
  readonly namesDeleteAndPropfind?: boolean
  /**
   * An answer of unknown length after which the container gives the connection up counts as cut; default false: it is
   * complete, as for mod_jk. Tomcat never ends a good answer so. `ajp13`.
   */
  readonly strictTruncation?: boolean
  /** Longest wait for each piece of the answer in ms; default 0 = for ever. mod_jk `reply_timeout`. */
  readonly replyTimeoutMs?: number
  /** Most connections at once; default 250. mod_jk's is per process. */
  readonly connectionPoolSize?: number
  /** Idle connections that trimming leaves; default half the pool. */
  readonly connectionPoolMinsize?: number
  /** Idle time in ms after which a pooled connection is closed; default 0 = never. mod_jk's is in seconds. */
  readonly connectionPoolTimeoutMs?: number
  /** Longest wait for a free connection in ms; default `retries × retryIntervalMs`. */
  readonly connectionAcquireTimeoutMs?: number
  /** Most requests in flight; more are refused as busy; default 0 = no limit. */
  readonly busyLimit?: number
  /** Attempts on this backend, the first included; default 2, at least 1. */
  readonly retries?: number
  /** Pause before a further attempt in ms; default 100. */
  readonly retryIntervalMs?: number
  /** mod_jk's `recovery_options` bits; default 0. Here a non-idempotent request that was sent is repeated only with {@link allowReplay}. */
  readonly recoveryOptions?: number
  /** Repeat also POST, PATCH and the like after they may have been executed; default false. */
  readonly allowReplay?: boolean
  /** Answers with these statuses count as failures; negative: fail over, but the member stays well. */
  readonly failOnStatus?: readonly number[]

  /** Member attributes (used when the worker is a member of an lb). */
  /** Weight, default 1. */
  readonly lbfactor?: number
  /** Lower is preferred; default 0. */
  readonly distance?: number
  /** Must equal the backend's jvmRoute; default the worker's name. */
  readonly route?: string
  /** Default: the part of `route` before its first dot, if it has one. */
  readonly domain?: string
  /** Route of the preferred failover member. */
  readonly redirect?: string
  /** Active, disabled (sticky traffic only) or stopped; default active. */
  readonly activation?: Activation
}

export type Activation = 'active' | 'disabled' | 'stopped'
export type LbLock = 'optimistic' | 'pessimistic'
export type LbMethod = 'request' | 'traffic' | 'busyness' | 'session' | 'next'

export interface LbWorkerOptions {
  readonly type: 'lb'
  /** Names of `http`, `https` or `ajp13` workers, in order. */
  readonly balanceWorkers: readonly string[]
  /** For the members of type `ajp13` that have none of their own. */
  readonly secret?: string
  /** Default true. */
  readonly stickySession?: boolean
  /** Fail instead of moving a session to another member; default false. */
  readonly stickySessionForce?: boolean
  /** Default `request`. */
  readonly method?: LbMethod
  /** Default `optimistic`. Both are the same here, since one thread changes the values; jk-status shows it. */
  readonly lock?: LbLock
  /** Rounds over the members, the first included; default 2. */
  readonly retries?: number
  /** Member attempts per round; default 2. */
  readonly lbRetries?: number
  /** Pause before a further round in ms; default 100. */
  readonly retryIntervalMs?: number
  /** Least time a member stays in error in ms; default 60 000. mod_jk `recover_time`, in seconds. */
  readonly recoverTimeMs?: number
  /** How long local errors are tolerated in ms; default half of `recoverTimeMs`. mod_jk `error_escalation_time`. */
  readonly errorEscalationTimeMs?: number
  /** Reply timeouts tolerated before a member is in error; default 0. */
  readonly maxReplyTimeouts?: number
  /** Default `JSESSIONID`. */
  readonly sessionCookie?: string
  /** Default `;jsessionid`. */
  readonly sessionPath?: string
  /** Tell clients their member by a cookie, where the session does not; default false. mod_jk `set_session_cookie`. */
  readonly setSessionCookie?: boolean
  /** Path of that cookie; default `/`. mod_jk `session_cookie_path`. */
  readonly sessionCookiePath?: string
}

export interface StatusWorkerOptions {
  readonly type: 'status'
  /** Stylesheet link in HTML. */
  readonly css?: string
  /** Forbid changes; default false. */
  readonly readOnly?: boolean
  /** Keep what is changed while it runs, for the next start; default false. Holds for all status workers once one has it. */
  readonly persist?: boolean
  /** Users who may; default everyone. Users are those the front has authenticated. */
  readonly users?: readonly string[]
  /** Upper and lower case in user names do not differ; default false. mod_jk `user_case_insensitive`. */
  readonly usersIgnoreCase?: boolean
  /** What makes a member good: `A`, `D`, `S` (activation), `O`, `I`, `B`, `R`, `E` (state), or both as `x.y`. Default `a.o,a.i,a.b,a.r`. */
  readonly good?: readonly string[]
  /** What makes a member bad, whatever `good` says; default `s,e`. */
  readonly bad?: readonly string[]
  /** First part of keys in properties format; default `worker`. */
  readonly prefix?: string
  /** Prefix of XML elements; default `jk:`. What begins with `-` stands for none. */
  readonly ns?: string
  /** Attribute of the XML root that declares it; default `xmlns:jk="http://tomcat.apache.org"`. What begins with `-` stands for none. */
  readonly xmlns?: string
  /** Line after the XML declaration; default none. */
  readonly doctype?: string
}

export type WorkerOptions = EndpointWorkerOptions | LbWorkerOptions | StatusWorkerOptions

/** One mount or unmount rule (mod_jk.md 3.2). */
export interface MountRule {
  /** Starts with `/`; `*` any characters, `?` one character. */
  readonly pattern: string
  /** Worker name; in an exclusion also `*`. */
  readonly worker: string
  /** JkUnMount or `!`. */
  readonly exclude?: boolean
  /** Prefix `-`: kept and shown, never matched. */
  readonly disabled?: boolean
  /** Order of precedence among equal patterns. */
  readonly source: 'mount-file' | 'mount' | 'worker'
  /** What the rule changes for its requests (mod_jk.md 3.4). */
  readonly extensions?: RuleExtensions
}

export interface VirtualHostOptions extends SiteOptions {
  /** What jk-status shows as the server of its mounts; default the first name. */
  readonly label?: string
  /** Host names, lower case, without port; `*.example.com` matches subdomains. The default host has none. */
  readonly names: readonly string[]
  readonly mounts: readonly MountRule[]
  readonly access: readonly AccessRule[]
}

export interface ListenOptions {
  /** Address to bind. */
  readonly host: string
  /** 0 = any free port. */
  readonly port: number
}

/** Limits of the front. Each has its status when it is passed. */
export interface FrontLimits {
  /** Bytes of a request head, default 65 536; 431. */
  readonly headBytes?: number
  /** Header fields, default 100; 431. */
  readonly headerCount?: number
  /** Bytes of a request target, default 8 192; 414. */
  readonly targetBytes?: number
  /** Bytes of a request body, default 0 = no limit; 413. */
  readonly bodyBytes?: number
  /** Requests that wait unanswered on one connection, default 32; reading pauses. */
  readonly pipelinedRequests?: number
  /** Client connections at once, default 16 384; more are closed. */
  readonly connections?: number
  /** Requests on one connection, default 0 = no limit; the last answer closes. */
  readonly requestsPerConnection?: number
}

/** Timeouts of the front in ms; 0 = none. */
export interface FrontTimeouts {
  /** For a whole request head, from its first byte; default 20 000; 408. */
  readonly headMs?: number
  /** For progress of a request body; default 30 000; 408. */
  readonly bodyMs?: number
  /** Between requests; default 15 000; the connection is closed. */
  readonly keepAliveMs?: number
  /** For the answer to a client that has closed its sending side; default 30 000; the request is given up. */
  readonly halfClosedMs?: number
  /** For progress of a response that the client does not read; default 60 000; the connection is closed. */
  readonly sendMs?: number
  /** For the backend's answer where the worker has no `replyTimeoutMs`; default 300 000; 504. */
  readonly replyMs?: number
}

export interface BalancerOptions {
  readonly listen: readonly ListenOptions[]
  readonly workers: Readonly<Record<string, WorkerOptions>>
  /** Names that may be mounted and are shown in jk-status (`worker.list`). */
  readonly workerList: readonly string[]
  /** The first is the default host: what no other host's names match. */
  readonly hosts: readonly VirtualHostOptions[]
  /** The configuration as it was written, for `cmd=dump` of jk-status: names and values in order, secrets left out. */
  readonly properties?: readonly (readonly [name: string, value: string])[]
  /** Addresses and networks whose X-Forwarded-* and Forwarded are believed; default none. */
  readonly trustedProxies?: readonly string[]
  readonly limits?: FrontLimits
  readonly timeouts?: FrontTimeouts
  /** What happens, for operators; default: nothing is written to a file. */
  readonly log?: EventLogOptions
  /** Pool trimming, decay and recovery checks, ms; default 60 000. mod_jk `worker.maintain`, in seconds. */
  readonly maintainMs?: number
}
