/**
 * Keeps this node's sessions equal to the others': asks for all of them at start, and later for what it finds it has
 * missed. Two signs show that something is missing: a hole in a node's batches, and another node's positions beyond ours.
 * Positions are told when a member appears, when one is lost (its last batches may have reached only some of us), after a
 * failed send, and every few seconds while there are changes. So whatever the channel loses, nodes that can talk become
 * equal; what has been received twice, or late, is sorted out by versions.
 */
import type { TimerHandle } from '../clock/clock.ts'
import type { Channel } from '../cluster/channel.ts'
import type { Reporter } from './events.ts'
import { Laggards } from './laggards.ts'
import type { DoneMessage, NeedMessage, PositionMessage, PullMessage, RefusedMessage } from './message.ts'
import type { ResolvedSessionOptions } from './options.ts'
import type { Outbox } from './outbox.ts'
import { ALL_PARTS } from './parts.ts'
import type { Peer, PeerTable } from './peers.ts'
import type { PositionTable } from './position-table.ts'
import type { Replica } from './replica.ts'
import { hex, type TransferSnapshot } from './snapshot.ts'
import { Speaker, type Unsigned } from './speaker.ts'
import { Standing } from './standing.ts'
import { type Joined, StateJoin } from './state-join.ts'
import { type PullResult, type Question, StatePull, type Taken } from './state-pull.ts'
import { StateSource } from './state-source.ts'
import { digestTable } from './table-digest.ts'

/** How often, within `gapGraceMs`, what is on its way is looked for. */
const SETTLE_LOOKS = 20
/** With fewer sessions than this their digests are no smaller than they are. */
const WORTH_COMPARING = 256

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
  readonly #join: StateJoin
  readonly #source: StateSource
  readonly #standing: Standing
  readonly #speaker: Speaker
  readonly #laggards: Laggards
  #state: 'new' | 'starting' | 'ready' | 'stopped' = 'new'
  #startedAt = 0
  /** Peers that are being asked, or will be when others have answered. */
  readonly #asking = new Set<Peer>()
  #lastAnswer: Promise<void> = Promise.resolve()
  #isJoining = false
  /** Until what the givers had has come. */
  #settleTimer: TimerHandle
  /** Until the others are told where we are, since one of them has gone. */
  #leftTimer: TimerHandle
  /** By the start, from whomever. */
  readonly #taken = { pieces: 0, bytes: 0 }
  #lastTransfer: TransferSnapshot | undefined
  /** What we last told everybody. */
  #told = { seq: 0, changes: 0 }

  constructor(parts: ExchangeParts) {
    this.#parts = parts
    const { options, node, replica, channel, positions, outbox } = parts
    this.#standing = new Standing(node, replica, positions, outbox)
    this.#speaker = new Speaker(options, node, channel)
    this.#pull = new StatePull(options, (peer, request, question) => this.#ask(peer, request, question))
    this.#join = new StateJoin({
      ...parts,
      peers: () => this.#oldestFirst(),
      ask: (peer, question) => this.#askToJoin(peer, question),
      startedAgoMs: () => this.#startedAgoMs(),
    })
    this.#source = new StateSource(options, node, replica, channel, this.#standing)
    this.#laggards = new Laggards(parts, (peer) => this.#speaker.say(peer, this.#position(true), true))
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  /** What this node last took from others; undefined before. */
  get lastTransfer(): TransferSnapshot | undefined {
    return this.#lastTransfer
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

  async #fetchAll(): Promise<void> {
    const begun = this.#parts.options.clock.monotonic()
    this.#isJoining = true
    // Between the answers, too, this node holds more than it can say.
    this.#standing.fetchBegins()
    const joined = await this.#join.run()
    this.#isJoining = false
    if (joined === undefined || this.#state === 'stopped') return
    if (joined.from.length > 0) this.#adoptJoined(joined, begun)
    else this.#parts.reporter.report({ type: 'alone' })
    this.#serve()
    this.#settle(joined)
  }

  /**
   * What one of those who gave had and another had not, this node has some of. As a rule it is on its way to all and here in
   * a moment. If it is not, nobody may be left who would send it, and the others have to hear that there is more here than
   * our positions say.
   */
  #settle(joined: Joined, since = this.#parts.options.clock.monotonic()): void {
    const { options, positions, node, peers } = this.#parts
    if (this.#state === 'stopped') return
    const isAll = joined.atMost.every((theirs) => positions.covers(theirs, node))
    const waitedMs = options.clock.monotonic() - since
    if (!isAll && waitedMs < options.gapGraceMs) {
      this.#settleTimer = options.clock.after(options.gapGraceMs / SETTLE_LOOKS, () => this.#settle(joined, since))
      return
    }
    for (const { done } of joined.from) {
      if (positions.covers(done.positions, node)) this.#standing.synced(done.node, done.changes)
    }
    this.#standing.fetchEnds(!isAll)
    this.tell(peers.all)
  }

  async #askToJoin(peer: Peer, question: Question): Promise<PullResult> {
    this.#standing.fetchBegins()
    const result = await this.#pull.from(peer, question)
    const { pieces, bytes, outcome } = result
    this.#taken.pieces += pieces
    this.#taken.bytes += bytes
    // What came of an answer that did not end, or that was no longer waited for, no position will mention.
    this.#standing.fetchEnds(pieces > 0 && (outcome !== 'done' || !this.#isJoining))
    return result
  }

  #adoptJoined({ from, positions: common }: Joined, begun: number): void {
    const { options, positions, peers, node, reporter, replica } = this.#parts
    for (const { peer, done } of from) peers.name(peer, done.node)
    positions.adopt(common, node, options.clock.monotonic())
    this.#note(
      'start',
      from.map(({ done }) => done.node),
      this.#taken,
      begun,
    )
    const givers = from.map(({ peer }) => peer.member)
    reporter.report({ type: 'state-received', from: givers[0]!, givers, sessions: replica.sessions.size })
  }

  #note(reason: TransferSnapshot['reason'], from: readonly string[], taken: Taken, begun: number): void {
    const { clock } = this.#parts.options
    this.#lastTransfer = {
      reason,
      from: from.map(hex),
      blocks: taken.pieces,
      bytes: taken.bytes,
      ms: clock.monotonic() - begun,
      endedAtMs: clock.now(),
    }
  }

  #serve(): void {
    if (this.#state !== 'starting') return
    this.#state = 'ready'
    this.tell(this.#parts.peers.all, true)
  }

  stop(): void {
    this.#state = 'stopped'
    this.#join.stop()
    this.#pull.stop()
    this.#laggards.stop()
    const { options, peers } = this.#parts
    options.clock.clear(this.#settleTimer)
    options.clock.clear(this.#leftTimer)
    for (const peer of peers.all) this.#forgetCheck(peer)
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
    options.clock.clear(this.#leftTimer)
    if (this.#state !== 'stopped') this.#leftTimer = options.clock.after(options.gapGraceMs, () => this.tell(peers.all))
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
    for (const peer of peers) this.#speaker.sayQuietly(peer, this.#position(ask))
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
    if (message.ask) this.#speaker.sayQuietly(peer, this.#position(false))
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
    peer.checkTimer ??= this.#parts.options.clock.after(this.#parts.options.gapGraceMs, () => {
      peer.checkTimer = undefined
      if (this.#isBehind(peer)) this.#askSoon(peer)
    })
  }

  /** Whether the peer has what we lack. */
  #isBehind(peer: Peer): boolean {
    const { positions, node } = this.#parts
    const { wanted } = peer
    if (wanted !== undefined && positions.covers(wanted.positions, node)) {
      this.#standing.synced(peer.node, wanted.changes)
      peer.wanted = undefined
    }
    return peer.wanted !== undefined || positions.hasHole(peer.node)
  }

  // ---- fetching what is missing ----

  /** One after the other: what the first answer has brought the next node need not send. */
  #askSoon(peer: Peer): void {
    if (this.#state !== 'ready' || this.#asking.has(peer)) return
    this.#asking.add(peer)
    this.#lastAnswer = this.#lastAnswer.then(() => this.#fetch(peer)).finally(() => this.#asking.delete(peer))
  }

  async #fetch(peer: Peer): Promise<void> {
    const { options, peers, reporter } = this.#parts
    if (this.#state !== 'ready' || !peers.has(peer) || !this.#isBehind(peer)) return
    const begun = options.clock.monotonic()
    const question = await this.#question(peer)
    this.#standing.fetchBegins()
    const result = await this.#pull.from(peer, question)
    this.#standing.fetchEnds(result.outcome === 'lost' && result.pieces > 0)
    if (this.#state !== 'ready') return
    if (result.outcome === 'done') {
      this.#note('catch-up', [result.done.node], result, begun)
      this.#adopt(peer, result.done)
      return
    }
    if (result.outcome === 'lost') reporter.report({ type: 'state-lost', from: peer.member, reason: result.reason })
    // Still needed? That is looked at again after a pause, as long as the peer is there.
    if (peers.has(peer)) this.#checkLater(peer)
  }

  /** What changed since we had all that it had; where that is unknown, what differs by the digests of both. */
  async #question(peer: Peer): Promise<Question> {
    const { node, replica, options } = this.#parts
    const since = this.#standing.syncedWith(peer.node)
    // Whose counter it is, since another process may sit on the same address by now.
    if (since > 0) return { since, sinceNode: peer.node, parts: ALL_PARTS, digests: [] }
    const isWorthIt = replica.sessions.size >= WORTH_COMPARING
    const turn = (): Promise<void> => new Promise((resolve) => options.endOfTurn(resolve))
    const digests = isWorthIt ? await digestTable(replica, turn) : []
    return { since: 0, sinceNode: node, parts: ALL_PARTS, digests }
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
  onPiece(request: number, bytes: number): void {
    if (!this.#pull.progress(request, bytes)) this.#standing.strays()
  }

  onEnd(message: DoneMessage | RefusedMessage): void {
    this.#pull.end(message)
  }

  #ask(peer: Peer, request: number, question: Question): Promise<void> {
    if (!this.#parts.peers.has(peer)) return Promise.reject(new Error('the member is gone'))
    return this.#speaker.say(peer, { type: 'pull', request, ...question }, true)
  }

  // ---- answering ----

  onPull(peer: Peer, message: PullMessage): void {
    if (!this.isReady || this.#source.isBusy) {
      const reason = this.isReady ? 'busy' : 'not-ready'
      const startedAgoMs = this.#startedAgoMs()
      this.#speaker.sayQuietly(peer, { type: 'refused', request: message.request, reason, startedAgoMs })
      return
    }
    const hasAnswer = this.#laggards.onPull(peer)
    this.#source.answer(peer.member, message).then(hasAnswer, (cause: unknown) => this.failed(peer, cause))
  }

  onNeed(peer: Peer, message: NeedMessage): void {
    this.#source.supply(peer.member, message).catch((cause: unknown) => this.failed(peer, cause))
  }

  need(peer: Peer, keys: readonly string[]): void {
    this.#speaker.sayQuietly(peer, { type: 'need', keys })
  }

  // ---- inside ----

  #position(ask: boolean): Unsigned<PositionMessage> {
    return { type: 'position', ready: this.isReady, ask, ...this.#standing.place() }
  }

  #oldestFirst(): Peer[] {
    const { channel, peers } = this.#parts
    return channel.members().flatMap((member) => peers.of(member) ?? [])
  }

  #startedAgoMs(): number {
    if (this.#state === 'new') return 0
    return Math.floor(this.#parts.options.clock.monotonic() - this.#startedAt)
  }

  #forgetCheck(peer: Peer): void {
    this.#parts.options.clock.clear(peer.checkTimer)
    peer.checkTimer = undefined
  }
}
