/**
 * One answer on its way through a connection: messages of the container in, head and body for the exchange out, and how
 * much of it there has to be (ajp13.md 4.4, 4.5). What is small leaves in one piece: a container writes head, data and end
 * one by one, so a head without data, and a complete body without its end, wait here until more comes or time is up. All
 * other data leaves with the read that brought it, as one piece however many chunks it came in.
 */
import { UNKNOWN_LENGTH } from '../ajp/index.ts'
import type { AjpAnswer } from './ajp-answer.ts'
import type { ReadBuffers } from './buffers.ts'
import type { AnswerHead, Exchange } from './exchange.ts'

/** An answer up to this size leaves in one piece with its head. */
const WHOLE_BYTES = 16_384
/** Bodies from this size on, and those of unknown size, are read into buffers of their own. */
const STREAM_BYTES = 32_768

export class AjpAnswerFlow {
  /** More data came than was announced: it was dropped, and the connection is never to be used again. */
  hasSurplus = false
  readonly #buffers: ReadBuffers
  #answer: AjpAnswer | undefined
  #isHeadHere = false
  /** A complete body that waits with its head; latin-1. */
  #heldBody = ''
  #wantsFlush = false
  /** Bytes of the body to come, or UNKNOWN_LENGTH. */
  #left = UNKNOWN_LENGTH
  /** The data of the read under way, in one piece. */
  #start = 0
  #end = 0

  constructor(buffers: ReadBuffers) {
    this.#buffers = buffers
  }

  /** All that was announced has come. */
  get isComplete(): boolean {
    return this.#left === 0
  }

  /** Something was announced that has not come. */
  get isShort(): boolean {
    return this.#left > 0
  }

  /** Nothing says how long it is: only the container knows whether it is complete. */
  get isOpenEnded(): boolean {
    return this.#left === UNKNOWN_LENGTH
  }

  get status(): number {
    return this.#answer!.status
  }

  /** Waits for what may come next: `release` is to be called in a moment. */
  get isWaiting(): boolean {
    return this.#isHeadHere || this.#left === 0
  }

  begin(answer: AjpAnswer): void {
    this.#answer = answer
    this.#isHeadHere = true
    this.#wantsFlush = false
    this.#left = answer.bodyLength
    if (this.#left === UNKNOWN_LENGTH || this.#left > STREAM_BYTES) this.#buffers.beginStream()
  }

  /** The application wants its client to have what there is. */
  flush(): void {
    this.#wantsFlush = true
  }

  /** A piece of the body, in the buffer of the read under way: moved to the piece before it, over the framing between. */
  data(buffer: Buffer, start: number, end: number): void {
    if (this.#answer!.isBodyless) return
    let stop = end
    if (this.#left !== UNKNOWN_LENGTH) {
      stop = Math.min(end, start + this.#left)
      if (stop < end) this.hasSurplus = true
      this.#left -= stop - start
    }
    if (this.#start === this.#end) {
      this.#start = start
      this.#end = stop
    } else {
      buffer.copyWithin(this.#end, start, stop)
      this.#end += stop - start
    }
  }

  /** The read is over: sends what need not wait. Returns false when the client is slow. */
  pass(exchange: Exchange, buffer: Buffer): boolean {
    const bytes = this.#end - this.#start
    if (this.#isHeadHere) {
      if (this.#left === 0 && bytes <= WHOLE_BYTES) {
        if (bytes > 0) this.#heldBody = this.#takeText(buffer)
        return true
      }
      if (bytes === 0 && !this.#wantsFlush) return true
      return this.#sendBegin(exchange, this.#answer!.head, buffer)
    }
    return this.#sendData(exchange, buffer)
  }

  /** What waits has waited for long enough. Returns false when the client is slow. */
  release(exchange: Exchange): boolean {
    if (!this.#isHeadHere) return true
    const body = this.#heldBody
    this.#heldBody = ''
    this.#sendHead(exchange, this.#answer!.head)
    return body === '' || exchange.data(Buffer.from(body, 'latin1'))
  }

  /**
   * Nothing more comes. `buffer` is that of the read under way, if one is; `done` is called when nothing of it is needed
   * any longer, before the exchange learns of its end: by then the connection may serve the next.
   */
  finish(exchange: Exchange, buffer: Buffer | undefined, done: () => void): void {
    const bytes = this.#end - this.#start
    if (!this.#isHeadHere) {
      if (bytes > 0) this.#sendData(exchange, buffer!)
      this.#reset()
      done()
      exchange.end(undefined)
      return
    }
    // All of it is here, so that its length is known even if the container did not say it.
    const { head } = this.#answer!
    const whole: AnswerHead = head.framing === 'unknown' ? { ...head, framing: 'length', length: bytes } : head
    if (bytes <= WHOLE_BYTES) {
      const body = bytes === 0 ? this.#heldBody : this.#takeText(buffer!)
      this.#reset()
      done()
      exchange.whole(whole, body)
      return
    }
    this.#sendBegin(exchange, whole, buffer!)
    this.#reset()
    done()
    exchange.end(undefined)
  }

  /** Forgets an answer that will not be finished. */
  #reset(): void {
    this.#answer = undefined
    this.#isHeadHere = false
    this.#heldBody = ''
    this.#left = UNKNOWN_LENGTH
    this.#start = this.#end = 0
    this.#buffers.endStream()
  }

  #sendBegin(exchange: Exchange, head: AnswerHead, buffer: Buffer): boolean {
    let isReady = true
    exchange.together(() => {
      this.#sendHead(exchange, head)
      isReady = this.#sendData(exchange, buffer)
    })
    return isReady
  }

  #sendHead(exchange: Exchange, head: AnswerHead): void {
    this.#isHeadHere = false
    exchange.head(head)
  }

  /** Hands the data on: with its buffer where that can be spared, else as a copy. */
  #sendData(exchange: Exchange, buffer: Buffer): boolean {
    const start = this.#start
    const end = this.#end
    this.#start = this.#end = 0
    if (start === end) return true
    if (!this.#buffers.canSpare(buffer, end - start)) return exchange.data(Buffer.from(buffer.subarray(start, end)))
    const written = this.#buffers.spare(buffer)
    return exchange.data(buffer.subarray(start, end), written)
  }

  #takeText(buffer: Buffer): string {
    const text = buffer.toString('latin1', this.#start, this.#end)
    this.#start = this.#end = 0
    return text
  }
}
