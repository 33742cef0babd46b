/**
 * The lowest layer of a channel with keys: nothing leaves in clear, and nothing that is not opened reaches the layers above,
 * who is a member included. What cannot be opened is counted and told as an event; its sender hears what it would hear of
 * any failure.
 *
 * In the format of Tomcat messages are as Tomcat's, notifications and pings are sealed as between clowder members, which a
 * Tomcat drops, and probes are in clear. What comes in clear is never believed.
 */
import type { KeyObject } from 'node:crypto'
import { controlMessageOf } from '../control-messages.ts'
import { ClusterError } from '../errors.ts'
import type { Member } from '../member.ts'
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
import { isSealed, type SealedCipher } from './sealed-cipher.ts'
import type { TomcatCipher } from './tomcat-cipher.ts'

export class Encrypt implements Interceptor {
  readonly name = 'encrypt'
  readonly #sealed: SealedCipher
  readonly #tomcat: TomcatCipher | undefined
  #channel: ChannelContext | undefined
  #opened = 0
  #unreadable = 0
  #replayed = 0
  #stale = 0
  /** Notifications and probes in clear. */
  #inClear = 0

  /** @param tomcat for messages, in a cluster with Tomcat members */
  constructor(sealed: SealedCipher, tomcat: TomcatCipher | undefined) {
    this.#sealed = sealed
    this.#tomcat = tomcat
  }

  attach({ channel }: Neighbours): void {
    this.#channel = channel
  }

  setKeys(keys: readonly KeyObject[]): void {
    this.#sealed.setKeys(keys)
    this.#tomcat?.setKeys(keys)
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

  /** A notification, a ping or a probe for one member, as it goes over the wire. */
  control(message: OutgoingMessage, to: Member): OutgoingMessage {
    if (this.#tomcat !== undefined && controlMessageOf(message.body) === 'probe') return message
    return { ...message, body: this.#sealed.seal(message, to) }
  }

  send(message: OutgoingMessage, next: SendNext): Promise<void> {
    if (this.#tomcat !== undefined) return next({ ...message, body: this.#tomcat.seal(message) })
    return sendToEach(message, next, (to) => this.#sealed.seal(message, to))
  }

  receive(message: IncomingMessage, next: ReceiveNext): boolean | Promise<boolean> {
    if (this.#tomcat !== undefined && controlMessageOf(message.body) !== undefined) {
      this.#inClear++
      return true
    }
    try {
      message.body = this.#open(message)
    } catch (error) {
      if (error instanceof ClusterError) this.#refuse(message.sender, error)
      throw error
    }
    this.#opened++
    return next(message)
  }

  #open(message: IncomingMessage): Buffer {
    if (this.#tomcat === undefined) return this.#sealed.open(message)
    if (!isSealed(message.body)) return this.#tomcat.open(message)
    try {
      return this.#sealed.open(message)
    } catch (error) {
      // A random nonce may begin like a seal.
      if (error instanceof ClusterError && error.code === 'CLUSTER_DECRYPT') return this.#tomcat.open(message)
      throw error
    }
  }

  #refuse(sender: Member, cause: ClusterError): void {
    if (cause.code === 'CLUSTER_REPLAYED') this.#replayed++
    else if (cause.code === 'CLUSTER_STALE') this.#stale++
    else this.#unreadable++
    this.#channel?.refused(this.name, sender, cause)
  }
}
