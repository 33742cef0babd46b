/** A manager at one moment, as plain data. Dashboards and `--json` print their own shape, built from this. */

export interface ManagerSnapshot {
  readonly name: string
  readonly route: string
  /** This process's name for itself, in hexadecimal. */
  readonly node: string
  readonly state: 'new' | 'starting' | 'ready' | 'stopped'
  /** Copies of other nodes' sessions included. */
  readonly sessions: number
  readonly tombstones: number
  /** Since start; what happened here. */
  readonly counts: ManagerCounts
  readonly members: readonly MemberSnapshot[]
}

export interface ManagerCounts {
  readonly created: number
  readonly changed: number
  readonly expired: number
  readonly destroyed: number
  readonly moved: number
  /** Copies dropped because nobody said any more that the session is in use. */
  readonly forgotten: number
  readonly batchesSent: number
  readonly bytesSent: number
  readonly batchesReceived: number
  readonly entriesApplied: number
  readonly messagesRefused: number
}

export interface MemberSnapshot {
  /** Empty until the member has said it. */
  readonly node: string
  readonly behind: boolean
  /** Bytes that wait until the member has acknowledged what is on its way. */
  readonly queuedBytes: number
}
