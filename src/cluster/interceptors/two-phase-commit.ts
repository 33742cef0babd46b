/**
 * A message is delivered when a second one says so (Tomcat `TwoPhaseCommitInterceptor`; tomcat-cluster.md 4.6). Every member
 * needs it. The second one is sent when all members got the first, so a member that misses a message of a group is told by
 * the failure of the send before anybody has delivered it. There is no vote: what a member does with it cannot be undone.
 * ASYNCHRONOUS messages are let go by the dispatch below before anybody has them: of those the second one follows at once.
 *
 *   commit: 7101… (16) | id of the message (16) | 36f3… (16)
 */
import type { Clock } from '../../clock/clock.ts'
import { ClusterError } from '../errors.ts'
import { memberName, messageKey } from '../identity.ts'
import { UNIQUE_ID_BYTES } from '../member.ts'
import { MessageIds } from '../message-id.ts'
import type {
  ChannelContext,
  IncomingMessage,
  Interceptor,
  Neighbours,
  OutgoingMessage,
  ReceiveNext,
  SendNext,
} from './interceptor.ts'
import { type Guest, WaitingRoom } from './waiting-room.ts'

const COMMIT_START = Buffer.from('7101c602dec44bb29bf420e3206fd804', 'hex')
const COMMIT_END = Buffer.from('36f35a6e2fe14be8afe32434c64d9238', 'hex')
const COMMIT_BYTES = COMMIT_START.length + UNIQUE_ID_BYTES + COMMIT_END.length

export interface TwoPhaseCommitOptions {
  /** Messages whose commit does not come are dropped with the next heartbeat. Ms, default 60 000. Tomcat: `expire`. */
  readonly expireMs?: number
  /** Bytes of messages that may wait for their commit; default 64 MiB. Beyond that messages are refused. */
  readonly maxWaitingBytes?: number
  /** Messages that may wait for their commit; default 10 000. Beyond that messages are refused. */
  readonly maxWaiting?: number
}

interface Uncommitted extends Guest {
  readonly message: IncomingMessage
}

/**
 * @example
 * createChannel({ interceptors: [twoPhaseCommit()] })
 */
export function twoPhaseCommit(options: TwoPhaseCommitOptions = {}): Interceptor {
  return new TwoPhaseCommit(options)
}

class TwoPhaseCommit implements Interceptor {
  readonly name = 'two-phase-commit'
  readonly #options: Required<TwoPhaseCommitOptions>
  /** By message. */
  readonly #waiting: WaitingRoom<Uncommitted>
  #expired = 0
  #unknown = 0
  #channel: ChannelContext | undefined
  #clock: Clock | undefined
  #ids: MessageIds | undefined

  constructor(options: TwoPhaseCommitOptions) {
    this.#options = { expireMs: 60_000, maxWaitingBytes: 64 * 1024 * 1024, maxWaiting: 10_000, ...options }
    const { maxWaiting, maxWaitingBytes } = this.#options
    this.#waiting = new WaitingRoom({ maxGuests: maxWaiting, maxBytes: maxWaitingBytes })
  }

  attach({ channel }: Neighbours): void {
    this.#channel = channel
    this.#clock = channel.clock
    this.#ids = new MessageIds(channel.randomBytes)
  }

  snapshot(): Record<string, number> {
    const { size, bytes } = this.#waiting
    return { waiting: size, waitingBytes: bytes, expired: this.#expired, unknownCommits: this.#unknown }
  }

  async send(message: OutgoingMessage, next: SendNext): Promise<void> {
    const body = Buffer.concat([COMMIT_START, message.uniqueId, COMMIT_END])
    // Made before layers below may change the message.
    const commit = { ...message, uniqueId: this.#ids!.next(), body }
    await next(message)
    await next(commit)
  }

  receive(message: IncomingMessage, next: ReceiveNext): boolean | Promise<boolean> {
    const committed = committedId(message.body)
    if (committed === undefined) return this.#park(message)
    const key = messageKey(message.sender, committed)
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) {
      this.#unknown++
      return true
    }
    this.#waiting.leave(key)
    return next(waiting.message)
  }

  heartbeat(): void {
    const { expireMs } = this.#options
    for (const { message } of this.#waiting.takeOlder(this.#clock!.monotonic() - expireMs)) {
      this.#expired++
      const text = `the commit of a message of ${memberName(message.sender)} did not come within ${expireMs} ms`
      this.#channel?.refused(this.name, message.sender, new ClusterError('CLUSTER_EXPIRED', text))
    }
  }

  #park(message: IncomingMessage): boolean {
    const { sender, body } = message
    const key = messageKey(sender, message.uniqueId)
    if (this.#waiting.get(key) !== undefined) return true
    const own = { ...message, uniqueId: Buffer.from(message.uniqueId), body: Buffer.from(body) }
    if (this.#waiting.enter(key, { message: own, since: this.#clock!.monotonic(), bytes: body.length })) return true
    const text = `${this.#waiting.size} messages of ${this.#waiting.bytes} bytes wait for their commit`
    const error = new ClusterError('CLUSTER_UNCOMMITTED_FULL', text)
    this.#channel?.refused(this.name, sender, error)
    throw error
  }
}

/** The id a commit names; undefined when the body is none. */
function committedId(body: Uint8Array): Uint8Array | undefined {
  if (body.length !== COMMIT_BYTES) return undefined
  const id = body.subarray(COMMIT_START.length, COMMIT_START.length + UNIQUE_ID_BYTES)
  const start = body.subarray(0, COMMIT_START.length)
  const end = body.subarray(COMMIT_BYTES - COMMIT_END.length)
  return COMMIT_START.equals(start) && COMMIT_END.equals(end) ? id : undefined
}
