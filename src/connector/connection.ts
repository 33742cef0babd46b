/**
 * One connection from a web server (ajp13.md appendix B): packets in, one request at a time, packets out.
 *
 *   idle      between requests: CPING or FORWARD_REQUEST
 *   open      the application has the request; only packets of its body may come, each when it is due
 *   owed      the answer is complete but for END_RESPONSE: a packet of the body is due, and is thrown away
 *   reading   as `owed`, but the application still reads the body
 *   lingering END_RESPONSE 0 is sent and our side ended; input is thrown away until the peer ends, too
 *   closed
 *
 * A packet nobody waits for ends the connection: read later it would be a request (ajp13.md 7.2).
 */
import type { Socket } from 'node:net'
import {
  AjpError,
  bodyAsked,
  bodyReceived,
  CPONG,
  decodeBody,
  END_AND_CLOSE,
  END_AND_KEEP,
  type ForwardRequest,
  HeaderMemory,
  isPacketDue,
  MAGIC,
  MESSAGE,
  PacketReader,
  type RequestState,
  requestBegins,
  requestMessage,
} from '../ajp/index.ts'
import type { Clock, TimerHandle } from '../clock/clock.ts'
import { Answer, type AnswerConnection } from './answer.ts'
import { ConnectorError, type ConnectorErrorCode } from './errors.ts'
import type { ConnectorEvent } from './events.ts'
import { admit, isHead } from './gate.ts'
import { Output } from './output.ts'
import { refusal } from './refusal.ts'
import { type FeedConnection, RequestFeed } from './request-feed.ts'
import type { ConnectorState } from './state.ts'

/** How long the peer may take to end its side after our END_RESPONSE 0 (ajp13.md 4.4). */
const LINGER_MS = 2_000
/** Until the next sweep says when that was: the last may be long ago, as after a standstill of the process. */
const JUST_NOW = -1
const NO_BODY: RequestState = { body: 'none', left: 0 }

type Phase = 'idle' | 'open' | 'owed' | 'reading' | 'lingering' | 'closed'

export class AjpConnection implements FeedConnection, AnswerConnection {
  readonly output: Output
  readonly headerMemory = new HeaderMemory()
  readonly #state: ConnectorState
  readonly #socket: Socket
  readonly #reader: PacketReader
  #phase: Phase = 'idle'
  #body: RequestState = NO_BODY
  #feed: RequestFeed | undefined
  #answer: Answer | undefined
  /** Ended by the application, and not yet taken by the system. */
  #flushing: Answer | undefined
  /** To be told of the end when the socket has closed, as behind node:http. */
  #abandoned: Answer | undefined
  /** END_RESPONSE will say that the connection ends. */
  #mustClose = false
  /** Since which sweep the peer has been waited for, and whether it has ever sent a request. */
  #sinceMs = JUST_NOW
  #isFresh = true
  #timer: TimerHandle

  constructor(socket: Socket, state: ConnectorState) {
    this.#socket = socket
    this.#state = state
    this.#reader = new PacketReader(MAGIC.REQUEST, state.options.packetSize)
    this.output = new Output(socket, state.shared)
    socket.on('drain', () => this.#answer?.drained())
    socket.on('end', () => this.#peerEnded())
    socket.on('error', () => {})
    socket.on('close', () => this.#closed())
  }

  get isBusy(): boolean {
    return this.#phase === 'open' || this.#phase === 'owed' || this.#phase === 'reading'
  }

  get isOpen(): boolean {
    return this.#phase === 'open'
  }

  /** From now on an answer says that the connection ends behind it. */
  stop(): void {
    this.#mustClose = true
  }

  endIfIdle(): void {
    if (this.#phase === 'idle') this.#endIdle()
  }

  /** Ends whatever goes on. */
  destroy(code?: ConnectorErrorCode): void {
    if (code !== undefined && this.isBusy) this.#report('aborted', new ConnectorError(code))
    this.#destroy()
  }

  /** To be called now and then: whoever waits for the peer for too long stops, unless what has come is `unread`. */
  sweep(nowMs: number, unread: boolean): void {
    if (this.#sinceMs === JUST_NOW) this.#sinceMs = nowMs
    if (unread) return
    if (this.#phase === 'lingering') return
    // Who reads on behind an answer may stop without a word, and END_RESPONSE waits for that.
    if (this.#phase === 'reading' && !this.#isRead()) this.#settle()
    const { options } = this.#state
    const isPartial = this.#reader.buffered > 0
    let limitMs = 0
    if (isPartial) limitMs = options.packetTimeoutMs
    else if (this.#phase === 'idle') limitMs = this.#isFresh ? options.connectionTimeoutMs : options.keepAliveTimeoutMs
    else if (this.isBusy && isPacketDue(this.#body)) limitMs = options.connectionTimeoutMs
    if (limitMs === 0 || nowMs - this.#sinceMs <= limitMs) return
    // The peer still reads the last answer, and how long that takes is its own affair.
    if (this.#phase === 'idle' && this.output.unsent > 0) return
    if (isPartial) this.#drop(new ConnectorError('CONNECTOR_PACKET_TIMEOUT'))
    else if (this.#phase === 'idle') this.#destroy()
    else this.#drop(new ConnectorError('CONNECTOR_BODY_TIMEOUT'))
  }

  // ---- for request and response ----

  get believesUser(): boolean {
    return this.#state.options.believesUser
  }

  get clock(): Clock {
    return this.#state.options.clock
  }

  get date(): () => string {
    return this.#state.date
  }

  get unsent(): number {
    return this.output.unsent
  }

  get highWaterMark(): number {
    return this.#socket.writableHighWaterMark
  }

  wantBody(feed: RequestFeed): void {
    if (feed !== this.#feed || this.#body.body !== 'ready') return
    this.#body = bodyAsked(this.#body)
    this.#sinceMs = JUST_NOW
    this.output.packet(this.#state.getBody)
  }

  bodyReleased(feed: RequestFeed): void {
    if (feed === this.#feed && this.#phase === 'reading') this.#settle()
  }

  cut(feed: RequestFeed): void {
    if (feed === this.#feed) this.#destroy()
  }

  uncorked(feed: RequestFeed): void {
    if (feed === this.#feed) this.#answer?.uncorked()
  }

  responseTimedOut(feed: RequestFeed): boolean {
    const answer = this.#answer
    return feed === this.#feed && answer !== undefined && answer.response.emit('timeout', feed.socket)
  }

  failed(type: 'replaced' | 'aborted', error: AjpError | ConnectorError): void {
    this.#report(type, error)
  }

  endPacket(): Buffer | undefined {
    if (isPacketDue(this.#body) || this.#isRead()) return undefined
    if (this.#body.body === 'ready') this.#body = NO_BODY
    return this.#mustClose ? END_AND_CLOSE : END_AND_KEEP
  }

  ended(): void {
    this.#flushing = this.#answer
    if (this.#isRead()) this.#phase = 'reading'
    else if (isPacketDue(this.#body)) this.#awaitOwed()
    else this.#finish()
  }

  /** Without END_RESPONSE: mod_jk and mod_proxy_ajp take an answer for complete even with END_RESPONSE 0 (ajp13.md 4.4). */
  endedShort(): void {
    this.#flushing = this.#answer
    this.#mustClose = true
    this.#finish()
  }

  readonly whenFlushed = (error?: Error | null): void => {
    const answer = this.#flushing
    this.#flushing = undefined
    this.#sinceMs = JUST_NOW
    if (error || answer === undefined) return
    answer.flushed(this.#phase !== 'reading' || this.#answer !== answer)
  }

  // ---- what comes ----

  /** To be called with what the socket reads, which must not change before this returns. */
  received(chunk: Buffer): void {
    if (this.#phase === 'lingering' || this.#phase === 'closed') return
    try {
      // Nobody can have read an answer that is still here, so nobody can send the next request.
      if (this.#phase === 'idle' && this.output.unsent > 0)
        throw new AjpError('AJP_ORDER', 'before the answer was read')
      if (this.#phase !== 'idle' && !isPacketDue(this.#body)) throw this.#surplus()
      if (this.#reader.buffered === 0) this.#sinceMs = JUST_NOW
      this.#reader.push(chunk)
      this.#readPackets()
    } catch (error) {
      this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    if (error instanceof AjpError) this.#malformed(error)
    else this.#appThrew(error)
  }

  /** As behind node:http this is an uncaught exception. Should the process live on, so does the connection. */
  #appThrew(error: unknown): never {
    this.#reader.own()
    setImmediate(() => this.#readOn())
    throw error
  }

  #readOn(): void {
    if (this.#phase === 'lingering' || this.#phase === 'closed' || this.#reader.buffered === 0) return
    try {
      this.#readPackets()
    } catch (error) {
      this.#failed(error)
    }
  }

  #readPackets(): void {
    for (let payload = this.#reader.next(); payload !== undefined; payload = this.#reader.next()) {
      if (this.#phase === 'idle') this.#message(payload)
      else if (isPacketDue(this.#body)) this.#bodyPacket(payload)
      else throw this.#surplus()
      if (this.#phase === 'lingering' || this.#phase === 'closed') return
    }
    // The beginning of a packet is one packet too many already.
    if (this.isBusy && this.#reader.buffered > 0 && !isPacketDue(this.#body)) throw this.#surplus()
  }

  #surplus(): AjpError {
    return new AjpError('AJP_ORDER', `a packet with the body in state ${this.#body.body}`)
  }

  #message(payload: Buffer): void {
    this.#isFresh = false
    if (requestMessage(payload) === MESSAGE.CPING) {
      // Unanswered, it costs nobody a request: the peer takes another connection or another worker.
      if (this.#mustClose) this.#endIdle()
      else this.output.packet(CPONG)
      return
    }
    const admitted = admit(payload, this.#state, this.headerMemory)
    if (admitted instanceof Error) this.#refuse(admitted, isHead(payload))
    else this.#open(admitted)
  }

  #open(forwarded: ForwardRequest): void {
    const state = this.#state
    this.#body = requestBegins(forwarded, state.options.strictContentLength)
    this.#phase = 'open'
    this.#sinceMs = JUST_NOW
    const feed = new RequestFeed(forwarded, this, this.#body.body !== 'none')
    const answer = new Answer(feed, this)
    this.#feed = feed
    this.#answer = answer
    state.requests++
    state.busy++
    state.handler(feed.request, answer.response)
    feed.begun()
  }

  #bodyPacket(payload: Buffer): void {
    const data = decodeBody(payload)
    this.#sinceMs = JUST_NOW
    const feed = this.#feed!
    try {
      this.#body = bodyReceived(this.#body, data.length)
    } catch (error) {
      if (!(error instanceof AjpError) || error.code !== 'AJP_BODY_SHORT') throw error
      this.#bodyFails(error)
      return
    }
    if (this.#phase === 'owed') {
      this.#settle()
      return
    }
    // The bytes are in a buffer that will be read into again.
    if (data.length > 0) feed.deliver(Buffer.from(data))
    if (this.#body.body !== 'done') return
    feed.bodyEnds()
    if (this.#phase === 'reading') this.#settle()
  }

  /** The web server has ended the body too early: its client is gone, or it lies. The answer may still be of use. */
  #bodyFails(error: AjpError): void {
    this.#body = NO_BODY
    this.#mustClose = true
    this.#report('aborted', error)
    this.#feed!.bodyFails(error)
    if (this.#phase !== 'open') this.#settle()
  }

  // ---- the end of a request ----

  /** The application goes on reading the body behind its answer. */
  #isRead(): boolean {
    const { body } = this.#body
    return body !== 'none' && body !== 'done' && this.#feed?.isBeingRead === true
  }

  /** What kept END_RESPONSE back may be over. */
  #settle(): void {
    if (isPacketDue(this.#body)) this.#awaitOwed()
    else {
      this.output.packet(this.#mustClose ? END_AND_CLOSE : END_AND_KEEP)
      this.#finish()
    }
  }

  #awaitOwed(): void {
    this.#phase = 'owed'
    this.#timer ??= this.clock.after(this.#state.options.bodyGraceMs, () => {
      this.#mustClose = true
      this.#report('closed', new ConnectorError('CONNECTOR_BODY_OWED'))
      this.output.packet(END_AND_CLOSE)
      this.#finish()
    })
  }

  /** END_RESPONSE is with the socket. */
  #finish(): void {
    const answer = this.#answer
    this.#phase = 'idle'
    this.#sinceMs = JUST_NOW
    this.#body = NO_BODY
    this.#state.busy--
    if (this.#timer !== undefined) this.#stopTimer()
    // A response that was flushed before its request ended has waited for this.
    if (this.#flushing === undefined) answer?.settled()
    this.#feed = undefined
    this.#answer = undefined
    if (this.#mustClose) this.#linger()
    else if (this.#reader.buffered > 0)
      this.#drop(new AjpError('AJP_ORDER', `${this.#reader.buffered} bytes before the answer was read`))
  }

  // ---- the end of the connection ----

  #malformed(error: AjpError): void {
    if (this.#phase === 'idle' && error.status !== undefined) this.#refuse(error, false)
    else this.#drop(error)
  }

  /** Always answered when the request was well framed: behind a bare close a web server suspects the worker (6.4). */
  #refuse(error: AjpError | ConnectorError, isBodyless: boolean): void {
    this.#state.refused++
    this.#report('refused', error)
    refusal(this.output.writer, error.status ?? 400, isBodyless)
    this.output.send()
    this.#linger()
  }

  #drop(error: AjpError | ConnectorError): void {
    this.#report('dropped', error)
    this.#destroy()
  }

  /** With input unread a close would be a reset, and could destroy the answer on its way. */
  #linger(): void {
    this.#phase = 'lingering'
    // From when the last byte is out, which a peer that reads slowly decides.
    this.#socket.end(() => {
      if (this.#phase === 'lingering') this.#timer = this.clock.after(LINGER_MS, () => this.#destroy())
    })
  }

  /** In order if something of the last answer is still to be sent. */
  #endIdle(): void {
    if (this.output.unsent === 0) {
      this.#destroy()
      return
    }
    this.#phase = 'lingering'
    this.#socket.destroySoon()
  }

  #peerEnded(): void {
    if (this.isBusy) {
      this.#report('aborted', new ConnectorError('CONNECTOR_PEER_LEFT'))
      this.#destroy()
    } else if (this.#phase !== 'closed') this.#endIdle()
  }

  #destroy(): void {
    this.#socket.destroy()
    this.#abandon()
  }

  #closed(): void {
    if (this.isBusy) this.#report('aborted', new ConnectorError('CONNECTOR_PEER_LEFT'))
    this.#abandon()
    this.#abandoned?.aborted()
    this.#abandoned = undefined
    this.#state.connections.delete(this)
    this.#state.connectionClosed()
  }

  #abandon(): void {
    if (this.#phase === 'closed') return
    const wasBusy = this.isBusy
    this.#abandoned = this.#answer ?? this.#flushing
    this.#phase = 'closed'
    this.#stopTimer()
    this.#feed = undefined
    this.#answer = undefined
    this.#flushing = undefined
    if (wasBusy) this.#state.busy--
  }

  #stopTimer(): void {
    this.clock.clear(this.#timer)
    this.#timer = undefined
  }

  #report(type: ConnectorEvent['type'], error: AjpError | ConnectorError): void {
    const { onEvent } = this.#state.options
    if (onEvent === undefined) return
    const peer = { address: this.#socket.remoteAddress ?? '', port: this.#socket.remotePort ?? 0 }
    const forwarded = this.#feed?.forwarded
    if (forwarded === undefined) onEvent({ type, error, peer })
    else onEvent({ type, error, peer, request: { method: forwarded.method, path: forwarded.uri } })
  }
}
