/** A manager at one moment, as plain data. Dashboards and `--json` print their own shape, built from this. */
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
  /** Since start; what happened here. */
  readonly counts: ManagerCounts
  readonly members: readonly MemberSnapshot[]
}

/** Sessions that this node took over from others: when it started, or what it had missed. */
export interface TransferSnapshot {
  readonly reason: 'start' | 'catch-up'
  /** The nodes that gave, as `node` names them. */
  readonly from: readonly string[]
  readonly blocks: number
  readonly bytes: number
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
  /** Copies dropped because nobody said any more that the session is in use. */
  readonly forgotten: number
}

export interface TrafficCounts {
  readonly batchesSent: number
  readonly bytesSent: number
  readonly batchesReceived: number
  readonly entriesApplied: number
  readonly messagesRefused: number
}

/** What a manager's snapshot says of the others. */
export interface ReplicationSnapshot {
  readonly counts: TrafficCounts
  readonly members: readonly MemberSnapshot[]
}

export interface MemberSnapshot {
  /** Empty until the member has said it. */
  readonly node: string
  readonly behind: boolean
  /** Bytes that wait until the member has acknowledged what is on its way. */
  readonly queuedBytes: number
}

export function memberSnapshots(peers: readonly Peer[]): MemberSnapshot[] {
  return peers.map(({ node, behind, queuedBytes }) => ({ node: hex(node), behind, queuedBytes }))
}

/** A node's name for itself, fit to print. */
export function hex(node: string): string {
  return Buffer.from(node, 'latin1').toString('hex')
}
