/**
 * A client's socket as a client connection sees it, without a network behind it: keeps what is written, and is slow now
 * and then. It does what `net.Socket` does in the order in which it does it, as far as the front can tell.
 */
import type { Socket } from 'node:net'
import type { ClientConnection } from '../../src/balancer/front/client-connection.ts'
import type { Random } from './random.ts'

const SCRIBBLE = 0xaa

export class FakeSocket {
  /** What has been written, latin-1. */
  output = ''
  /** Our side has been ended in order; a cut connection never is. */
  ended = false
  closed = false
  writableLength = 0
  writableNeedDrain = false
  bytesWritten = 0
  connection: ClientConnection | undefined
  readonly #random: Random
  /** One write in so many is more than the client takes; 0 = none is. */
  readonly #slowOneIn: number
  #paused = false
  #input: Buffer[] = []
  #inputEnded = false
  #toldEnd = false

  constructor(random: Random, slowOneIn: number) {
    this.#random = random
    this.#slowOneIn = slowOneIn
  }

  asSocket(): Socket {
    return this as unknown as Socket
  }

  // ---- the client's side ----

  send(bytes: Buffer): void {
    this.#input.push(bytes)
    this.#deliver()
  }

  finish(): void {
    this.#inputEnded = true
    this.#deliver()
  }

  /** The network is gone. */
  abort(): void {
    if (this.closed) return
    this.closed = true
    this.connection!.disconnected()
  }

  #deliver(): void {
    while (!this.#paused && !this.closed && this.#input.length > 0) {
      const chunk = this.#input.shift()!
      this.connection!.received(chunk, false)
      // The next read of whatever connection goes into the same bytes: who has kept some of them is found out.
      chunk.fill(SCRIBBLE)
    }
    if (this.#paused || this.closed || this.#input.length > 0 || !this.#inputEnded || this.#toldEnd) return
    this.#toldEnd = true
    this.connection!.ended()
    this.#closeWhenBothEnded()
  }

  // ---- what the front uses of net.Socket ----

  write(data: string | Uint8Array, encodingOrDone?: unknown, done?: () => void): boolean {
    if (this.ended || this.closed) throw new Error('write after the end')
    const text = typeof data === 'string' ? data : Buffer.from(data).toString('latin1')
    this.output += text
    this.bytesWritten += text.length
    const callback = typeof encodingOrDone === 'function' ? (encodingOrDone as () => void) : done
    const isSlow = this.writableNeedDrain || (this.#slowOneIn > 0 && this.#random.chance(this.#slowOneIn))
    if (!isSlow) {
      if (callback !== undefined) setImmediate(callback)
      return true
    }
    this.writableLength += text.length
    setImmediate(() => {
      callback?.()
      this.writableLength -= text.length
      if (this.writableLength > 0 || !this.writableNeedDrain) return
      this.writableNeedDrain = false
      if (!this.ended && !this.closed) this.connection!.drained()
    })
    this.writableNeedDrain = true
    return false
  }

  get destroyed(): boolean {
    return this.closed
  }

  cork(): void {}
  uncork(): void {}

  isPaused(): boolean {
    return this.#paused
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    setImmediate(() => this.#deliver())
  }

  end(): void {
    this.ended = true
    this.writableNeedDrain = false
    this.#closeWhenBothEnded()
  }

  destroySoon(): void {
    this.ended = true
    setImmediate(() => this.abort())
  }

  destroy(): void {
    if (this.closed) return
    this.closed = true
    setImmediate(() => this.connection!.disconnected())
  }

  resetAndDestroy(): void {
    this.destroy()
  }

  #closeWhenBothEnded(): void {
    if (this.ended && this.#toldEnd) setImmediate(() => this.abort())
  }
}
