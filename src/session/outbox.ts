/**
 * Sends what happens here to the others, in batches. In asynchronous mode a batch goes to everybody at once and nobody
 * waits, so entries that come thick and fast are collected for `collectMs`. In the other modes a batch is one turn of the
 * event loop, and each member has at most one message in flight while the next collects ("group commit"), so a slow member
 * costs waiting, not messages; and a request waits until every member has its batch or is out of the count: gone, or
 * marked behind. A request never fails because of a member.
 */
import { Writer } from '../bytes/index.ts'
import type { TimerHandle } from '../clock/clock.ts'
import type { Channel } from '../cluster/channel.ts'
import type { ClusterError } from '../cluster/errors.ts'
import type { Member } from '../cluster/member.ts'
import { Batch } from './batch.ts'
import { writeBatchHead } from './encode-message.ts'
import { BITS, type ResolvedSessionOptions } from './options.ts'
import type { Peer, PeerTable } from './peers.ts'

/** Room for some dozen small deltas. */
const FIRST_BYTES = 2048

export class Outbox {
  /** The last batch that was closed. */
  seq = 0
  batchesSent = 0
  bytesSent = 0
  readonly #options: ResolvedSessionOptions
  readonly #node: string
  readonly #peers: Pick<PeerTable, 'all' | 'of'>
  readonly #channel: Pick<Channel, 'send'>
  readonly #onFailure: (peer: Peer, cause: unknown) => void
  readonly #waits: boolean
  readonly #writer = new Writer({ initialBytes: FIRST_BYTES })
  readonly #headBytes: number
  readonly #close = () => this.close()
  #open: Batch | undefined
  /** Closes the open batch, where that is not done at the end of this turn. */
  #collecting: TimerHandle
  /** When the last batch was closed; monotonic. */
  #closedAt = Number.NEGATIVE_INFINITY

  constructor(
    options: ResolvedSessionOptions,
    node: string,
    peers: Pick<PeerTable, 'all' | 'of'>,
    channel: Pick<Channel, 'send'>,
    onFailure: (peer: Peer, cause: unknown) => void,
  ) {
    this.#options = options
    this.#node = node
    this.#peers = peers
    this.#channel = channel
    this.#onFailure = onFailure
    this.#waits = (options.sendBits & BITS.ASYNCHRONOUS) === 0
    writeBatchHead(this.#writer, options.name, node, 1, 1)
    this.#headBytes = this.#writer.length
    this.#writer.reset()
  }

  /** Where the next entry goes. Write it whole and at once, then call `end`. */
  begin(): Writer {
    if (this.#open === undefined) {
      const seq = this.seq + 1
      this.#open = new Batch(seq)
      writeBatchHead(this.#writer, this.#options.name, this.#node, seq, seq)
      this.#closeLater()
    }
    return this.#writer
  }

  /** The batch that the entry is in; undefined when nobody needs to wait for it. */
  end(): Batch | undefined {
    const batch = this.#waits ? this.#open : undefined
    if (this.#writer.length >= this.#options.limits.batchBytes) this.close()
    return batch
  }

  /** Ends the open batch, if any, and sends it. */
  close(): void {
    const batch = this.#open
    if (batch === undefined) return
    this.#open = undefined
    this.seq = batch.seq
    if (this.#collecting !== undefined) {
      this.#options.clock.clear(this.#collecting)
      this.#collecting = undefined
    }
    const peers = this.#peers.all.filter(isCurrent)
    if (peers.length > 0) {
      if (this.#waits) {
        batch.body = this.#writer.take()
        for (const peer of peers) this.#enqueue(peer, batch)
      } else {
        this.#closedAt = this.#options.clock.monotonic()
        // The channel copies what it is given, so one buffer serves for all batches.
        this.#broadcast(peers, this.#writer.view())
      }
    }
    this.#writer.reset()
    batch.settle()
  }

  /** The last batch that was meant for this peer. */
  seqFor(_peer: Peer): number {
    return this.seq
  }

  /** Uses up a number without sending anything: to the others a hole, which makes them ask us for what changed. */
  skip(): void {
    this.close()
    this.seq++
  }

  /** Until nothing is on its way any more. */
  async drain(): Promise<void> {
    const batches = this.#peers.all.flatMap((peer) => [...(peer.inFlight ?? []), ...peer.queue])
    await Promise.all(batches.map((batch) => batch.settled()))
  }

  /** Nobody waits for this peer any more: it is gone, or behind. */
  release(peer: Peer): void {
    const batches = [...(peer.inFlight ?? []), ...peer.queue]
    peer.inFlight = undefined
    peer.queue = []
    peer.queuedBytes = 0
    for (const batch of batches) batch.settle()
  }

  /** Gives up waiting for a channel that does not settle. */
  checkTimeouts(now: number): void {
    const { ackTimeoutMs } = this.#options
    for (const peer of this.#peers.all) {
      if (peer.inFlight !== undefined && now - peer.sentAt >= ackTimeoutMs) {
        this.#onFailure(peer, new Error(`no answer within ackTimeoutMs (${ackTimeoutMs})`))
      }
    }
  }

  /** What comes alone is sent at the end of its turn; what follows a batch closely, `collectMs` after that. */
  #closeLater(): void {
    const { clock, collectMs, endOfTurn } = this.#options
    if (this.#waits || collectMs === 0) {
      endOfTurn(this.#close)
      return
    }
    const waitMs = this.#closedAt + collectMs - clock.monotonic()
    if (waitMs <= 0) endOfTurn(this.#close)
    else this.#collecting = clock.after(waitMs, this.#close)
  }

  #broadcast(peers: readonly Peer[], body: Uint8Array): void {
    this.#count(body, peers.length)
    this.#channel.send(peers.map(memberOf), body, this.#options.sendBits).catch((cause: unknown) => {
      const faulty = faultyMembers(cause)
      for (const peer of faulty?.map((member) => this.#peers.of(member)) ?? peers) {
        if (peer !== undefined) this.#onFailure(peer, cause)
      }
    })
  }

  #enqueue(peer: Peer, batch: Batch): void {
    const queuedBytes = peer.queuedBytes + batch.body.length
    if (queuedBytes > this.#options.limits.queuedBytes) {
      const { queuedBytes: limit } = this.#options.limits
      this.#onFailure(peer, new Error(`${queuedBytes} bytes wait for the member, over limits.queuedBytes (${limit})`))
      return
    }
    batch.wait()
    peer.queue.push(batch)
    peer.queuedBytes = queuedBytes
    if (peer.inFlight === undefined) this.#send(peer)
  }

  #send(peer: Peer): void {
    const batches = this.#takeQueued(peer)
    if (batches === undefined) return
    const body = batches.length === 1 ? batches[0]!.body : this.#join(batches)
    peer.inFlight = batches
    peer.sentAt = this.#options.clock.monotonic()
    this.#count(body, 1)
    this.#channel.send([peer.member], body, this.#options.sendBits).then(
      () => {
        // Released meanwhile: somebody else has settled them.
        if (peer.inFlight !== batches) return
        peer.inFlight = undefined
        for (const batch of batches) batch.settle()
        this.#send(peer)
      },
      (cause: unknown) => {
        if (peer.inFlight === batches) this.#onFailure(peer, cause)
      },
    )
  }

  #takeQueued(peer: Peer): readonly Batch[] | undefined {
    const { queue } = peer
    if (queue.length === 0) return undefined
    let bytes = queue[0]!.body.length
    let count = 1
    while (count < queue.length) {
      const next = queue[count]!
      // A number that was skipped must remain a hole.
      if (next.seq !== queue[count - 1]!.seq + 1) break
      if (bytes + next.body.length > this.#options.limits.batchBytes) break
      bytes += next.body.length
      count++
    }
    peer.queuedBytes -= bytes
    return queue.splice(0, count)
  }

  /** Several batches as one message: one head, then the entries of all. */
  #join(batches: readonly Batch[]): Uint8Array {
    const writer = new Writer({ initialBytes: batches.reduce((sum, batch) => sum + batch.body.length, 0) })
    writeBatchHead(writer, this.#options.name, this.#node, batches[0]!.seq, batches.at(-1)!.seq)
    for (const batch of batches) writer.bytes(batch.body.subarray(this.#headBytes))
    return writer.take()
  }

  #count(body: Uint8Array, members: number): void {
    this.batchesSent += members
    this.bytesSent += body.length * members
  }
}

/** Whom a ClusterError names; undefined when it names nobody. */
function faultyMembers(cause: unknown): readonly Member[] | undefined {
  const faulty = (cause as Partial<ClusterError> | undefined)?.faulty
  return faulty === undefined || faulty.length === 0 ? undefined : faulty.map((one) => one.member)
}

function isCurrent(peer: Peer): boolean {
  return !peer.behind
}

function memberOf(peer: Peer): Peer['member'] {
  return peer.member
}
