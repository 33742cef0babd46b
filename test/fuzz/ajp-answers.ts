/**
 * Mutated packets of a container against the client end of AJP, without a network. Whatever a container sends: the client
 * gets the answer that a plain reading of the same packets gives, or sees that there is none; and the next request gets an
 * answer of its own, on the same connection only where nothing was in doubt.
 */
import {
  decodeChunk,
  decodeEnd,
  decodeGetBody,
  decodeSendHeaders,
  MAGIC,
  MESSAGE,
  MIN_PACKET_BYTES,
  responseMessage,
} from '../../src/ajp/index.ts'
import { fixtures } from '../../src/ajp/testing/fixtures.ts'
import { mutated } from '../../src/ajp/testing/mutate.ts'
import type { BackendSocket } from '../../src/balancer/ajp-socket.ts'
import { ConnectionPool } from '../../src/balancer/connection-pool.ts'
import { AjpConnection } from '../../src/balancer/forward-ajp.ts'
import {
  answer,
  CPONG,
  chunk,
  END,
  FLUSH,
  getBody,
  head,
  headOfLength,
} from '../../src/balancer/testing/ajp-packets.ts'
import { AjpStage, type Asked, type AskOptions, exchangeOf, FakeSocket } from '../../src/balancer/testing/ajp-stage.ts'
import { parseResponseHead } from '../../src/http1/index.ts'
import type { Owner } from '../kit/owner.ts'
import { campaign, FuzzFailure, type FuzzOptions, type FuzzReport } from './campaign.ts'
import type { Random } from './random.ts'

const LANES = 4
/** Longer than every limit: what is not over by then never is. */
const FOR_EVER_MS = 400_000
/** Cases between two turns of the event loop. */
const BATCH = 100

const REQUESTS: readonly AskOptions[] = [
  { method: 'GET' },
  { method: 'HEAD' },
  { method: 'POST', fields: 'Host: a\r\nContent-Length: 9\r\n', body: 'test=data' },
  { method: 'POST', fields: 'Host: a\r\nContent-Length: 20000\r\n', body: 'x'.repeat(20_000) },
  { method: 'POST', fields: 'Host: a\r\nTransfer-Encoding: chunked\r\n', body: 'abc' },
  { method: 'POST', fields: 'Host: a\r\nTransfer-Encoding: chunked\r\n', body: 'abc', bodyEnds: false },
]

export async function fuzzAjpAnswers(_owner: Owner, options: FuzzOptions): Promise<FuzzReport> {
  const packets = seedPackets()
  const answers = seedAnswers()
  const lanes = Array.from({ length: LANES }, () => new Lane())
  return campaign(options, LANES, async (random, index, number) => {
    if (index % BATCH === 0) await new Promise((done) => setImmediate(done))
    const says = damage(random, answers, packets)
    const fail = (what: string): never => {
      throw new FuzzFailure(what, says.toString('latin1'), options.seed, index)
    }
    return lanes[number]!.play(says, random.pick(REQUESTS), random, fail)
  })
}

/** Single packets, to be put in between. */
function seedPackets(): Buffer[] {
  const own = [head(), headOfLength(2), chunk('ok'), chunk('x'.repeat(8_184)), FLUSH, END, getBody(), CPONG]
  const all = [...fixtures(''), ...fixtures('live/')].flatMap((each) => each.packets)
  return [...own, ...all.filter(({ dir }) => dir === 'S>C').map(({ bytes }) => bytes)]
}

/** Whole answers: what a container said behind one request. */
function seedAnswers(): Buffer[] {
  const found: Buffer[] = [
    answer(),
    answer('x'.repeat(5_000)),
    Buffer.concat([head(), FLUSH, chunk('a'), chunk('b'), END]),
  ]
  for (const { name, packets } of [...fixtures(''), ...fixtures('live/')]) {
    if (/^(m\d|jk-|px-)/.test(name)) continue
    let said: Buffer[] = []
    for (const { dir, payload, bytes } of packets) {
      if (dir === 'S>C') said.push(bytes)
      else if (payload[0] === MESSAGE.FORWARD_REQUEST) {
        if (said.length > 0) found.push(Buffer.concat(said))
        said = []
      }
    }
    if (said.length > 0) found.push(Buffer.concat(said))
  }
  return found
}

function damage(random: Random, answers: readonly Buffer[], packets: readonly Buffer[]): Buffer {
  let says = random.pick(answers)
  const draw = () => random.below(0x1_0000_0000)
  // Packets in the wrong place, which are right by themselves.
  while (random.chance(2)) {
    const cuts = packetStarts(says)
    const at = random.pick(cuts)
    const packet = random.pick(packets)
    if (random.chance(3))
      says = Buffer.concat([says.subarray(0, at), says.subarray(Math.min(says.length, at + packet.length))])
    else says = Buffer.concat([says.subarray(0, at), packet, says.subarray(at)])
  }
  return random.chance(3) ? says : mutated(says, draw)
}

/** Where packets begin, as far as they are right, and the end. */
function packetStarts(bytes: Buffer): number[] {
  const starts: number[] = []
  let at = 0
  while (at + 4 <= bytes.length) {
    starts.push(at)
    at += 4 + bytes.readUInt16BE(at + 2)
  }
  starts.push(Math.min(at, bytes.length))
  return starts
}

/** What the packets say to somebody who reads them one by one when all are there. */
interface Reading {
  readonly kind: 'answer' | 'nothing'
  readonly status?: number
  readonly body?: string
  readonly mayReuse?: boolean
  /** Content-Length that is not met. */
  readonly isShort?: boolean
}

/** Chunks count as far as they have come: their data is passed on before the rest of the packet is there. */
function read(bytes: Buffer, method: string): Reading {
  let status = 0
  let left = -1
  let isBodyless = false
  let body = ''
  let hasSurplus = false
  const take = (data: string): void => {
    if (isBodyless) return
    const kept = left === -1 ? data : data.slice(0, left)
    if (kept.length < data.length) hasSurplus = true
    if (left !== -1) left -= kept.length
    body += kept
  }
  try {
    for (let at = 0; at + 4 < bytes.length; ) {
      const announced = bytes.readUInt16BE(at + 2)
      const end = at + 4 + announced
      if (bytes.readUInt16BE(at) !== MAGIC.RESPONSE || end - at > MIN_PACKET_BYTES) break
      const payload = bytes.subarray(at + 4, end)
      at = end
      const isCut = end > bytes.length
      const message = isCut ? payload[0] : responseMessage(payload)
      if (message === MESSAGE.SEND_BODY_CHUNK) {
        const length = payload.readUInt16BE(1)
        const behind = announced - 3 - length
        if ((behind !== 0 && behind !== 1) || (status === 0 && length > 0)) break
        take(payload.toString('latin1', 3, 3 + length))
        if (isCut) break
        decodeChunk(payload)
      } else if (isCut) {
        break
      } else if (message === MESSAGE.SEND_HEADERS) {
        if (status !== 0) break
        const answerHead = decodeSendHeaders(payload)
        status = answerHead.status
        isBodyless = method === 'HEAD' || status === 204 || status === 205 || status === 304
        left = isBodyless ? 0 : answerHead.bodyLength
      } else if (message === MESSAGE.GET_BODY_CHUNK) {
        decodeGetBody(payload, MIN_PACKET_BYTES)
      } else if (message === MESSAGE.END_RESPONSE) {
        if (status === 0) break
        const mayReuse = decodeEnd(payload) && !hasSurplus && end === bytes.length
        return { kind: 'answer', status, body, mayReuse, isShort: left > 0 }
      } else break
    }
  } catch {
    // What is wrong ends the reading; a complete answer may have come before.
  }
  return status !== 0 && left === 0 ? { kind: 'answer', status, body, mayReuse: false } : { kind: 'nothing' }
}

/** A pool of one connection, whose sockets are ours. */
class Lane {
  readonly #stage = new AjpStage()
  readonly #pool: ConnectionPool
  #socket: FakeSocket | undefined
  #count = 0

  constructor() {
    const { target, deadlines } = this.#stage
    this.#stage.connection.close()
    this.#pool = new ConnectionPool(
      { size: 1, minSize: 1, idleTimeoutMs: 0, acquireTimeoutMs: 0 },
      (owner) =>
        new AjpConnection(target, deadlines, owner, (_target, buffers, arrived) => {
          this.#socket = new FakeSocket(buffers, arrived)
          return this.#socket as unknown as BackendSocket
        }),
      deadlines,
    )
  }

  play(says: Buffer, request: AskOptions, random: Random, fail: (what: string) => never): string {
    const { asked, socket } = this.#ask({ ...request, replyTimeoutMs: 300_000 })
    asked.client.isSlow = random.chance(5)
    for (const piece of pieces(says, random)) {
      socket.feed(piece)
      if (random.chance(10)) this.#stage.clock.advance(7)
      if (asked.client.isSlow && !asked.exchange.finished) asked.exchange.answerDrained()
    }
    asked.client.isSlow = false
    asked.exchange.answerDrained()
    const isReused = this.#pool.idle === 1
    if (random.chance(2)) socket.end()
    this.#stage.clock.advance(10)
    if (asked.client.outcome === 'open') this.#stage.clock.advance(FOR_EVER_MS)
    // The container waits for the client, and this one sends nothing more: the front would end it.
    const isClientsTurn = asked.client.outcome === 'open' && request.bodyEnds === false
    if (isClientsTurn) asked.exchange.abort()
    if (this.#pool.connected !== this.#pool.idle) {
      // Its answer is out and its end is not: the connection must not serve anyone before.
      this.#stage.clock.advance(FOR_EVER_MS)
      if (this.#pool.connected !== this.#pool.idle) fail('a connection that nobody uses is not idle')
    }
    const outcome = isClientsTurn ? 'given up' : this.#judge(asked, says, request, isReused, fail)
    this.#next(fail)
    return outcome
  }

  #judge(
    { client }: Asked,
    says: Buffer,
    request: AskOptions,
    isReused: boolean,
    fail: (what: string) => never,
  ): string {
    const { method = 'GET', bodyEnds = true } = request
    const expected = read(says, method)
    if (client.outcome === 'open') fail('the exchange does not end')
    if (client.outcome !== 'complete') {
      if (
        expected.kind === 'answer' &&
        expected.isShort === false &&
        expected.mayReuse &&
        bodyEnds &&
        !says.includes(GET_BODY)
      )
        fail(`a good answer ends as ${client.outcome}`)
      return client.head === '' ? 'refused' : 'cut'
    }
    try {
      // HTTP leaves it to clients what they make of a status beyond 599 (RFC 9110 15).
      parseResponseHead(client.head.replace(/ [6-9]\d\d /, ' 200 '), {
        headBytes: 1e6,
        headerCount: 1e5,
        targetBytes: 1,
      })
    } catch (error) {
      fail(`a head that is none: ${JSON.stringify(client.head)} ${error}`)
    }
    if (client.framing === 'length' && client.length !== client.body.length)
      fail(`${client.body.length} bytes of ${client.length}`)
    if (client.framing === 'none' && client.body !== '') fail('a body where none may be')
    if (expected.kind !== 'answer') fail(`an answer where there is none: ${client.status}`)
    if (client.status !== expected.status) fail(`status ${client.status}, not ${expected.status}`)
    if (client.body !== expected.body) fail('another body')
    if (expected.isShort) fail('a short answer looks complete')
    if (isReused && !expected.mayReuse) fail('a connection in doubt is used again')
    return isReused ? 'complete, reused' : 'complete, closed'
  }

  /** Whatever was before: a request that gets its own answer. */
  #next(fail: (what: string) => never): void {
    const body = `next ${this.#count++}`
    const { asked, socket } = this.#ask({ replyTimeoutMs: 1_000 })
    const [request, ...more] = socket.packets()
    if (request?.[0] !== MESSAGE.FORWARD_REQUEST || more.length > 0) fail('the next request is not one packet')
    socket.feed(answer(body))
    const { client } = asked
    if (client.outcome !== 'complete' || client.body !== body)
      fail(`the next request got ${client.outcome} ${client.body}`)
    if (this.#pool.idle !== 1) fail('a good connection is not kept')
  }

  #ask(options: AskOptions): { asked: Asked; socket: FakeSocket } {
    const asked = exchangeOf(options)
    const before = this.#socket
    if (before !== undefined) before.written = []
    this.#pool.carry(asked.exchange, false)
    const socket = this.#socket!
    if (socket !== before) socket.connect()
    // A POST after a long pause is preceded by a CPing.
    if (Buffer.concat(socket.written).toString('hex') === '123400010a') {
      socket.written = []
      socket.feed(CPONG)
    }
    return { asked, socket }
  }
}

const GET_BODY = Buffer.from('4142000306', 'hex')

function pieces(bytes: Buffer, random: Random): Buffer[] {
  if (random.chance(3)) return [bytes]
  const found: Buffer[] = []
  const most = random.pick([1, 2, 10, 100, 5_000])
  for (let at = 0; at < bytes.length && found.length < 300; ) {
    const end = found.length === 299 ? bytes.length : at + 1 + random.below(most)
    found.push(bytes.subarray(at, end))
    at = end
  }
  return found
}
