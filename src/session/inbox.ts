/**
 * Takes what the channel brings: reads a message whole, refuses it whole if it does not fit, and hands it to those it
 * concerns. What entries do to sessions is the replica's business; here they become events, counts and questions.
 */
import { Cursor } from '../bytes/index.ts'
import type { ReceivedMessage } from '../cluster/channel.ts'
import type { Member } from '../cluster/member.ts'
import type { Attribute } from './attribute.ts'
import { type Decoded, decodeMessage } from './decode-message.ts'
import { SessionError } from './errors.ts'
import type { Reporter } from './events.ts'
import type {
  BatchMessage,
  DoneMessage,
  NeedMessage,
  PlacingMessage,
  PositionMessage,
  PullMessage,
  RefusedMessage,
} from './message.ts'
import { Needs } from './needs.ts'
import { BITS, type ResolvedSessionOptions } from './options.ts'
import type { Peer, PeerTable } from './peers.ts'
import type { PositionTable } from './position-table.ts'
import type { Entry, Replica, ReplicaSink } from './replica.ts'
import type { Session } from './session.ts'
import type { HybridClock, Version } from './version.ts'

/** Answers what other nodes ask and say of themselves. */
export interface Conversation {
  /** A piece of an answer is here, from that node. To be called before it is applied. */
  onPiece(request: number, bytes: number, node: string): void
  onEnd(message: DoneMessage | RefusedMessage): void
  /** A batch came before an earlier one. To be called before it is applied. */
  onHole(peer: Peer | undefined): void
  onPosition(peer: Peer, message: PositionMessage): void
  onPull(peer: Peer, message: PullMessage): void
  onNeed(peer: Peer, message: NeedMessage): void
  /** We lack these. */
  need(peer: Peer, keys: readonly string[]): void
  /** What only nodes with a backup manager say. Absent: it is nothing to us. */
  readonly backup?: BackupConversation
}

export interface BackupConversation {
  onPlacing(peer: Peer, message: PlacingMessage): void
  /** All of a piece has been applied. */
  pieceApplied(request: number, peer: Peer | undefined): void
  /** An entry has been applied; `owner`: whose the session was before, if it was here, perhaps under another key. */
  learned(entry: Entry, owner: string | undefined, peer: Peer): void
  /** What came from that node has put a session under another key; `owner` served it before. */
  moved(from: string, owner: string, peer: Peer): void
  /** What came from that node has ended a session. */
  ended(session: Session, fate: 'destroyed' | 'expired', peer: Peer): void
}

export interface InboxParts {
  readonly options: ResolvedSessionOptions
  readonly node: string
  readonly versions: HybridClock
  readonly replica: Replica
  readonly peers: PeerTable
  readonly positions: PositionTable
  readonly exchange: Conversation
  readonly reporter: Reporter
  /** A node believes that another serves a session which we have served since, without telling. */
  readonly overtaken?: (session: Session) => void
}

export class Inbox implements ReplicaSink {
  batchesReceived = 0
  bytesReceived = 0
  entriesApplied = 0
  messagesRefused = 0
  readonly #parts: InboxParts
  readonly #needs: Needs
  readonly #cursor = new Cursor(new Uint8Array(0))
  /** Who sent what is being applied. */
  #from: Peer | undefined

  constructor(parts: InboxParts) {
    this.#parts = parts
    this.#needs = new Needs(parts.options, parts.replica, parts.peers, (peer, keys) => parts.exchange.need(peer, keys))
  }

  /** True when the message was for this manager. Throws when it was, and could not be read. */
  receive(message: ReceivedMessage): boolean {
    if ((message.options & BITS.BYTE_MESSAGE) === 0) return false
    const decoded = this.#decode(message)
    if (decoded.type === 'foreign') return false
    if (decoded.type === 'unknown') {
      const { version, kind } = decoded
      this.#parts.reporter.report({ type: 'message-unknown', from: message.sender, version, kind })
      return true
    }
    // Our own words, come back by some mistake of the network.
    if (decoded.node === this.#parts.node) return true
    this.bytesReceived += message.body.length
    const peer = this.#parts.peers.of(message.sender)
    if (peer !== undefined) this.#parts.peers.name(peer, decoded.node)
    this.#handle(decoded, peer, message)
    return true
  }

  stop(): void {
    this.#needs.stop()
  }

  #decode(message: ReceivedMessage): Decoded {
    try {
      this.#cursor.reset(message.body)
      return decodeMessage(this.#cursor, this.#parts.options.name)
    } catch (error) {
      if (error instanceof SessionError) {
        this.messagesRefused++
        this.#parts.reporter.report({ type: 'message-refused', from: message.sender, error })
      }
      throw error
    }
  }

  #handle(
    message: Exclude<Decoded, { type: 'foreign' | 'unknown' }>,
    peer: Peer | undefined,
    { sender: from, body, timestamp }: ReceivedMessage,
  ): void {
    const { exchange } = this.#parts
    switch (message.type) {
      case 'batch':
        this.#applyBatch(message, peer, from, timestamp)
        return
      case 'entries':
        exchange.onPiece(message.request, body.length, message.node)
        this.#applyAll(message.entries, peer, from)
        exchange.backup?.pieceApplied(message.request, peer)
        return
      case 'done':
      case 'refused':
        exchange.onEnd(message)
        return
    }
    // The rest wants an answer, and who is no member cannot be answered. It will tell again when it has become one.
    if (peer === undefined) return
    switch (message.type) {
      case 'position':
        exchange.onPosition(peer, message)
        break
      case 'pull':
        exchange.onPull(peer, message)
        break
      case 'need':
        exchange.onNeed(peer, message)
        break
      default:
        exchange.backup?.onPlacing(peer, message)
    }
  }

  #applyBatch(message: BatchMessage, peer: Peer | undefined, from: Member, sentMs: number): void {
    const { positions, exchange, options } = this.#parts
    this.batchesReceived++
    const { clock } = options
    const now = clock.monotonic()
    const inOrder = positions.note(message.node, message.firstSeq, message.lastSeq, now)
    if (!inOrder) exchange.onHole(peer)
    this.#applyAll(message.entries, peer, from)
    peer?.delay.note(sentMs, clock.now(), now)
  }

  #applyAll(entries: readonly Entry[], peer: Peer | undefined, from: Member): void {
    const { replica, options, exchange } = this.#parts
    const { backup } = exchange
    const now = options.clock.monotonic()
    let observed: Version | undefined
    this.#from = peer
    for (const entry of entries) {
      if (entry.type === 'session') {
        for (const { version } of entry.attributes) {
          if (version !== observed) this.#observe(version, peer, from)
          observed = version
        }
      }
      const before = backup === undefined ? undefined : ownerBefore(entry, replica)
      replica.apply(entry, now, this)
      if (peer !== undefined) backup?.learned(entry, before, peer)
      if (this.#parts.overtaken !== undefined) this.#compareOwners(entry, this.#parts.overtaken)
    }
    this.entriesApplied += entries.length
  }

  #compareOwners(entry: Entry, overtaken: (session: Session) => void): void {
    const { node, replica } = this.#parts
    if (entry.type !== 'session' || entry.owner === node) return
    const session = replica.sessions.get(entry.key)
    if (session?.owner === node) overtaken(session)
  }

  #observe(version: Version, peer: Peer | undefined, from: Member): void {
    const byMs = this.#parts.versions.observe(version)
    if (byMs === 0 || peer === undefined || peer.clockReported) return
    peer.clockReported = true
    this.#parts.reporter.report({ type: 'clock-ahead', from, byMs })
  }

  // ---- what the entries did ----

  created(session: Session): void {
    if (this.#parts.reporter.isHeardElsewhere)
      this.#parts.reporter.report({ type: 'created', session, origin: 'elsewhere' })
  }

  changed(session: Session, brought: readonly Attribute[]): void {
    if (!this.#parts.reporter.isHeardElsewhere) return
    const names = brought.map((attribute) => attribute.name)
    this.#parts.reporter.report({ type: 'changed', session, names, origin: 'elsewhere' })
  }

  ended(session: Session, fate: 'destroyed' | 'expired'): void {
    if (this.#from !== undefined) this.#parts.exchange.backup?.ended(session, fate, this.#from)
    this.#parts.reporter.report({ type: fate, session, origin: 'elsewhere' })
  }

  moved(session: Session, from: string, owner: string): void {
    if (this.#from !== undefined) this.#parts.exchange.backup?.moved(from, owner, this.#from)
    this.#parts.reporter.report({ type: 'moved', session, from, origin: 'elsewhere' })
  }

  incomplete(session: Session): void {
    this.#needs.add(session.key, this.#from)
  }

  revived(key: string): void {
    this.#needs.add(key, undefined)
  }
}

/** An ending is about its key; what a session's entry brings goes to where the session is now. */
function ownerBefore({ type, key }: Entry, replica: Replica): string | undefined {
  return (type === 'session' ? replica.heldUnder(key) : replica.sessions.get(key))?.owner
}
