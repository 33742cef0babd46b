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
import { Laggards } from './laggards.ts'
import type { DoneMessage, NeedMessage, PositionMessage, PullMessage, RefusedMessage } from './message.ts'
import { BITS, type ResolvedSessionOptions } from './options.ts'
import type { Outbox } from './outbox.ts'
import type { Peer, PeerTable } from './peers.ts'
import type { PositionTable } from './position-table.ts'
import type { Replica } from './replica.ts'
import { Standing } from './standing.ts'
import { type PullResult, StatePull } from './state-pull.ts'
import { StateSource } from './state-source.ts'

const ASYNC_BITS = BITS.BYTE_MESSAGE | BITS.ASYNCHRONOUS
const ACKED_BITS = BITS.BYTE_MESSAGE | BITS.USE_ACK

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
  readonly #standing: Standing
  readonly #laggards: Laggards
  #state: 'new' | 'starting' | 'ready' | 'stopped' = 'new'
  #startedAt = 0
  /** Peers that are being asked, or will be when others have answered. */
  readonly #asking = new Set<Peer>()
  /** What we last told everybody. */
  #told = { seq: 0, changes: 0 }

  constructor(parts: ExchangeParts) {
    this.#parts = parts
    const { options, node, replica, channel, positions, outbox } = parts
    this.#standing = new Standing(node, replica, positions, outbox)
    this.#pull = new StatePull(options, (peer, request) => this.#ask(peer, request))
    this.#source = new StateSource(options, node, replica, channel, this.#standing)
    this.#laggards = new Laggards(parts, (peer) => this.#send(peer.member, this.#position(true), ACKED_BITS))
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
    this.#laggards.stop()
    for (const peer of this.#parts.peers.all) this.#forgetCheck(peer)
  }

  // ---- members ----

  joined(peer: Peer): void {
    // It may have said where it is before we knew it.
    this.tell([peer], true)
  }

  left(peer: Peer): void {
    this.#forgetCheck(peer)
    this.#laggards.forget(peer)
    this.#pull.gone(peer)
    const { options, peers } = this.#parts
    // Its last batches may have reached only some of us: those who lack them will see it.
    options.clock.after(options.gapGraceMs, () => this.tell(peers.all))
  }

  /** A batch did not get through. */
  failed(peer: Peer, cause: unknown): void {
    this.#laggards.failed(peer, cause)
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
    if (this.#standing.hasUnsaid || seq !== outbox.seq || changes !== replica.changes) this.tell(peers.all)
  }

  onPosition(peer: Peer, message: PositionMessage): void {
    const { positions, node } = this.#parts
    this.#laggards.onPosition(peer, message)
    if (message.ask) this.#sendQuietly(peer.member, this.#position(false))
    if (positions.covers(message.positions, node)) {
      this.#standing.synced(message.node, message.changes)
      peer.wanted = undefined
    } else if (message.ready) {
      peer.wanted = message
      this.#checkLater(peer)
    }
  }

  /** A batch came before an earlier one of the same node. To be called before it is applied. */
  onHole(peer: Peer | undefined): void {
    this.#standing.beyondHole()
    if (peer !== undefined) this.#checkLater(peer)
  }

  /** What is missing may be merely late: batches and positions can overtake each other. */
  #checkLater(peer: Peer): void {
    const { options, positions, node } = this.#parts
    peer.checkTimer ??= options.clock.after(options.gapGraceMs, () => {
      peer.checkTimer = undefined
      const { wanted } = peer
      if (wanted !== undefined && positions.covers(wanted.positions, node)) {
        this.#standing.synced(peer.node, wanted.changes)
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
      if (this.#parts.peers.has(peer)) this.#checkLater(peer)
    })
  }

  async #fetch(peer: Peer): Promise<PullResult> {
    this.#standing.fetchBegins()
    const result = await this.#pull.from(peer)
    this.#standing.fetchEnds(result.outcome === 'lost' && result.pieces > 0)
    if (result.outcome === 'done') this.#adopt(peer, result.done)
    return result
  }

  #adopt(peer: Peer, done: DoneMessage): void {
    const { options, positions, peers, node } = this.#parts
    peers.name(peer, done.node)
    positions.adopt(done.positions, node, options.clock.monotonic())
    this.#standing.synced(done.node, done.changes)
    if (peer.wanted !== undefined && positions.covers(peer.wanted.positions, node)) peer.wanted = undefined
    // For those who wait for us to catch up, and those who lack what we have got now.
    this.tell(peers.all)
  }

  /** To be called before the piece is applied. */
  onPiece(request: number): void {
    if (!this.#pull.progress(request)) this.#standing.strays()
  }

  onEnd(message: DoneMessage | RefusedMessage): void {
    this.#pull.end(message)
  }

  #ask(peer: Peer, request: number): Promise<void> {
    if (!this.#parts.peers.has(peer)) return Promise.reject(new Error('the member is gone'))
    const since = this.#standing.syncedWith(peer.node)
    // Whose counter it is, since another process may sit on the same address by now.
    const sinceNode = since === 0 ? this.#parts.node : peer.node
    return this.#send(peer.member, { type: 'pull', request, since, sinceNode }, ACKED_BITS)
  }

  // ---- answering ----

  onPull(peer: Peer, message: PullMessage): void {
    if (!this.isReady || this.#source.isBusy) {
      const reason = this.isReady ? 'busy' : 'not-ready'
      const startedAgoMs = this.#startedAgoMs()
      this.#sendQuietly(peer.member, { type: 'refused', request: message.request, reason, startedAgoMs })
      return
    }
    const hasAnswer = this.#laggards.onPull(peer)
    this.#source.answer(peer.member, message).then(hasAnswer, (cause: unknown) => this.failed(peer, cause))
  }

  onNeed(peer: Peer, message: NeedMessage): void {
    this.#source.supply(peer.member, message).catch((cause: unknown) => this.failed(peer, cause))
  }

  need(peer: Peer, keys: readonly string[]): void {
    this.#sendQuietly(peer.member, { type: 'need', keys })
  }

  // ---- sending ----

  #position(ask: boolean): Unsigned<PositionMessage> {
    return { type: 'position', ready: this.isReady, ask, ...this.#standing.place() }
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

  #startedAgoMs(): number {
    if (this.#state === 'new') return 0
    return Math.floor(this.#parts.options.clock.monotonic() - this.#startedAt)
  }

  #pause(): Promise<void> {
    const { clock, retryMs } = this.#parts.options
    return new Promise((resolve) => void clock.after(retryMs, resolve))
  }

  #forgetCheck(peer: Peer): void {
    this.#parts.options.clock.clear(peer.checkTimer)
    peer.checkTimer = undefined
  }
}
