/**
 * What jk-status says of a balancer, a member, a worker and a mount: keys and values in mod_jk's names and order
 * (mod_jk.md 7.6 to 7.8). One list for every format that is read by programs.
 */
import { activationWords, stateWords } from '../balancer/jk-words.ts'
import type {
  BackendSnapshot,
  BalancerSnapshot,
  EndpointSnapshot,
  LbSnapshot,
  MemberSnapshot,
  MountSnapshot,
} from '../balancer/snapshot.ts'
import { localTime, seconds, secondsAgo } from './format.ts'
import type { RateMember, Rating } from './rating.ts'
import { lockWords, methodWords, sourceWords } from './words.ts'

export type Fact = readonly [key: string, value: string | number]

const yesOrNo = (value: boolean): string => (value ? 'True' : 'False')
const oneOrZero = (value: boolean): number => (value ? 1 : 0)

export function ratings(lb: LbSnapshot, rate: RateMember): Readonly<Record<Rating, number>> {
  const counts = { good: 0, degraded: 0, bad: 0 }
  for (const member of lb.members) counts[rate(member)]++
  return counts
}

/** Seconds until the next maintenance: when it is due, and one interval later, which is certain. */
export function timeToMaintenance(lb: LbSnapshot, snapshot: BalancerSnapshot): { min: number; max: number } {
  const interval = seconds(snapshot.maintainMs)
  const due = interval - secondsAgo(lb.maintainedAtMs, snapshot)
  return { min: Math.max(0, due), max: Math.max(0, due + interval) }
}

/** Seconds until a member in error is tried again; 0 for all others. */
export function timeToRecover(
  member: MemberSnapshot,
  lb: LbSnapshot,
  snapshot: BalancerSnapshot,
): { min: number; max: number } {
  if (member.state !== 'error' || member.lastErrorAtMs === undefined) return { min: 0, max: 0 }
  const wait = Math.max(0, seconds(lb.recoverTimeMs) - secondsAgo(member.lastErrorAtMs, snapshot))
  return {
    min: Math.max(wait, timeToMaintenance(lb, snapshot).min),
    max: wait + seconds(snapshot.maintainMs),
  }
}

export function mountType({ isDisabled, isExclusion, isExact }: MountSnapshot): string {
  return `${isDisabled ? 'Disabled ' : ''}${isExclusion ? 'Unmount ' : ''}${isExact ? 'Exact' : 'Wildchar'}`
}

export function mountSource(mount: MountSnapshot): string {
  return sourceWords[mount.source]
}

export function lbFacts(lb: LbSnapshot, snapshot: BalancerSnapshot, rate: RateMember): Fact[] {
  const { good, degraded, bad } = ratings(lb, rate)
  const { min, max } = timeToMaintenance(lb, snapshot)
  return [
    ['name', lb.name],
    ['type', 'lb'],
    ['sticky_session', yesOrNo(lb.stickySession)],
    ['sticky_session_force', yesOrNo(lb.stickySessionForce)],
    ['retries', lb.retries],
    ['recover_time', seconds(lb.recoverTimeMs)],
    ['error_escalation_time', seconds(lb.errorEscalationTimeMs)],
    ['max_reply_timeouts', lb.maxReplyTimeouts],
    ['method', methodWords[lb.method]],
    ['lock', lockWords[lb.lock]],
    ['member_count', lb.members.length],
    ['good', good],
    ['degraded', degraded],
    ['bad', bad],
    ['busy', lb.busy],
    ['max_busy', lb.maxBusy],
    ['map_count', lb.mounts.length],
    ['time_to_maintenance_min', min],
    ['time_to_maintenance_max', max],
    ...resetFacts(lb.resetAtMs, snapshot),
  ]
}

/** Facts of the time something happened; properties format puts those of a member under other names (7.8). */
export interface TimedFacts {
  readonly facts: readonly Fact[]
  readonly times: readonly Fact[]
}

export function memberFacts(member: MemberSnapshot, lb: LbSnapshot, snapshot: BalancerSnapshot): TimedFacts {
  const { min, max } = timeToRecover(member, lb, snapshot)
  const facts: readonly Fact[] = [
    ...settingFacts(member),
    ['activation', activationWords[member.activation]],
    ['lbfactor', member.lbfactor],
    ['route', member.route],
    ['redirect', member.redirect],
    ['domain', member.domain],
    ['distance', member.distance],
    ['state', stateWords[member.state]],
    ['lbmult', member.lbMult],
    ['lbvalue', member.lbValue],
    ['elected', member.used],
    ['sessions', member.sessions],
    ...counterFacts(member),
    ['time_to_recover_min', min],
    ['time_to_recover_max', max],
  ]
  return { facts, times: timeFacts(member, snapshot) }
}

export function endpointFacts(worker: EndpointSnapshot, snapshot: BalancerSnapshot): TimedFacts {
  const facts: readonly Fact[] = [
    ...settingFacts(worker),
    ['used', worker.used],
    ...counterFacts(worker),
    ['map_count', worker.mounts.length],
  ]
  return { facts, times: timeFacts(worker, snapshot) }
}

function timeFacts({ resetAtMs, errorAtMs }: BackendSnapshot, snapshot: BalancerSnapshot): Fact[] {
  return [...resetFacts(resetAtMs, snapshot), ...errorTimeFacts(errorAtMs, snapshot)]
}

function settingFacts(worker: BackendSnapshot): Fact[] {
  return [
    ['name', worker.name],
    ['type', worker.type],
    ['host', worker.host],
    ['port', worker.port],
    ['address', worker.address],
    ['source', worker.source ?? 'undefined'],
    ['connection_pool_timeout', seconds(worker.connectionPoolTimeoutMs)],
    ['ping_timeout', worker.pingTimeoutMs],
    ['connect_timeout', worker.connectTimeoutMs],
    ['prepost_timeout', worker.prepostTimeoutMs],
    ['reply_timeout', worker.replyTimeoutMs],
    ['retries', worker.retries],
    ['connection_ping_interval', seconds(worker.connectionPingIntervalMs)],
    ['recovery_options', worker.recoveryOptions],
    ['busy_limit', worker.busyLimit],
    ['max_packet_size', worker.maxPacketSize],
  ]
}

function counterFacts(worker: BackendSnapshot): Fact[] {
  return [
    ['errors', worker.errors],
    ['client_errors', worker.clientErrors],
    ['reply_timeouts', worker.replyTimeouts],
    ['transferred', worker.transferredBytes],
    ['read', worker.readBytes],
    ['busy', worker.busy],
    ['max_busy', worker.maxBusy],
    ['connected', worker.connected],
    ['max_connected', worker.maxConnected],
  ]
}

function resetFacts(resetAtMs: number, snapshot: BalancerSnapshot): Fact[] {
  return [
    ['last_reset_at', seconds(resetAtMs)],
    ['last_reset_ago', secondsAgo(resetAtMs, snapshot)],
  ]
}

function errorTimeFacts(errorAtMs: number | undefined, snapshot: BalancerSnapshot): Fact[] {
  if (errorAtMs === undefined) return []
  const time = localTime(errorAtMs, snapshot)
  return [
    ['error_time_datetime', time.compact],
    ['error_time_tz', time.zone],
    ['error_time_unix_seconds', time.unix],
    ['error_time_ago', secondsAgo(errorAtMs, snapshot)],
  ]
}

export function mountFacts(mount: MountSnapshot, id: number): Fact[] {
  return [
    ['id', id],
    ['server', mount.server],
    ['uri', mount.pattern],
    ['type', mountType(mount)],
    ['source', mountSource(mount)],
    ['reply_timeout', mount.replyTimeoutMs],
    ['sticky_ignore', oneOrZero(mount.stickyIgnore)],
    ['stateless', oneOrZero(mount.stateless)],
    ['fail_on_status', mount.failOnStatus],
    ['active', mount.active],
    ['disabled', mount.disabled],
    ['stopped', mount.stopped],
    ['use_server_errors', mount.useServerErrors],
  ]
}
