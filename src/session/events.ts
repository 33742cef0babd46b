/** Everything a manager reports, as one union told apart by `type`. Logs, dashboards and tests read the same events. */
import type { Member } from '../cluster/member.ts'
import type { SessionError } from './errors.ts'
import type { Session, SessionValues } from './session.ts'
import type { LostReason } from './state-pull.ts'

/**
 * Where a change of a session happened. Each is reported with `here` by exactly one node of a cluster that is whole, and
 * with `elsewhere` by the others.
 */
export type Origin = 'here' | 'elsewhere'

/** `Data`: what the sessions hold. */
export type SessionEvent<Data extends object = SessionValues> =
  /** The first changes of a new session were committed. */
  | { readonly type: 'created'; readonly session: Session<Data>; readonly origin: Origin }
  /** `names`: the attributes that were set or removed. */
  | {
      readonly type: 'changed'
      readonly session: Session<Data>
      readonly names: readonly string[]
      readonly origin: Origin
    }
  /** The session can still be read. `reason`: it had to make room (`whenFull`); only the node that ended it knows. */
  | { readonly type: 'expired'; readonly session: Session<Data>; readonly origin: Origin; readonly reason?: 'full' }
  /** The session can still be read. */
  | { readonly type: 'destroyed'; readonly session: Session<Data>; readonly origin: Origin }
  /** `from`: the key it had. */
  | { readonly type: 'moved'; readonly session: Session<Data>; readonly from: string; readonly origin: Origin }
  /** Nobody else is there, or none of those who are has sessions: this node begins with none. */
  | { readonly type: 'alone' }
  /** The sessions of the others are complete here. `from`: the first of those who gave. `sessions`: how many this node holds now. */
  | {
      readonly type: 'state-received'
      readonly from: Member
      readonly givers: readonly Member[]
      readonly sessions: number
    }
  /** `state-timeout`: the node serves although it may lack sessions; it goes on asking. */
  | { readonly type: 'state-timeout'; readonly waitedMs: number }
  /** A member that was asked for sessions did not give all of them; another one is asked, or this one again. */
  | { readonly type: 'state-lost'; readonly from: Member; readonly reason: LostReason }
  /** A member did not get a change. Nobody waits for it any more; it will fetch what it missed. */
  | { readonly type: 'behind'; readonly member: Member; readonly cause: unknown }
  /** A member that was behind has everything again. */
  | { readonly type: 'caught-up'; readonly member: Member }
  /** A message could not be read; nothing of it was applied. */
  | { readonly type: 'message-refused'; readonly from: Member; readonly error: SessionError }
  /** A message of a newer version of clowder; the sender was told that it arrived. */
  | { readonly type: 'message-unknown'; readonly from: Member; readonly version: number; readonly kind: number }
  /** A member's clock is ahead of ours by this much more than `limits.clockAheadMs`. Reported once per member. */
  | { readonly type: 'clock-ahead'; readonly from: Member; readonly byMs: number }
  /** A value became something that cannot be replicated; other nodes keep its last good state. */
  | { readonly type: 'value-refused'; readonly session: Session<Data>; readonly error: SessionError }
  /** The store of a persistent manager did not do what it was asked; reported once, until it is back. */
  | { readonly type: 'store-failed'; readonly error: SessionError }
  | { readonly type: 'store-back' }
  /**
   * Changes of a session that never got to the store, and are not tried again by themselves. If a request still changes it
   * here, the store gets all of it.
   */
  | { readonly type: 'change-lost'; readonly session: Session<Data>; readonly error: SessionError | undefined }
  /** A listener threw, or the function that says whose a session is; then the index lacks that session. */
  | { readonly type: 'listener-failed'; readonly error: unknown }

export type SessionListener<Data extends object = SessionValues> = (event: SessionEvent<Data>) => void

export interface ListenOptions {
  /**
   * Which of the events that have an `origin` are heard; default `everywhere`. With `here` of each session only what the
   * node did that served it: once per cluster. Then what other nodes do costs nothing.
   */
  readonly from?: 'here' | 'everywhere'
}

interface Heard {
  readonly listener: SessionListener
  readonly isLocal: boolean
}

/** Hands events to listeners. One that throws must not end a request, and not keep the others from hearing. */
export class Reporter {
  /** True when somebody listens: events that are frequent need not be made otherwise. */
  isHeard = false
  /** True when somebody wants to know what other nodes did. */
  isHeardElsewhere = false
  #listeners: readonly Heard[] = []

  add(listener: SessionListener, { from = 'everywhere' }: ListenOptions = {}): void {
    this.#set([...this.#listeners, { listener, isLocal: from === 'here' }])
  }

  remove(listener: SessionListener): void {
    this.#set(this.#listeners.filter((other) => other.listener !== listener))
  }

  report(event: SessionEvent): void {
    const isElsewhere = 'origin' in event && event.origin === 'elsewhere'
    for (const { listener, isLocal } of this.#listeners) {
      if (isLocal && isElsewhere) continue
      try {
        listener(event)
      } catch (error) {
        if (event.type !== 'listener-failed') this.report({ type: 'listener-failed', error })
      }
    }
  }

  #set(listeners: readonly Heard[]): void {
    this.#listeners = listeners
    this.isHeard = listeners.length > 0
    this.isHeardElsewhere = listeners.some(({ isLocal }) => !isLocal)
  }
}
