/** From the rounds of a contest to one table: medians, and ratios of paired rounds against a reference. */
import type { ContestResult, Sample } from './contest.ts'
import { median, pairedRatio, type Rounds, spread } from './statistics.ts'
import { type Column, figure, percent, type Table } from './table.ts'

const MIB = 1024 * 1024

export interface SummaryOptions {
  readonly title: string
  /** Whose CPU the first column is, e.g. `front`. */
  readonly whose: string
  /** Names in the order of the rows. */
  readonly names: readonly string[]
  /** The contestant that ratios are against; the first when it did not take part. */
  readonly reference: string
  /** Show the CPU of each role in a column of its own. */
  readonly byRole?: boolean
  readonly notes?: readonly string[]
}

export function summarise(result: ContestResult, options: SummaryOptions): Table {
  const reference = options.names.includes(options.reference) ? options.reference : options.names[0]!
  const roles = options.byRole ? rolesIn(result) : []
  const right = (title: string): Column => ({ title, align: 'right' })
  const against = cpu(result.get(reference))
  const rows = options.names.map((name) => {
    const samples = result.get(name) ?? []
    const each = (pick: (sample: Sample) => number | undefined) => median(rounds(samples, pick))
    return [
      name,
      figure(each((sample) => sample.cpuUsPerRequest)),
      `±${percent(spread(cpu(samples)))}`,
      figure(pairedRatio(cpu(samples), against)),
      ...roles.map((role) => figure(each((sample) => sample.cpuUsByRole[role]))),
      figure(each((sample) => sample.requestsPerSecond)),
      figure(each((sample) => sample.p50Ms)),
      figure(each((sample) => sample.p99Ms)),
      figure(each((sample) => sample.peakPssBytes / MIB)),
      figure(each((sample) => sample.highWaterBytes / MIB)),
      String(samples.filter((sample) => sample === undefined).length),
    ]
  })
  return {
    title: options.title,
    columns: [
      { title: 'contestant' },
      right(`CPU of ${options.whose}, µs/request`),
      right('spread'),
      right(`× ${reference}`),
      ...roles.map((role) => right(`${role} µs`)),
      right('requests/s'),
      right('p50 ms'),
      right('p99 ms'),
      right('peak PSS MiB'),
      right('VmHWM MiB'),
      right('void'),
    ],
    rows,
    notes: options.notes ?? [],
  }
}

function cpu(samples: readonly (Sample | undefined)[] = []): Rounds {
  return rounds(samples, (sample) => sample.cpuUsPerRequest)
}

function rounds(
  samples: readonly (Sample | undefined)[],
  pick: (sample: Sample) => number | undefined,
): (number | undefined)[] {
  return samples.map((sample) => (sample === undefined ? undefined : pick(sample)))
}

function rolesIn(result: ContestResult): string[] {
  const roles = new Set<string>()
  for (const samples of result.values())
    for (const sample of samples) for (const role of Object.keys(sample?.cpuUsByRole ?? {})) roles.add(role)
  return [...roles]
}
