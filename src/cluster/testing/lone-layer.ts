/** One layer alone: what it hands down and up is written down. */

import { MessageDecoder } from '../channel-data.ts'
import { FRAME_DATA, FRAME_END } from '../frame.ts'
import { composeChain } from '../interceptors/chain.ts'
import type { IncomingMessage, Interceptor, OutgoingMessage } from '../interceptors/interceptor.ts'
import type { Member } from '../member.ts'
import { testContext } from './channel-context.ts'
import { countingId, fixture, testMember } from './fixture.ts'

export const TEXT = 'The quick brown fox'

export class LoneLayer {
  readonly layer: Interceptor
  readonly context = testContext()
  /** Whoever it knows. */
  readonly peer: Member
  readonly below: (OutgoingMessage & { body: Buffer })[] = []
  readonly above: string[] = []
  /** `+` and `-` with the last byte of the address. */
  readonly news: string[] = []
  /** What each message to the network, counted from 0, fails with. */
  sends: (number: number) => Error | undefined = () => undefined
  /** Which messages a listener throws at. */
  fails: (text: string) => boolean = () => false
  readonly #chain: ReturnType<typeof composeChain>
  #news!: { added: (member: Member) => void; disappeared: (member: Member) => void }

  constructor(layer: Interceptor, peer: Member = testMember(1)) {
    this.layer = layer
    this.peer = peer
    // The lowest layer of a chain is told of members by nobody, so one stands below that is.
    const source: Interceptor = {
      name: 'source',
      attach: ({ above }) => {
        this.#news = {
          added: above.memberAdded,
          disappeared: (member) => above.memberDisappeared(member, 'unreachable'),
        }
      },
    }
    this.#chain = composeChain([layer, source], {
      channel: this.context,
      bottom: {
        send: async (message) => {
          const failure = this.sends(this.below.length)
          this.below.push({ ...message, body: Buffer.from(message.body) })
          if (failure !== undefined) throw failure
        },
      },
      top: {
        receive: ({ body }) => {
          const text = Buffer.from(body).toString()
          if (this.fails(text)) throw new Error(`a listener fails at ${text}`)
          this.above.push(text)
          return true
        },
        memberAdded: ({ host }) => void this.news.push(`+${host[3]}`),
        memberDisappeared: ({ host }) => void this.news.push(`-${host[3]}`),
      },
    })
  }

  send(text: string | Buffer, fields: Partial<OutgoingMessage> = {}): Promise<void> {
    const body = Buffer.from(text as string)
    return this.#chain.send({ to: [this.peer], options: 2, timestamp: 0, uniqueId: countingId(0), body, ...fields })
  }

  /** What the layer returned. */
  receive(body: Uint8Array, fields: Partial<IncomingMessage> = {}): unknown {
    const message = { sender: this.peer, options: 2, timestamp: 0, uniqueId: countingId(0), body, ...fields }
    return this.#chain.receive(message)
  }

  /** A frame that a Tomcat made. */
  receiveFixture(name: string): unknown {
    return this.#chain.receive(decodedFixture(name))
  }

  added(member: Member): void {
    this.#news.added(member)
  }

  disappeared(member: Member): void {
    this.#news.disappeared(member)
  }

  start(): Promise<void> {
    return this.#chain.start()
  }

  stop(): Promise<void> {
    return this.#chain.stop()
  }

  /** Time passes, then the heart beats. */
  beat(ms: number): void {
    this.context.clock.advance(ms)
    this.#chain.heartbeat()
  }
}

export function decodedFixture(name: string): IncomingMessage {
  const frame = fixture(name)
  return new MessageDecoder().decode(frame.subarray(FRAME_DATA, frame.length - FRAME_END.length))
}
