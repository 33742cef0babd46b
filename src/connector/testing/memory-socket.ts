/**
 * A socket without a network, for tests that need many connections or exact chunks. It does what `net.Socket` does, as far
 * as a connection can tell: callbacks and `close` come later, `end` waits for the other side, nothing is sent after it.
 */
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'

export class MemorySocket extends EventEmitter {
  readonly remoteAddress = '127.0.0.1'
  readonly remotePort = 50_000
  readonly writableHighWaterMark = 16_384
  writableLength = 0
  writableNeedDrain = false
  destroyed = false
  /** Our side has been ended in order. */
  ended = false
  /** What was sent and not taken by {@link take}. */
  #output: Buffer[] = []
  /** Answers the question whether the peer is slow to take what is written now. */
  readonly #isSlow: () => boolean
  #peerEnded = false

  constructor(isSlow: () => boolean = () => false) {
    super()
    this.#isSlow = isSlow
  }

  /** What takes the bytes in place of a reading socket. */
  received: (bytes: Buffer) => void = () => {}

  asSocket(): Socket {
    return this as unknown as Socket
  }

  // ---- the peer's side ----

  /** The chunk is overwritten behind the call, as a read buffer is. */
  send(bytes: Buffer): void {
    if (this.destroyed || this.#peerEnded || bytes.length === 0) return
    const chunk = Buffer.from(bytes)
    this.received(chunk)
    chunk.fill(0xee)
  }

  finish(): void {
    if (this.destroyed || this.#peerEnded) return
    this.#peerEnded = true
    this.emit('end')
    if (this.ended) this.destroy()
  }

  take(): Buffer {
    const bytes = Buffer.concat(this.#output)
    this.#output = []
    return bytes
  }

  // ---- what a connection uses of net.Socket ----

  write(data: Uint8Array, done?: (error?: Error | null) => void): boolean {
    if (this.ended || this.destroyed) throw new Error('write behind the end')
    // A copy: the writer is used again once this has returned with nothing left.
    this.#output.push(Buffer.from(data))
    const isSlow = this.writableNeedDrain || this.#isSlow()
    if (!isSlow) {
      if (done !== undefined) process.nextTick(done)
      return true
    }
    this.writableLength += data.length
    this.writableNeedDrain = true
    setImmediate(() => {
      if (this.destroyed) return
      this.writableLength -= data.length
      done?.()
      if (this.writableLength > 0 || !this.writableNeedDrain) return
      this.writableNeedDrain = false
      this.emit('drain')
    })
    return false
  }

  cork(): void {}
  uncork(): void {}

  end(done?: () => void): void {
    this.ended = true
    if (done !== undefined) setImmediate(done)
    if (this.#peerEnded) this.destroy()
  }

  destroySoon(): void {
    this.ended = true
    setImmediate(() => this.destroy())
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    process.nextTick(() => this.emit('close'))
  }
}
