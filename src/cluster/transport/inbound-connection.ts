/**
 * One connection that a peer opened: bytes in, frames to the handler one after the other, acknowledgements out. While the
 * handler is busy with a frame the connection is not read, so a fast sender waits in its own buffers.
 */
import type { Socket } from 'node:net'
import { ClusterError } from '../errors.ts'
import { FrameReader } from '../frame-reader.ts'
import type { FrameHandler } from './transport.ts'

/** A peer that follows the protocol has one acknowledgement under way; this many bytes unread means that it does not. */
export const MAX_UNREAD_ACK_BYTES = 64 * 1024

/** The receiver, as one of its connections sees it. */
export interface InboundOffice {
  /** The connection holds this many bytes of unfinished frames more, or fewer, than before; throws when it may not. */
  account(bytes: number): void
  /** The connection is over; the cause tells why the receiver ended it, if it did. */
  closed(connection: InboundConnection, cause: ClusterError | undefined): void
}

export class InboundConnection {
  /** `address:port` of the peer, for events. */
  readonly from: string
  readonly #socket: Socket
  readonly #reader: FrameReader
  readonly #handle: FrameHandler
  readonly #office: InboundOffice
  /** Bytes of unfinished frames that the office knows of. */
  #accounted = 0
  #busy = false
  /** No frame is handled any more. */
  #over = false
  /** The socket is closed. */
  #gone = false
  /** A frame was cut off, or bytes arrived, since the last check. */
  #progress = true
  #hadFrame = false
  #isWelcome = false

  constructor(
    socket: Socket,
    maxFrameBytes: number,
    handle: (reply: (frame: Buffer) => void, welcome: () => void) => FrameHandler,
    office: InboundOffice,
  ) {
    this.#socket = socket
    this.from = `${socket.remoteAddress}:${socket.remotePort}`
    this.#reader = new FrameReader(maxFrameBytes)
    this.#office = office
    this.#handle = handle(
      (frame) => this.#reply(frame),
      () => {
        this.#isWelcome = true
      },
    )
    // A reset is an ordinary end; `close` follows.
    socket.on('error', () => {})
    socket.on('close', () => this.#socketClosed())
    socket.on('data', (chunk) => {
      this.#progress = true
      this.#guard(() => {
        this.#reader.push(chunk)
        this.#drain()
      })
    })
  }

  /** It has sent something that was taken. */
  get isWelcome(): boolean {
    return this.#isWelcome
  }

  /** Ends the connection for a reason of the receiver's. */
  end(cause: ClusterError): void {
    this.#refuse(cause)
  }

  /** Called once per `frameStallMs`: ends a connection that stopped within a frame or never sent one. */
  checkStall(): void {
    const stalled = !this.#progress && !this.#busy && (this.#reader.buffered > 0 || !this.#hadFrame)
    this.#progress = false
    if (stalled)
      this.#refuse(new ClusterError('CLUSTER_FRAME_STALLED', `no further bytes of a frame from ${this.from}`))
  }

  /** Lets written acknowledgements out, then closes. */
  close(): void {
    this.#over = true
    this.#socket.destroySoon()
  }

  cut(): void {
    this.#socket.destroy()
  }

  /** Hands on complete frames until there is none or the handler asks to wait. */
  #drain(): void {
    while (!this.#busy && !this.#over) {
      const data = this.#reader.next()
      if (data === undefined) break
      this.#hadFrame = true
      const working = this.#handle(data)
      if (working !== undefined) this.#waitFor(working)
    }
    this.#account()
  }

  #reply(frame: Buffer): void {
    if (!this.#socket.writable) return
    this.#socket.write(frame)
    const unread = this.#socket.writableLength
    if (unread > MAX_UNREAD_ACK_BYTES) {
      const message = `${unread} bytes of acknowledgements are over MAX_UNREAD_ACK_BYTES (${MAX_UNREAD_ACK_BYTES})`
      this.#refuse(new ClusterError('CLUSTER_ACKS_UNREAD', message))
    }
  }

  #waitFor(working: Promise<void>): void {
    this.#busy = true
    this.#socket.pause()
    working.then(
      () => {
        this.#busy = false
        this.#progress = true
        this.#socket.resume()
        this.#guard(() => this.#drain())
      },
      (error) => this.#refuse(error),
    )
  }

  #account(): void {
    if (this.#gone) return
    const more = this.#reader.buffered - this.#accounted
    this.#accounted += more
    if (more !== 0) this.#office.account(more)
  }

  #guard(step: () => void): void {
    if (this.#over) return
    try {
      step()
    } catch (error) {
      this.#refuse(error)
    }
  }

  #refuse(error: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#socket.destroy()
    const cause =
      error instanceof ClusterError
        ? error
        : new ClusterError('CLUSTER_MESSAGE', 'a frame was not handled', { cause: error })
    this.#office.closed(this, cause)
  }

  /** A frame that was cut off is dropped; those that arrived whole while the handler was busy are still handled. */
  #socketClosed(): void {
    this.#gone = true
    this.#office.account(-this.#accounted)
    if (!this.#over) this.#office.closed(this, undefined)
  }
}
