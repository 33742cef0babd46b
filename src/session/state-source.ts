/**
 * Gives our sessions to those who ask: some parts of what changed since some moment, or some by name; not what both have, by
 * the asker's digests where it sent some. In pieces of bounded size, each sent when the one before has been applied, so neither side holds more than one. Sessions go on changing meanwhile;
 * those changes go out as batches like all others, and versions sort out what overlaps.
 */
import { Writer } from '../bytes/index.ts'
import type { Channel } from '../cluster/channel.ts'
import type { Member } from '../cluster/member.ts'
import { writeMessage } from './encode-message.ts'
import type { NeedMessage, PullMessage } from './message.ts'
import type { ResolvedSessionOptions } from './options.ts'
import { bucketOf, isInParts } from './parts.ts'
import type { Replica } from './replica.ts'
import type { Standing } from './standing.ts'
import { PIECE_BITS, Pieces, Supplier } from './supplier.ts'
import { digestTable } from './table-digest.ts'

/** Sessions looked at before the event loop gets a turn, should no piece of them become full. */
const LOOK_AT = 10_000

export class StateSource {
  readonly #options: ResolvedSessionOptions
  readonly #node: string
  readonly #replica: Replica
  readonly #channel: Pick<Channel, 'send'>
  readonly #standing: Standing
  readonly #supplier: Supplier
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
    this.#supplier = new Supplier(options, node, replica, channel)
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
      const theirs = pull.digests
      const ours = theirs.length === 0 ? undefined : await digestTable(this.#replica, () => this.#turn())
      const isWanted = ({ key, changedAt }: { readonly key: string; readonly changedAt: number }): boolean => {
        if (changedAt <= since || !isInParts(key, pull.parts)) return false
        return ours === undefined || ours[bucketOf(key)] !== theirs[bucketOf(key)]
      }
      const pieces = new Pieces(this.#options, this.#node, this.#channel, to, pull.request, sessions.size)
      let looked = 0
      for (const session of sessions.values()) {
        // One that was never announced is still its request's own, and may come to nothing.
        const sent = session.announced && isWanted(session) ? pieces.session(session) : undefined
        if (sent !== undefined) await sent
        else if (++looked % LOOK_AT === 0) await this.#turn()
      }
      for (const grave of graves.values()) {
        const sent = isWanted(grave) ? pieces.ending(grave) : undefined
        if (sent !== undefined) await sent
        else if (++looked % LOOK_AT === 0) await this.#turn()
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

  /** What we know of single sessions. Rejects as `answer` does; does nothing where too many ask already. */
  supply(to: Member, need: NeedMessage): Promise<void> {
    return this.#supplier.isFull ? Promise.resolve() : this.#supplier.supply(to, need.keys)
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#options.endOfTurn(resolve))
  }
}
