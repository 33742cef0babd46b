/** What a chaos scenario is: a bounded piece of trouble made on purpose, and a verdict. */
import type { Owner } from '../kit/owner.ts'

export interface Scenario {
  readonly name: string
  /** One line, for the usage. */
  readonly says: string
  /** Numbers it may be given as `--name value`, with their defaults. */
  readonly options: Readonly<Record<string, number>>
  run(owner: Owner, options: Readonly<Record<string, number>>): Promise<Verdict>
}

export interface Verdict {
  readonly ok: boolean
  /** What was measured, line by line. */
  readonly lines: readonly string[]
}

/** The value below which `share` of the values lie; of 50 values the p99 is the largest. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}
