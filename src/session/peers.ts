/** The other members of the cluster as a manager sees them: who is there, which node each is, and what it still lacks. */
import type { TimerHandle } from '../clock/clock.ts'
import type { Member } from '../cluster/member.ts'
import type { Batch } from './batch.ts'
import { DelayGauge } from './delay.ts'
import type { Positions } from './message.ts'

export class Peer {
  member: Member
  /** Its name in versions and positions; empty until it has said it. */
  node = ''
  /**
   * It missed something. It gets no batches until it has fetched what it lacks: they would wait for a member that hangs,
   * and each would be a hole to it.
   */
  behind = false
  /** Why, in words; kept by the laggards. */
  behindBecause = ''

  // Kept by the outbox.
  queue: Batch[] = []
  queuedBytes = 0
  inFlight: readonly Batch[] | undefined
  /** When `inFlight` was sent; monotonic. */
  sentAt = 0

  // Kept by the state exchange and the laggards.
  /** The last positions of the peer that we could not match at once. */
  wanted: { positions: Positions; changes: number } | undefined
  checkTimer: TimerHandle | undefined
  nudgeTimer: TimerHandle | undefined
  /** Pause before the next try, doubled with each. */
  retryMs: number
  clockReported = false
  /** Kept by the inbox. */
  readonly delay = new DelayGauge()

  constructor(member: Member, retryMs: number) {
    this.member = member
    this.retryMs = retryMs
  }
}

export class PeerTable {
  readonly #retryMs: number
  readonly #byKey = new Map<string, Peer>()
  #all: readonly Peer[] = []
  #nodes = new Set<string>()

  constructor(retryMs: number) {
    this.#retryMs = retryMs
  }

  /** In the order in which they came. */
  get all(): readonly Peer[] {
    return this.#all
  }

  get size(): number {
    return this.#all.length
  }

  /** Undefined when the member is there already; its description is renewed. */
  add(member: Member): Peer | undefined {
    const key = memberKey(member)
    const known = this.#byKey.get(key)
    if (known !== undefined) {
      known.member = member
      return undefined
    }
    const peer = new Peer(member, this.#retryMs)
    this.#byKey.set(key, peer)
    this.#refresh()
    return peer
  }

  remove(member: Member): Peer | undefined {
    const key = memberKey(member)
    const peer = this.#byKey.get(key)
    this.#byKey.delete(key)
    this.#refresh()
    return peer
  }

  has(peer: Peer): boolean {
    return this.#all.includes(peer)
  }

  of(member: Member): Peer | undefined {
    return this.#byKey.get(memberKey(member))
  }

  /** Learns which node a member is. A process that was restarted is another node. */
  name(peer: Peer, node: string): void {
    if (peer.node === node) return
    peer.node = node
    this.#refresh()
  }

  isLive(node: string): boolean {
    return this.#nodes.has(node)
  }

  /** True if no living node has a smaller name: of several that could do a thing once, this one does it. */
  isFirst(node: string): boolean {
    for (const other of this.#nodes) if (other < node) return false
    return true
  }

  #refresh(): void {
    this.#all = [...this.#byKey.values()]
    this.#nodes = new Set(this.#all.map((peer) => peer.node).filter((node) => node !== ''))
  }
}

/** Two members are the same when host, port and unique id are equal (`Member`). */
function memberKey(member: Member): string {
  return `${text(member.uniqueId)}${text(member.host)}:${member.port}`
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
