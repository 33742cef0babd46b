/**
 * Keeps this node's sessions equal to the others': asks for all of them at start, and later for what it finds it has
 * missed. Two signs show that something is missing: a hole in a node's batches, and another node's positions beyond ours.
 * Positions are told when a member appears, when one is lost (its last batches may have reached only some of us), after a
 * failed send, and every few seconds while there are changes. So whatever the channel loses, nodes that can talk become
 * equal; what has been received twice, or late, is sorted out by versions.
 */
import { Writer } from '../bytes/index.ts'
import type { Channel } from '../cluster/channel.ts'
import type { Member } from '../cluster/member.ts'
import { type PlainMessage, writeMessage } from './encode-message.ts'
import type { Reporter } from './events.ts'
import {
  type DoneMessage,
  MAX_POSITIONS,
  type NeedMessage,
  type PositionMessage,
  type Positions,
  type PullMessage,
  type RefusedMessage,
} from './message.ts'
import { BITS, type ResolvedSessionOptions } from './options.ts'
import type { Outbox } from './outbox.ts'
import type { Peer, PeerTable } from './peers.ts'
import type { PositionTable } from './position-table.ts'
import type { Replica } from './replica.ts'
import { type PullResult, StatePull } from './state-pull.ts'
import { StateSource } from './state-source.ts'

const ASYNC_BITS = BITS.BYTE_MESSAGE | BITS.ASYNCHRONOUS
const ACKED_BITS = BITS.BYTE_MESSAGE | BITS.USE_ACK
/** Longest pause between two tries to reach a member that is behind. */
const MAX_RETRY_MS = 30_000
type Unsigned<M> = M extends unknown ? Omit<M, 'node'> : never

export interface ExchangeParts {
  readonly options: ResolvedSessionOptions
  readonly node: string
  readonly channel: Pick<Channel, 'send' | 'members'>
  readonly replica: Replica
  readonly peers: PeerTable
  readonly positions: PositionTable
  readonly outbox: Outbox
  readonly reporter: Reporter
}

export class StateExchange {
  readonly #parts: ExchangeParts
  readonly #pull: StatePull
  readonly #source: StateSource
  #state: 'new' | 'starting' | 'ready' | 'stopped' = 'new'
  #startedAt = 0
  /**
   * Where a node's change counter stood when we had all that it had: of what it has, we may lack only what changed since.
   * Kept while the node is away, because that is when it is needed.
   */
  readonly #synced = new Map<string, number>()
  /** Peers that are being asked, or will be when others have answered. */
  readonly #asking = new Set<Peer>()
  /** The change counter when we began to hold more than our positions say, such as the first pieces of an answer. */
  #inexactSince: number | undefined
  /** Answers that we wait for. */
  #fetching = 0
  /** We have what no position says: pieces of an answer that broke off, or sessions that we needed. */
  #holdsMore = false
  /** What we last told everybody. */
  #told = { seq: 0, changes: 0 }

  constructor(parts: ExchangeParts) {
    this.#parts = parts
    const { options, node, replica, channel } = parts
    this.#pull = new StatePull(options, (peer, request) => this.#ask(peer, request))
    this.#source = new StateSource(options, node, replica, channel, () => this.#whereWeAre())
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  // ---- start ----

  /** Resolves when this node may serve: with all sessions, alone, or after `stateTimeoutMs`. */
  start(): Promise<void> {
    const { clock, stateTimeoutMs } = this.#parts.options
    this.#state = 'starting'
    this.#startedAt = clock.monotonic()
    const fetched = this.#fetchAll()
    if (stateTimeoutMs === -1) return fetched
    return new Promise((resolve, reject) => {
      const timer = clock.after(stateTimeoutMs, () => {
        if (this.#state === 'starting') {
          this.#parts.reporter.report({ type: 'state-timeout', waitedMs: stateTimeoutMs })
          this.#serve()
        }
        resolve()
      })
      fetched.then(() => {
        clock.clear(timer)
        resolve()
      }, reject)
    })
  }

  /** Asks one after the other, oldest first, until one has given all; or until it turns out that we are the first. */
  async #fetchAll(): Promise<void> {
    for (;;) {
      let mayHaveState = false
      for (const peer of this.#oldestFirst()) {
        if (this.#state === 'stopped') return
        const answer = await this.#askAtStart(peer)
        if (answer === 'complete') return this.#serve()
        if (answer === 'wait') mayHaveState = true
      }
      if (this.#state === 'stopped') return
      if (!mayHaveState) {
        this.#parts.reporter.report({ type: 'alone' })
        return this.#serve()
      }
      await this.#pause()
    }
  }

  /** `first`: it has no sessions either and was started after us. */
  async #askAtStart(peer: Peer): Promise<'complete' | 'wait' | 'first'> {
    const result = await this.#fetch(peer)
    const { reporter, replica } = this.#parts
    if (result.outcome === 'done') {
      reporter.report({ type: 'state-received', from: peer.member, sessions: replica.sessions.size })
      return 'complete'
    }
    if (result.outcome === 'refused') {
      const { reason, startedAgoMs, node } = result.refused
      if (reason === 'busy') return 'wait'
      const ours = this.#startedAgoMs()
      return startedAgoMs > ours || (startedAgoMs === ours && node < this.#parts.node) ? 'wait' : 'first'
    }
    reporter.report({ type: 'state-lost', from: peer.member, reason: result.reason })
    return result.reason === 'gone' ? 'first' : 'wait'
  }

  #serve(): void {
    if (this.#state !== 'starting') return
    this.#state = 'ready'
    this.tell(this.#parts.peers.all, true)
  }

  stop(): void {
    this.#state = 'stopped'
    this.#pull.stop()
    for (const peer of this.#parts.peers.all) this.#clearTimers(peer)
  }

  // ---- members ----

  joined(peer: Peer): void {
    peer.retryMs = this.#parts.options.retryMs
    // It may have said where it is before we knew it.
    this.tell([peer], true)
  }

  left(peer: Peer): void {
    this.#clearTimers(peer)
    this.#pull.gone(peer)
    const { options, peers } = this.#parts
    // Its last batches may have reached only some of us: those who lack them will see it.
    options.clock.after(options.gapGraceMs, () => this.tell(peers.all))
  }

  /** A batch, or the answer to one, did not get through. */
  failed(peer: Peer, cause: unknown): void {
    const { outbox, reporter } = this.#parts
    if (this.#state === 'stopped') {
      outbox.release(peer)
      return
    }
    if (!peer.behind) {
      peer.behind = true
      reporter.report({ type: 'behind', member: peer.member, cause })
    }
    outbox.release(peer)
    if (peer.nudgeTimer === undefined) this.#nudgeLater(peer)
  }

  /** Tells a member that is behind where we are until it has fetched what it lacks. */
  #nudgeLater(peer: Peer): void {
    const { options } = this.#parts
    peer.nudgeTimer = options.clock.after(peer.retryMs, () => {
      peer.nudgeTimer = undefined
      if (!peer.behind || this.#state === 'stopped' || !this.#isPresent(peer)) return
      peer.retryMs = Math.min(peer.retryMs * 2, MAX_RETRY_MS)
      const again = () => {
        if (peer.behind && peer.nudgeTimer === undefined) this.#nudgeLater(peer)
      }
      this.#send(peer.member, this.#position(true), ACKED_BITS).then(again, again)
    })
  }

  #caughtUp(peer: Peer): void {
    const { options, reporter } = this.#parts
    options.clock.clear(peer.nudgeTimer)
    peer.nudgeTimer = undefined
    peer.retryMs = options.retryMs
    reporter.report({ type: 'caught-up', member: peer.member })
  }

  // ---- positions ----

  tell(peers: readonly Peer[], ask = false): void {
    const { outbox, replica } = this.#parts
    if (this.#state !== 'ready') return
    if (peers === this.#parts.peers.all) this.#told = { seq: outbox.seq, changes: replica.changes }
    for (const peer of peers) this.#sendQuietly(peer.member, this.#position(ask))
  }

  /** To be called every `positionIntervalMs`. */
  tellIfChanged(): void {
    const { outbox, replica, peers } = this.#parts
    const { seq, changes } = this.#told
    if ((this.#holdsMore && this.#fetching === 0) || seq !== outbox.seq || changes !== replica.changes)
      this.tell(peers.all)
  }

  onPosition(peer: Peer, message: PositionMessage): void {
    const { outbox, positions, node } = this.#parts
    if (peer.behind && hasAll(message, node, outbox.seq)) {
      peer.behind = false
      this.#caughtUp(peer)
    }
    if (message.ask) this.#sendQuietly(peer.member, this.#position(false))
    if (positions.covers(message.positions, node)) {
      this.#noteSynced(message.node, message.changes)
      peer.wanted = undefined
    } else if (message.ready) {
      peer.wanted = message
      this.#checkLater(peer)
    }
  }

  /** A batch came before an earlier one of the same node. To be called before it is applied. */
  onHole(peer: Peer | undefined): void {
    if (this.#parts.positions.isLossy) this.#inexactSince ??= this.#parts.replica.changes
    if (peer !== undefined) this.#checkLater(peer)
  }

  /** What is missing may be merely late: batches and positions can overtake each other. */
  #checkLater(peer: Peer): void {
    const { options, positions, node } = this.#parts
    peer.checkTimer ??= options.clock.after(options.gapGraceMs, () => {
      peer.checkTimer = undefined
      const { wanted } = peer
      if (wanted !== undefined && positions.covers(wanted.positions, node)) {
        this.#noteSynced(peer.node, wanted.changes)
        peer.wanted = undefined
      }
      if (peer.wanted !== undefined || positions.hasHole(peer.node)) this.#askSoon(peer)
    })
  }

  // ---- fetching what is missing ----

  #askSoon(peer: Peer): void {
    if (this.#state !== 'ready' || this.#asking.has(peer)) return
    this.#asking.add(peer)
    void this.#fetch(peer).then((result) => {
      this.#asking.delete(peer)
      if (result.outcome === 'done') return
      if (result.outcome === 'lost') {
        this.#parts.reporter.report({ type: 'state-lost', from: peer.member, reason: result.reason })
      }
      // Still needed? That is looked at again after a pause, as long as the peer is there.
      if (this.#isPresent(peer)) this.#checkLater(peer)
    })
  }

  async #fetch(peer: Peer): Promise<PullResult> {
    this.#fetching++
    this.#inexactSince ??= this.#parts.replica.changes
    const result = await this.#pull.from(peer)
    this.#fetching--
    if (result.outcome === 'done') this.#adopt(peer, result.done)
    else if (result.outcome === 'lost' && result.pieces > 0) this.#holdsMore = true
    return result
  }

  #adopt(peer: Peer, done: DoneMessage): void {
    const { options, positions, peers, node } = this.#parts
    peers.name(peer, done.node)
    positions.adopt(done.positions, node, options.clock.monotonic())
    this.#noteSynced(done.node, done.changes)
    if (peer.wanted !== undefined && positions.covers(peer.wanted.positions, node)) peer.wanted = undefined
    // For those who wait for us to catch up, and those who lack what we have got now.
    this.tell(peers.all)
  }

  /** To be called before the piece is applied. */
  onPiece(request: number): void {
    if (this.#pull.progress(request)) return
    this.#inexactSince ??= this.#parts.replica.changes
    this.#holdsMore = true
  }

  onEnd(message: DoneMessage | RefusedMessage): void {
    this.#pull.end(message)
  }

  #ask(peer: Peer, request: number): Promise<void> {
    if (!this.#isPresent(peer)) return Promise.reject(new Error('the member is gone'))
    const since = this.#synced.get(peer.node) ?? 0
    // Whose counter it is, since another process may sit on the same address by now.
    const sinceNode = since === 0 ? this.#parts.node : peer.node
    return this.#send(peer.member, { type: 'pull', request, since, sinceNode }, ACKED_BITS)
  }

  #noteSynced(node: string, changes: number): void {
    // Deleted first, so that the map stays in order of age.
    this.#synced.delete(node)
    this.#synced.set(node, changes)
    if (this.#synced.size > MAX_POSITIONS) this.#synced.delete(this.#synced.keys().next().value!)
  }

  // ---- answering ----

  onPull(peer: Peer, message: PullMessage): void {
    if (!this.isReady || this.#source.isBusy) {
      const reason = this.isReady ? 'busy' : 'not-ready'
      const startedAgoMs = this.#startedAgoMs()
      this.#sendQuietly(peer.member, { type: 'refused', request: message.request, reason, startedAgoMs })
      return
    }
    // From now on it gets batches again: those that come before the end of the answer fill what lies behind it.
    const wasBehind = peer.behind
    peer.behind = false
    this.#source.answer(peer.member, message).then(
      () => {
        if (wasBehind && !peer.behind) this.#caughtUp(peer)
      },
      (cause: unknown) => this.failed(peer, cause),
    )
  }

  onNeed(peer: Peer, message: NeedMessage): void {
    this.#source.supply(peer.member, message).catch((cause: unknown) => this.failed(peer, cause))
  }

  need(peer: Peer, keys: readonly string[]): void {
    this.#sendQuietly(peer.member, { type: 'need', keys })
  }

  // ---- sending ----

  #position(ask: boolean): Unsigned<PositionMessage> {
    return { type: 'position', ready: this.isReady, ask, ...this.#whereWeAre() }
  }

  /** Who has these positions has all that we had when the change counter stood there. */
  #whereWeAre(): { positions: Positions; changes: number } {
    const { positions, outbox, replica, node } = this.#parts
    if (this.#holdsMore && this.#fetching === 0) {
      this.#holdsMore = false
      outbox.skip()
    }
    // The open batch has changed sessions, and no position says so yet.
    outbox.close()
    if (this.#fetching === 0 && !positions.isLossy) this.#inexactSince = undefined
    return { positions: positions.list(node, outbox.seq), changes: this.#inexactSince ?? replica.changes }
  }

  /** What gets lost here is said again. */
  #sendQuietly(to: Member, message: Unsigned<PlainMessage>): void {
    this.#send(to, message, ASYNC_BITS).catch(() => {})
  }

  #send(to: Member, message: Unsigned<PlainMessage>, bits: number): Promise<void> {
    const writer = new Writer()
    writeMessage(writer, this.#parts.options.name, { ...message, node: this.#parts.node } as PlainMessage)
    return this.#parts.channel.send([to], writer.take(), bits)
  }

  #oldestFirst(): Peer[] {
    const { channel, peers } = this.#parts
    return channel.members().flatMap((member) => peers.of(member) ?? [])
  }

  #isPresent(peer: Peer): boolean {
    return this.#parts.peers.of(peer.member) === peer
  }

  #startedAgoMs(): number {
    return Math.floor(this.#parts.options.clock.monotonic() - this.#startedAt)
  }

  #pause(): Promise<void> {
    const { clock, retryMs } = this.#parts.options
    return new Promise((resolve) => void clock.after(retryMs, resolve))
  }

  #clearTimers(peer: Peer): void {
    const { clock } = this.#parts.options
    clock.clear(peer.checkTimer)
    clock.clear(peer.nudgeTimer)
    peer.checkTimer = undefined
    peer.nudgeTimer = undefined
  }
}

/** True if the sender of these positions has all batches of `node` up to `seq`. */
function hasAll(message: PositionMessage, node: string, seq: number): boolean {
  return seq === 0 || message.positions.some((position) => position.node === node && position.upTo >= seq)
}
