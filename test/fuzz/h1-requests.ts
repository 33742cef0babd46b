/**
 * Mutated requests against the whole engine, with a strict recorder behind it. Whatever a client sends: the backend sees
 * well-formed requests and only those that llhttp finds in the bytes, too; the client gets well-formed answers; and when
 * the client has said its last word, the connection ends by itself.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ConnectionPool } from '../../src/balancer/connection-pool.ts'
import type { Exchange } from '../../src/balancer/exchange.ts'
import { ClientConnection } from '../../src/balancer/front/client-connection.ts'
import { ClientReadBuffers } from '../../src/balancer/front/read-buffers.ts'
import { createRouter } from '../../src/balancer/router.ts'
import { type Engine, startEngine } from '../../src/balancer/testing/engine.ts'
import { Probe } from '../corpus/probe.ts'
import { StrictAnswers } from '../corpus/strict-answers.ts'
import { intendedDifference, laxer } from '../differential/intended.ts'
import { NodeHttp } from '../differential/oracle.ts'
import type { Owner } from '../kit/owner.ts'
import { campaign, FuzzFailure, type FuzzOptions, type FuzzReport } from './campaign.ts'
import { FakeSocket } from './fake-socket.ts'
import { cutUp, mutate } from './mutate.ts'
import type { Random } from './random.ts'
import { Recorder } from './recorder.ts'
import { requestSeeds } from './seeds.ts'

const LANES = 16
/** One case in so many goes over a real connection. */
const REAL_ONE_IN = 16
/** One client in so many goes away in the middle. */
const ABORT_ONE_IN = 12
/** Time without any progress. */
const HANG_MS = 20_000

interface Played {
  readonly output: string
  /** The connection did not end in order, so the last answer may be incomplete. */
  readonly isCut: boolean
}

/** A request that was parsed, and whether a backend is to see it. */
interface Dispatched {
  readonly method: string
  readonly isForwarded: boolean
}

export async function fuzzRequests(owner: Owner, options: FuzzOptions): Promise<FuzzReport> {
  const recorder = await Recorder.listen(owner)
  const methods = new Map<string, Dispatched[]>()
  const engine = await startEngine(owner, { backendPort: recorder.port, dispatch: dispatchTo(methods) })
  const oracles = Array.from({ length: LANES }, () => new NodeHttp())
  owner.after(() => {
    for (const oracle of oracles) oracle.close()
  })
  const seeds = requestSeeds()
  return campaign(options, LANES, async (random, index, lane) => {
    const text = mutate(seeds, random)
    const fail = (what: string): never => {
      throw new FuzzFailure(what, text, options.seed, index)
    }
    const address = addressOf(index)
    const dispatched: Dispatched[] = []
    methods.set(address, dispatched)
    recorder.begin(address)
    const play = random.chance(REAL_ONE_IN) ? playReal : playFake
    const played = (await play(engine, address, text, random)) ?? fail('the connection does not end')
    const seen = recorder.end(address)
    methods.delete(address)
    if (recorder.violations.length > 0) fail(`the backend saw: ${recorder.violations}`)
    const opinion = await oracles[lane]!.read(text)
    // A path that nobody is to be asked for is answered here, and the connection goes on.
    const theirs = { ...opinion, requests: opinion.requests.filter((_, i) => dispatched[i]?.isForwarded !== false) }
    const difference = laxer(seen, theirs, () => true)
    if (difference !== undefined && intendedDifference(text, seen, theirs) === undefined) fail(difference)
    const complaints = answerComplaints(
      played,
      dispatched.map(({ method }) => method),
    )
    if (complaints.length > 0) fail(`the client saw: ${complaints} in ${JSON.stringify(played.output)}`)
    if (seen.length > 0) return `${Math.min(seen.length, 3)} forwarded`
    return /^HTTP\/1\.1 (\d+)/.exec(played.output)?.[1] ?? 'no answer'
  })
}

/** As the balancer does: paths are cleaned or refused, and a connection that had ended unnoticed is no failure. */
function dispatchTo(methods: ReadonlyMap<string, Dispatched[]>): (exchange: Exchange, pool: ConnectionPool) => void {
  const router = createRouter([{ names: [], mounts: [{ pattern: '/*', worker: 'one', source: 'mount' }], access: [] }])
  return (exchange, pool) => {
    const route = router.route(exchange.host, exchange.target === '*' ? '/' : exchange.target)
    methods.get(exchange.client.address)?.push({ method: exchange.method, isForwarded: route.kind === 'worker' })
    if (route.kind === 'refused') return exchange.refuse(route.status === 404 ? 'FRONT_HIDDEN_SLASH' : 'FRONT_BAD_PATH')
    if (route.kind === 'none') return exchange.refuse('FRONT_NOT_FOUND')
    const query = exchange.target.indexOf('?')
    if (exchange.target !== '*')
      exchange.forwardTarget = query === -1 ? route.forward : route.forward + exchange.target.slice(query)
    exchange.server = {
      failed(_, failure) {
        if (failure.staleConnection && exchange.isReplayable) pool.carry(exchange, true)
        else exchange.refuse(failure.code)
      },
      finished() {},
    }
    pool.carry(exchange, false)
  }
}

/** An address of its own for each case: it comes back in X-Forwarded-For. */
function addressOf(index: number): string {
  return `127.${1 + ((index >> 16) & 127)}.${(index >> 8) & 255}.${index & 255}`
}

/** Without a network in front: fast, and slow wherever chance wants it. */
async function playFake(engine: Engine, address: string, text: string, random: Random): Promise<Played | undefined> {
  const socket = new FakeSocket(random, random.chance(4) ? 3 : 0)
  const facts = { address, port: 1, localPort: engine.port, encrypted: false }
  const connection = new ClientConnection(socket.asSocket(), facts, engine.front, new ClientReadBuffers())
  socket.connection = connection
  const pieces = cutUp(text, random)
  const abortAt = random.chance(ABORT_ONE_IN) ? random.below(pieces.length + 1) : -1
  for (const [i, piece] of pieces.entries()) {
    if (i === abortAt) socket.abort()
    if (socket.closed) break
    socket.send(Buffer.from(piece, 'latin1'))
    if (random.chance(8)) await nextTurn()
  }
  if (abortAt === pieces.length) socket.abort()
  else if (!socket.closed) socket.finish()
  let outputBytes = -1
  let progressAt = 0
  while (!socket.closed) {
    if (socket.output.length > outputBytes) progressAt = performance.now()
    outputBytes = socket.output.length
    await nextTurn()
    if (performance.now() - progressAt > HANG_MS) return undefined
  }
  return { output: socket.output, isCut: abortAt !== -1 || !socket.ended }
}

async function playReal(engine: Engine, address: string, text: string, random: Random): Promise<Played | undefined> {
  const probe = await Probe.open(engine.port, address)
  const pieces = cutUp(text, random).map((piece) => Buffer.from(piece, 'latin1'))
  await probe.sendPieces(pieces)
  const aborts = random.chance(ABORT_ONE_IN)
  if (aborts) probe.destroy()
  else probe.finish()
  const ended = aborts || (await probe.settle(() => probe.isEnded, HANG_MS))
  probe.destroy()
  return ended ? { output: probe.received, isCut: aborts || probe.ending === 'reset' } : undefined
}

/** Whatever is refused before it is dispatched is answered last, and as a HEAD if that could be read. */
function answerComplaints({ output, isCut }: Played, dispatched: readonly string[]): string[] {
  const complaints = new StrictAnswers(output, [...dispatched, 'GET'], !isCut).violations
  if (complaints.length === 0) return complaints
  return new StrictAnswers(output, [...dispatched, 'HEAD'], !isCut).violations.length === 0 ? [] : complaints
}
