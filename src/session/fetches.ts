/**
 * Asks other nodes for a session that a request names and that is not here: those that keep it if all is in order, and
 * where the cluster has just changed, everybody. Many requests for one session ask once.
 */
import type { TimerHandle } from '../clock/clock.ts'
import type { Lane } from './lane.ts'
import type { FetchMessage } from './message.ts'
import type { ResolvedSessionOptions } from './options.ts'
import type { Peer } from './peers.ts'
import type { Placement } from './placement.ts'
import type { Replica } from './replica.ts'

/** So long after nodes came or went a session may still be where it was. */
export const UNSETTLED_MS = 30_000
/**
 * What was acknowledged is here: how long the node that serves the session is waited for, which may have more. Longer than
 * it is busy with other things; if it is dead, the channel says so sooner.
 */
const FRESHER_MS = 250

export interface FetchParts {
  readonly options: ResolvedSessionOptions
  readonly replica: Replica
  readonly placement: Placement
  readonly lanes: () => Iterable<Lane>
  /** Monotonic time at which nodes last came or went. */
  readonly changedAt: () => number
  readonly send: (peer: Peer, message: Omit<FetchMessage, 'node'>) => void
}

interface Asked {
  readonly peer: Peer
  /** `has`: it has sent what it holds. */
  readonly settle: (has: boolean) => void
}

export class Fetches {
  readonly #parts: FetchParts
  readonly #byKey = new Map<string, Promise<void>>()
  readonly #asked = new Map<number, Asked>()
  /** Never 0, which stands for entries that nobody asked for. */
  #request = 0

  constructor(parts: FetchParts) {
    this.#parts = parts
  }

  /** Undefined where asking is in vain. Resolves when the session is here, or nobody has it. */
  fetch(key: string): Promise<void> | undefined {
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const { options, replica } = this.#parts
    if (this.#byKey.size >= options.limits.fetches || replica.graves.get(key)?.fate === 'destroyed') return undefined
    const first = this.#first(key)
    const others = this.#isUnsettled ? this.#all().filter((lane) => !first.includes(lane)) : []
    if (first.length + others.length === 0) return undefined
    const fetched = this.#fetch(key, first, others).finally(() => this.#byKey.delete(key))
    this.#byKey.set(key, fetched)
    return fetched
  }

  /** It has sent what it holds, and that is applied. */
  answered(request: number, peer: Peer | undefined): void {
    this.#settle(request, peer, true)
  }

  /** It holds nothing. */
  lacks(request: number, peer: Peer | undefined): void {
    this.#settle(request, peer, false)
  }

  /** There will be no answer. */
  gone(peer: Peer): void {
    for (const asked of [...this.#asked.values()]) if (asked.peer === peer) asked.settle(false)
  }

  stop(): void {
    for (const asked of [...this.#asked.values()]) asked.settle(false)
  }

  #settle(request: number, peer: Peer | undefined, has: boolean): void {
    const asked = this.#asked.get(request)
    if (asked !== undefined && asked.peer === peer) asked.settle(has)
  }

  async #fetch(key: string, first: readonly Lane[], others: readonly Lane[]): Promise<void> {
    await this.#ask(key, first)
    if (!this.#isKnown(key)) await this.#ask(key, others)
  }

  #ask(key: string, lanes: readonly Lane[]): Promise<void> {
    if (lanes.length === 0) return Promise.resolve()
    const { options, replica, send } = this.#parts
    const { clock, fetchTimeoutMs } = options
    return new Promise((resolve) => {
      const requests = new Set<number>()
      let fresher: TimerHandle | undefined
      const finish = (): void => {
        clock.clear(timer)
        clock.clear(fresher)
        for (const request of requests) this.#asked.delete(request)
        resolve()
      }
      const timer = clock.after(fetchTimeoutMs, finish)
      const keeper = this.#keeper(key)
      const questions = lanes.map(({ peer }) => ({ peer, request: ++this.#request }))
      for (const { peer, request } of questions) {
        requests.add(request)
        const settle = (has: boolean): void => {
          requests.delete(request)
          this.#asked.delete(request)
          // Nobody knows the session better than the node that serves it. One that has nothing may be what an old copy of
          // ours takes for that node: those who know better are still to answer.
          if (requests.size === 0 || (has && replica.sessions.get(key)?.owner === peer.node)) finish()
          // Any other node's copy may be an old one, however long those take who know better.
          else if (has && peer === keeper && this.#isKnown(key)) fresher ??= clock.after(FRESHER_MS, finish)
        }
        this.#asked.set(request, { peer, settle })
      }
      for (const { peer, request } of questions) send(peer, { type: 'fetch', request, key })
    })
  }

  #isKnown(key: string): boolean {
    const { replica } = this.#parts
    return replica.sessions.get(key)?.complete === true || replica.graves.get(key) !== undefined
  }

  #first(key: string): Lane[] {
    const { placement, replica } = this.#parts
    const lanes = new Set(placement.likely(key).flatMap(({ lane }) => lane ?? []))
    // An old copy of ours knows where the session went.
    const owner = replica.sessions.get(key)?.owner
    if (owner !== undefined) for (const lane of this.#all()) if (lane.peer.node === owner) lanes.add(lane)
    return [...lanes].filter((lane) => lane.isReady)
  }

  /** The one whose copy is kept whoever serves the session; undefined where that may just have become another. */
  #keeper(key: string): Peer | undefined {
    return this.#isUnsettled ? undefined : this.#parts.placement.likely(key)[0]?.lane?.peer
  }

  #all(): Lane[] {
    return [...this.#parts.lanes()].filter((lane) => lane.isHeard)
  }

  get #isUnsettled(): boolean {
    return this.#parts.options.clock.monotonic() - this.#parts.changedAt() < UNSETTLED_MS
  }
}
