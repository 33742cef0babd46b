/**
 * Answers on their way into a client's socket: framing, chunks, and how well the client takes them. When what is
 * written is more than the socket takes at once, whoever wrote it is told to wait for its drain.
 */
import type { Socket } from 'node:net'
import { chunkHead, type Fields, LAST_CHUNK } from '../../http1/index.ts'
import type { AnswerHead } from '../exchange.ts'
import { lastChunk } from '../headers.ts'

const CLOSE = 'Connection: close\r\n\r\n'
const KEEP_ALIVE_1_0 = 'Connection: keep-alive\r\n\r\n'

/** Whole answers up to this size, together, may wait for the end of the turn. */
const MAX_LATE_CHARS = 16_384

export class AnswerWriter {
  readonly #socket: Socket
  #isChunked = false
  /** Whole answers that leave with whatever is written next, or when the turn ends. */
  #late = ''
  /** Bytes that had left when it was last looked at, and when. */
  #sentBytes = 0
  #sentAtMs = 0

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** The client has not taken yet what it was sent. */
  get isBehind(): boolean {
    return this.#socket.writableNeedDrain
  }

  together(write: () => void): void {
    this.#socket.cork()
    try {
      write()
    } finally {
      this.#socket.uncork()
    }
  }

  /** Returns false when the socket asks to wait for its drain; so do the others. */
  text(text: string): boolean {
    const late = this.#late
    this.#late = ''
    return this.#socket.write(late + text, 'latin1')
  }

  /** Of an answer that follows in pieces. */
  head(head: AnswerHead, minor: 0 | 1, keepAlive: boolean): boolean {
    return this.text(head.text + this.#framing(head, minor, keepAlive))
  }

  /** An answer in one piece. A small one waits, and `isLate` says so. */
  whole(head: AnswerHead, minor: 0 | 1, keepAlive: boolean, body: string): boolean {
    const text = head.text + this.#framing(head, minor, keepAlive) + body
    if (this.#late.length + text.length > MAX_LATE_CHARS) return this.text(text)
    this.#late += text
    return true
  }

  get isLate(): boolean {
    return this.#late !== ''
  }

  sendLate(): boolean {
    return this.#late === '' || this.text('')
  }

  #framing({ framing, length }: AnswerHead, minor: 0 | 1, keepAlive: boolean): string {
    this.#isChunked = framing === 'unknown' && minor === 1
    let text = ''
    if (framing === 'length') text = `Content-Length: ${length}\r\n`
    else if (this.#isChunked) text = 'Transfer-Encoding: chunked\r\n'
    if (!keepAlive) return text + CLOSE
    return minor === 1 ? `${text}\r\n` : text + KEEP_ALIVE_1_0
  }

  /** `written` is called when `data` may be used again. */
  data(data: Uint8Array, written: (() => void) | undefined): boolean {
    const socket = this.#socket
    this.sendLate()
    if (!this.#isChunked) return socket.write(data, written)
    socket.cork()
    socket.write(chunkHead(data.length), 'latin1')
    socket.write(data, written)
    const isReady = socket.write('\r\n', 'latin1')
    socket.uncork()
    return isReady
  }

  end(trailers: Fields | undefined): boolean {
    if (!this.#isChunked) return true
    return this.text(trailers === undefined ? LAST_CHUNK : lastChunk(trailers))
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
