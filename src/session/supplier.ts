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
/** More than most sessions have. */
const SESSION_BYTES = 1024
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
      const pieces = new Pieces(this.#options, this.#node, this.#channel, to, NEED_REQUEST, keys.length)
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
  readonly #writer: Writer
  readonly #options: ResolvedSessionOptions
  readonly #channel: Pick<Channel, 'send'>
  readonly #to: readonly Member[]
  readonly #head: Uint8Array

  /** `sessions`: how many will come, roughly. */
  constructor(
    options: ResolvedSessionOptions,
    node: string,
    channel: Pick<Channel, 'send'>,
    to: Member,
    request: number,
    sessions: number,
  ) {
    this.#options = options
    this.#channel = channel
    const { batchBytes } = options.limits
    // A piece is full when it is over the limit, by one session: a buffer that fits need not grow, nor be made anew.
    this.#writer = new Writer({ initialBytes: Math.min(sessions * SESSION_BYTES, batchBytes + batchBytes / 4) })
    this.#to = [to]
    writeEntriesHead(this.#writer, options.name, node, request)
    this.#head = this.#writer.take()
    this.#writer.bytes(this.#head)
  }

  session(session: Session): Promise<void> | undefined {
    writeWhole(this.#writer, session, session.idleMs(this.#options.clock.monotonic()))
    return this.#flushIfFull()
  }

  ending(ending: Ending): Promise<void> | undefined {
    writeEnding(this.#writer, ending)
    return this.#flushIfFull()
  }

  flush(): Promise<void> {
    if (this.#writer.length === this.#head.length) return Promise.resolve()
    // The channel copies what it is given, so one buffer serves for all pieces: thousands of new ones would make garbage
    // collection the longest pause of a node that gives.
    const sent = this.#channel.send(this.#to, this.#writer.view(), PIECE_BITS)
    this.#writer.reset()
    this.#writer.bytes(this.#head)
    return sent
  }

  #flushIfFull(): Promise<void> | undefined {
    return this.#writer.length < this.#options.limits.batchBytes ? undefined : this.flush()
  }
}
