/**
 * An exchange on one AJP/1.3 connection to a container: the carrier of `ajp13` workers (ajp13.md 3 to 5, appendix A). The
 * connection is used again only after END_RESPONSE with reuse, when every packet of the request body that was due has
 * been sent and nothing came behind. In all other cases it is destroyed, for what one end takes for a body the other might
 * take for a request (7.2). What becomes of an answer's head and data is in `ajp-answer-flow.ts`.
 */
import {
  AjpError,
  CPING,
  isReusable,
  MESSAGE,
  NO_MESSAGE,
  type ResponseMessage,
  type ResponsePhase,
  ResponseReader,
  responseReceived,
} from '../ajp/index.ts'
import { AnswerHeads } from './ajp-answer.ts'
import { AjpAnswerFlow } from './ajp-answer-flow.ts'
import { answerFailure, connectFailure, requestFailure } from './ajp-failures.ts'
import { pingAfterConnecting, pingBeforeRequest } from './ajp-ping.ts'
import { AjpRequestBody } from './ajp-request-body.ts'
import { type BackendSocket, type OpenSocket, openTcp } from './ajp-socket.ts'
import type { AjpTarget } from './ajp-target.ts'
import type { BackendConnection, ConnectionOwner } from './backend-connection.ts'
import { least, timeoutCode } from './backend-limits.ts'
import { ReadBuffers } from './buffers.ts'
import type { Deadlines, HasDeadline } from './deadlines.ts'
import { type BalancerErrorCode, lateCode } from './errors.ts'
import type { Carrier, Exchange } from './exchange.ts'
import type { HeldAnswer } from './held-answers.ts'

export class AjpConnection implements BackendConnection, Carrier, HasDeadline, HeldAnswer {
  deadlineMs: number
  idleSinceMs = 0
  readonly #target: AjpTarget
  readonly #deadlines: Deadlines
  readonly #owner: ConnectionOwner
  readonly #socket: BackendSocket
  readonly #reader: ResponseReader
  readonly #heads: AnswerHeads
  readonly #flow: AjpAnswerFlow
  #state: 'connecting' | 'open' | 'closed' = 'connecting'
  #phase: ResponsePhase = 'idle'
  /** None in phase body: its answer is out, and only END_RESPONSE is still to come. */
  #exchange: Exchange | undefined
  /** Its owner has it. */
  #isPooled = false
  /** Answers read on this connection; 0 = the connection is new. */
  #answers = 0
  /** When the container was last heard of between requests. */
  #heardAtMs = 0
  #requestWritten = false
  /** The request at hand wants the connection closed (`DisableReuse`). */
  #mustClose = false
  /** The answer has begun to arrive. */
  #heard = false
  #isHeld = false

  readonly #body = new AjpRequestBody()
  /** FORWARD_REQUEST is about to leave, and takes the first packet along. */
  #isGathering = false
  /** The client was told to wait. */
  #isFull = false

  constructor(target: AjpTarget, deadlines: Deadlines, owner: ConnectionOwner, open: OpenSocket = openTcp) {
    const { options } = target
    const buffers = new ReadBuffers()
    this.#target = target
    this.#deadlines = deadlines
    this.#owner = owner
    this.#reader = new ResponseReader(options.maxPacketSize)
    this.#heads = new AnswerHeads(target.dates)
    this.#flow = new AjpAnswerFlow(buffers)
    this.#socket = open(options, buffers, (buffer, bytes) => this.#read(buffer, bytes))
    this.#socket.on('connect', () => this.#connected())
    this.#socket.on('end', () => this.#broken(undefined))
    this.#socket.on('error', (error: Error) => this.#broken(error))
    this.#socket.on('close', () => this.#broken(undefined))
    this.deadlineMs = deadlines.in(options.socketConnectTimeoutMs)
    deadlines.add(this)
  }

  // ---- between requests ----------------------------------------------------------------------------------------

  carry(exchange: Exchange): void {
    this.#exchange = exchange
    this.#isPooled = false
    if (this.#state === 'connecting' || this.#phase === 'ping') {
      exchange.heldBy(this)
      return
    }
    const silentMs = this.#deadlines.nowMs - this.#heardAtMs
    const pingMs = pingBeforeRequest(this.#target.options, exchange.method, silentMs)
    if (pingMs === 0) {
      this.#writeRequest(exchange)
    } else {
      exchange.heldBy(this)
      this.#ping(pingMs)
    }
  }

  #connected(): void {
    if (this.#state !== 'connecting') return
    this.#state = 'open'
    const pingMs = pingAfterConnecting(this.#target.options)
    if (pingMs === 0) this.#ready()
    else this.#ping(pingMs)
  }

  #ping(limitMs: number): void {
    this.#phase = 'ping'
    this.deadlineMs = this.#deadlines.in(limitMs)
    this.#socket.write(CPING)
  }

  /** A request that comes meanwhile waits for the answer. */
  probe(): void {
    if (this.#state === 'open' && this.#phase === 'idle' && this.#exchange === undefined)
      this.#ping(this.#target.options.pingTimeoutMs)
  }

  /** Connected, and alive as far as one can know. */
  #ready(): void {
    this.deadlineMs = Number.POSITIVE_INFINITY
    this.#heardAtMs = this.#deadlines.nowMs
    if (this.#exchange !== undefined) this.#writeRequest(this.#exchange)
    else if (!this.#isPooled) this.#giveBack()
  }

  #giveBack(): void {
    this.#isPooled = true
    this.idleSinceMs = this.#deadlines.nowMs
    this.#owner.connectionIdle(this)
  }

  // ---- request -------------------------------------------------------------------------------------------------

  #writeRequest(exchange: Exchange): void {
    try {
      this.#target.writeRequest(exchange)
    } catch (error) {
      // Nothing was written: the connection is as good as before, and the worker has done nothing wrong.
      this.#exchange = undefined
      this.#giveBack()
      const code = error instanceof AjpError ? requestFailure(error.code) : 'LB_INTERNAL'
      exchange.fail({ code, stage: 'unsent', staleConnection: false, cause: error })
      return
    }
    this.#phase = 'wait'
    this.#requestWritten = true
    this.#mustClose = exchange.overrides?.closesConnections === true
    this.#heard = false
    this.#body.begin(exchange.fields.bodyLength)
    this.#isGathering = true
    exchange.carriedBy(this)
    this.#isGathering = false
    this.#flush(exchange)
  }

  writeBody(data: Uint8Array): boolean {
    const exchange = this.#exchange
    if (exchange === undefined) return true
    this.#body.add(data)
    if (!this.#isGathering && this.#body.due !== 'nothing') this.#sendBody(exchange)
    this.#isFull = this.#body.isFull(this.#target.writer.packetBytes)
    return !this.#isFull
  }

  endBody(): void {
    this.#body.end()
    if (!this.#isGathering && this.#exchange !== undefined) this.#sendBody(this.#exchange)
  }

  #sendBody(exchange: Exchange | undefined): void {
    this.#target.writer.reset()
    this.#flush(exchange)
  }

  /** Writes what waits in the writer, and each packet of the body that is due and can be made. */
  #flush(exchange: Exchange | undefined): void {
    const { writer } = this.#target
    this.#body.writeTo(writer)
    if (writer.length > 0) {
      if (exchange !== undefined) exchange.transferredBytes += writer.length
      this.#socket.write(writer.view())
      // What the system did not take at once stays where it is until it does.
      if (this.#socket.writableLength > 0) writer.letGo()
      else writer.reset()
    }
    if (exchange === undefined) return
    this.#await(exchange)
    if (this.#isFull && !this.#body.isFull(writer.packetBytes)) {
      this.#isFull = false
      exchange.bodyDrained()
    }
  }

  /** Sets the time for what the container has to do next; while the client has to send, its own limits hold. */
  #await(exchange: Exchange): void {
    this.deadlineMs = this.#body.isClientsTurn ? Number.POSITIVE_INFINITY : this.#deadlines.in(this.#limitMs(exchange))
  }

  #limitMs(exchange: Exchange): number {
    return least(this.#replyLimitMs(exchange), this.#target.options.socketTimeoutMs)
  }

  /** For the next packet: within an answer it is never without end. */
  #replyLimitMs({ replyTimeoutMs }: Exchange): number {
    return this.#phase === 'wait' ? replyTimeoutMs : least(replyTimeoutMs, this.#target.options.answerGapMs)
  }

  // ---- answer --------------------------------------------------------------------------------------------------

  #read(buffer: Buffer, bytes: number): void {
    if (this.#phase === 'idle') {
      // Nobody asked for anything: whatever it is, it must not meet the next request.
      this.#close()
      return
    }
    const exchange = this.#exchange
    if (exchange !== undefined) exchange.readBytes += bytes
    this.#reader.push(buffer, bytes)
    try {
      this.#readMessages(buffer)
    } catch (error) {
      if (error instanceof AjpError) this.#malformed(error)
      else this.#mistaken(exchange, error)
    }
  }

  /** A mistake of ours costs the request that met it, and not the one that the connection may have taken up since. */
  #mistaken(exchange: Exchange | undefined, error: unknown): void {
    if (exchange === undefined || this.#exchange !== exchange) throw error
    this.#fail('LB_INTERNAL', error)
  }

  #readMessages(buffer: Buffer): void {
    const reader = this.#reader
    for (let message = reader.next(); message !== NO_MESSAGE; message = reader.next()) {
      if (message === MESSAGE.END_RESPONSE) {
        responseReceived(this.#phase, message)
        this.#answerEnds(buffer, reader.bytes[reader.start + 1] !== 0)
        return
      }
      this.#receive(message, buffer)
      if (this.#state === 'closed') return
    }
    this.#readEnds(buffer)
  }

  #receive(message: ResponseMessage, buffer: Buffer): void {
    const { bytes, start, end } = this.#reader
    const isChunk = message === MESSAGE.SEND_BODY_CHUNK
    this.#phase = responseReceived(this.#phase, message, isChunk ? end - start : 0)
    if (message === MESSAGE.CPONG) {
      // Exactly CPONG: what comes behind belongs to nothing.
      if (this.#reader.isBetween) this.#ready()
      else this.#isDead(undefined)
      return
    }
    this.#heard = true
    if (isChunk) {
      // An answer that is out already was complete: more data is not part of it.
      if (this.#exchange === undefined && start < end) this.#close()
      else if (start < end) this.#flow.data(buffer, start, end)
      else if (this.#phase === 'body') this.#flow.flush()
    } else if (message === MESSAGE.SEND_HEADERS) {
      const answer = this.#heads.read(bytes, start, end, this.#exchange!.method)
      if (!this.#refusesStatus(answer.status)) this.#flow.begin(answer)
    } else {
      // Nobody can have read what has not left: whoever asks on and on without reading must not fill our memory.
      if (this.#socket.writableLength > 0)
        throw new AjpError('AJP_ORDER', 'GET_BODY_CHUNK before the last one was read')
      this.#body.ask(bytes.subarray(start, end), this.#target.writer.packetBytes)
      if (this.#body.isClientsTurn) this.#exchange?.continueBody()
      this.#sendBody(this.#exchange)
    }
  }

  /** `fail_on_status`: the answer counts as a failure; the first of `n` and `-n` in the list decides (mod_jk.md 1.4). */
  #refusesStatus(status: number): boolean {
    const listed = this.#exchange!.failOnStatus.find((entry) => Math.abs(entry) === status)
    if (listed === undefined) return false
    this.#phase = 'wait'
    this.#fail(listed < 0 ? 'LB_STATUS_ERROR' : 'LB_STATUS_FATAL', undefined)
    return true
  }

  /** All that has arrived is read, and the answer goes on. */
  #readEnds(buffer: Buffer): void {
    const exchange = this.#exchange
    if (exchange === undefined || this.#phase === 'ping') return
    if (this.#phase === 'body' && !this.#flow.pass(exchange, buffer)) this.#pauseAnswer()
    else this.#await(exchange)
    if (this.#phase === 'body' && this.#exchange === exchange && this.#flow.isWaiting) this.#hold()
  }

  #hold(): void {
    if (this.#isHeld) return
    this.#isHeld = true
    this.#target.held.add(this)
  }

  holdOver(): void {
    this.#isHeld = false
    const exchange = this.#exchange
    if (exchange === undefined || this.#phase !== 'body' || !this.#flow.isWaiting) return
    try {
      this.#letGo(exchange)
    } catch (error) {
      this.#mistaken(exchange, error)
    }
  }

  #letGo(exchange: Exchange): void {
    if (this.#flow.isComplete && this.#body.isOver) {
      // The client has all of it, and END_RESPONSE only matters to the connection.
      this.#flow.finish(exchange, undefined, () => {
        this.#exchange = undefined
        this.deadlineMs = this.#deadlines.in(this.#target.options.answerGapMs)
      })
    } else if (!this.#flow.release(exchange)) this.#pauseAnswer()
  }

  #pauseAnswer(): void {
    if (this.#exchange === undefined) return
    this.#socket.pause()
    this.deadlineMs = Number.POSITIVE_INFINITY
  }

  resumeAnswer(): void {
    if (this.#exchange === undefined || !this.#socket.isPaused()) return
    this.#socket.resume()
    this.#await(this.#exchange)
  }

  /** END_RESPONSE. */
  #answerEnds(buffer: Buffer, mayReuse: boolean): void {
    const exchange = this.#exchange
    const flow = this.#flow
    const isClean = isReusable(mayReuse, this.#body.due, this.#reader.isBetween ? 0 : 1) && !flow.hasSurplus
    const canStay = isClean && !this.#mustClose
    if (exchange === undefined) {
      this.#release(canStay)
      return
    }
    const isDoubtful = !mayReuse && flow.isOpenEnded && flow.status < 400 && this.#target.options.strictTruncation
    if (flow.isShort) this.#fail('LB_REPLY_SHORT', undefined)
    else if (isDoubtful) this.#fail('LB_REPLY_CUT', undefined)
    else flow.finish(exchange, buffer, () => this.#release(canStay))
  }

  /** The answer is complete: back to the pool, or closed when anything about the connection is in doubt. */
  #release(canStay: boolean): void {
    this.#exchange = undefined
    this.#answers++
    this.#requestWritten = false
    this.#isFull = false
    this.#body.clear()
    this.deadlineMs = Number.POSITIVE_INFINITY
    if (!canStay) {
      this.#close()
      return
    }
    this.#phase = 'idle'
    this.#socket.resume()
    this.#heardAtMs = this.#deadlines.nowMs
    this.#giveBack()
  }

  // ---- ends ----------------------------------------------------------------------------------------------------

  abandon(): void {
    this.#exchange = undefined
    this.#close()
  }

  close(): void {
    if (this.#exchange === undefined || this.#exchange.finished) this.#close()
  }

  deadlinePassed(): void {
    const exchange = this.#exchange
    if (this.#state === 'connecting') this.#fail('LB_CONNECT_TIMEOUT', undefined)
    else if (this.#phase === 'ping') this.#isDead(undefined)
    else if (exchange === undefined) this.#close()
    else {
      const { socketTimeoutMs } = this.#target.options
      this.#fail(timeoutCode(this.#replyLimitMs(exchange), socketTimeoutMs, this.#socket.writableLength > 0), undefined)
    }
  }

  /** No CPONG. A connection that had served before says nothing about the worker: the next one will. */
  #isDead(cause: unknown): void {
    const exchange = this.#exchange
    const staleConnection = this.#answers > 0
    this.#exchange = undefined
    this.#close()
    exchange?.fail({ code: 'LB_NO_CPONG', stage: 'unsent', staleConnection, cause })
  }

  #malformed(error: AjpError): void {
    if (this.#phase === 'ping') this.#isDead(error)
    else this.#fail(answerFailure(error.code), error)
  }

  #broken(cause: Error | undefined): void {
    if (this.#state === 'closed') return
    const exchange = this.#exchange
    if (this.#state === 'connecting') {
      this.#fail(connectFailure(cause), cause)
    } else if (this.#phase === 'ping') {
      this.#isDead(cause)
    } else if (exchange !== undefined && this.#phase === 'body' && this.#flow.isComplete) {
      this.#flow.finish(exchange, undefined, () => this.#release(false))
    } else this.#fail('LB_REPLY_CUT', cause)
  }

  #fail(code: BalancerErrorCode, cause: unknown): void {
    const exchange = this.#exchange
    const stage = !this.#requestWritten ? 'unsent' : this.#phase === 'wait' ? 'sent' : 'head'
    const staleConnection = code === 'LB_REPLY_CUT' && stage === 'sent' && this.#answers > 0 && !this.#hasBegun()
    this.#exchange = undefined
    this.#close()
    exchange?.fail({ code: exchange.answerBegun ? lateCode(code) : code, stage, staleConnection, cause })
  }

  #hasBegun(): boolean {
    return this.#heard || !this.#reader.isBetween
  }

  #close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.deadlineMs = Number.POSITIVE_INFINITY
    this.#deadlines.delete(this)
    this.#socket.destroy()
    this.#body.clear()
    this.#owner.connectionClosed(this)
  }
}
