/**
 * What a worker tells of its cluster, for people and scripts: built from snapshots, so that what is inside may change while
 * these keys stay. Only ever add to them. Pure.
 */
import {
  type ChannelSnapshot,
  decodePayload,
  type Member,
  type MemberPayload,
  PAYLOAD_ENTRY,
  payloadValue,
  type QuorumSnapshot,
} from '../cluster/index.ts'
import type { ManagerSnapshot, MemberSnapshot, TransferSnapshot } from '../session/index.ts'
import type { WorkerSnapshot, WorkerState } from './snapshot.ts'

/** All figures count from the start of the worker, all durations are ms. */
export interface ClusterStatus {
  readonly worker: string
  readonly route: string
  readonly state: WorkerState
  /** Of clowder. */
  readonly version: string
  /** By the worker's clock, epoch ms. */
  readonly nowMs: number
  /** Name of this process in what nodes tell each other; new with each start. */
  readonly node: string
  readonly sessions: SessionsStatus
  readonly traffic: TrafficStatus
  /** Null without a cluster. */
  readonly channel: ChannelStatus | null
  /** Oldest first. */
  readonly members: readonly MemberStatus[]
  /** What this node last took from others; null before. */
  readonly lastTransfer: TransferStatus | null
}

export interface SessionsStatus {
  readonly manager: ManagerSnapshot['manager']
  readonly total: number
  /** As of the last round of the search for ended sessions, some 10 s ago. */
  readonly owned: number
  readonly copies: number
  readonly orphans: number
  readonly tombstones: number
  readonly created: number
  readonly expired: number
  readonly destroyed: number
  /** Merges of what was written in two places at once. */
  readonly conflicts: number
  /** Of `expired`, those that had to make room for new ones; new ones for which there was none. */
  readonly displaced: number
  readonly refused: number
  /** Requests that need a session fail, because this node is in a minority. */
  readonly refusing: boolean
}

export interface TrafficStatus {
  readonly batchesSent: number
  readonly bytesSent: number
  readonly batchesReceived: number
  readonly bytesReceived: number
  readonly entriesApplied: number
  readonly messagesRefused: number
}

export interface ChannelStatus {
  readonly name: string
  readonly state: ChannelSnapshot['state']
  readonly address: string
  readonly aliveMs: number
  /** 0: this node is on time; its timeouts are 1 + this many times as long. */
  readonly lateness: number
  /** Bytes of asynchronous messages that are not yet written. */
  readonly queuedBytes: number
  /** Configured members that nobody is known for now. */
  readonly missing: readonly string[]
  /** Whether as many members are in view as a majority needs, this one included; null where nobody counts. */
  readonly quorum: QuorumSnapshot | null
  /** Messages of strangers, and connections closed for what they sent. */
  readonly refused: number
  readonly connectionsRefused: number
}

export interface MemberStatus {
  /** Its route, else its address. */
  readonly name: string
  readonly address: string
  /** Of clowder; empty where it does not say, as a Tomcat. */
  readonly version: string
  /** Empty until its manager has said it, and for members that share no sessions with this node. */
  readonly node: string
  readonly ageMs: number
  /**
   * - `suspect`: something failed, and it is being asked whether it lives.
   * - `behind`: it missed changes of ours and has not fetched them yet.
   * - `ahead`: it has changes that have not come here; they are late, or will be asked for.
   */
  readonly state: 'well' | 'suspect' | 'behind' | 'ahead'
  /** Why it is behind; else empty. */
  readonly because: string
  readonly link: 'closed' | 'connecting' | 'open'
  /** Bytes that wait for it, in the channel and in the session manager. */
  readonly queuedBytes: number
  readonly queuedBatches: number
  /** How long its changes took to get here, above the fastest of the last minutes; null when none came. */
  readonly delayP50Ms: number | null
  readonly delayP99Ms: number | null
  /** Our clock less its clock, with the way of the fastest message in it. */
  readonly clockMs: number | null
  readonly sent: number
  readonly received: number
  readonly failed: number
}

export interface TransferStatus extends Omit<TransferSnapshot, 'from'> {
  /** Names of the members that gave; those that are gone by the name of their node. */
  readonly from: readonly string[]
}

export interface StatusSource {
  readonly worker: WorkerSnapshot
  /** The channel's view, for what members say of themselves. */
  readonly members: readonly Member[]
  readonly version: string
  readonly nowMs: number
}

export function clusterStatus({ worker, members, version, nowMs }: StatusSource): ClusterStatus {
  const { sessions, channel } = worker
  const { counts, roles, lastTransfer } = sessions
  const said = new Map(members.map((member) => [hex(member.uniqueId), decodePayload(member.payload)]))
  const managers = new Map(sessions.members.map((manager) => [manager.uniqueId, manager]))
  const all = (channel?.members ?? []).map((facts) =>
    memberStatus(facts, said.get(facts.uniqueId), managers.get(facts.uniqueId)),
  )
  return {
    worker: worker.name,
    route: worker.route,
    state: worker.state,
    version,
    nowMs,
    node: sessions.node,
    sessions: {
      manager: sessions.manager,
      total: sessions.sessions,
      ...roles,
      tombstones: sessions.tombstones,
      created: counts.created,
      expired: counts.expired,
      destroyed: counts.destroyed,
      conflicts: counts.conflicts,
      displaced: counts.displaced,
      refused: counts.refused,
      refusing: sessions.refusing,
    },
    traffic: {
      batchesSent: counts.batchesSent,
      bytesSent: counts.bytesSent,
      batchesReceived: counts.batchesReceived,
      bytesReceived: counts.bytesReceived,
      entriesApplied: counts.entriesApplied,
      messagesRefused: counts.messagesRefused,
    },
    channel: channel === undefined ? null : channelStatus(channel),
    members: all,
    lastTransfer: lastTransfer === undefined ? null : transferStatus(lastTransfer, all),
  }
}

function channelStatus({
  name,
  state,
  local,
  lateness,
  dispatchBytes,
  missing,
  quorum,
  counters,
}: ChannelSnapshot): ChannelStatus {
  return {
    name,
    state,
    address: addressOf(local),
    aliveMs: local.aliveMs,
    lateness,
    queuedBytes: dispatchBytes,
    missing,
    quorum: quorum ?? null,
    refused: counters.refused,
    connectionsRefused: counters.connectionsRefused,
  }
}

function memberStatus(
  facts: ChannelSnapshot['members'][number],
  said: MemberPayload | undefined,
  manager: MemberSnapshot | undefined,
): MemberStatus {
  const { aliveMs, suspect, link, queueBytes, sent, received, failed } = facts
  const address = addressOf(facts)
  return {
    name: textOf(said, PAYLOAD_ENTRY.ROUTE) || address,
    address,
    version: textOf(said, PAYLOAD_ENTRY.SOFTWARE),
    node: manager?.node ?? '',
    ageMs: aliveMs,
    state: suspect ? 'suspect' : manager?.behind ? 'behind' : manager?.isAhead ? 'ahead' : 'well',
    because: manager?.behindBecause ?? '',
    link,
    queuedBytes: queueBytes + (manager?.queuedBytes ?? 0),
    queuedBatches: manager?.queuedBatches ?? 0,
    delayP50Ms: manager?.delay?.p50 ?? null,
    delayP99Ms: manager?.delay?.p99 ?? null,
    clockMs: manager?.delay?.clockMs ?? null,
    sent,
    received,
    failed,
  }
}

function transferStatus({ from, ...transfer }: TransferSnapshot, members: readonly MemberStatus[]): TransferStatus {
  return { ...transfer, from: from.map((node) => members.find((member) => member.node === node)?.name ?? node) }
}

function textOf(said: MemberPayload | undefined, entry: number): string {
  const value = said && payloadValue(said, entry)
  return value === undefined ? '' : Buffer.from(value).toString('utf8')
}

function hex(uniqueId: Uint8Array): string {
  return Buffer.from(uniqueId).toString('hex')
}

function addressOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
