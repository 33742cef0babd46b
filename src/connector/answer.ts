/**
 * What is behind a response that an application sees: collects what it writes and sends it. Writes of one turn of the event
 * loop travel in one piece, and a response whose body is given to `end` is one write from SEND_HEADERS to END_RESPONSE.
 */
import { ServerResponse } from 'node:http'
import { AjpError, encodeSendHeaders, FLUSH } from '../ajp/index.ts'
import { ConnectorError } from './errors.ts'
import { END_CALLBACKS, IS_FINISHED, NEEDS_DRAIN } from './node-symbols.ts'
import type { Output } from './output.ts'
import { isData, type Piece, pieceOf, startOf } from './piece.ts'
import type { RequestFeed } from './request-feed.ts'
import { AjpResponse } from './response.ts'
import { HeadCollector, type StoredHeaders } from './response-head.ts'

/** What an answer asks of the connection it goes out on. */
export interface AnswerConnection {
  readonly output: Output
  /** The answer can still be sent. False from the moment the connection ends, which the application learns later. */
  readonly isOpen: boolean
  date(): string
  /** What the application said cannot be sent as it is. */
  failed(type: 'replaced' | 'aborted', error: AjpError | ConnectorError): void
  /** What closes the response in the same write, or undefined when that has to wait for the rest of the request. */
  endPacket(): Buffer | undefined
  /** The last byte of the response is with the socket. */
  ended(): void
  /** The same of a response that is not whole and must not look so. */
  endedShort(): void
  /** To be called when the system has it; leads to `flushed`. */
  readonly whenFlushed: (error?: Error | null) => void
}

interface Internals {
  _header: string | null
  _headerSent: boolean
  _contentLength: number | null
  _hasBody: boolean
  _removedContLen: boolean
  _closed: boolean
  outputSize: number
  _implicitHeader(): void
}

export type Callback = (error?: Error | null) => void

const FAILED = 'Internal Server Error\n'

export class Answer {
  readonly response: AjpResponse & Internals
  readonly #feed: RequestFeed
  readonly #connection: AnswerConnection
  /** Collected and not sent. */
  #head: string[] | undefined
  #pieces: Piece[] | undefined
  #pieceBytes = 0
  #callbacks: Callback[] | undefined
  #isScheduled = false
  #needsDrain = false
  #isFlushed = false
  /** Something else was sent in place of what the application says. */
  #isReplaced = false
  /** What Content-Length promises and nobody has written yet; without one it is infinite. */
  #bytesLeft = Number.POSITIVE_INFINITY
  /** For `strictContentLength`. */
  #bytesWritten = 0

  constructor(feed: RequestFeed, connection: AnswerConnection) {
    this.#feed = feed
    this.#connection = connection
    this.response = new AjpResponse(feed.request, this) as AjpResponse & Internals
  }

  // ---- for the response ----

  storeHead(firstLine: string, stored: StoredHeaders): void {
    const { response } = this
    const collector = new HeadCollector()
    this.#head = collector.collect(response, stored, this.#connection.date)
    if (response._hasBody && collector.length !== undefined) this.#bytesLeft = collector.length
    response._header = firstLine
    response._headerSent = false
  }

  write(chunk: unknown, encoding?: unknown, callback?: unknown): boolean {
    if (typeof encoding === 'function') {
      callback = encoding
      encoding = undefined
    }
    const { response } = this
    // What cannot be written is refused by Node itself, with its own errors.
    if (response.finished || response.destroyed || !isData(chunk))
      return ServerResponse.prototype.write.call(response, chunk, encoding as BufferEncoding, callback as Callback)
    const piece = pieceOf(chunk, encoding)
    if (response.strictContentLength) this.#count(piece.bytes, false)
    if (response._header === null) response._implicitHeader()
    if (!response._hasBody || this.#isReplaced) {
      if (typeof callback === 'function') process.nextTick(callback)
      return true
    }
    if (typeof callback === 'function') {
      this.#callbacks ??= []
      this.#callbacks.push(callback as Callback)
    }
    this.#add(piece)
    this.schedule()
    const { output } = this.#connection
    const hasRoom = this.#pieceBytes + output.unsent < output.socket.writableHighWaterMark
    if (!hasRoom) {
      this.#setNeedsDrain(true)
      // More than a turn should hold. Corked, the application has said that it wants to.
      if (!this.#isCorked) this.#flush()
    }
    return hasRoom
  }

  end(chunk?: unknown, encoding?: unknown, callback?: unknown): void {
    if (typeof chunk === 'function') {
      callback = chunk
      chunk = undefined
      encoding = undefined
    } else if (typeof encoding === 'function') {
      callback = encoding
      encoding = undefined
    }
    const { response } = this
    if (response.finished) {
      ServerResponse.prototype.end.call(response, chunk, encoding as BufferEncoding, callback as () => void)
      return
    }
    let piece: Piece | undefined
    if (chunk) {
      if (!isData(chunk)) {
        ServerResponse.prototype.write.call(response, chunk, 'utf8')
        return
      }
      piece = pieceOf(chunk, encoding)
    }
    if (response._header === null && !response.destroyed) {
      response._contentLength = piece === undefined ? 0 : piece.bytes
      response._implicitHeader()
    }
    if (response.strictContentLength) this.#count(piece?.bytes ?? 0, true)
    if (typeof callback === 'function' && END_CALLBACKS === null) response.once('finish', callback as () => void)
    if (piece !== undefined && response._hasBody && !this.#isReplaced && !response.destroyed) this.#add(piece)
    response.finished = true
    // Of a response that has ended Node keeps them itself.
    if (typeof callback === 'function' && END_CALLBACKS !== null)
      ServerResponse.prototype.end.call(response, undefined, 'utf8', callback as () => void)
    if (response.destroyed) return
    this.#feed.socket.writableCorked = 0
    // Since version 21 Node counts by itself, too.
    for (let corks = response.writableCorked; corks > 0; corks--) response.uncork()
    this.#flush()
    response.emit('prefinish')
  }

  /** What there is goes out at the end of this turn. */
  schedule(): void {
    if (this.#isScheduled || this.#isCorked || this.response.destroyed) return
    this.#isScheduled = true
    process.nextTick(flushScheduled, this)
  }

  // ---- for the connection ----

  flushScheduled(): void {
    this.#isScheduled = false
    const { response } = this
    if (!response.finished && !response.destroyed && !this.#isCorked) this.#flush()
  }

  uncorked(): void {
    if (this.#head !== undefined || this.#pieces !== undefined) this.#flush()
  }

  /**
   * The system has taken the last byte.
   *
   * @param isOver the request is done with, too; else `settled` will say so
   */
  flushed(isOver: boolean): void {
    const { response } = this
    this.#isFlushed = true
    this.#runCallbacks()
    if (IS_FINISHED !== null) symbolsOf(response)[IS_FINISHED] = true
    this.#runEndCallbacks()
    this.#detach()
    if (isOver) this.#feed.release()
    response.emit('finish')
    if (response.listenerCount('close') > 0) process.nextTick(emitLastClose, this, isOver)
    else {
      this.#close()
      if (isOver) this.#feed.settle()
    }
  }

  /** The connection has done with the request. */
  settled(): void {
    if (!this.#isFlushed) return
    this.#feed.release()
    this.#feed.settle()
  }

  /** The socket has room again. */
  drained(): void {
    const { response } = this
    if (!this.#needsDrain || this.#pieceBytes > 0) return
    this.#setNeedsDrain(false)
    if (!response.finished && !response.destroyed) response.emit('drain')
  }

  /** The connection is gone. */
  aborted(): void {
    this.#feed.abort()
    this.#pieces = undefined
    this.#callbacks = undefined
    this.#setPieceBytes(0)
    this.#detach()
    this.#runEndCallbacks(Object.assign(new Error('write ECANCELED'), { code: 'ECANCELED' }))
    this.emitClose()
  }

  emitClose(): void {
    if (this.response._closed) return
    this.#close()
    this.response.emit('close')
  }

  emitLastClose(isOver: boolean): void {
    this.emitClose()
    if (isOver) this.#feed.settle()
  }

  #close(): void {
    this.response.destroyed = true
    this.response._closed = true
  }

  /** As Node: a response that is over has no socket. */
  #detach(): void {
    ;(this.response as { socket: unknown }).socket = null
  }

  /** Of writes that went out with the end. */
  #runCallbacks(): void {
    const callbacks = this.#callbacks
    this.#callbacks = undefined
    if (callbacks !== undefined) run(callbacks)
  }

  #runEndCallbacks(error?: Error): void {
    if (END_CALLBACKS === null) return
    const symbols = symbolsOf(this.response)
    const callbacks = symbols[END_CALLBACKS] as readonly Callback[] | null
    symbols[END_CALLBACKS] = null
    if (callbacks !== null) run(callbacks, error)
  }

  get #isCorked(): boolean {
    return this.#feed.socket.writableCorked > 0
  }

  #setNeedsDrain(needsDrain: boolean): void {
    this.#needsDrain = needsDrain
    // Without, `writableNeedDrain` is false: pipes begin to write too early, and go on as they should.
    if (NEEDS_DRAIN !== null) symbolsOf(this.response)[NEEDS_DRAIN] = needsDrain
  }

  /** `writableLength` and `writableFinished` add this to what the socket holds. */
  #setPieceBytes(bytes: number): void {
    this.#pieceBytes = bytes
    this.response.outputSize = bytes
  }

  #add(piece: Piece): void {
    if (piece.bytes === 0) return
    if (piece.bytes > this.#bytesLeft) {
      const surplus = piece.bytes - this.#bytesLeft
      if (this.#bytesLeft >= 0) {
        const fact = `${surplus} bytes more, in one write`
        this.#connection.failed('aborted', new ConnectorError('CONNECTOR_ANSWER_LONG', fact))
      }
      piece = startOf(piece, Math.max(0, this.#bytesLeft))
      // Said once.
      this.#bytesLeft = -1
      if (piece.bytes === 0) return
    } else this.#bytesLeft -= piece.bytes
    this.#pieces ??= []
    this.#pieces.push(piece)
    this.#setPieceBytes(this.#pieceBytes + piece.bytes)
  }

  #flush(): void {
    const connection = this.#connection
    if (!connection.isOpen) return
    const { output } = connection
    if (this.#head !== undefined) this.#sendHead(output)
    const pieces = this.#pieces
    if (pieces !== undefined) {
      this.#pieces = undefined
      this.#setPieceBytes(0)
      for (const { data, encoding, bytes } of pieces) {
        if (typeof data === 'string') output.text(data, encoding, bytes)
        else output.bytes(data)
      }
      this.#feed.socket.moved()
    }
    if (this.response.finished) {
      this.#sendEnd(output)
      return
    }
    const callbacks = this.#callbacks
    this.#callbacks = undefined
    // Nothing may wait in the web server for what comes later: the application might wait, too.
    output.writer.append(FLUSH)
    const hasRoom = output.send(callbacks === undefined ? undefined : (error) => run(callbacks, error))
    if (hasRoom && this.#needsDrain) process.nextTick(drain, this)
  }

  #sendHead(output: Output): void {
    const { response } = this
    const head = this.#head!
    this.#head = undefined
    response._headerSent = true
    try {
      encodeSendHeaders(output.writer, { status: response.statusCode, message: response.statusMessage, headers: head })
    } catch (error) {
      if (!(error instanceof AjpError)) throw error
      this.#replace(output, error)
    }
  }

  #sendEnd(output: Output): void {
    const connection = this.#connection
    const missing = this.#bytesLeft
    if (missing > 0 && missing !== Number.POSITIVE_INFINITY) {
      output.send(connection.whenFlushed)
      connection.failed('aborted', new ConnectorError('CONNECTOR_ANSWER_SHORT', `${missing} bytes are missing`))
      connection.endedShort()
      return
    }
    const end = connection.endPacket()
    if (end !== undefined) output.writer.append(end)
    output.send(connection.whenFlushed)
    connection.ended()
  }

  /** Tomcat would send nothing at all (ajp13.md 4.2). */
  #replace(output: Output, error: AjpError): void {
    const { response } = this
    this.#isReplaced = true
    this.#bytesLeft = Number.POSITIVE_INFINITY
    this.#pieces = undefined
    this.#setPieceBytes(0)
    // Before there is anything in the writer, which all connections share: who is told may end other responses.
    this.#connection.failed('replaced', error)
    response.statusCode = 500
    response.statusMessage = 'Internal Server Error'
    const headers = ['Content-Type', 'text/plain', 'Content-Length', String(FAILED.length)]
    encodeSendHeaders(output.writer, { status: 500, message: response.statusMessage, headers })
    if (this.#feed.forwarded.method !== 'HEAD') output.text(FAILED, 'latin1', FAILED.length)
  }

  /** `strictContentLength`: the promise of Content-Length is kept, or an error thrown (as in Node). */
  #count(bytes: number, isLast: boolean): void {
    const { response } = this
    const { _contentLength: length, _hasBody: hasBody, _removedContLen: removed } = response
    const total = this.#bytesWritten + bytes
    const isPromised = length !== null && hasBody && !removed && !response.hasHeader('transfer-encoding')
    if (isPromised && (isLast ? total !== length : total > length)) {
      const message = `Response body's content-length of ${total} byte(s) does not match the content-length of ${length} byte(s) set in header`
      throw Object.assign(new Error(message), { code: 'ERR_HTTP_CONTENT_LENGTH_MISMATCH' })
    }
    this.#bytesWritten = total
  }
}

function symbolsOf(response: AjpResponse): Record<symbol, unknown> {
  return response as unknown as Record<symbol, unknown>
}

function flushScheduled(answer: Answer): void {
  answer.flushScheduled()
}

function drain(answer: Answer): void {
  answer.drained()
}

function emitLastClose(answer: Answer, isOver: boolean): void {
  answer.emitLastClose(isOver)
}

function run(callbacks: readonly Callback[], error?: Error | null): void {
  for (const callback of callbacks) callback(error)
}
