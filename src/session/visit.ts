/**
 * One request's visit to a session. It begins without a session if the request has none, and makes one with the first
 * write; so looking costs nothing and leaves nothing. It remembers which objects it has handed out, because only those
 * can have changed unseen: a visit that reads only texts and numbers has nothing to compare at its end.
 *
 * Visits of one process to one session share its values: what one writes, the others read at once, and none undoes
 * another's write.
 */
import type { Attribute } from './attribute.ts'
import { SessionError } from './errors.ts'
import type { SessionManager } from './manager.ts'
import { MAX_INACTIVE, RESERVED_PREFIX, type ReservedName, type Session, type SessionValues } from './session.ts'

const NOTHING: readonly Attribute[] = []

/** `Data`: the application's attributes and their types; see `Session`. */
export class Visit<Data extends object = SessionValues> {
  readonly #manager: SessionManager<Data>
  #session: Session<Data> | undefined
  #lent: Attribute[] | undefined
  /** Of the session to come. */
  #key: string | undefined
  #refused: SessionError | undefined

  constructor(manager: SessionManager<Data>, session: Session<Data> | undefined) {
    this.#manager = manager
    this.#session = session
  }

  /** Undefined until something is written in a request that had none. */
  get session(): Session<Data> | undefined {
    while (this.#session?.mergedInto !== undefined) this.#session = this.#session.mergedInto
    return this.#session
  }

  /** The session's key; of the session that a first write would make, if there is none. */
  get key(): string {
    if (this.#session !== undefined) return this.session!.key
    this.#key ??= this.#manager.newKey()
    return this.#key
  }

  get<K extends keyof Data & string>(name: K): Data[K] | undefined {
    const attribute = this.session?.attribute(name)
    if (attribute === undefined) return undefined
    const value = attribute.read()
    if (!attribute.isScalar) this.#lend(attribute)
    return value as Data[K]
  }

  /** As `get`, for looking at: a change inside the value is not noticed. */
  peek<K extends keyof Data & string>(name: K): Data[K] | undefined {
    return this.session?.get(name)
  }

  has(name: keyof Data & string): boolean {
    return this.session?.attribute(name) !== undefined && !name.startsWith(RESERVED_PREFIX)
  }

  /** Throws a SessionError when the value cannot be replicated or is too large. */
  set<K extends keyof Data & string>(name: K, value: Data[K]): void {
    if (name.startsWith(RESERVED_PREFIX)) {
      throw new SessionError('SESSION_NAME', 'a session attribute name begins with NUL', { attribute: name })
    }
    this.#write(name, value)
  }

  delete(name: keyof Data & string): boolean {
    return this.session?.remove(name, this.#manager.limits) ?? false
  }

  names(): string[] {
    return this.session?.names() ?? []
  }

  /** Attributes for the use of adapters: replicated, and not shown among the application's. `value` undefined removes. */
  setReserved(name: ReservedName, value: unknown): void {
    if (value === undefined) this.delete(name as keyof Data & string)
    else this.#write(name, value)
  }

  getReserved(name: ReservedName): unknown {
    return this.get(name as keyof Data & string)
  }

  /** After how much idle time the session ends, if that is not what the manager says; 0 or less = never. */
  setMaxInactiveInterval(ms: number): void {
    if (ms !== this.session?.maxInactiveMs) this.#write(MAX_INACTIVE, ms)
  }

  /**
   * Tells the cluster what changed. To be called when the request ends; may be called before, too. Undefined when there
   * is nothing to wait for, else a promise that never rejects.
   */
  commit(): Promise<void> | undefined {
    const { session } = this
    if (session === undefined) return undefined
    this.#refused = undefined
    for (const attribute of this.#lent ?? NOTHING)
      this.#refused = this.#manager.notice(session, attribute) ?? this.#refused
    return this.#manager.commit(session)
  }

  /** Why the last `commit` left out a value: it has become something that cannot be replicated. */
  get refused(): SessionError | undefined {
    return this.#refused
  }

  #write(name: string, value: unknown): void {
    const lent = this.session?.write(name, value, this.#manager.limits) ?? this.#beginWith(name, value)
    if (lent !== undefined) this.#lend(lent)
  }

  #beginWith(name: string, value: unknown): Attribute | undefined {
    if (this.#session !== undefined) return undefined
    const session = this.#manager.create(this.#key)
    try {
      const lent = session.write(name, value, this.#manager.limits)
      this.#session = session
      return lent
    } catch (error) {
      // A value that is refused makes no session.
      void this.#manager.destroy(session)
      throw error
    }
  }

  #lend(attribute: Attribute): void {
    if (this.#lent === undefined) this.#lent = [attribute]
    else if (!this.#lent.includes(attribute)) this.#lent.push(attribute)
  }
}
