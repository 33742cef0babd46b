/**
 * What keeping sessions costs the workers: the same page with and without, asked of the workers directly. The
 * difference is the price of loading, changing, storing and replicating one session per request.
 */
import { type Contender, contest, type Sample, voidContestants } from '../contest.ts'
import { requestHead, sessionHead } from '../load/heads.ts'
import { missingClowder, startClowderUp } from '../peers/clowder.ts'
import { startSessionWorkers } from '../peers/node-programs.ts'
import type { Backend } from '../peers/peer.ts'
import { missingRedis, startRedis } from '../peers/redis.ts'
import { missingTomcat } from '../peers/tomcat.ts'
import { startTomcatCluster } from '../peers/tomcat-cluster.ts'
import type { RootProcess } from '../proc/tree.ts'
import { type Bench, type Findings, type Optional, present, type Scenario } from '../scenario.ts'
import { assertCounts, assertKept, assertReplicated, createSessions } from '../sessions.ts'
import type { Site } from '../site.ts'
import { median } from '../statistics.ts'
import { type Column, figure, type Table } from '../table.ts'
import { contestOptions, plain } from './proxy.ts'

const ROUTES = ['worker1', 'worker2'] as const
const CONNECTIONS = 64
const SESSIONS_PER_WORKER = 500

interface Workers {
  readonly workers: readonly Backend[]
  /** The workers, and whatever else keeps their sessions. */
  readonly roles: readonly RootProcess[]
}

interface WorkersContestant extends Optional {
  readonly label: string
  readonly warmups: number
  readonly sessions: boolean
  start(site: Site): Promise<Workers>
}

const CONTESTANTS: readonly WorkersContestant[] = [
  {
    key: 'node-http',
    label: 'node:http, no sessions',
    warmups: 2,
    sessions: false,
    missing: () => undefined,
    start: (site) => startSessionWorkers(site, 'bare', ROUTES),
  },
  {
    key: 'clowder',
    label: 'clowder, replicated in memory',
    warmups: 2,
    sessions: true,
    missing: () => missingClowder('up'),
    async start(site) {
      const { workers, roles } = await startClowderUp(site)
      return { workers, roles: roles.filter(({ role }) => role === 'worker') }
    },
  },
  {
    key: 'express-session',
    label: 'express-session, Redis',
    warmups: 2,
    sessions: true,
    missing: () => missingPackages('express-session', 'connect-redis', 'redis') ?? missingRedis(),
    async start(site) {
      const redis = await startRedis(site)
      const { workers, roles } = await startSessionWorkers(site, 'express-session', ROUTES, [String(redis.port)])
      return { workers, roles: [...roles, ...redis.pids().map((pid) => ({ role: 'redis', pid }))] }
    },
  },
  {
    key: 'tomcat',
    label: 'Tomcat, DeltaManager',
    warmups: 4,
    sessions: true,
    missing: missingTomcat,
    async start(site) {
      const tomcats = await startTomcatCluster(site, ROUTES)
      const roles = tomcats.flatMap((tomcat) => tomcat.pids().map((pid) => ({ role: 'worker', pid })))
      return { workers: tomcats, roles }
    },
  },
]

export const sessionMiddleware: Scenario = {
  name: 'session-middleware',
  about: 'CPU of two workers per request with and without a written, replicated session; no balancer in between',
  run,
}

async function run(bench: Bench): Promise<Findings> {
  const { kept, absent } = present(CONTESTANTS, bench)
  const contenders: Contender[] = []
  const proofs: (() => Promise<unknown>)[] = []
  for (const contestant of kept) {
    bench.say(`starting ${contestant.key}`)
    const { workers, roles } = await contestant.start(bench.site)
    const { label, warmups } = contestant
    const head = requestHead('/plain', [['Host', 'bench.test']])
    const groups = workers.map(({ port }) => ({ port, heads: [head] }))
    contenders.push({ name: plainName(label), measured: roles, groups, warmups })
    if (!contestant.sessions) continue
    await proveSessions(contestant.key, workers)
    const sessions = await Promise.all(workers.map(({ port }) => createSessions(port, SESSIONS_PER_WORKER)))
    let requests = 0
    contenders.push({
      name: countName(label),
      measured: roles,
      groups: workers.map(({ port }, index) => ({
        port,
        heads: sessions[index]!.map(({ session }) => sessionHead('/count', session)),
      })),
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
  return { tables: [tableOf(kept, result, connections, absent)], data: plain(result), voided: voidContestants(result) }
}

async function proveSessions(key: string, workers: readonly Backend[]): Promise<void> {
  const [first, second] = workers
  await assertCounts(key, first!.port)
  await assertReplicated(key, first!.port, second!.port)
  await assertReplicated(key, second!.port, first!.port)
}

function tableOf(
  kept: readonly WorkersContestant[],
  result: ReadonlyMap<string, readonly (Sample | undefined)[]>,
  connections: number,
  absent: readonly string[],
): Table {
  const right = (title: string): Column => ({ title, align: 'right' })
  return {
    title: `GET /plain and GET /count on two workers, ${SESSIONS_PER_WORKER} sessions each, ${connections} connections`,
    columns: [
      { title: 'contestant' },
      right('no session, µs/request'),
      right('session written, µs/request'),
      right('difference µs'),
      right('of it outside the workers µs'),
      right('requests/s with session'),
      right('p99 ms with session'),
      right('void'),
    ],
    rows: kept.map(({ label }) => {
      const without = result.get(plainName(label)) ?? []
      const written = result.get(countName(label)) ?? []
      const cpu = (samples: typeof without) => samples.map((sample) => sample?.cpuUsPerRequest)
      const difference = written.map((sample, round) => {
        const base = without[round]
        return sample === undefined || base === undefined ? undefined : sample.cpuUsPerRequest - base.cpuUsPerRequest
      })
      return [
        label,
        figure(median(cpu(without))),
        figure(median(cpu(written))),
        figure(median(difference)),
        figure(median(written.map((sample) => sample && sample.cpuUsPerRequest - (sample.cpuUsByRole.worker ?? 0)))),
        figure(median(written.map((sample) => sample?.requestsPerSecond))),
        figure(median(written.map((sample) => sample?.p99Ms))),
        String([...without, ...written].filter((sample) => sample === undefined).length),
      ]
    }),
    notes: [
      'differences may be compared, the columns before them only within one runtime',
      'clowder and Tomcat hold every session in both workers; Redis holds it in one process, which is counted',
      ...absent,
    ],
  }
}

function plainName(label: string): string {
  return `${label}: /plain`
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
