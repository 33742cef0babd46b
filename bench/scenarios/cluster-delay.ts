/**
 * How long a write to a session takes until the other node has it: from before the write to the event that reports it
 * there. Two processes on one machine, each writes half, at random times; both read one clock.
 */
import { ClusterNodes, type ClusterOptions } from '../peers/cluster-nodes.ts'
import type { Bench, Findings, Scenario } from '../scenario.ts'
import { median, quantile } from '../statistics.ts'
import { figure } from '../table.ts'

const WRITES_PER_SECOND = 5000
const SESSIONS = 1000

const CONTESTANTS: readonly (Pick<ClusterOptions, 'mode' | 'collectMs'> & { readonly label: string })[] = [
  { label: 'asynchronous', mode: 'asynchronous' },
  { label: 'asynchronous, collectMs 0', mode: 'asynchronous', collectMs: 0 },
  { label: 'synchronised', mode: 'synchronised' },
]

export const clusterDelay: Scenario = {
  name: 'cluster-delay',
  about: `replication delay between two processes at ${WRITES_PER_SECOND} writes/s`,
  run,
}

interface Round {
  readonly p50: number
  readonly p99: number
  readonly longest: number
  readonly cpuUs: number
  readonly writes: number
}

async function run(bench: Bench): Promise<Findings> {
  const { rounds, seconds, warmupSeconds } = bench.arguments
  const found: Record<string, Round[]> = {}
  for (const { label, ...sending } of CONTESTANTS) {
    const options = { nodes: 2, manager: 'delta', ...sending, sessions: SESSIONS, delays: true } as const
    const cluster = await ClusterNodes.start(bench.site, options)
    await cluster.load(WRITES_PER_SECOND, warmupSeconds)
    const all: Round[] = []
    for (let round = 1; round <= rounds; round++) {
      const { delaysMs, cpuUs, writes } = await cluster.load(WRITES_PER_SECOND, seconds)
      const sorted = Float64Array.from(delaysMs).sort()
      const at = (share: number) => quantile(sorted, share) ?? Number.NaN
      all.push({ p50: at(0.5), p99: at(0.99), longest: at(1), cpuUs, writes })
      bench.say(
        `round ${round}/${rounds} ${label}: p50 ${figure(at(0.5))} ms, p99 ${figure(at(0.99))} ms, ${delaysMs.length} of ${writes}`,
      )
    }
    await cluster.stop()
    found[label] = all
  }
  const right = (title: string) => ({ title, align: 'right' as const })
  return {
    tables: [
      {
        title: `replication delay between two processes, ${WRITES_PER_SECOND} writes/s to ${SESSIONS} sessions`,
        columns: [
          { title: 'sending' },
          right('p50 ms'),
          right('p99 ms'),
          right('longest ms'),
          right('CPU of both, µs/write'),
        ],
        rows: Object.entries(found).map(([label, all]) => [
          label,
          ...(['p50', 'p99', 'longest', 'cpuUs'] as const).map((what) => figure(median(all.map((one) => one[what])))),
        ]),
        notes: [
          'from before the write until the other node’s event that reports it; each node writes half, at random times',
          'CPU: all of both, with the thread that says when to write, so it may only be compared with the other rows',
        ],
      },
    ],
    data: found,
  }
}
