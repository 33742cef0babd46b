/** How the sessions of one node get to the others: what a manager needs of it, whichever way it is done. */
import type { Writer } from '../bytes/index.ts'
import type { Channel, ChannelListener } from '../cluster/channel.ts'
import type { Batch } from './batch.ts'
import { writeDelta, writeEnding, writeTouch, writeWhole } from './encode-message.ts'
import type { Reporter } from './events.ts'
import type { ExpiryRole } from './expiry.ts'
import type { Ending } from './graves.ts'
import type { ResolvedSessionOptions } from './options.ts'
import type { Replica } from './replica.ts'
import type { Session } from './session.ts'
import type { ReplicationSnapshot } from './snapshot.ts'
import type { UserDirectory } from './user-directory.ts'
import type { HybridClock, Version } from './version.ts'

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

  // What happened to a session here. Each returns what is to be waited for, if anything.

  /** The first changes of a new session; all attributes with this version were among them. */
  created(session: Session, version: Version): Batch | undefined
  /** These attributes, all with this version; if the session is `unplaced`, all that it has. */
  changed(session: Session, names: readonly string[], version: Version): Batch | undefined
  /** It is in use, and nothing else is new. */
  touched(session: Session): void
  /** It has another key now than the ending says. */
  moved(session: Session, ending: Ending): Batch | undefined
  ended(session: Session, ending: Ending): Batch | undefined

  role(session: Session): ExpiryRole
  /** Whether our copy is one that is kept up to date. */
  serves(session: Session): boolean
  /** A request uses a session that another node, `from`, served before. */
  tookOver(session: Session, from: string): void
  /**
   * Asks others for a session that is not here; undefined where that is in vain. Resolves to whether what is here of it by
   * then may be used. Rejects where a store does not answer.
   */
  fetch(key: string): Promise<boolean> | undefined
  /** A session that was fetched is served here from then on, and the others are told so. */
  readonly adopts: boolean
  /** True if our copy is one too many, and may go. */
  isSpare(session: Session, now: number): boolean

  /** Absent: this node knows all sessions. */
  readonly users?: UserDirectory

  snapshot(): ReplicationSnapshot
}

/** What replications over the channel have in common: what happened becomes entries of messages. */
export abstract class MessageReplication {
  readonly #node: string

  constructor(node: string) {
    this.#node = node
  }

  /** Where the others' news of a session is written: whole, at once, and closed by `end`. */
  protected abstract begin(): Writer
  /** `from`: the key that the session had, where that changed. */
  protected abstract end(session: Session, from?: string): Batch | undefined

  created(session: Session, version: Version): Batch | undefined {
    writeWhole(this.begin(), session, 0, version)
    return this.end(session)
  }

  changed(session: Session, names: readonly string[], version: Version): Batch | undefined {
    const writer = this.begin()
    if (session.unplaced) writeWhole(writer, session, 0, version)
    else writeDelta(writer, session, names, version, this.#node)
    return this.end(session)
  }

  touched(session: Session): void {
    writeTouch(this.begin(), session, this.#node)
    this.end(session)
  }

  moved(session: Session, ending: Ending): Batch | undefined {
    const writer = this.begin()
    writeEnding(writer, ending)
    writeWhole(writer, session, 0)
    return this.end(session, ending.key)
  }

  ended(session: Session, ending: Ending): Batch | undefined {
    writeEnding(this.begin(), ending)
    return this.end(session)
  }
}
