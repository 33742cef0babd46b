/**
 * The response as the application sees it: an `http.ServerResponse`. Headers, status and their rules are Node's; what is
 * sent, and when, is ours. Writes of one turn of the event loop travel in one piece, and a response whose body is given
 * to `end` is one write from SEND_HEADERS to END_RESPONSE.
 */
import { ServerResponse } from 'node:http'
import { AjpError, encodeSendHeaders, FLUSH } from '../ajp/index.ts'
import type { Output } from './output.ts'
import type { AjpRequest } from './request.ts'
import { HeadCollector, type StoredHeaders } from './response-head.ts'

/** What a response asks of the connection it goes out on. */
export interface ResponseConnection {
  readonly output: Output
  /** The answer can still be sent. False from the moment the connection ends, which the application learns later. */
  readonly isOpen: boolean
  date(): string
  /** The head cannot be sent; a 500 goes out in its place. */
  replaced(error: AjpError): void
  /** What closes the response in the same write, or undefined when that has to wait for the rest of the request. */
  endPacket(): Buffer | undefined
  /** The last byte of the response is with the socket. */
  ended(): void
  /** To be called when the system has it; leads to `flushed`. */
  readonly whenFlushed: (error?: Error | null) => void
  /** The application has given the response up. */
  cut(request: AjpRequest): void
}

interface Internals {
  _header: string | null
  _headerSent: boolean
  _contentLength: number | null
  _hasBody: boolean
  _removedContLen: boolean
  _sent100: boolean
  _closed: boolean
  _implicitHeader(): void
}

interface Piece {
  readonly data: string | Uint8Array
  readonly encoding: BufferEncoding
  readonly bytes: number
}

type Callback = (error?: Error | null) => void

const FAILED = 'Internal Server Error\n'

export class AjpResponse extends ServerResponse<AjpRequest> {
  readonly #connection: ResponseConnection
  /** Collected and not sent. */
  #head: string[] | undefined
  #pieces: Piece[] | undefined
  #pieceBytes = 0
  #callbacks: Callback[] | undefined
  #isScheduled = false
  #corked = 0
  #needsDrain = false
  #isFlushed = false
  #isDetached = false
  /** Something else was sent in place of what the application says. */
  #isReplaced = false
  #bytesWritten = 0
  #error: Error | null = null

  constructor(request: AjpRequest, connection: ResponseConnection) {
    super(request)
    this.#connection = connection
  }

  static {
    const socket = accessor(function () {
      // Node's constructor asks before there is anything.
      return !(#connection in this) || this.#isDetached ? null : this.req.socket
    })
    Object.defineProperties(AjpResponse.prototype, {
      socket,
      connection: socket,
      writableLength: accessor(function () {
        return this.#pieceBytes + (this.#isFlushed ? 0 : this.#connection.output.unsent)
      }),
      writableHighWaterMark: accessor(function () {
        return this.#connection.output.socket.writableHighWaterMark
      }),
      writableCorked: accessor(function () {
        return this.#corked
      }),
      writableNeedDrain: accessor(function () {
        return !this.destroyed && !this.finished && this.#needsDrain
      }),
      writableFinished: accessor(function () {
        if (!this.finished || this.#head !== undefined || this.#pieces !== undefined) return false
        return this.#isFlushed || this.#connection.output.unsent === 0
      }),
      errored: accessor(function () {
        return this.#error
      }),
    })
  }

  // ---- what Node calls, and libraries that know its insides ----

  /** `writeHead` has done its part. */
  _storeHeader(firstLine: string, headers: StoredHeaders): void {
    const internals = this as unknown as Internals
    this.#head = new HeadCollector().collect(this, headers, this.#connection.date)
    internals._header = firstLine
    internals._headerSent = false
  }

  _send(_data: unknown, _encoding?: unknown, callback?: Callback): boolean {
    this.#schedule()
    if (typeof callback === 'function') process.nextTick(callback)
    return true
  }

  _writeRaw(_data: unknown, _encoding?: unknown, callback?: Callback): boolean {
    if (typeof callback === 'function') process.nextTick(callback)
    return true
  }

  _flush(): void {}

  _finish(): void {
    this.emit('prefinish')
  }

  // ---- AJP has no interim responses (ajp13.md 3.7) ----

  override writeContinue(callback?: () => void): void {
    ;(this as unknown as Internals)._sent100 = true
    if (callback !== undefined) process.nextTick(callback)
  }

  override writeProcessing(callback?: () => void): void {
    if (callback !== undefined) process.nextTick(callback)
  }

  override writeEarlyHints(_hints: Record<string, string | string[]>, callback?: () => void): void {
    if (callback !== undefined) process.nextTick(callback)
  }

  // ---- writing ----

  override write(chunk: unknown, encoding?: unknown, callback?: unknown): boolean {
    if (typeof encoding === 'function') {
      callback = encoding
      encoding = undefined
    }
    // What cannot be written is refused by Node itself, with its own errors.
    if (this.finished || this.destroyed || !isData(chunk))
      return super.write(chunk, encoding as BufferEncoding, callback as Callback)
    const internals = this as unknown as Internals
    const piece = pieceOf(chunk, encoding)
    if (this.strictContentLength) this.#count(piece.bytes, false)
    if (internals._header === null) internals._implicitHeader()
    if (!internals._hasBody || this.#isReplaced) {
      if (typeof callback === 'function') process.nextTick(callback)
      return true
    }
    if (typeof callback === 'function') {
      this.#callbacks ??= []
      this.#callbacks.push(callback as Callback)
    }
    this.#add(piece)
    this.#schedule()
    const { output } = this.#connection
    const hasRoom = this.#pieceBytes + output.unsent < output.socket.writableHighWaterMark
    if (!hasRoom) {
      this.#needsDrain = true
      // More than a turn should hold. Corked, the application has said that it wants to.
      if (this.#corked === 0) this.#flush()
    }
    return hasRoom
  }

  override end(chunk?: unknown, encoding?: unknown, callback?: unknown): this {
    if (typeof chunk === 'function') {
      callback = chunk
      chunk = undefined
      encoding = undefined
    } else if (typeof encoding === 'function') {
      callback = encoding
      encoding = undefined
    }
    const internals = this as unknown as Internals
    if (this.finished) {
      super.end(chunk, encoding as BufferEncoding, callback as () => void)
      return this
    }
    let piece: Piece | undefined
    if (chunk) {
      if (!isData(chunk)) {
        super.write(chunk)
        return this
      }
      piece = pieceOf(chunk, encoding)
    }
    if (internals._header === null && !this.destroyed) {
      internals._contentLength = piece === undefined ? 0 : piece.bytes
      internals._implicitHeader()
    }
    if (this.strictContentLength) this.#count(piece?.bytes ?? 0, true)
    if (typeof callback === 'function') this.once('finish', callback as () => void)
    if (piece !== undefined && internals._hasBody && !this.#isReplaced) this.#add(piece)
    this.finished = true
    this.#corked = 0
    if (this.destroyed) return this
    this.#flush()
    this.emit('prefinish')
    return this
  }

  override flushHeaders(): void {
    const internals = this as unknown as Internals
    if (internals._header === null) internals._implicitHeader()
    this.#schedule()
  }

  override cork(): void {
    this.#corked++
  }

  override uncork(): void {
    if (this.#corked === 0) return
    this.#corked--
    if (this.#corked === 0 && this.#pieces !== undefined) this.#flush()
  }

  /** As the end of a socket: what has not been sent is lost, and the web server sees a cut response. */
  override destroy(error?: Error): this {
    if (this.destroyed) return this
    this.destroyed = true
    this.#error = error ?? null
    this.#connection.cut(this.req)
    return this
  }

  // ---- for the connection ----

  /**
   * The system has taken the last byte.
   *
   * @param isOver the request is done with, too; else `settled` will say so
   */
  flushed(isOver: boolean): void {
    this.#isFlushed = true
    this.#isDetached = true
    if (isOver) this.req.release()
    this.emit('finish')
    if (this.listenerCount('close') > 0) process.nextTick(emitLastClose, this, isOver)
    else {
      close(this)
      if (isOver) this.req.settle()
    }
  }

  /** The connection has done with the request. */
  settled(): void {
    if (!this.#isFlushed) return
    this.req.release()
    this.req.settle()
  }

  /** The socket has room again. */
  drained(): void {
    if (!this.#needsDrain || this.#pieceBytes > 0) return
    this.#needsDrain = false
    if (!this.finished && !this.destroyed) this.emit('drain')
  }

  /** The connection is gone. */
  aborted(): void {
    this.#pieces = undefined
    this.#pieceBytes = 0
    this.#callbacks = undefined
    this.#isDetached = true
    emitClose(this)
  }

  #add(piece: Piece): void {
    if (piece.bytes === 0) return
    this.#pieces ??= []
    this.#pieces.push(piece)
    this.#pieceBytes += piece.bytes
  }

  #schedule(): void {
    if (this.#isScheduled || this.#corked > 0 || this.destroyed) return
    this.#isScheduled = true
    process.nextTick(flushScheduled, this)
  }

  static flushScheduled(response: AjpResponse): void {
    response.#isScheduled = false
    if (!response.finished && !response.destroyed && response.#corked === 0) response.#flush()
  }

  #flush(): void {
    const connection = this.#connection
    if (!connection.isOpen) return
    const { output } = connection
    if (this.#head !== undefined) this.#sendHead(output)
    const pieces = this.#pieces
    if (pieces !== undefined) {
      this.#pieces = undefined
      this.#pieceBytes = 0
      for (const { data, encoding, bytes } of pieces) {
        if (typeof data === 'string') output.text(data, encoding, bytes)
        else output.bytes(data)
      }
      this.req.madeSocket?.moved()
    }
    const callbacks = this.#callbacks
    this.#callbacks = undefined
    if (this.finished) {
      const end = connection.endPacket()
      if (end !== undefined) output.writer.append(end)
      if (callbacks !== undefined) this.prependOnceListener('finish', () => run(callbacks))
      output.send(connection.whenFlushed)
      connection.ended()
      return
    }
    // Nothing may wait in the web server for what comes later: the application might wait, too.
    output.writer.append(FLUSH)
    const hasRoom = output.send(callbacks === undefined ? undefined : (error) => run(callbacks, error))
    if (hasRoom && this.#needsDrain) process.nextTick(drain, this)
  }

  #sendHead(output: Output): void {
    const head = this.#head!
    this.#head = undefined
    ;(this as unknown as Internals)._headerSent = true
    try {
      encodeSendHeaders(output.writer, { status: this.statusCode, message: this.statusMessage, headers: head })
    } catch (error) {
      if (!(error instanceof AjpError)) throw error
      this.#replace(output, error)
    }
  }

  /** Tomcat would send nothing at all (ajp13.md 4.2). */
  #replace(output: Output, error: AjpError): void {
    this.#isReplaced = true
    this.#pieces = undefined
    this.#pieceBytes = 0
    this.statusCode = 500
    this.statusMessage = 'Internal Server Error'
    const headers = ['Content-Type', 'text/plain', 'Content-Length', String(FAILED.length)]
    encodeSendHeaders(output.writer, { status: 500, message: this.statusMessage, headers })
    if (this.req.method !== 'HEAD') output.text(FAILED, 'latin1', FAILED.length)
    this.#connection.replaced(error)
  }

  /** `strictContentLength`: the promise of Content-Length is kept, or an error thrown (as in Node). */
  #count(bytes: number, isLast: boolean): void {
    const { _contentLength: length, _hasBody: hasBody, _removedContLen: removed } = this as unknown as Internals
    const total = this.#bytesWritten + bytes
    const isPromised = length !== null && hasBody && !removed && !this.hasHeader('transfer-encoding')
    if (isPromised && (isLast ? total !== length : total > length)) {
      const message = `Response body's content-length of ${total} byte(s) does not match the content-length of ${length} byte(s) set in header`
      throw Object.assign(new Error(message), { code: 'ERR_HTTP_CONTENT_LENGTH_MISMATCH' })
    }
    this.#bytesWritten = total
  }
}

const { flushScheduled } = AjpResponse

/** In place of what Node's own class has on its instances or prototype. */
function accessor(get: (this: AjpResponse) => unknown): PropertyDescriptor {
  return { get, set() {}, configurable: true }
}

function isData(chunk: unknown): chunk is string | Uint8Array {
  return typeof chunk === 'string' || chunk instanceof Uint8Array
}

function pieceOf(data: string | Uint8Array, given: unknown): Piece {
  if (typeof data !== 'string') return { data, encoding: 'utf8', bytes: data.byteLength }
  const encoding = typeof given === 'string' ? (given as BufferEncoding) : 'utf8'
  return { data, encoding, bytes: Buffer.byteLength(data, encoding) }
}

function drain(response: AjpResponse): void {
  response.drained()
}

function emitClose(response: AjpResponse): void {
  if ((response as unknown as Internals)._closed) return
  close(response)
  response.emit('close')
}

function emitLastClose(response: AjpResponse, isOver: boolean): void {
  emitClose(response)
  if (isOver) response.req.settle()
}

function close(response: AjpResponse): void {
  response.destroyed = true
  ;(response as unknown as Internals)._closed = true
}

function run(callbacks: readonly Callback[], error?: Error | null): void {
  for (const callback of callbacks) callback(error)
}
