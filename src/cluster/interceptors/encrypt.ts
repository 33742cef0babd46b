/**
 * The lowest layer of a channel with keys: nothing leaves in clear, and nothing that is not opened reaches the layers above,
 * who is a member included. What cannot be opened is refused without a trace but a counter and an event; the sender is told
 * what it is told of every failure. In the format of Tomcat notifications and probes are in clear, because Tomcat's are:
 * there they are not believed. Pings go to clowder members only and are always covered.
 */
import { controlMessageOf } from '../control-messages.ts'
import { ClusterError } from '../errors.ts'
import type { Member } from '../member.ts'
import type { Cipher } from './cipher.ts'
import { sendToEach } from './each-destination.ts'
import type {
  ChannelContext,
  IncomingMessage,
  Interceptor,
  Neighbours,
  OutgoingMessage,
  ReceiveNext,
  SendNext,
} from './interceptor.ts'

export class Encrypt implements Interceptor {
  readonly name = 'encrypt'
  readonly #cipher: Cipher
  #channel: ChannelContext | undefined
  #opened = 0
  #unreadable = 0
  #replayed = 0
  #stale = 0
  /** Notifications in clear that were not believed. */
  #inClear = 0

  constructor(cipher: Cipher) {
    this.#cipher = cipher
  }

  attach({ channel }: Neighbours): void {
    this.#channel = channel
  }

  snapshot(): Record<string, number> {
    return {
      opened: this.#opened,
      unreadable: this.#unreadable,
      replayed: this.#replayed,
      stale: this.#stale,
      inClear: this.#inClear,
    }
  }

  /** A notification or a probe for one member, as it is to be written to the wire. */
  control(message: OutgoingMessage, to: Member): OutgoingMessage {
    const isCovered = this.#cipher.coversControl || controlMessageOf(message.body) === 'ping'
    return isCovered ? { ...message, body: this.#cipher.seal(message, to) } : message
  }

  send(message: OutgoingMessage, next: SendNext): Promise<void> {
    const cipher = this.#cipher
    if (cipher.perDestination) return sendToEach(message, next, (to) => cipher.seal(message, to))
    return next({ ...message, body: cipher.seal(message, message.to[0]!) })
  }

  receive(message: IncomingMessage, next: ReceiveNext): boolean | Promise<boolean> {
    if (!this.#cipher.coversControl && controlMessageOf(message.body) !== undefined) {
      this.#inClear++
      return true
    }
    try {
      message.body = this.#cipher.open(message)
    } catch (error) {
      if (error instanceof ClusterError) this.#refuse(message.sender, error)
      throw error
    }
    this.#opened++
    return next(message)
  }

  #refuse(sender: Member, cause: ClusterError): void {
    if (cause.code === 'CLUSTER_REPLAYED') this.#replayed++
    else if (cause.code === 'CLUSTER_STALE') this.#stale++
    else this.#unreadable++
    this.#channel?.refused(this.name, sender, cause)
  }
}
