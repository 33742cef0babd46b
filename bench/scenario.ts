/** What a scenario is given and what it gives back. One file per scenario in `scenarios/`. */
import type { BenchArguments } from './arguments.ts'
import { BenchError } from './errors.ts'
import type { Generator } from './load/run-load.ts'
import type { Site } from './site.ts'
import type { Table } from './table.ts'

export interface Bench {
  readonly arguments: BenchArguments
  readonly generator: Generator
  readonly site: Site
  /** Progress, for whoever waits. */
  readonly say: (line: string) => void
}

export interface Findings {
  readonly tables: readonly Table[]
  /** Every figure of every round, as plain data. */
  readonly data: unknown
  /** Contestants without one valid round; default: none. */
  readonly voided?: readonly string[]
}

export interface Scenario {
  readonly name: string
  /** One line for `--list`. */
  readonly about: string
  run(bench: Bench): Promise<Findings>
}

/** What can be left out of a contest: by wish, or because it is not installed. */
export interface Optional {
  /** Short name for the command line. */
  readonly key: string
  /** Why it cannot run here; undefined when it can. */
  missing(): string | undefined
}

/** Keeps what was asked for and is there; says what is not. */
export function present<T extends Optional>(all: readonly T[], bench: Bench): { kept: T[]; absent: string[] } {
  const { only } = bench.arguments
  const wanted = only === undefined ? all : all.filter(({ key }) => only.includes(key))
  if (wanted.length === 0)
    throw new BenchError('BENCH_USAGE', `--only keeps nobody; there are ${all.map(({ key }) => key).join(', ')}`)
  const absent: string[] = []
  const kept = wanted.filter((contestant) => {
    const why = contestant.missing()
    if (why === undefined) return true
    absent.push(`${contestant.key} left out: ${why}`)
    bench.say(`${contestant.key} left out: ${why}`)
    return false
  })
  return { kept, absent }
}
