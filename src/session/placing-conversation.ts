/**
 * What nodes with a backup manager tell each other of themselves: that they are there, which batches they have, and what
 * they lack. Decides when everything has to be offered again. What they say of sessions is in `placed-sessions.ts`.
 */
import type { TimerHandle } from '../clock/clock.ts'
import { type Fetches, UNSETTLED_MS } from './fetches.ts'
import type { BackupConversation, Conversation } from './inbox.ts'
import { Laggards } from './laggards.ts'
import type { Lane } from './lane.ts'
import type { LaneTable } from './lane-table.ts'
import type { DoneMessage, NeedMessage, PositionMessage, PullMessage, RefusedMessage } from './message.ts'
import type { Offers } from './offers.ts'
import { ALL_PARTS } from './parts.ts'
import type { Peer } from './peers.ts'
import type { Placement } from './placement.ts'
import { PositionTable } from './position-table.ts'
import type { ReplicationParts } from './replication.ts'
import type { TransferSnapshot } from './snapshot.ts'
import type { Speaker, Unsigned } from './speaker.ts'
import { NEED_REQUEST, type Supplier } from './supplier.ts'
import { type TransferCause, TransferLog } from './transfer-log.ts'

/**
 * So long after nodes came or went all is offered once more: while everybody offers, two nodes may give each other copies
 * that a third one knows to be old.
 */
const SECOND_LOOK_MS = 10_000

export interface ConversationParts extends ReplicationParts {
  readonly lanes: LaneTable
  readonly placement: Placement
  readonly offers: Offers
  readonly fetches: Fetches
  readonly supplier: Supplier
  readonly speaker: Speaker
  /** Hears what is said of sessions. */
  readonly placed: BackupConversation
}

export class PlacingConversation implements Conversation {
  readonly positions = new PositionTable()
  readonly backup: BackupConversation
  /** Monotonic. */
  placesChangedAt = Number.NEGATIVE_INFINITY
  readonly #parts: ConversationParts
  readonly #laggards: Laggards
  #state: 'new' | 'ready' | 'leaving' | 'stopped' = 'new'
  /** Looks whether all have been heard, while the start waits for that. */
  #heard: (() => void) | undefined
  #request = 0
  readonly #transfers: TransferLog
  /** Monotonic; undefined where others could have brought nothing yet. */
  #startedAt: number | undefined
  /** Nodes of which we ask what we have missed, and since when; monotonic. */
  readonly #pulling = new Map<string, number>()
  #secondLook: TimerHandle | undefined

  constructor(parts: ConversationParts) {
    this.#parts = parts
    this.backup = parts.placed
    this.#transfers = new TransferLog(parts.options.stallMs)
    const { options, node, reporter, lanes, speaker } = parts
    const outbox = {
      release: (peer: Peer) => lanes.of(peer)?.outbox.release(peer),
      seqFor: (peer: Peer) => lanes.of(peer)?.outbox.seq ?? 0,
    }
    this.#laggards = new Laggards({ options, node, reporter, peers: lanes.peers, outbox }, (peer) => {
      const lane = lanes.of(peer)
      return lane === undefined ? Promise.resolve() : speaker.say(peer, this.#position(lane, true), true)
    })
  }

  // ---- life ----

  /** Resolves when those who are there have said so: before, they could not be asked for sessions. */
  start(): Promise<void> {
    const { options, lanes, reporter } = this.#parts
    this.#state = 'ready'
    this.#startedAt = options.clock.monotonic()
    for (const lane of lanes.all) this.#announce(lane)
    if (lanes.all.length === 0) reporter.report({ type: 'alone' })
    if (options.stateTimeoutMs === 0) return Promise.resolve()
    return new Promise((resolve) => {
      // A member without such a manager will never say anything.
      const timer = options.clock.after(options.stallMs, () => finish())
      const finish = (): void => {
        options.clock.clear(timer)
        this.#heard = undefined
        resolve()
      }
      this.#heard = () => {
        if (lanes.all.every((lane) => lane.isHeard) || this.#state !== 'ready') finish()
      }
      this.#heard()
    })
  }

  /** The others take our copies over; resolves when they have, or after `handOverMs`. */
  async leave(): Promise<void> {
    if (this.#state !== 'ready') return
    const { options, lanes, offers } = this.#parts
    this.#state = 'leaving'
    this.#heard?.()
    for (const lane of lanes.all) this.#announce(lane)
    if (!lanes.all.some((lane) => lane.isReady)) return
    this.#placesMayHaveChanged()
    await new Promise<void>((resolve) => {
      const timer = options.clock.after(options.handOverMs, resolve)
      void offers.settled().then(() => {
        options.clock.clear(timer)
        resolve()
      })
    })
  }

  stop(): void {
    this.#state = 'stopped'
    this.#laggards.stop()
    this.#parts.options.clock.clear(this.#secondLook)
    for (const { peer } of this.#parts.lanes.all) this.#forgetCheck(peer)
  }

  // ---- members ----

  joined(lane: Lane): void {
    if (this.#state === 'ready') this.#announce(lane)
  }

  left(lane: Lane): void {
    const { offers, fetches } = this.#parts
    this.#pulling.delete(lane.peer.node)
    this.#forgetCheck(lane.peer)
    this.#laggards.forget(lane.peer)
    offers.gone(lane.peer)
    fetches.gone(lane.peer)
    this.#heard?.()
    this.#placesMayHaveChanged()
  }

  /** Something did not get through. */
  failed(peer: Peer, cause: unknown): void {
    this.#laggards.failed(peer, cause)
  }

  #placesMayHaveChanged(): void {
    const { lanes, placement, options } = this.#parts
    if (!placement.update(lanes.all, this.#state !== 'leaving')) return
    this.placesChangedAt = options.clock.monotonic()
    this.#offerAll()
    options.clock.clear(this.#secondLook)
    this.#secondLook = options.clock.after(SECOND_LOOK_MS, () => this.#offerAll())
  }

  #offerAll(): void {
    const { lanes, offers } = this.#parts
    for (const lane of lanes.all) {
      lane.offeredUpTo = 0
      lane.isOutstanding = true
      lane.differing.clear()
    }
    offers.soon()
  }

  // ---- positions ----

  /** To be called every `positionIntervalMs`. */
  compare(now: number): void {
    const { lanes, options } = this.#parts
    this.positions.prune(now, options.tombstoneMs, (node) => lanes.peers.isLive(node))
    for (const lane of lanes.all) {
      // What it said before it was ready may have overtaken what it said then.
      if (!lane.isHeard || !lane.isReady) this.#announce(lane)
      else if (lane.outbox.seq !== lane.toldSeq) this.#tell(lane)
      if (lane.isOutstanding || lane.named.size > 0) this.#parts.offers.soon()
    }
  }

  onPosition(peer: Peer, message: PositionMessage): void {
    const { lanes, node } = this.#parts
    const lane = lanes.of(peer)
    if (lane === undefined) return
    lane.isHeard = true
    lane.isReady = message.ready
    this.#placesMayHaveChanged()
    this.#heard?.()
    this.#laggards.onPosition(peer, message)
    if (message.ask) this.#tell(lane)
    if (this.positions.covers(message.positions, node)) {
      lane.syncedAt = message.changes
      peer.wanted = undefined
    } else {
      peer.wanted = message
      this.#checkLater(peer, this.#parts.options.gapGraceMs)
    }
  }

  onHole(peer: Peer | undefined): void {
    if (peer !== undefined) this.#checkLater(peer, this.#parts.options.gapGraceMs)
  }

  /** What is missing may be merely late. If it is not, it is asked for until it is here. */
  #checkLater(peer: Peer, afterMs: number): void {
    const { options, node, lanes } = this.#parts
    peer.checkTimer ??= options.clock.after(afterMs, () => {
      peer.checkTimer = undefined
      const lane = lanes.of(peer)
      if (lane === undefined || this.#state === 'stopped') return
      if (peer.wanted !== undefined && this.positions.covers(peer.wanted.positions, node)) {
        lane.syncedAt = peer.wanted.changes
        peer.wanted = undefined
      }
      if (peer.wanted === undefined && !this.positions.hasHole(peer.node)) return
      const since = lane.syncedAt
      const sinceNode = since === 0 ? node : peer.node
      if (!this.#pulling.has(peer.node)) this.#pulling.set(peer.node, options.clock.monotonic())
      this.#parts.speaker.sayQuietly(peer, {
        type: 'pull',
        request: ++this.#request,
        since,
        sinceNode,
        parts: ALL_PARTS,
        // Offers compare session by session anyway.
        digests: [],
      })
      this.#checkLater(peer, options.stallMs)
    })
  }

  onPull(peer: Peer, message: PullMessage): void {
    const { lanes, node, offers } = this.#parts
    const lane = lanes.of(peer)
    if (lane === undefined) return
    const answered = this.#laggards.onPull(peer)
    lane.pull = { request: message.request, answered }
    lane.offeredUpTo = Math.min(lane.offeredUpTo, message.sinceNode === node ? message.since : 0)
    lane.isOutstanding = true
    offers.soon()
  }

  /** All that changed has been offered to a node. */
  offered(lane: Lane, changes: number, seq: number): void {
    const { pull, peer } = lane
    if (pull === undefined) return
    lane.pull = undefined
    const positions = [{ node: this.#parts.node, upTo: seq, early: [] }]
    this.#parts.speaker.sayQuietly(peer, { type: 'done', request: pull.request, changes, positions })
    pull.answered()
  }

  onEnd(message: DoneMessage | RefusedMessage): void {
    if (message.type !== 'done') return
    const { lanes, options, node } = this.#parts
    const lane = lanes.byNode(message.node)
    if (lane === undefined) return
    this.positions.adopt(message.positions, node, options.clock.monotonic())
    lane.syncedAt = message.changes
    this.#pulling.delete(message.node)
    const { peer } = lane
    if (peer.wanted !== undefined && this.positions.covers(peer.wanted.positions, node)) peer.wanted = undefined
    this.#tell(lane)
  }

  // ---- changes without the rest ----

  need(peer: Peer, keys: readonly string[]): void {
    this.#parts.speaker.sayQuietly(peer, { type: 'need', keys })
  }

  onNeed(peer: Peer, message: NeedMessage): void {
    const { supplier } = this.#parts
    if (supplier.isFull) return
    supplier.supply(peer.member, message.keys).catch((cause: unknown) => this.failed(peer, cause))
  }

  /** Answers to fetches are no transfers, and have no order that would have to be kept. */
  onPiece(request: number, bytes: number, node: string): void {
    if (request !== NEED_REQUEST) return
    const { clock } = this.#parts.options
    const now = clock.monotonic()
    this.#transfers.note(node, bytes, this.#causeOf(node, now), now, clock.now())
  }

  /** What this node last took over from others; undefined before. */
  get lastTransfer(): TransferSnapshot | undefined {
    return this.#transfers.last
  }

  /** Why sessions come that no request has asked for: nodes have come or gone, or we had missed something. */
  #causeOf(node: string, now: number): TransferCause | undefined {
    const since = this.placesChangedAt
    if (now - since < UNSETTLED_MS) {
      const isStart = this.#startedAt !== undefined && since - this.#startedAt < UNSETTLED_MS
      return { reason: isStart ? 'start' : 'placing', since }
    }
    const askedAt = this.#pulling.get(node)
    return askedAt === undefined ? undefined : { reason: 'catch-up', since: askedAt }
  }

  // ---- saying ----

  /** That we are here, or go: others act on it, so it must arrive. */
  #announce(lane: Lane): void {
    const { peer } = lane
    this.#parts.speaker.say(peer, this.#position(lane, true), true).catch((cause: unknown) => this.failed(peer, cause))
    lane.toldSeq = lane.outbox.seq
  }

  #tell(lane: Lane): void {
    this.#parts.speaker.sayQuietly(lane.peer, this.#position(lane, false))
    lane.toldSeq = lane.outbox.seq
  }

  #position(lane: Lane, ask: boolean): Unsigned<PositionMessage> {
    const { node, replica } = this.#parts
    lane.outbox.close()
    const { peer, outbox } = lane
    const theirs = { node: peer.node, upTo: this.positions.upTo(peer.node), early: [] }
    const positions = [{ node, upTo: outbox.seq, early: [] }, ...(peer.node === '' ? [] : [theirs])]
    return { type: 'position', ready: this.#state === 'ready', ask, changes: replica.changes, positions }
  }

  #forgetCheck(peer: Peer): void {
    this.#parts.options.clock.clear(peer.checkTimer)
    peer.checkTimer = undefined
  }
}
