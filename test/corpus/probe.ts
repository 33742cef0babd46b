/** A client that sends bytes and keeps everything that comes back; thousands of them cost little. Judging is others' work. */
import { connect, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Parts of a quiet time. */
const SLICES = 10

export class Probe {
  /** Latin-1: one character is one byte. */
  received = ''
  /** How the other end ended, if it did. */
  ending: 'open' | 'end' | 'reset' = 'open'
  readonly #socket: Socket
  #wake: (() => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (bytes: Buffer) => {
      this.received += bytes.toString('latin1')
      this.#wake?.()
    })
    socket.on('end', () => this.#end('end'))
    socket.on('error', () => this.#end('reset'))
    socket.on('close', () => this.#end('end'))
  }

  /** `from`: an address of 127.0.0.0/8 to come from. */
  static async open(port: number, from = '127.0.0.1'): Promise<Probe> {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from, allowHalfOpen: true })
    await new Promise<void>((done, fail) => {
      socket.once('connect', done)
      socket.once('error', fail)
    })
    socket.removeAllListeners('error')
    return new Probe(socket)
  }

  get isEnded(): boolean {
    return this.ending !== 'open'
  }

  /** Nothing is sent to an end that is gone, and no one is told: what came back tells it. */
  send(bytes: string | Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** Sends piece by piece, each in a turn of its own, so that the other end reads them apart. */
  async sendPieces(pieces: Iterable<Uint8Array>): Promise<void> {
    for (const piece of pieces) {
      if (this.isEnded) return
      this.send(piece)
      await nextTurn()
    }
  }

  /**
   * Waits until `isDone`, or until nothing has happened for `quietMs`; says which. A while in which this process stands
   * still is as long as a slice: what has come by then is read before the next.
   */
  async settle(isDone: () => boolean, quietMs: number): Promise<boolean> {
    let quietSlices = 0
    while (!isDone()) {
      const happened = await new Promise<boolean>((done) => {
        const timer = setTimeout(() => done(false), quietMs / SLICES)
        this.#wake = () => {
          clearTimeout(timer)
          done(true)
        }
      })
      this.#wake = undefined
      quietSlices = happened ? 0 : quietSlices + 1
      if (quietSlices === SLICES) return isDone()
    }
    return true
  }

  finish(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #end(how: 'end' | 'reset'): void {
    if (this.ending === 'open') this.ending = how
    this.#wake?.()
  }
}
