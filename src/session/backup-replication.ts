/**
 * Each session on the node that serves it and on a few others, as Tomcat's BackupManager has it (tomcat-cluster.md 5),
 * with the places worked out instead of told (`placement.ts`). Changes go to those nodes in numbered batches, one series
 * per node; what gets lost on the way shows as a hole and is offered again (`offers.ts`), and so is everything when nodes
 * come and go. A node that is asked for a session that it does not keep fetches it (`fetches.ts`).
 */
import { Writer } from '../bytes/index.ts'
import type { ChannelListener } from '../cluster/channel.ts'
import { Batch } from './batch.ts'
import type { ExpiryRole } from './expiry.ts'
import { Fetches } from './fetches.ts'
import { Inbox } from './inbox.ts'
import type { Lane } from './lane.ts'
import { LaneTable } from './lane-table.ts'
import { Offers } from './offers.ts'
import { PlacedSessions } from './placed-sessions.ts'
import { Placement } from './placement.ts'
import { PlacingConversation } from './placing-conversation.ts'
import { MessageReplication, type Replication, type ReplicationParts } from './replication.ts'
import type { Session } from './session.ts'
import { memberSnapshots, type ReplicationSnapshot } from './snapshot.ts'
import { Speaker } from './speaker.ts'
import { Supplier } from './supplier.ts'
import { UserQuestions } from './user-questions.ts'

/** Appended to the manager's name in messages, as Tomcat does: managers of another kind take them for a stranger's. */
const NAME_SUFFIX = '-map'
const FIRST_BYTES = 1024

export class BackupReplication extends MessageReplication implements Replication {
  readonly adopts = true
  readonly listener: ChannelListener
  readonly #parts: ReplicationParts
  readonly #lanes: LaneTable
  readonly #placement: Placement
  readonly #offers: Offers
  readonly #fetches: Fetches
  readonly users: UserQuestions
  readonly #placed: PlacedSessions
  readonly #talk: PlacingConversation
  readonly #inbox: Inbox
  readonly #writer = new Writer({ initialBytes: FIRST_BYTES })
  readonly #targets: Lane[] = []
  /** Who served a session before us, until that node has been told. */
  readonly #formerOwners = new WeakMap<Session, string>()
  #comparedAt = 0

  constructor(given: ReplicationParts) {
    super(given.node)
    const options = { ...given.options, name: given.options.name + NAME_SUFFIX }
    const base = { ...given, options }
    const { node, replica, channel } = given
    this.#parts = base
    this.#placement = new Placement(node, options.backups)
    this.#lanes = new LaneTable(options, node, channel, (peer, cause) => this.#talk.failed(peer, cause))
    const [placement, table] = [this.#placement, this.#lanes]
    const supplier = new Supplier(options, node, replica, channel)
    const speaker = new Speaker(options, node, channel)
    const lanes = () => table.all
    this.#offers = new Offers({
      options,
      replica,
      placement,
      supplier,
      lanes,
      send: (peer, message) => speaker.say(peer, message, true),
      failed: (peer, cause) => this.#talk.failed(peer, cause),
      done: (lane, changes, seq) => this.#talk.offered(lane, changes, seq),
    })
    this.#fetches = new Fetches({
      options,
      replica,
      placement,
      lanes,
      changedAt: () => this.#talk.placesChangedAt,
      send: (peer, message) => void speaker.say(peer, message, false).catch(() => this.#fetches.gone(peer)),
    })
    const changedAt = () => this.#talk.placesChangedAt
    this.users = new UserQuestions({ options, replica, speaker, lanes, changedAt })
    const more = { lanes: table, placement, offers: this.#offers, fetches: this.#fetches, speaker }
    const placed = new PlacedSessions({ ...base, ...more, users: this.users })
    this.#placed = placed
    this.#talk = new PlacingConversation({ ...base, ...more, supplier, placed })
    this.#inbox = new Inbox({ ...base, peers: table.peers, positions: this.#talk.positions, exchange: this.#talk })
    this.listener = {
      message: (message) => this.#inbox.receive(message),
      memberAdded: (member) => {
        const lane = options.accepts(member) ? table.add(member) : undefined
        if (lane !== undefined) this.#talk.joined(lane)
      },
      memberDisappeared: (member) => {
        const lane = table.remove(member)
        if (lane === undefined) return
        this.#talk.left(lane)
        this.users.gone(lane.peer)
      },
      sendFailed: (members, cause) => {
        for (const member of members) {
          const peer = table.peers.of(member)
          if (peer === undefined) continue
          this.#talk.failed(peer, cause)
          this.#fetches.gone(peer)
          this.users.gone(peer)
        }
      },
    }
  }

  start(): Promise<void> {
    for (const member of this.#parts.channel.members()) this.listener.memberAdded?.(member)
    return this.#talk.start()
  }

  /** First what we keep finds new places, then what waits is sent. */
  async stop(): Promise<void> {
    await this.#talk.leave()
    for (const lane of this.#lanes.all) lane.outbox.close()
    await Promise.all(this.#lanes.all.map((lane) => lane.outbox.drain()))
    this.#talk.stop()
    this.#offers.stop()
    this.#fetches.stop()
    this.users.stop()
    this.#inbox.stop()
  }

  maintain(now: number): void {
    for (const lane of this.#lanes.all) lane.outbox.checkTimeouts(now)
    if (now - this.#comparedAt < this.#parts.options.positionIntervalMs) return
    this.#comparedAt = now
    this.#talk.compare(now)
  }

  protected override begin(): Writer {
    return this.#writer
  }

  protected override end(session: Session, from?: string): Batch | undefined {
    const [writer, targets] = [this.#writer, this.#targets]
    targets.length = 0
    this.#addTargets(session.key, session.owner)
    if (from !== undefined) this.#addTargets(from, session.owner)
    const former = this.#formerOwners.get(session)
    if (former !== undefined) {
      this.#formerOwners.delete(session)
      const before = targets.length
      this.#addTargets(session.key, former)
      const lane = this.#lanes.byNode(former)
      if (lane !== undefined && !targets.includes(lane)) targets.push(lane)
      // Their copies are not looked after from now on: a lost message would leave them with old ones.
      for (const one of targets.slice(before)) this.#placed.name(one, session.key)
    }
    let batch: Batch | undefined
    const body = writer.view()
    for (const { outbox } of targets) {
      outbox.begin().bytes(body)
      const sent = outbox.end()
      batch = sent === undefined || batch === undefined ? (sent ?? batch) : Batch.both(batch, sent)
    }
    writer.reset()
    return batch
  }

  role(session: Session): ExpiryRole {
    if (session.owner === this.#parts.node) return 'owner'
    return this.#placement.has(session.owner) || !this.#placement.isFirst(session.key) ? 'copy' : 'heir'
  }

  serves({ key, owner, mayBeOld }: Session): boolean {
    return this.#placement.keeps(key, owner) && (!mayBeOld || owner === this.#parts.node || this.#placement.isAlone)
  }

  tookOver(session: Session, from: string): void {
    session.unplaced = true
    session.mayBeOld = false
    this.#formerOwners.set(session, from)
  }

  fetch(key: string): Promise<boolean> | undefined {
    return this.#fetches.fetch(key)?.then(() => true)
  }

  isSpare(session: Session): boolean {
    if (session.hasPending || !session.announced || this.#placement.keeps(session.key, session.owner)) return false
    let isPlaced = true
    for (const { lane } of this.#placement.holders(session.key, session.owner)) {
      if (lane === undefined || lane.offeredUpTo >= session.changedAt) continue
      if (lane.confirmed.get(session.key) === session.changedAt) continue
      isPlaced = false
      this.#placed.name(lane, session.key)
    }
    if (!isPlaced) return false
    for (const { lane } of this.#placement.holders(session.key, session.owner)) lane?.confirmed.delete(session.key)
    return true
  }

  snapshot(): ReplicationSnapshot {
    const { batchesReceived, bytesReceived, entriesApplied, messagesRefused } = this.#inbox
    let [batchesSent, bytesSent] = [this.#lanes.gone.batchesSent, this.#lanes.gone.bytesSent]
    for (const { outbox } of this.#lanes.all) {
      batchesSent += outbox.batchesSent
      bytesSent += outbox.bytesSent
    }
    return {
      counts: { batchesSent, bytesSent, batchesReceived, bytesReceived, entriesApplied, messagesRefused },
      members: memberSnapshots(this.#lanes.peers.all, this.#parts.options.clock.monotonic()),
      lastTransfer: this.#talk.lastTransfer,
    }
  }

  #addTargets(key: string, owner: string): void {
    for (const { lane } of this.#placement.holders(key, owner)) {
      if (lane !== undefined && !this.#targets.includes(lane)) this.#targets.push(lane)
    }
  }
}
