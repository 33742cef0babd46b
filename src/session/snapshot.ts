/** A manager at one moment, as plain data. Dashboards and `--json` print their own shape, built from this. */
import type { DelaySnapshot } from './delay.ts'
import type { ManagerKind } from './options.ts'
import type { Peer } from './peers.ts'

export interface ManagerSnapshot {
  readonly name: string
  readonly manager: ManagerKind
  readonly route: string
  /** This process's name for itself, in hexadecimal. */
  readonly node: string
  readonly state: 'new' | 'starting' | 'ready' | 'stopped'
  /** Copies of other nodes' sessions included. */
  readonly sessions: number
  /** How many of them this node serves, and how many are copies; as of the last search for ended sessions, some 10 s ago. */
  readonly roles: RoleCounts
  readonly tombstones: number
  /** This node is in a minority, and requests that need a session fail; see `whenMinority`. */
  readonly refusing: boolean
  /** Since start; what happened here. */
  readonly counts: ManagerCounts
  readonly members: readonly MemberSnapshot[]
  /** Undefined before the first, and with a store, where there is none. */
  readonly lastTransfer: TransferSnapshot | undefined
}

/** Sessions that this node took over from others. */
export interface TransferSnapshot {
  /**
   * `start`: it began with them. `catch-up`: it had missed them. `placing`, with a backup manager: nodes came or went, and
   * copies moved here.
   */
  readonly reason: 'start' | 'catch-up' | 'placing'
  /** The nodes that gave, as `node` names them. */
  readonly from: readonly string[]
  readonly blocks: number
  readonly bytes: number
  /** From when it was asked for, or nodes came or went. */
  readonly ms: number
  /** When it was complete, by this node's clock; epoch ms. */
  readonly endedAtMs: number
}

export interface RoleCounts {
  /** This node served them last. */
  readonly owned: number
  /** Another node did, and is there. */
  readonly copies: number
  /** The node that did is gone, and this one acts for it. */
  readonly orphans: number
}

export interface ManagerCounts extends TrafficCounts {
  readonly created: number
  readonly changed: number
  readonly expired: number
  readonly destroyed: number
  readonly moved: number
  /** Of `expired`, those that had to make room for others; see `whenFull`. */
  readonly displaced: number
  /** Sessions that were not made because there were `limits.sessions`. */
  readonly refused: number
  /** Copies dropped because nobody said any more that the session is in use. */
  readonly forgotten: number
  /**
   * Merges in which both sides had something that the other one lacked, and writes that came after a later write of
   * another node to the same attribute. Where nothing is written in two places at once it stays 0.
   */
  readonly conflicts: number
}

export interface TrafficCounts {
  readonly batchesSent: number
  readonly bytesSent: number
  readonly batchesReceived: number
  /** Of all session messages; 0 where a store is read, which is not measured. */
  readonly bytesReceived: number
  readonly entriesApplied: number
  readonly messagesRefused: number
}

/** What a manager's snapshot says of the others. */
export interface ReplicationSnapshot {
  readonly counts: TrafficCounts
  readonly members: readonly MemberSnapshot[]
  readonly lastTransfer?: TransferSnapshot | undefined
}

export interface MemberSnapshot {
  /** Hexadecimal, as the channel's snapshot has it: one member of both. */
  readonly uniqueId: string
  /** Empty until the member has said it. */
  readonly node: string
  /** It did not get something, and has not fetched it yet. */
  readonly behind: boolean
  /** Why it is, or was until it began to fetch; empty when it has everything. */
  readonly behindBecause: string
  /** It told of batches that are not here: they are late, or will be asked for. */
  readonly isAhead: boolean
  /** Batches and bytes that wait until the member has acknowledged what is on its way. */
  readonly queuedBatches: number
  readonly queuedBytes: number
  /** How long its batches took to get here; undefined when none came in the last minutes. */
  readonly delay: DelaySnapshot | undefined
}

export function memberSnapshots(peers: readonly Peer[], now: number): MemberSnapshot[] {
  return peers.map(({ member, node, behind, behindBecause, wanted, queue, queuedBytes, delay }) => ({
    uniqueId: Buffer.from(member.uniqueId).toString('hex'),
    node: hex(node),
    behind,
    behindBecause,
    isAhead: wanted !== undefined,
    queuedBatches: queue.length,
    queuedBytes,
    delay: delay.snapshot(now),
  }))
}

/** A node's name for itself, fit to print. */
export function hex(node: string): string {
  return Buffer.from(node, 'latin1').toString('hex')
}
