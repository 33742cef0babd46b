/**
 * Benches of single functions. A file `x.bench.ts` beside `x.ts` exports `benches`; this file shows that all contestants
 * of a bench give equal results, then times them in turn.
 *
 * @example
 * import type { MicroBench } from '../../bench/micro.ts'
 *
 * export const benches: readonly MicroBench[] = [
 *   { name: 'browser head', contestants: { ours: () => parse(head), 'node:http': () => llhttp(head) } },
 * ]
 */
import { isDeepStrictEqual } from 'node:util'
import { BenchError } from './errors.ts'
import { median, pairedRatio, type Rounds, spread } from './statistics.ts'
import { figure, percent, type Table } from './table.ts'

export interface MicroBench {
  readonly name: string
  /** What may be compared and what not; shown below the table. */
  readonly about?: string
  /** Name to one operation. The first is what ratios are against. */
  readonly contestants: Readonly<Record<string, () => unknown>>
  /** The part of a result that must be equal for all; default: all of it. */
  readonly same?: (result: unknown) => unknown
}

export interface MicroOptions {
  readonly rounds: number
  /** How long one contestant runs per round. */
  readonly millis: number
  /** Milliseconds that only grow. */
  readonly now: () => number
}

/** Past this, even an empty function has been measured. */
const MAX_ITERATIONS = 1 << 30

/** Nanoseconds per operation, per contestant and round. */
export type MicroResult = ReadonlyMap<string, readonly number[]>

export function runMicro(bench: MicroBench, options: MicroOptions): MicroResult {
  assertEqualResults(bench)
  const contestants = Object.entries(bench.contestants)
  const iterations = new Map(contestants.map(([name, run]) => [name, calibrate(run, options)]))
  const result = new Map<string, number[]>(contestants.map(([name]) => [name, []]))
  for (let round = 0; round < options.rounds; round++)
    for (const [name, run] of contestants) {
      const times = iterations.get(name)!
      result.get(name)!.push((time(run, times, options.now) * 1e6) / times)
    }
  return result
}

export function assertEqualResults({ name, contestants, same = (result) => result }: MicroBench): void {
  const [first, ...others] = Object.entries(contestants)
  if (first === undefined) throw new BenchError('BENCH_USAGE', `${name} has no contestants`)
  const expected = same(first[1]())
  for (const [other, run] of others)
    if (!isDeepStrictEqual(same(run()), expected))
      throw new BenchError('BENCH_UNEQUAL', `${name}: ${other} does not give what ${first[0]} gives`)
}

/** How often to run so that it takes about the time asked for; warms the function up on the way. */
export function calibrate(run: () => unknown, { millis, now }: Omit<MicroOptions, 'rounds'>): number {
  for (let iterations = 1; ; iterations *= 2) {
    const took = time(run, iterations, now)
    if (took >= millis / 4 || iterations >= MAX_ITERATIONS)
      return Math.max(1, Math.round((iterations * millis) / Math.max(took, millis / 1000)))
  }
}

export function microTable(bench: MicroBench, result: MicroResult): Table {
  const reference: Rounds = [...result.values()][0] ?? []
  return {
    title: bench.name,
    columns: [
      { title: 'contestant' },
      { title: 'ns/op', align: 'right' },
      { title: 'spread', align: 'right' },
      { title: `× ${[...result.keys()][0]}`, align: 'right' },
    ],
    rows: [...result].map(([name, rounds]) => [
      name,
      figure(median(rounds)),
      `±${percent(spread(rounds))}`,
      figure(pairedRatio(rounds, reference)),
    ]),
    notes: bench.about === undefined ? [] : [bench.about],
  }
}

/** Where results go, so that no compiler finds the work useless. */
let sink: unknown

function time(run: () => unknown, iterations: number, now: () => number): number {
  const started = now()
  for (let index = 0; index < iterations; index++) sink = run()
  return now() - started + (sink === time ? 1 : 0)
}
