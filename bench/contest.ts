/**
 * The paired measurement: every contestant in turn, round after round, so that whatever disturbs the machine disturbs
 * neighbours alike. Knows nothing of what the contestants are, only how to load and to measure them.
 */
import { BenchError } from './errors.ts'
import type { LoadGroup, LoadResult } from './load/load.ts'
import { type Generator, runLoad } from './load/run-load.ts'
import { cpuBetween, readCpu } from './proc/cpu.ts'
import { watchMemory } from './proc/memory.ts'
import { untilQuiet } from './proc/quiet.ts'
import type { RootProcess } from './proc/tree.ts'

/** Reading smaps walks page tables: rarely enough to cost nothing, often enough to see a rise. */
const SAMPLE_MEMORY_EVERY_MS = 1_000
/** How far the mean answer may be from the probed one in length before the run counts as wrong answers. */
const LENGTH_TOLERANCE = 0.2

export interface Contender {
  readonly name: string
  /** The processes whose CPU and memory count, with all below them. */
  readonly measured: readonly RootProcess[]
  readonly groups: readonly LoadGroup[]
  /** Length of one whole response as probed; undefined where answers differ in length. */
  readonly responseBytes?: number
  /** Warm-ups before the first round; a JVM needs several. */
  readonly warmups: number
  /** Told how many requests each load made, warm-ups included. */
  readonly loaded?: (requests: number) => void
}

export interface ContestOptions {
  readonly rounds: number
  readonly seconds: number
  readonly warmupSeconds: number
  readonly connections: number
  readonly generator: Generator
  /** For scripts of the generator. */
  readonly folder: string
  readonly say: (line: string) => void
}

/** One contestant in one round. */
export interface Sample {
  readonly requests: number
  readonly cpuUsPerRequest: number
  readonly cpuUsByRole: Readonly<Record<string, number>>
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly peakPssBytes: number
  readonly highWaterBytes: number
}

/** Per contestant one entry per round; a round with errors is void and stays empty. */
export type ContestResult = ReadonlyMap<string, readonly (Sample | undefined)[]>

export async function contest(contenders: readonly Contender[], options: ContestOptions): Promise<ContestResult> {
  for (const contender of contenders) {
    options.say(`warming up ${contender.name}`)
    for (let turn = 0; turn < contender.warmups; turn++) await run(contender, options.warmupSeconds, options)
  }
  const result = new Map<string, (Sample | undefined)[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 1; round <= options.rounds; round++) {
    for (const contender of contenders) {
      const sample = await measure(contender, options)
      result.get(contender.name)!.push(sample)
      options.say(
        `round ${round}/${options.rounds} ${contender.name}: ${sample === undefined ? 'void' : brief(sample)}`,
      )
    }
  }
  return result
}

/** Contestants without one valid round: the others' figures stand, the bench as a whole has failed. */
export function voidContestants(result: ContestResult): string[] {
  return [...result].filter(([, samples]) => samples.every((sample) => sample === undefined)).map(([name]) => name)
}

async function measure(contender: Contender, options: ContestOptions): Promise<Sample | undefined> {
  const memory = watchMemory(contender.measured, SAMPLE_MEMORY_EVERY_MS)
  const before = readCpu(contender.measured)
  const load = await run(contender, options.seconds, options)
  await untilQuiet(contender.measured)
  const after = readCpu(contender.measured)
  const { pssBytes, highWaterBytes } = memory.stop()
  for (const { role, pid } of contender.measured)
    if (!after.has(pid)) throw new BenchError('BENCH_GONE', `${contender.name}: ${role} (pid ${pid}) is gone`)
  if (load.errors > 0 || load.requests === 0) {
    options.say(`  ${contender.name}: ${load.errors} errors in ${load.requests} requests`)
    return undefined
  }
  const length = load.bytes / load.requests
  const expected = contender.responseBytes
  if (expected !== undefined && Math.abs(length / expected - 1) > LENGTH_TOLERANCE) {
    options.say(`  ${contender.name}: answers of ${length.toFixed(0)} bytes instead of ${expected}`)
    return undefined
  }
  const cpu = [...cpuBetween(before, after)].map(([role, ns]) => [role, ns / 1000 / load.requests] as const)
  return {
    requests: load.requests,
    cpuUsPerRequest: cpu.reduce((sum, [, us]) => sum + us, 0),
    cpuUsByRole: Object.fromEntries(cpu),
    requestsPerSecond: load.requests / load.seconds,
    p50Ms: load.p50Ms,
    p99Ms: load.p99Ms,
    peakPssBytes: pssBytes,
    highWaterBytes,
  }
}

async function run(contender: Contender, seconds: number, options: ContestOptions): Promise<LoadResult> {
  const { connections, folder, generator } = options
  const result = await runLoad({ groups: contender.groups, connections, seconds }, folder, generator)
  contender.loaded?.(result.requests)
  return result
}

function brief(sample: Sample): string {
  return `${sample.cpuUsPerRequest.toFixed(1)} µs/request, ${sample.requestsPerSecond.toFixed(0)}/s`
}
