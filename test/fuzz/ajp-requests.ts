/**
 * Mutated packets against the AJP connector, played as a web server would: a request, then packets of its body as they are
 * asked for, then the next request; sometimes out of turn. Whatever is sent: what comes back is AJP in the right order, no
 * request inside of a body ever reaches the application, no body is taken for complete that is not, a connection that
 * survives is in step, and one that has ended is gone with all its requests.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  decodeChunk,
  decodeEnd,
  decodeGetBody,
  decodeSendHeaders,
  MAGIC,
  MESSAGE,
  PacketReader,
  type ResponsePhase,
  responseMessage,
  responseReceived,
} from '../../src/ajp/index.ts'
import { fixtures } from '../../src/ajp/testing/fixtures.ts'
import { mutated } from '../../src/ajp/testing/mutate.ts'
import { attribute, rawRequest, str, toContainer, u16 } from '../../src/ajp/testing/raw.ts'
import { AjpConnection } from '../../src/connector/connection.ts'
import { resolveOptions } from '../../src/connector/resolve-options.ts'
import { ConnectorState } from '../../src/connector/state.ts'
import { MemorySocket } from '../../src/connector/testing/memory-socket.ts'
import { campaign, FuzzFailure, type FuzzOptions, type FuzzReport } from './campaign.ts'
import type { Random } from './random.ts'

const LANES = 16
const PACKET_BYTES = 65_536
const SECRET = 'RIGHTSECRET'
const FORGED = '/forged'
/** One packet in so many is damaged, and one comes when it is not due. */
const MUTATE_ONE_IN = 4
const OUT_OF_TURN_ONE_IN = 25
/** Turns of the event loop without any progress. */
const HANG_TURNS = 2_000

const CPING = Buffer.from('123400010a', 'hex')
const CPONG = '4142000109'

/** Data of a body that is a request when it is read as a message: 02 and the method are the high and low byte of its length. */
const forged = (() => {
  const request = rawRequest({ uri: str(FORGED) })
  // 02 02 = 514 bytes: prefix and method, then what follows them, and something no reader gets to.
  const data = Buffer.concat([request.subarray(2), Buffer.alloc(514 - (request.length - 2))])
  return toContainer(Buffer.concat([u16(data.length), data]))
})()

/** A request with the packets of its body. */
interface Script {
  readonly request: Buffer
  readonly body: readonly Buffer[]
}

function scripts(): Script[] {
  const secret = attribute(12, str(SECRET))
  const found: Script[] = []
  for (const { name, packets } of [...fixtures(''), ...fixtures('live/')]) {
    if (/^m\d/.test(name)) continue
    let body: Buffer[] = []
    for (const { dir, expected, bytes, payload } of packets) {
      if (dir !== 'C>S') continue
      if (expected.type === 'BODY') body.push(bytes)
      else if (expected.type === 'FORWARD_REQUEST') {
        body = []
        const own = expected.attributes.some(([key]) => key === 'secret')
        const request = own
          ? bytes
          : toContainer(Buffer.concat([payload.subarray(0, -1), secret, payload.subarray(-1)]))
        found.push({ request, body })
      }
    }
  }
  return found
}

interface Seen {
  readonly url: string
  readonly announced: string | undefined
  bytes: number
  isComplete: boolean
}

export async function fuzzAjpRequests(_owner: unknown, options: FuzzOptions): Promise<FuzzReport> {
  const all = scripts()
  return campaign(options, LANES, async (random, index) => {
    const sent: string[] = []
    const fail = (what: string): never => {
      throw new FuzzFailure(what, sent.join(' '), options.seed, index)
    }
    return new Player(random, fail).play(all, sent)
  })
}

class Player {
  readonly #random: Random
  readonly #fail: (what: string) => never
  readonly #state: ConnectorState
  readonly #socket: MemorySocket
  readonly #reader = new PacketReader(MAGIC.RESPONSE, PACKET_BYTES)
  readonly #seen: Seen[] = []
  readonly #codes = new Set<string>()
  #phase: ResponsePhase = 'wait'
  #isHead = false
  #answers = 0
  #asked = 0
  #ended: boolean | undefined

  constructor(random: Random, fail: (what: string) => never) {
    this.#random = random
    this.#fail = fail
    const resolved = resolveOptions({
      secret: SECRET,
      packetSize: random.chance(2) ? 8_192 : PACKET_BYTES,
      strictContentLength: true,
      bodyGraceMs: 5,
      allowedRequestAttributesPattern: 'app_.*|X_.*|a.*',
      onEvent: ({ error }) => this.#codes.add(error.code),
    })
    this.#state = new ConnectorState((request, response) => this.#app(request, response), resolved)
    this.#socket = new MemorySocket(() => random.chance(12))
    const connection = new AjpConnection(this.#socket.asSocket(), this.#state)
    this.#socket.received = (bytes) => connection.received(bytes)
    this.#state.connections.add(connection)
  }

  async play(all: readonly Script[], sent: string[]): Promise<string> {
    const random = this.#random
    for (let n = 1 + random.below(3); n > 0 && this.#isOpen; n--) {
      const { request, body } = random.pick(all)
      const packets = body.map((packet) => (random.chance(3) ? forged : packet))
      this.#begin()
      const isOwed = packets.length > 0 && /content-length/i.test(request.toString('latin1')) === false
      this.#send(isOwed ? request : Buffer.concat([request, packets.shift() ?? Buffer.alloc(0)]), sent)
      await this.#converse(packets, sent)
      // No web server sends the next request before the answer has ended.
      if (this.#ended === undefined) break
    }
    const isOpen = this.#isOpen
    if (isOpen && this.#phase === 'idle' && !this.#isMidPacket(sent)) {
      this.#socket.send(CPING)
      await nextTurn()
      const pong = this.#socket.take().toString('hex')
      if (this.#isOpen && pong !== CPONG) this.#fail(`out of step: ${pong}`)
    }
    this.#socket.finish()
    await this.#until('the connection does not end', () => this.#state.connections.size === 0)
    if (this.#state.busy !== 0) this.#fail(`${this.#state.busy} requests are left`)
    await nextTurn()
    this.#judge()
    return isOpen ? `${this.#answers} answers` : ([...this.#codes][0] ?? 'ended')
  }

  get #isOpen(): boolean {
    return !this.#socket.destroyed && !this.#socket.ended
  }

  /** Damage may leave the beginning of a packet behind, which swallows whatever follows. */
  #isMidPacket(sent: readonly string[]): boolean {
    return sent.some((line) => line.startsWith('damaged'))
  }

  #begin(): void {
    this.#phase = 'wait'
    this.#asked = 0
    this.#ended = undefined
  }

  #send(bytes: Buffer, sent: string[]): void {
    const random = this.#random
    const isDamaged = random.chance(MUTATE_ONE_IN)
    const packet = isDamaged ? mutated(bytes, () => random.below(0x1_0000_0000)) : bytes
    sent.push(`${isDamaged ? 'damaged ' : ''}${packet.toString('hex')}`)
    for (let at = 0; at < packet.length; ) {
      const size = random.chance(3) ? packet.length : 1 + random.below(packet.length)
      this.#socket.send(packet.subarray(at, at + size))
      at += size
    }
  }

  /** Answers what is asked for until the response has ended, or the packets have. */
  async #converse(packets: Buffer[], sent: string[]): Promise<void> {
    for (let turn = 0, quiet = 0; quiet < 12; turn++) {
      await nextTurn()
      const output = this.#socket.take()
      quiet = output.length > 0 ? 0 : quiet + 1
      this.#read(output)
      if (this.#ended !== undefined) return
      if (!this.#isOpen) return
      const isDue = this.#asked > 0
      if (!isDue && !this.#random.chance(OUT_OF_TURN_ONE_IN * 12)) continue
      if (isDue) this.#asked--
      this.#send(packets.shift() ?? Buffer.from(this.#random.chance(2) ? '12340000' : '123400020000', 'hex'), sent)
      if (turn > HANG_TURNS) this.#fail('no end')
    }
  }

  /** Strictly: magic, lengths, order, and nothing behind the end. */
  #read(output: Buffer): void {
    if (output.length === 0) return
    try {
      this.#reader.push(output)
      for (let payload = this.#reader.next(); payload !== undefined; payload = this.#reader.next()) {
        if (this.#ended !== undefined) this.#fail('something behind END_RESPONSE')
        const message = responseMessage(payload)
        const chunk = message === MESSAGE.SEND_BODY_CHUNK ? decodeChunk(payload) : undefined
        this.#phase = responseReceived(this.#phase, message, chunk?.length)
        if (message === MESSAGE.SEND_HEADERS) this.#isHead = decodeSendHeaders(payload).status < 200
        else if (message === MESSAGE.GET_BODY_CHUNK) {
          decodeGetBody(payload, PACKET_BYTES)
          this.#asked++
        } else if (message === MESSAGE.END_RESPONSE) {
          this.#answers++
          this.#ended = decodeEnd(payload)
        }
      }
    } catch (error) {
      if (error instanceof FuzzFailure) throw error
      this.#fail(`the web server got ${error}: ${output.toString('hex').slice(0, 200)}`)
    }
    if (this.#isHead) this.#fail('an interim status')
  }

  async #until(what: string, isTrue: () => boolean): Promise<void> {
    const deadline = performance.now() + 20_000
    while (!isTrue()) {
      if (performance.now() > deadline) this.#fail(what)
      await nextTurn()
    }
  }

  #judge(): void {
    for (const { url, announced, bytes, isComplete } of this.#seen) {
      if (url.startsWith(FORGED)) this.#fail('a request from inside of a body was executed')
      if (isComplete && announced !== undefined && Number(announced) !== bytes)
        this.#fail(`a body of ${bytes} bytes was taken for one of ${announced}`)
    }
  }

  /** Behaves in all the ways there are. */
  #app(request: IncomingMessage, response: ServerResponse): void {
    const random = this.#random
    const seen: Seen = {
      url: request.url!,
      announced: request.headers['content-length'],
      bytes: 0,
      isComplete: false,
    }
    this.#seen.push(seen)
    request.on('error', () => {})
    const answer = () => {
      // Before the body has been read, and not once more.
      if (response.writableEnded || response.headersSent) return
      switch (random.below(5)) {
        case 0:
          response.end()
          break
        case 1:
          response.write('in ')
          setImmediate(() => response.end('pieces'))
          break
        case 2:
          response.flushHeaders()
          process.nextTick(() => response.end(Buffer.alloc(random.below(40_000))))
          break
        default:
          response.setHeader('X-A', 'b')
          response.end('answer')
      }
    }
    if (random.chance(4)) {
      answer()
      return
    }
    request.on('data', (chunk: Buffer) => {
      seen.bytes += chunk.length
      if (!random.chance(6)) return
      request.pause()
      setImmediate(() => request.resume())
    })
    request.on('end', () => {
      seen.isComplete = true
      answer()
    })
    if (random.chance(8)) setImmediate(answer)
    else if (random.chance(30)) setImmediate(() => response.destroy())
  }
}
