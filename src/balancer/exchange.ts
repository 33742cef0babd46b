/**
 * One request, its body and its answer: the one thing that travels through the balancer.
 *
 * An exchange knows its two neighbours only by what they do: the *sink* takes the answer to the client, the *carrier*
 * brings the request to a backend and the answer back. Whatever a carrier is made of (an HTTP connection, an AJP
 * connection, a slot on a shared link) is its own affair. The exchange keeps the request body for as long as it may
 * have to be sent once more, and passes back-pressure on in both directions.
 */
import type { Fields, RequestFields } from '../http1/index.ts'
import type { BalancerErrorCode } from './errors.ts'
import type { ForwardedFields } from './forwarded-fields.ts'
import { replacedAnswer } from './front/error-page.ts'
import type { MemberNotes } from './member-notes.ts'
import type { RequestOverrides } from './rule-extensions.ts'
import type { LbState } from './serve-lb.ts'

/** The head of an answer on its way to the client. Carriers may hand out the same object many times. */
export interface AnswerHead {
  readonly status: number
  /** Status line and end-to-end fields, each with its CRLF; no framing, no connection fields. */
  readonly text: string
  /** `none`: no body follows, whatever the fields say. `length`: `length` bytes. `unknown`: until the end. */
  readonly framing: 'none' | 'length' | 'unknown'
  readonly length: number
}

/** The client's side of an exchange. */
export interface AnswerSink {
  /** What `write` sends leaves in as few pieces as can be. */
  together(write: () => void): void
  sendInformational(exchange: Exchange, text: string): void
  sendHead(exchange: Exchange, head: AnswerHead): void
  /** A complete answer in one piece; `body` is latin-1. */
  sendWhole(exchange: Exchange, head: AnswerHead, body: string): void
  /** Returns false when the client is slow: the carrier then pauses until `resumeAnswer`. `written` is called when `data` may be used again. */
  sendData(exchange: Exchange, data: Uint8Array, written?: () => void): boolean
  sendEnd(exchange: Exchange, trailers: Fields | undefined): void
  /** No answer was begun: send an error page instead. */
  sendError(exchange: Exchange, code: BalancerErrorCode): void
  /** An answer was begun and cannot be finished: end it so that the client sees that it is cut. */
  cut(exchange: Exchange): void
  /** The request body may come faster or must come slower. */
  pauseBody(): void
  resumeBody(): void
}

/** Who has an exchange. */
export interface Holder {
  /** Gives the exchange up, since its client has gone; nothing more is reported. */
  abandon(): void
}

/** What brings an exchange to a backend. */
export interface Carrier extends Holder {
  /** Returns false when the backend is slow; the carrier then calls `exchange.bodyDrained()`. */
  writeBody(data: Uint8Array): boolean
  endBody(trailers: Fields | undefined): void
  /** The client takes more of the answer; `exchange.data` returned false before. */
  resumeAnswer(): void
}

/** Who decides what happens after an attempt: a worker. */
export interface Server {
  failed(exchange: Exchange, failure: Failure): void
  /** The answer is complete, or the client has gone (`aborted`). Called once per exchange that was served. */
  finished(exchange: Exchange, aborted: boolean): void
}

export interface Failure {
  readonly code: BalancerErrorCode
  /** How far the attempt had come when it failed. */
  readonly stage: 'unsent' | 'sent' | 'head'
  /** The connection had served another request before and closed without a byte of answer. */
  readonly staleConnection: boolean
  readonly cause?: unknown
}

/** What a client connection knows of its peer and itself. */
export interface ClientFacts {
  readonly address: string
  readonly port: number
  readonly localPort: number
  /** The address of this end; absent where nobody needs to know. */
  readonly localAddress?: string
  readonly encrypted: boolean
}

/** Request body bytes that are kept for another attempt; a longer body can be sent only once. */
export const REPLAY_BYTES = 65_536

/** More pieces than these are joined: a byte that arrives alone would cost a buffer of its own. */
const MAX_KEPT_PIECES = 16

const NO_STATUSES: readonly number[] = []
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'

export class Exchange {
  readonly sink: AnswerSink
  readonly client: ClientFacts
  readonly method: string
  readonly target: string
  readonly minor: 0 | 1
  /** The authority the client asked for: of the target, else of Host. */
  readonly host: string
  readonly fields: RequestFields
  /** The fields as backends get them. */
  readonly forwarded: ForwardedFields

  /** The cleaned path, which rules were matched against. */
  path = ''
  /** An access rule spoke of the path and let the client in. */
  isAdmitted = false
  /** What the backend is asked for: the target, until the router puts a path there that every reader reads alike. */
  forwardTarget: string
  /** Its path alone, where a session id may stand. */
  forwardPath = ''
  server: Server | undefined
  /** Attempts so far on the worker at hand, members tried in this round of its lb, and rounds before it (`retry.ts`). */
  workerAttempts = 0
  memberAttempts = 0
  rounds = 0
  /** Attempts that ran into the reply timeout, on the worker at hand. */
  replyTimeouts = 0
  /** What an lb has to remember of this request (`serve-lb.ts`). */
  lbState: LbState | undefined
  /** What its rule or its environment changes. */
  overrides: RequestOverrides | undefined
  /** Fields that go out with the answer, whoever gives it, each with its CRLF. */
  answerFields = ''
  /** Who asks, when that was proved to the front by HTTP Basic authentication. */
  user: string | undefined
  /** The worker it goes to; empty for none. */
  worker = ''
  /** The member of an lb that it went to last. */
  memberName = ''
  memberRoute = ''
  /** Of the members it went to, where a log asks for it. */
  memberNotes: MemberNotes | undefined
  /** What the client has been told: status, fields, and bytes of the body. */
  status = 0
  answerText = ''
  sentBytes = 0
  /** Called once, when nothing more is sent; for logs. */
  whenOver: ((exchange: Exchange, isAborted: boolean) => void) | undefined
  /** Of its virtual host, where that has rules for it. */
  env: Map<string, string> | undefined
  /** Statuses that count as failures (`fail_on_status`). */
  failOnStatus: readonly number[] = NO_STATUSES
  /** Longest wait for each piece of the answer, ms; 0 = for ever. */
  replyTimeoutMs = 0
  readonly startedAtMs: number
  /** Bytes to and from backends, heads included, over all attempts. */
  transferredBytes = 0
  readBytes = 0

  /** Some of the answer has been handed to the client: from here on nothing can be taken back. */
  answerBegun = false
  #holder: Holder | undefined
  #carrier: Carrier | undefined
  #carrierReady = false
  #finished = false
  /** The part of the body that has arrived and may be sent (again). */
  #kept: Uint8Array[] = []
  #keptBytes = 0
  /** Body bytes were let go after being sent, so another attempt could not have them. */
  #bodyLetGo = false
  #bodyEnded: boolean
  #trailers: Fields | undefined
  #bodyPaused = false
  #whenBodyBegins: (() => void) | undefined
  #saidContinue = false
  /** The answer at hand is kept from the client, and a page of ours goes out instead (`use_server_errors`). */
  #withheld: AnswerHead | undefined

  constructor(
    sink: AnswerSink,
    client: ClientFacts,
    request: {
      method: string
      target: string
      minor: 0 | 1
      host: string
      fields: RequestFields
      forwarded: ForwardedFields
      startedAtMs: number
    },
  ) {
    this.sink = sink
    this.client = client
    this.method = request.method
    this.target = request.target
    this.forwardTarget = request.target
    this.minor = request.minor
    this.host = request.host
    this.fields = request.fields
    this.forwarded = request.forwarded
    this.startedAtMs = request.startedAtMs
    this.#bodyEnded = request.fields.bodyLength === 0
  }

  get finished(): boolean {
    return this.#finished
  }

  /** The whole request body has arrived from the client. */
  get bodyEnded(): boolean {
    return this.#bodyEnded
  }

  /** Another attempt could send the whole body again. */
  get isReplayable(): boolean {
    return !this.#bodyLetGo
  }

  /** The first bytes of the request body have arrived, or there is none. */
  get bodyBegun(): boolean {
    return this.#bodyEnded || this.#bodyLetGo || this.#keptBytes > 0
  }

  // ---- towards the backend -------------------------------------------------------------------------------------

  /** It waits for a connection, or for one to come about, and need not any longer when its client goes away. */
  heldBy(holder: Holder): void {
    this.#holder = holder
  }

  /** Calls `begun` when the first bytes of the body arrive, unless its client goes away before. */
  whenBodyBegins(begun: () => void): void {
    this.#whenBodyBegins = begun
  }

  /** Answers `Expect: 100-continue` for a backend that cannot; a client that waits no longer is told nothing. */
  continueBody(): void {
    if (!this.fields.expectsContinue || this.#saidContinue || this.answerBegun || this.bodyBegun) return
    this.#saidContinue = true
    this.informational(CONTINUE)
  }

  /** A carrier has taken the head and can take the body. */
  carriedBy(carrier: Carrier): void {
    this.#carrier = carrier
    this.#carrierReady = true
    if (this.#bodyEnded && this.#keptBytes === 0) {
      if (this.fields.bodyLength !== 0) carrier.endBody(this.#trailers)
      return
    }
    for (const piece of this.#kept) this.#writeToCarrier(carrier, piece)
    if (this.#keptBytes > REPLAY_BYTES) this.#letBodyGo()
    if (this.#bodyEnded) carrier.endBody(this.#trailers)
    else if (this.#carrierReady) this.bodyDrained()
  }

  /** A piece of the request body has arrived; the exchange owns its bytes from here. */
  bodyData(data: Uint8Array): void {
    const carrier = this.#carrier
    if (!this.#bodyLetGo) {
      this.#kept.push(data)
      this.#keptBytes += data.length
      if (this.#kept.length > MAX_KEPT_PIECES) this.#kept = [Buffer.concat(this.#kept, this.#keptBytes)]
    }
    if (carrier === undefined) {
      if (this.#keptBytes >= REPLAY_BYTES) this.#pauseBody()
      const begun = this.#whenBodyBegins
      this.#whenBodyBegins = undefined
      begun?.()
      return
    }
    this.#writeToCarrier(carrier, data)
    if (this.#keptBytes > REPLAY_BYTES) this.#letBodyGo()
  }

  bodyEnd(trailers: Fields | undefined): void {
    this.#bodyEnded = true
    this.#trailers = trailers
    this.#carrier?.endBody(trailers)
  }

  /** The carrier can take more of the body. */
  bodyDrained(): void {
    this.#carrierReady = true
    if (!this.#bodyPaused) return
    this.#bodyPaused = false
    this.sink.resumeBody()
  }

  /** The client takes more of the answer. */
  answerDrained(): void {
    this.#carrier?.resumeAnswer()
  }

  /** The client has gone, or the answer ended by our own doing: free the backend. */
  abort(): void {
    if (this.#finished) return
    const holder = this.#carrier ?? this.#holder
    this.#carrier = this.#holder = undefined
    holder?.abandon()
    this.#finish(true)
    this.whenOver?.(this, true)
  }

  #writeToCarrier(carrier: Carrier, data: Uint8Array): void {
    if (carrier.writeBody(data)) return
    this.#carrierReady = false
    this.#pauseBody()
  }

  #pauseBody(): void {
    if (this.#bodyPaused || this.#bodyEnded) return
    this.#bodyPaused = true
    this.sink.pauseBody()
  }

  #letBodyGo(): void {
    this.#bodyLetGo = true
    this.#kept = []
    this.#keptBytes = 0
  }

  // ---- towards the client --------------------------------------------------------------------------------------

  informational(text: string): void {
    if (this.minor === 1) this.sink.sendInformational(this, text)
  }

  /** For a head with its first data: what `write` hands over need not leave one by one. */
  together(write: () => void): void {
    this.sink.together(write)
  }

  head(head: AnswerHead): void {
    if (this.#isWithheld(head)) {
      this.#withheld = head
      return
    }
    this.answerBegun = true
    this.#letBodyGo()
    const completed = this.#completed(head)
    this.answered(completed, 0)
    this.sink.sendHead(this, completed)
  }

  data(data: Uint8Array, written?: () => void): boolean {
    if (this.#withheld === undefined) {
      this.sentBytes += data.length
      return this.sink.sendData(this, data, written)
    }
    written?.()
    return true
  }

  end(trailers: Fields | undefined): void {
    if (this.#withheld !== undefined) {
      this.whole(this.#withheld, '')
      return
    }
    this.#carrier = undefined
    this.#finish(false)
    this.sink.sendEnd(this, trailers)
    this.whenOver?.(this, false)
  }

  /** Head and body at once: the common case of a small answer. */
  whole(head: AnswerHead, body: string): void {
    this.answerBegun = true
    this.#carrier = undefined
    this.#finish(false)
    if (this.#isWithheld(head)) {
      const page = replacedAnswer(head, this.fields, this.method)
      this.#sendWhole(page.head, page.body)
    } else {
      this.#sendWhole(head, body)
    }
  }

  #sendWhole(head: AnswerHead, body: string): void {
    const completed = this.#completed(head)
    this.answered(completed, body.length)
    this.sink.sendWhole(this, completed, body)
    this.whenOver?.(this, false)
  }

  /** For logs: what goes out. A sink that makes a page of its own says so, too. */
  answered({ status, text }: AnswerHead, bodyBytes: number): void {
    this.status = status
    this.answerText = text
    this.sentBytes = bodyBytes
  }

  #isWithheld({ status }: AnswerHead): boolean {
    const from = this.overrides?.useServerErrors
    return from !== undefined && from > 0 && status >= from
  }

  #completed(head: AnswerHead): AnswerHead {
    return this.answerFields === '' ? head : { ...head, text: head.text + this.answerFields }
  }

  /** The attempt failed; the worker decides whether another one follows. */
  fail(failure: Failure): void {
    this.#carrier = this.#holder = undefined
    this.#carrierReady = false
    this.#withheld = undefined
    if (this.#finished) return
    if (this.server === undefined) this.refuse(failure.code)
    else this.server.failed(this, failure)
  }

  /** No (further) attempt: the client is told, or cut off when its answer had begun. */
  refuse(code: BalancerErrorCode): void {
    if (this.#finished) return
    this.#finish(false)
    const isCut = this.answerBegun
    if (isCut) this.sink.cut(this)
    else this.sink.sendError(this, code)
    this.whenOver?.(this, isCut)
  }

  #finish(aborted: boolean): void {
    this.#finished = true
    this.#whenBodyBegins = undefined
    this.#kept = []
    this.server?.finished(this, aborted)
  }
}
