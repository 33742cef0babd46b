/** The whole system: every request writes its session, which is replicated. CPU of all processes together. */
import { type Contender, contest, voidContestants } from '../contest.ts'
import { BenchError } from '../errors.ts'
import { MAX_CONNECTIONS } from '../fronts.ts'
import { sessionHead } from '../load/heads.ts'
import { missingClowder, startClowderUp } from '../peers/clowder.ts'
import { missingHttpd } from '../peers/httpd.ts'
import type { Backend, Peer } from '../peers/peer.ts'
import { missingTomcat } from '../peers/tomcat.ts'
import { startJkCluster } from '../peers/tomcat-cluster.ts'
import type { RootProcess } from '../proc/tree.ts'
import { type Bench, type Findings, type Optional, present, type Scenario } from '../scenario.ts'
import { assertCounts, assertKept, assertReplicated, type Count, createSessions } from '../sessions.ts'
import type { Site } from '../site.ts'
import { summarise } from '../summary.ts'
import { contestOptions, labelOf, plain } from './proxy.ts'

const ROUTES = ['worker1', 'worker2'] as const
const CONNECTIONS = 64
/** Far more than connections, so that two requests of one session are hardly ever in flight together. */
const SESSIONS = 1_000

interface Cluster extends Peer {
  readonly workers: readonly Backend[]
  readonly roles: readonly RootProcess[]
}

interface ClusterContestant extends Optional {
  readonly label: string
  readonly warmups: number
  start(site: Site): Promise<Cluster>
}

const CLUSTERS: readonly ClusterContestant[] = [
  {
    key: 'clowder',
    label: 'clowder up',
    warmups: 2,
    missing: () => missingClowder('up'),
    start: (site) => startClowderUp(site),
  },
  {
    key: 'httpd-jk',
    label: 'httpd mod_jk, two Tomcats, DeltaManager',
    warmups: 4,
    missing: () => missingHttpd('jk') ?? missingTomcat(),
    start: (site) => startJkCluster(site, { routes: ROUTES, maxConnections: MAX_CONNECTIONS }),
  },
]

export const cluster: Scenario = {
  name: 'cluster',
  about: 'CPU of all processes per request that writes a replicated session, through balancer and two workers',
  run,
}

interface Taking {
  readonly contestant: ClusterContestant
  readonly cluster: Cluster
  readonly sessions: readonly Count[]
  requests: number
}

async function run(bench: Bench): Promise<Findings> {
  const { kept, absent } = present(CLUSTERS, bench)
  const all: Taking[] = []
  for (const contestant of kept) {
    bench.say(`starting ${contestant.key}`)
    all.push(await take(contestant, bench.site))
  }
  const connections = bench.arguments.connections ?? CONNECTIONS
  const contenders = all.map(contender)
  const result = await contest(contenders, await contestOptions(bench, connections))
  const shares = new Map<string, number>()
  for (const taking of all) {
    const { contestant, cluster, sessions, requests } = taking
    shares.set(contestant.label, await assertKept(contestant.key, sessions, requests, cluster.workers))
    await cluster.stop()
  }
  const table = summarise(result, {
    title: `GET /count: ${SESSIONS} sessions on two workers, each request writes, ${connections} connections`,
    whose: 'all processes',
    names: contenders.map(({ name }) => name),
    reference: labelOf(CLUSTERS, bench.arguments.reference ?? 'httpd-jk'),
    byRole: true,
    notes: [
      'clowder up waits for the other worker (synchronised sending), the Tomcats do not (asynchronous); memory is the sum over all processes',
      ...[...shares].map(
        ([label, share]) => `${label}: after the load the other worker knew ${percentOf(share)} of all writes`,
      ),
      ...absent,
    ],
  })
  return {
    tables: [table],
    data: { rounds: plain(result), replicated: Object.fromEntries(shares) },
    voided: voidContestants(result),
  }
}

async function take(contestant: ClusterContestant, site: Site): Promise<Taking> {
  const cluster = await contestant.start(site)
  await assertCounts(contestant.key, cluster.port)
  const [first, second] = cluster.workers
  await assertReplicated(contestant.key, first!.port, second!.port)
  await assertReplicated(contestant.key, second!.port, first!.port)
  return { contestant, cluster, sessions: await createSessions(cluster.port, SESSIONS), requests: 0 }
}

/** One group of sessions per worker, as the balancer has spread them. */
function contender(taking: Taking): Contender {
  const { contestant, cluster, sessions } = taking
  const groups = ROUTES.map((route) => ({
    port: cluster.port,
    heads: sessions.filter((session) => session.route === route).map(({ session }) => sessionHead('/count', session)),
  }))
  if (groups.some(({ heads }) => heads.length < SESSIONS / 4)) {
    const spread = groups.map(({ heads }) => heads.length).join(' : ')
    throw new BenchError('BENCH_UNEQUAL', `${contestant.key}: the balancer has spread the sessions ${spread}`)
  }
  return {
    name: contestant.label,
    measured: cluster.roles,
    groups,
    warmups: contestant.warmups,
    loaded: (requests) => {
      taking.requests += requests
    },
  }
}

function percentOf(share: number): string {
  return `${(Math.min(share, 1) * 100).toFixed(2)} %`
}
