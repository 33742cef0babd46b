/**
 * The start of a node: takes the sessions of the others over, from all of them at once, each giving some parts. What one
 * did not finish comes from another, and so does the end of what a slow one gives; nothing that has arrived is asked for
 * again. When all parts are here those who gave are asked once more, for what has changed meanwhile: then what each of them
 * had at the beginning is everywhere, and what came later has been sent to this node, too.
 */
import type { Reporter } from './events.ts'
import type { DoneMessage, Positions } from './message.ts'
import type { ResolvedSessionOptions } from './options.ts'
import { PartPlan } from './part-plan.ts'
import type { Peer } from './peers.ts'
import { commonPositions } from './position-table.ts'
import type { PullResult, Question } from './state-pull.ts'

/** Who has nothing left to give takes over from others what they have not given after so long, at least. */
const LEAST_PATIENCE_MS = 250

export interface JoinParts {
  readonly options: ResolvedSessionOptions
  readonly node: string
  readonly reporter: Reporter
  /** Oldest first. */
  readonly peers: () => readonly Peer[]
  readonly ask: (peer: Peer, question: Question) => Promise<PullResult>
  readonly startedAgoMs: () => number
}

export interface Joined {
  /** Whose sessions have come; empty if this node is the first. */
  readonly from: readonly Gift[]
  /** What all of them had: so much, at least, has come. */
  readonly positions: Positions
  /** What each of them had when it last gave something: some of that may have come, too. */
  readonly atMost: readonly Positions[]
}

export interface Gift {
  readonly peer: Peer
  /** The set of parts that it gave. */
  parts: number
  /** What it said at the end of its first answer, or of the last look. */
  done: DoneMessage
}

type Verdict =
  | 'complete'
  /** It may have sessions, and cannot give them now. */
  | 'wait'
  /** It has no sessions either and was started after us, or it is gone. */
  | 'first'

export class StateJoin {
  readonly #parts: JoinParts
  readonly #plan = new PartPlan<Peer>()
  readonly #gifts = new Map<Peer, Gift>()
  /** The last answer of everybody who ever gave something, needed or not. */
  readonly #answers = new Map<Peer, DoneMessage>()
  /** Those who wait until something is left to be given, or everything is here. */
  readonly #waiting = new Set<() => void>()
  #isStopped = false

  constructor(parts: JoinParts) {
    this.#parts = parts
  }

  /** Resolves when all is here, or it turns out that this node is the first; undefined when it was stopped. */
  async run(): Promise<Joined | undefined> {
    for (;;) {
      const peers = this.#parts.peers()
      const verdicts = await this.#round(peers)
      if (this.#isStopped) return undefined
      if (this.#plan.isComplete) return this.#lastLook(peers.length)
      if (!verdicts.includes('wait')) return { from: [], positions: [], atMost: this.#atMost() }
      await this.#untilChange(this.#parts.options.retryMs)
    }
  }

  stop(): void {
    this.#isStopped = true
    this.#wake()
  }

  /** Over when everything is here, whoever is still being asked, or when nobody can give more. */
  #round(peers: readonly Peer[]): Promise<readonly Verdict[]> {
    const all = peers.map((peer) => this.#takeFrom(peer, peers.length))
    return new Promise((resolve, reject) => {
      for (const one of all) one.then((verdict) => verdict === 'complete' && resolve([verdict]), reject)
      Promise.all(all).then(resolve, reject)
    })
  }

  async #takeFrom(peer: Peer, givers: number): Promise<Verdict> {
    const { options, reporter, ask, node } = this.#parts
    let patienceMs = LEAST_PATIENCE_MS
    while (!this.#plan.isComplete && !this.#isStopped) {
      const begun = options.clock.monotonic()
      const parts = this.#plan.take(peer, givers, begun) || this.#plan.takeOver(peer, begun - patienceMs, begun)
      if (parts === 0) {
        await this.#untilChange(patienceMs)
        continue
      }
      const result = await ask(peer, { since: 0, sinceNode: node, parts, digests: [] })
      if (result.outcome === 'done') {
        patienceMs = Math.max(LEAST_PATIENCE_MS, 2 * (options.clock.monotonic() - begun))
        this.#keep(peer, this.#plan.received(peer, parts), result.done)
      } else this.#plan.lost(peer)
      this.#wake()
      if (result.outcome === 'done') continue
      if (this.#plan.isComplete || this.#isStopped) break
      if (result.outcome === 'refused') return this.#judge(result.refused)
      reporter.report({ type: 'state-lost', from: peer.member, reason: result.reason })
      return result.reason === 'gone' ? 'first' : 'wait'
    }
    return 'complete'
  }

  #keep(peer: Peer, parts: number, done: DoneMessage): void {
    this.#answers.set(peer, done)
    if (parts === 0) return
    const gift = this.#gifts.get(peer)
    // The first answer says least of what it had: that holds for all of its parts.
    if (gift === undefined) this.#gifts.set(peer, { peer, parts, done })
    else gift.parts |= parts
  }

  #judge({ reason, startedAgoMs, node }: { reason: string; startedAgoMs: number; node: string }): Verdict {
    if (reason === 'busy') return 'wait'
    const ours = this.#parts.startedAgoMs()
    return startedAgoMs > ours || (startedAgoMs === ours && node < this.#parts.node) ? 'wait' : 'first'
  }

  /** Who is alone with us has sent us everything since its first answer. */
  async #lastLook(peers: number): Promise<Joined> {
    const from = [...this.#gifts.values()]
    if (peers > 1) await Promise.all(from.map((gift) => this.#lookAgain(gift)))
    return { from, positions: commonPositions(from.map(({ done }) => done.positions)), atMost: this.#atMost() }
  }

  #atMost(): readonly Positions[] {
    return [...this.#answers.values()].map((done) => done.positions)
  }

  async #lookAgain(gift: Gift): Promise<void> {
    const { changes: since, node: sinceNode } = gift.done
    const result = await this.#parts.ask(gift.peer, { since, sinceNode, parts: gift.parts, digests: [] })
    if (result.outcome !== 'done') return
    gift.done = result.done
    this.#answers.set(gift.peer, result.done)
  }

  #untilChange(ms: number): Promise<void> {
    const { clock } = this.#parts.options
    return new Promise((resolve) => {
      const wake = (): void => {
        clock.clear(timer)
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = clock.after(ms, wake)
      this.#waiting.add(wake)
    })
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
  }
}
