/**
 * What a write costs as the cluster grows: CPU of all nodes and bytes to all of them, with either manager. The load of the
 * whole cluster stays the same and is spread over its nodes, each of which writes to sessions of its own.
 */
import { ClusterNodes, type ClusterOptions, type LoadCost } from '../peers/cluster-nodes.ts'
import type { Bench, Findings, Scenario } from '../scenario.ts'
import { median } from '../statistics.ts'
import { figure } from '../table.ts'

const SIZES = [2, 4, 8, 16] as const
const MANAGERS = ['delta', 'backup'] as const
const WRITES_PER_SECOND = 2000
const SESSIONS = 1600
/** Beyond what one machine can show. */
const FORETOLD = [32, 64] as const

export const clusterSize: Scenario = {
  name: 'cluster-size',
  about: 'CPU and bytes per write in clusters of 2 to 16 nodes, delta and backup, and what follows for more',
  run,
}

interface Row {
  readonly manager: ClusterOptions['manager']
  readonly nodes: number
  readonly cpuUs: number
  readonly bytes: number
  readonly bodyBytes: number
  readonly messages: number
}

const FIGURES = ['cpuUs', 'bytes', 'bodyBytes', 'messages'] as const satisfies readonly (keyof LoadCost & keyof Row)[]

async function run(bench: Bench): Promise<Findings> {
  const rows: Row[] = []
  for (const nodes of SIZES)
    for (const manager of ['none', ...MANAGERS] as const) rows.push(await measure(bench, manager, nodes))
  const without = (nodes: number) => rows.find((row) => row.manager === 'none' && row.nodes === nodes)!.cpuUs
  const replicated: Row[] = rows.map((row) => ({ ...row, cpuUs: row.cpuUs - without(row.nodes) }))
  const right = (title: string) => ({ title, align: 'right' as const })
  return {
    tables: [
      {
        title: `a write in clusters of different sizes, ${WRITES_PER_SECOND} writes/s over all nodes to ${SESSIONS} sessions, asynchronous`,
        columns: [
          { title: 'manager' },
          right('nodes'),
          right('CPU of all nodes for replication, µs/write'),
          right('CPU without replication, µs/write'),
          right('bytes/write'),
          right('of it bodies'),
          right('messages/write'),
        ],
        rows: MANAGERS.flatMap((manager) => of(replicated, manager)).map((row) => [
          row.manager,
          String(row.nodes),
          figure(row.cpuUs),
          figure(without(row.nodes)),
          figure(row.bytes),
          figure(row.bodyBytes),
          figure(row.messages),
        ]),
        notes: [
          'for replication: above as many processes that do not know each other and write at the same rate',
          'bytes: written to sockets, without TCP and IP; nodes are processes on one machine',
          ...MANAGERS.map((manager) => foretell(of(replicated, manager))),
        ],
      },
    ],
    data: rows,
  }
}

function of(rows: readonly Row[], manager: Row['manager']): readonly Row[] {
  return rows.filter((row) => row.manager === manager)
}

async function measure(bench: Bench, manager: ClusterOptions['manager'], nodes: number): Promise<Row> {
  const { rounds, seconds, warmupSeconds } = bench.arguments
  const options = { nodes, manager, mode: 'asynchronous', sessions: SESSIONS, delays: false } as const
  const cluster = await ClusterNodes.start(bench.site, options)
  await cluster.load(WRITES_PER_SECOND, warmupSeconds)
  const costs: LoadCost[] = []
  while (costs.length < rounds) costs.push(await cluster.load(WRITES_PER_SECOND, seconds))
  await cluster.stop()
  const [cpuUs, bytes, bodyBytes, messages] = FIGURES.map(
    (what) => median(costs.map((cost) => cost[what])) ?? Number.NaN,
  )
  const row = { manager, nodes, cpuUs: cpuUs!, bytes: bytes!, bodyBytes: bodyBytes!, messages: messages! }
  bench.say(`${manager}, ${nodes} nodes: ${figure(row.cpuUs)} µs and ${figure(row.bytes)} bytes per write`)
  return row
}

/** The straight line through the measured sizes (least squares), and where it leads. */
function foretell(rows: readonly Row[]): string {
  const tell = (what: 'cpuUs' | 'bytes', unit: string): string => {
    const line = fitLine(rows.map((row) => [row.nodes, row[what]] as const))
    const more = line(1) - line(0)
    // Less with more nodes is noise, and nothing to prolong.
    if (more <= 0) return `no growth of ${unit} was seen`
    const at = FORETOLD.map((nodes) => `${figure(line(nodes))} with ${nodes}`)
    return `each further node ${figure(more)} ${unit} per write, so by the straight line ${at.join(', ')}`
  }
  return `${rows[0]!.manager}: ${tell('cpuUs', 'µs')}; ${tell('bytes', 'bytes')}`
}

/** @returns the function of the line */
export function fitLine(points: readonly (readonly [x: number, y: number])[]): (x: number) => number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [x, y] = [mean(points.map((point) => point[0])), mean(points.map((point) => point[1]))]
  const spreadX = mean(points.map((point) => (point[0] - x) ** 2))
  const slope = mean(points.map((point) => (point[0] - x) * (point[1] - y))) / spreadX
  return (at) => y + slope * (at - x)
}
