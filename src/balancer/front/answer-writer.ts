/**
 * Answers on their way into a client's socket: framing, chunks, and how well the client takes them. When what is
 * written is more than the socket takes at once, its owner is told, and is to wait for the drain.
 */
import type { Socket } from 'node:net'
import { chunkHead, type Fields, LAST_CHUNK } from '../../http1/index.ts'
import type { AnswerHead } from '../exchange.ts'
import { lastChunk } from '../headers.ts'
import { atTurnEnd, type HasLateWrites } from '../turn.ts'

const CLOSE = 'Connection: close\r\n\r\n'
const KEEP_ALIVE_1_0 = 'Connection: keep-alive\r\n\r\n'

/** Whole answers up to this size, together, may wait for the end of the turn. */
const MAX_LATE_CHARS = 16_384

export class AnswerWriter implements HasLateWrites {
  readonly #socket: Socket
  readonly #whenBehind: () => void
  #isChunked = false
  /** Whole answers that leave with whatever is written next, or when the turn ends. */
  #late = ''
  /** Bytes that had left when it was last looked at, and when. */
  #sentBytes = 0
  #sentAtMs = 0

  constructor(socket: Socket, whenBehind: () => void) {
    this.#socket = socket
    this.#whenBehind = whenBehind
  }

  /** The client has not taken yet what it was sent. */
  get isBehind(): boolean {
    return this.#socket.writableNeedDrain
  }

  together(write: () => void): void {
    // What is corked is lost with the socket.
    this.sendLate()
    this.#socket.cork()
    try {
      write()
    } finally {
      this.#socket.uncork()
    }
  }

  text(text: string): void {
    const late = this.#late
    this.#late = ''
    if (!this.#socket.write(late + text, 'latin1')) this.#whenBehind()
  }

  /** Of an answer that follows in pieces. */
  head(head: AnswerHead, minor: 0 | 1, keepAlive: boolean): void {
    this.text(head.text + this.#framing(head, minor, keepAlive))
  }

  /** An answer in one piece. A small one waits for the end of the turn. */
  whole(head: AnswerHead, minor: 0 | 1, keepAlive: boolean, body: string): void {
    const text = head.text + this.#framing(head, minor, keepAlive) + body
    if (this.#late.length + text.length > MAX_LATE_CHARS) {
      this.text(text)
      return
    }
    if (this.#late === '') atTurnEnd(this)
    this.#late += text
  }

  turnEnds(): void {
    this.sendLate()
  }

  sendLate(): void {
    if (this.#late !== '' && !this.#socket.destroyed) this.text('')
  }

  #framing({ framing, length }: AnswerHead, minor: 0 | 1, keepAlive: boolean): string {
    this.#isChunked = framing === 'unknown' && minor === 1
    let text = ''
    if (framing === 'length') text = `Content-Length: ${length}\r\n`
    else if (this.#isChunked) text = 'Transfer-Encoding: chunked\r\n'
    if (!keepAlive) return text + CLOSE
    return minor === 1 ? `${text}\r\n` : text + KEEP_ALIVE_1_0
  }

  /** Returns false when the client is behind. `written` is called when `data` may be used again. */
  data(data: Uint8Array, written: (() => void) | undefined): boolean {
    this.sendLate()
    const isReady = this.#isChunked ? this.#chunk(data, written) : this.#socket.write(data, written)
    if (!isReady) this.#whenBehind()
    return isReady
  }

  #chunk(data: Uint8Array, written: (() => void) | undefined): boolean {
    const socket = this.#socket
    socket.cork()
    socket.write(chunkHead(data.length), 'latin1')
    socket.write(data, written)
    const isReady = socket.write('\r\n', 'latin1')
    socket.uncork()
    return isReady
  }

  end(trailers: Fields | undefined): void {
    if (this.#isChunked) this.text(trailers === undefined ? LAST_CHUNK : lastChunk(trailers))
  }

  /** Nothing more comes; what waits still leaves. */
  close(): void {
    this.sendLate()
    this.#socket.end()
  }

  /** From now on the client's progress counts. */
  watch(nowMs: number): void {
    this.#sentBytes = this.#sent()
    this.#sentAtMs = nowMs
  }

  /**
   * How long the client has taken nothing, ms. Progress shows late and in steps: a write of 64 KiB must be complete, and
   * the system takes more only when a third of its own buffer is free.
   */
  stalledMs(nowMs: number): number {
    const sentBytes = this.#sent()
    if (sentBytes > this.#sentBytes) {
      this.#sentBytes = sentBytes
      this.#sentAtMs = nowMs
    }
    return nowMs - this.#sentAtMs
  }

  #sent(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength
  }
}
