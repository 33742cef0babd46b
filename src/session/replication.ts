/** How the sessions of one node get to the others: what a manager needs of it, whichever way it is done. */
import type { Writer } from '../bytes/index.ts'
import type { Channel, ChannelListener } from '../cluster/channel.ts'
import type { Batch } from './batch.ts'
import type { Reporter } from './events.ts'
import type { ExpiryRole } from './expiry.ts'
import type { ResolvedSessionOptions } from './options.ts'
import type { Replica } from './replica.ts'
import type { Session } from './session.ts'
import type { ReplicationSnapshot } from './snapshot.ts'
import type { HybridClock } from './version.ts'

/** What a manager has made already. */
export interface ReplicationParts {
  readonly options: ResolvedSessionOptions
  /** This process's name for itself. */
  readonly node: string
  readonly channel: Pick<Channel, 'members' | 'send'>
  readonly replica: Replica
  readonly reporter: Reporter
  readonly versions: HybridClock
}

export interface Replication {
  /** Hears the channel from the beginning: a node that starts at the same time may ask us at once. */
  readonly listener: ChannelListener
  /** Resolves when this node may serve. */
  start(): Promise<void>
  /** Resolves when the others have what they must have. */
  stop(): Promise<void>
  /** To be called every `scanIntervalMs`. */
  maintain(now: number): void

  /** Where the others' news of a session is written: whole, at once, and closed by `end`. */
  begin(): Writer
  /** What is to be waited for, if anything. `from`: the key that the session had, where that changed. */
  end(session: Session, from?: string): Batch | undefined

  role(session: Session): ExpiryRole
  /** Whether our copy is one that is kept up to date. */
  serves(session: Session): boolean
  /** A request uses a session that another node, `from`, served before. */
  tookOver(session: Session, from: string): void
  /** Asks others for a session that is not here; undefined where that is in vain. Never rejects. */
  fetch(key: string): Promise<void> | undefined
  /** True if our copy is one too many, and may go. */
  isSpare(session: Session, now: number): boolean

  snapshot(): ReplicationSnapshot
}
