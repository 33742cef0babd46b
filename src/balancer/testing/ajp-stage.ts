/**
 * One AJP connection without a network, for tests: a socket in the hands of the test under it, an owner and a client that
 * remember what they were told around it, and a clock that stands still. Everything happens in the turn in which the test
 * does it.
 */
import { EventEmitter } from 'node:events'
import { decodeForwardRequest, type ForwardRequest, MAGIC, PacketReader } from '../../ajp/index.ts'
import { FakeClock } from '../../clock/fake-clock.ts'
import { parseRequestFields } from '../../http1/index.ts'
import type { BackendSocket } from '../ajp-socket.ts'
import { AjpTarget } from '../ajp-target.ts'
import type { BackendConnection } from '../backend-connection.ts'
import type { ReadBuffers } from '../buffers.ts'
import { Deadlines } from '../deadlines.ts'
import type { BalancerErrorCode } from '../errors.ts'
import { type AnswerHead, type AnswerSink, type ClientFacts, Exchange, type Failure } from '../exchange.ts'
import { AjpConnection } from '../forward-ajp.ts'
import { ForwardedFields } from '../forwarded-fields.ts'
import { Forwarding } from '../headers.ts'
import type { EndpointWorkerOptions } from '../options.ts'
import { resolveOptions } from '../resolve-options.ts'
import type { ResolvedEndpointWorker } from '../resolved-options.ts'
import type { RequestOverrides } from '../rule-extensions.ts'
import type { LbState } from '../serve-lb.ts'

/** Between two looks at the deadlines. */
export const SWEEP_MS = 100

export const CLIENT: ClientFacts = {
  address: '203.0.113.7',
  port: 51_234,
  localPort: 80,
  localAddress: '192.0.2.10',
  encrypted: false,
}

/** The container's end of a connection. */
export class FakeSocket extends EventEmitter {
  /** What was written and not taken yet. */
  written: Buffer[] = []
  /** Calls of `write` so far. */
  writes = 0
  writableLength = 0
  destroyed = false
  #paused = false
  #waiting: Buffer[] = []
  readonly buffers: ReadBuffers
  readonly #read: (buffer: Buffer, bytes: number) => void

  constructor(buffers: ReadBuffers, read: (buffer: Buffer, bytes: number) => void) {
    super()
    this.buffers = buffers
    this.#read = read
  }

  // ---- for the connection ----

  write(data: string | Uint8Array): boolean {
    this.writes++
    this.written.push(Buffer.from(data as Uint8Array))
    return true
  }

  pause(): this {
    this.#paused = true
    return this
  }

  resume(): this {
    this.#paused = false
    for (const piece of this.#waiting.splice(0)) this.feed(piece)
    return this
  }

  isPaused(): boolean {
    return this.#paused
  }

  destroy(): this {
    this.destroyed = true
    return this
  }

  // ---- for the test ----

  connect(): void {
    this.emit('connect')
  }

  /** Bytes arrive; in the buffer that they are read into nothing of them stays. */
  feed(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.destroyed; ) {
      if (this.#paused) {
        this.#waiting.push(Buffer.from(bytes.subarray(at)))
        return
      }
      const buffer = this.buffers.next()
      const count = Math.min(buffer.length, bytes.length - at)
      buffer.set(bytes.subarray(at, at + count))
      at += count
      this.#read(buffer, count)
    }
  }

  end(): void {
    if (!this.destroyed) this.emit('end')
  }

  /** Takes what was written, cut into payloads. */
  packets(): Buffer[] {
    const reader = new PacketReader(MAGIC.REQUEST, 65_536)
    reader.push(Buffer.concat(this.written.splice(0)))
    const payloads: Buffer[] = []
    for (let payload = reader.next(); payload !== undefined; payload = reader.next())
      payloads.push(Buffer.from(payload))
    if (reader.buffered > 0) throw new Error('half a packet was written')
    return payloads
  }

  /** Takes what was written: one FORWARD_REQUEST, and behind it packets of the body. */
  request(): ForwardRequest & { readonly bodies: readonly Buffer[] } {
    const [request, ...bodies] = this.packets()
    if (request === undefined) throw new Error('no request was written')
    return { ...decodeForwardRequest(request), bodies }
  }
}

/** A client, and what it has got so far. */
export class FakeClient implements AnswerSink {
  head = ''
  body = ''
  framing: AnswerHead['framing'] | '' = ''
  length = 0
  informational = ''
  outcome: 'open' | 'complete' | 'cut' | BalancerErrorCode = 'open'
  /** Pieces that were handed over: what would be writes. */
  pieces = 0
  /** The client does not take more until it drains. */
  isSlow = false
  isBodyPaused = false

  get status(): number {
    return Number(this.head.slice(9, 12))
  }

  /** The fields as text, without status line and Date. */
  get fields(): string {
    return this.head.replace(/^.*\r\n/, '').replace(/Date: .*\r\n/, '')
  }

  together(write: () => void): void {
    const before = this.pieces
    write()
    this.pieces = Math.min(this.pieces, before + 1)
  }

  sendInformational(_exchange: Exchange, text: string): void {
    this.informational += text
  }

  sendHead(_exchange: Exchange, head: AnswerHead): void {
    if (this.head !== '') throw new Error('a second head')
    this.pieces++
    this.head = head.text
    this.framing = head.framing
    this.length = head.length
  }

  sendWhole(exchange: Exchange, head: AnswerHead, body: string): void {
    this.sendHead(exchange, head)
    this.body = body
    this.outcome = 'complete'
  }

  sendData(_exchange: Exchange, data: Uint8Array, written?: () => void): boolean {
    this.pieces++
    this.body += Buffer.from(data).toString('latin1')
    written?.()
    return !this.isSlow
  }

  sendEnd(): void {
    this.outcome = 'complete'
  }

  sendError(_exchange: Exchange, code: BalancerErrorCode): void {
    this.outcome = code
  }

  cut(): void {
    this.outcome = 'cut'
  }

  pauseBody(): void {
    this.isBodyPaused = true
  }

  resumeBody(): void {
    this.isBodyPaused = false
  }
}

export interface Asked {
  readonly exchange: Exchange
  readonly client: FakeClient
  readonly failures: readonly Failure[]
}

export interface AskOptions {
  readonly method?: string
  readonly target?: string
  /** Lines of the head, each with its CRLF. */
  readonly fields?: string
  readonly minor?: 0 | 1
  readonly isTrusted?: boolean
  readonly client?: ClientFacts
  /** The first part of the body, which is there when the request is sent. */
  readonly body?: string
  /** The body ends with it; default true. */
  readonly bodyEnds?: boolean
  readonly failOnStatus?: readonly number[]
  readonly replyTimeoutMs?: number
  /** For a member of an lb that has these options there. */
  readonly member?: Partial<EndpointWorkerOptions>
  readonly overrides?: RequestOverrides
  readonly user?: string
}

/** An exchange that stands before a connection. */
export function exchangeOf(options: AskOptions = {}): Asked {
  const { method = 'GET', target = '/', minor = 1, client: facts = CLIENT } = options
  const limits = { headBytes: 1_000_000, headerCount: 1_000, targetBytes: 1_000_000 }
  const fields = parseRequestFields(options.fields ?? 'Host: www.example.com\r\n', minor, limits)
  const client = new FakeClient()
  const host = fields.host || 'localhost'
  const forwarded = new ForwardedFields(fields, host, new Forwarding(facts, options.isTrusted ?? false))
  const exchange = new Exchange(client, facts, { method, target, minor, host, fields, forwarded, startedAtMs: 0 })
  exchange.replyTimeoutMs = options.replyTimeoutMs ?? 300_000
  exchange.failOnStatus = options.failOnStatus ?? []
  const { member, overrides } = options
  exchange.overrides = overrides
  exchange.user = options.user
  if (member !== undefined) {
    const request = { activations: overrides?.activations }
    exchange.lbState = { member: { name: 'a', options: ajpWorker(member) }, request } as LbState
  }
  const failures: Failure[] = []
  exchange.server = {
    failed(failed, failure) {
      failures.push(failure)
      failed.refuse(failure.code)
    },
    finished() {},
  }
  if (options.body !== undefined) {
    exchange.bodyData(Buffer.from(options.body, 'latin1'))
    if (options.bodyEnds ?? true) exchange.bodyEnd(undefined)
  }
  return { exchange, client, failures }
}

/** A worker with these options. */
export function ajpWorker(options: Partial<EndpointWorkerOptions> = {}): ResolvedEndpointWorker {
  const { workers } = resolveOptions({
    listen: [{ host: '127.0.0.1', port: 0 }],
    workers: { a: { type: 'ajp13', ...options } },
    workerList: ['a'],
    hosts: [{ names: [], mounts: [], access: [] }],
  })
  return workers.a as ResolvedEndpointWorker
}

export class AjpStage {
  readonly clock = new FakeClock()
  readonly deadlines = new Deadlines(this.clock, SWEEP_MS * 4)
  readonly target: AjpTarget
  readonly connection: AjpConnection
  socket!: FakeSocket
  /** What the owner was told: idle again, closed. */
  idle = 0
  closed = 0

  constructor(target: AjpTarget | Partial<EndpointWorkerOptions> = {}) {
    this.target = target instanceof AjpTarget ? target : new AjpTarget(ajpWorker(target), this.clock, this.deadlines)
    const owner = {
      connectionIdle: (_connection: BackendConnection) => void this.idle++,
      connectionClosed: (_connection: BackendConnection) => void this.closed++,
    }
    this.connection = new AjpConnection(this.target, this.deadlines, owner, (_target, buffers, read) => {
      this.socket = new FakeSocket(buffers, read)
      return this.socket as unknown as BackendSocket
    })
  }

  /** Another one to the same container, which is there and idle. */
  another(): AjpStage {
    const stage = new AjpStage(this.target)
    stage.socket.connect()
    return stage
  }

  /** A connection that is there and idle. */
  static connected(options: Partial<EndpointWorkerOptions> = {}): AjpStage {
    const stage = new AjpStage(options)
    stage.socket.connect()
    return stage
  }

  /** Sends a request on the connection. */
  ask(options: AskOptions = {}): Asked {
    const asked = exchangeOf(options)
    this.connection.carry(asked.exchange)
    return asked
  }

  /** Lets time pass until a limit of so many ms is over for certain, and nearly nothing more. */
  pass(limitMs: number): void {
    this.clock.advance(limitMs + 3 * SWEEP_MS)
  }
}
