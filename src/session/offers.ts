/**
 * Brings sessions to the nodes that should keep them: offers them by name and digest, in blocks, and sends what is
 * wanted. One walk through the table serves all nodes that are outstanding; each has at most one block on its way, and
 * the event loop gets its turn between slices, so that requests hardly notice.
 */
import type { TimerHandle } from '../clock/clock.ts'
import { digest } from './digest.ts'
import type { Lane } from './lane.ts'
import { MAX_NEEDED_KEYS, type Offered, type OfferMessage, type WantedMessage } from './message.ts'
import type { ResolvedSessionOptions } from './options.ts'
import type { Peer } from './peers.ts'
import type { Placement } from './placement.ts'
import type { Replica } from './replica.ts'
import type { Supplier } from './supplier.ts'

/** Several nodes often come or go together. */
const PAUSE_MS = 50
/** Sessions in one offer: about 20 KB. */
const BLOCK = Math.min(500, MAX_NEEDED_KEYS)
/** Sessions looked at in one slice: below a millisecond. */
const SLICE = 256

export interface OfferParts {
  readonly options: ResolvedSessionOptions
  readonly replica: Replica
  readonly placement: Placement
  readonly supplier: Supplier
  readonly lanes: () => Iterable<Lane>
  /** Rejects when it does not arrive. */
  readonly send: (peer: Peer, message: Omit<OfferMessage, 'node'>) => Promise<void>
  readonly failed: (peer: Peer, cause: unknown) => void
  /** All has been offered: what there was when the change counter and the lane's batches stood there. */
  readonly done: (lane: Lane, changes: number, seq: number) => void
}

interface Walker {
  readonly lane: Lane
  readonly since: number
  readonly seq: number
  block: Offered[]
  graves: string[]
  onItsWay: Promise<void>
  hasFailed: boolean
}

interface Asked {
  readonly peer: Peer
  readonly settle: (wanted: readonly string[] | Error) => void
}

export class Offers {
  readonly #parts: OfferParts
  readonly #asked = new Map<number, Asked>()
  readonly #idle: (() => void)[] = []
  #request = 0
  #timer: TimerHandle | undefined
  #isRunning = false
  #isStopped = false

  constructor(parts: OfferParts) {
    this.#parts = parts
  }

  /** To be called when something has become outstanding. */
  soon(): void {
    if (this.#isRunning || this.#isStopped || this.#timer !== undefined) return
    this.#timer = this.#parts.options.clock.after(PAUSE_MS, () => {
      this.#timer = undefined
      void this.#run()
    })
  }

  /** Resolves when nothing is outstanding to nodes that can be reached. */
  settled(): Promise<void> {
    if (!this.#isRunning && this.#timer === undefined) return Promise.resolve()
    return new Promise((resolve) => void this.#idle.push(resolve))
  }

  onWanted(message: WantedMessage): void {
    this.#asked.get(message.request)?.settle(message.keys)
  }

  gone(peer: Peer): void {
    for (const asked of [...this.#asked.values()])
      if (asked.peer === peer) asked.settle(new Error('the member is gone'))
  }

  stop(): void {
    this.#isStopped = true
    this.#parts.options.clock.clear(this.#timer)
    this.#timer = undefined
    for (const asked of [...this.#asked.values()]) asked.settle(new Error('the manager stops'))
    this.#tellIdle()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    for (let lanes = this.#due(); lanes.length > 0 && !this.#isStopped; lanes = this.#due()) {
      await Promise.all(lanes.map((lane) => this.#offerNamed(lane)))
      const outstanding = lanes.filter((lane) => lane.isOutstanding && !lane.peer.behind)
      if (outstanding.length > 0) await this.#walk(outstanding)
    }
    this.#isRunning = false
    this.#tellIdle()
  }

  #due(): Lane[] {
    return [...this.#parts.lanes()].filter(
      (lane) => lane.isReady && !lane.peer.behind && (lane.isOutstanding || lane.named.size > 0),
    )
  }

  async #offerNamed(lane: Lane): Promise<void> {
    const { sessions, graves } = this.#parts.replica
    while (lane.named.size > 0 && !this.#isStopped) {
      const keys = [...lane.named].slice(0, BLOCK)
      const items: Offered[] = []
      const ended: string[] = []
      const standing = new Map<string, number>()
      for (const key of keys) {
        lane.named.delete(key)
        const session = sessions.get(key)
        if (session?.announced) {
          items.push({ key, digest: digest(session) })
          standing.set(key, session.changedAt)
          continue
        }
        const grave = graves.get(key)
        if (grave === undefined) continue
        ended.push(key)
        // A node that is to give its copy up is told of the new key by nobody else.
        if (grave.fate === 'moved') lane.name(grave.to)
      }
      try {
        await this.#offer(lane, items, ended)
        for (const [key, changedAt] of standing) lane.confirm(key, changedAt)
      } catch (cause) {
        for (const key of keys) lane.name(key)
        this.#parts.failed(lane.peer, cause)
        return
      }
    }
  }

  async #walk(lanes: readonly Lane[]): Promise<void> {
    const { replica, placement } = this.#parts
    const { epoch } = placement
    const walkers = new Map<Lane, Walker>()
    for (const lane of lanes) {
      lane.isOutstanding = false
      lane.outbox.close()
      const [since, seq] = [lane.offeredUpTo, lane.outbox.seq]
      walkers.set(lane, { lane, since, seq, block: [], graves: [], onItsWay: Promise.resolve(), hasFailed: false })
    }
    const changes = replica.changes
    let looked = 0
    for (const session of replica.sessions.values()) {
      if (++looked % SLICE === 0) await this.#turn()
      if (placement.epoch !== epoch || this.#isStopped) break
      if (!session.announced) continue
      let item: Offered | undefined
      let isFull = false
      for (const { lane } of placement.holders(session.key, session.owner)) {
        const walker = lane && walkers.get(lane)
        if (walker === undefined || walker.hasFailed || session.changedAt <= walker.since) continue
        item ??= { key: session.key, digest: digest(session) }
        walker.block.push(item)
        isFull ||= walker.block.length >= BLOCK
      }
      if (isFull) await this.#sendFull(walkers)
    }
    for (const grave of replica.graves.values()) {
      if (++looked % SLICE === 0) await this.#turn()
      if (placement.epoch !== epoch || this.#isStopped) break
      let isFull = false
      for (const { lane } of placement.likely(grave.key)) {
        const walker = lane && walkers.get(lane)
        if (walker === undefined || walker.hasFailed || grave.changedAt <= walker.since) continue
        walker.graves.push(grave.key)
        isFull ||= walker.graves.length >= BLOCK
      }
      if (isFull) await this.#sendFull(walkers)
    }
    await Promise.all([...walkers.values()].map((walker) => this.#finish(walker)))
    for (const walker of walkers.values()) {
      const { lane } = walker
      if (walker.hasFailed || placement.epoch !== epoch) lane.isOutstanding = true
      else {
        // Not backwards: somebody may have asked for all of it again meanwhile.
        if (!lane.isOutstanding) lane.offeredUpTo = changes
        this.#parts.done(lane, changes, walker.seq)
      }
    }
  }

  async #sendFull(walkers: ReadonlyMap<Lane, Walker>): Promise<void> {
    for (const walker of walkers.values()) {
      if (walker.block.length < BLOCK && walker.graves.length < BLOCK) continue
      await walker.onItsWay
      this.#launch(walker)
    }
  }

  async #finish(walker: Walker): Promise<void> {
    await walker.onItsWay
    this.#launch(walker)
    await walker.onItsWay
  }

  #launch(walker: Walker): void {
    const { lane, block, graves } = walker
    walker.block = []
    walker.graves = []
    if (walker.hasFailed) return
    walker.onItsWay = this.#offer(lane, block, graves).catch((cause: unknown) => {
      walker.hasFailed = true
      this.#parts.failed(lane.peer, cause)
    })
  }

  async #offer(lane: Lane, items: readonly Offered[], ended: readonly string[]): Promise<void> {
    const { supplier } = this.#parts
    const { peer } = lane
    if (ended.length > 0) await supplier.supply(peer.member, ended)
    if (items.length === 0) return
    const wanted = await this.#ask(peer, items)
    if (wanted.length > 0) await supplier.supply(peer.member, wanted)
  }

  #ask(peer: Peer, items: readonly Offered[]): Promise<readonly string[]> {
    const { clock, stallMs } = this.#parts.options
    const request = ++this.#request
    return new Promise((resolve, reject) => {
      const settle = (wanted: readonly string[] | Error): void => {
        this.#asked.delete(request)
        clock.clear(timer)
        if (wanted instanceof Error) reject(wanted)
        else resolve(wanted)
      }
      const timer = clock.after(stallMs, () => settle(new Error(`no answer within stallMs (${stallMs})`)))
      this.#asked.set(request, { peer, settle })
      this.#parts.send(peer, { type: 'offer', request, items }).catch(settle)
    })
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#parts.options.endOfTurn(resolve))
  }

  #tellIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve()
  }
}
