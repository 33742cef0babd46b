/** The course of both proxy scenarios: common backends, all fronts before them, proof of equal work, then the contest. */
import { type Contender, type ContestOptions, type ContestResult, contest, voidContestants } from '../contest.ts'
import { assertEqualAnswers, type Expected } from '../equal-answers.ts'
import type { Front, FrontContext } from '../fronts.ts'
import { type HeadKind, headsOf } from '../load/heads.ts'
import { startSmallBackends } from '../peers/node-programs.ts'
import type { Peer } from '../peers/peer.ts'
import { ask } from '../probe.ts'
import { type Bench, type Findings, present } from '../scenario.ts'
import type { Site } from '../site.ts'
import { summarise } from '../summary.ts'
import type { Table } from '../table.ts'

const ROUTES = ['worker1', 'worker2'] as const

/** The backends of all fronts, by what they speak. */
export type Backends = Pick<FrontContext, 'backends' | 'ajpBackends'>

export interface ProxyScenario {
  readonly fronts: readonly Front[]
  readonly expected: Expected
  readonly heads: readonly HeadKind[]
  readonly connections: number
  readonly reference: string
  readonly notes: readonly string[]
  /** Default: two small `node:net` responders. */
  readonly startBackends?: (site: Site, routes: readonly string[]) => Promise<Backends>
}

export async function runProxyScenario(bench: Bench, scenario: ProxyScenario): Promise<Findings> {
  const { kept, absent } = present(scenario.fronts, bench)
  const connections = bench.arguments.connections ?? scenario.connections
  const backends = await (scenario.startBackends ?? startSmallBackends)(bench.site, ROUTES)
  const started: { front: Front; peer: Peer }[] = []
  for (const front of kept) {
    bench.say(`starting ${front.key}`)
    const peer = await front.start({ site: bench.site, ...backends })
    await assertEqualAnswers(front, peer.port, ROUTES, scenario.expected)
    started.push({ front, peer })
  }

  const tables: Table[] = []
  const data: Record<string, unknown> = {}
  const voided: string[] = []
  for (const kind of scenario.heads) {
    const contenders = await Promise.all(
      started.map(({ front, peer }) => contender(front, peer, scenario.expected.path, kind)),
    )
    bench.say(`${kind} heads`)
    const result = await contest(contenders, await contestOptions(bench, connections))
    data[kind] = plain(result)
    voided.push(...voidContestants(result).map((name) => `${name} with ${kind} heads`))
    tables.push(
      summarise(result, {
        title: `${scenario.expected.path.slice(1)} responses, ${kind} heads, ${connections} keep-alive connections`,
        whose: 'the front',
        names: contenders.map(({ name }) => name),
        reference: labelOf(scenario.fronts, bench.arguments.reference ?? scenario.reference),
        notes: [...scenario.notes, ...absent],
      }),
    )
  }
  for (const { peer } of started) await peer.stop()
  return { tables, data, voided }
}

/** Two groups, so that half of the connections carry sessions of each member. */
async function contender(front: Front, peer: Peer, path: string, kind: HeadKind): Promise<Contender> {
  const groups = ROUTES.map((route) => ({ port: peer.port, heads: headsOf(path, kind, route) }))
  return {
    name: front.label,
    measured: peer.pids().map((pid) => ({ role: 'front', pid })),
    groups,
    responseBytes: (await ask(peer.port, groups[0]!.heads[0]!)).bytes,
    warmups: front.warmups,
  }
}

export async function contestOptions(bench: Bench, connections: number): Promise<ContestOptions> {
  const { rounds, seconds, warmupSeconds } = bench.arguments
  const folder = await bench.site.folder('load')
  // wrk wants as many connections for each of its two threads.
  const even = connections + (connections % 2)
  return { rounds, seconds, warmupSeconds, connections: even, generator: bench.generator, folder, say: bench.say }
}

export function labelOf(all: readonly { key: string; label: string }[], key: string): string {
  return all.find((one) => one.key === key)?.label ?? key
}

export function plain(result: ContestResult): unknown {
  return Object.fromEntries([...result].map(([name, samples]) => [name, samples.map((sample) => sample ?? null)]))
}
