/**
 * An exchange on one HTTP/1.1 connection to a backend: the carrier of `http` and `https` workers. Writes the request,
 * reads the answer strictly, and says truthfully whether the connection can be used again.
 */
import type { Socket } from 'node:net'
import {
  ChunkedDecoder,
  chunkHead,
  type Fields,
  type HeadLimits,
  Http1Error,
  hasBody,
  LAST_CHUNK,
  parseResponseHead,
  type ResponseHead,
} from '../http1/index.ts'
import type { BackendConnection, ConnectionOwner } from './backend-connection.ts'
import { least, timeoutCode } from './backend-limits.ts'
import type { ReadBuffers } from './buffers.ts'
import type { Deadlines, HasDeadline } from './deadlines.ts'
import { type BalancerErrorCode, lateCode } from './errors.ts'
import type { AnswerHead, Carrier, Exchange } from './exchange.ts'
import { answerHead, informationalText, lastChunk } from './headers.ts'
import { type HttpSocketTarget, type HttpSocketUser, openHttpSocket } from './http-socket.ts'

export interface HttpConnectionOptions extends HttpSocketTarget {
  readonly connectTimeoutMs: number
  /** Of one read or write; 0 = none. */
  readonly socketTimeoutMs: number
  readonly limits: HeadLimits
}

type State = 'connecting' | 'idle' | 'head' | 'length' | 'chunked' | 'close' | 'closed'

/** Interim responses before a final one; more is a backend gone wrong. */
const MAX_INFORMATIONAL = 32
/** An answer that arrives in one piece, up to this size with its head, leaves in one piece. */
const WHOLE_BYTES = 16_384
/** Bodies from this size on are read into buffers of their own, which go to the client uncopied. */
const STREAM_BYTES = 32_768
/** An answer that is there when nothing more can be sent is read at once; this is for systems that are slow to say so. */
const LAST_WORDS_MS = 1_000

export class HttpConnection implements BackendConnection, Carrier, HasDeadline, HttpSocketUser {
  deadlineMs = Number.POSITIVE_INFINITY
  /** When the connection was put back, for trimming. */
  idleSinceMs = 0
  readonly #owner: ConnectionOwner
  readonly #options: HttpConnectionOptions
  readonly #deadlines: Deadlines
  readonly #socket: Socket
  readonly #buffers: ReadBuffers | undefined
  #state: State = 'connecting'
  #exchange: Exchange | undefined
  /** Answers read on this connection; 0 = the connection is new. */
  #answers = 0
  #requestWritten = false
  #requestEnded = false
  /** Why nothing more can be sent. */
  #writeError: Error | undefined
  #informational = 0
  #pending: Buffer | undefined
  /** The last head of an answer, and what became of it: backends repeat themselves (saves ~3 µs per answer). */
  #lastHead: ResponseHead | undefined
  #lastAnswer: AnswerHead | undefined
  #lastCarriesBody = false
  #left = 0
  #decoder: ChunkedDecoder | undefined
  #reusable = false

  constructor(options: HttpConnectionOptions, deadlines: Deadlines, owner: ConnectionOwner) {
    this.#options = options
    this.#deadlines = deadlines
    this.#owner = owner
    const { socket, buffers } = openHttpSocket(options, this)
    this.#socket = socket
    this.#buffers = buffers
    this.#socket.on('drain', () => this.#drained())
    this.#socket.on('end', () => this.#ended())
    this.#socket.on('error', (error) => this.#broken(error))
    this.#socket.on('close', () => this.#broken(undefined))
    this.deadlineMs = deadlines.in(options.connectTimeoutMs)
    deadlines.add(this)
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  // ---- request -------------------------------------------------------------------------------------------------

  /** Takes an exchange: at once when connected, else as soon as it is. */
  carry(exchange: Exchange): void {
    this.#exchange = exchange
    if (this.#state === 'idle') this.#writeRequest(exchange)
    else exchange.heldBy(this)
  }

  connected(): void {
    if (this.#state !== 'connecting') return
    this.#state = 'idle'
    this.deadlineMs = Number.POSITIVE_INFINITY
    if (this.#exchange !== undefined && !this.#exchange.finished) {
      this.#writeRequest(this.#exchange)
    } else {
      this.#exchange = undefined
      this.#owner.connectionIdle(this)
    }
  }

  #writeRequest(exchange: Exchange): void {
    this.#state = 'head'
    this.#requestWritten = true
    this.#requestEnded = exchange.fields.bodyLength === 0
    this.#informational = 0
    if (this.#requestEnded) this.#awaitBackend(exchange)
    const head = `${exchange.method} ${exchange.forwardTarget} HTTP/1.1\r\n${exchange.forwarded.http}\r\n`
    exchange.transferredBytes += head.length
    this.#socket.write(head, 'latin1')
    exchange.carriedBy(this)
  }

  writeBody(data: Uint8Array): boolean {
    const exchange = this.#exchange
    if (exchange === undefined) return true
    exchange.transferredBytes += data.length
    const isReady = exchange.fields.bodyLength === -1 ? this.#writeChunk(data) : this.#socket.write(data)
    // As long as the backend takes what comes, a pause is the client's; once it does not, the wait is for the backend.
    if (!isReady) this.#awaitBackend(exchange)
    return isReady
  }

  #writeChunk(data: Uint8Array): boolean {
    const socket = this.#socket
    socket.cork()
    socket.write(chunkHead(data.length), 'latin1')
    socket.write(data)
    const isReady = socket.write('\r\n', 'latin1')
    socket.uncork()
    return isReady
  }

  #drained(): void {
    if (this.#exchange === undefined) return
    if (!this.#requestEnded && this.#state === 'head') this.deadlineMs = Number.POSITIVE_INFINITY
    this.#exchange.bodyDrained()
  }

  endBody(trailers: Fields | undefined): void {
    const exchange = this.#exchange
    if (exchange === undefined) return
    this.#requestEnded = true
    if (this.#state === 'head') this.#awaitBackend(exchange)
    if (exchange.fields.bodyLength === -1)
      this.#socket.write(trailers === undefined ? LAST_CHUNK : lastChunk(trailers), 'latin1')
  }

  writeFailed(error: Error): void {
    this.#writeError ??= error
    if (!this.#socket.isPaused()) this.deadlineMs = this.#deadlines.sooner(this.deadlineMs, LAST_WORDS_MS)
  }

  #awaitBackend(exchange: Exchange): void {
    this.deadlineMs = this.#deadlines.in(least(exchange.replyTimeoutMs, this.#options.socketTimeoutMs))
  }

  // ---- answer --------------------------------------------------------------------------------------------------

  read(buffer: Buffer, bytes: number, isOwned: boolean): void {
    const exchange = this.#exchange
    if (exchange === undefined) {
      // An answer that nobody asked for: whatever it is, it must not meet the next request.
      this.#close()
      return
    }
    exchange.readBytes += bytes
    if (this.#requestEnded || this.#state !== 'head') this.#awaitBackend(exchange)
    try {
      if (this.#state === 'head') this.#readHead(exchange, buffer, bytes, isOwned)
      else this.#readBody(exchange, buffer, 0, bytes, isOwned)
    } catch (error) {
      if (!(error instanceof Http1Error)) {
        this.#fail('LB_INTERNAL', error)
        return
      }
      const isTooLarge = error.code === 'HTTP1_HEAD_TOO_LARGE' || error.code === 'HTTP1_TOO_MANY_FIELDS'
      this.#fail(isTooLarge ? 'LB_REPLY_TOO_LARGE' : 'LB_REPLY_MALFORMED', error)
    }
  }

  #readHead(exchange: Exchange, chunk: Buffer, chunkBytes: number, isOwned: boolean): void {
    let buffer = chunk
    let bytes = chunkBytes
    let owned = isOwned
    if (this.#pending !== undefined) {
      buffer = Buffer.concat([this.#pending, chunk.subarray(0, chunkBytes)])
      bytes = buffer.length
      owned = true
      this.#pending = undefined
    }
    const limit = this.#options.limits.headBytes
    let text = buffer.toString('latin1', 0, Math.min(bytes, WHOLE_BYTES))
    let end = text.indexOf('\r\n\r\n')
    if (end === -1 && bytes > WHOLE_BYTES) {
      text = buffer.toString('latin1', 0, Math.min(bytes, limit))
      end = text.indexOf('\r\n\r\n')
    }
    if (end === -1 || end + 4 > limit) {
      if (bytes > limit) throw new Http1Error('HTTP1_HEAD_TOO_LARGE', `more than ${limit} bytes`)
      if (text.length >= 5 && !text.startsWith('HTTP/')) throw new Http1Error('HTTP1_STATUS_LINE')
      this.#pending = owned ? buffer.subarray(0, bytes) : Buffer.from(buffer.subarray(0, bytes))
      return
    }
    const bodyStart = end + 4
    let head = this.#lastHead
    if (head === undefined || head.text.length !== end + 2 || !text.startsWith(head.text)) {
      // Not a slice of `text`, which would keep the body alive for as long as the head is remembered.
      head = parseResponseHead(buffer.toString('latin1', 0, end + 2), this.#options.limits)
      this.#lastHead = head
      this.#lastAnswer = undefined
    }
    if (head.status < 200) {
      this.#interim(exchange, head)
      if (this.#state === 'head' && bodyStart < bytes)
        this.#readHead(exchange, Buffer.from(buffer.subarray(bodyStart, bytes)), bytes - bodyStart, true)
      return
    }
    if (exchange.failOnStatus.length > 0 && this.#refusesStatus(exchange, head.status)) return
    const carriesBody = hasBody(head.status, exchange.method)
    if (this.#lastAnswer === undefined || this.#lastCarriesBody !== carriesBody) {
      this.#lastAnswer = answerHead(head, carriesBody)
      this.#lastCarriesBody = carriesBody
    }
    this.#reusable = head.keepsAlive && (carriesBody || !mayBringBodyAnyway(head, exchange.method))
    const length = carriesBody ? head.bodyLength : 0
    if (length >= 0 && bodyStart + length <= text.length) {
      if (bodyStart + length < bytes) this.#reusable = false
      this.#release()
      exchange.whole(this.#lastAnswer, length === 0 ? '' : text.slice(bodyStart, bodyStart + length))
      return
    }
    this.#beginBody(head)
    const answer = this.#lastAnswer
    if (bodyStart === bytes) exchange.head(answer)
    else
      exchange.together(() => {
        exchange.head(answer)
        if (this.#exchange === exchange) this.#readBody(exchange, buffer, bodyStart, bytes, owned)
      })
  }

  /** `fail_on_status`: the answer counts as a failure; the first of `n` and `-n` in the list decides (mod_jk.md 1.4). */
  #refusesStatus(exchange: Exchange, status: number): boolean {
    const listed = exchange.failOnStatus.find((entry) => Math.abs(entry) === status)
    if (listed === undefined) return false
    this.#fail(listed < 0 ? 'LB_STATUS_ERROR' : 'LB_STATUS_FATAL', undefined)
    return true
  }

  #interim(exchange: Exchange, head: ResponseHead): void {
    if (head.status === 101) throw new Http1Error('HTTP1_STATUS_LINE', '101 without an upgrade')
    if (++this.#informational > MAX_INFORMATIONAL)
      throw new Http1Error('HTTP1_STATUS_LINE', 'too many interim responses')
    // 100 answers an expectation; without one it is noise.
    if (head.status !== 100 || exchange.fields.expectsContinue) exchange.informational(informationalText(head))
  }

  #beginBody(head: ResponseHead): void {
    this.#state = head.framing
    this.#left = head.bodyLength
    if (head.framing === 'chunked')
      this.#decoder = new ChunkedDecoder(this.#options.limits.headBytes, this.#options.limits.headerCount)
    if (head.framing !== 'length' || head.bodyLength > STREAM_BYTES) this.#buffers?.beginStream()
  }

  #readBody(exchange: Exchange, buffer: Buffer, start: number, end: number, isOwned: boolean): void {
    switch (this.#state) {
      case 'length': {
        const stop = Math.min(end, start + this.#left)
        this.#left -= stop - start
        this.#pass(exchange, buffer, start, stop, isOwned)
        if (this.#left > 0 || this.#exchange !== exchange) return
        if (stop < end) this.#reusable = false
        this.#finish(exchange, undefined)
        return
      }
      case 'chunked': {
        const decoder = this.#decoder!
        const at = decoder.read(buffer, start, end)
        this.#pass(exchange, buffer, decoder.dataStart, decoder.dataEnd, isOwned)
        if (!decoder.done || this.#exchange !== exchange) return
        if (at < end) this.#reusable = false
        this.#finish(exchange, decoder.trailers())
        return
      }
      case 'close':
        this.#pass(exchange, buffer, start, end, isOwned)
        return
      default:
        this.#close()
    }
  }

  /** Hands a piece of the body on: as it is when its buffer can be spared, else as a copy. */
  #pass(exchange: Exchange, buffer: Buffer, start: number, end: number, isOwned: boolean): void {
    if (start === end) return
    let isReady: boolean
    if (isOwned) {
      isReady = exchange.data(buffer.subarray(start, end))
    } else if (this.#buffers?.canSpare(buffer, end - start) === true) {
      const written = this.#buffers.spare(buffer)
      isReady = exchange.data(buffer.subarray(start, end), written)
    } else {
      isReady = exchange.data(Buffer.from(buffer.subarray(start, end)))
    }
    if (!isReady && this.#exchange === exchange) this.#pauseAnswer()
  }

  #pauseAnswer(): void {
    this.#socket.pause()
    this.deadlineMs = Number.POSITIVE_INFINITY
  }

  resumeAnswer(): void {
    if (this.#exchange === undefined || !this.#socket.isPaused()) return
    this.#socket.resume()
    this.#awaitBackend(this.#exchange)
  }

  #finish(exchange: Exchange, trailers: Fields | undefined): void {
    this.#release()
    exchange.end(trailers)
  }

  /** The answer is complete: back to the pool, or closed when anything about the connection is in doubt. */
  #release(): void {
    const mayStay = this.#exchange?.overrides?.closesConnections !== true && this.#writeError === undefined
    const canStay = this.#reusable && this.#requestEnded && mayStay && this.#state !== 'closed'
    this.#exchange = undefined
    this.#decoder = undefined
    this.#answers++
    this.#requestWritten = false
    this.deadlineMs = Number.POSITIVE_INFINITY
    this.#buffers?.endStream()
    if (!canStay) {
      this.#close()
      return
    }
    this.#state = 'idle'
    this.#socket.resume()
    this.idleSinceMs = this.#deadlines.nowMs
    this.#owner.connectionIdle(this)
  }

  // ---- ends ----------------------------------------------------------------------------------------------------

  abandon(): void {
    this.#exchange = undefined
    this.#close()
  }

  /** Closes a connection that nobody waits for; one in use is closed by its exchange. */
  close(): void {
    if (this.#exchange === undefined || this.#exchange.finished) this.#close()
  }

  deadlinePassed(): void {
    if (this.#state === 'connecting') this.#fail('LB_CONNECT_TIMEOUT', undefined)
    else if (this.#writeError !== undefined) this.#broken(undefined)
    else if (this.#exchange !== undefined) {
      const isSending = this.#socket.writableLength > 0
      this.#fail(timeoutCode(this.#exchange.replyTimeoutMs, this.#options.socketTimeoutMs, isSending), undefined)
    }
  }

  #ended(): void {
    const exchange = this.#exchange
    // Without a length only the end of the connection tells, and one that broke may have lost the rest.
    if (this.#state === 'close' && exchange !== undefined && this.#writeError === undefined) {
      this.#reusable = false
      this.#finish(exchange, undefined)
    } else this.#broken(undefined)
  }

  #broken(cause: Error | undefined): void {
    if (this.#state === 'closed') return
    if (this.#state !== 'connecting') this.#fail('LB_REPLY_CUT', cause ?? this.#writeError)
    else this.#fail(isRefusal(cause) ? 'LB_CONNECT_REFUSED' : 'LB_CONNECT_FAILED', cause)
  }

  #fail(code: BalancerErrorCode, cause: unknown): void {
    const exchange = this.#exchange
    const stage = !this.#requestWritten ? 'unsent' : this.#state === 'head' ? 'sent' : 'head'
    const staleConnection =
      code === 'LB_REPLY_CUT' &&
      stage === 'sent' &&
      this.#answers > 0 &&
      this.#pending === undefined &&
      this.#informational === 0
    this.#exchange = undefined
    this.#close()
    exchange?.fail({ code: stage === 'head' ? lateCode(code) : code, stage, staleConnection, cause })
  }

  #close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.deadlineMs = Number.POSITIVE_INFINITY
    this.#deadlines.delete(this)
    this.#socket.destroy()
    this.#pending = undefined
    this.#owner.connectionClosed(this)
  }
}

/** A 204 or 304 that announces a body: rare, and some of those who do send one, which would meet the next request. */
function mayBringBodyAnyway(head: ResponseHead, method: string): boolean {
  return method !== 'HEAD' && (head.framing === 'chunked' || head.bodyLength > 0)
}

function isRefusal(cause: Error | undefined): boolean {
  return (cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED'
}
