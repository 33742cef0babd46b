/**
 * Plays requests of the corpus against the whole engine: a probe in front, a strict recorder behind. One player plays
 * one vector after the other; players side by side do not see each other.
 */
import { createServer, type Socket } from 'node:net'
import { createRouter } from '../../src/balancer/router.ts'
import { type Engine, startEngine } from '../../src/balancer/testing/engine.ts'
import type { Owner } from '../kit/owner.ts'
import { until } from '../kit/until.ts'
import type { RequestVector } from '../kit/vectors.ts'
import { Probe } from './probe.ts'
import { type RecordedRequest, StrictRequests } from './strict-requests.ts'

/** Quiet time after which a request without an answer counts as held open. */
const HELD_MS = 200
/** Bytes sent one by one when a vector is cut up, and the size of the pieces that follow. */
const SINGLE_BYTES = 500
const PIECE_BYTES = 1_000

export interface Played {
  /** Final statuses the client saw. */
  readonly statuses: readonly number[]
  /** The engine closed before the client did. */
  readonly closed: boolean
  readonly requests: readonly RecordedRequest[]
  readonly violations: readonly string[]
  /** Everything the backend received. */
  readonly bytes: string
}

interface BackendConnection {
  readonly reader: StrictRequests
  isOpen: boolean
}

export class RequestPlayer {
  readonly #engine: Engine
  readonly #connections: Set<BackendConnection>

  private constructor(engine: Engine, connections: Set<BackendConnection>) {
    this.#engine = engine
    this.#connections = connections
  }

  static async start(owner: Owner): Promise<RequestPlayer> {
    const connections = new Set<BackendConnection>()
    const backendPort = await startRecorder(owner, connections)
    const router = createRouter([
      { names: [], mounts: [{ pattern: '/*', worker: 'one', source: 'mount' }], access: [] },
    ])
    const engine = await startEngine(owner, {
      backendPort,
      dispatch(exchange, pool) {
        const route = router.route(exchange.host, exchange.target)
        if (route.kind === 'refused') return exchange.refuse('FRONT_BAD_PATH')
        if (route.kind === 'none') return exchange.refuse('FRONT_NOT_FOUND')
        const query = exchange.target.indexOf('?')
        exchange.forwardTarget = query === -1 ? route.forward : route.forward + exchange.target.slice(query)
        pool.carry(exchange, false)
      },
    })
    return new RequestPlayer(engine, connections)
  }

  async play(vector: RequestVector, cut: 'whole' | 'cut'): Promise<Played> {
    for (const connection of this.#connections) {
      if (connection.isOpen) connection.reader.forget()
      else this.#connections.delete(connection)
    }
    const probe = await Probe.open(this.#engine.port)
    const bytes = Buffer.from(vector.raw, 'latin1')
    if (cut === 'whole') probe.send(bytes)
    else await probe.sendPieces(piecesOf(bytes))
    const answers = Math.max(1, expectedRequests(vector))
    await probe.settle(() => {
      const statuses = finalStatuses(probe.received)
      // A refusal is followed by the end; waiting for it costs nothing where it comes.
      return probe.isEnded || (statuses.length >= answers && statuses.every((status) => status < 400))
    }, HELD_MS)
    const closed = probe.isEnded
    const statusesWhileOpen = finalStatuses(probe.received)
    // With the end of input nothing can come any more: what the engine makes of the rest ends, too.
    probe.finish()
    await until('the end of the connection', () => probe.isEnded, { everyMs: 1 })
    probe.destroy()
    await until('the engine is at rest', () => this.#isAtRest(), { everyMs: 1 })
    const readers = [...this.#connections].map(({ reader }) => reader)
    return {
      statuses: closed ? finalStatuses(probe.received) : statusesWhileOpen,
      closed,
      requests: readers.flatMap((reader) => reader.requests),
      violations: readers.flatMap((reader) => reader.violations),
      bytes: readers.map((reader) => reader.bytes).join('\n--\n'),
    }
  }

  /** No client is left, no backend connection is in use, and the backend has read or lost what it was sent. */
  #isAtRest(): boolean {
    const { front, pool } = this.#engine
    if (front.connections > 0 || pool.connected > pool.idle) return false
    return [...this.#connections].every(({ reader, isOpen }) => !isOpen || !reader.isBegun)
  }
}

async function startRecorder(owner: Owner, connections: Set<BackendConnection>): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const connection: BackendConnection = { reader: new StrictRequests(), isOpen: true }
    connections.add(connection)
    sockets.add(socket)
    socket.on('data', (bytes: Buffer) => {
      for (const request of connection.reader.push(bytes)) socket.write(answerTo(request))
      if (connection.reader.isDead) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      connection.isOpen = false
      sockets.delete(socket)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  owner.after(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((done) => server.close(done))
  })
  return (server.address() as { port: number }).port
}

function answerTo({ method }: RecordedRequest): string {
  return `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n${method === 'HEAD' ? '' : 'ok'}`
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const size = at < SINGLE_BYTES ? 1 : PIECE_BYTES
    yield bytes.subarray(at, at + size)
    at += size
  }
}

export function expectedRequests({ expected, backend_requests }: RequestVector): number {
  return expected === 'reject' ? 0 : (backend_requests ?? 1)
}

/** The corpus' answers are empty or `ok`, and error pages hold no status line: looking for those is enough. */
function finalStatuses(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.[01] (\d{3})[ \r]/g)]
    .map((match) => Number(match[1]))
    .filter((code) => code >= 200)
}

/** What is wrong with how a vector was played, by the rules of the corpus' README; empty when its verdict is met. */
export function complaints(vector: RequestVector, played: Played): string[] {
  const { statuses, closed, requests, violations, bytes } = played
  const targets = requests.map(({ method, target }) => `${method} ${target}`)
  const wrong = violations.map((violation) => `the backend saw: ${violation}`)
  for (const text of vector.backend_must_not_contain ?? []) if (bytes.includes(text)) wrong.push(`passed on ${text}`)
  if (requests.length > 0) {
    for (const text of vector.backend_must_contain ?? []) if (!bytes.includes(text)) wrong.push(`lost ${text}`)
  }
  const smuggled = vector.smuggled_path
  if (smuggled !== undefined && targets.some((target) => target.includes(smuggled))) wrong.push(`smuggled ${smuggled}`)

  const isRefused = requests.length === 0 && closed && (statuses[0] ?? 400) >= 400
  const most = expectedRequests(vector)
  switch (vector.expected) {
    case 'reject':
      if (!isRefused) wrong.push(`not refused: ${statuses} ${closed ? 'closed' : 'held open'}, backend ${targets}`)
      break
    case 'accept':
      if (statuses[0] !== 200 || requests.length !== most) wrong.push(`not accepted: ${statuses}, backend ${targets}`)
      break
    case 'normalise':
      if (requests.length > most) wrong.push(`too many requests: ${targets}`)
      break
  }
  return wrong
}
