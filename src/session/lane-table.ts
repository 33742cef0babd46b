/** The other nodes of a backup manager and the lanes to them. */
import type { Channel } from '../cluster/channel.ts'
import type { Member } from '../cluster/member.ts'
import { Lane } from './lane.ts'
import type { ResolvedSessionOptions } from './options.ts'
import { Outbox } from './outbox.ts'
import { type Peer, PeerTable } from './peers.ts'

export class LaneTable {
  readonly peers: PeerTable
  /** What was sent to those that are no longer there. */
  readonly gone = { batchesSent: 0, bytesSent: 0 }
  readonly #options: ResolvedSessionOptions
  readonly #node: string
  readonly #channel: Pick<Channel, 'send'>
  readonly #onFailure: (peer: Peer, cause: unknown) => void
  readonly #byPeer = new Map<Peer, Lane>()
  #all: readonly Lane[] = []
  #highestSeq = 0

  constructor(
    options: ResolvedSessionOptions,
    node: string,
    channel: Pick<Channel, 'send'>,
    onFailure: (peer: Peer, cause: unknown) => void,
  ) {
    this.peers = new PeerTable(options.retryMs)
    this.#options = options
    this.#node = node
    this.#channel = channel
    this.#onFailure = onFailure
  }

  get all(): readonly Lane[] {
    return this.#all
  }

  of(peer: Peer): Lane | undefined {
    return this.#byPeer.get(peer)
  }

  byNode(node: string): Lane | undefined {
    return this.#all.find((lane) => lane.peer.node === node)
  }

  /** Undefined when the member is there already. */
  add(member: Member): Lane | undefined {
    const peer = this.peers.add(member)
    if (peer === undefined) return undefined
    const only = { all: [peer], of: (other: Member) => this.peers.of(other) }
    const outbox = new Outbox(this.#options, this.#node, only, this.#channel, this.#onFailure)
    // Numbers never come twice: a node that was away sees a hole, also if it has had more batches than others.
    outbox.seq = this.#highestSeq
    const lane = new Lane(peer, outbox)
    this.#byPeer.set(peer, lane)
    this.#all = [...this.#byPeer.values()]
    return lane
  }

  remove(member: Member): Lane | undefined {
    const peer = this.peers.remove(member)
    const lane = peer && this.#byPeer.get(peer)
    if (peer === undefined || lane === undefined) return undefined
    lane.outbox.close()
    lane.outbox.release(peer)
    this.#highestSeq = Math.max(this.#highestSeq, lane.outbox.seq)
    this.gone.batchesSent += lane.outbox.batchesSent
    this.gone.bytesSent += lane.outbox.bytesSent
    this.#byPeer.delete(peer)
    this.#all = [...this.#byPeer.values()]
    return lane
  }
}
