/**
 * Messages of a member arrive in the order in which it sent them (Tomcat `OrderInterceptor`; tomcat-cluster.md 4.6). Every
 * member needs it.
 *
 *   body | number: i32, from 1 up per destination
 *
 * What came too early waits. A gap that stays open is given up with the next message or heartbeat; what comes late is
 * delivered at once. A message that waits counts as processed for its acknowledgement. For a member that was lost and comes
 * back this node counts anew, as Tomcat does; whether that one does is seen from its numbers (`order-inbox.ts`).
 */
import type { Clock } from '../../clock/clock.ts'
import { ClusterError } from '../errors.ts'
import type { DisappearReason } from '../events.ts'
import { memberKey, memberName } from '../identity.ts'
import type { Member } from '../member.ts'
import { sendToEach } from './each-destination.ts'
import type {
  ChannelContext,
  IncomingMessage,
  Interceptor,
  MemberAddedNext,
  MemberDisappearedNext,
  Neighbours,
  OutgoingMessage,
  ReceiveNext,
  SendNext,
} from './interceptor.ts'
import { OrderInbox, type Waiting } from './order-inbox.ts'
import { following, numberOf } from './order-number.ts'

const NUMBER_BYTES = 4
/**
 * Peers that are no members now: those that have gone, and those that speak or are spoken to before they are announced. One
 * more takes the place of the first that has no gap; where all have gaps, those of the first are given up.
 */
export const MAX_OTHERS = 1024

export interface OrderOptions {
  /** How long a gap is waited for. Ms, default 3000. Tomcat: `expire`. */
  readonly expireMs?: number
  /** What has waited behind a gap for so long: deliver it, or drop it. Default true. Tomcat: `forwardExpired`. */
  readonly forwardExpired?: boolean
  /** Messages that may wait per member; beyond that the gap is given up. Default 10 000. Tomcat: `maxQueue`, no limit. */
  readonly maxQueue?: number
  /** Bytes that may wait per member; beyond that the gap is given up. Default 16 MiB. Tomcat has no limit. */
  readonly maxQueueBytes?: number
}

interface Peer {
  readonly member: Member
  readonly inbox: OrderInbox
  isMember: boolean
  /** The last number sent to it. */
  sent: number
  /** Settles when what was delivered so far is processed; undefined: it is. */
  busy: Promise<unknown> | undefined
}

/**
 * @example
 * createChannel({ interceptors: [order({ expireMs: 1000 })] })
 */
export function order(options: OrderOptions = {}): Interceptor {
  return new Order(options)
}

class Order implements Interceptor {
  readonly name = 'order'
  readonly #options: Required<OrderOptions>
  /** Members and others; of these the one that came, or went, first is the first. */
  readonly #peers = new Map<string, Peer>()
  #others = 0
  #channel: ChannelContext | undefined
  #clock: Clock | undefined
  #above: ReceiveNext = () => false
  #late = 0
  #gaps = 0
  #dropped = 0

  constructor(options: OrderOptions) {
    this.#options = {
      expireMs: 3000,
      forwardExpired: true,
      maxQueue: 10_000,
      maxQueueBytes: 16 * 1024 * 1024,
      ...options,
    }
  }

  attach({ channel, above }: Neighbours): void {
    this.#channel = channel
    this.#clock = channel.clock
    this.#above = above.receive
  }

  snapshot(): Record<string, number> {
    let waiting = 0
    for (const { inbox } of this.#peers.values()) waiting += inbox.size
    return { waiting, late: this.#late, gaps: this.#gaps, dropped: this.#dropped }
  }

  send(message: OutgoingMessage, next: SendNext): Promise<void> {
    const { body } = message
    return sendToEach(message, next, (to) => {
      const peer = this.#peer(to)
      peer.sent = following(peer.sent)
      const numbered = Buffer.allocUnsafe(body.length + NUMBER_BYTES)
      numbered.set(body)
      numbered.writeInt32BE(peer.sent, body.length)
      return numbered
    })
  }

  receive(message: IncomingMessage, _next: ReceiveNext): boolean | Promise<boolean> {
    const { sender, body, uniqueId } = message
    const end = body.length - NUMBER_BYTES
    if (end < 0) {
      const error = new ClusterError('CLUSTER_ORDER', `a message of ${memberName(sender)} has no number`)
      this.#channel?.refused(this.name, sender, error)
      throw error
    }
    const number = numberOf(Buffer.from(body.buffer, body.byteOffset + end, NUMBER_BYTES).readInt32BE())
    message.body = body.subarray(0, end)
    const peer = this.#peer(sender)
    const { inbox } = peer
    let place = inbox.place(number, uniqueId)
    if (place === 'anew') {
      this.#deliverWaiting(peer)
      inbox.restart()
      place = inbox.place(number, uniqueId)
    }
    if (place === 'early') {
      this.#park(peer, number, message)
      return true
    }
    if (place === 'late') this.#late++
    try {
      return this.#deliver(peer, message)
    } finally {
      if (inbox.size > 0) this.#closeGaps(peer)
    }
  }

  heartbeat(): void {
    for (const peer of this.#peers.values()) if (peer.inbox.size > 0) this.#closeGaps(peer)
  }

  memberAdded(member: Member, next: MemberAddedNext): void {
    const peer = this.#peer(member)
    if (!peer.isMember) this.#others--
    peer.isMember = true
    next(member)
  }

  memberDisappeared(member: Member, reason: DisappearReason, next: MemberDisappearedNext): void {
    const key = memberKey(member)
    const peer = this.#peers.get(key)
    if (peer !== undefined) {
      if (peer.isMember) {
        this.#makeRoom()
        this.#others++
        peer.isMember = false
      }
      this.#peers.delete(key)
      this.#peers.set(key, peer)
      peer.sent = 0
      peer.inbox.doubt()
      this.#deliverWaiting(peer)
    }
    next(member, reason)
  }

  #peer(member: Member): Peer {
    const key = memberKey(member)
    let peer = this.#peers.get(key)
    if (peer === undefined) {
      this.#makeRoom()
      peer = { member, inbox: new OrderInbox(), isMember: false, sent: 0, busy: undefined }
      this.#peers.set(key, peer)
      this.#others++
    }
    return peer
  }

  /** For one more that is no member. */
  #makeRoom(): void {
    if (this.#others < MAX_OTHERS) return
    let chosen: Peer | undefined
    for (const peer of this.#peers.values()) {
      if (peer.isMember) continue
      chosen ??= peer
      if (peer.inbox.size > 0 || peer.busy !== undefined) continue
      chosen = peer
      break
    }
    if (chosen === undefined) return
    this.#peers.delete(memberKey(chosen.member))
    this.#others--
    if (chosen.inbox.size > 0) {
      this.#tellFull(chosen)
      this.#deliverWaiting(chosen)
    }
  }

  #park(peer: Peer, number: number, message: IncomingMessage): void {
    const { maxQueue, maxQueueBytes } = this.#options
    const { inbox } = peer
    inbox.park(number, message, this.#clock!.monotonic())
    if (inbox.size > maxQueue || inbox.bytes > maxQueueBytes) {
      this.#tellFull(peer)
      this.#giveUpGaps(peer, Number.POSITIVE_INFINITY)
    } else {
      this.#closeGaps(peer)
    }
  }

  /** Delivers what follows the last one, and gives up gaps that were waited for long enough. */
  #closeGaps(peer: Peer): void {
    const { member, inbox } = peer
    for (const { message } of inbox.takeReady()) this.#deliverQuietly(peer, message)
    const before = this.#clock!.monotonic() - this.#options.expireMs
    if (!inbox.hasOlder(before)) return
    const text = `messages of ${memberName(member)} from number ${inbox.expected} on did not come`
    this.#channel?.refused(this.name, member, new ClusterError('CLUSTER_EXPIRED', text))
    this.#giveUpGaps(peer, before)
  }

  /** What waits since before a time has expired. What stands before that, or follows it, has not, and is delivered in any case. */
  #giveUpGaps(peer: Peer, before: number): void {
    const { taken, gaps } = peer.inbox.giveUp(before)
    this.#gaps += gaps
    for (const waiting of taken) this.#deliverUnlessExpired(peer, waiting, before)
  }

  #deliverUnlessExpired(peer: Peer, { message, since }: Waiting, before: number): void {
    if (since < before && !this.#options.forwardExpired) this.#dropped++
    else this.#deliverQuietly(peer, message)
  }

  /** What stands before it does not come any more. */
  #deliverWaiting(peer: Peer): void {
    const { taken, gaps } = peer.inbox.giveUp(Number.POSITIVE_INFINITY)
    this.#gaps += gaps
    for (const { message } of taken) this.#deliverQuietly(peer, message)
  }

  #tellFull({ member, inbox }: Peer): void {
    const text = `${inbox.size} messages of ${memberName(member)} wait behind a gap`
    this.#channel?.refused(this.name, member, new ClusterError('CLUSTER_ORDER_FULL', text))
  }

  /** One after the other, on whatever connections they came. */
  #deliver(peer: Peer, message: IncomingMessage): boolean | Promise<boolean> {
    const { busy } = peer
    const taken = busy === undefined ? this.#above(message) : busy.then(() => this.#above(message))
    if (typeof taken === 'boolean') return taken
    const over = () => {
      if (peer.busy === done) peer.busy = undefined
    }
    const done = taken.then(over, over)
    peer.busy = done
    return taken
  }

  /** A message that waited was acknowledged when it came. */
  #deliverQuietly(peer: Peer, message: IncomingMessage): void {
    try {
      const taken = this.#deliver(peer, message)
      if (typeof taken !== 'boolean') taken.catch((cause) => this.#channel?.failed(cause))
    } catch (cause) {
      this.#channel?.failed(cause)
    }
  }
}
