/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util'
import { BenchError } from './errors.ts'

export interface BenchArguments {
  /** Scenario names; none = all that the help lists as run by default. */
  readonly scenarios: readonly string[]
  readonly rounds: number
  readonly seconds: number
  readonly warmupSeconds: number
  /** Undefined: as the scenario has it. */
  readonly connections: number | undefined
  /** Undefined: as the scenario has it. */
  readonly sessions: number | undefined
  /** Contestants to keep; undefined: all. */
  readonly only: readonly string[] | undefined
  /** Contestant that ratios are taken against; undefined: as the scenario has it. */
  readonly reference: string | undefined
  /** File for all figures. */
  readonly json: string | undefined
  /** Update bench/README.md. */
  readonly write: boolean
  /** Use our own generator even where wrk is there. */
  readonly ownLoad: boolean
  readonly list: boolean
  readonly help: boolean
}

export const HELP = `npm run bench -- [SCENARIO…] [options]

  --list               name the scenarios
  --rounds N           paired rounds, default 5
  --seconds N          length of one run, default 5
  --warmup N           length of one warm-up, default 3
  --connections N      keep-alive connections, default as the scenario has it
  --sessions N         sessions in memory, default as the scenario has it
  --only A,B           only these contestants
  --reference A        ratios against this one, default as the scenario has it
  --json FILE          write every figure of every round
  --write              put the tables into bench/README.md
  --own-load           our own load generator instead of wrk
  --help               this text
`

/** Name of a number option: default, least, most. The bounds keep every bench finite. */
const NUMBERS = {
  rounds: [5, 1, 100],
  seconds: [5, 1, 600],
  warmup: [3, 1, 600],
  connections: [undefined, 2, 16_000],
  sessions: [undefined, 1000, 5_000_000],
} as const

export function parseArguments(args: readonly string[]): BenchArguments {
  const { values, positionals } = parse(args)
  const connections = number('connections', values.connections)
  return {
    scenarios: positionals,
    rounds: number('rounds', values.rounds)!,
    seconds: number('seconds', values.seconds)!,
    warmupSeconds: number('warmup', values.warmup)!,
    connections,
    sessions: number('sessions', values.sessions),
    only: values.only?.split(',').filter((name) => name !== ''),
    reference: values.reference,
    json: values.json,
    write: values.write ?? false,
    ownLoad: values['own-load'] ?? false,
    list: values.list ?? false,
    help: values.help ?? false,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        warmup: { type: 'string' },
        connections: { type: 'string' },
        sessions: { type: 'string' },
        only: { type: 'string' },
        reference: { type: 'string' },
        json: { type: 'string' },
        write: { type: 'boolean' },
        'own-load': { type: 'boolean' },
        list: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (cause) {
    throw new BenchError('BENCH_USAGE', cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function number(name: keyof typeof NUMBERS, text: string | undefined): number | undefined {
  const [preset, least, most] = NUMBERS[name]
  if (text === undefined) return preset
  const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= least && value <= most))
    throw new BenchError('BENCH_USAGE', `--${name} ${text}: expected a whole number from ${least} to ${most}`)
  return value
}
