/**
 * What nodes with a backup manager have wrong of who serves a session, and of keys that are dead. Two nodes that begin to
 * serve one at the same time each tell those that keep it, and not each other; but one of these always hears both, since
 * the first in a session's order has it in any case (`placement.ts`). It tells the one whose claim lost (the later access
 * wins, then the greater node name: `Session.mergeAccess`), and whoever acts on a key that is dead. At the end of its turn,
 * in one small message per node. Such a message may get lost: what is told is offered, too (`offers.ts`).
 */
import { Writer } from '../bytes/index.ts'
import type { Channel } from '../cluster/channel.ts'
import { writeEnding, writeEntriesHead, writeService } from './encode-message.ts'
import type { Lane } from './lane.ts'
import type { LaneTable } from './lane-table.ts'
import type { ResolvedSessionOptions } from './options.ts'
import type { Peer } from './peers.ts'
import type { Placement } from './placement.ts'
import type { Entry, Replica, SessionEntry } from './replica.ts'
import type { Session } from './session.ts'
import { ASYNC_BITS } from './speaker.ts'

/** Keys told to one node in one turn: about 100 KB. The rest is offered. */
const MAX_TOLD = 1000
/** Nobody has asked. */
const NO_REQUEST = 0

export interface DisputeParts {
  readonly options: ResolvedSessionOptions
  readonly node: string
  readonly channel: Pick<Channel, 'send'>
  readonly replica: Replica
  readonly lanes: LaneTable
  readonly placement: Placement
  /** Offers the session to that node as soon as may be. */
  readonly name: (lane: Lane, key: string) => void
}

export class Disputes {
  readonly #parts: DisputeParts
  /** Told at the end of this turn. */
  #toTell = new Map<Lane, Set<string>>()

  constructor(parts: DisputeParts) {
    this.#parts = parts
  }

  /** An entry of another node has been applied. `before`: who served its session, under whatever key, if it was here. */
  heard(entry: Entry, before: string | undefined, peer: Peer): void {
    if (entry.type === 'session') this.#claimed(entry, before, peer)
    else if (entry.fate === 'moved') this.#renamed(entry.key, entry.to, peer)
  }

  // Who serves a session tells all that keep it; who ends it without knowing who that is, does not.

  /** Another node's word has put a session that was here under another key. `owner` served it before. */
  moved(from: string, owner: string, peer: Peer): void {
    if (owner !== peer.node) this.#tellHolders(from, owner)
  }

  /** Another node's word has ended a session that was here. */
  over({ key, owner }: Session, fate: 'destroyed' | 'expired', peer: Peer): void {
    if (owner === peer.node) return
    if (fate === 'destroyed') this.#tellHolders(key, owner)
    else this.#tellNode(owner, key)
  }

  #claimed({ key, full, owner: claimed }: SessionEntry, before: string | undefined, peer: Peer): void {
    const { replica, node } = this.#parts
    if (replica.graves.get(key) !== undefined) {
      this.#tellPeer(peer, key)
      if (claimed !== peer.node) this.#tellNode(claimed, key)
    }
    const session = replica.heldUnder(key)
    if (session === undefined) return
    const { owner } = session
    // Who has our session now may not know whom we gave copies.
    if (before === node && owner !== node) this.#tellHolders(session.key, node)
    if (claimed === peer.node) {
      if (owner !== claimed) this.#tellPeer(peer, session.key)
      else if (before !== undefined && before !== owner) this.#tellNode(before, session.key)
    } else if (owner === node && claimed !== node && !full) {
      // News to the other nodes; but we have served it since, and not told yet. Whole copies may well be old.
      this.#tellNode(claimed, session.key)
      this.#tellPeer(peer, session.key)
    }
  }

  #renamed(key: string, to: string, peer: Peer): void {
    const grave = this.#parts.replica.graves.get(key)
    // It was renamed twice, and went elsewhere; or it has ended altogether.
    if (grave !== undefined && (grave.fate !== 'moved' || grave.to !== to)) this.#tellPeer(peer, key)
  }

  /** Also the one that we have it from: it may know of the end of a key, and not that this is the same session's. */
  #tellHolders(key: string, owner: string): void {
    for (const { lane } of this.#parts.placement.holders(key, owner)) if (lane !== undefined) this.#tell(lane, key)
  }

  #tellNode(node: string, key: string): void {
    const lane = this.#parts.lanes.byNode(node)
    if (lane !== undefined) this.#tell(lane, key)
  }

  #tellPeer(peer: Peer, key: string): void {
    const lane = this.#parts.lanes.of(peer)
    if (lane !== undefined) this.#tell(lane, key)
  }

  #tell(lane: Lane, key: string): void {
    this.#parts.name(lane, key)
    if (this.#toTell.size === 0) this.#parts.options.endOfTurn(() => this.#tellAll())
    const keys = this.#toTell.get(lane)
    if (keys === undefined) this.#toTell.set(lane, new Set([key]))
    else if (keys.size < MAX_TOLD) keys.add(key)
  }

  #tellAll(): void {
    const { options, node, channel } = this.#parts
    const told = this.#toTell
    this.#toTell = new Map()
    for (const [{ peer }, keys] of told) {
      if (peer.behind) continue
      const writer = new Writer()
      writeEntriesHead(writer, options.name, node, NO_REQUEST)
      for (const key of keys) this.#write(writer, key)
      channel.send([peer.member], writer.take(), ASYNC_BITS).catch(() => {})
    }
  }

  /** Where the key went, and who serves the session there. */
  #write(writer: Writer, key: string): void {
    const { replica, options } = this.#parts
    for (const ending of replica.endingsFrom(key)) writeEnding(writer, ending)
    const session = replica.heldUnder(key)
    if (session === undefined || !session.announced) return
    writeService(writer, session, session.idleMs(options.clock.monotonic()))
  }
}
