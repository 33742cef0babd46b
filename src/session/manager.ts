/**
 * Tomcat's DeltaManager: every session on every node, changes told as deltas (tomcat-cluster.md 6). This file is the
 * front of the room: what adapters and programs call. How sessions come together is in `replica.ts`, what is sent when in
 * `outbox.ts`, what arrives in `inbox.ts`, how nodes become equal in `state-exchange.ts`.
 */
import type { TimerHandle } from '../clock/clock.ts'
import type { Channel, ChannelListener } from '../cluster/channel.ts'
import type { Attribute } from './attribute.ts'
import type { Batch } from './batch.ts'
import { writeDelta, writeEnding, writeTouch, writeWhole } from './encode-message.ts'
import { SessionError } from './errors.ts'
import { Reporter, type SessionListener } from './events.ts'
import { type ExpiryRole, ExpiryScan, expiryDuty, isUsable } from './expiry.ts'
import { Inbox } from './inbox.ts'
import {
  type ResolvedSessionOptions,
  resolveOptions,
  type SessionLimits,
  type SessionManagerOptions,
} from './options.ts'
import { Outbox } from './outbox.ts'
import { PeerTable } from './peers.ts'
import { PositionTable } from './position-table.ts'
import { Replica } from './replica.ts'
import type { Session } from './session.ts'
import { SessionKeys } from './session-id.ts'
import type { ManagerSnapshot } from './snapshot.ts'
import { StateExchange } from './state-exchange.ts'
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
export function createSessionManager(options: SessionManagerOptions): DeltaManager {
  return new DeltaManager(options)
}

export class DeltaManager {
  readonly name: string
  /** Appended to session ids; may be empty. */
  readonly route: string
  readonly limits: SessionLimits
  /** Idle time after which a session ends that has none of its own. */
  readonly maxInactiveIntervalMs: number
  readonly #options: ResolvedSessionOptions
  readonly #node: string
  readonly #keys: SessionKeys
  readonly #versions: HybridClock
  readonly #reporter = new Reporter()
  readonly #replica: Replica
  readonly #peers: PeerTable
  readonly #positions = new PositionTable()
  readonly #outbox: Outbox
  readonly #exchange: StateExchange
  readonly #inbox: Inbox
  readonly #scan: ExpiryScan
  readonly #listener: ChannelListener
  readonly #counts = { created: 0, changed: 0, expired: 0, destroyed: 0, moved: 0, forgotten: 0 }
  #state: ManagerSnapshot['state'] = 'new'
  #tick: TimerHandle | undefined
  #comparedAt = 0

  constructor(given: SessionManagerOptions) {
    const options = resolveOptions(given)
    const channel = options.channel ?? NO_CHANNEL
    const node = Buffer.from(options.randomBytes(NODE_ID_CHARS)).toString('latin1')
    this.#peers = new PeerTable(options.retryMs)
    const [peers, positions, reporter] = [this.#peers, this.#positions, this.#reporter]
    this.name = options.name
    this.route = options.route
    this.limits = options.limits
    this.maxInactiveIntervalMs = options.maxInactiveIntervalMs
    this.#options = options
    this.#node = node
    this.#keys = new SessionKeys(options.randomBytes)
    this.#versions = new HybridClock(node, options.clock, options.limits.clockAheadMs)
    this.#replica = new Replica(options)
    const [replica, versions] = [this.#replica, this.#versions]
    this.#outbox = new Outbox(options, node, peers, channel, (peer, cause) => this.#exchange.failed(peer, cause))
    const parts = { options, node, channel, replica, peers, positions, outbox: this.#outbox, reporter, versions }
    this.#exchange = new StateExchange(parts)
    this.#inbox = new Inbox({ ...parts, exchange: this.#exchange })
    this.#scan = new ExpiryScan(replica.sessions)
    this.#listener = {
      message: (message) => this.#inbox.receive(message),
      memberAdded: (member) => {
        const peer = options.accepts(member) ? peers.add(member) : undefined
        if (peer !== undefined) this.#exchange.joined(peer)
      },
      memberDisappeared: (member) => {
        const peer = peers.remove(member)
        if (peer === undefined) return
        this.#outbox.release(peer)
        this.#exchange.left(peer)
      },
      sendFailed: (members, cause) => {
        for (const member of members) {
          const peer = peers.of(member)
          if (peer !== undefined) this.#exchange.failed(peer, cause)
        }
      },
    }
    // Already now: a node that starts at the same time asks us for sessions, and would wait in vain until it gives up.
    channel.addListener(this.#listener)
  }

  // ---- life ----

  /** Resolves when this node may serve: it has the sessions of the others, or there are none. See `stateTimeoutMs`. */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw new SessionError('SESSION_STATE', `the manager is ${this.#state}, not new`)
    this.#state = 'starting'
    const { clock, scanIntervalMs } = this.#options
    const channel = this.#options.channel ?? NO_CHANNEL
    for (const member of channel.members()) this.#listener.memberAdded?.(member)
    this.#tick = clock.every(scanIntervalMs, () => this.#maintain())
    await this.#exchange.start()
    if (this.#state === 'starting') this.#state = 'ready'
  }

  /** Sends what is waiting and forgets nothing: the sessions live on the other nodes. May be called twice. */
  async stop(): Promise<void> {
    if (this.#state === 'stopped') return
    this.#state = 'stopped'
    this.#outbox.close()
    await this.#outbox.drain()
    this.#exchange.stop()
    this.#inbox.stop()
    this.#options.clock.clear(this.#tick)
    this.#options.channel?.removeListener(this.#listener)
  }

  on(listener: SessionListener): void {
    this.#reporter.add(listener)
  }

  off(listener: SessionListener): void {
    this.#reporter.remove(listener)
  }

  // ---- sessions ----

  /** The session of this key, if there is one that a request may use. Does not count as using it. */
  find(key: string): Session | undefined {
    const session = this.#replica.sessions.get(key)
    if (session === undefined) return this.#options.aliasMs > 0 ? this.#findMoved(key) : undefined
    if (!session.complete) return undefined
    const idleMs = this.#options.clock.monotonic() - session.touchedAt
    const role = this.#role(session)
    if (isUsable(role, idleMs, session.maxInactiveMs, this.#options)) return session
    if (role === 'owner') this.#expire(session)
    return undefined
  }

  /** All that this node knows, copies of other nodes' sessions included. Sessions may come and go while you look. */
  sessions(): IterableIterator<Session> {
    return this.#replica.sessions.values()
  }

  /** Begins a request's work with a session, which counts as using it; or with none, until it writes something. */
  visit(session?: Session): Visit {
    if (session !== undefined) this.touch(session)
    return new Visit(this, session)
  }

  /** A key for a session that may or may not be created. */
  newKey(): string {
    return this.#keys.next()
  }

  /** An empty session. The others hear of it with its first `commit`. */
  create(key: string = this.newKey()): Session {
    const { clock, limits } = this.#options
    if (this.#replica.sessions.size >= limits.sessions) {
      throw new SessionError('SESSION_TOO_MANY', `there are ${limits.sessions} sessions (limits.sessions)`)
    }
    return this.#replica.create(key, clock.now(), this.#node, clock.monotonic())
  }

  /**
   * For keys that are made elsewhere: the session of this key, a new one if there is none. Undefined when that key is
   * dead: a request that was slow shall not bring back what was destroyed meanwhile.
   */
  open(key: string): Session | undefined {
    const known = this.find(key) ?? this.#replica.sessions.get(key)
    if (known !== undefined) return known
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
  touch(session: Session): void {
    const { clock } = this.#options
    const nowMs = clock.now()
    session.touchedAt = clock.monotonic()
    // Always later than before, also where this clock is behind: it tells an expiry elsewhere that it was wrong.
    session.accessedMs = nowMs > session.accessedMs ? nowMs : Math.min(session.accessedMs + 1, MAX_WIRE_TIME_MS)
    if (session.owner !== this.#node) {
      session.owner = this.#node
      session.toldAt = Number.NEGATIVE_INFINITY
    }
  }

  /**
   * Looks whether an object that the application was handed has changed inside; `commit` sends it. Returns why it cannot
   * be sent, if so.
   */
  notice(session: Session, lent: Attribute): SessionError | undefined {
    const error = session.notice(lent, this.limits)
    if (error !== undefined) this.#reporter.report({ type: 'value-refused', session, error })
    return error
  }

  /**
   * Tells the others what was written since the last time, by whichever request. Undefined when there is nothing to wait
   * for; else a promise that never rejects and resolves when all members have it or are out of the count.
   */
  commit(session: Session): Promise<void> | undefined {
    if (session.ended) return undefined
    const now = this.#options.clock.monotonic()
    session.touchedAt = now
    if (session.hasPending || !session.announced) this.#announce(session, now)
    else if (now - session.toldAt >= this.#options.touchIntervalMs) {
      session.toldAt = now
      if (this.#isHeard) {
        this.#replica.changed(session)
        writeTouch(this.#outbox.begin(), session)
        this.#outbox.end()
      }
    }
    return session.batch?.settled()
  }

  /** Ends the session on all nodes; nothing that comes late revives it. The promise is that of `commit`. */
  destroy(session: Session): Promise<void> | undefined {
    if (session.ended) return undefined
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
  changeKey(session: Session): Promise<void> | undefined {
    if (session.ended) return undefined
    const from = session.key
    if (!session.announced) {
      this.#replica.rekey(session, this.newKey())
      return undefined
    }
    void this.commit(session)
    const now = this.#options.clock.monotonic()
    const ending = this.#replica.rename(session, this.newKey(), now)
    session.toldAt = now
    if (this.#isHeard) {
      const writer = this.#outbox.begin()
      writeEnding(writer, ending)
      writeWhole(writer, session, 0)
      session.batch = this.#outbox.end()
    }
    this.#counts.moved++
    this.#reporter.report({ type: 'moved', session, from, origin: 'here' })
    return session.batch?.settled()
  }

  snapshot(): ManagerSnapshot {
    const { batchesReceived, entriesApplied, messagesRefused } = this.#inbox
    const { batchesSent, bytesSent } = this.#outbox
    return {
      name: this.name,
      route: this.route,
      node: hex(this.#node),
      state: this.#state,
      sessions: this.#replica.sessions.size,
      tombstones: this.#replica.graves.size,
      counts: { ...this.#counts, batchesSent, bytesSent, batchesReceived, entriesApplied, messagesRefused },
      members: this.#peers.all.map(({ node, behind, queuedBytes }) => ({ node: hex(node), behind, queuedBytes })),
    }
  }

  // ---- inside ----

  get #isHeard(): boolean {
    return this.#options.channel !== undefined
  }

  #announce(session: Session, now: number): void {
    const version = this.#versions.next(session.above())
    const names = session.commit(version)
    const isNew = !session.announced
    session.announced = true
    session.toldAt = now
    this.#replica.changed(session)
    if (this.#isHeard) {
      // Written also while there is no member: the number of the batch is how others see later that they lack it.
      const writer = this.#outbox.begin()
      if (isNew) writeWhole(writer, session, 0, version)
      else writeDelta(writer, session, names, version)
      session.batch = this.#outbox.end()
    }
    if (isNew) this.#counts.created++
    else this.#counts.changed++
    if (!this.#reporter.isHeard) return
    if (isNew) this.#reporter.report({ type: 'created', session, origin: 'here' })
    else this.#reporter.report({ type: 'changed', session, names, origin: 'here' })
  }

  #expire(session: Session): void {
    if (session.announced) this.#end(session, 'expired')
    else this.#replica.forget(session)
  }

  #end(session: Session, fate: 'destroyed' | 'expired'): Batch | undefined {
    const ending = this.#replica.end(session, fate, this.#options.clock.monotonic())
    let batch: Batch | undefined
    if (this.#isHeard) {
      writeEnding(this.#outbox.begin(), ending)
      batch = this.#outbox.end()
    }
    this.#counts[fate]++
    this.#reporter.report({ type: fate, session, origin: 'here' })
    return batch
  }

  #findMoved(key: string): Session | undefined {
    const grave = this.#replica.graves.get(key)
    if (grave?.fate !== 'moved') return undefined
    if (this.#options.clock.monotonic() - grave.dugAt >= this.#options.aliasMs) return undefined
    return this.#replica.sessions.has(grave.to) ? this.find(grave.to) : undefined
  }

  #role(session: Session): ExpiryRole {
    if (session.owner === this.#node) return 'owner'
    return this.#peers.isLive(session.owner) || !this.#peers.isFirst(this.#node) ? 'copy' : 'heir'
  }

  #maintain(): void {
    const now = this.#options.clock.monotonic()
    this.#outbox.checkTimeouts(now)
    this.#scan.slice((session) => {
      const role = this.#role(session)
      const duty = expiryDuty(role, now - session.touchedAt, session.maxInactiveMs, this.#options)
      if (duty === 'expire') this.#expire(session)
      if (duty !== 'forget') return
      this.#replica.forget(session)
      this.#counts.forgotten++
    })
    this.#replica.graves.prune(now)
    if (now - this.#comparedAt < this.#options.positionIntervalMs) return
    this.#comparedAt = now
    this.#positions.prune(now, this.#options.tombstoneMs, (node) => this.#peers.isLive(node))
    this.#exchange.tellIfChanged()
  }
}

function hex(node: string): string {
  return Buffer.from(node, 'latin1').toString('hex')
}
