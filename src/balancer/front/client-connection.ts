/**
 * One client connection that speaks HTTP/1.1: bytes to exchanges, answers to bytes. Requests are answered one after
 * the other, in order; while one is being answered the bytes of the next wait here, up to a limit, and then in the
 * client's own socket.
 */
import type { Socket } from 'node:net'
import {
  ChunkedDecoder,
  checkAuthority,
  chunkHead,
  type Fields,
  Http1Error,
  LAST_CHUNK,
  parseRequestFields,
  parseRequestLine,
  type RequestFields,
  type RequestLine,
} from '../../http1/index.ts'
import type { HasDeadline } from '../deadlines.ts'
import type { BalancerErrorCode } from '../errors.ts'
import { type AnswerHead, type AnswerSink, type ClientFacts, Exchange } from '../exchange.ts'
import { lastChunk, requestFields } from '../headers.ts'
import { errorAnswer } from './error-page.ts'
import type { FrontContext } from './front.ts'
import { checkBegunHead, frontCode } from './refusals.ts'

/** What is expected next from the client. */
type Input = 'request' | 'body' | 'nothing' | 'discard'

/** Bytes read and thrown away after the last answer, so that the client can read it before it learns of the close. */
const MAX_LINGER_BYTES = 1_048_576
const LINGER_MS = 2_000
/** Idle time after which remembered fields are dropped: they are 2 to 3 KiB of the 8 that an idle connection may cost. */
const RELAX_MS = 1_000
/** Empty lines before a request line: one is common after a body (RFC 9112 2.2). */
const MAX_EMPTY_LINES = 2

const ANSWER_CLOSE = 'Connection: close\r\n\r\n'
const ANSWER_KEEP_ALIVE_1_0 = 'Connection: keep-alive\r\n\r\n'

export class ClientConnection implements AnswerSink, HasDeadline {
  deadlineMs: number
  readonly #front: FrontContext
  readonly #socket: Socket
  readonly #facts: ClientFacts
  readonly #isTrusted: boolean
  #input: Input = 'request'
  /** Bytes that wait to be parsed. */
  #pending: Buffer[] = []
  #pendingBytes = 0
  #pendingHeads = 0
  #isParsing = false
  #exchange: Exchange | undefined
  /** The fields of the last request and their outgoing form: most requests of a connection repeat them. */
  #fields: RequestFields | undefined
  #fieldsMinor: 0 | 1 = 1
  #forwardedFields = ''
  #decoder: ChunkedDecoder | undefined
  #bodyLeft = 0
  #bodyBytes = 0
  /** A part of the next request's head has arrived. */
  #headBegun = false
  #requests = 0
  #keepAlive = true
  #answerIsChunked = false
  #answerEndsByClose = false
  #inputEnded = false
  #isRelaxed = true
  /** Progress of what is being sent, and when it was last seen. */
  #sentBytes = 0
  #sentAtMs = 0
  #closed = false

  constructor(socket: Socket, facts: ClientFacts, front: FrontContext) {
    this.#socket = socket
    this.#facts = facts
    this.#front = front
    this.#isTrusted = front.isTrustedProxy(facts.address)
    this.deadlineMs = front.deadlines.in(front.timeouts.headMs)
    front.deadlines.add(this)
  }

  /** Between requests: may be closed without anyone noticing. */
  get isIdle(): boolean {
    return this.#exchange === undefined && this.#input === 'request' && this.#pendingBytes === 0
  }

  // ---- input ---------------------------------------------------------------------------------------------------

  received(chunk: Buffer): void {
    if (this.#input === 'request' && this.#exchange === undefined && this.#pendingBytes === 0) {
      this.#isParsing = true
      const used = this.#readRequest(chunk)
      if (used < chunk.length && this.#isInputWanted()) this.#keep(used === 0 ? chunk : chunk.subarray(used))
      this.#isParsing = false
      if (this.#pendingBytes > 0 && used > 0) this.#parse()
      return
    }
    if (this.#input === 'discard') {
      this.#bodyBytes += chunk.length
      if (this.#bodyBytes > MAX_LINGER_BYTES) this.#destroy()
      return
    }
    if (this.#input === 'request' && this.#exchange === undefined && !chunk.includes(0x0a)) {
      // No line ends here, so no head does: do not look at what has come so far again.
      this.#keep(chunk)
      if (this.#pendingBytes > this.#front.limits.headBytes) this.#parse()
      return
    }
    this.#keep(chunk)
    this.#parse()
  }

  #keep(chunk: Buffer): void {
    this.#pending.push(chunk)
    this.#pendingBytes += chunk.length
    if (this.#exchange === undefined || this.#input === 'body') return
    // Pipelined requests wait. Counting empty lines is exact for requests without bodies and early for others.
    for (let at = chunk.indexOf('\r\n\r\n'); at !== -1; at = chunk.indexOf('\r\n\r\n', at + 4)) this.#pendingHeads++
    const { pipelinedRequests, headBytes } = this.#front.limits
    if (this.#pendingHeads >= pipelinedRequests || this.#pendingBytes >= headBytes) this.#socket.pause()
  }

  /** Works through what waits until more bytes are needed or an exchange is under way. */
  #parse(): void {
    if (this.#isParsing) return
    this.#isParsing = true
    while (this.#pendingBytes > 0 && !this.#closed && this.#isReadyForInput()) {
      const bytes = this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending)
      this.#pending = []
      this.#pendingBytes = 0
      this.#pendingHeads = 0
      const used = this.#input === 'body' ? this.#readBody(bytes) : this.#readRequest(bytes)
      if (used < bytes.length && !this.#closed && this.#isInputWanted())
        this.#keep(used === 0 ? bytes : bytes.subarray(used))
      if (used === 0) break
    }
    this.#isParsing = false
    if (this.#inputEnded && this.#exchange === undefined) this.#inputIsOver()
  }

  #isReadyForInput(): boolean {
    return this.#input === 'body' || (this.#input === 'request' && this.#exchange === undefined)
  }

  #isInputWanted(): boolean {
    return this.#input !== 'discard' && !this.#closed
  }

  /** Reads one request head, and its body as far as it is there; returns the bytes used, 0 when more are needed. */
  #readRequest(bytes: Buffer): number {
    const { limits, timeouts, deadlines } = this.#front
    try {
      const text = bytes.toString('latin1', 0, Math.min(bytes.length, limits.headBytes + 4))
      let start = 0
      for (let lines = 0; lines < MAX_EMPTY_LINES && text.startsWith('\r\n', start); lines++) start += 2
      const lineEnd = text.indexOf('\r\n', start)
      const end = lineEnd === -1 ? -1 : text.indexOf('\r\n\r\n', lineEnd)
      if (end === -1) {
        if (!this.#headBegun) this.deadlineMs = deadlines.in(timeouts.headMs)
        this.#headBegun = true
        checkBegunHead(text, start, lineEnd, bytes.length, limits)
        return 0
      }
      if (end - start > limits.headBytes)
        throw new Http1Error('HTTP1_HEAD_TOO_LARGE', `more than ${limits.headBytes} bytes`)
      const line = parseRequestLine(text, start, lineEnd, limits)
      const fields = this.#readFields(text.slice(lineEnd + 2, end + 2), line)
      if (line.authority !== undefined) checkAuthority(line, fields)
      if (limits.bodyBytes > 0 && fields.bodyLength > limits.bodyBytes) {
        this.#refuse('FRONT_BODY_TOO_LARGE')
        return bytes.length
      }
      return this.#begin(line, fields, bytes, end + 4)
    } catch (error) {
      if (!(error instanceof Http1Error)) throw error
      this.#refuse(frontCode(error))
      return bytes.length
    }
  }

  #readFields(text: string, line: RequestLine): RequestFields {
    const known = this.#fields
    if (known !== undefined && known.text === text && this.#fieldsMinor === line.minor) return known
    const fields = parseRequestFields(text, line.minor, this.#front.limits)
    this.#fields = fields
    this.#fieldsMinor = line.minor
    this.#forwardedFields = requestFields(fields, fields.host || this.#front.ownName, this.#facts, this.#isTrusted)
    return fields
  }

  #begin(line: RequestLine, fields: RequestFields, bytes: Buffer, bodyStart: number): number {
    const { limits, deadlines, timeouts } = this.#front
    const maxRequests = limits.requestsPerConnection
    this.#requests++
    this.#headBegun = false
    this.#keepAlive =
      (line.minor === 1 ? !fields.hasClose : fields.hasKeepAlive && !fields.hasClose) && !this.#front.isClosing
    if (maxRequests > 0 && this.#requests >= maxRequests) this.#keepAlive = false
    const host = line.authority ?? (fields.host || this.#front.ownName)
    const exchange = new Exchange(this, this.#facts, {
      method: line.method,
      target: line.target,
      minor: line.minor,
      host,
      fields,
      forwardedFields:
        line.authority === undefined
          ? this.#forwardedFields
          : requestFields(fields, line.authority, this.#facts, this.#isTrusted),
      startedAtMs: deadlines.nowMs,
    })
    this.#exchange = exchange
    let used = bodyStart
    if (fields.bodyLength === 0) {
      this.#input = 'nothing'
      this.deadlineMs = Number.POSITIVE_INFINITY
    } else {
      this.#input = 'body'
      this.#bodyLeft = fields.bodyLength
      this.#bodyBytes = 0
      this.#decoder = fields.bodyLength === -1 ? new ChunkedDecoder(limits.headBytes, limits.headerCount) : undefined
      this.deadlineMs = deadlines.in(timeouts.bodyMs)
      if (bodyStart < bytes.length) used = bodyStart + this.#readBody(bytes.subarray(bodyStart))
    }
    if (this.#exchange === exchange) this.#front.dispatch(exchange)
    return used
  }

  /** Passes body bytes on; returns how many were used. */
  #readBody(bytes: Buffer): number {
    const exchange = this.#exchange!
    const { limits, deadlines, timeouts } = this.#front
    this.deadlineMs = deadlines.in(timeouts.bodyMs)
    const decoder = this.#decoder
    if (decoder === undefined) {
      const used = Math.min(bytes.length, this.#bodyLeft)
      this.#bodyLeft -= used
      exchange.bodyData(used === bytes.length ? bytes : bytes.subarray(0, used))
      if (this.#bodyLeft === 0) this.#bodyIsOver(exchange, undefined)
      return used
    }
    let at = 0
    try {
      while (at < bytes.length && !decoder.done) {
        at = decoder.read(bytes, at)
        if (decoder.dataEnd === decoder.dataStart) continue
        this.#bodyBytes += decoder.dataEnd - decoder.dataStart
        if (limits.bodyBytes > 0 && this.#bodyBytes > limits.bodyBytes) {
          this.#refuse('FRONT_BODY_TOO_LARGE')
          return bytes.length
        }
        exchange.bodyData(bytes.subarray(decoder.dataStart, decoder.dataEnd))
        if (this.#exchange !== exchange) return bytes.length
      }
      if (decoder.done) this.#bodyIsOver(exchange, decoder.trailers())
      return at
    } catch (error) {
      if (!(error instanceof Http1Error)) throw error
      this.#refuse(frontCode(error))
      return bytes.length
    }
  }

  #bodyIsOver(exchange: Exchange, trailers: Fields | undefined): void {
    this.#input = 'nothing'
    this.#decoder = undefined
    this.deadlineMs = Number.POSITIVE_INFINITY
    exchange.bodyEnd(trailers)
  }

  /** The client has sent its last byte; it may still be waiting for answers. */
  ended(): void {
    this.#inputEnded = true
    this.#inputIsOver()
  }

  #inputIsOver(): void {
    if (this.#closed) return
    if (this.#exchange === undefined) {
      if (this.#pendingBytes > 0 && this.#input === 'request') this.#refuse('FRONT_BAD_REQUEST')
      else this.#destroySoon()
    } else if (this.#input === 'body') {
      // The body will never be complete: the backend must not take what came of it for the whole.
      this.#refuse('FRONT_BAD_BODY')
    } else {
      if (this.#pendingBytes === 0) this.#keepAlive = false
      if (!this.#exchange.answerBegun) this.deadlineMs = this.#front.deadlines.in(this.#front.timeouts.halfClosedMs)
    }
  }

  pauseBody(): void {
    this.#socket.pause()
    this.deadlineMs = Number.POSITIVE_INFINITY
  }

  resumeBody(): void {
    this.#socket.resume()
    if (this.#input === 'body') this.deadlineMs = this.#front.deadlines.in(this.#front.timeouts.bodyMs)
  }

  // ---- output --------------------------------------------------------------------------------------------------

  sendInformational(_exchange: Exchange, text: string): void {
    this.#socket.write(text, 'latin1')
  }

  sendWhole(exchange: Exchange, head: AnswerHead, body: string): void {
    if (this.#closed) return
    const isReady = this.#socket.write(head.text + this.#framing(exchange, head) + body, 'latin1')
    if (!isReady) this.#waitForDrain()
    this.#answered()
  }

  sendHead(exchange: Exchange, head: AnswerHead): void {
    if (this.#closed) return
    this.#socket.write(head.text + this.#framing(exchange, head), 'latin1')
  }

  /** The framing and connection fields of an answer, and the empty line. */
  #framing(exchange: Exchange, head: AnswerHead): string {
    this.#answerIsChunked = false
    this.#answerEndsByClose = false
    let text = ''
    // A request that is still arriving will not be read to its end once its answer is out.
    if (this.#input === 'body') this.#keepAlive = false
    if (head.framing === 'length') {
      text = `Content-Length: ${head.length}\r\n`
    } else if (head.framing === 'unknown') {
      if (exchange.minor === 1) {
        this.#answerIsChunked = true
        text = 'Transfer-Encoding: chunked\r\n'
      } else {
        this.#answerEndsByClose = true
        this.#keepAlive = false
      }
    }
    if (this.#front.isClosing) this.#keepAlive = false
    if (!this.#keepAlive) return text + ANSWER_CLOSE
    return exchange.minor === 1 ? `${text}\r\n` : text + ANSWER_KEEP_ALIVE_1_0
  }

  sendData(_exchange: Exchange, data: Uint8Array, written?: () => void): boolean {
    const socket = this.#socket
    if (this.#closed) {
      written?.()
      return true
    }
    let isReady: boolean
    if (this.#answerIsChunked) {
      socket.cork()
      socket.write(chunkHead(data.length), 'latin1')
      socket.write(data, written)
      isReady = socket.write('\r\n', 'latin1')
      socket.uncork()
    } else {
      isReady = socket.write(data, written)
    }
    if (!isReady) this.#waitForDrain()
    return isReady
  }

  sendEnd(_exchange: Exchange, trailers: Fields | undefined): void {
    if (this.#closed) return
    if (this.#answerIsChunked) this.#socket.write(trailers === undefined ? LAST_CHUNK : lastChunk(trailers), 'latin1')
    this.#answered()
  }

  sendError(exchange: Exchange, code: BalancerErrorCode): void {
    if (this.#closed) return
    const { head, body } = errorAnswer(code, exchange.fields, exchange.method)
    this.#socket.write(head.text + this.#framing(exchange, head) + body, 'latin1')
    this.#answered()
  }

  /** Refuses what the client sent: the answer is the last one of the connection. */
  #refuse(code: BalancerErrorCode): void {
    const exchange = this.#exchange
    this.#front.refused(code, this.#facts)
    this.#keepAlive = false
    if (exchange !== undefined) {
      this.#exchange = undefined
      exchange.abort()
      if (exchange.answerBegun) {
        this.#destroy()
        return
      }
    }
    const { head, body } = errorAnswer(code, exchange?.fields, exchange?.method ?? 'GET')
    this.#socket.write(
      `${head.text}Content-Length: ${body.length}\r\n${ANSWER_CLOSE}${exchange?.method === 'HEAD' ? '' : body}`,
      'latin1',
    )
    this.#destroySoon()
  }

  cut(_exchange: Exchange): void {
    // Neither a last chunk nor a clean close: a body that ends by close is reset, so that it looks cut, too.
    this.#exchange = undefined
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
    if (this.deadlineMs === Number.POSITIVE_INFINITY || !this.#socket.writableNeedDrain) {
      this.#isRelaxed = false
      this.deadlineMs = this.#front.deadlines.in(RELAX_MS)
    }
    if (this.#socket.isPaused()) this.#socket.resume()
    if (this.#pendingBytes > 0) this.#parse()
    else if (this.#inputEnded) this.#destroySoon()
  }

  #waitForDrain(): void {
    this.#sentBytes = this.#socket.bytesWritten - this.#socket.writableLength
    this.#sentAtMs = this.#front.deadlines.nowMs
    this.deadlineMs = this.#front.deadlines.in(this.#front.timeouts.sendMs)
  }

  drained(): void {
    if (this.#exchange === undefined) return
    if (this.#input !== 'body') this.deadlineMs = Number.POSITIVE_INFINITY
    this.#exchange.answerDrained()
  }

  // ---- ends ----------------------------------------------------------------------------------------------------

  deadlinePassed(): void {
    if (this.#socket.writableLength > 0) this.#checkSending()
    else if (this.isIdle && !this.#isRelaxed) this.#relax()
    else if (this.#input === 'request' && !this.isIdle) this.#refuse('FRONT_HEAD_TIMEOUT')
    else if (this.#input === 'body') this.#refuse('FRONT_BODY_TIMEOUT')
    else this.#destroy()
  }

  /** Idle for a moment, so perhaps for long: what only makes the next request cheaper is let go. */
  #relax(): void {
    const { deadlines, timeouts } = this.#front
    this.#isRelaxed = true
    this.#fields = undefined
    this.#forwardedFields = ''
    this.deadlineMs =
      timeouts.keepAliveMs === 0
        ? Number.POSITIVE_INFINITY
        : deadlines.in(Math.max(0, timeouts.keepAliveMs - RELAX_MS) || 1)
  }

  /** Something waits to be sent: a client that takes a little now and then is slow, one that takes nothing is gone. */
  #checkSending(): void {
    const { deadlines, timeouts } = this.#front
    const sentBytes = this.#socket.bytesWritten - this.#socket.writableLength
    if (sentBytes > this.#sentBytes) {
      this.#sentBytes = sentBytes
      this.#sentAtMs = deadlines.nowMs
    } else if (timeouts.sendMs > 0 && deadlines.nowMs - this.#sentAtMs >= timeouts.sendMs) {
      this.#destroy()
      return
    }
    this.deadlineMs = deadlines.in(this.#input === 'discard' ? LINGER_MS : timeouts.sendMs)
  }

  /** No further request: at once when idle, else after the answer under way. */
  closeWhenIdle(): void {
    this.#keepAlive = false
    if (this.isIdle) this.#destroySoon()
  }

  /** Sends what is queued and ends, then reads on for a little: a close with unread input would reset the connection and take the answer along. */
  #destroySoon(): void {
    if (this.#closed) return
    this.#input = 'discard'
    this.#bodyBytes = 0
    this.#pending = []
    this.#pendingBytes = 0
    this.#socket.end()
    if (this.#inputEnded) {
      this.#socket.destroySoon()
      return
    }
    this.#socket.resume()
    this.#waitForDrain()
    this.deadlineMs = this.#front.deadlines.in(LINGER_MS)
  }

  destroy(): void {
    this.#destroy()
  }

  #destroy(): void {
    this.#socket.destroy()
    this.disconnected()
  }

  /** The socket is gone, by whoever's doing. */
  disconnected(): void {
    if (this.#closed) return
    this.#closed = true
    this.#front.deadlines.delete(this)
    this.#pending = []
    this.#pendingBytes = 0
    const exchange = this.#exchange
    this.#exchange = undefined
    exchange?.abort()
    this.#front.disconnected(this)
  }
}
