/** What a command is, and what it is given of the world. */
import { parseArgs } from 'node:util'
import type { Clock } from '../clock/clock.ts'
import { CliError } from './errors.ts'
import type { ExitCode } from './exit-codes.ts'
import type { Environment } from './secret.ts'

export interface Io {
  /** Prints a line for programs and people to read: results, ready lines. */
  out(line: string): void
  /** Prints a line about what went wrong or is going on. */
  err(line: string): void
  /** Resolves when the process is asked to stop; see `stop-request.ts`. */
  untilStopped(): Promise<void>
  /** How this program is run again: node, its flags, the path of `main`. */
  readonly program: readonly string[]
  /** Variables of the environment; `secret.ts` removes one. */
  readonly env: Environment
  readonly clock: Clock
  readonly random: () => number
}

export interface Command {
  readonly name: string
  /** Half a line for the list of commands. */
  readonly summary: string
  readonly help: string
  /** Besides arguments; the help names each. */
  readonly options: CommandOptions
  /** Runs to the end: for what serves, until it has been stopped. Rejects with what `describeFailure` can tell. */
  run(args: readonly string[], io: Io): Promise<ExitCode>
}

/** Options as `parseArgs` of node:util takes them. */
export type CommandOptions = Readonly<
  Record<string, { type: 'string' | 'boolean'; short?: string; multiple?: boolean; default?: string | boolean }>
>

type Parsed<O extends CommandOptions> = ReturnType<
  typeof parseArgs<{ args: string[]; options: O; strict: true; allowPositionals: true }>
>

/** `parseArgs` whose complaints are ours: strict, with at most `maxPositionals` arguments that are not options. */
export function parseCommandLine<const O extends CommandOptions>(
  args: readonly string[],
  options: O,
  maxPositionals = Number.POSITIVE_INFINITY,
): { values: Parsed<O>['values']; positionals: string[] } {
  const { values, positionals } = parseOrComplain(args, options)
  const extra = positionals[maxPositionals]
  if (extra !== undefined) throw new CliError('CLI_USAGE', `unexpected argument ${extra}`)
  return { values, positionals }
}

function parseOrComplain<O extends CommandOptions>(args: readonly string[], options: O): Parsed<O> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    // The first sentence has the fact; the rest is advice about escaping with `--`.
    const message = error instanceof Error ? error.message.replace(/\. .*$/s, '') : String(error)
    throw new CliError(
      'CLI_USAGE',
      message.replace(/^./, (letter) => letter.toLowerCase()),
      error,
    )
  }
}
