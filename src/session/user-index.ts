/**
 * Which sessions belong to one user: for showing them ("you are logged in on three devices") and for ending them all after
 * a change of password. Where this node knows all sessions, it is made of what it knows and costs no message; nodes that
 * have heard the same give the same answer. With a store, the store is asked (`persistent/claims.ts`).
 */
import { committed } from './encode-message.ts'
import { SessionError } from './errors.ts'
import type { SessionEvent } from './events.ts'
import type { SessionManager } from './manager.ts'
import type { Session } from './session.ts'

export interface UserIndexOptions {
  /** The attribute that says whose a session is; default `userId`. */
  readonly attribute?: string
  /** What of its value is the user's id; default the value itself, if it is a text or a number. */
  readonly id?: (value: unknown) => string | number | undefined
}

/** Events after which entries of sessions that were forgotten without a word are looked for; at least the index's size. */
const MIN_SWEEP = 1000

export class UserIndex {
  readonly #manager: SessionManager
  readonly #attribute: string
  readonly #id: (value: unknown) => unknown
  readonly #users = new Map<string, Set<Session>>()
  readonly #userOf = new Map<Session, string>()
  readonly #listener = (event: SessionEvent): void => this.#hear(event)
  #eventsSinceSweep = 0

  /** Throws SESSION_OPTIONS. With a store: on all nodes, before they serve, since each says whose its sessions are. */
  constructor(manager: SessionManager, options: UserIndexOptions = {}) {
    if (manager.kind === 'backup') {
      throw new SessionError(
        'SESSION_OPTIONS',
        'an index by user needs the delta manager or a store: no node has all sessions',
      )
    }
    this.#manager = manager
    this.#attribute = options.attribute ?? 'userId'
    this.#id = options.id ?? ((value) => value)
    if (manager.kind === 'persistent') {
      manager.claimFor((session) => this.#userIn(session))
      return
    }
    for (const session of manager.sessions()) this.#put(session)
    manager.on(this.#listener)
  }

  /** How many users have sessions, as far as this node knows; with a store it does not. */
  get size(): number {
    return this.#users.size
  }

  /**
   * The user's sessions that requests may use, as far as they were committed. With a store at most `limits.userSessions`;
   * rejects with SESSION_STORE and the like where it fails.
   */
  async of(userId: string | number): Promise<Session[]> {
    const user = String(userId)
    if (this.#manager.kind === 'persistent') return this.#claimedBy(user)
    const sessions = this.#users.get(user) ?? NONE
    return [...sessions].filter((session) => this.#manager.find(session.key) === session)
  }

  /**
   * Ends the user's sessions on all nodes, apart from `except` (an id, with or without its route). Resolves to how many, when
   * the other nodes have it, as with `commit`. A session that begins on another node in the same moment is not among them.
   * With a store: rejects where that does not know of all of it; the rest is tried again.
   */
  async destroyOf(userId: string | number, { except }: { readonly except?: string } = {}): Promise<number> {
    const spared = except?.split('.', 1)[0]
    const sessions = (await this.of(userId)).filter(({ key }) => key !== spared)
    await Promise.all(sessions.map((session) => this.#manager.destroy(session)))
    const failed = sessions.find(({ unsaved }) => unsaved !== undefined)
    if (failed !== undefined) throw failed.unsaved
    return sessions.length
  }

  /** Stops following the manager. */
  close(): void {
    this.#manager.off(this.#listener)
    if (this.#manager.kind === 'persistent') this.#manager.claimFor(undefined)
    this.#users.clear()
    this.#userOf.clear()
  }

  /** A claim outlives what it was made for; the session itself says whose it is. */
  async #claimedBy(user: string): Promise<Session[]> {
    const keys = await this.#manager.claimedBy(user)
    const loaded = await Promise.all(keys.map((key) => this.#manager.load(key)))
    const sessions = new Set(loaded.filter((session) => session !== undefined && this.#userIn(session) === user))
    return [...(sessions as Set<Session>)]
  }

  /** Whose a session is, as the others know it: what is not committed counts not yet. */
  #userIn(session: Session): string | undefined {
    const attribute = session.stored(this.#attribute)
    const known = attribute === undefined ? undefined : committed(attribute)
    const id = this.#id(known === undefined || known.removed ? undefined : known.read())
    return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined
  }

  #hear(event: SessionEvent): void {
    switch (event.type) {
      case 'changed':
        if (event.names.includes(this.#attribute)) this.#put(event.session)
        break
      case 'created':
      case 'moved':
        this.#put(event.session)
        break
      case 'expired':
      case 'destroyed':
        this.#remove(event.session)
        break
      default:
        return
    }
    if (++this.#eventsSinceSweep >= Math.max(MIN_SWEEP, this.#userOf.size)) this.#sweep()
  }

  #put(session: Session): void {
    const user = this.#userIn(session)
    if (user === this.#userOf.get(session)) return
    this.#remove(session)
    if (user === undefined) return
    this.#userOf.set(session, user)
    const sessions = this.#users.get(user)
    if (sessions === undefined) this.#users.set(user, new Set([session]))
    else sessions.add(session)
  }

  #remove(session: Session): void {
    const user = this.#userOf.get(session)
    if (user === undefined) return
    this.#userOf.delete(session)
    const sessions = this.#users.get(user)!
    sessions.delete(session)
    if (sessions.size === 0) this.#users.delete(user)
  }

  #sweep(): void {
    this.#eventsSinceSweep = 0
    for (const session of this.#userOf.keys()) {
      if (session.ended || session.mergedInto !== undefined) this.#remove(session)
    }
  }
}

const NONE: ReadonlySet<Session> = new Set()
