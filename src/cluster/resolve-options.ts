/** Options as people write them -> options as the channel uses them. All complaints at once. */
import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { systemClock } from '../clock/clock.ts'
import { formatAddress, isLoopback, isPort, isWildcard, parseAddress } from './address.ts'
import { ClusterError } from './errors.ts'
import { parseKeys } from './interceptors/cluster-key.ts'
import { REPLAY_MESSAGES } from './interceptors/tomcat-cipher.ts'
import { UNIQUE_ID_BYTES } from './member.ts'
import { checkMembership } from './membership/options.ts'
import type {
  ChannelLimits,
  ChannelOptions,
  EncryptionOptions,
  ResolvedChannelOptions,
  ResolvedEncryption,
  ResolvedStaticMember,
  StaticMemberOptions,
} from './options.ts'
import { encodePayload, MAX_PAYLOAD_BYTES } from './payload.ts'
import { TcpTransport } from './transport/tcp.ts'

const MIB = 1024 * 1024
/** A domain travels in every message. */
const MAX_DOMAIN_BYTES = 255

export const DEFAULT_LIMITS: ChannelLimits = {
  maxFrameBytes: 32 * MIB,
  maxMembers: 1024,
  maxQueuedBytesPerMember: 64 * MIB,
  maxDispatchBytes: 64 * MIB,
  maxReceiveBytes: 128 * MIB,
  maxConnections: 512,
  frameStallMs: 30_000,
}

/** Longest time anything may take; timers of the system end at 2^31 ms, and timeouts are widened up to 9 times. */
const MAX_MS = 24 * 3600 * 1000
/** Smallest frame limit: an ordinary head and something in it. */
const MIN_FRAME_BYTES = 4096

/** @throws ClusterError CLUSTER_OPTIONS with every complaint, or CLUSTER_INSECURE_BIND when that is the only one */
export function resolveOptions(options: ChannelOptions): ResolvedChannelOptions {
  const complaints: string[] = []
  const random = options.randomBytes ?? randomBytes
  const address = options.receiver?.address ?? '127.0.0.1'
  const resolved: ResolvedChannelOptions = {
    name: options.name ?? 'clowder',
    receiver: {
      address,
      port: options.receiver?.port ?? 4000,
      autoBind: Math.max(1, options.receiver?.autoBind ?? 100),
      advertise: options.receiver?.advertise ?? address,
    },
    encryption: options.encryption === undefined ? undefined : resolveEncryption(options.encryption, complaints),
    insecure: options.insecure ?? false,
    uniqueId: options.uniqueId ?? Uint8Array.from(random(UNIQUE_ID_BYTES)),
    domain: bytesOf(options.domain),
    payload: options.payload ?? encodePayload({ version: 1, entries: [] }),
    members: (options.members ?? []).map(resolveMember),
    membership: options.membership ?? [],
    quorum: options.quorum ?? 0,
    heartbeatMs: options.heartbeatMs ?? 5000,
    sender: { connectTimeoutMs: 1000, timeoutMs: 3000, ackConnections: 4, ...options.sender },
    failureDetector: { connectTimeoutMs: 1000, pingMs: 500, removeSuspectsMs: 300_000, ...options.failureDetector },
    whenDispatchFull: options.whenDispatchFull ?? 'drop',
    interceptors: options.interceptors ?? [],
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    stopGraceMs: options.stopGraceMs ?? 2000,
    clock: options.clock ?? systemClock,
    randomBytes: random,
    lookup: options.lookup ?? systemLookup,
    transport: options.transport ?? ((transportOptions) => new TcpTransport(transportOptions)),
  }
  checkReceiver(resolved, complaints)
  checkMembers(resolved, complaints)
  resolved.membership.forEach((source, i) => {
    checkMembership(source, `membership[${i}]`, complaints)
  })
  checkNumbers(resolved, complaints)
  if (!['drop', 'throw', 'wait'].includes(resolved.whenDispatchFull)) {
    complaints.push(`whenDispatchFull is ${resolved.whenDispatchFull}, it must be drop, throw or wait`)
  }
  if (resolved.payload.length > MAX_PAYLOAD_BYTES) {
    complaints.push(`payload has ${resolved.payload.length} bytes, at most ${MAX_PAYLOAD_BYTES} are allowed`)
  }
  if (complaints.length > 0) {
    throw new ClusterError('CLUSTER_OPTIONS', `channel options: ${complaints.join('; ')}`, { complaints })
  }
  const bind = parseAddress(address)
  if (bind !== undefined) refuseInsecureBind(bind, resolved)
  return Object.freeze(resolved)
}

/** Without a key nothing protects the channel, so it is for this machine unless somebody says otherwise. */
export function refuseInsecureBind(
  host: Uint8Array,
  { insecure, encryption }: Pick<ResolvedChannelOptions, 'insecure' | 'encryption'>,
): void {
  if (insecure || encryption !== undefined || isLoopback(host)) return
  const message =
    `refusing to listen on ${formatAddress(host)}: whoever reaches the channel port can read and write all sessions. ` +
    'Set encryption.keys, bind a loopback address, or set insecure: true on a network that only the cluster can reach'
  throw new ClusterError('CLUSTER_INSECURE_BIND', message)
}

/** For members that are added to a running channel. */
export function resolveStaticMember(member: StaticMemberOptions): ResolvedStaticMember {
  const resolved = resolveMember(member)
  const complaints: string[] = []
  checkMember(resolved, 'member', complaints)
  if (complaints.length > 0) throw new ClusterError('CLUSTER_OPTIONS', complaints.join('; '), { complaints })
  return resolved
}

/** For keys that a running channel is given. */
export function resolveKeys(keys: EncryptionOptions['keys']): ResolvedEncryption['keys'] {
  const complaints: string[] = []
  const resolved = parseKeys(keys, complaints)
  if (complaints.length > 0) throw new ClusterError('CLUSTER_OPTIONS', complaints.join('; '), { complaints })
  return resolved
}

function resolveEncryption(options: EncryptionOptions, complaints: string[]): ResolvedEncryption {
  const { keys, format = 'clowder', clockToleranceMs = 10_000, replayMessages = REPLAY_MESSAGES } = options
  if (format !== 'clowder' && format !== 'tomcat') {
    complaints.push(`encryption.format is ${String(format)}, it must be clowder or tomcat`)
  }
  return { keys: parseKeys(keys, complaints), format, clockToleranceMs, replayMessages }
}

function resolveMember({ host, port, uniqueId, domain }: StaticMemberOptions): ResolvedStaticMember {
  return { host, port, uniqueId, domain: bytesOf(domain) }
}

function bytesOf(domain: string | Uint8Array | undefined): Uint8Array {
  return typeof domain === 'string' ? Buffer.from(domain, 'latin1') : (domain ?? new Uint8Array(0))
}

/** `localhost` has addresses of both families, and a member listens on one of them. */
async function systemLookup(host: string, family: 4 | 6): Promise<string> {
  try {
    return (await lookup(host, { family })).address
  } catch {
    return (await lookup(host)).address
  }
}

function checkReceiver({ receiver, uniqueId, domain }: ResolvedChannelOptions, complaints: string[]): void {
  const { port, address, advertise } = receiver
  if (!isPort(port) && port !== 0) complaints.push(`receiver.port is ${port}, it must be 0 to 65535`)
  if (address === '') complaints.push('receiver.address is empty')
  const advertised = parseAddress(advertise)
  if (advertised !== undefined && isWildcard(advertised)) {
    complaints.push(`other members cannot connect to ${advertise}: set receiver.advertise to an address they can reach`)
  }
  checkIdentity('', uniqueId, domain, complaints)
}

function checkMembers({ members, receiver }: ResolvedChannelOptions, complaints: string[]): void {
  const seen = new Map<string, number>()
  members.forEach((member, i) => {
    const where = `members[${i}]`
    checkMember(member, where, complaints)
    const key = `${member.host}:${member.port}`
    const first = seen.get(key)
    if (first !== undefined) complaints.push(`${where} is ${key} again, as members[${first}]`)
    else seen.set(key, i)
    const host = parseAddress(member.host)
    const advertised = parseAddress(receiver.advertise)
    if (host !== undefined && advertised !== undefined && isLoopback(advertised) && !isLoopback(host)) {
      complaints.push(`${where} (${key}) cannot reach this node at ${receiver.advertise}: set receiver.address`)
    }
  })
}

function checkMember(
  { host, port, uniqueId, domain }: ResolvedStaticMember,
  where: string,
  complaints: string[],
): void {
  if (host === '') complaints.push(`${where}.host is empty`)
  if (!isPort(port)) complaints.push(`${where}.port is ${port}, it must be 1 to 65535`)
  checkIdentity(`${where}.`, uniqueId, domain, complaints)
}

/** @param where what the two belong to, with a dot behind it; empty for this node */
function checkIdentity(
  where: string,
  uniqueId: Uint8Array | undefined,
  domain: Uint8Array,
  complaints: string[],
): void {
  if (uniqueId !== undefined && uniqueId.length !== UNIQUE_ID_BYTES) {
    complaints.push(`${where}uniqueId has ${uniqueId.length} bytes, it must have ${UNIQUE_ID_BYTES}`)
  }
  if (domain.length > MAX_DOMAIN_BYTES) {
    complaints.push(`${where}domain has ${domain.length} bytes, at most ${MAX_DOMAIN_BYTES}`)
  }
}

function checkNumbers(options: ResolvedChannelOptions, complaints: string[]): void {
  const { heartbeatMs, stopGraceMs, sender, failureDetector, limits, encryption } = options
  const rows: [name: string, value: number, least: number][] = [
    ['heartbeatMs', heartbeatMs, 1],
    ['stopGraceMs', stopGraceMs, 0],
    ['sender.connectTimeoutMs', sender.connectTimeoutMs, 1],
    ['sender.timeoutMs', sender.timeoutMs, 1],
    ['sender.ackConnections', sender.ackConnections, 1],
    ['failureDetector.connectTimeoutMs', failureDetector.connectTimeoutMs, 1],
    ['failureDetector.pingMs', failureDetector.pingMs, 10],
    ['quorum', options.quorum, 0],
    ['limits.maxMembers', limits.maxMembers, 1],
    ['limits.maxFrameBytes', limits.maxFrameBytes, MIN_FRAME_BYTES],
    ['limits.maxQueuedBytesPerMember', limits.maxQueuedBytesPerMember, limits.maxFrameBytes],
    ['limits.maxDispatchBytes', limits.maxDispatchBytes, limits.maxFrameBytes],
    ['limits.maxReceiveBytes', limits.maxReceiveBytes, limits.maxFrameBytes],
    ['limits.maxConnections', limits.maxConnections, 1],
    ['limits.frameStallMs', limits.frameStallMs, 1],
  ]
  if (encryption !== undefined) {
    rows.push(['encryption.clockToleranceMs', encryption.clockToleranceMs, 1])
    rows.push(['encryption.replayMessages', encryption.replayMessages, 1])
  }
  for (const [name, value, least] of rows) {
    const most = name.endsWith('Ms') ? MAX_MS : Number.MAX_SAFE_INTEGER
    if (!(value >= least)) complaints.push(`${name} is ${value}, at least ${least}`)
    else if (value > most) complaints.push(`${name} is ${value}, at most ${most}`)
  }
  if (Number.isNaN(failureDetector.removeSuspectsMs)) complaints.push('failureDetector.removeSuspectsMs is no number')
}
