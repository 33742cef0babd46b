/**
 * Request logs of virtual hosts: when a request is over, a line for each log that wants it. Hosts that log nothing have no
 * log, and their requests carry nothing for it.
 */
import type { Clock } from '../clock/clock.ts'
import type { Exchange } from './exchange.ts'
import { firstField } from './first-field.ts'
import { LogFile } from './log-file.ts'
import { compileLogFormat, type LoggedRequest, type LogLine, wantsMemberNotes } from './log-format.ts'
import type { LogOptions } from './site-options.ts'

/** The files of all logs; two logs of one name share one. */
export class LogFiles {
  readonly #files = new Map<string, LogFile>()
  readonly #clock: Clock
  readonly #onTrouble: (file: string, reason: string) => void

  constructor(clock: Clock, onTrouble: (file: string, reason: string) => void) {
    this.#clock = clock
    this.#onTrouble = onTrouble
  }

  file(path: string): LogFile {
    const before = this.#files.get(path)
    if (before !== undefined) return before
    const file = new LogFile(path, this.#clock, (reason) => this.#onTrouble(path, reason))
    this.#files.set(path, file)
    return file
  }

  open(): void {
    for (const file of this.#files.values()) file.open()
  }

  reopen(): void {
    for (const file of this.#files.values()) file.reopen()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()))
  }
}

interface CompiledLog {
  readonly file: LogFile
  readonly line: LogLine
  readonly wants: (over: Pick<Exchange, 'env' | 'worker'>) => boolean
}

/** Told of each request before it goes anywhere; undefined when nothing is logged. */
export function createRequestLog(
  logs: readonly LogOptions[],
  serverName: string,
  files: LogFiles,
  clock: Clock,
  workerTypes: Readonly<Record<string, { readonly type: string }>>,
): ((exchange: Exchange) => void) | undefined {
  if (logs.length === 0) return undefined
  const compiled = logs.map((log) => compileLog(log, files))
  const keepsNotes = logs.some(({ format, of }) => of !== 'jk' && wantsMemberNotes(format))
  return (exchange) => {
    if (keepsNotes) exchange.memberNotes = { first: undefined, last: undefined }
    const startedAt = clock.now()
    const startedMs = clock.monotonic()
    exchange.whenOver = (over, isAborted) => {
      let request: LoggedRequest | undefined
      for (const { file, line, wants } of compiled) {
        if (!wants(over)) continue
        request ??= loggedRequest(over, {
          serverName,
          workerType: workerTypes[over.worker]?.type ?? '',
          startedAt,
          durationMs: clock.monotonic() - startedMs,
          isAborted,
        })
        file.write(`${line(request)}\n`)
      }
    }
  }
}

function compileLog({ file, format, of = 'httpd', only }: LogOptions, files: LogFiles): CompiledLog {
  const isNegated = only?.startsWith('!') === true
  const variable = isNegated ? only!.slice(1) : only
  return {
    file: files.file(file),
    line: compileLogFormat(format, of),
    wants: ({ env, worker }) =>
      (of !== 'jk' || worker !== '') && (variable === undefined || (env?.has(variable) === true) !== isNegated),
  }
}

function loggedRequest(
  exchange: Exchange,
  facts: Pick<LoggedRequest, 'serverName' | 'workerType' | 'startedAt' | 'durationMs' | 'isAborted'>,
): LoggedRequest {
  const { worker, memberRoute, fields, answerText } = exchange
  return {
    method: exchange.method,
    target: exchange.target,
    path: exchange.path,
    minor: exchange.minor,
    host: exchange.host,
    client: exchange.client,
    user: exchange.user,
    env: exchange.env,
    worker,
    workerType: facts.workerType,
    // One that stands alone has none, unless it was told (`JK_ROUTE`).
    route: memberRoute || (worker === '' ? '' : (exchange.overrides?.route ?? '')),
    memberNotes: exchange.memberNotes,
    status: exchange.status,
    sentBytes: exchange.sentBytes,
    keepsAlive: !fields.hasClose,
    isAborted: facts.isAborted,
    serverName: facts.serverName,
    startedAt: facts.startedAt,
    durationMs: facts.durationMs,
    requestField: (name) => firstField(fields, name),
    answerField: (name) => fieldOfText(answerText, name),
  }
}

function fieldOfText(text: string, name: string): string | undefined {
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon === name.length && line.slice(0, colon).toLowerCase() === name) return line.slice(colon + 1).trim()
  }
  return undefined
}
