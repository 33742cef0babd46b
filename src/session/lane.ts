/**
 * What a backup manager keeps about one other node: its own numbered batches to it, since each node is sent other
 * sessions, and what has been offered to it.
 */
import type { Outbox } from './outbox.ts'
import type { Peer } from './peers.ts'

/** Most sessions that wait to be offered to one node by name; with more, all are looked through. */
const MAX_NAMED = 10_000

export class Lane {
  readonly peer: Peer
  readonly outbox: Outbox
  /** It has said that it keeps sessions. */
  isReady = false
  /** It has said something since it came. */
  isHeard = false
  /** The batch that it last was told of. */
  toldSeq = 0
  /** Where its change counter stood when we had all batches that it had sent us. */
  syncedAt = 0

  /** What changed here since `offeredUpTo`, by the replica's change counter, has still to be offered to it. */
  isOutstanding = false
  offeredUpTo = 0
  /** Sessions to be offered by name. */
  readonly named = new Set<string>()
  /** Those that were, and the change counter of each then. */
  readonly confirmed = new Map<string, number>()
  /** Of sessions that both of us hold, and differently: what each of us had when we last told it so. */
  readonly differing = new Map<string, string>()
  /** The question to be answered when everything has been offered. */
  pull: { readonly request: number; readonly answered: () => void } | undefined

  constructor(peer: Peer, outbox: Outbox) {
    this.peer = peer
    this.outbox = outbox
  }

  name(key: string): void {
    if (this.named.size < MAX_NAMED) {
      this.named.add(key)
      return
    }
    this.offeredUpTo = 0
    this.isOutstanding = true
  }

  confirm(key: string, changedAt: number): void {
    if (this.confirmed.size >= MAX_NAMED) this.confirmed.clear()
    this.confirmed.set(key, changedAt)
  }
}
