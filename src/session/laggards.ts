/**
 * Members that did not get something and are still there. Nobody waits for them, and they get no batches, which would only
 * be more holes to them. They are told where we are, again and again with growing pauses, until they have fetched what
 * they lack.
 */
import type { Reporter } from './events.ts'
import type { PositionMessage } from './message.ts'
import type { ResolvedSessionOptions } from './options.ts'
import type { Outbox } from './outbox.ts'
import type { Peer, PeerTable } from './peers.ts'

/** Longest pause between two tries. */
const MAX_RETRY_MS = 30_000

export interface LaggardParts {
  readonly options: ResolvedSessionOptions
  readonly node: string
  readonly peers: PeerTable
  readonly outbox: Pick<Outbox, 'release' | 'seqFor'>
  readonly reporter: Reporter
}

export class Laggards {
  readonly #parts: LaggardParts
  readonly #nudge: (peer: Peer) => Promise<void>
  #isStopped = false

  /** `nudge` tells a peer where we are and settles when that has arrived or failed. */
  constructor(parts: LaggardParts, nudge: (peer: Peer) => Promise<void>) {
    this.#parts = parts
    this.#nudge = nudge
  }

  /** A batch, or the answer to a question, did not get through. */
  failed(peer: Peer, cause: unknown): void {
    const { outbox, reporter } = this.#parts
    if (!peer.behind && !this.#isStopped) {
      peer.behind = true
      peer.behindBecause = cause instanceof Error ? cause.message : String(cause)
      reporter.report({ type: 'behind', member: peer.member, cause })
    }
    outbox.release(peer)
    if (peer.nudgeTimer === undefined) this.#nudgeLater(peer)
  }

  /** It may have everything after all, or again. */
  onPosition(peer: Peer, message: PositionMessage): void {
    const { node, outbox } = this.#parts
    if (!peer.behind) return
    const upTo = message.positions.find((position) => position.node === node)?.upTo ?? 0
    if (upTo >= outbox.seqFor(peer)) this.#caughtUp(peer)
  }

  /**
   * It fetches what it lacks and gets batches again from now on: those that come before the end of the answer fill what
   * lies behind it. Returns what to call at that end.
   */
  onPull(peer: Peer): () => void {
    const wasBehind = peer.behind
    peer.behind = false
    return () => {
      if (wasBehind && !peer.behind) this.#caughtUp(peer)
    }
  }

  forget(peer: Peer): void {
    this.#parts.options.clock.clear(peer.nudgeTimer)
    peer.nudgeTimer = undefined
  }

  stop(): void {
    this.#isStopped = true
    for (const peer of this.#parts.peers.all) this.forget(peer)
  }

  #caughtUp(peer: Peer): void {
    peer.behind = false
    peer.behindBecause = ''
    peer.retryMs = this.#parts.options.retryMs
    this.forget(peer)
    this.#parts.reporter.report({ type: 'caught-up', member: peer.member })
  }

  #nudgeLater(peer: Peer): void {
    if (this.#isStopped || !this.#parts.peers.has(peer)) return
    peer.nudgeTimer = this.#parts.options.clock.after(peer.retryMs, () => {
      peer.nudgeTimer = undefined
      if (!peer.behind || !this.#parts.peers.has(peer)) return
      peer.retryMs = Math.min(peer.retryMs * 2, MAX_RETRY_MS)
      const again = () => {
        if (peer.behind && peer.nudgeTimer === undefined) this.#nudgeLater(peer)
      }
      this.#nudge(peer).then(again, again)
    })
  }
}
