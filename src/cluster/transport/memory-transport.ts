/** One node's end of a {@link MemoryNetwork}. Frames without acknowledgement keep their order per link, as on TCP. */
import { Deadline } from '../deadline.ts'
import { ClusterError, type ClusterErrorCode } from '../errors.ts'
import { FRAME_DATA, FRAME_END, readAck } from '../frame.ts'
import { endpointKey } from '../identity.ts'
import type { Endpoint, Member } from '../member.ts'
import type { Disturbance, MemoryNetwork } from './memory.ts'
import type {
  FrameHandler,
  Outcome,
  PeerSnapshot,
  ProbeOutcome,
  Transport,
  TransportHandler,
  TransportOptions,
} from './transport.ts'

interface Parcel {
  readonly to: Member
  readonly frame: Buffer
  readonly outcome: Outcome | undefined
  readonly wantsAck: boolean
}

interface Link {
  readonly to: Endpoint
  readonly key: string
  state: 'closed' | 'connecting' | 'open'
  kept: boolean
  /** Counts connections, so that what was sent on an old one is recognised. */
  connection: number
  handle: FrameHandler | undefined
  /** Whom the connection was made with. */
  peer: TransportHandler | undefined
  waiting: Parcel[]
  /** Settles when the peer has handled everything that was sent in order. */
  tail: Promise<void>
  carried: boolean
  queuedBytes: number
  sent: number
  failed: number
}

export class MemoryTransport implements Transport {
  readonly #network: MemoryNetwork
  readonly #options: TransportOptions
  readonly #links = new Map<string, Link>()
  #handler: TransportHandler | undefined
  #local: Endpoint | undefined
  #key = ''
  #closed = false

  constructor(network: MemoryNetwork, options: TransportOptions) {
    this.#network = network
    this.#options = options
  }

  async open(handler: TransportHandler): Promise<number> {
    const { bind } = this.#options
    const port = this.#network.listen(this, handler, bind)
    this.#local = { host: bind.host, port }
    this.#key = endpointKey(this.#local)
    this.#handler = handler
    return port
  }

  async close(_graceMs: number): Promise<void> {
    if (this.#closed) return
    await Promise.race([
      Promise.all([...this.#links.values()].map(({ tail }) => tail)),
      new Promise((resolve) => setImmediate(resolve)),
    ])
    this.#closed = true
    if (this.#local !== undefined) this.#network.leave(this.#local)
    for (const link of this.#links.values()) this.#failWaiting(link, 'CLUSTER_STOPPED')
  }

  /** For the network: this process is dead and hears nothing any more. */
  die(): void {
    this.#closed = true
    this.#links.clear()
  }

  /** For the network: the peer, or the way to it, is gone. */
  broken(key: string): void {
    const link = this.#links.get(key)
    if (link === undefined || link.state === 'closed' || this.#closed) return
    const wasOpen = link.state === 'open'
    link.state = 'closed'
    link.connection++
    const cause = new ClusterError('CLUSTER_CONNECTION_LOST', `the link to ${key} broke`)
    if (link.kept || link.waiting.length > 0) this.#connect(link)
    if (wasOpen) this.#handler?.linkDown(link.to, cause, link.carried)
  }

  keep(to: Endpoint): void {
    const link = this.#link(to)
    link.kept = true
    this.#connect(link)
  }

  release(to: Endpoint): void {
    const link = this.#links.get(endpointKey(to))
    if (link === undefined) return
    this.#links.delete(link.key)
    link.connection++
    this.#failWaiting(link, 'CLUSTER_STOPPED')
  }

  isOpen(to: Endpoint): boolean {
    return this.#links.get(endpointKey(to))?.state === 'open'
  }

  send(to: Member, frame: Buffer, wantsAck: boolean, outcome: Outcome | undefined): void {
    const link = this.#link(to)
    const { maxQueuedBytesPerMember } = this.#options.limits
    if (this.#closed || link.queuedBytes + frame.length > maxQueuedBytesPerMember) {
      const code = this.#closed ? 'CLUSTER_NOT_RUNNING' : 'CLUSTER_QUEUE_FULL'
      outcome?.settled(to, new ClusterError(code, `cannot send to ${link.key}`))
      return
    }
    link.queuedBytes += frame.length
    link.waiting.push({ to, frame, outcome, wantsAck })
    if (link.state === 'open') this.#flush(link)
    else this.#connect(link)
  }

  async probe(to: Endpoint, frame: Buffer, _timeoutMs: number): Promise<ProbeOutcome> {
    await Promise.resolve()
    const { outcome, handler } = this.#network.reach(this.#key, endpointKey(to))
    if (handler !== undefined) await handler.accepted(() => {})(dataOf(frame))
    return outcome
  }

  heartbeat(): void {
    for (const link of this.#links.values()) if (link.kept) this.#connect(link)
  }

  snapshot(to: Endpoint): PeerSnapshot {
    const { state, queuedBytes, sent, failed } = this.#link(to)
    return { link: state, queuedBytes, sent, failed }
  }

  #link(to: Endpoint): Link {
    const key = endpointKey(to)
    let link = this.#links.get(key)
    if (link === undefined) {
      link = {
        to,
        key,
        state: 'closed',
        kept: false,
        connection: 0,
        handle: undefined,
        peer: undefined,
        waiting: [],
        tail: Promise.resolve(),
        carried: false,
        queuedBytes: 0,
        sent: 0,
        failed: 0,
      }
      this.#links.set(key, link)
    }
    return link
  }

  #connect(link: Link): void {
    if (link.state !== 'closed' || this.#closed) return
    link.state = 'connecting'
    queueMicrotask(() => {
      if (this.#closed || link.state !== 'connecting') return
      const { outcome, handler } = this.#network.reach(this.#key, link.key)
      if (handler === undefined) {
        link.state = 'closed'
        const cause = new ClusterError('CLUSTER_CONNECT', `cannot connect to ${link.key}: ${outcome}`)
        this.#failWaiting(link, 'CLUSTER_CONNECT')
        this.#handler?.doubt(link.to, cause)
        return
      }
      link.state = 'open'
      link.carried = false
      link.tail = Promise.resolve()
      link.peer = handler
      link.handle = handler.accepted(() => {})
      const greeting = this.#handler?.linkUp(link.to)
      if (greeting !== undefined) this.#carry(link, greeting)
      this.#flush(link)
    })
  }

  #flush(link: Link): void {
    const parcels = link.waiting
    link.waiting = []
    for (const parcel of parcels) {
      if (parcel.wantsAck) this.#carryAcknowledged(link, parcel)
      else this.#carry(link, parcel.frame, parcel)
    }
  }

  /** In order: each frame waits until the peer has handled the one before. */
  #carry(link: Link, frame: Buffer, parcel?: Parcel): void {
    const { connection, handle } = link
    const { drop, double, delayMs = 0 } = this.#network.trouble(this.#key, link.key, frame) ?? {}
    link.tail = link.tail.then(async () => {
      if (link.connection !== connection) {
        // Lost under way; its outcome is as unknown as on a real network.
        if (parcel !== undefined) this.#settle(link, parcel, undefined)
        return
      }
      if (parcel !== undefined) {
        link.carried ||= parcel.outcome !== undefined
        this.#settle(link, parcel, undefined)
      }
      if (drop) return
      const deliver = () => this.#deliverInOrder(link, frame, handle)
      for (let times = double ? 2 : 1; times > 0; times--) {
        if (delayMs > 0) this.#network.clock.after(delayMs, deliver)
        else await deliver()
      }
    })
  }

  /** Into the void when the host has vanished; a host that came back knows nothing of the connection and resets it. */
  async #deliverInOrder(link: Link, frame: Buffer, handle: FrameHandler | undefined): Promise<void> {
    const { handler } = this.#network.reach(this.#key, link.key)
    if (handler === undefined) return
    if (handler === link.peer) await this.#deliver(link, frame, handle)
    else this.broken(link.key)
  }

  async #deliver(link: Link, frame: Buffer, handle: FrameHandler | undefined): Promise<void> {
    try {
      await handle?.(dataOf(frame))
    } catch (error) {
      this.#network.reach(this.#key, link.key).handler?.refused(this.#key, asClusterError(error))
      this.broken(link.key)
    }
  }

  /** As on a connection of its own. */
  #carryAcknowledged(link: Link, parcel: Parcel): void {
    const { timeoutMs, clock } = this.#options
    let over = false
    const finish = (failure: ClusterError | undefined) => {
      if (over) return
      over = true
      deadline.cancel()
      this.#settle(link, parcel, failure)
      if (failure !== undefined && failure.code !== 'CLUSTER_FAIL_ACK') this.#handler?.doubt(link.to, failure)
    }
    const deadline = new Deadline(clock, timeoutMs, () => finish(failureOf('CLUSTER_ACK_TIMEOUT', link)))
    const trouble: Disturbance = this.#network.trouble(this.#key, link.key, parcel.frame) ?? {}
    if (trouble.drop) return
    const deliver = async () => {
      const { handler } = this.#network.reach(this.#key, link.key)
      if (handler === undefined) return finish(failureOf('CLUSTER_CONNECTION_LOST', link))
      const handle = handler.accepted((answer) => {
        const said = readAck(dataOf(answer))
        finish(said === 'ack' ? undefined : failureOf('CLUSTER_FAIL_ACK', link))
      })
      await this.#deliver(link, parcel.frame, handle)
    }
    for (let times = trouble.double ? 2 : 1; times > 0; times--) {
      if (trouble.delayMs !== undefined) clock.after(trouble.delayMs, deliver)
      else queueMicrotask(deliver)
    }
  }

  #settle(link: Link, parcel: Parcel, failure: ClusterError | undefined): void {
    link.queuedBytes -= parcel.frame.length
    if (failure === undefined) link.sent++
    else link.failed++
    if (!this.#closed || failure !== undefined) parcel.outcome?.settled(parcel.to, failure)
  }

  #failWaiting(link: Link, code: ClusterErrorCode): void {
    const parcels = link.waiting
    link.waiting = []
    for (const parcel of parcels) this.#settle(link, parcel, failureOf(code, link))
  }
}

function dataOf(frame: Buffer): Buffer {
  return frame.subarray(FRAME_DATA, frame.length - FRAME_END.length)
}

function failureOf(code: ClusterErrorCode, link: Link): ClusterError {
  return new ClusterError(code, `${code} on the way to ${link.key}`)
}

function asClusterError(error: unknown): ClusterError {
  return error instanceof ClusterError ? error : new ClusterError('CLUSTER_MESSAGE', 'not handled', { cause: error })
}
