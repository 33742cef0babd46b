/**
 * What keeping sessions costs the workers, asked directly: a page without a session, one that reads it, one that writes it.
 * The differences to the first are the price of finding a session, and of changing, storing and replicating it. All of
 * ours and express-session's stand on the same bare `node:http` app, which is what the first page shows.
 */
import { type Contender, contest, type Sample, voidContestants } from '../contest.ts'
import { sessionHead } from '../load/heads.ts'
import { startSessionWorkers } from '../peers/node-programs.ts'
import type { Backend } from '../peers/peer.ts'
import { missingRedis, startRedis } from '../peers/redis.ts'
import { missingTomcat } from '../peers/tomcat.ts'
import { startTomcatCluster } from '../peers/tomcat-cluster.ts'
import type { RootProcess } from '../proc/tree.ts'
import { type Bench, type Findings, type Optional, present, type Scenario } from '../scenario.ts'
import { assertCounts, assertKept, assertReplicated, type Count, createSessions } from '../sessions.ts'
import { freePort, type Site } from '../site.ts'
import { median } from '../statistics.ts'
import { type Column, figure, type Table } from '../table.ts'
import { contestOptions, plain } from './proxy.ts'

const ROUTES = ['worker1', 'worker2'] as const
const CONNECTIONS = 64
const SESSIONS_PER_WORKER = 500
/** For the app that has none: a cookie as long as those of the others. */
const NO_SESSION = { session: '0123456789ABCDEF0123456789ABCDEF.worker1' }

interface Workers {
  readonly workers: readonly Backend[]
  /** The workers, and whatever else keeps their sessions. */
  readonly roles: readonly RootProcess[]
}

interface WorkersContestant extends Optional {
  readonly label: string
  readonly warmups: number
  readonly sessions: boolean
  /** Stands on the bare `node:http` app. */
  readonly isOnNode: boolean
  start(site: Site): Promise<Workers>
}

const BARE = 'node:http, no sessions'

const CONTESTANTS: readonly WorkersContestant[] = [
  {
    key: 'node-http',
    label: BARE,
    warmups: 2,
    sessions: false,
    isOnNode: true,
    missing: () => undefined,
    start: (site) => startSessionWorkers(site, 'bare', ROUTES),
  },
  clowderContestant('clowder', 'asynchronous'),
  clowderContestant('clowder-sync', 'synchronised'),
  {
    key: 'express-session',
    label: 'express-session, Redis',
    warmups: 2,
    sessions: true,
    isOnNode: true,
    missing: () => missingPackages('express-session', 'connect-redis', 'redis') ?? missingRedis(),
    async start(site) {
      const redis = await startRedis(site)
      const { workers, roles } = await startSessionWorkers(site, 'express-session', ROUTES, () => [String(redis.port)])
      return { workers, roles: [...roles, ...redis.pids().map((pid) => ({ role: 'redis', pid }))] }
    },
  },
  tomcatContestant('tomcat', 'asynchronous', 8),
  tomcatContestant('tomcat-sync', 'synchronised', 6),
]

function clowderContestant(key: string, mode: string): WorkersContestant {
  return {
    key,
    label: `clowder, ${mode}`,
    warmups: 2,
    sessions: true,
    isOnNode: true,
    missing: () => undefined,
    async start(site) {
      const ports = [await freePort(), await freePort()]
      const channels = (index: number) => [String(ports[index]), String(ports[1 - index])]
      return startSessionWorkers(site, 'clowder', ROUTES, (index) => [mode, ...channels(index)])
    },
  }
}

function tomcatContestant(key: string, mode: string, channelSendOptions: number): WorkersContestant {
  return {
    key,
    label: `Tomcat, DeltaManager, ${mode}`,
    warmups: 4,
    sessions: true,
    isOnNode: false,
    missing: missingTomcat,
    async start(site) {
      const tomcats = await startTomcatCluster(site, ROUTES, channelSendOptions)
      const roles = tomcats.flatMap((tomcat) => tomcat.pids().map((pid) => ({ role: 'worker', pid })))
      return { workers: tomcats, roles }
    },
  }
}

export const sessionMiddleware: Scenario = {
  name: 'session-middleware',
  about: 'CPU of two workers per request without a session, reading one, and writing one that is replicated',
  run: (bench) => run(bench, ROUTES.length),
}

export const sessionPeer: Scenario = {
  name: 'session-peer',
  about: 'the same with all requests at one worker: CPU of both per request, the other one only takes copies',
  run: (bench) => run(bench, 1),
}

/** `loaded`: so many of the workers get requests; the CPU of all counts. */
async function run(bench: Bench, loaded: number): Promise<Findings> {
  const { kept, absent } = present(CONTESTANTS, bench)
  const contenders: Contender[] = []
  const proofs: (() => Promise<unknown>)[] = []
  for (const contestant of kept) {
    bench.say(`starting ${contestant.key}`)
    const { workers, roles } = await contestant.start(bench.site)
    const { label, warmups } = contestant
    const sessions = contestant.sessions ? await sessionsOf(contestant.key, workers) : undefined
    // The same cookie for all three pages: reading its field is no cost of sessions.
    const load = (path: string) =>
      workers.slice(0, loaded).map(({ port }, index) => ({
        port,
        heads: (sessions?.[index] ?? [NO_SESSION]).map(({ session }) => sessionHead(path, session)),
      }))
    contenders.push({ name: plainName(label), measured: roles, groups: load('/plain'), warmups })
    if (sessions === undefined) continue
    contenders.push({ name: readName(label), measured: roles, groups: load('/read'), warmups })
    let requests = 0
    contenders.push({
      name: countName(label),
      measured: roles,
      groups: load('/count'),
      warmups,
      loaded: (made) => {
        requests += made
      },
    })
    proofs.push(() => assertKept(contestant.key, sessions.flat(), requests, workers))
  }
  const connections = bench.arguments.connections ?? CONNECTIONS
  const result = await contest(contenders, await contestOptions(bench, connections))
  for (const prove of proofs) await prove()
  return {
    tables: [tableOf(kept, result, loaded, connections, absent)],
    data: plain(result),
    voided: voidContestants(result),
  }
}

/** Per worker, after the proof that the workers do keep sessions. */
async function sessionsOf(key: string, workers: readonly Backend[]): Promise<readonly Count[][]> {
  const [first, second] = workers
  await assertCounts(key, first!.port)
  await assertReplicated(key, first!.port, second!.port)
  await assertReplicated(key, second!.port, first!.port)
  return Promise.all(workers.map(({ port }) => createSessions(port, SESSIONS_PER_WORKER)))
}

function tableOf(
  kept: readonly WorkersContestant[],
  result: ReadonlyMap<string, readonly (Sample | undefined)[]>,
  loaded: number,
  connections: number,
  absent: readonly string[],
): Table {
  const right = (title: string): Column => ({ title, align: 'right' })
  const bare = result.get(plainName(BARE)) ?? []
  return {
    title: `GET /plain, /read and /count on ${loaded === 1 ? 'one of two' : 'two'} workers, ${SESSIONS_PER_WORKER} sessions each, ${connections} connections`,
    columns: [
      { title: 'contestant' },
      right('no session, µs/request'),
      right('session read, µs more'),
      right('session written, µs more'),
      right('read, above bare'),
      right('written, above bare'),
      right('of it outside the workers µs'),
      right('requests/s with session'),
      right('p99 ms with session'),
      right('void'),
    ],
    rows: kept.map(({ label, isOnNode }) => {
      const without = result.get(plainName(label)) ?? []
      const written = result.get(countName(label)) ?? []
      const read = result.get(readName(label)) ?? []
      const above = (bases: typeof without, samples: typeof without) =>
        samples.map((sample, round) => {
          const base = bases[round]
          return sample === undefined || base === undefined ? undefined : sample.cpuUsPerRequest - base.cpuUsPerRequest
        })
      return [
        label,
        figure(median(without.map((sample) => sample?.cpuUsPerRequest))),
        figure(median(above(without, read))),
        figure(median(above(without, written))),
        figure(isOnNode ? median(above(bare, read)) : undefined),
        figure(isOnNode ? median(above(bare, written)) : undefined),
        figure(median(written.map((sample) => sample && sample.cpuUsPerRequest - (sample.cpuUsByRole.worker ?? 0)))),
        figure(median(written.map((sample) => sample?.requestsPerSecond))),
        figure(median(written.map((sample) => sample?.p99Ms))),
        String([...without, ...read, ...written].filter((sample) => sample === undefined).length),
      ]
    }),
    notes: [
      'all requests carry a session cookie; µs more: CPU of both workers, and of what else keeps the sessions, above a request without a session',
      'above bare: the same above the page of `node:http` without sessions, in the same round',
      'clowder and Tomcat hold every session in both workers; Redis holds it in one process, which is counted',
      ...absent,
    ],
  }
}

function plainName(label: string): string {
  return `${label}: /plain`
}

function readName(label: string): string {
  return `${label}: /read`
}

function countName(label: string): string {
  return `${label}: /count`
}

function missingPackages(...names: string[]): string | undefined {
  const missing = names.filter((name) => {
    try {
      import.meta.resolve(name)
      return false
    } catch {
      return true
    }
  })
  return missing.length === 0 ? undefined : `not installed: npm install --no-save ${missing.join(' ')}`
}
