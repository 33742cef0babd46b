/**
 * Which sessions belong to one user: for showing them ("you are logged in on three devices") and for ending them all after
 * a change of password. Where this node knows all sessions, it is made of what it knows and costs no message; nodes that
 * have heard the same give the same answer. With the backup manager the other nodes are asked (`user-questions.ts`), with a
 * store the store (`persistent/claims.ts`).
 */
import { committed } from './encode-message.ts'
import { SessionError } from './errors.ts'
import type { SessionEvent } from './events.ts'
import type { SessionManager } from './manager.ts'
import type { Session, SessionValues } from './session.ts'
import { type IndexedUsers, MAX_USER_CHARS, type UserDirectory } from './user-directory.ts'
import { isWellFormed } from './value-codec.ts'

export interface UserIndexOptions {
  /** The attribute that says whose a session is; default `userId`. */
  readonly attribute?: string
  /**
   * What of its value is the user's id; default the value itself. A number is the same as its text; what is neither, or
   * longer than 1024 characters or no proper Unicode, is nobody's.
   */
  readonly id?: (value: unknown) => string | number | undefined
}

/** Events after which entries of sessions that were forgotten without a word are looked for; at least the index's size. */
const MIN_SWEEP = 1000
/** Sessions of other nodes that are looked at together. */
const LOOKS_AT_ONCE = 64

export class UserIndex<Data extends object = SessionValues> implements IndexedUsers {
  readonly #manager: SessionManager<Data>
  readonly attribute: string
  readonly #id: (value: unknown) => unknown
  readonly #users = new Map<string, Set<Session<Data>>>()
  readonly #userOf = new Map<Session<Data>, string>()
  readonly #listener = (event: SessionEvent<Data>): void => this.#hear(event)
  /** Where sessions are found that are not here. */
  readonly #directory: UserDirectory | undefined
  readonly #leave: (() => void) | undefined
  #eventsSinceSweep = 0

  /** On all nodes, before they serve, where a node does not know all sessions: each says whose its own are. */
  constructor(manager: SessionManager<Data>, options: UserIndexOptions = {}) {
    this.#manager = manager
    this.attribute = options.attribute ?? 'userId'
    this.#id = options.id ?? ((value) => value)
    this.#directory = manager.users
    this.#leave = this.#directory?.join(this)
    if (manager.kind === 'persistent') return
    for (const session of manager.sessions()) this.#put(session)
    manager.on(this.#listener)
  }

  /** How many users have sessions, as far as this node knows; with a store it does not. */
  get size(): number {
    return this.#users.size
  }

  /**
   * The user's sessions that requests may use, as far as they were committed; they do not count as used, nor move. With a
   * store at most `limits.userSessions`. Rejects where some may be missing: SESSION_UNANSWERED, or with a store
   * SESSION_STORE and the like.
   */
  async of(userId: string | number): Promise<Session<Data>[]> {
    const user = String(userId)
    const { refusal } = this.#manager
    if (refusal !== undefined) throw refusal
    const here = this.#here(user)
    return this.#directory === undefined || user.length > MAX_USER_CHARS
      ? here
      : this.#everywhere(this.#directory, user)
  }

  /**
   * Ends the user's sessions on all nodes, apart from `except` (an id, with or without its route). Resolves to how many, when
   * the other nodes have it, as with `commit`. A session that begins on another node in the same moment is not among them.
   * Rejects as `of` does; with a store also where that does not know of all of it; the rest is tried again.
   */
  async destroyOf(userId: string | number, { except }: { readonly except?: string } = {}): Promise<number> {
    const spared = except?.split('.', 1)[0]
    const sessions = (await this.of(userId)).filter(({ key }) => key !== spared)
    await Promise.all(sessions.map((session) => this.#manager.destroy(session)))
    const failed = sessions.find(({ unsaved }) => unsaved !== undefined)
    if (failed !== undefined) throw failed.unsaved
    return sessions.length
  }

  /** Also of copies that this node would not serve without asking: perhaps nobody else has one. */
  keysOf(user: string): string[] {
    return [...(this.#users.get(user) ?? NONE)].filter((session) => !isGone(session)).map(({ key }) => key)
  }

  /** Stops following the manager. */
  close(): void {
    this.#manager.off(this.#listener)
    this.#leave?.()
    this.#users.clear()
    this.#userOf.clear()
  }

  #here(user: string): Session<Data>[] {
    const sessions = this.#users.get(user) ?? NONE
    return [...sessions].filter((session) => this.#manager.find(session.key) === session)
  }

  /** Whoever named a key may have been wrong; the session itself says whose it is. */
  async #everywhere(directory: UserDirectory, user: string): Promise<Session<Data>[]> {
    const named = await directory.keysOf(this.attribute, user)
    const keys = [...new Set([...named, ...this.keysOf(user)])]
    const found = new Set<Session<Data>>()
    for (let at = 0; at < keys.length; at += LOOKS_AT_ONCE) {
      const some = keys.slice(at, at + LOOKS_AT_ONCE)
      const looked = await Promise.all(some.map((key) => this.#manager.look(key)))
      for (const [i, session] of looked.entries()) {
        if (session !== undefined && this.userOf(session) === user) found.add(session)
        if (session === undefined && directory.lacks(some[i]!)) {
          throw new SessionError('SESSION_UNANSWERED', 'a session that another node has named could not be had')
        }
      }
    }
    return [...found]
  }

  /** Whose a session is, as the others know it: what is not committed counts not yet. */
  userOf(session: Session<object>): string | undefined {
    const attribute = session.stored(this.attribute)
    const known = attribute === undefined ? undefined : committed(attribute)
    const id = this.#id(known === undefined || known.removed ? undefined : known.read())
    if (typeof id === 'number') return String(id)
    return typeof id === 'string' && id.length <= MAX_USER_CHARS && isWellFormed(id) ? id : undefined
  }

  #hear(event: SessionEvent<Data>): void {
    switch (event.type) {
      case 'changed':
        if (event.names.includes(this.attribute)) this.#put(event.session)
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

  #put(session: Session<Data>): void {
    const user = this.userOf(session)
    if (user === this.#userOf.get(session)) return
    this.#remove(session)
    if (user === undefined) return
    this.#userOf.set(session, user)
    const sessions = this.#users.get(user)
    if (sessions === undefined) this.#users.set(user, new Set([session]))
    else sessions.add(session)
  }

  #remove(session: Session<Data>): void {
    const user = this.#userOf.get(session)
    if (user === undefined) return
    this.#userOf.delete(session)
    const sessions = this.#users.get(user)!
    sessions.delete(session)
    if (sessions.size === 0) this.#users.delete(user)
  }

  #sweep(): void {
    this.#eventsSinceSweep = 0
    for (const session of this.#userOf.keys()) if (isGone(session)) this.#remove(session)
  }
}

const NONE: ReadonlySet<never> = new Set()

function isGone({ ended, away, mergedInto }: Session<object>): boolean {
  return ended || away || mergedInto !== undefined
}
