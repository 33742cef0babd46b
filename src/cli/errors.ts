/** What the command line itself complains of, and how any failure is told in one line. */
import { EXIT, type ExitCode } from './exit-codes.ts'

export const cliErrors = {
  CLI_USAGE: {
    exit: EXIT.wrong,
    says: 'the command line is wrong; nothing was started',
    next: 'see `clowder COMMAND --help`',
  },
  CLI_CONFIGURATION: {
    exit: EXIT.wrong,
    says: 'a configuration file is wrong; nothing was started',
    next: 'correct every complaint in the list; `clowder check FILE` shows them without starting anything',
  },
  CLI_STATUS_UNREADABLE: {
    exit: EXIT.failed,
    says: 'no status could be read: no answer, a refusal, or an answer that is not a jk-status page',
    next: 'check the URL, that the balancer mounts a status worker there, and that it may be read from this machine',
  },
  CLI_CLUSTER_UNREADABLE: {
    exit: EXIT.failed,
    says: 'the view of a worker could not be read: no answer, a refusal, or an answer that is none',
    next: 'give the worker `--admin PORT` and ask that port, on the machine where it runs',
  },
  CLI_NO_FREE_PORT: {
    exit: EXIT.failed,
    says: 'no free port was found for a worker of the embedded cluster',
    next: 'look at what listens on this machine; the ports are drawn between 20000 and 29999',
  },
} as const satisfies Record<string, { exit: ExitCode; says: string; next: string }>

export type CliErrorCode = keyof typeof cliErrors

export class CliError extends Error {
  readonly code: CliErrorCode
  /** One line for each thing that is wrong. */
  readonly lines: readonly string[]

  constructor(code: CliErrorCode, lines: string | readonly string[], cause?: unknown) {
    const all = typeof lines === 'string' ? [lines] : lines
    super(all.join('\n'), { cause })
    this.name = 'CliError'
    this.code = code
    this.lines = all
  }
}

/** With these a room refuses what files or flags say, before anything is started. */
const REFUSED: ReadonlySet<unknown> = new Set([
  'BALANCER_OPTIONS',
  'CLUSTER_OPTIONS',
  'CONNECTOR_OPTIONS',
  'SESSION_OPTIONS',
  'WORKER_OPTIONS',
])

/** How the program ends after a failure. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return cliErrors[error.code].exit
  return error instanceof Error && REFUSED.has((error as { code?: unknown }).code) ? EXIT.wrong : EXIT.failed
}

/** What the user reads of a failure: the fact and, where there is one, the next step. One line each, no stack. */
export function describeFailure(error: unknown): readonly string[] {
  if (error instanceof CliError) return error.lines
  const known = describeSystemError(error)
  if (known !== undefined) return [known]
  if (!(error instanceof Error)) return [firstLine(String(error))]
  return [firstLine(error.message || error.name), ...problemsOf(error).map((problem) => `  - ${problem}`)]
}

/** What is wrong with options, one by one: errors of the rooms that check them carry it. */
function problemsOf(error: Error): readonly string[] {
  const { problems } = error as { readonly problems?: unknown }
  return Array.isArray(problems) ? problems.map((problem) => firstLine(String(problem))) : []
}

interface SystemError {
  readonly code: string
  readonly address?: string
  readonly port?: number
  readonly path?: string
}

/** Says what the operating system's codes mean here. Looks below wrappers, too: rooms keep the system's error as `cause`. */
function describeSystemError(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const { code, address, port, path } = at as Partial<SystemError>
    const where = port === undefined ? address : `${address ?? ''}:${port}`
    if (code === 'EADDRINUSE') return `${where} is already in use; stop what listens there or choose another port`
    if (code === 'EADDRNOTAVAIL') return `${where} is not an address of this machine; listen on one that is`
    if (code === 'EACCES' && port !== undefined) return `no permission to listen on ${where}; ports below 1024 need it`
    if (code === 'ENOENT' && path !== undefined) return `there is no file ${path}`
    if (code === 'EACCES' && path !== undefined) return `no permission to read ${path}`
    if (code === 'EISDIR') return `${path ?? 'the path'} is a folder, not a file`
  }
  return undefined
}

function firstLine(text: string): string {
  const end = text.indexOf('\n')
  return end === -1 ? text : text.slice(0, end)
}
