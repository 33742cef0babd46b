/**
 * The one connection to a peer that carries everything nobody acknowledges, in order. Frames that are sent in one turn of
 * the event loop leave in one write; while a write is under way, the next frames gather behind it.
 *
 *   closed --open--> connecting --connect--> open --close--> closed
 *
 * A frame that was under way when the connection broke is written once more on the next one. What the system had
 * already taken may be lost; the link says so when it goes down.
 */
import type { Socket } from 'node:net'
import { ClusterError, reasonOf } from '../errors.ts'
import { endpointKey } from '../identity.ts'
import type { Endpoint, Member } from '../member.ts'
import { type Dial, dial } from './dial.ts'
import type { Outcome, TransportHandler, TransportOptions } from './transport.ts'

/** Most bytes per write. A larger frame is written in slices, so that a slow network shows progress. */
export const WRITE_BATCH_BYTES = 256 * 1024
/** A link that lived shorter is not opened again before the next heartbeat, unless a message waits for it. */
export const MIN_LINK_MS = 1000
/** How often a write is looked at before it counts as stuck, in parts of the send timeout. */
export const STALL_CHECKS = 4

/** One frame on its way to one member. */
export interface Parcel {
  readonly to: Member
  readonly frame: Buffer
  /** Undefined: nobody minds if it is lost. */
  readonly outcome: Outcome | undefined
  /** Connections that broke under it. */
  losses: number
}

/** Where a link hands back its parcels. */
export interface ParcelOffice {
  settle(parcel: Parcel, failure: ClusterError | undefined): void
}

export class PlainLink {
  readonly #to: Endpoint
  readonly #options: TransportOptions
  readonly #handler: TransportHandler
  readonly #office: ParcelOffice
  /** Parcels from `#first` on are not yet handed to the socket. */
  #waiting: Parcel[] = []
  #first = 0
  /** Handed to the socket, not yet taken by the system. */
  #flying: Parcel[] = []
  #dial: Dial | undefined
  #socket: Socket | undefined
  #openedAt = 0
  #flushDue = false
  #stalledChecks = 0
  /** Something the system took on this connection may not have arrived. */
  #unconfirmed = false
  #kept = false
  #closed = false
  /** Has said its last and waits for the peer to have read it. */
  #closing: Socket | undefined

  constructor(to: Endpoint, options: TransportOptions, handler: TransportHandler, office: ParcelOffice) {
    this.#to = to
    this.#options = options
    this.#handler = handler
    this.#office = office
  }

  get state(): 'closed' | 'connecting' | 'open' {
    if (this.#socket !== undefined) return 'open'
    return this.#dial === undefined ? 'closed' : 'connecting'
  }

  get isKept(): boolean {
    return this.#kept
  }

  get isIdle(): boolean {
    return this.#first === this.#waiting.length && this.#flying.length === 0
  }

  keep(): void {
    this.#kept = true
    this.#open()
  }

  send(parcel: Parcel): void {
    this.#waiting.push(parcel)
    if (this.#socket === undefined) this.#open()
    else this.#flushSoon()
  }

  /** Once per heartbeat: another try for a link that is to be kept. */
  heartbeat(): void {
    if (this.#kept) this.#open()
  }

  /** Called {@link STALL_CHECKS} times per send timeout. Counting calls, not time, a blocked event loop blames nobody. */
  checkStall(): void {
    if (this.#flying.length === 0) return
    if (++this.#stalledChecks <= STALL_CHECKS * (1 + this.#options.lateness())) return
    const limit = this.#options.timeoutMs
    const message = `${endpointKey(this.#to)} took no bytes for more than ${limit} ms`
    const cause = new ClusterError('CLUSTER_WRITE_TIMEOUT', message)
    const failed = [...this.#flying, ...this.#takeWaiting()]
    this.#flying = []
    this.#down(cause)
    for (const parcel of failed) this.#office.settle(parcel, cause)
  }

  /**
   * Closes for good. What has not been taken by the system fails with `cause`. Resolves when the peer has read the rest and
   * closed its side in turn: a stop is over when the others know all that was said before. See `cut`.
   */
  close(cause: ClusterError): Promise<void> {
    this.#closed = true
    this.#kept = false
    this.#dial?.abort()
    this.#dial = undefined
    const socket = this.#socket
    this.#socket = undefined
    this.#closing = socket
    // A peer that reads nothing must not keep the socket, and with it the process, alive.
    if (this.#flying.length === 0) socket?.end()
    else socket?.destroy()
    const failed = [...this.#flying, ...this.#takeWaiting()]
    this.#flying = []
    for (const parcel of failed) this.#office.settle(parcel, cause)
    if (socket === undefined || socket.closed) return Promise.resolve()
    return new Promise((resolve) => socket.once('close', () => resolve()))
  }

  /** After `close`: waits for the peer no longer. */
  cut(): void {
    this.#closing?.destroy()
  }

  #open(): void {
    if (this.#closed || this.#socket !== undefined || this.#dial !== undefined) return
    const { connectTimeoutMs, clock, lateness } = this.#options
    this.#dial = dial(this.#to, connectTimeoutMs * (1 + lateness()), clock, {
      connected: (socket) => this.#up(socket),
      failed: (cause) => {
        this.#dial = undefined
        for (const parcel of this.#takeWaiting()) this.#office.settle(parcel, cause)
        this.#handler.doubt(this.#to, cause)
      },
    })
  }

  #up(socket: Socket): void {
    this.#dial = undefined
    this.#socket = socket
    this.#openedAt = this.#options.clock.monotonic()
    this.#unconfirmed = false
    let reason: unknown
    socket.on('error', (error) => {
      reason = error
    })
    const ended = () => {
      if (this.#socket !== socket) return
      const why = reason === undefined ? 'the peer closed it' : reasonOf(reason)
      const message = `the link to ${endpointKey(this.#to)} broke: ${why}`
      this.#down(new ClusterError('CLUSTER_CONNECTION_LOST', message, { cause: reason }))
    }
    // A peer that ends its half reads nothing any more either; waiting for `close` would wait for our own writes.
    socket.on('end', ended)
    socket.on('close', ended)
    // Reading is also how a closed connection is noticed at once.
    socket.on('data', () => {
      if (this.#socket !== socket) return
      const message = `${endpointKey(this.#to)} answered on a link that expects no answers`
      this.#down(new ClusterError('CLUSTER_UNEXPECTED_REPLY', message))
    })
    const greeting = this.#handler.linkUp(this.#to)
    if (this.#socket !== socket) return
    if (greeting !== undefined) socket.write(greeting)
    this.#flush()
  }

  #down(cause: ClusterError): void {
    const socket = this.#socket
    this.#socket = undefined
    socket?.destroy()
    const mayHaveLost = this.#unconfirmed
    const lived = this.#options.clock.monotonic() - this.#openedAt
    this.#returnFlying(cause)
    if (!this.isIdle || (this.#kept && lived >= MIN_LINK_MS)) this.#open()
    this.#handler.linkDown(this.#to, cause, mayHaveLost)
  }

  /** Puts what was under way back to the front of the queue, unless it was there before. */
  #returnFlying(cause: ClusterError): void {
    const flying = this.#flying
    this.#flying = []
    const again: Parcel[] = []
    for (const parcel of flying) {
      if (parcel.losses++ === 0) again.push(parcel)
      else this.#office.settle(parcel, cause)
    }
    if (again.length > 0) this.#waiting = [...again, ...this.#takeWaiting()]
  }

  #takeWaiting(): Parcel[] {
    const taken = this.#waiting.slice(this.#first)
    this.#waiting = []
    this.#first = 0
    return taken
  }

  /** All frames of this turn of the event loop go into one write. */
  #flushSoon(): void {
    if (this.#flushDue || this.#flying.length > 0) return
    this.#flushDue = true
    setImmediate(() => {
      this.#flushDue = false
      this.#flush()
    })
  }

  #flush(): void {
    const socket = this.#socket
    if (socket === undefined || this.#flying.length > 0 || this.#first === this.#waiting.length) return
    const batch = this.#nextBatch()
    this.#flying = batch
    this.#stalledChecks = 0
    const last = batch[batch.length - 1]!.frame
    if (last.length > WRITE_BATCH_BYTES) {
      this.#writeSlices(socket, last, 0)
      return
    }
    const written = () => this.#written(socket)
    if (batch.length === 1) {
      socket.write(last, written)
      return
    }
    socket.cork()
    for (let i = 0; i < batch.length - 1; i++) socket.write(batch[i]!.frame)
    socket.write(last, written)
    socket.uncork()
  }

  /** As many waiting parcels as fit one write, at least one; an oversized one comes alone. */
  #nextBatch(): Parcel[] {
    const waiting = this.#waiting
    let end = this.#first
    let bytes = 0
    do {
      bytes += waiting[end]!.frame.length
      end++
    } while (end < waiting.length && bytes + waiting[end]!.frame.length <= WRITE_BATCH_BYTES)
    if (this.#first === 0 && end === waiting.length) {
      this.#waiting = []
      return waiting
    }
    const batch = waiting.slice(this.#first, end)
    this.#first = end
    if (end === waiting.length) this.#takeWaiting()
    else this.#dropTaken()
    return batch
  }

  /** Frees parcels that were taken once they are most of the array: each is moved at most once. */
  #dropTaken(): void {
    if (this.#first * 2 < this.#waiting.length) return
    this.#waiting = this.#waiting.slice(this.#first)
    this.#first = 0
  }

  #writeSlices(socket: Socket, frame: Buffer, at: number): void {
    const end = Math.min(frame.length, at + WRITE_BATCH_BYTES)
    socket.write(frame.subarray(at, end), () => {
      if (this.#socket !== socket) return
      this.#stalledChecks = 0
      if (end === frame.length) this.#written(socket)
      else this.#writeSlices(socket, frame, end)
    })
  }

  #written(socket: Socket): void {
    // After a failed write, too; then the link is down, or about to be, and its parcels go back.
    if (this.#socket !== socket || socket.destroyed) return
    const done = this.#flying
    this.#flying = []
    for (const parcel of done) {
      this.#unconfirmed ||= parcel.outcome !== undefined
      this.#office.settle(parcel, undefined)
    }
    this.#flush()
  }
}
