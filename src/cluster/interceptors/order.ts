/**
 * Messages of a member arrive in the order in which it sent them (Tomcat `OrderInterceptor`; tomcat-cluster.md 4.6). Every
 * member needs it.
 *
 *   body | number: i32, from 1 up per destination
 *
 * What came too early waits. A gap that stays open is given up with the next message or heartbeat; what comes late is
 * delivered at once. A message that waits counts as processed for its acknowledgement.
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
  MemberDisappearedNext,
  Neighbours,
  OutgoingMessage,
  ReceiveNext,
  SendNext,
} from './interceptor.ts'

const NUMBER_BYTES = 4
const LAST_NUMBER = 2 ** 31 - 1
/** Members, and some that said something after they had gone. */
const MAX_INBOXES = 1024

export interface OrderOptions {
  /** How long a gap is waited for. Ms, default 3000. Tomcat: `expire`. */
  readonly expireMs?: number
  /** What waits behind a gap that is given up: deliver it, or drop it. Default true. Tomcat: `forwardExpired`. */
  readonly forwardExpired?: boolean
  /** Messages that may wait per member; beyond that the gap is given up. Default 10 000. Tomcat: `maxQueue`, no limit. */
  readonly maxQueue?: number
  /** Bytes that may wait per member; beyond that the gap is given up. Default 16 MiB. Tomcat has no limit. */
  readonly maxQueueBytes?: number
}

interface Waiting {
  readonly message: IncomingMessage
  /** Monotonic ms. */
  readonly since: number
}

/** What comes from one member. */
interface Inbox {
  readonly sender: Member
  expected: number
  readonly waiting: Map<number, Waiting>
  bytes: number
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
  readonly #inboxes = new Map<string, Inbox>()
  /** The last number sent to a member. */
  readonly #sent = new Map<string, number>()
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
    for (const inbox of this.#inboxes.values()) waiting += inbox.waiting.size
    return { waiting, late: this.#late, gaps: this.#gaps, dropped: this.#dropped }
  }

  send(message: OutgoingMessage, next: SendNext): Promise<void> {
    const { body } = message
    return sendToEach(message, next, (to) => {
      const key = memberKey(to)
      const number = following(this.#sent.get(key) ?? 0)
      this.#sent.set(key, number)
      const numbered = Buffer.allocUnsafe(body.length + NUMBER_BYTES)
      numbered.set(body)
      numbered.writeInt32BE(number, body.length)
      return numbered
    })
  }

  receive(message: IncomingMessage, _next: ReceiveNext): boolean | Promise<boolean> {
    const { sender, body } = message
    const end = body.length - NUMBER_BYTES
    if (end < 0) {
      const error = new ClusterError('CLUSTER_ORDER', `a message of ${memberName(sender)} has no number`)
      this.#channel?.refused(this.name, sender, error)
      throw error
    }
    const number = Buffer.from(body.buffer, body.byteOffset + end, NUMBER_BYTES).readInt32BE()
    message.body = body.subarray(0, end)
    const inbox = this.#inbox(sender)
    const ahead = number - inbox.expected
    if (ahead > 0) {
      this.#park(inbox, number, message)
      return true
    }
    if (ahead < 0) this.#late++
    else inbox.expected = following(number)
    const taken = this.#deliver(inbox, message)
    if (inbox.waiting.size > 0) this.#closeGap(inbox)
    return taken
  }

  heartbeat(): void {
    for (const inbox of this.#inboxes.values()) if (inbox.waiting.size > 0) this.#closeGap(inbox)
  }

  memberDisappeared(member: Member, reason: DisappearReason, next: MemberDisappearedNext): void {
    const key = memberKey(member)
    const inbox = this.#inboxes.get(key)
    if (inbox !== undefined && inbox.waiting.size > 0) this.#giveUpGaps(inbox)
    this.#inboxes.delete(key)
    this.#sent.delete(key)
    next(member, reason)
  }

  #inbox(sender: Member): Inbox {
    const key = memberKey(sender)
    let inbox = this.#inboxes.get(key)
    if (inbox === undefined) {
      inbox = { sender, expected: 1, waiting: new Map(), bytes: 0, busy: undefined }
      this.#inboxes.set(key, inbox)
      if (this.#inboxes.size > MAX_INBOXES) this.#forgetIdle()
    }
    return inbox
  }

  #forgetIdle(): void {
    for (const [key, { waiting }] of this.#inboxes) {
      if (waiting.size > 0) continue
      this.#inboxes.delete(key)
      return
    }
  }

  #park(inbox: Inbox, number: number, message: IncomingMessage): void {
    const { maxQueue, maxQueueBytes } = this.#options
    if (inbox.waiting.has(number)) return
    const body = Buffer.from(message.body)
    inbox.bytes += body.length
    inbox.waiting.set(number, {
      message: { ...message, uniqueId: Buffer.from(message.uniqueId), body },
      since: this.#clock!.monotonic(),
    })
    if (inbox.waiting.size > maxQueue || inbox.bytes > maxQueueBytes) {
      const text = `${inbox.waiting.size} messages of ${memberName(inbox.sender)} wait behind a gap`
      this.#channel?.refused(this.name, inbox.sender, new ClusterError('CLUSTER_ORDER_FULL', text))
      this.#giveUpGaps(inbox)
    } else {
      this.#closeGap(inbox)
    }
  }

  /** Delivers what follows the last one, and gives up gaps that were waited for long enough. */
  #closeGap(inbox: Inbox): void {
    this.#flush(inbox)
    // The one that waits longest is the first.
    const [oldest] = inbox.waiting.values()
    if (oldest === undefined || this.#clock!.monotonic() - oldest.since <= this.#options.expireMs) return
    const text = `messages of ${memberName(inbox.sender)} from number ${inbox.expected} on did not come`
    this.#channel?.refused(this.name, inbox.sender, new ClusterError('CLUSTER_EXPIRED', text))
    this.#giveUpGaps(inbox)
  }

  #flush(inbox: Inbox): void {
    for (let found = inbox.waiting.get(inbox.expected); found !== undefined; ) {
      this.#take(inbox, inbox.expected, found)
      this.#deliverQuietly(inbox, found.message)
      found = inbox.waiting.get(inbox.expected)
    }
  }

  #giveUpGaps(inbox: Inbox): void {
    const { forwardExpired } = this.#options
    this.#gaps++
    for (const number of [...inbox.waiting.keys()].sort((a, b) => a - b)) {
      const { message } = this.#take(inbox, number, inbox.waiting.get(number)!)
      if (forwardExpired) this.#deliverQuietly(inbox, message)
      else this.#dropped++
    }
  }

  #take(inbox: Inbox, number: number, waiting: Waiting): Waiting {
    inbox.waiting.delete(number)
    inbox.bytes -= waiting.message.body.length
    inbox.expected = following(number)
    return waiting
  }

  /** One after the other, on whatever connections they came. */
  #deliver(inbox: Inbox, message: IncomingMessage): boolean | Promise<boolean> {
    const { busy } = inbox
    const taken = busy === undefined ? this.#above(message) : busy.then(() => this.#above(message))
    if (typeof taken === 'boolean') return taken
    const done = taken.then(
      () => over(),
      () => over(),
    )
    const over = () => {
      if (inbox.busy === done) inbox.busy = undefined
    }
    inbox.busy = done
    return taken
  }

  /** A message that waited was acknowledged when it came. */
  #deliverQuietly(inbox: Inbox, message: IncomingMessage): void {
    try {
      const taken = this.#deliver(inbox, message)
      if (typeof taken !== 'boolean') taken.catch((cause) => this.#channel?.failed(cause))
    } catch (cause) {
      this.#channel?.failed(cause)
    }
  }
}

function following(number: number): number {
  return number === LAST_NUMBER ? 1 : number + 1
}
