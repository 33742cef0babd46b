/**
 * Below the layers and above the transport (Tomcat `ChannelCoordinator`): turns messages into frames and frames into
 * messages, and acknowledges as the options of a message demand (tomcat-cluster.md 2.1, 4.3).
 */

import { SEND } from './channel.ts'
import { encodeMessage, frameBytes, frameHead, MessageDecoder } from './channel-data.ts'
import { ClusterError } from './errors.ts'
import { ACK_FRAME, FAIL_ACK_FRAME } from './frame.ts'
import type { IncomingMessage, OutgoingMessage, ReceiveNext } from './interceptors/interceptor.ts'
import type { Member } from './member.ts'
import { Delivery } from './transport/delivery.ts'
import type { FrameHandler, Transport } from './transport/transport.ts'

export interface CoordinatorOptions {
  readonly transport: Transport
  readonly maxFrameBytes: number
  /** Into the lowest layer. */
  readonly receive: ReceiveNext
  /** Something above threw while it handled a message. */
  readonly failed: (cause: unknown) => void
}

export class Coordinator {
  readonly #options: CoordinatorOptions
  #head: Buffer

  constructor(local: Member, options: CoordinatorOptions) {
    this.#head = frameHead(local)
    this.#options = options
  }

  /** What this node says of itself in every frame from now on. */
  setLocal(local: Member): void {
    this.#head = frameHead(local)
  }

  frameOf(message: OutgoingMessage): Buffer {
    return encodeMessage(this.#head, message)
  }

  send(message: OutgoingMessage): Promise<void> {
    const { to, body, options } = message
    const { transport, maxFrameBytes } = this.#options
    const bytes = frameBytes(this.#head, body.length)
    if (bytes > maxFrameBytes) {
      const text = `a message of ${bytes} bytes is over maxFrameBytes (${maxFrameBytes})`
      return Promise.reject(new ClusterError('CLUSTER_BODY_TOO_LARGE', text))
    }
    const frame = encodeMessage(this.#head, message)
    const wantsAck = (options & SEND.USE_ACK) !== 0
    const delivery = new Delivery(to.length)
    for (const member of to) transport.send(member, frame, wantsAck, delivery)
    return delivery.promise
  }

  /** For one connection that a peer opened. */
  accepted(reply: (frame: Buffer) => void, welcome: () => void = () => {}): FrameHandler {
    const decoder = new MessageDecoder()
    return (data) => this.#received(decoder.decode(data), reply, welcome)
  }

  #received(message: IncomingMessage, reply: (frame: Buffer) => void, welcome: () => void): void | Promise<void> {
    const wantsAck = (message.options & SEND.USE_ACK) !== 0
    const afterwards = wantsAck && (message.options & SEND.SYNCHRONIZED_ACK) !== 0
    if (wantsAck && !afterwards) reply(ACK_FRAME)
    const done = () => {
      welcome()
      if (afterwards) reply(ACK_FRAME)
    }
    const failed = (cause: unknown) => {
      if (afterwards) reply(FAIL_ACK_FRAME)
      this.#options.failed(cause)
    }
    try {
      const taken = this.#options.receive(message)
      if (typeof taken !== 'boolean') return taken.then(done, failed)
      done()
    } catch (cause) {
      failed(cause)
    }
  }
}
