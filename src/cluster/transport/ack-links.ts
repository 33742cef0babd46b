/**
 * The connections to a peer that carry messages with acknowledgements. An acknowledgement names no message, so each
 * connection has at most one under way; a few are opened on demand and stay open (tomcat-cluster.md 4.3, 4.5).
 *
 *   connecting --connect--> busy --answer--> idle --next message--> busy
 *
 * They are kept apart from the plain link because a late acknowledgement forces a connection to be closed, which must
 * not cost messages that were sent in good order.
 */
import type { Socket } from 'node:net'
import { Deadline } from '../deadline.ts'
import { ClusterError, reasonOf } from '../errors.ts'
import { readAck } from '../frame.ts'
import { FrameReader } from '../frame-reader.ts'
import { endpointKey } from '../identity.ts'
import { sendTimeoutMs } from '../lateness.ts'
import type { Endpoint } from '../member.ts'
import { type Dial, dial } from './dial.ts'
import type { Parcel, ParcelOffice } from './plain-link.ts'
import type { TransportHandler, TransportOptions } from './transport.ts'

/** Largest frame a peer may answer with; an acknowledgement has 21 bytes. */
export const MAX_ANSWER_BYTES = 1024

/** A parcel that waits for its acknowledgement, or for a connection. */
interface Registered {
  readonly parcel: Parcel
  deadline: Deadline | undefined
  /** The connection it is on; undefined while it waits for one. */
  link: AckLink | undefined
}

interface AckLink {
  dial: Dial | undefined
  socket: Socket | undefined
  /** Undefined: idle. */
  carries: Registered | undefined
}

export class AckLinks {
  readonly #to: Endpoint
  readonly #options: TransportOptions
  readonly #handler: TransportHandler
  readonly #office: ParcelOffice
  readonly #links = new Set<AckLink>()
  readonly #waiting = new Set<Registered>()
  #closed = false

  constructor(to: Endpoint, options: TransportOptions, handler: TransportHandler, office: ParcelOffice) {
    this.#to = to
    this.#options = options
    this.#handler = handler
    this.#office = office
  }

  get isIdle(): boolean {
    if (this.#waiting.size > 0) return false
    for (const link of this.#links) if (link.carries !== undefined) return false
    return true
  }

  send(parcel: Parcel): void {
    const { clock, timeoutMs, lateness } = this.#options
    const registered: Registered = { parcel, deadline: undefined, link: undefined }
    const limit = sendTimeoutMs(timeoutMs, parcel.frame.length, lateness())
    registered.deadline = new Deadline(clock, limit, () => this.#expire(registered, limit))
    this.#waiting.add(registered)
    this.#pump()
  }

  /** Closes for good. What is not acknowledged fails with `cause`. */
  close(cause: ClusterError): void {
    this.#closed = true
    const open = [...this.#waiting]
    this.#waiting.clear()
    for (const link of [...this.#links]) {
      if (link.carries !== undefined) open.push(link.carries)
      this.#drop(link)
    }
    for (const registered of open) this.#settle(registered, cause)
  }

  /** Gives waiting messages to idle connections, and opens more while there may be more. */
  #pump(): void {
    for (const registered of this.#waiting) {
      const link = this.#idleLink() ?? this.#newLink()
      if (link === undefined) return
      this.#waiting.delete(registered)
      registered.link = link
      link.carries = registered
      if (link.socket === undefined) this.#dial(link)
      else link.socket.write(registered.parcel.frame)
    }
  }

  #idleLink(): AckLink | undefined {
    for (const link of this.#links) if (link.carries === undefined) return link
    return undefined
  }

  #newLink(): AckLink | undefined {
    if (this.#closed || this.#links.size >= this.#options.ackConnections) return undefined
    const link: AckLink = { dial: undefined, socket: undefined, carries: undefined }
    this.#links.add(link)
    return link
  }

  #dial(link: AckLink): void {
    const { connectTimeoutMs, clock, lateness } = this.#options
    link.dial = dial(this.#to, connectTimeoutMs * (1 + lateness()), clock, {
      connected: (socket) => {
        link.dial = undefined
        this.#up(link, socket)
      },
      failed: (cause) => {
        const { carries } = link
        this.#drop(link)
        if (carries !== undefined) this.#settle(carries, cause)
        this.#handler.doubt(this.#to, cause)
        this.#pump()
      },
    })
  }

  #up(link: AckLink, socket: Socket): void {
    link.socket = socket
    const reader = new FrameReader(MAX_ANSWER_BYTES)
    let reason: unknown
    socket.on('error', (error) => {
      reason = error
    })
    socket.on('end', () => this.#lost(link, reason))
    socket.on('close', () => this.#lost(link, reason))
    socket.on('data', (chunk) => {
      try {
        reader.push(chunk)
        for (let data = reader.next(); data !== undefined; data = reader.next()) this.#answered(link, data)
      } catch (error) {
        this.#lost(link, error)
      }
    })
    if (link.carries !== undefined) socket.write(link.carries.parcel.frame)
  }

  /** Anything that is no acknowledgement keeps the sender waiting (ParallelNioSender does the same). */
  #answered(link: AckLink, data: Buffer): void {
    const answer = readAck(data)
    if (answer === undefined) return
    const { carries } = link
    if (carries === undefined) {
      const message = `${endpointKey(this.#to)} acknowledged a message that was not sent`
      throw new ClusterError('CLUSTER_UNEXPECTED_REPLY', message)
    }
    link.carries = undefined
    this.#settle(carries, answer === 'ack' ? undefined : this.#failAck())
    this.#pump()
  }

  /** The connection broke: its message gets one more chance on a new one. */
  #lost(link: AckLink, reason: unknown): void {
    if (!this.#links.has(link)) return
    const { carries } = link
    this.#drop(link)
    if (carries !== undefined) {
      if (carries.parcel.losses++ === 0) {
        carries.link = undefined
        this.#waiting.add(carries)
      } else {
        const why = reason === undefined ? 'the peer closed it' : reasonOf(reason)
        const message = `two connections to ${endpointKey(this.#to)} broke under a message: ${why}`
        const cause = new ClusterError('CLUSTER_CONNECTION_LOST', message, { cause: reason })
        this.#settle(carries, cause)
        this.#handler.doubt(this.#to, cause)
      }
    }
    this.#pump()
  }

  #expire(registered: Registered, limit: number): void {
    const { link } = registered
    this.#waiting.delete(registered)
    // The acknowledgement may still come, and must not be taken for that of the next message.
    if (link !== undefined) this.#drop(link)
    const missing = link === undefined ? 'had no connection free' : 'did not acknowledge'
    const message = `${endpointKey(this.#to)} ${missing} within ${Math.round(limit)} ms`
    const cause = new ClusterError('CLUSTER_ACK_TIMEOUT', message)
    this.#settle(registered, cause)
    this.#handler.doubt(this.#to, cause)
    this.#pump()
  }

  #drop(link: AckLink): void {
    this.#links.delete(link)
    link.carries = undefined
    link.dial?.abort()
    link.dial = undefined
    link.socket?.destroy()
    link.socket = undefined
  }

  #settle(registered: Registered, failure: ClusterError | undefined): void {
    registered.deadline?.cancel()
    this.#office.settle(registered.parcel, failure)
  }

  #failAck(): ClusterError {
    const message = `${endpointKey(this.#to)} received a message and could not process it`
    return new ClusterError('CLUSTER_FAIL_ACK', message)
  }
}
