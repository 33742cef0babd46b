/**
 * Every session on every node, as Tomcat's DeltaManager has it (tomcat-cluster.md 6): changes go to all, and nodes that
 * lack something ask any other one for it. What is sent when is in `outbox.ts`, what arrives in `inbox.ts`, how nodes
 * become equal in `state-exchange.ts`.
 */
import type { Writer } from '../bytes/index.ts'
import type { ChannelListener } from '../cluster/channel.ts'
import type { Batch } from './batch.ts'
import { writeService } from './encode-message.ts'
import type { ExpiryRole } from './expiry.ts'
import { Inbox } from './inbox.ts'
import { Outbox } from './outbox.ts'
import { PeerTable } from './peers.ts'
import { PositionTable } from './position-table.ts'
import { MessageReplication, type Replication, type ReplicationParts } from './replication.ts'
import type { Session } from './session.ts'
import { memberSnapshots, type ReplicationSnapshot } from './snapshot.ts'
import { StateExchange } from './state-exchange.ts'

export class DeltaReplication extends MessageReplication implements Replication {
  readonly adopts = false
  readonly listener: ChannelListener
  readonly #parts: ReplicationParts
  readonly #peers: PeerTable
  readonly #positions = new PositionTable()
  readonly #outbox: Outbox
  readonly #exchange: StateExchange
  readonly #inbox: Inbox
  #comparedAt = 0

  constructor(given: ReplicationParts) {
    super(given.node)
    const { options, node, channel } = given
    this.#parts = given
    this.#peers = new PeerTable(options.retryMs)
    const [peers, positions] = [this.#peers, this.#positions]
    this.#outbox = new Outbox(options, node, peers, channel, (peer, cause) => this.#exchange.failed(peer, cause))
    const parts = { ...given, peers, positions, outbox: this.#outbox }
    this.#exchange = new StateExchange(parts)
    const overtaken = (session: Session): void => {
      // Two that take themselves for the one that serves it would both report its end.
      given.replica.changed(session)
      writeService(this.begin(), session, session.idleMs(options.clock.monotonic()))
      this.end()
    }
    this.#inbox = new Inbox({ ...parts, exchange: this.#exchange, overtaken })
    this.listener = {
      message: (message) => this.#inbox.receive(message),
      memberAdded: (member) => {
        const peer = options.accepts(member) ? peers.add(member) : undefined
        if (peer !== undefined) this.#exchange.joined(peer)
      },
      memberDisappeared: (member) => {
        const peer = peers.remove(member)
        if (peer === undefined) return
        this.#outbox.release(peer)
        this.#exchange.left(peer)
      },
      sendFailed: (members, cause) => {
        for (const member of members) {
          const peer = peers.of(member)
          if (peer !== undefined) this.#exchange.failed(peer, cause)
        }
      },
    }
  }

  start(): Promise<void> {
    for (const member of this.#parts.channel.members()) this.listener.memberAdded?.(member)
    return this.#exchange.start()
  }

  async stop(): Promise<void> {
    this.#outbox.close()
    await this.#outbox.drain()
    this.#exchange.stop()
    this.#inbox.stop()
  }

  maintain(now: number): void {
    const { options } = this.#parts
    this.#outbox.checkTimeouts(now)
    if (now - this.#comparedAt < options.positionIntervalMs) return
    this.#comparedAt = now
    this.#positions.prune(now, options.tombstoneMs, (node) => this.#peers.isLive(node))
    this.#exchange.tellIfChanged()
  }

  // Written also while there is no member: the number of the batch is how others see later that they lack it.
  protected override begin(): Writer {
    return this.#outbox.begin()
  }

  protected override end(): Batch | undefined {
    return this.#outbox.end()
  }

  role(session: Session): ExpiryRole {
    const { node } = this.#parts
    if (session.owner === node) return 'owner'
    return this.#peers.isLive(session.owner) || !this.#peers.isFirst(node) ? 'copy' : 'heir'
  }

  serves(): boolean {
    return true
  }

  tookOver(): void {}

  fetch(): undefined {
    return undefined
  }

  isSpare(): boolean {
    return false
  }

  snapshot(): ReplicationSnapshot {
    const { batchesReceived, bytesReceived, entriesApplied, messagesRefused } = this.#inbox
    const { batchesSent, bytesSent } = this.#outbox
    return {
      counts: { batchesSent, bytesSent, batchesReceived, bytesReceived, entriesApplied, messagesRefused },
      members: memberSnapshots(this.#peers.all, this.#parts.options.clock.monotonic()),
      lastTransfer: this.#exchange.lastTransfer,
    }
  }
}
