/**
 * Mutated answers from the backend against the whole engine, with a strict client in front. Whatever a backend sends:
 * the client gets a well-formed answer that llhttp reads in the same bytes, too, or sees that it is cut; and the next
 * request gets an answer of its own.
 */
import { createServer, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ClientConnection } from '../../src/balancer/front/client-connection.ts'
import { ClientReadBuffers } from '../../src/balancer/front/read-buffers.ts'
import { type Engine, startEngine } from '../../src/balancer/testing/engine.ts'
import { type Answer, StrictAnswers } from '../corpus/strict-answers.ts'
import { type AnswerOpinion, readAnswer } from '../differential/response-oracle.ts'
import type { Owner } from '../kit/owner.ts'
import { campaign, FuzzFailure, type FuzzOptions, type FuzzReport } from './campaign.ts'
import { FakeSocket } from './fake-socket.ts'
import { cutUp, mutate } from './mutate.ts'
import type { Random } from './random.ts'
import { responseSeeds } from './seeds.ts'

const LANES = 16
const HANG_MS = 30_000

export async function fuzzResponses(owner: Owner, options: FuzzOptions): Promise<FuzzReport> {
  const seeds = responseSeeds()
  const stages = await Promise.all(
    Array.from({ length: LANES }, (_, lane) => Stage.start(owner, `127.0.2.${lane + 1}`)),
  )
  return campaign(options, LANES, async (random, index, lane) => {
    const text = mutate(seeds, random)
    const fail = (what: string): never => {
      throw new FuzzFailure(what, text, options.seed, index)
    }
    const method = random.chance(8) ? 'HEAD' : 'GET'
    const stage = stages[lane]!
    const played = (await stage.play(text, method, random)) ?? fail('the exchange does not end')
    const { answer, violations, next } = played
    if (played.output.includes('LB_INTERNAL')) fail('an exception in the balancer')
    if (violations.length > 0) fail(`the client saw: ${violations} in ${JSON.stringify(played.output)}`)
    if (next !== undefined && next !== 'ok') fail(`the next request got ${next}`)
    if (answer?.isComplete !== true) return 'cut'
    if (answer.status >= 500 && answer.fields.some(([name]) => name === 'x-clowder-error')) return 'refused'
    // A reset may take along what was sent before it, and libuv then reports an ordinary end (uv__stream_io).
    if (played.wasReset) return 'passed on, then reset'
    const theirs = await readAnswer(text, method)
    if (theirs.status !== answer.status || theirs.body !== answer.body || !theirs.isComplete) {
      if (!isIntended(text, theirs))
        fail(`${answer.status} ${JSON.stringify(answer.body)} is ${JSON.stringify(theirs)} to llhttp`)
    }
    return 'passed on'
  })
}

/** Where we take more than llhttp, and why that is no second reading of the same bytes. */
const intended: readonly [reason: string, isIt: (text: string, theirs: AnswerOpinion) => boolean][] = [
  [
    'a length said twice is a length (RFC 9110 8.6)',
    (text, { error }) => error === 'HPE_UNEXPECTED_CONTENT_LENGTH' && countOf(text, /^content-length:/gim) > 1,
  ],
  [
    'chunks outweigh a length, whose connection is not used again (RFC 9112 6.3)',
    (text, { error }) => /LENGTH|TRANSFER_ENCODING/.test(error ?? '') && countOf(text, /^transfer-encoding:/gim) > 0,
  ],
  [
    'a tab behind a value is not part of it (RFC 9112 5.1); llhttp forgets that behind a length and `chunked`',
    (text) => /^(?:content-length|transfer-encoding):.*\t[ \t]*\r\n/im.test(text),
  ],
  [
    'what an interim answer says of its connection is for the final one to say',
    (text, { error }) => error === 'HPE_CLOSED_CONNECTION' && /^HTTP\/1\.[01] 1\d\d/.test(text),
  ],
]

function isIntended(text: string, theirs: AnswerOpinion): boolean {
  return intended.some(([, isIt]) => isIt(text, theirs))
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

interface Played {
  readonly output: string
  readonly answer: Answer | undefined
  readonly violations: readonly string[]
  /** `ok`, what was wrong with the next answer, or undefined when there could be none. */
  readonly next: string | undefined
  readonly wasReset: boolean
}

/** An engine and a backend at an address of its own, since each has only so many ports. */
class Stage {
  readonly #engine: Engine
  readonly #backend: Backend

  private constructor(engine: Engine, backend: Backend) {
    this.#engine = engine
    this.#backend = backend
  }

  static async start(owner: Owner, host: string): Promise<Stage> {
    const backend = new Backend()
    const backendPort = await backend.listen(owner, host)
    const engine = await startEngine(owner, { backendPort, connection: { host } })
    return new Stage(engine, backend)
  }

  async play(text: string, method: string, random: Random): Promise<Played | undefined> {
    const { front, pool, port } = this.#engine
    const backend = this.#backend
    const socket = new FakeSocket(random, random.chance(4) ? 3 : 0)
    const facts = { address: '127.0.0.1', port: 1, localPort: port, encrypted: false }
    socket.connection = new ClientConnection(socket.asSocket(), facts, front, new ClientReadBuffers())
    backend.prepare(text, random)
    socket.send(Buffer.from(`${method} /vector HTTP/1.1\r\nHost: a\r\n\r\n`))
    const isOver = () => socket.closed || socket.ended || this.#answer(socket.output, method) !== undefined
    const isAtRest = () => backend.isDone && pool.connected === pool.idle
    if (!(await turnUntil(() => isOver() && isAtRest()))) return undefined
    const { output } = socket
    const isClosed = socket.ended && !socket.closed
    const { answers, violations } = new StrictAnswers(output, [method], isClosed)
    let next: string | undefined
    if (!socket.ended && !socket.closed) {
      socket.send(Buffer.from('GET /next HTTP/1.1\r\nHost: a\r\n\r\n'))
      const own = () => this.#answer(socket.output.slice(output.length), 'GET')
      if (!(await turnUntil(() => socket.closed || socket.ended || own() !== undefined))) return undefined
      const { status, body } = own() ?? { status: 0, body: '' }
      next = status === 200 && body === '/next' ? 'ok' : `${status} ${body}`
    }
    if (!socket.closed) socket.finish()
    if (!(await turnUntil(() => socket.closed))) return undefined
    return { output, answer: answers[0], violations, next, wasReset: backend.wasReset }
  }

  /** A complete answer, if there is one. */
  #answer(output: string, method: string): Answer | undefined {
    const { answers } = new StrictAnswers(output, [method], false)
    return answers[0]?.isComplete === true ? answers[0] : undefined
  }
}

async function turnUntil(condition: () => boolean): Promise<boolean> {
  const deadline = performance.now() + HANG_MS
  while (!condition()) {
    if (performance.now() > deadline) return false
    await nextTurn()
  }
  return true
}

/** Sends the text to who asks for `/vector`, cut up, and ends in some way; answers others with what they asked for. */
class Backend {
  /** The text is sent and its connection is closed. */
  isDone = true
  wasReset = false
  #text = ''
  #random: Random | undefined

  prepare(text: string, random: Random): void {
    this.isDone = false
    this.wasReset = false
    this.#text = text
    this.#random = random
  }

  async listen(owner: Owner, host: string): Promise<number> {
    const sockets = new Set<Socket>()
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      sockets.add(socket)
      let isOurs = false
      socket.on('data', (bytes: Buffer) => {
        for (const [, path = ''] of bytes.toString('latin1').matchAll(/^(?:GET|HEAD) (\S+) /gm)) {
          if (path === '/vector') {
            isOurs = true
            void this.#send(socket)
          } else {
            socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`)
          }
        }
      })
      socket.on('end', () => socket.end())
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        if (isOurs) this.isDone = true
      })
    })
    await new Promise<void>((done) => server.listen(0, host, done))
    owner.after(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
    })
    return (server.address() as { port: number }).port
  }

  async #send(socket: Socket): Promise<void> {
    const random = this.#random!
    for (const piece of cutUp(this.#text, random)) {
      if (socket.destroyed) return
      socket.write(Buffer.from(piece, 'latin1'))
      if (random.chance(4)) await nextTurn()
    }
    this.wasReset = random.chance(4)
    if (this.wasReset) socket.resetAndDestroy()
    else socket.end()
  }
}
