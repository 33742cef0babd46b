/**
 * One session as this node holds it: versioned attributes and the facts that decide when it ends. It knows how writes of
 * this process and of other nodes come together; who is told, and when, is the manager's business.
 *
 * Merging takes the later version of each attribute, the greatest access time and the smallest creation time, so nodes
 * that have seen the same writes agree, in whatever order and how often those came.
 */
import { Attribute } from './attribute.ts'
import { attributeCount, findAttribute, NO_ATTRIBUTES, withAttribute, withoutAttribute } from './attribute-table.ts'
import type { Batch } from './batch.ts'
import { SessionError } from './errors.ts'
import type { SessionLimits } from './options.ts'
import { encodeObject, isScalar, isWellFormed } from './value-codec.ts'
import { compareVersions, NO_VERSION, type Version } from './version.ts'

/** Names that begin so are ours: they replicate like others and are not shown to the application. */
export const RESERVED_PREFIX = '\0'
export type ReservedName = `${typeof RESERVED_PREFIX}${string}`

/** To be called once per name, not with each use: who joins two texts to look something up also hashes the result. */
export function reservedName(name: string): ReservedName {
  return `${RESERVED_PREFIX}${name}`
}

/** The session's own idle time in ms, where it differs from the manager's. */
export const MAX_INACTIVE = reservedName('maxInactiveInterval')

export const MAX_ATTRIBUTE_NAME_CHARS = 256

const NONE: readonly string[] = []

/** What a session may hold, where nothing more is said: any names. */
export type SessionValues = Record<string, unknown>

/**
 * `Data`: the application's attributes and their types; each may be absent. Nothing checks them where they come from other
 * nodes: all nodes of a cluster run the same application.
 */
export class Session<Data extends object = SessionValues> {
  key: string
  /** Epoch ms, by the clock of the node that created it. */
  createdMs: number
  /** Epoch ms of the last request, by the clock of the node that served it; never goes back. */
  accessedMs: number
  /** The node that served it last. */
  owner: string
  /** The same moment on this process's monotonic clock: what idle time is measured by, since wall clocks jump. */
  touchedAt: number
  /** When it was created, on this process's monotonic clock; for sessions of other nodes as far as those can say. */
  bornAt: number
  /** When the others last learned that the session is in use; monotonic. */
  toldAt = Number.NEGATIVE_INFINITY
  /** False while we know only what changed since some moment that we missed: such a session is not served. */
  complete: boolean
  /** The others have heard of it. */
  announced = false
  /** The batch with its last change, where somebody may wait for that. */
  batch: Batch | undefined
  /** Destroyed or expired. A request that still holds it may go on reading; its writes go nowhere. */
  ended = false
  /** Backup manager: no longer among ours, because it lives elsewhere. A request may still hold it and write. */
  away = false
  /**
   * Backup manager: not one that this node keeps, when it last heard of it; so it may have changed since. Should the node
   * come to keep it, because another has gone, it asks before it serves that.
   */
  mayBeOld = false
  /** Who keeps it does not have all of it, and must hear all with the next change: new backups, or a store. */
  unplaced = false
  /** Persistent manager: why the store does not have its last changes; they are tried again. */
  unsaved: SessionError | undefined
  /** The replica's change counter when it last changed; see `replica.ts`. */
  changedAt = 0
  /** Set when two nodes renamed one session and their copies became one. */
  mergedInto: Session<Data> | undefined
  maxInactiveMs: number
  #attributes = NO_ATTRIBUTES
  #pending: string[] | undefined
  #bytes = 0
  #removed = 0

  constructor(key: string, createdMs: number, owner: string, touchedAt: number, maxInactiveMs: number) {
    this.key = key
    this.createdMs = createdMs
    this.accessedMs = createdMs
    this.owner = owner
    this.touchedAt = touchedAt
    this.bornAt = touchedAt
    this.maxInactiveMs = maxInactiveMs
    this.complete = false
  }

  /** A value for looking at. Changes made inside it are not noticed; use a visit for that. */
  get<K extends keyof Data & string>(name: K): Data[K] | undefined {
    return this.attribute(name)?.read() as Data[K] | undefined
  }

  /** The application's attributes, in the order in which this node learned of them. */
  names(): string[] {
    const names: string[] = []
    for (const attribute of this.#attributes.values()) {
      if (!attribute.removed && !attribute.name.startsWith(RESERVED_PREFIX)) names.push(attribute.name)
    }
    return names
  }

  attribute(name: string): Attribute | undefined {
    const attribute = findAttribute(this.#attributes, name)
    return attribute === undefined || attribute.removed ? undefined : attribute
  }

  /** As {@link attribute}, but also a removed one. */
  stored(name: string): Attribute | undefined {
    return findAttribute(this.#attributes, name)
  }

  /** All, removed and reserved ones included. */
  attributes(): Iterable<Attribute> {
    return this.#attributes.values()
  }

  get attributeCount(): number {
    return attributeCount(this.#attributes)
  }

  get bytes(): number {
    return this.#bytes
  }

  get hasPending(): boolean {
    return this.#pending !== undefined
  }

  /** Sets an attribute. Returns it when its value may change later without our knowing, else undefined. */
  write(name: string, value: unknown, limits: SessionLimits): Attribute | undefined {
    const current = findAttribute(this.#attributes, name)
    if (isScalar(value)) {
      if (current?.holds(value)) return undefined
      const next = Attribute.ofScalar(name, value)
      this.#admit(current, next, limits)
      this.#replace(current, next)
      return undefined
    }
    if (current?.holds(value)) return current
    const next = Attribute.ofObject(name, value, encodeObject(name, value))
    this.#admit(current, next, limits)
    this.#replace(current, next)
    return next
  }

  /** False when there was no such attribute. */
  remove(name: string, limits: SessionLimits): boolean {
    const current = findAttribute(this.#attributes, name)
    if (current === undefined || current.removed) return false
    if (current.version === NO_VERSION) {
      // Nobody else has ever heard of it.
      this.#attributes = withoutAttribute(this.#attributes, name)
      this.#bytes -= current.size
      this.#pending = this.#pending?.filter((other) => other !== name)
      if (this.#pending?.length === 0) this.#pending = undefined
      return true
    }
    this.#replace(current, Attribute.ofRemoval(name))
    this.#removed++
    this.limitRemoved(limits.removedAttributes)
    return true
  }

  /** Forgets the oldest removals where more than `max` are remembered; half of them, so that this is seldom. */
  limitRemoved(max: number): void {
    if (this.#removed > max) this.#forgetRemoved(max >> 1)
  }

  /**
   * Looks whether an object that the application was handed has become another. Returns why the value cannot be
   * replicated any more, if so; the other nodes then keep what they have.
   */
  notice(lent: Attribute, limits: SessionLimits): SessionError | undefined {
    const current = findAttribute(this.#attributes, lent.name)
    // An attribute that was set anew here has left the old object behind, whatever happens inside that.
    if (current !== lent && (!lent.overtaken || current?.pending)) return undefined
    try {
      const bytes = lent.changedBytes()
      if (bytes === undefined) return undefined
      // Another node wrote the attribute while the application changed our copy: ours is the later write.
      const next = current === lent ? lent : Attribute.ofObject(lent.name, lent.read(), bytes)
      this.#admitBytes(lent.name, bytes.length - (current?.size ?? 0), bytes.length, limits)
      this.#bytes += lent.name.length + bytes.length - (current?.size ?? 0)
      next.bytes = bytes
      if (next !== lent) {
        next.version = current?.version ?? NO_VERSION
        next.known = current
        if (current?.removed) this.#removed--
        this.#attributes = withAttribute(this.#attributes, next)
        lent.overtaken = false
      }
      this.#note(next)
      return undefined
    } catch (error) {
      if (error instanceof SessionError) return error
      throw error
    }
  }

  /** The version that the pending writes must beat. */
  above(): Version {
    let above = NO_VERSION
    for (const name of this.#pending ?? NONE) {
      const version = findAttribute(this.#attributes, name)!.version
      if (compareVersions(version, above) > 0) above = version
    }
    return above
  }

  /** Gives all pending writes their version. Returns their names. */
  commit(version: Version): readonly string[] {
    const names = this.#pending ?? NONE
    this.#pending = undefined
    for (const name of names) {
      const attribute = findAttribute(this.#attributes, name)!
      attribute.version = version
      attribute.pending = false
      attribute.known = undefined
    }
    return names
  }

  /** Merges one attribute of another node. True if it was news. Takes the attribute over. */
  merge(theirs: Attribute): boolean {
    const ours = findAttribute(this.#attributes, theirs.name)
    if (ours !== undefined) {
      if (compareVersions(theirs.version, ours.version) <= 0) return false
      if (ours.pending) {
        // Our write comes after all that we have seen. Until it is committed, theirs is what we have to tell.
        ours.version = theirs.version
        ours.known = theirs
        return true
      }
      ours.overtaken = true
      this.#bytes -= ours.size
      if (ours.removed) this.#removed--
    }
    this.#attributes = withAttribute(this.#attributes, theirs)
    this.#bytes += theirs.size
    if (theirs.removed) this.#removed++
    if (theirs.name === MAX_INACTIVE) this.#takeInterval(theirs)
    return true
  }

  /**
   * Merges what another node knows of requests to the session. `touchedAt` is our monotonic time of the last one. True if
   * it knew of a later one.
   */
  mergeAccess(accessedMs: number, owner: string, touchedAt: number): boolean {
    if (touchedAt > this.touchedAt) this.touchedAt = touchedAt
    if (accessedMs < this.accessedMs || (accessedMs === this.accessedMs && owner <= this.owner)) return false
    this.accessedMs = accessedMs
    this.owner = owner
    return true
  }

  /** For how long nobody has used it, as messages say it: whole ms. */
  idleMs(now: number): number {
    return Math.max(0, Math.floor(now - this.touchedAt))
  }

  /** Takes over what another copy of the same session holds; for {@link mergedInto}. */
  absorb(other: Session<Data>): void {
    for (const attribute of other.#attributes.values()) {
      if (attribute.pending) {
        if (attribute.known !== undefined) this.merge(attribute.known)
        attribute.pending = false
        attribute.known = undefined
        this.#replace(findAttribute(this.#attributes, attribute.name), attribute)
      } else {
        this.merge(attribute)
      }
    }
    this.mergeAccess(other.accessedMs, other.owner, other.touchedAt)
    this.createdMs = Math.min(this.createdMs, other.createdMs)
    this.bornAt = Math.min(this.bornAt, other.bornAt)
    // One that is whole and up to date is enough.
    this.mayBeOld = (this.mayBeOld || !this.complete) && (other.mayBeOld || !other.complete)
    this.complete ||= other.complete
    other.mergedInto = this
  }

  #replace(current: Attribute | undefined, next: Attribute): void {
    if (current !== undefined) {
      next.version = current.version
      next.pending = current.pending
      next.known = current.pending ? current.known : current
      this.#bytes -= current.size
      if (current.removed) this.#removed--
    }
    this.#attributes = withAttribute(this.#attributes, next)
    this.#bytes += next.size
    if (next.name === MAX_INACTIVE) this.#takeInterval(next)
    this.#note(next)
  }

  #takeInterval({ removed, scalar }: Attribute): void {
    // What is no number would never end, and never be served.
    if (!removed && typeof scalar === 'number' && !Number.isNaN(scalar)) this.maxInactiveMs = scalar
  }

  #note(attribute: Attribute): void {
    if (attribute.pending) return
    attribute.pending = true
    if (this.#pending === undefined) this.#pending = [attribute.name]
    else this.#pending.push(attribute.name)
  }

  #admit(current: Attribute | undefined, next: Attribute, limits: SessionLimits): void {
    const { name } = next
    if (current === undefined) {
      if (name === '' || name.length > MAX_ATTRIBUTE_NAME_CHARS || !isWellFormed(name)) {
        const fact = `a session attribute name must be well-formed text of 1 to ${MAX_ATTRIBUTE_NAME_CHARS} characters, this has ${name.length}`
        throw new SessionError('SESSION_NAME', fact, { attribute: name })
      }
      if (attributeCount(this.#attributes) >= limits.attributes) this.#forgetRemoved(0)
      if (attributeCount(this.#attributes) >= limits.attributes) {
        const fact = `session attribute "${name}" would be one more than limits.attributes (${limits.attributes})`
        throw new SessionError('SESSION_TOO_LARGE', fact, { attribute: name })
      }
    }
    this.#admitBytes(name, next.size - (current?.size ?? 0), next.size - name.length, limits)
  }

  #admitBytes(name: string, growth: number, valueBytes: number, limits: SessionLimits): void {
    if (valueBytes > limits.attributeBytes) {
      const fact = `session attribute "${name}" has ${valueBytes} bytes, over limits.attributeBytes (${limits.attributeBytes})`
      throw new SessionError('SESSION_ATTRIBUTE_TOO_LARGE', fact, { attribute: name })
    }
    if (growth > 0 && this.#bytes + growth > limits.sessionBytes) {
      const fact = `with session attribute "${name}" the session has ${this.#bytes + growth} bytes, over limits.sessionBytes (${limits.sessionBytes})`
      throw new SessionError('SESSION_TOO_LARGE', fact, { attribute: name })
    }
  }

  /** Keeps the `keep` latest removals that are not pending. */
  #forgetRemoved(keep: number): void {
    const removed = [...this.#attributes.values()].filter((attribute) => attribute.removed && !attribute.pending)
    removed.sort((a, b) => compareVersions(b.version, a.version))
    for (const attribute of removed.slice(keep)) {
      this.#attributes = withoutAttribute(this.#attributes, attribute.name)
      this.#bytes -= attribute.size
      this.#removed--
    }
  }
}
