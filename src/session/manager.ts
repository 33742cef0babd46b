/**
 * The front of the room: what adapters and programs call. How sessions come together is in `replica.ts`; which nodes have
 * which of them is decided by the manager's kind, see `replication-kinds.ts`.
 */
import type { TimerHandle } from '../clock/clock.ts'
import type { Channel } from '../cluster/channel.ts'
import type { Attribute } from './attribute.ts'
import type { Batch } from './batch.ts'
import { SessionError } from './errors.ts'
import { type ListenOptions, Reporter, type SessionListener } from './events.ts'
import { type ExpiryRole, isTooOld, isUsable } from './expiry.ts'
import { ExpirySearch } from './expiry-search.ts'
import { IdlestSessions } from './idlest-sessions.ts'
import {
  type ManagerKind,
  type ResolvedSessionOptions,
  resolveOptions,
  type SessionLimits,
  type SessionManagerOptions,
  type StoreFailurePolicy,
} from './options.ts'
import { Replica } from './replica.ts'
import type { Replication } from './replication.ts'
import { replicationOf } from './replication-kinds.ts'
import type { Session, SessionValues } from './session.ts'
import { SessionKeys } from './session-id.ts'
import { hex, type ManagerSnapshot } from './snapshot.ts'
import type { UserDirectory } from './user-directory.ts'
import { HybridClock, MAX_WIRE_TIME_MS, NODE_ID_CHARS } from './version.ts'
import { Visit } from './visit.ts'

/** Stands for a channel to nobody. */
const NO_CHANNEL: Pick<Channel, 'members' | 'send' | 'addListener' | 'removeListener'> = {
  members: () => [],
  send: () => Promise.resolve(),
  addListener() {},
  removeListener() {},
}

/**
 * Sessions of one application on this node, shared with the managers of the same name on the other nodes of the channel.
 * Call `start` before the first use and `stop` after the last, also where `start` was never called: it listens to the
 * channel from the beginning. The channel is started and stopped by who made it.
 */
export function createSessionManager<Data extends object = SessionValues>(
  options: SessionManagerOptions,
): SessionManager<Data> {
  return new SessionManager<Data>(options)
}

/**
 * See `createSessionManager`, which makes one of any kind. `Data`: the attributes of its sessions; what takes a manager
 * whatever its sessions hold, takes a `SessionManager<object>`.
 */
export class SessionManager<Data extends object = SessionValues> {
  readonly name: string
  /** Appended to session ids; may be empty. */
  readonly route: string
  readonly limits: SessionLimits
  /** Idle time after which a session ends that has none of its own. */
  readonly maxInactiveIntervalMs: number
  readonly kind: ManagerKind
  readonly whenStoreFails: StoreFailurePolicy
  readonly #options: ResolvedSessionOptions
  readonly #refuses: boolean
  readonly #node: string
  readonly #keys: SessionKeys
  readonly #versions: HybridClock
  readonly #reporter = new Reporter()
  readonly #replica: Replica
  readonly #replication: Replication
  readonly #search: ExpirySearch
  /** Absent: a new session that is one too many is refused. */
  readonly #idlest: IdlestSessions | undefined
  readonly #counts = { created: 0, changed: 0, expired: 0, destroyed: 0, moved: 0, displaced: 0, refused: 0 }
  #state: ManagerSnapshot['state'] = 'new'
  #tick: TimerHandle | undefined
  #stopping: Promise<void> | undefined

  constructor(given: SessionManagerOptions) {
    const options = resolveOptions(given)
    const channel = options.channel ?? NO_CHANNEL
    const node = Buffer.from(options.randomBytes(NODE_ID_CHARS)).toString('latin1')
    this.name = options.name
    this.route = options.route
    this.limits = options.limits
    this.maxInactiveIntervalMs = options.maxInactiveIntervalMs
    this.kind = options.manager
    this.whenStoreFails = options.whenStoreFails
    this.#options = options
    this.#refuses = options.whenMinority === 'refuse'
    this.#node = node
    this.#keys = new SessionKeys(options.randomBytes)
    this.#versions = new HybridClock(node, options.clock, options.limits.clockAheadMs)
    this.#replica = new Replica(options)
    const parts = {
      options,
      node,
      channel,
      replica: this.#replica,
      reporter: this.#reporter,
      versions: this.#versions,
    }
    this.#replication = replicationOf(parts)
    if (options.whenFull === 'end-idlest') {
      this.#idlest = new IdlestSessions(this.#replica.sessions, (session) => this.#mayEnd(session))
    }
    const expire = (session: Session) => this.#expire(session)
    this.#search = new ExpirySearch(options, this.#replica, this.#replication, expire, this.#idlest)
    // Already now: a node that starts at the same time asks us for sessions, and would wait in vain until it gives up.
    channel.addListener(this.#replication.listener)
  }

  // ---- life ----

  /** Resolves when this node may serve: it has the sessions of the others, or there are none. See `stateTimeoutMs`. */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw new SessionError('SESSION_STATE', `the manager is ${this.#state}, not new`)
    this.#state = 'starting'
    const { clock, scanIntervalMs } = this.#options
    this.#tick = clock.every(scanIntervalMs, () => this.#maintain())
    await this.#replication.start()
    if (this.#state === 'starting') this.#state = 'ready'
  }

  /** Sends what is waiting and forgets nothing: the sessions live on the other nodes. May be called twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#state = 'stopped'
    await this.#replication.stop()
    this.#options.clock.clear(this.#tick)
    this.#options.channel?.removeListener(this.#replication.listener)
  }

  on(listener: SessionListener<Data>, options?: ListenOptions): void {
    this.#reporter.add(listener as SessionListener, options)
  }

  off(listener: SessionListener<Data>): void {
    this.#reporter.remove(listener as SessionListener)
  }

  /** SESSION_MINORITY while this node is in a minority and `whenMinority` is `refuse`. */
  get refusal(): SessionError | undefined {
    const { channel } = this.#options
    if (!this.#refuses || channel?.hasQuorum !== false) return undefined
    return new SessionError('SESSION_MINORITY', `${channel.members().length + 1} members are in view`)
  }

  // ---- sessions ----

  /**
   * The session of this key, if there is one here that a request may use. Does not count as using it. With a store none is,
   * once it was committed: other nodes may have written since. See `load`.
   */
  find(key: string): Session<Data> | undefined {
    if (this.#refuses && this.refusal !== undefined) return undefined
    const session = this.#replica.sessions.get(key)
    if (session === undefined) return this.#findMoved(key)
    if (!session.complete || !this.#replication.serves(session)) return undefined
    const role = this.#replication.role(session)
    if (this.#isUsable(session, role)) return session as Session<Data>
    if (role === 'owner') this.#expire(session)
    return undefined
  }

  /**
   * As `find`, for managers that keep a session on some nodes only: one that is elsewhere is brought here, and is served
   * here from then on. A promise only where others have to be asked. It never rejects, except with a store: SESSION_STORE
   * and the like; and while this node refuses: SESSION_MINORITY.
   */
  load(key: string): Session<Data> | undefined | Promise<Session<Data> | undefined> {
    return this.#bring(key, this.#replication.adopts)
  }

  /** As `load`, but the session is served where it was; also that does not count as using it. */
  look(key: string): Session<Data> | undefined | Promise<Session<Data> | undefined> {
    return this.#bring(key, false)
  }

  /** All that this node knows, copies of other nodes' sessions included. Sessions may come and go while you look. */
  sessions(): IterableIterator<Session<Data>> {
    return this.#replica.sessions.values() as IterableIterator<Session<Data>>
  }

  /** Begins a request's work with a session, which counts as using it; or with none, until it writes something. */
  visit(session?: Session<Data>): Visit<Data> {
    if (session !== undefined) this.touch(session)
    return new Visit<Data>(this, session)
  }

  /** A key for a session that may or may not be created. */
  newKey(): string {
    return this.#keys.next()
  }

  /** An empty session. The others hear of it with its first `commit`. */
  create(key: string = this.newKey()): Session<Data> {
    const { clock, limits } = this.#options
    const { refusal } = this
    if (refusal !== undefined) throw refusal
    if (this.#replica.sessions.size >= limits.sessions) this.#makeRoom()
    return this.#replica.create(key, clock.now(), this.#node, clock.monotonic()) as Session<Data>
  }

  /**
   * For keys that are made elsewhere: the session of this key, a new one if there is none. Undefined when that key is
   * dead: a request that was slow shall not bring back what was destroyed meanwhile.
   */
  open(key: string): Session<Data> | undefined {
    const known = this.find(key) ?? this.#replica.sessions.get(key)
    if (known !== undefined) return known as Session<Data>
    const grave = this.#replica.graves.get(key)
    if (grave !== undefined && grave.fate !== 'expired') return undefined
    const session = this.create(key)
    if (grave !== undefined) {
      this.#replica.graves.open(key)
      // Later than what the others believe to have been the last access.
      session.accessedMs = Math.max(session.accessedMs, grave.accessedMs + 1)
    }
    return session
  }

  /** A request uses the session: its idle time begins anew. The others hear of it with the next `commit`. */
  touch(session: Session<object>): void {
    const { clock } = this.#options
    const nowMs = clock.now()
    session.touchedAt = clock.monotonic()
    // Always later than before, also where this clock is behind: it tells an expiry elsewhere that it was wrong.
    session.accessedMs = nowMs > session.accessedMs ? nowMs : Math.min(session.accessedMs + 1, MAX_WIRE_TIME_MS)
    if (session.owner !== this.#node) {
      this.#replication.tookOver(session as Session, session.owner)
      session.owner = this.#node
      session.toldAt = Number.NEGATIVE_INFINITY
    }
  }

  /**
   * Looks whether an object that the application was handed has changed inside; `commit` sends it. Returns why it cannot
   * be sent, if so.
   */
  notice(given: Session<object>, lent: Attribute): SessionError | undefined {
    const session = given as Session
    const error = session.notice(lent, this.limits)
    if (error !== undefined) this.#reporter.report({ type: 'value-refused', session, error })
    return error
  }

  /**
   * Tells the others what was written since the last time, by whichever request. Undefined when there is nothing to wait
   * for; else a promise that never rejects and resolves when all members have it or are out of the count.
   */
  commit(given: Session<object>): Promise<void> | undefined {
    const session = this.#present(given)
    if (session === undefined) return undefined
    const now = this.#options.clock.monotonic()
    session.touchedAt = now
    if (session.hasPending || !session.announced || session.unplaced) this.#announce(session, now)
    else if (now - session.toldAt >= this.#options.touchIntervalMs) {
      session.toldAt = now
      if (this.#isHeard) {
        this.#replica.changed(session)
        this.#replication.touched(session)
      }
    }
    return session.batch?.settled()
  }

  /** Ends the session on all nodes; nothing that comes late revives it. The promise is that of `commit`. */
  destroy(given: Session<object>): Promise<void> | undefined {
    const session = this.#present(given)
    if (session === undefined) return undefined
    if (!session.announced) {
      this.#replica.forget(session)
      return undefined
    }
    const batch = this.#end(session, 'destroyed')
    return batch?.settled()
  }

  /**
   * Gives the session another key and keeps what it holds. The old key is dead on all nodes, apart from `aliasMs`; a
   * write to it that is still on its way reaches the session under its new key. The promise is that of `commit`.
   */
  changeKey(given: Session<object>): Promise<void> | undefined {
    const session = this.#present(given)
    if (session === undefined) return undefined
    const from = session.key
    if (!session.announced) {
      this.#replica.rekey(session, this.newKey())
      return undefined
    }
    // The end of the old key says when it came: see `Graves.alias`.
    this.touch(session)
    void this.commit(session)
    const now = this.#options.clock.monotonic()
    const ending = this.#replica.rename(session, this.newKey(), now)
    session.toldAt = now
    if (this.#isHeard) session.batch = this.#replication.moved(session, ending)
    this.#counts.moved++
    this.#reporter.report({ type: 'moved', session, from, origin: 'here' })
    return session.batch?.settled()
  }

  /** For `UserIndex`. Undefined where this node knows all sessions. */
  get users(): UserDirectory | undefined {
    return this.#replication.users
  }

  snapshot(): ManagerSnapshot {
    const { counts, members, lastTransfer } = this.#replication.snapshot()
    return {
      name: this.name,
      manager: this.#options.manager,
      route: this.route,
      node: hex(this.#node),
      state: this.#state,
      sessions: this.#replica.sessions.size,
      roles: this.#search.roles,
      tombstones: this.#replica.graves.size,
      refusing: this.refusal !== undefined,
      counts: { ...this.#counts, forgotten: this.#search.forgotten, conflicts: this.#replica.conflicts, ...counts },
      members,
      lastTransfer,
    }
  }

  // ---- inside ----

  get #isHeard(): boolean {
    return this.#options.channel !== undefined || this.#options.store !== undefined
  }

  #bring(key: string, adopts: boolean): Session<Data> | undefined | Promise<Session<Data> | undefined> {
    const { refusal } = this
    if (refusal !== undefined) return Promise.reject(refusal)
    const session = this.find(key)
    if (session !== undefined) return session
    // Where it went is known, and it is not here.
    const moved = this.#movedTo(key)
    if (moved !== undefined) return this.#bring(moved, adopts)
    return this.#replication.fetch(key)?.then((mayUse) => {
      const to = this.#movedTo(key)
      if (to !== undefined) return this.#bring(to, adopts)
      if (!mayUse) return undefined
      const fetched = this.#replica.sessions.get(key)
      if (fetched === undefined || !fetched.complete) return undefined
      if (!this.#isUsable(fetched, this.#replication.role(fetched))) return undefined
      if (adopts) {
        // Only the nodes that keep a session hear of its changes, so this becomes one of them.
        this.touch(fetched)
        void this.commit(fetched)
      }
      return fetched as Session<Data>
    })
  }

  /** What a request holds, which may have ended or gone elsewhere meanwhile. */
  #present(given: Session<object>): Session | undefined {
    const session = given as Session
    if (session.away) {
      this.#replica.recall(session)
      const { mergedInto } = session
      if (mergedInto !== undefined) return this.#present(mergedInto)
      session.unplaced = true
    }
    return session.ended ? undefined : session
  }

  #announce(session: Session, now: number): void {
    const version = this.#versions.next(session.above())
    const names = session.commit(version)
    const isNew = !session.announced
    const isChanged = names.length > 0
    session.announced = true
    session.toldAt = now
    this.#replica.changed(session)
    if (this.#isHeard) {
      // Told also while there is no member: the number of the batch is how others see later that they lack it.
      session.batch = isNew
        ? this.#replication.created(session, version)
        : this.#replication.changed(session, names, version)
    }
    session.unplaced = false
    if (isNew) this.#counts.created++
    else if (isChanged) this.#counts.changed++
    else return
    if (!this.#reporter.isHeard) return
    if (isNew) this.#reporter.report({ type: 'created', session, origin: 'here' })
    else this.#reporter.report({ type: 'changed', session, names, origin: 'here' })
  }

  #isUsable(session: Session, role: ExpiryRole): boolean {
    const now = this.#options.clock.monotonic()
    if (isTooOld(now - session.bornAt, this.#options.maxLifetimeMs)) return false
    return isUsable(role, now - session.touchedAt, session.maxInactiveMs, this.#options)
  }

  /** Ends one session, however many there are too many: what others hand over here is not to cost this node's users more. */
  #makeRoom(): void {
    const idlest = this.#idlest?.take()
    if (idlest === undefined) {
      this.#counts.refused++
      const why = this.#idlest === undefined ? '' : ', and this node serves none that may end'
      throw new SessionError('SESSION_TOO_MANY', `there are ${this.limits.sessions} sessions (limits.sessions)${why}`)
    }
    this.#counts.displaced++
    this.#end(idlest, 'expired', 'full')
  }

  /** Not what another node serves, and not under the hands of a request that is writing. */
  #mayEnd(session: Session): boolean {
    return session.announced && !session.hasPending && this.#replication.role(session) !== 'copy'
  }

  #expire(session: Session): void {
    if (session.announced) this.#end(session, 'expired')
    else this.#replica.forget(session)
  }

  #end(session: Session, fate: 'destroyed' | 'expired', reason?: 'full'): Batch | undefined {
    const ending = this.#replica.end(session, fate, this.#options.clock.monotonic())
    const batch = this.#isHeard ? this.#replication.ended(session, ending) : undefined
    this.#counts[fate]++
    if (reason === undefined) this.#reporter.report({ type: fate, session, origin: 'here' })
    else this.#reporter.report({ type: 'expired', session, origin: 'here', reason })
    return batch
  }

  #findMoved(key: string): Session<Data> | undefined {
    const to = this.#movedTo(key)
    return to !== undefined && this.#replica.sessions.has(to) ? this.find(to) : undefined
  }

  #movedTo(key: string): string | undefined {
    const { aliasMs, clock } = this.#options
    return aliasMs === 0 ? undefined : this.#replica.graves.alias(key, aliasMs, clock.monotonic(), clock.now())
  }

  #maintain(): void {
    const now = this.#options.clock.monotonic()
    this.#search.slice(now)
    this.#replica.graves.prune(now)
    this.#replication.maintain(now)
  }
}
