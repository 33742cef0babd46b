/**
 * What a balancer does as lines for an operator: what happens, how much it matters, and the file that it is written to, in the
 * form of mod_jk's own log (mod_jk.md 2.6). Requests are not logged here, they have logs of their own (`request-log.ts`).
 */
import { inspect } from 'node:util'
import { asBytes } from './as-bytes.ts'
import { formatChange, formatEditor } from './edit-words.ts'
import type { BalancerEvent } from './events.ts'
import type { LogFile } from './log-file.ts'
import { compileTime } from './log-time.ts'
import type { MemberState } from './member-state.ts'

/** From what is logged most to what matters most; a level stands for itself and all that follow it (mod_jk `JkLogLevel`). */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'emerg'] as const
export type LogLevel = (typeof logLevels)[number]

export const DEFAULT_LOG_LEVEL: LogLevel = 'info'
export const DEFAULT_LOG_STAMP = '[%a %b %d %H:%M:%S.%Q %Y] '

export interface EventLogOptions {
  /** Default none. mod_jk `JkLogFile`, else httpd `ErrorLog`. */
  readonly file?: string
  /** Default `info`. mod_jk `JkLogLevel`. */
  readonly level?: LogLevel
  /** Codes of strftime, and `%Q` or `%q` for fractions of the second. mod_jk `JkLogStampFormat`. */
  readonly stamp?: string
}

export interface LoggedEvent {
  readonly level: LogLevel
  /** May have several lines. */
  readonly text: string
}

/** What is to be logged of an event at a level; undefined: nothing. Who has changed what is told at every level. */
export function logged(event: BalancerEvent, level: LogLevel): LoggedEvent | undefined {
  const entry = describe(event)
  const isAudit = event.type === 'edited' || event.type === 'edit-refused'
  return isAudit || logLevels.indexOf(entry.level) >= logLevels.indexOf(level) ? entry : undefined
}

function describe(event: BalancerEvent): LoggedEvent {
  switch (event.type) {
    case 'member-state':
      return memberState(event)
    case 'attempt-failed': {
      const { worker, code, willRetry, method, cause } = event
      if (code === 'LB_INTERNAL') return { level: 'error', text: `${code}: ${inspect(cause)}` }
      const then = willRetry ? 'it is tried again' : 'it has failed'
      const why = cause instanceof Error ? `: ${cause.message}` : ''
      return { level: 'debug', text: `${worker}: ${code} of a ${method}, ${then}${why}` }
    }
    case 'request-refused': {
      const { code, client, cause } = event
      if (code === 'LB_INTERNAL') return { level: 'error', text: `${code}: ${inspect(cause)}` }
      return { level: 'debug', text: `a request of ${client.address} is refused: ${code}` }
    }
    case 'edited':
      return { level: 'info', text: `edit by ${formatEditor(event.by)}: ${formatChange(event.change)}` }
    case 'edit-refused':
      return { level: 'warn', text: `edit by ${formatEditor(event.by)} refused: ${event.reason}` }
    case 'mounts-reloaded':
      return { level: 'info', text: [`${event.file}: ${event.rules} rules are in force`, ...event.notes].join('\n') }
    case 'mounts-kept':
      return { level: 'error', text: `${event.file}: the rules stay as they were: ${event.reason}` }
    case 'log-trouble':
      return { level: 'error', text: `${event.file}: lines are lost: ${event.reason}` }
    case 'option-warning':
      return { level: 'warn', text: event.text }
  }
}

const unwell: ReadonlySet<MemberState> = new Set(['error', 'probe', 'recover', 'force'])

function memberState({ lb, member, before, state }: Extract<BalancerEvent, { type: 'member-state' }>): LoggedEvent {
  // Who was tried for want of a better one, or to see whether it is well again, was in error before.
  const isNews = before !== 'probe' && before !== 'force'
  if (state === 'error' && isNews) return { level: 'error', text: `${lb}: ${member} is in error` }
  if (state === 'ok' && unwell.has(before)) return { level: 'info', text: `${lb}: ${member} is well again` }
  return { level: 'debug', text: `${lb}: ${member} is ${state}, was ${before}` }
}

/** Writes what is logged of events to a file, each line with time, process and level. */
export function eventLog(
  file: LogFile,
  { level, stamp }: { readonly level: LogLevel; readonly stamp: string },
  now: () => number,
): (event: BalancerEvent) => void {
  const time = compileTime(stamp)
  return (event) => {
    // That it cannot be written need not be written.
    if (event.type === 'log-trouble' && event.file === file.path) return
    const entry = logged(event, level)
    if (entry === undefined) return
    const head = `${time(now())}[${process.pid}] [${entry.level}] `
    for (const line of entry.text.split('\n')) file.write(`${head}${harmless(line)}\n`)
  }
}

/** What came from outside can begin no line and play with no terminal. */
function harmless(line: string): string {
  return asBytes(line.replace(/\p{Cc}/gu, '?'))
}
