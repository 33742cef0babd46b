/** What a session manager can be told, and the one function that fills in defaults, checks and freezes it. */
import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '../clock/clock.ts'
import type { Channel, SEND } from '../cluster/channel.ts'
import type { Member } from '../cluster/member.ts'
import { SessionError } from './errors.ts'
import { MAX_ENTRY_ATTRIBUTES } from './message.ts'
import type { SessionStore } from './persistent/store.ts'
import { isRoute, MAX_ROUTE_CHARS } from './session-id.ts'

/**
 * How a change travels, and what the user's response waits for. The numbers are Tomcat's `channelSendOptions` bits
 * (tomcat-cluster.md 2.1).
 *
 * - `asynchronous` (8): for nothing; a change of the last few milliseconds dies with its node.
 * - `acknowledged` (2): until every member has received it.
 * - `synchronised` (6): until every member has applied it.
 */
export type SendMode = 'asynchronous' | 'acknowledged' | 'synchronised'

export type ManagerKind = 'delta' | 'backup' | 'persistent'

/** What a node does that the channel's `quorum` says is in a minority. */
export type MinorityPolicy = 'serve' | 'refuse'

/** What becomes of a new session where there are as many as `limits.sessions` allows. */
export type FullPolicy = 'refuse' | 'end-idlest'

/** What a request does whose session cannot be read. */
export type StoreFailurePolicy = 'fail' | 'without'

export const SEND_MODES = { asynchronous: 8, acknowledged: 2, synchronised: 6 } as const satisfies Record<
  SendMode,
  number
>

/** The channel's bits. Its room gives us types only; this type makes a copy that differs a compile error. */
export const BITS: typeof SEND = { BYTE_MESSAGE: 1, USE_ACK: 2, SYNCHRONIZED_ACK: 4, ASYNCHRONOUS: 8 }

/** Each is a count that somebody outside could drive up. */
export interface SessionLimits {
  /**
   * Sessions here, copies of other nodes' included, beyond which this node creates none, or ends one for each; default
   * 1 000 000. See `whenFull`. Copies are never refused, since they would be lost. Tomcat `maxActiveSessions`, there
   * unlimited.
   */
  readonly sessions: number
  /** Attributes of one session, removed ones that are still remembered included; default 1024, at most 8192. */
  readonly attributes: number
  /** Removed attributes that one session remembers; the oldest go first; default 256. */
  readonly removedAttributes: number
  /** Bytes of one encoded value; default 262 144. */
  readonly attributeBytes: number
  /**
   * Bytes of all names and values of one session; default 1 048 576. With `batchBytes` at most 30 MiB, which is what fits
   * the channel's largest message (`maxFrameBytes`) with its head.
   */
  readonly sessionBytes: number
  /** Ended sessions that are remembered so that a late message cannot revive them; the oldest go first; default 100 000. */
  readonly tombstones: number
  /** Bytes after which a batch is sent although the turn goes on, and of one message of a state transfer; default 131 072. */
  readonly batchBytes: number
  /** Bytes that wait for one slow member; past it the member is marked behind and fetches what it missed; default 16 MiB. */
  readonly queuedBytes: number
  /** State transfers this node serves at once; more are told to ask another; default 4. */
  readonly transfers: number
  /** Sessions that are being asked for at once; more requests find none; default 1000. Kind `backup` only. */
  readonly fetches: number
  /** Calls of the store that wait for their answers; more fail with SESSION_STORE_BUSY; default 10 000. Kind `persistent` only. */
  readonly storeCalls: number
  /**
   * Sessions whose changes wait for a store that has failed; those of more are given up: told by `change-lost`, and not
   * tried again without a further change; default 10 000. Kind `persistent` only.
   */
  readonly unsaved: number
  /** Sessions of one user that `UserIndex` finds; the latest count; default 1000. Kind `persistent` only. */
  readonly userSessions: number
  /** How far another node's clock may pull our version clock into the future, ms; default 60 000. */
  readonly clockAheadMs: number
}

export interface SessionManagerOptions {
  /** The application, the same on all nodes: managers of other names on the channel do not see each other's sessions. */
  readonly name: string
  /** Started before the manager. Absent: sessions stay in this process. */
  readonly channel?: Channel
  /**
   * Which nodes have a session; default `delta`. The same on all nodes: managers of different kinds do not hear each other.
   *
   * - `delta`: all of them. Tomcat's DeltaManager.
   * - `backup`: the one that serves it and `backups` others; the rest ask for it when they need it. Tomcat's BackupManager.
   * - `persistent`: none; it is in `store`. The default where there is one.
   */
  readonly manager?: ManagerKind
  /** Where sessions are kept, such as `redisStore(client)` of `clowder/redis`. In place of a channel. */
  readonly store?: SessionStore
  /** Longest wait for one answer of the store; ms, default 1000. Kind `persistent` only. */
  readonly storeTimeoutMs?: number
  /**
   * What a request does whose session cannot be read; default `fail`. Kind `persistent` only.
   *
   * - `fail`: it fails with SESSION_STORE and the like, in the framework's way, with status 503. Nobody is logged out.
   * - `without`: it goes on without `req.session`, as with express-session; no cookie is set.
   *
   * What was written and cannot be saved is tried again by itself, in either case; the answer waits `storeTimeoutMs` for
   * it and goes out, `session.save()` rejects.
   */
  readonly whenStoreFails?: StoreFailurePolicy
  /** Copies beside the node that serves a session; default 1, at most 8. Kind `backup` only; the same on all nodes. */
  readonly backups?: number
  /** Longest wait for a session that is on other nodes; ms, default 2000. Kind `backup` only. Tomcat `rpcTimeout`, 15 s. */
  readonly fetchTimeoutMs?: number
  /** Longest wait for other nodes to take over copies when this one stops; ms, default 5000. Kind `backup` only. */
  readonly handOverMs?: number
  /** Which members of the channel take part; default all. For channels that are shared with others, such as Tomcat. */
  readonly accepts?: (member: Member) => boolean
  /**
   * What this node does while fewer members are in view than the channel's `quorum`; default `serve`: it goes on, and what it
   * wrote is merged later. `refuse`: sessions can be neither read nor made, requests that need one fail with
   * SESSION_MINORITY, in the framework's way, with status 503. What a request had begun before is kept.
   */
  readonly whenMinority?: MinorityPolicy
  /**
   * What becomes of a new session where there are `limits.sessions` here; default `refuse`. Not with a store.
   *
   * - `refuse`: it is not made; what the request wants to write fails with SESSION_TOO_MANY, status 503.
   * - `end-idlest`: of the sessions that this node serves the one that was idle for longest ends, on all nodes: the event
   *   `expired` with the reason `full`. Refused only where this node serves none that may end: one that a request is just
   *   writing does not. Who can make sessions without end can then end those of others; `refuse` shuts out newcomers.
   */
  readonly whenFull?: FullPolicy
  /** Appended to session ids after a dot; default none. Tomcat `jvmRoute`. */
  readonly route?: string
  /** Idle time after which a session ends; ms, default 1 800 000, 0 or less = never. Tomcat `sessionTimeout`. */
  readonly maxInactiveIntervalMs?: number
  /**
   * Time after which a session ends however much it is used; ms, default 0 = never. The same on all nodes. Measured on each
   * node's monotonic clock from when it heard of the session; a node that joins later has its age from wall clocks.
   */
  readonly maxLifetimeMs?: number
  /**
   * Default `asynchronous`; with a store `synchronised`: the answer waits until the store has what the request wrote, and
   * the user's next request finds it. A number is taken as Tomcat's `channelSendOptions`.
   */
  readonly sendOptions?: SendMode | number
  /**
   * How long changes are collected for one message in `asynchronous` mode; ms, default 1, 0 = a turn of the event loop.
   * A change that comes after a pause of this length goes out at the end of its turn; only those that follow more closely
   * wait. A process that stops in order sends what waits. One that is killed loses it: the changes of its last
   * `collectMs` (2 ms with the default, since timers are that coarse) and what the system had not taken from it by then.
   * The modes that wait for members collect nothing, since responses would wait with it.
   *
   * Measured with two workers under full load from 4 connections: 1.9 changes per message with 0, 25 with 1, and 5 µs
   * less CPU per change on both together; from 64 connections a turn alone is as long, and nothing changes.
   */
  readonly collectMs?: number
  /**
   * Requests that only read tell the other nodes at most this often that the session is in use; ms, default 60 000, at
   * most a tenth of `maxInactiveIntervalMs`. Lower: more messages. Higher: a session whose node dies ends later.
   */
  readonly touchIntervalMs?: number
  /** What a copy waits on top of `touchIntervalMs` before it believes that a session has ended; ms, default 60 000. */
  readonly replicaGraceMs?: number
  /** Pause between two slices of the search for ended sessions; ms, default 1000. */
  readonly scanIntervalMs?: number
  /**
   * How long an ended session is remembered; ms, default 1 hour, at least twice `maxInactiveIntervalMs`. A node that was cut
   * off for longer may bring back what was destroyed meanwhile, if it holds it as alive. So where sessions never end, or
   * some have a longer interval of their own (`cookie.maxAge`), set this above the longest cut that you want to survive.
   */
  readonly tombstoneMs?: number
  /**
   * How long the old id still finds the session after `changeId`; ms, default 0 = not at all. Spares parallel requests of
   * the same page a new session, but for that long the old id is as good as the new one, which is what changing the id
   * at login is meant to end: do not use it there.
   */
  readonly aliasMs?: number
  /**
   * Longest wait for the sessions of the others at start; ms, default 60 000, 0 = do not wait, -1 = for ever.
   * Tomcat `stateTransferTimeout`.
   */
  readonly stateTimeoutMs?: number
  /** Silence after which a state transfer is taken for broken; ms, default 5000. */
  readonly stallMs?: number
  /**
   * Pause between two comparisons of positions with the others, when something changed; ms, default 2000. What got lost
   * without anybody noticing is there after this and `gapGraceMs`. Lower: more small messages.
   */
  readonly positionIntervalMs?: number
  /** How long a missing batch may be merely late before it is fetched; ms, default 1000. */
  readonly gapGraceMs?: number
  /** Longest wait for one member's acknowledgement, should the channel not settle; ms, default 15 000. */
  readonly ackTimeoutMs?: number
  /** First pause before a member that failed is spoken to again, doubled up to 30 s; ms, default 500. */
  readonly retryMs?: number
  readonly limits?: Partial<SessionLimits>
  readonly clock?: Clock
  readonly randomBytes?: (size: number) => Uint8Array
  /**
   * Calls back once the present turn of the event loop has handled its input; default `setImmediate`. It decides what one
   * batch is, where `collectMs` does not make it longer. Measured with 64 busy connections: a microtask runs after each
   * request, so each delta travels alone; setImmediate runs when all sockets that were readable have been served, 56
   * deltas, and still in the same turn.
   */
  readonly endOfTurn?: (run: () => void) => void
}

export interface ResolvedSessionOptions {
  readonly name: string
  readonly manager: ManagerKind
  readonly backups: number
  readonly fetchTimeoutMs: number
  readonly handOverMs: number
  readonly channel: Channel | undefined
  readonly store: SessionStore | undefined
  readonly storeTimeoutMs: number
  readonly whenStoreFails: StoreFailurePolicy
  readonly accepts: (member: Member) => boolean
  readonly whenMinority: MinorityPolicy
  readonly whenFull: FullPolicy
  readonly route: string
  readonly maxInactiveIntervalMs: number
  readonly maxLifetimeMs: number
  /** Bits of every batch, BYTE_MESSAGE included. */
  readonly sendBits: number
  readonly collectMs: number
  readonly touchIntervalMs: number
  readonly replicaGraceMs: number
  readonly scanIntervalMs: number
  readonly tombstoneMs: number
  readonly aliasMs: number
  readonly stateTimeoutMs: number
  readonly stallMs: number
  readonly positionIntervalMs: number
  readonly gapGraceMs: number
  readonly ackTimeoutMs: number
  readonly retryMs: number
  readonly limits: SessionLimits
  readonly clock: Clock
  readonly randomBytes: (size: number) => Uint8Array
  readonly endOfTurn: (run: () => void) => void
}

const MINUTE_MS = 60_000
/** Half of what others read: two nodes that have not heard of each other may write as many each. */
const MAX_ATTRIBUTES = MAX_ENTRY_ATTRIBUTES / 2
/** A batch is closed when it is full, so it may be longer by one session. */
const MAX_MESSAGE_BYTES = 30 * 1024 * 1024
export const MAX_NAME_CHARS = 200
/** Beyond that a session is on nearly all nodes of any cluster that is sane. */
const MAX_BACKUPS = 8
/** setTimeout's longest delay. */
const MAX_TIMER_MS = 2 ** 31 - 1

const defaultLimits: SessionLimits = {
  sessions: 1_000_000,
  attributes: 1024,
  removedAttributes: 256,
  attributeBytes: 256 * 1024,
  sessionBytes: 1024 * 1024,
  tombstones: 100_000,
  batchBytes: 128 * 1024,
  queuedBytes: 16 * 1024 * 1024,
  transfers: 4,
  fetches: 1000,
  storeCalls: 10_000,
  unsaved: 10_000,
  userSessions: 1000,
  clockAheadMs: MINUTE_MS,
}

/** Throws SESSION_OPTIONS with all problems at once. */
export function resolveOptions(options: SessionManagerOptions): ResolvedSessionOptions {
  const maxInactiveIntervalMs = options.maxInactiveIntervalMs ?? 30 * MINUTE_MS
  const expires = maxInactiveIntervalMs > 0
  const resolved: ResolvedSessionOptions = {
    name: options.name,
    manager: options.manager ?? (options.store === undefined ? 'delta' : 'persistent'),
    backups: options.backups ?? 1,
    fetchTimeoutMs: options.fetchTimeoutMs ?? 2000,
    handOverMs: options.handOverMs ?? 5000,
    channel: options.channel,
    store: options.store,
    storeTimeoutMs: options.storeTimeoutMs ?? 1000,
    whenStoreFails: options.whenStoreFails ?? 'fail',
    accepts: options.accepts ?? (() => true),
    whenMinority: options.whenMinority ?? 'serve',
    whenFull: options.whenFull ?? 'refuse',
    route: options.route ?? '',
    maxInactiveIntervalMs,
    maxLifetimeMs: options.maxLifetimeMs ?? 0,
    sendBits:
      sendBits(options.sendOptions ?? (options.store === undefined ? 'asynchronous' : 'synchronised')) |
      BITS.BYTE_MESSAGE,
    collectMs: options.collectMs ?? 1,
    touchIntervalMs: options.touchIntervalMs ?? (expires ? Math.min(MINUTE_MS, maxInactiveIntervalMs / 10) : MINUTE_MS),
    replicaGraceMs: options.replicaGraceMs ?? MINUTE_MS,
    scanIntervalMs: options.scanIntervalMs ?? 1000,
    tombstoneMs: options.tombstoneMs ?? Math.max(60 * MINUTE_MS, expires ? 2 * maxInactiveIntervalMs : 0),
    aliasMs: options.aliasMs ?? 0,
    stateTimeoutMs: options.stateTimeoutMs ?? MINUTE_MS,
    stallMs: options.stallMs ?? 5000,
    positionIntervalMs: options.positionIntervalMs ?? 2000,
    gapGraceMs: options.gapGraceMs ?? 1000,
    ackTimeoutMs: options.ackTimeoutMs ?? 15_000,
    retryMs: options.retryMs ?? 500,
    limits: Object.freeze({ ...defaultLimits, ...options.limits }),
    clock: options.clock ?? systemClock,
    randomBytes: options.randomBytes ?? randomBytes,
    endOfTurn: options.endOfTurn ?? ((run) => void setImmediate(run)),
  }
  const problems = findProblems(resolved)
  if (problems.length > 0) throw new SessionError('SESSION_OPTIONS', problems.join('; '))
  return Object.freeze(resolved)
}

const MANAGERS: readonly ManagerKind[] = ['delta', 'backup', 'persistent']

const NO_BITS = -1

function sendBits(mode: SendMode | number): number {
  if (typeof mode === 'string') return SEND_MODES[mode] ?? NO_BITS
  return mode & ~(BITS.BYTE_MESSAGE | BITS.USE_ACK | BITS.SYNCHRONIZED_ACK | BITS.ASYNCHRONOUS) ? NO_BITS : mode
}

function findProblems(options: ResolvedSessionOptions): string[] {
  const problems: string[] = []
  const { name, route, sendBits: bits, limits } = options
  if (name === '' || name.length > MAX_NAME_CHARS) problems.push(`name must have 1 to ${MAX_NAME_CHARS} characters`)
  if (route !== '' && !isRoute(route))
    problems.push(
      `route must be letters, digits, ".", "_" or "-", at most ${MAX_ROUTE_CHARS}, not ${JSON.stringify(route)}`,
    )
  if (!MANAGERS.includes(options.manager)) problems.push('manager must be delta, backup or persistent')
  if ((options.manager === 'persistent') !== (options.store !== undefined)) {
    problems.push('manager persistent needs a store, and only that has one')
  }
  if (options.store !== undefined && options.channel !== undefined) problems.push('a store is in place of a channel')
  if (options.whenStoreFails !== 'fail' && options.whenStoreFails !== 'without') {
    problems.push('whenStoreFails must be fail or without')
  }
  if (options.whenMinority !== 'serve' && options.whenMinority !== 'refuse') {
    problems.push('whenMinority must be serve or refuse')
  } else if (options.whenMinority === 'refuse' && options.channel?.hasQuorum === undefined) {
    problems.push('whenMinority refuse needs a channel that counts its members')
  }
  if (options.whenFull !== 'refuse' && options.whenFull !== 'end-idlest') {
    problems.push('whenFull must be refuse or end-idlest')
  } else if (options.whenFull === 'end-idlest' && options.manager === 'persistent') {
    problems.push('whenFull end-idlest is for sessions in memory; a store ends its own')
  }
  if (!Number.isInteger(options.backups) || options.backups < 1 || options.backups > MAX_BACKUPS) {
    problems.push(`backups must be 1 to ${MAX_BACKUPS}, not ${options.backups}`)
  }
  if (bits === NO_BITS) problems.push('sendOptions must be asynchronous, acknowledged, synchronised, or bits of 15')
  else if (bits & BITS.SYNCHRONIZED_ACK && !(bits & BITS.USE_ACK)) problems.push('sendOptions 4 needs 2 (6)')
  if (Number.isNaN(options.maxInactiveIntervalMs)) problems.push('maxInactiveIntervalMs is not a number')
  if (!(options.maxLifetimeMs >= 0)) problems.push(`maxLifetimeMs must be 0 or more, not ${options.maxLifetimeMs}`)
  for (const key of positiveDurations) {
    if (!(options[key] > 0)) problems.push(`${key} must be above 0, not ${options[key]}`)
  }
  for (const key of timers) {
    if (options[key] > MAX_TIMER_MS) problems.push(`${key} must be at most ${MAX_TIMER_MS}, not ${options[key]}`)
  }
  if (!(options.stateTimeoutMs >= -1)) problems.push(`stateTimeoutMs must be -1 or more, not ${options.stateTimeoutMs}`)
  for (const key of ['collectMs', 'replicaGraceMs', 'aliasMs'] as const) {
    if (!(options[key] >= 0)) problems.push(`${key} must be 0 or more, not ${options[key]}`)
  }
  for (const [key, value] of Object.entries(limits)) {
    if (!(value >= 1)) problems.push(`limits.${key} must be 1 or more, not ${value}`)
  }
  if (limits.attributes > MAX_ATTRIBUTES) {
    problems.push(`limits.attributes must be at most ${MAX_ATTRIBUTES}, not ${limits.attributes}`)
  }
  if (limits.sessionBytes + limits.batchBytes > MAX_MESSAGE_BYTES) {
    problems.push(`limits.sessionBytes and limits.batchBytes must be at most ${MAX_MESSAGE_BYTES} together`)
  }
  if (limits.attributeBytes > limits.sessionBytes) problems.push('limits.attributeBytes is above limits.sessionBytes')
  return problems
}

const positiveDurations = [
  'touchIntervalMs',
  'scanIntervalMs',
  'tombstoneMs',
  'stallMs',
  'positionIntervalMs',
  'gapGraceMs',
  'ackTimeoutMs',
  'retryMs',
  'fetchTimeoutMs',
  'handOverMs',
  'storeTimeoutMs',
] as const
const timers = [
  'fetchTimeoutMs',
  'handOverMs',
  'collectMs',
  'scanIntervalMs',
  'stateTimeoutMs',
  'stallMs',
  'gapGraceMs',
  'retryMs',
  'storeTimeoutMs',
] as const
