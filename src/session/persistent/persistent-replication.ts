/**
 * Sessions in a store that all nodes share, for those who have outgrown memory replication. A node holds a session only
 * while requests work with it: each request reads it once, and tells the store what it changed. Nobody else is told; who
 * wants to know asks the store. What is read meets what is here as it does with every manager (`replica.ts`); how changes
 * meet in the store is `store.ts`.
 */
import type { ChannelListener } from '../../cluster/channel.ts'
import type { Attribute } from '../attribute.ts'
import type { Batch } from '../batch.ts'
import { committed } from '../encode-message.ts'
import type { SessionError } from '../errors.ts'
import type { ExpiryRole } from '../expiry.ts'
import type { Ending } from '../graves.ts'
import { BITS } from '../options.ts'
import type { ReplicaSink } from '../replica.ts'
import type { Replication, ReplicationParts } from '../replication.ts'
import type { Session } from '../session.ts'
import type { ReplicationSnapshot } from '../snapshot.ts'
import type { IndexedUsers, UserDirectory } from '../user-directory.ts'
import type { Version } from '../version.ts'
import { Claims } from './claims.ts'
import { moveStored } from './move-stored.ts'
import type { Ended, Living, OpenStore, Outcome, StoredChange, StoredTimes } from './store.ts'
import { StoreCalls } from './store-calls.ts'
import { decodeField, encodeField } from './stored-field.ts'
import { type Job, Unsaved } from './unsaved.ts'

/** How long a session stays here after the last request: as long as most requests last. */
const KEEP_MS = 5000
/** A session renamed again and again; more keys than this are not followed. */
const MAX_HOPS = 8
/** Sessions whose changes are tried again at once. */
const RETRIES_AT_ONCE = 64
/** Longest pause between two attempts. */
const MAX_RETRY_MS = 30_000

export class PersistentReplication implements Replication, UserDirectory {
  readonly listener: ChannelListener = {}
  readonly adopts = false
  readonly #parts: ReplicationParts
  readonly #store: OpenStore
  readonly #calls: StoreCalls
  readonly #claims: Claims
  readonly #unsaved = new Map<Session, Unsaved>()
  /** Those of them that failed and wait for another attempt. */
  readonly #failed = new Set<Session>()
  /** What is not tried again by itself, as long as somebody holds the session. */
  readonly #givenUp = new WeakMap<Session, Unsaved>()
  /** When the store last said that it has a session, by `#step`. */
  readonly #seenAt = new WeakMap<Session, number>()
  readonly #sink: ReplicaSink
  readonly #isAwaited: boolean
  /** Grows with each thing that is asked or answered. */
  #step = 0
  #retryAt = 0
  #retryMs: number
  #writes = 0
  #bytesWritten = 0
  #reads = 0
  #found = 0

  constructor(parts: ReplicationParts, store: OpenStore) {
    const { options, reporter } = parts
    this.#parts = parts
    this.#store = store
    this.#isAwaited = (options.sendBits & BITS.USE_ACK) !== 0
    this.#retryMs = options.retryMs
    this.#calls = new StoreCalls(options, {
      failed: (error) => reporter.report({ type: 'store-failed', error }),
      back: () => {
        this.#retryAt = 0
        reporter.report({ type: 'store-back' })
      },
    })
    this.#claims = new Claims(store, this.#calls, options, (error) =>
      reporter.report({ type: 'listener-failed', error }),
    )
    this.#sink = {
      created() {},
      changed() {},
      incomplete() {},
      revived() {},
      ended: (session, fate) => reporter.report({ type: fate, session, origin: 'elsewhere' }),
      moved: (session, from) => reporter.report({ type: 'moved', session, from, origin: 'elsewhere' }),
    }
  }

  /** Also with a store that is down: what then is `whenStoreFails`. */
  start(): Promise<void> {
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    for (const session of [...this.#failed]) this.#run(session)
    await Promise.all([...this.#unsaved.values()].map((unsaved) => unsaved.running))
    for (const session of [...this.#unsaved.keys()]) this.#giveUp(session)
  }

  maintain(now: number): void {
    if (this.#failed.size === 0 || now < this.#retryAt) return
    this.#retryAt = now + this.#retryMs
    this.#retryMs = Math.min(MAX_RETRY_MS, this.#retryMs * 2)
    let count = 0
    for (const session of [...this.#failed]) {
      // Over its time, and no logout: nobody misses it.
      if (session.ended && !this.#unsaved.get(session)!.destroy) this.#giveUp(session)
      else if (++count > RETRIES_AT_ONCE) return
      else this.#run(session)
    }
  }

  // ---- what happened here ----

  created(session: Session): Batch | undefined {
    const unsaved = this.#of(session)
    unsaved.create = true
    return this.changed(
      session,
      [...session.attributes()].map(({ name }) => name),
    )
  }

  changed(session: Session, names: readonly string[], _version?: Version): Batch | undefined {
    const unsaved = this.#of(session)
    if (session.unplaced) for (const attribute of session.attributes()) this.#add(unsaved, attribute)
    else for (const name of names) this.#add(unsaved, session.stored(name)!)
    return this.#tell(session, unsaved)
  }

  touched(session: Session): void {
    this.#tell(session, this.#of(session))
  }

  moved(session: Session, { key }: Ending): Batch | undefined {
    const unsaved = this.#of(session, key)
    unsaved.moveTo = session.key
    return this.#tell(session, unsaved)
  }

  ended(session: Session): Batch | undefined {
    const unsaved = this.#of(session)
    unsaved.destroy = true
    return this.#tell(session, unsaved)
  }

  // ---- what requests ask ----

  /** A copy here ends with the time that the store gives it. */
  role(session: Session): ExpiryRole {
    return session.announced ? 'copy' : 'owner'
  }

  /** Never: other nodes may have written since. */
  serves(session: Session): boolean {
    return !session.announced
  }

  tookOver(): void {}

  isSpare(session: Session, now: number): boolean {
    return session.announced && !session.hasPending && !this.#unsaved.has(session) && now - session.touchedAt >= KEEP_MS
  }

  fetch(key: string): Promise<boolean> | undefined {
    return this.#parts.replica.graves.get(key)?.fate === 'destroyed' ? undefined : this.#fetch(key)
  }

  async #fetch(key: string): Promise<boolean> {
    const asked = ++this.#step
    const stored = await this.#calls.run(() => this.#store.read(key))
    this.#reads++
    if (stored.type === 'living') return this.#merge(key, stored)
    if (stored.type === 'missing' && this.#isOnItsWay(key)) return true
    this.#heard(key, stored, asked)
    return false
  }

  #merge(key: string, { createdMs, accessedMs, nowMs, fields }: Living): boolean {
    const { node, options, replica, versions } = this.#parts
    const attributes: Attribute[] = []
    for (const [name, field] of fields) attributes.push(decodeField(name, field))
    for (const { version } of attributes) versions.observe(version)
    const now = options.clock.monotonic()
    const idleMs = Math.max(0, nowMs - accessedMs)
    const entry = { type: 'session', full: true, owner: node, key, createdMs, accessedMs, idleMs, attributes } as const
    replica.apply(entry, now, this.#sink)
    const session = replica.sessions.get(key)
    if (session === undefined) return false
    this.#found++
    session.toldAt = Math.max(session.toldAt, now - idleMs)
    this.#seenAt.set(session, ++this.#step)
    return true
  }

  /** The store may not have it yet, or not under this key. Whether it really is no more, the answer to that will say. */
  #isOnItsWay(key: string): boolean {
    const session = this.#parts.replica.sessions.get(key)
    return session !== undefined && (this.#unsaved.has(session) || this.#givenUp.has(session))
  }

  /** `asked`: when; what the store has said later counts more than that it had nothing then. */
  #heard(key: string, ended: Ended, asked: number): void {
    const { options, replica } = this.#parts
    const { clock } = options
    const session = replica.sessions.get(key)
    const now = clock.monotonic()
    if (ended.type === 'missing') {
      if (session?.announced && (this.#seenAt.get(session) ?? 0) < asked) replica.forget(session)
    } else if (ended.type === 'destroyed') {
      replica.apply({ type: 'ending', fate: 'destroyed', key, accessedMs: 0, to: '' }, now, this.#sink)
    } else if (session !== undefined || (ended.agoMs < options.aliasMs && replica.graves.get(key) === undefined)) {
      // Not where it has got a further key here meanwhile, which the store is still to hear of.
      const accessedMs = clock.now() - ended.agoMs
      replica.apply({ type: 'ending', fate: 'moved', key, accessedMs, to: ended.to }, now, this.#sink)
      const there = replica.sessions.get(ended.to)
      if (there !== undefined) this.#seenAt.set(there, ++this.#step)
    }
  }

  // ---- whose sessions: a directory ----

  get users(): UserDirectory {
    return this
  }

  join(index: IndexedUsers): () => void {
    this.#claims.userOf = (session) => index.userOf(session)
    return () => {
      this.#claims.userOf = undefined
    }
  }

  /** Whether they are still there or not. Rejects as `fetch` does. */
  keysOf(_attribute: string, user: string): Promise<string[]> {
    return this.#claims.of(user)
  }

  async *all(): AsyncGenerator<readonly string[], undefined> {
    const keys = this.#store.keys()
    for (;;) {
      const next = await this.#calls.run(() => keys.next())
      if (next.done === true) return undefined
      yield next.value
    }
  }

  /** A claim outlives what it was made for. */
  lacks(): boolean {
    return false
  }

  // ---- to the store ----

  #of(session: Session, key = session.key): Unsaved {
    let unsaved = this.#unsaved.get(session)
    if (unsaved === undefined) {
      unsaved = this.#givenUp.get(session) ?? new Unsaved(key)
      this.#givenUp.delete(session)
      this.#unsaved.set(session, unsaved)
    }
    return unsaved
  }

  #add(unsaved: Unsaved, attribute: Attribute): void {
    const known = committed(attribute)
    if (known === undefined) return
    const field = encodeField(known)
    this.#bytesWritten += field.length
    unsaved.add(known.name, field)
  }

  #tell(session: Session, unsaved: Unsaved): Batch | undefined {
    unsaved.isDue = true
    const batch = this.#isAwaited ? unsaved.wait() : undefined
    this.#run(session)
    return batch
  }

  #run(session: Session): void {
    const unsaved = this.#unsaved.get(session)
    if (unsaved === undefined || unsaved.running !== undefined) return
    this.#failed.delete(session)
    unsaved.running = this.#save(session, unsaved)
  }

  /** Never rejects. */
  async #save(session: Session, unsaved: Unsaved): Promise<void> {
    for (let job = unsaved.take(); job !== undefined; job = unsaved.take()) {
      try {
        await this.#do(session, unsaved, job)
        session.unsaved = undefined
        this.#retryMs = this.#parts.options.retryMs
        job.batch?.settle()
      } catch (error) {
        session.unsaved = error as SessionError
        unsaved.putBack(job)
        unsaved.running = undefined
        this.#failed.add(session)
        if (this.#failed.size > this.#parts.options.limits.unsaved) this.#giveUp(session)
        return
      }
    }
    this.#unsaved.delete(session)
  }

  async #do(session: Session, unsaved: Unsaved, job: Job): Promise<void> {
    const { options, replica } = this.#parts
    this.#writes++
    if (job.destroy) {
      await this.#destroy(unsaved.key)
      if (job.moveTo !== undefined) await this.#destroy(job.moveTo)
      void this.#claims.release(session, unsaved.key)
      return
    }
    await this.#claims.keep(session, job.moveTo ?? unsaved.key)
    const times = this.#times(session)
    const change: StoredChange = {
      ...times,
      create: unsaved.create,
      ageMs: Math.max(0, Math.floor(options.clock.monotonic() - session.bornAt)),
      fields: job.fields,
      maxFields: options.limits.attributes,
    }
    const isChange = unsaved.create || job.fields.size > 0
    const isLone = job.moveTo === undefined
    if (isChange || isLone) {
      const isThere = await this.#follow(unsaved, (key) =>
        this.#calls.run(() => (isChange ? this.#store.write(key, change) : this.#store.touch(key, times))),
      )
      unsaved.create = false
      if (!isThere) return
    }
    this.#seenAt.set(session, ++this.#step)
    if (job.moveTo === undefined || job.moveTo === unsaved.key) return
    const [from, to] = [unsaved.key, job.moveTo]
    const move = { ...times, from, to, rememberMs: options.tombstoneMs, maxFields: options.limits.attributes }
    const outcome = await moveStored(this.#store, move, (step) => this.#calls.run(step))
    unsaved.key = to
    this.#seenAt.set(session, ++this.#step)
    if (outcome.type === 'done') void this.#claims.release(session, from)
    else if (outcome.type === 'missing') replica.forget(session)
    else {
      this.#heard(to, outcome, this.#step)
      if (outcome.type === 'moved') unsaved.key = outcome.to
    }
  }

  /** Goes after a session that has moved. False when it has ended, which is then known here, too. */
  async #follow(unsaved: Unsaved, step: (key: string) => Promise<Outcome>): Promise<boolean> {
    for (let hop = 0; hop < MAX_HOPS; hop++) {
      const { key } = unsaved
      const asked = ++this.#step
      const outcome = await step(key)
      if (outcome.type === 'done') return true
      unsaved.create = false
      this.#heard(key, outcome, asked)
      if (outcome.type !== 'moved') return false
      unsaved.key = outcome.to
    }
    return false
  }

  async #destroy(first: string): Promise<void> {
    let key = first
    for (let hop = 0; hop < MAX_HOPS; hop++) {
      const at = key
      const outcome = await this.#calls.run(() => this.#store.destroy(at, this.#parts.options.tombstoneMs))
      if (outcome.type !== 'moved') return
      key = outcome.to
    }
  }

  #times(session: Session): StoredTimes {
    const { maxLifetimeMs, touchIntervalMs } = this.#parts.options
    const { maxInactiveMs } = session
    return { idleMs: maxInactiveMs > 0 ? maxInactiveMs + touchIntervalMs : 0, lifetimeMs: maxLifetimeMs }
  }

  /** The next change of it goes to the store with all that the session holds, and begins it there if need be. */
  #giveUp(session: Session): void {
    const unsaved = this.#unsaved.get(session)!
    this.#unsaved.delete(session)
    this.#failed.delete(session)
    unsaved.giveUp()
    this.#givenUp.set(session, unsaved)
    session.unplaced = true
    this.#parts.reporter.report({ type: 'change-lost', session, error: session.unsaved })
  }

  snapshot(): ReplicationSnapshot {
    return {
      counts: {
        batchesSent: this.#writes,
        bytesSent: this.#bytesWritten,
        batchesReceived: this.#reads,
        bytesReceived: 0,
        entriesApplied: this.#found,
        messagesRefused: this.#calls.failures,
      },
      members: [],
    }
  }
}
