/**
 * Lets go of the caller of an ASYNCHRONOUS message at once (Tomcat `MessageDispatchInterceptor`; tomcat-cluster.md 2.2).
 * What is not yet written is bounded by the sum of its bodies; what happens to a message beyond that is a choice. Order is
 * kept in each case, other than with Tomcat's alwaysSend: the queue is that of the link below.
 */
import { SEND } from '../channel.ts'
import { ClusterError } from '../errors.ts'
import type { Member } from '../member.ts'
import type { WhenFull } from '../options.ts'
import type { Interceptor, OutgoingMessage, SendNext } from './interceptor.ts'
import { sendCause } from './send-cause.ts'

const DONE = Promise.resolve()

export interface MessageDispatchOptions {
  readonly maxBytes: number
  readonly whenFull: WhenFull
  /** An asynchronous message did not reach these members. */
  readonly failed: (members: readonly Member[], cause: ClusterError) => void
}

export class MessageDispatch implements Interceptor {
  readonly name = 'message-dispatch'
  readonly #options: MessageDispatchOptions
  #queuedBytes = 0

  constructor(options: MessageDispatchOptions) {
    this.#options = options
  }

  /** Bytes of bodies that are not yet written, or not yet acknowledged. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  send(message: OutgoingMessage, next: SendNext): Promise<void> {
    if ((message.options & SEND.ASYNCHRONOUS) === 0) return next(message)
    const { to } = message
    const bytes = message.body.length
    if (this.#queuedBytes + bytes > this.#options.maxBytes) {
      const { whenFull } = this.#options
      if (whenFull === 'wait') return next(message)
      if (whenFull === 'throw') return Promise.reject(this.#full(bytes))
      this.#options.failed(to, this.#full(bytes))
      return DONE
    }
    this.#queuedBytes += bytes
    next(message).then(
      () => {
        this.#queuedBytes -= bytes
      },
      (error) => {
        this.#queuedBytes -= bytes
        this.#failed(to, error)
      },
    )
    return DONE
  }

  #failed(to: readonly Member[], error: unknown): void {
    const cause = sendCause(error)
    const members = cause.faulty.length > 0 ? cause.faulty.map(({ member }) => member) : to
    this.#options.failed(members, cause)
  }

  #full(bytes: number): ClusterError {
    const message =
      `${bytes} bytes more than the ${this.#queuedBytes} that wait are over ` +
      `maxDispatchBytes (${this.#options.maxBytes})`
    return new ClusterError('CLUSTER_DISPATCH_FULL', message)
  }
}
