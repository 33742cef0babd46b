/**
 * All sessions as this node knows them, and how they change: by requests here and by records of other nodes. No socket,
 * no timer, no message: it is told what happened and answers what that did. Every way in which records come together is
 * commutative and idempotent, with one exception: an expired session drops its attributes here, and if another node
 * knows of a later request, the rest has to be fetched from there (`complete` is false until then).
 */

import type { Attribute } from './attribute.ts'
import { type Ending, Graves } from './graves.ts'
import type { ResolvedSessionOptions } from './options.ts'
import { Session } from './session.ts'
import { compareVersions } from './version.ts'

/** What a message says about one session. */
export type Entry = SessionEntry | ({ readonly type: 'ending' } & Ending)

export interface SessionEntry {
  readonly type: 'session'
  readonly key: string
  /** All attributes are here, not only those that changed. */
  readonly full: boolean
  readonly createdMs: number
  readonly accessedMs: number
  /** The node that served the session last. */
  readonly owner: string
  /** How long before the message was made that was. */
  readonly idleMs: number
  /** Empty: only the access is news. */
  readonly attributes: readonly Attribute[]
}

/** What another node's entry did here. */
export interface ReplicaSink {
  created(session: Session): void
  changed(session: Session, brought: readonly Attribute[]): void
  ended(session: Session, fate: 'destroyed' | 'expired'): void
  /** `owner`: who served it under its old key, as far as was known here. */
  moved(session: Session, from: string, owner: string): void
  /** A change of a session of which we lack the rest. */
  incomplete(session: Session): void
  /** A session that had expired here is in use elsewhere, perhaps under another key than it had. */
  revived(key: string): void
}

/** A session renamed again and again while messages are late; more hops than this are not followed. */
const MAX_HOPS = 8

export class Replica {
  readonly sessions = new Map<string, Session>()
  readonly graves: Graves
  /** Counts changes of any origin, told accesses included: "what changed since" is asked by this. */
  changes = 0
  /** See `ManagerCounts`. */
  conflicts = 0
  readonly #options: ResolvedSessionOptions

  constructor(options: ResolvedSessionOptions) {
    this.#options = options
    this.graves = new Graves(options.limits.tombstones, options.tombstoneMs)
  }

  // ---- where a key leads ----

  /** The endings that a key has come to: where it moved, where that moved, and so on. */
  endingsFrom(key: string): readonly Ending[] {
    const endings: Ending[] = []
    let grave = this.graves.get(key)
    while (grave !== undefined && endings.length < MAX_HOPS) {
      endings.push(grave)
      grave = grave.fate === 'moved' ? this.graves.get(grave.to) : undefined
    }
    return endings
  }

  /** The session that has or had this key, if it is here. */
  heldUnder(key: string): Session | undefined {
    const session = this.sessions.get(key)
    if (session !== undefined) return session
    const last = this.endingsFrom(key).at(-1)
    return last?.fate === 'moved' ? this.sessions.get(last.to) : undefined
  }

  // ---- what happens here ----

  create(key: string, nowMs: number, owner: string, now: number): Session {
    const session = new Session(key, nowMs, owner, now, this.#options.maxInactiveIntervalMs)
    session.complete = true
    this.sessions.set(key, session)
    this.changed(session)
    return session
  }

  /** A session that was changed here or merged, or of which the others are told that it is in use. */
  changed(session: Session): void {
    session.changedAt = ++this.changes
  }

  /** Removes a session for good and remembers why. */
  end(session: Session, fate: 'destroyed' | 'expired', now: number): Ending {
    const ending: Ending = { key: session.key, fate, accessedMs: session.accessedMs, to: '' }
    this.forget(session)
    this.#dig(ending, now)
    return ending
  }

  /** Removes our copy; if it turns out to be in use elsewhere, it comes back. */
  forget(session: Session): void {
    session.ended = true
    this.sessions.delete(session.key)
  }

  /** Removes our copy, as `forget`; but a request that holds it may still write to it, see `recall`. */
  release(session: Session): void {
    session.away = true
    this.sessions.delete(session.key)
  }

  /** A session that was released is written to after all. Whatever came here meanwhile takes it up. */
  recall(session: Session): void {
    session.away = false
    const other = this.sessions.get(session.key)
    if (this.graves.get(session.key) !== undefined) session.ended = true
    else if (other === undefined) this.sessions.set(session.key, session)
    else other.absorb(session)
  }

  /** A session that nobody has heard of gets another key. */
  rekey(session: Session, to: string): void {
    this.sessions.delete(session.key)
    session.key = to
    this.sessions.set(to, session)
  }

  rename(session: Session, to: string, now: number): Ending {
    const ending: Ending = { key: session.key, fate: 'moved', accessedMs: session.accessedMs, to }
    this.rekey(session, to)
    this.changed(session)
    this.#dig(ending, now)
    return ending
  }

  // ---- what other nodes say ----

  apply(entry: Entry, now: number, sink: ReplicaSink): void {
    if (entry.type === 'session') this.#applySession(entry, now, sink)
    else this.#applyEnding(entry, now, sink)
  }

  #applySession(entry: SessionEntry, now: number, sink: ReplicaSink): void {
    const key = this.#livingKey(entry.key, entry.accessedMs, sink)
    if (key === undefined) return
    let session = this.sessions.get(key)
    const isNew = session === undefined
    if (session === undefined) {
      session = new Session(key, entry.createdMs, entry.owner, now - entry.idleMs, this.#options.maxInactiveIntervalMs)
      // The one moment when an age is taken from wall clocks: mostly that of a session which has just begun.
      session.bornAt -= Math.max(0, entry.accessedMs - entry.createdMs)
      session.announced = true
      this.sessions.set(key, session)
    }
    const isUsed = session.mergeAccess(entry.accessedMs, entry.owner, now - entry.idleMs)
    if (entry.createdMs < session.createdMs) session.createdMs = entry.createdMs
    let changes = 0
    let older = 0
    for (const attribute of entry.attributes) {
      if (session.merge(attribute)) changes++
      else if (isOlder(attribute, session.stored(attribute.name), entry.full)) older++
    }
    const completed = entry.full && !session.complete
    // A whole session that is older throughout is merely an old copy, and so is what completes one; a change is news.
    if (older > 0 && (entry.full ? changes > 0 && !completed : true)) this.conflicts++
    if (completed) session.complete = true
    if (changes > 0) session.limitRemoved(this.#options.limits.removedAttributes)
    if (changes > 0 || isNew || isUsed || completed) this.changed(session)
    if (!session.complete) sink.incomplete(session)
    else if (completed) sink.created(session)
    else if (changes > 0) sink.changed(session, entry.attributes)
  }

  #applyEnding(entry: Ending, now: number, sink: ReplicaSink): void {
    if (entry.fate === 'destroyed') this.#destroy(entry.key, now, sink)
    else if (entry.fate === 'moved') this.#move(entry, now, sink)
    else this.#expire(entry, now, sink)
  }

  #expire(entry: Ending, now: number, sink: ReplicaSink): void {
    const { key, accessedMs } = entry
    const session = this.sessions.get(key)
    // It has been used since, which that node did not know.
    if (session !== undefined && session.accessedMs > accessedMs) return
    const grave = this.graves.get(key)
    if (grave !== undefined && (grave.fate !== 'expired' || grave.accessedMs >= accessedMs)) return
    this.#dig(entry, now)
    if (session === undefined) return
    this.forget(session)
    sink.ended(session, 'expired')
  }

  /**
   * Of two nodes that renamed one session at the same time the greater new key wins, and the other one moves there, too:
   * any rule will do that is the same everywhere. A loop, because that move may meet a third one.
   */
  #move(first: Ending, now: number, sink: ReplicaSink): void {
    for (let move = first; ; ) {
      const grave = this.graves.get(move.key)
      if (grave?.fate === 'destroyed') {
        this.#destroy(move.to, now, sink)
        return
      }
      if (grave?.fate !== 'moved') {
        this.#dig(move, now)
        const session = this.sessions.get(move.key)
        if (session !== undefined) this.#settle(session, move.to, sink)
        else if (grave?.fate === 'expired') sink.revived(move.to)
        return
      }
      if (grave.to === move.to) return
      const [loser, winner] = grave.to < move.to ? [grave.to, move.to] : [move.to, grave.to]
      if (winner !== grave.to) this.#dig({ ...move, to: winner }, now)
      move = { ...move, key: loser, to: winner }
    }
  }

  /** A session that had moved on is destroyed where it went. A loop, because a chain of moves may be of any length. */
  #destroy(first: string, now: number, sink: ReplicaSink): void {
    for (let key = first; ; ) {
      const grave = this.graves.get(key)
      if (grave?.fate === 'destroyed') return
      const session = this.sessions.get(key)
      this.#dig({ key, fate: 'destroyed', accessedMs: 0, to: '' }, now)
      if (session !== undefined) {
        this.forget(session)
        sink.ended(session, 'destroyed')
      }
      if (grave?.fate !== 'moved') return
      key = grave.to
    }
  }

  /** Under which key an entry is to be merged, or undefined if that session is over. */
  #livingKey(key: string, accessedMs: number, sink: ReplicaSink): string | undefined {
    let at = key
    for (let hop = 0; hop < MAX_HOPS; hop++) {
      const grave = this.graves.get(at)
      if (grave === undefined) return at
      if (grave.fate === 'destroyed') return undefined
      if (grave.fate === 'expired') {
        if (accessedMs <= grave.accessedMs) return undefined
        this.graves.open(at)
        sink.revived(at)
        return at
      }
      at = grave.to
    }
    return undefined
  }

  /** Puts a session under another key, where it may meet a copy of itself, or its end. */
  #settle(session: Session, to: string, sink: ReplicaSink): void {
    const from = session.key
    this.sessions.delete(from)
    const key = this.#livingKey(to, session.accessedMs, sink)
    if (key === undefined) {
      session.ended = true
      sink.ended(session, 'destroyed')
      return
    }
    const other = this.sessions.get(key)
    if (other !== undefined) {
      other.absorb(session)
      this.changed(other)
    } else {
      session.key = key
      this.sessions.set(key, session)
      this.changed(session)
    }
    sink.moved(other ?? session, from, session.owner)
  }

  #dig(ending: Ending, now: number): void {
    this.graves.dig(ending, now, ++this.changes)
  }
}

/** `ofAnybody`: also one that its writer has replaced itself; of changes, such a one is merely late. */
function isOlder({ version }: Attribute, ours: Attribute | undefined, ofAnybody: boolean): boolean {
  if (ours === undefined || compareVersions(version, ours.version) >= 0) return false
  return ofAnybody || ours.version.node !== version.node
}
