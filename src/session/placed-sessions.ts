/**
 * Which sessions nodes with a backup manager offer each other, look for and pass on: what they hold, not who they are,
 * which is in `placing-conversation.ts`. Decides which sessions of another node are to be seen, and who has to be told.
 */
import { digest } from './digest.ts'
import { Disputes } from './disputes.ts'
import type { Fetches } from './fetches.ts'
import type { BackupConversation } from './inbox.ts'
import type { Lane } from './lane.ts'
import type { LaneTable } from './lane-table.ts'
import type { FetchMessage, OfferMessage, PlacingMessage } from './message.ts'
import type { Offers } from './offers.ts'
import type { Peer } from './peers.ts'
import type { Placement } from './placement.ts'
import type { Entry } from './replica.ts'
import type { ReplicationParts } from './replication.ts'
import type { Session } from './session.ts'
import type { Speaker } from './speaker.ts'
import { Pieces } from './supplier.ts'
import type { UserQuestions } from './user-questions.ts'

/** Sessions that two nodes may hold differently and be reminded of once only. */
const MAX_DIFFERING = 10_000

export interface PlacedParts extends ReplicationParts {
  readonly lanes: LaneTable
  readonly placement: Placement
  readonly offers: Offers
  readonly fetches: Fetches
  readonly users: UserQuestions
  readonly speaker: Speaker
}

export class PlacedSessions implements BackupConversation {
  readonly #parts: PlacedParts
  readonly #disputes: Disputes

  constructor(parts: PlacedParts) {
    this.#parts = parts
    this.#disputes = new Disputes({ ...parts, name: (lane, key) => this.name(lane, key) })
  }

  onPlacing(peer: Peer, message: PlacingMessage): void {
    const { offers, fetches, users } = this.#parts
    switch (message.type) {
      case 'offer':
        this.#onOffer(peer, message)
        break
      case 'wanted':
        offers.onWanted(message)
        break
      case 'fetch':
        this.#onFetch(peer, message)
        break
      case 'missing':
        fetches.lacks(message.request, peer)
        break
      case 'whose':
        users.onWhose(peer, message)
        break
      case 'theirs':
        users.onTheirs(peer, message)
    }
  }

  #onOffer(peer: Peer, { request, items }: OfferMessage): void {
    const { replica, lanes, speaker } = this.#parts
    const lane = lanes.of(peer)
    const keys: string[] = []
    for (const { key, digest: theirs } of items) {
      const session = replica.sessions.get(key)
      if (session === undefined) {
        const grave = replica.graves.get(key)
        // A session that has expired here may be in use there: its access time decides, so we want to see it.
        if (grave === undefined || grave.fate === 'expired') keys.push(key)
        if (grave !== undefined && lane !== undefined) this.#differs(lane, key, `${theirs} ${grave.fate}`)
        continue
      }
      const ours = digest(session)
      if (ours === theirs) continue
      keys.push(key)
      // What we have and they lack they will not find by themselves.
      if (session.complete && lane !== undefined) this.#differs(lane, key, `${theirs} ${ours}`)
    }
    speaker.sayQuietly(peer, { type: 'wanted', request, keys })
  }

  /** Once only for the same two states: copies that remember other removals may never be the same. */
  #differs(lane: Lane, key: string, states: string): void {
    if (lane.differing.get(key) === states) return
    if (lane.differing.size >= MAX_DIFFERING) lane.differing.clear()
    lane.differing.set(key, states)
    this.name(lane, key)
  }

  /** To be offered to that node as soon as may be. */
  name(lane: Lane, key: string): void {
    lane.name(key)
    this.#parts.offers.soon()
  }

  #onFetch(peer: Peer, { request, key }: FetchMessage): void {
    const { replica, options, node, channel, speaker } = this.#parts
    const grave = replica.graves.get(key)
    const session = replica.sessions.get(grave?.fate === 'moved' ? grave.to : key)
    const isHere = session?.complete === true && session.announced
    if (grave === undefined && !isHere) {
      speaker.sayQuietly(peer, { type: 'missing', request })
      return
    }
    const pieces = new Pieces(options, node, channel, peer.member, request, 1)
    const parts = [grave && pieces.ending(grave), isHere ? pieces.session(session) : undefined, pieces.flush()]
    // Who asked does not wait for ever.
    Promise.all(parts).catch(() => {})
  }

  pieceApplied(request: number, peer: Peer | undefined): void {
    this.#parts.fetches.answered(request, peer)
  }

  /**
   * A session's changes come from the node that serves it, which tells all that keep it. What comes from elsewhere, and
   * whom a session is taken from, only we may know of: it is passed on.
   */
  learned(entry: Entry, ownerBefore: string | undefined, peer: Peer): void {
    this.#disputes.heard(entry, ownerBefore, peer)
    this.#passOn(entry, ownerBefore, peer)
    this.#markOld(entry, peer)
  }

  /** Changes are told to those that keep it; only the whole of it makes up for those that were missed before. */
  #markOld(entry: Entry, peer: Peer): void {
    const session = this.#parts.replica.heldUnder(entry.key)
    if (session === undefined) return
    const { key, owner } = session
    if (!this.#parts.placement.keeps(key, owner)) session.mayBeOld = true
    else if (session.mayBeOld && entry.type === 'session' && entry.full && owner === peer.node) session.mayBeOld = false
  }

  moved(from: string, owner: string, peer: Peer): void {
    this.#disputes.moved(from, owner, peer)
  }

  ended(session: Session, fate: 'destroyed' | 'expired', peer: Peer): void {
    this.#disputes.over(session, fate, peer)
  }

  #passOn(entry: Entry, ownerBefore: string | undefined, peer: Peer): void {
    const { replica, lanes, node } = this.#parts
    const { type, key } = entry
    const grave = replica.graves.get(key)
    if (type === 'session' && grave?.fate === 'moved') {
      // It does not know of the new key yet, nor do others know what it has told us under the old one.
      const from = lanes.of(peer)
      if (from !== undefined) for (const one of [key, grave.to]) this.name(from, one)
      const moved = replica.sessions.get(grave.to)
      if (moved !== undefined) this.#nameToHolders(grave.to, moved.owner, peer)
      return
    }
    if (grave?.fate === 'moved') {
      // Whoever told us of the new key may serve the session now, and its news of that may have been lost.
      const [from, moved] = [lanes.of(peer), replica.sessions.get(grave.to)]
      if (from !== undefined && moved !== undefined && moved.owner !== peer.node) this.name(from, grave.to)
    }
    const session = replica.sessions.get(key)
    const owner = session?.owner ?? ownerBefore
    // Who serves it, and we knew.
    if (owner === ownerBefore && type === 'session' && !entry.full && entry.attributes.length === 0) return
    if (ownerBefore === undefined) {
      // An old copy calls us the one that serves the session, which we would have if we were.
      if (owner === node) this.#nameToHolders(key, node, peer)
      return
    }
    if (owner === undefined) return
    const hasMoved = ownerBefore !== owner && ownerBefore !== peer.node
    // The node that serves it tells those that keep it itself.
    if (owner !== peer.node) this.#nameToHolders(key, owner, peer)
    if (!hasMoved) return
    // Those who kept copies for the former one may have to give them up, and it may not know that it is not the one.
    if (owner !== peer.node || ownerBefore === node) this.#nameToHolders(key, ownerBefore, peer)
    const former = lanes.byNode(ownerBefore)
    if (former !== undefined) this.name(former, key)
  }

  #nameToHolders(key: string, owner: string, except: Peer): void {
    for (const { lane } of this.#parts.placement.holders(key, owner)) {
      if (lane !== undefined && lane.peer !== except) this.name(lane, key)
    }
  }
}
