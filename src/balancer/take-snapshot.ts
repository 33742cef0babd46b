/** From options and live numbers to a {@link BalancerSnapshot}. Reads everything, changes nothing. */
import type { Lb, LbMember } from './lb.ts'
import { NEVER, type WorkerNumbers } from './numbers.ts'
import type { ResolvedBalancerOptions, ResolvedEndpointWorker } from './resolved-options.ts'
import type { ShownAddresses } from './shown-addresses.ts'
import { shownMounts } from './shown-mounts.ts'
import type {
  BackendSnapshot,
  BalancerSnapshot,
  EndpointSnapshot,
  LbSnapshot,
  MemberSnapshot,
  MountSnapshot,
  WorkerSnapshot,
} from './snapshot.ts'

export interface SnapshotSource {
  /** As resolved at the start: which workers there are and where they are mounted. What edits change, lbs and endpoints know. */
  readonly options: ResolvedBalancerOptions
  readonly lbs: ReadonlyMap<string, Lb>
  /** By worker name, members of balancers among them. */
  readonly endpoints: ReadonlyMap<string, { readonly options: ResolvedEndpointWorker; readonly numbers: WorkerNumbers }>
  readonly addresses: Pick<ShownAddresses, 'of'>
}

type Addresses = SnapshotSource['addresses']

/** One moment on both clocks: numbers are kept in monotonic time, people read the other one. */
export interface Moment {
  readonly nowMs: number
  readonly monotonicMs: number
  readonly utcOffsetMinutes: number
}

export function takeSnapshot(source: SnapshotSource, moment: Moment): BalancerSnapshot {
  const { options } = source
  const mounts = shownMounts(options.hosts)
  const workers = options.workerList.flatMap((name): readonly WorkerSnapshot[] => {
    const worker = options.workers[name]!
    if (worker.type === 'status') return [{ kind: 'status', name }]
    if (worker.type === 'lb') {
      const lb = source.lbs.get(name)
      return lb === undefined ? [] : [lbSnapshot(lb, mounts.of(name), source.addresses, moment)]
    }
    const endpoint = source.endpoints.get(name)
    return endpoint === undefined ? [] : [endpointSnapshot(endpoint, mounts.of(name), source.addresses, moment)]
  })
  const { nowMs, utcOffsetMinutes } = moment
  return { takenAtMs: nowMs, utcOffsetMinutes, maintainMs: options.maintainMs, workers }
}

function lbSnapshot(lb: Lb, mounts: readonly MountSnapshot[], addresses: Addresses, moment: Moment): LbSnapshot {
  const { options } = lb
  const { busy, maxBusy, resetAtMs, maintainedAtMs } = lb.numbers
  const { name, stickySession, stickySessionForce, retries, recoverTimeMs, errorEscalationTimeMs } = options
  return {
    kind: 'lb',
    name,
    stickySession,
    stickySessionForce,
    retries,
    retryIntervalMs: options.retryIntervalMs,
    recoverTimeMs,
    errorEscalationTimeMs,
    maxReplyTimeouts: options.maxReplyTimeouts,
    method: options.method,
    lock: options.lock,
    busy,
    maxBusy,
    resetAtMs: epoch(resetAtMs, moment),
    maintainedAtMs: epoch(maintainedAtMs, moment),
    members: lb.members.map((member) => memberSnapshot(member, addresses, moment)),
    mounts,
  }
}

function memberSnapshot(
  { options, numbers, worker, lbMult }: LbMember,
  addresses: Addresses,
  moment: Moment,
): MemberSnapshot {
  const { activation, lbfactor, route, redirect, domain, distance } = options
  const { state, lbValue, sessions, errors, firstErrorAtMs, lastErrorAtMs } = numbers
  return {
    ...backendSnapshot(options, worker, addresses, moment),
    activation,
    lbfactor,
    route,
    redirect,
    domain,
    distance,
    state,
    lbMult,
    lbValue,
    sessions,
    errors,
    errorAtMs: epochOrNever(firstErrorAtMs, moment),
    lastErrorAtMs: epochOrNever(lastErrorAtMs, moment),
  }
}

function endpointSnapshot(
  { options, numbers }: { readonly options: ResolvedEndpointWorker; readonly numbers: WorkerNumbers },
  mounts: readonly MountSnapshot[],
  addresses: Addresses,
  moment: Moment,
): EndpointSnapshot {
  return { ...backendSnapshot(options, numbers, addresses, moment), kind: 'endpoint', state: numbers.state, mounts }
}

function backendSnapshot(
  options: ResolvedEndpointWorker,
  numbers: WorkerNumbers,
  addresses: Addresses,
  moment: Moment,
): BackendSnapshot {
  const { name, type, host, port, source, retries, recoveryOptions, busyLimit, replyTimeoutMs } = options
  const { state: _, errorAtMs, resetAtMs, ...counters } = numbers
  return {
    name,
    type,
    host,
    port,
    address: addresses.of(host, port),
    source,
    connectionPoolTimeoutMs: options.connectionPoolTimeoutMs,
    pingTimeoutMs: options.pingTimeoutMs,
    connectTimeoutMs: options.connectTimeoutMs,
    prepostTimeoutMs: options.prepostTimeoutMs,
    replyTimeoutMs,
    connectionPingIntervalMs: options.connectionPingIntervalMs,
    retries,
    retryIntervalMs: options.retryIntervalMs,
    recoveryOptions,
    busyLimit,
    maxPacketSize: options.maxPacketSize,
    ...counters,
    resetAtMs: epoch(resetAtMs, moment),
    errorAtMs: epochOrNever(errorAtMs, moment),
  }
}

function epoch(monotonicMs: number, moment: Moment): number {
  return moment.nowMs - (moment.monotonicMs - monotonicMs)
}

function epochOrNever(monotonicMs: number, moment: Moment): number | undefined {
  return monotonicMs === NEVER ? undefined : epoch(monotonicMs, moment)
}
