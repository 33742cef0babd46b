/**
 * Gives our sessions to those who ask: all that changed since some moment, or some by name. In pieces of bounded size,
 * each sent when the one before has been applied, so neither side holds more than one. Sessions go on changing meanwhile;
 * those changes go out as batches like all others, and versions sort out what overlaps.
 */
import { Writer } from '../bytes/index.ts'
import type { Channel } from '../cluster/channel.ts'
import type { Member } from '../cluster/member.ts'
import { writeEnding, writeEntriesHead, writeMessage, writeWhole } from './encode-message.ts'
import type { NeedMessage, PullMessage } from './message.ts'
import { BITS, type ResolvedSessionOptions } from './options.ts'
import type { Replica } from './replica.ts'
import type { Session } from './session.ts'
import type { Standing } from './standing.ts'

/** A piece is sent and applied before the next is made. */
const PIECE_BITS = BITS.BYTE_MESSAGE | BITS.USE_ACK | BITS.SYNCHRONIZED_ACK
/** Sessions looked at before the event loop gets a turn, should none of them be wanted. */
const LOOK_AT = 10_000

/** The request number of what was needed, not pulled. */
export const NEED_REQUEST = 0

export class StateSource {
  readonly #options: ResolvedSessionOptions
  readonly #node: string
  readonly #replica: Replica
  readonly #channel: Pick<Channel, 'send'>
  readonly #standing: Standing
  #serving = 0

  constructor(
    options: ResolvedSessionOptions,
    node: string,
    replica: Replica,
    channel: Pick<Channel, 'send'>,
    standing: Standing,
  ) {
    this.#options = options
    this.#node = node
    this.#replica = replica
    this.#channel = channel
    this.#standing = standing
  }

  get isBusy(): boolean {
    return this.#serving >= this.#options.limits.transfers
  }

  /** Rejects when a piece does not get through; the asker then hears no more and asks again. */
  async answer(to: Member, pull: PullMessage): Promise<void> {
    this.#serving++
    try {
      const since = pull.sinceNode === this.#node ? pull.since : 0
      // Taken first: what happens from here on may or may not be in the pieces, so it is not claimed to be.
      const { positions, changes } = this.#standing.place()
      const { sessions, graves } = this.#replica
      const pieces = new Pieces(this.#options, this.#node, this.#channel, to, pull.request)
      let looked = 0
      for (const session of sessions.values()) {
        // One that was never announced is still its request's own, and may come to nothing.
        if (session.announced && session.changedAt > since) await pieces.session(session)
        else if (++looked % LOOK_AT === 0) await this.#turn()
      }
      for (const grave of graves.values()) {
        if (grave.changedAt > since) {
          writeEnding(pieces.writer, grave)
          await pieces.flushIfFull()
        }
      }
      await pieces.flush()
      const done = { type: 'done', node: this.#node, request: pull.request, changes, positions } as const
      const writer = new Writer()
      writeMessage(writer, this.#options.name, done)
      await this.#channel.send([to], writer.take(), PIECE_BITS)
    } finally {
      this.#serving--
    }
  }

  /** What we know of single sessions. Rejects as `answer` does. */
  async supply(to: Member, need: NeedMessage): Promise<void> {
    const pieces = new Pieces(this.#options, this.#node, this.#channel, to, NEED_REQUEST)
    for (const key of need.keys) {
      const session = this.#replica.sessions.get(key)
      const grave = this.#replica.graves.get(key)
      if (session?.announced) await pieces.session(session)
      else if (grave !== undefined) writeEnding(pieces.writer, grave)
    }
    await pieces.flush()
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#options.endOfTurn(resolve))
  }
}

class Pieces {
  readonly writer = new Writer()
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
    writeEntriesHead(this.writer, options.name, node, request)
    this.#head = this.writer.take()
    this.writer.bytes(this.#head)
  }

  session(session: Session): Promise<void> | undefined {
    const idleMs = Math.max(0, Math.floor(this.#options.clock.monotonic() - session.touchedAt))
    writeWhole(this.writer, session, idleMs)
    return this.flushIfFull()
  }

  flushIfFull(): Promise<void> | undefined {
    return this.writer.length < this.#options.limits.batchBytes ? undefined : this.flush()
  }

  flush(): Promise<void> {
    if (this.writer.length === this.#head.length) return Promise.resolve()
    const body = this.writer.take()
    this.writer.bytes(this.#head)
    return this.#channel.send(this.#to, body, PIECE_BITS)
  }
}
