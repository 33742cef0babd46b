/** Says messages that are not made of entries to one other node: for sure, or such that what gets lost is said again later. */
import { Writer } from '../bytes/index.ts'
import type { Channel } from '../cluster/channel.ts'
import { type PlainMessage, writeMessage } from './encode-message.ts'
import { BITS, type ResolvedSessionOptions } from './options.ts'
import type { Peer } from './peers.ts'

/** Nobody waits, and nobody is told when it gets lost. */
export const ASYNC_BITS = BITS.BYTE_MESSAGE | BITS.ASYNCHRONOUS
const ACKED_BITS = BITS.BYTE_MESSAGE | BITS.USE_ACK

/** A message before it is signed with our name. */
export type Unsigned<M> = M extends unknown ? Omit<M, 'node'> : never

export class Speaker {
  readonly #name: string
  readonly #node: string
  readonly #channel: Pick<Channel, 'send'>

  constructor(options: ResolvedSessionOptions, node: string, channel: Pick<Channel, 'send'>) {
    this.#name = options.name
    this.#node = node
    this.#channel = channel
  }

  /** `sure`: rejects when it does not arrive. */
  say(peer: Peer, message: Unsigned<PlainMessage>, sure: boolean): Promise<void> {
    const writer = new Writer()
    writeMessage(writer, this.#name, { ...message, node: this.#node } as PlainMessage)
    return this.#channel.send([peer.member], writer.take(), sure ? ACKED_BITS : ASYNC_BITS)
  }

  /** What gets lost here is said again. */
  sayQuietly(peer: Peer, message: Unsigned<PlainMessage>): void {
    this.say(peer, message, false).catch(() => {})
  }
}
