/**
 * Plays answers of the corpus against the whole engine: a scripted backend behind, a strict client in front, and two
 * further requests that must get answers of their own, on the same client connection and on another.
 */
import { createServer, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Engine, startEngine } from '../../src/balancer/testing/engine.ts'
import type { Owner } from '../kit/owner.ts'
import { until } from '../kit/until.ts'
import type { ResponseVector } from '../kit/vectors.ts'
import { Probe } from './probe.ts'
import { type Answer, StrictAnswers } from './strict-answers.ts'
import { StrictRequests } from './strict-requests.ts'

/** How the backend sends and ends. */
export interface Manner {
  readonly cut: 'whole' | 'byte by byte'
  readonly end: 'at once' | 'later'
}

/** Bytes sent one by one; longer answers follow in one piece. */
const SINGLE_BYTES = 400
/** "A little later": long enough for the next request to meet the connection. */
const LATER_MS = 30
const HELD_MS = 300

interface Next {
  readonly answer: Answer | undefined
  readonly violations: readonly string[]
}

export interface PlayedResponse {
  readonly answer: Answer | undefined
  readonly violations: readonly string[]
  /** Everything the client received for the vector. */
  readonly bytes: string
  readonly isEnded: boolean
  /** Requests that the backend connection took after its answer. */
  readonly reused: number
  /** Undefined when the connection had been closed. */
  readonly onSame: Next | undefined
  readonly onOther: Next
}

export class ResponsePlayer {
  readonly #engine: Engine
  readonly #stage: Stage

  private constructor(engine: Engine, stage: Stage) {
    this.#engine = engine
    this.#stage = stage
  }

  static async start(owner: Owner): Promise<ResponsePlayer> {
    const stage = new Stage()
    const backendPort = await stage.listen(owner)
    const engine = await startEngine(owner, {
      backendPort,
      dispatch(exchange, pool) {
        exchange.server = {
          // As every worker does: a connection that had ended unnoticed is no failure.
          failed: (_, failure) => {
            if (failure.staleConnection) pool.carry(exchange, true)
            else exchange.refuse(failure.code)
          },
          finished() {},
        }
        pool.carry(exchange, false)
      },
    })
    return new ResponsePlayer(engine, stage)
  }

  async play(vector: ResponseVector, manner: Manner): Promise<PlayedResponse> {
    const scene = this.#stage.prepare(vector, manner)
    const probe = await Probe.open(this.#engine.port)
    probe.send(`${vector.method} /vector HTTP/1.1\r\nHost: a\r\n\r\n`)
    const first = () => new StrictAnswers(probe.received, [vector.method], probe.ending === 'end')
    // What the backend sends in pieces may be long in coming, and nothing of it may pass until it is there. And where it
    // sends on behind its answer, the next request comes when it is done with that: what arrives later than the request
    // itself is an answer to it for all that anyone can know.
    if (manner.cut === 'byte by byte') await until('the backend has sent all', () => scene.isSent, { everyMs: 1 })
    await probe.settle(() => probe.isEnded || first().answers.some((answer) => answer.isComplete), HELD_MS)
    const { answers, violations } = first()
    const bytes = probe.received
    const isEnded = probe.isEnded
    const onSame = isEnded ? undefined : await this.#next(probe, '/same', bytes.length)
    const other = await Probe.open(this.#engine.port)
    const onOther = await this.#next(other, '/other', 0)
    probe.destroy()
    other.destroy()
    await until('the backend has ended its answer', () => scene.isEnded, { everyMs: 1 })
    await until('the pool is at rest', () => this.#engine.pool.connected === this.#engine.pool.idle, { everyMs: 1 })
    return { answer: answers[0], violations, bytes, isEnded, reused: scene.reused, onSame, onOther }
  }

  async #next(probe: Probe, path: string, from: number): Promise<Next> {
    probe.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
    const read = () => new StrictAnswers(probe.received.slice(from), ['GET'], probe.ending === 'end')
    await probe.settle(() => probe.isEnded || read().answers.some((answer) => answer.isComplete), 2_000)
    const { answers, violations } = read()
    return { answer: answers[0], violations }
  }
}

/** One vector on the backend. */
interface Scene {
  readonly vector: ResponseVector
  readonly manner: Manner
  /** The connection on which it is played. */
  socket: Socket | undefined
  isSent: boolean
  isEnded: boolean
  reused: number
}

/** The backend: plays the vector to whoever asks for `/vector`, and answers others with the path they asked for. */
class Stage {
  #scene: Scene | undefined

  prepare(vector: ResponseVector, manner: Manner): Scene {
    this.#scene = { vector, manner, socket: undefined, isSent: false, isEnded: false, reused: 0 }
    return this.#scene
  }

  async listen(owner: Owner): Promise<number> {
    const sockets = new Set<Socket>()
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      sockets.add(socket)
      const reader = new StrictRequests()
      socket.on('data', (bytes: Buffer) => {
        const scene = this.#scene!
        for (const { target } of reader.push(bytes)) {
          if (scene.socket === socket) scene.reused++
          if (target === '/vector') void this.#play(scene, socket)
          else if (!socket.writableEnded)
            socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`)
        }
      })
      socket.on('end', () => socket.end())
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        const scene = this.#scene
        if (scene?.socket === socket) scene.isSent = scene.isEnded = true
      })
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    owner.after(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
    })
    return (server.address() as { port: number }).port
  }

  /** `isEnded` follows from the close of the socket, so that no later scene meets it. */
  async #play(scene: Scene, socket: Socket): Promise<void> {
    scene.socket = socket
    const bytes = Buffer.from(scene.vector.raw, 'latin1')
    let at = 0
    if (scene.manner.cut === 'byte by byte') {
      for (; at < Math.min(bytes.length, SINGLE_BYTES) && !socket.destroyed; at++) {
        socket.write(bytes.subarray(at, at + 1))
        await nextTurn()
      }
    }
    if (at < bytes.length && !socket.destroyed) socket.write(bytes.subarray(at))
    scene.isSent = true
    if (scene.manner.end === 'later') setTimeout(() => socket.end(), LATER_MS)
    else socket.end()
  }
}

/** What is wrong with how a vector was played, by the rules of the corpus' README; empty when its verdict is met. */
export function responseComplaints(vector: ResponseVector, played: PlayedResponse): string[] {
  const { answer, violations, bytes, isEnded, reused, onSame, onOther } = played
  const wrong = violations.map((violation) => `the client saw: ${violation}`)
  for (const text of vector.client_must_not_contain ?? []) if (bytes.includes(text)) wrong.push(`passed on ${text}`)
  const isGood = answer?.isComplete === true && answer.status < 500
  const saw = answer === undefined ? 'nothing' : `${answer.status} ${JSON.stringify(answer.body.slice(0, 40))}`
  if (answer?.isComplete !== true && !isEnded) wrong.push(`held open after ${saw}`)
  if (vector.close === true && isGood) wrong.push(`a complete answer: ${saw}`)
  if (vector.expected === 'reject' && isGood) wrong.push(`not refused: ${saw}`)
  if (vector.expected === 'accept' && !isGood) wrong.push(`not accepted: ${saw}`)
  if (isGood) {
    const bodies = [vector.client_body ?? 'ok', vector.client_body_also]
    if (answer.status !== (vector.client_status ?? 200) || !bodies.includes(answer.body)) wrong.push(`saw ${saw}`)
    for (const [name, values] of Object.entries(vector.client_headers ?? {})) {
      const seen = answer.fields.filter((field) => field[0] === name).map((field) => field[1])
      if (seen.join('\n') !== values.join('\n')) wrong.push(`${name} is ${JSON.stringify(seen)}`)
    }
  }
  if (vector.no_reuse === true && reused > 0) wrong.push('the backend connection was used again')
  const nexts: [string, string, Next | undefined][] = [
    ['/same', 'same', onSame],
    ['/other', 'other', onOther],
  ]
  for (const [path, which, next] of nexts) {
    if (next === undefined) continue
    const { answer: own, violations: found } = next
    if (own?.isComplete !== true || own.status !== 200 || own.body !== path || found.length > 0)
      wrong.push(`the next request on the ${which} connection got ${own?.status} ${own?.body} ${found}`)
  }
  return wrong
}
