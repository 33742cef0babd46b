/**
 * Sends sessions to another node in pieces of bounded size, each when the one before has been applied, so neither side
 * holds more than one. Few at a time: what others ask for must not cost a node its requests.
 */
import { Writer } from '../bytes/index.ts'
import type { Channel } from '../cluster/channel.ts'
import type { Member } from '../cluster/member.ts'
import { writeEnding, writeEntriesHead, writeWhole } from './encode-message.ts'
import type { Ending } from './graves.ts'
import { BITS, type ResolvedSessionOptions } from './options.ts'
import type { Replica } from './replica.ts'
import type { Session } from './session.ts'

/** A piece is sent and applied before the next is made. */
export const PIECE_BITS = BITS.BYTE_MESSAGE | BITS.USE_ACK | BITS.SYNCHRONIZED_ACK
/** The request number of what was needed, not pulled. */
export const NEED_REQUEST = 0
/** Questions that wait while `limits.transfers` are being answered. */
const MAX_WAITING = 64

export class Supplier {
  readonly #options: ResolvedSessionOptions
  readonly #node: string
  readonly #replica: Replica
  readonly #channel: Pick<Channel, 'send'>
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(options: ResolvedSessionOptions, node: string, replica: Replica, channel: Pick<Channel, 'send'>) {
    this.#options = options
    this.#node = node
    this.#replica = replica
    this.#channel = channel
  }

  /** More would be too much: who asked will ask again. */
  get isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING
  }

  /** What we know of single sessions, endings included. Rejects when a piece does not get through. */
  async supply(to: Member, keys: readonly string[]): Promise<void> {
    if (this.#running >= this.#options.limits.transfers) {
      await new Promise<void>((resolve) => void this.#waiting.push(resolve))
    } else this.#running++
    try {
      const pieces = new Pieces(this.#options, this.#node, this.#channel, to, NEED_REQUEST)
      for (const key of keys) await this.#add(pieces, key)
      await pieces.flush()
    } finally {
      // The place goes to who has waited longest.
      const next = this.#waiting.shift()
      if (next !== undefined) next()
      else this.#running--
    }
  }

  #add(pieces: Pieces, key: string): Promise<void> | undefined {
    const session = this.#replica.sessions.get(key)
    if (session?.announced) return pieces.session(session)
    const grave = this.#replica.graves.get(key)
    return grave === undefined ? undefined : pieces.ending(grave)
  }
}

export class Pieces {
  readonly #writer = new Writer()
  readonly #options: ResolvedSessionOptions
  readonly #channel: Pick<Channel, 'send'>
  readonly #to: readonly Member[]
  readonly #head: Uint8Array

  constructor(
    options: ResolvedSessionOptions,
    node: string,
    channel: Pick<Channel, 'send'>,
    to: Member,
    request: number,
  ) {
    this.#options = options
    this.#channel = channel
    this.#to = [to]
    writeEntriesHead(this.#writer, options.name, node, request)
    this.#head = this.#writer.take()
    this.#writer.bytes(this.#head)
  }

  session(session: Session): Promise<void> | undefined {
    const idleMs = Math.max(0, Math.floor(this.#options.clock.monotonic() - session.touchedAt))
    writeWhole(this.#writer, session, idleMs)
    return this.#flushIfFull()
  }

  ending(ending: Ending): Promise<void> | undefined {
    writeEnding(this.#writer, ending)
    return this.#flushIfFull()
  }

  flush(): Promise<void> {
    if (this.#writer.length === this.#head.length) return Promise.resolve()
    const body = this.#writer.take()
    this.#writer.bytes(this.#head)
    return this.#channel.send(this.#to, body, PIECE_BITS)
  }

  #flushIfFull(): Promise<void> | undefined {
    return this.#writer.length < this.#options.limits.batchBytes ? undefined : this.flush()
  }
}
