/** Everything this node has open to one endpoint: its links, the bytes that wait, and counters. */
import { ClusterError } from '../errors.ts'
import { endpointKey } from '../identity.ts'
import type { Endpoint, Member } from '../member.ts'
import { AckLinks } from './ack-links.ts'
import { type Parcel, type ParcelOffice, PlainLink } from './plain-link.ts'
import type { Outcome, PeerSnapshot, TransportHandler, TransportOptions } from './transport.ts'

export class TcpPeer implements ParcelOffice {
  readonly #to: Endpoint
  readonly #maxQueuedBytes: number
  readonly #plain: PlainLink
  readonly #ack: AckLinks
  #queuedBytes = 0
  #sent = 0
  #failed = 0

  constructor(to: Endpoint, options: TransportOptions, handler: TransportHandler) {
    this.#to = to
    this.#maxQueuedBytes = options.limits.maxQueuedBytesPerMember
    this.#plain = new PlainLink(to, options, handler, this)
    this.#ack = new AckLinks(to, options, handler, this)
  }

  get isOpen(): boolean {
    return this.#plain.state === 'open'
  }

  get isIdle(): boolean {
    return this.#plain.isIdle && this.#ack.isIdle
  }

  /** Nothing would be missed if this object were forgotten. */
  get isUnused(): boolean {
    return this.isIdle && !this.#plain.isKept && this.#plain.state === 'closed'
  }

  keep(): void {
    this.#plain.keep()
  }

  send(to: Member, frame: Buffer, wantsAck: boolean, outcome: Outcome | undefined): void {
    if (this.#queuedBytes + frame.length > this.#maxQueuedBytes) {
      this.#failed++
      outcome?.settled(to, this.#full(frame.length))
      return
    }
    this.#queuedBytes += frame.length
    const parcel: Parcel = { to, frame, outcome, losses: 0 }
    if (wantsAck) this.#ack.send(parcel)
    else this.#plain.send(parcel)
  }

  settle(parcel: Parcel, failure: ClusterError | undefined): void {
    this.#queuedBytes -= parcel.frame.length
    if (failure === undefined) this.#sent++
    else this.#failed++
    parcel.outcome?.settled(parcel.to, failure)
  }

  heartbeat(): void {
    this.#plain.heartbeat()
  }

  checkStall(): void {
    this.#plain.checkStall()
  }

  /** Resolves when the peer has read what it was sent; see `PlainLink.close`. */
  close(cause: ClusterError): Promise<void> {
    this.#ack.close(cause)
    return this.#plain.close(cause)
  }

  /** After `close`: waits for the peer no longer. */
  cut(): void {
    this.#plain.cut()
  }

  snapshot(): PeerSnapshot {
    return { link: this.#plain.state, queuedBytes: this.#queuedBytes, sent: this.#sent, failed: this.#failed }
  }

  #full(bytes: number): ClusterError {
    const message =
      `${bytes} bytes more than the ${this.#queuedBytes} that wait for ${endpointKey(this.#to)} are over ` +
      `maxQueuedBytesPerMember (${this.#maxQueuedBytes})`
    return new ClusterError('CLUSTER_QUEUE_FULL', message)
  }
}
