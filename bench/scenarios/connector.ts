/**
 * What a Node app costs per request behind AJP and behind HTTP: the same handler, the same balancer in front, and only
 * the app's own CPU is counted. A third row asks the app over HTTP without a balancer, whose fields it then need not read.
 */
import { type Contender, contest, voidContestants } from '../contest.ts'
import { difference, type Expected } from '../equal-answers.ts'
import { BenchError } from '../errors.ts'
import { fieldsOf, requestHead } from '../load/heads.ts'
import { startClowderBalancer } from '../peers/clowder.ts'
import { readyPort } from '../peers/node-programs.ts'
import { ask } from '../probe.ts'
import type { Bench, Findings, Scenario } from '../scenario.ts'
import { summarise } from '../summary.ts'
import type { Table } from '../table.ts'
import { contestOptions, plain } from './proxy.ts'

const CONNECTIONS = 64
const EXPECTED: Expected = { path: '/small', status: 200, contentType: 'text/plain', body: 'ok\n' }

interface Way {
  readonly label: string
  readonly protocol: 'http' | 'ajp'
  readonly isBalanced: boolean
}

const WAYS: readonly Way[] = [
  { label: 'connector, behind clowder', protocol: 'ajp', isBalanced: true },
  { label: 'node:http, behind clowder', protocol: 'http', isBalanced: true },
  { label: 'node:http, asked directly', protocol: 'http', isBalanced: false },
]

export const connector: Scenario = {
  name: 'connector',
  about: 'CPU of one Node app per request behind the AJP connector and behind node:http, plain and Express',
  run,
}

async function run(bench: Bench): Promise<Findings> {
  const tables: Table[] = []
  const data: Record<string, unknown> = {}
  const voided: string[] = []
  const connections = bench.arguments.connections ?? CONNECTIONS
  for (const app of ['plain', 'express']) {
    const contenders: Contender[] = []
    for (const way of WAYS) contenders.push(await start(bench, app, way))
    bench.say(`${app} app`)
    const result = await contest(contenders, await contestOptions(bench, connections))
    data[app] = plain(result)
    voided.push(...voidContestants(result).map((name) => `${name}, ${app}`))
    tables.push(
      summarise(result, {
        title: `a ${app} app, small responses, browser heads, ${connections} connections`,
        whose: 'the app',
        names: contenders.map(({ name }) => name),
        reference: WAYS[2]!.label,
        notes: ['the same handler in all rows; the balancer in front is not counted'],
      }),
    )
  }
  return { tables, data, voided }
}

async function start(bench: Bench, app: string, { label, protocol, isBalanced }: Way): Promise<Contender> {
  bench.say(`starting ${label}`)
  const child = await bench.site.startProgram('app', [protocol, app])
  const backend = { route: 'worker1', port: readyPort(child.readyLines[0]) }
  const type = protocol === 'ajp' ? 'ajp13' : 'http'
  const port = isBalanced ? (await startClowderBalancer(bench.site, { backends: [backend], type })).port : backend.port
  const head = requestHead(EXPECTED.path, fieldsOf('browser', backend.route))
  const answer = await ask(port, head)
  const wrong = difference(answer, EXPECTED)
  if (wrong !== undefined) throw new BenchError('BENCH_UNEQUAL', `${label}: ${wrong}`)
  return {
    name: label,
    measured: [{ role: 'app', pid: child.pid }],
    groups: [{ port, heads: [head] }],
    responseBytes: answer.bytes,
    warmups: 2,
  }
}
