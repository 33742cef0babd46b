/**
 * One client connection that speaks HTTP/1.1: bytes to exchanges, answers to bytes. Requests are answered one after
 * the other, in order; while one is being answered the bytes of the next wait here, up to a limit, and then in the
 * client's own socket. How heads are read and answers written is in files of their own.
 */
import type { Socket } from 'node:net'
import { type Fields, Http1Error } from '../../http1/index.ts'
import type { HasDeadline } from '../deadlines.ts'
import { type BalancerErrorCode, balancerErrors } from '../errors.ts'
import { type AnswerHead, type AnswerSink, type ClientFacts, Exchange } from '../exchange.ts'
import { AnswerWriter } from './answer-writer.ts'
import { BodyReader } from './body-reader.ts'
import { type ErrorAnswer, errorAnswer } from './error-page.ts'
import type { FrontContext } from './front.ts'
import { PendingInput } from './pending-input.ts'
import type { ClientReadBuffers } from './read-buffers.ts'
import { frontCode } from './refusals.ts'
import { EAGER_CHECK_BYTES, type RequestHead, RequestReader } from './request-reader.ts'
import { type Input, LINGER_MS, staysIdle, waitLimitMs } from './wait-limits.ts'

/** Bytes read and thrown away after the last answer, so that the client can read it before it learns of the close. */
const MAX_LINGER_BYTES = 1_048_576

const LF = 0x0a

export class ClientConnection implements AnswerSink, HasDeadline {
  deadlineMs: number
  readonly #front: FrontContext
  readonly #socket: Socket
  readonly #facts: ClientFacts
  readonly #reader: RequestReader
  readonly #writer: AnswerWriter
  readonly #buffers: ClientReadBuffers
  readonly #pending = new PendingInput()
  #input: Input = 'request'
  #inputEnded = false
  #isParsing = false
  /** What is being parsed is not ours to keep. */
  #isBorrowed = false
  #exchange: Exchange | undefined
  #requests = 0
  #keepAlive = true
  #body: BodyReader | undefined
  #discardedBytes = 0
  #answerEndsByClose = false
  #closed = false

  constructor(socket: Socket, facts: ClientFacts, front: FrontContext, buffers: ClientReadBuffers) {
    this.#socket = socket
    this.#buffers = buffers
    this.#facts = facts
    this.#front = front
    this.#reader = new RequestReader(front, facts)
    this.#writer = new AnswerWriter(socket, () => this.#waitForDrain())
    this.deadlineMs = front.deadlines.in(front.timeouts.headMs)
    front.deadlines.add(this)
  }

  /** Between requests: may be closed without anyone noticing. */
  get isIdle(): boolean {
    return this.#exchange === undefined && this.#input === 'request' && this.#pending.bytes === 0
  }

  // ---- input ---------------------------------------------------------------------------------------------------

  /** `bytes` have been read into the current one of the connection's buffers. */
  read(buffer: Buffer, bytes: number): void {
    this.received(buffer.subarray(0, bytes), this.#buffers.take(bytes))
  }

  /** `isOwned`: the bytes are ours to keep; else they are gone once this returns. */
  received(chunk: Buffer, isOwned: boolean): void {
    const { limits } = this.#front
    const pending = this.#pending
    if (this.#input === 'discard') {
      this.#discardedBytes += chunk.length
      if (this.#discardedBytes > MAX_LINGER_BYTES) this.#destroy()
    } else if (!this.#isReadyForInput()) {
      pending.addWaiting(isOwned ? chunk : Buffer.from(chunk), limits)
      if (pending.isFull(limits)) this.#socket.pause()
    } else if (pending.bytes === 0) {
      this.#isBorrowed = !isOwned
      this.#parse(chunk)
      this.#isBorrowed = false
    } else {
      pending.add(isOwned ? chunk : Buffer.from(chunk))
      // Where no line ends, no head does: a long one is not looked at again for every byte of a trickle.
      if (pending.bytes <= EAGER_CHECK_BYTES || pending.bytes > limits.headBytes || chunk.includes(LF))
        this.#parse(pending.take())
    }
  }

  /** A request waits for the answer of the one before it, and for the client to take what it was sent. */
  #isReadyForInput(): boolean {
    if (this.#input === 'request') return this.#exchange === undefined && !this.#writer.isBehind
    return this.#input === 'body'
  }

  #parse(input: Buffer): void {
    try {
      this.#workThrough(input)
    } catch (error) {
      // A mistake of ours at one request: it costs that one, not the thousands of others in this process.
      this.#isParsing = false
      this.#refuse('LB_INTERNAL', error)
    }
  }

  /** Parses `input` until more is needed or an answer has to go out first; the rest waits. */
  #workThrough(input: Buffer): void {
    this.#isParsing = true
    let rest = input
    while (rest.length > 0 && this.#isReadyForInput()) {
      const used = this.#input === 'body' ? this.#readBody(rest) : this.#readRequest(rest)
      if (used === 0) break
      rest = rest.subarray(used)
    }
    this.#isParsing = false
    if (this.#closed || this.#input === 'discard') return
    if (rest.length > 0) {
      this.#pending.putBack(this.#own(rest), rest !== input)
      if (!this.#isReadyForInput() && this.#pending.isFull(this.#front.limits)) this.#socket.pause()
    }
    if (this.#inputEnded && this.#isReadyForInput()) this.#inputIsOver()
  }

  #own(bytes: Buffer): Buffer {
    return this.#isBorrowed ? Buffer.from(bytes) : bytes
  }

  /** Reads one request head, and its body as far as it is there; returns the bytes used, 0 when more are needed. */
  #readRequest(bytes: Buffer): number {
    const { limits, timeouts, deadlines } = this.#front
    const reader = this.#reader
    try {
      const empty = reader.emptyLine(bytes)
      if (empty > 0) return empty
      const hadBegun = reader.hasBegun
      const head = reader.read(bytes)
      if (head === undefined) {
        if (!hadBegun) this.deadlineMs = deadlines.in(timeouts.headMs)
        return 0
      }
      if (limits.bodyBytes > 0 && head.fields.bodyLength > limits.bodyBytes) {
        this.#refuse('FRONT_BODY_TOO_LARGE')
        return bytes.length
      }
      return this.#begin(head, bytes, reader.headBytes)
    } catch (error) {
      if (!(error instanceof Http1Error)) throw error
      this.#refuse(frontCode(error))
      return bytes.length
    }
  }

  #begin(head: RequestHead, bytes: Buffer, bodyStart: number): number {
    const { limits, isClosing } = this.#front
    const { fields } = head
    this.#requests++
    this.#keepAlive =
      !isClosing &&
      !fields.hasClose &&
      (head.minor === 1 || fields.hasKeepAlive) &&
      (limits.requestsPerConnection === 0 || this.#requests < limits.requestsPerConnection)
    const exchange = new Exchange(this, this.#facts, head)
    this.#exchange = exchange
    let used = bodyStart
    if (fields.bodyLength === 0) {
      this.#input = 'nothing'
      this.#expect()
    } else {
      this.#input = 'body'
      this.#body = new BodyReader(fields.bodyLength, limits)
      if (bodyStart < bytes.length) used += this.#readBody(bytes.subarray(bodyStart))
      else this.#expect()
    }
    if (this.#exchange === exchange) this.#front.dispatch(exchange)
    return used
  }

  /** Passes body bytes on; returns how many were used. */
  #readBody(bytes: Buffer): number {
    const exchange = this.#exchange!
    const body = this.#body!
    this.#expect()
    try {
      const used = body.read(bytes)
      if (body.isTooLarge) {
        this.#refuse('FRONT_BODY_TOO_LARGE')
        return bytes.length
      }
      const { dataStart, dataEnd } = body
      if (dataEnd > dataStart) exchange.bodyData(this.#own(bytes.subarray(dataStart, dataEnd)))
      if (body.isOver) this.#bodyIsOver(exchange, body.trailers)
      return used
    } catch (error) {
      if (!(error instanceof Http1Error)) throw error
      this.#refuse(frontCode(error))
      return bytes.length
    }
  }

  #bodyIsOver(exchange: Exchange, trailers: Fields | undefined): void {
    this.#input = 'nothing'
    this.#body = undefined
    this.#expect()
    exchange.bodyEnd(trailers)
  }

  /** The client has sent its last byte; it may still be waiting for answers. */
  ended(): void {
    this.#inputEnded = true
    // In discard both ends have said their last word, and the socket closes by itself.
    if (this.#input === 'discard') return
    if (this.#isReadyForInput() || this.#pending.bytes === 0) this.#inputIsOver()
    else this.#expect()
  }

  /** Nothing more comes, and nothing of what came waits to be parsed. */
  #inputIsOver(): void {
    if (this.#closed) return
    if (this.#input === 'body') {
      // The body will never be complete: the backend must not take what came of it for the whole.
      this.#refuse('FRONT_BAD_BODY')
    } else if (this.#exchange !== undefined) {
      this.#keepAlive = false
      this.#expect()
    } else if (this.#pending.bytes > 0) {
      this.#refuse('FRONT_BAD_REQUEST')
    } else {
      this.#destroySoon()
    }
  }

  pauseBody(): void {
    this.#socket.pause()
    this.#expect()
  }

  resumeBody(): void {
    this.#socket.resume()
    this.#expect()
  }

  // ---- output --------------------------------------------------------------------------------------------------

  together(write: () => void): void {
    this.#writer.together(write)
  }

  sendInformational(_exchange: Exchange, text: string): void {
    if (!this.#closed) this.#writer.text(text)
  }

  sendWhole(exchange: Exchange, head: AnswerHead, body: string): void {
    if (this.#closed) return
    this.#sendWhole(head, exchange.minor, body)
    this.#answered()
  }

  #sendWhole(head: AnswerHead, minor: 0 | 1, body: string): void {
    this.#answerBegins(head, minor)
    this.#writer.whole(head, minor, this.#keepAlive, body)
  }

  sendHead({ minor }: Exchange, head: AnswerHead): void {
    if (this.#closed) return
    this.#answerBegins(head, minor)
    this.#writer.head(head, minor, this.#keepAlive)
  }

  #answerBegins({ framing }: AnswerHead, minor: 0 | 1): void {
    this.#answerEndsByClose = framing === 'unknown' && minor === 0
    // A request that is still arriving will not be read to its end once its answer is out.
    if (this.#answerEndsByClose || this.#input === 'body' || this.#front.isClosing) this.#keepAlive = false
  }

  sendData(_exchange: Exchange, data: Uint8Array, written?: () => void): boolean {
    if (this.#closed) {
      written?.()
      return true
    }
    return this.#writer.data(data, written)
  }

  sendEnd(_exchange: Exchange, trailers: Fields | undefined): void {
    if (this.#closed) return
    this.#writer.end(trailers)
    this.#answered()
  }

  sendError(exchange: Exchange, code: BalancerErrorCode): void {
    if (this.#closed) return
    // Whoever sends malformed requests may mean something else by what follows.
    if (balancerErrors[code].status === 400) this.#keepAlive = false
    const page = errorAnswer(code, exchange.fields, exchange.method)
    exchange.answered(page.head, page.body.length)
    this.#sendPage(page, exchange.minor)
    this.#answered()
  }

  /** An answer that no backend gave. */
  #sendPage({ head, body }: ErrorAnswer, minor: 0 | 1): void {
    this.#sendWhole({ ...head, text: head.text + this.#front.dates.text }, minor, body)
  }

  /** Refuses what the client sent: the answer is the last one of the connection. */
  #refuse(code: BalancerErrorCode, cause?: unknown): void {
    const exchange = this.#exchange
    this.#front.refused(code, this.#facts, cause)
    this.#keepAlive = false
    if (exchange !== undefined) {
      this.#exchange = undefined
      exchange.abort()
      if (exchange.answerBegun) {
        this.#destroy()
        return
      }
    }
    this.#sendPage(errorAnswer(code, exchange?.fields, exchange?.method ?? 'GET'), 1)
    this.#destroySoon()
  }

  cut(_exchange: Exchange): void {
    // Neither a last chunk nor a clean close: a body that ends by close is reset, so that it looks cut, too.
    this.#exchange = undefined
    this.#writer.sendLate()
    if (this.#answerEndsByClose) this.#socket.resetAndDestroy()
    this.#destroy()
  }

  /** The answer is out: the next request, or the end. */
  #answered(): void {
    this.#exchange = undefined
    if (!this.#keepAlive) {
      this.#destroySoon()
      return
    }
    this.#input = 'request'
    this.#expect()
    this.#goOn()
  }

  /** An answer is out, or taken at last: on to what waits. */
  #goOn(): void {
    if (this.#socket.isPaused()) this.#socket.resume()
    if (this.#isParsing) return
    if (this.#pending.bytes === 0) {
      if (this.#inputEnded) this.#destroySoon()
    } else if (this.#isReadyForInput()) {
      this.#parse(this.#pending.take())
    }
  }

  #waitForDrain(): void {
    const { deadlines, timeouts } = this.#front
    this.#writer.watch(deadlines.nowMs)
    this.deadlineMs = deadlines.in(timeouts.sendMs)
  }

  drained(): void {
    this.#expect()
    if (this.#exchange === undefined) this.#goOn()
    else this.#exchange.answerDrained()
  }

  // ---- time ----------------------------------------------------------------------------------------------------

  /** Sets the time for what is awaited. A head has its own from its first byte on. */
  #expect(): void {
    // As long as the client does not take what it is sent, that alone counts: see waitForDrain.
    if (this.#writer.isBehind) return
    const { deadlines, timeouts } = this.#front
    const isLeaving = this.#inputEnded && this.#exchange?.answerBegun === false
    this.deadlineMs = deadlines.in(
      waitLimitMs(this.#input, timeouts, this.#reader.remembers, this.#socket.isPaused(), isLeaving),
    )
  }

  deadlinePassed(): void {
    if (this.#socket.writableLength > 0) {
      this.#checkSending()
    } else if (this.isIdle && this.#reader.remembers && staysIdle(this.#front.timeouts)) {
      this.#reader.forget()
      this.#expect()
    } else if (this.#input === 'request' && !this.isIdle) {
      this.#refuse('FRONT_HEAD_TIMEOUT')
    } else if (this.#input === 'body') {
      this.#refuse('FRONT_BODY_TIMEOUT')
    } else {
      this.#destroy()
    }
  }

  /** Something waits to be sent: a client that takes a little now and then is slow, one that takes nothing is gone. */
  #checkSending(): void {
    const { deadlines, timeouts } = this.#front
    const stalledMs = this.#writer.stalledMs(deadlines.nowMs)
    if (timeouts.sendMs > 0 && stalledMs >= timeouts.sendMs) this.#destroy()
    else this.deadlineMs = deadlines.in(this.#input === 'discard' ? LINGER_MS : timeouts.sendMs)
  }

  // ---- ends ----------------------------------------------------------------------------------------------------

  /** No further request: at once when idle, else after the answer under way. */
  closeWhenIdle(): void {
    this.#keepAlive = false
    if (this.isIdle) this.#destroySoon()
  }

  /**
   * Sends what is queued and ends, then reads on for a little: a close with unread input would reset the connection
   * and take the answer along.
   */
  #destroySoon(): void {
    if (this.#closed) return
    this.#input = 'discard'
    this.#pending.clear()
    this.#writer.close()
    this.#socket.resume()
    this.#writer.watch(this.#front.deadlines.nowMs)
    this.deadlineMs = this.#front.deadlines.in(LINGER_MS)
  }

  destroy(): void {
    this.#destroy()
  }

  #destroy(): void {
    this.#writer.sendLate()
    this.#socket.destroy()
    this.disconnected()
  }

  /** The socket is gone, by whoever's doing. */
  disconnected(): void {
    if (this.#closed) return
    this.#closed = true
    this.#front.deadlines.delete(this)
    this.#buffers.release()
    this.#pending.clear()
    const exchange = this.#exchange
    this.#exchange = undefined
    exchange?.abort()
    this.#front.disconnected(this)
  }
}
