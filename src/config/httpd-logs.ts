/**
 * CustomLog, LogFormat, TransferLog and JkRequestLogFormat: which requests are written where; JkLogFile, JkLogLevel and
 * ErrorLog: where it is told what happens (mod_log_config; mod_jk.md 2.1 and 2.6).
 */
import type { EventLogOptions, LogLevel } from '../balancer/event-log.ts'
import type { LogOptions } from '../balancer/site-options.ts'
import { type Complaints, shown } from './complaint.ts'
import type { Word } from './httpd-lines.ts'
import type { DirectiveNode } from './httpd-tree.ts'

interface LogDraft {
  readonly file: Word
  /** A format, or the name of one. */
  readonly format: string | undefined
  readonly only: string | undefined
}

export interface LogsDraft {
  readonly logs: LogDraft[]
  readonly formats: Map<string, string>
  /** LogFormat without a name, for TransferLog. */
  unnamed?: string
  jkFormat?: string
  jkFile?: Word
  jkLevel?: LogLevel
  jkStamp?: string
  errorFile?: Word
  errorLevel?: LogLevel
}

export function newLogs(): LogsDraft {
  return { logs: [], formats: new Map() }
}

export const logDirectives: ReadonlySet<string> = new Set([
  ...['customlog', 'logformat', 'transferlog', 'jkrequestlogformat', 'jklogfile', 'jklogstampformat'],
  ...['jkloglevel', 'errorlog', 'loglevel'],
])

const levels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'emerg']

/** httpd's words; what it has between two of mod_jk's counts as the one that tells more. */
const httpdLevels: Readonly<Record<string, LogLevel>> = {
  ...{ emerg: 'emerg', alert: 'error', crit: 'error', error: 'error', warn: 'warn', notice: 'info', info: 'info' },
  ...{ debug: 'debug', ...Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`trace${index + 1}`, 'trace'])) },
}

const defaultStamp = '[%a %b %d %H:%M:%S.%Q %Y] '
const common = '%h %l %u %t "%r" %>s %b'

export function readLogDirective(node: DirectiveNode, draft: LogsDraft, complaints: Complaints): void {
  if (node.key === 'loglevel') {
    readLogLevel(node, draft, complaints)
    return
  }
  const [first, second, third, ...more] = node.words
  if (first === undefined || more.length > 0) {
    complaints.add('CONFIG_ARGUMENTS', node.at, node.name, 'takes one to three arguments')
    return
  }
  switch (node.key) {
    case 'logformat':
      if (second === undefined) draft.unnamed = draft.formats.get(first.text) ?? first.text
      else draft.formats.set(second.text, first.text)
      return
    case 'transferlog':
    case 'customlog': {
      if (isProgram(first, node, complaints)) return
      const condition = [second, third].find((word) => /^(?:env|expr)=/i.test(word?.text ?? ''))
      if (condition !== undefined && /^expr=/i.test(condition.text)) {
        const message = `${shown(condition.text)} is not evaluated, and nothing is logged here`
        complaints.add('CONFIG_DIRECTIVE_NO_EFFECT', condition.at, node.name, message, 'use env=VARIABLE with SetEnvIf')
        return
      }
      const format = second === condition ? undefined : second?.text
      draft.logs.push({ file: first, format, only: condition?.text.slice('env='.length) })
      return
    }
    case 'jkrequestlogformat':
      draft.jkFormat = first.text
      return
    case 'jklogstampformat':
      draft.jkStamp = first.text
      return
    case 'jkloglevel': {
      const level = levels.find((each) => each === first.text.toLowerCase())
      if (level === undefined) {
        const message = `${shown(first.text)} is no level, and info is taken for it`
        complaints.add('CONFIG_DIRECTIVE_NO_EFFECT', first.at, node.name, message, `one of ${levels.join(', ')}`)
      }
      draft.jkLevel = level ?? 'info'
      return
    }
    case 'errorlog':
      if (!isProgram(first, node, complaints)) draft.errorFile = first
      return
    case 'jklogfile':
      if (!isProgram(first, node, complaints)) draft.jkFile = first
  }
}

/** Levels of single modules are about modules that clowder has not. */
function readLogLevel(node: DirectiveNode, draft: LogsDraft, complaints: Complaints): void {
  const [word] = node.words.filter(({ text }) => !text.includes(':'))
  if (word === undefined) return
  const name = word.text.toLowerCase()
  if (Object.hasOwn(httpdLevels, name)) draft.errorLevel = httpdLevels[name]!
  else complaints.add('CONFIG_ARGUMENTS', word.at, node.name, `${shown(word.text)} is no level; httpd does not start`)
}

function isProgram(word: Word, node: DirectiveNode, complaints: Complaints): boolean {
  if (!/^(?:\||syslog)/.test(word.text)) return false
  const message = `${shown(word.text)} is a program or syslog, which clowder does not write to`
  complaints.add('CONFIG_DIRECTIVE_NO_EFFECT', word.at, node.name, message, 'name a file; SIGHUP has it opened again')
  return true
}

/** A host with logs of its own leaves those of the main server out, as in httpd; JkRequestLogFormat is inherited by itself. */
export function logOptions(sites: readonly LogsDraft[], resolve: (word: Word) => string): readonly LogOptions[] {
  const own = sites.findLast(({ logs }) => logs.length > 0)
  const format = (name: string): string => sites.findLast(({ formats }) => formats.has(name))?.formats.get(name) ?? name
  const logs = (own?.logs ?? []).map(({ file, format: written, only }): LogOptions => {
    const unnamed = sites.findLast((site) => site.unnamed !== undefined)?.unnamed ?? common
    return {
      file: resolve(file),
      format: written === undefined ? unnamed : format(written),
      ...(only === undefined ? {} : { only }),
    }
  })
  const last = <Name extends 'jkFormat' | 'jkFile' | 'jkStamp'>(name: Name) =>
    sites.findLast((site) => site[name] !== undefined)?.[name] as LogsDraft[Name] | undefined
  const [jkFormat, jkFile, stamp] = [last('jkFormat'), last('jkFile'), last('jkStamp')]
  if (jkFormat === undefined || jkFile === undefined) return logs
  // mod_jk puts the time before each line. A brace would end the argument.
  const time = `%{end:${(stamp ?? defaultStamp).replaceAll('}', '')}}t`
  return [...logs, { file: resolve(jkFile), format: time + jkFormat, of: 'jk' }]
}

/** What clowder logs of its own anyway. */
const streams = /^\/(?:dev\/std(?:err|out)|dev\/fd\/[12]|proc\/self\/fd\/[12])$/

/** Of the main server, or else of the first host that says it: there is one log of what happens. */
export function eventLogOptions(
  servers: readonly LogsDraft[],
  resolve: (word: Word) => string,
): EventLogOptions | undefined {
  const first = <Name extends 'jkFile' | 'jkLevel' | 'jkStamp' | 'errorFile' | 'errorLevel'>(name: Name) =>
    servers.find((server) => server[name] !== undefined)?.[name] as LogsDraft[Name] | undefined
  const word = first('jkFile') ?? first('errorFile')
  const file = word === undefined || streams.test(word.text) ? undefined : resolve(word)
  // Of ErrorLog alone: in a log of its own mod_jk does not look at LogLevel.
  const level =
    first('jkLevel') ?? (first('jkFile') === undefined && file !== undefined ? first('errorLevel') : undefined)
  const stamp = first('jkStamp')
  if (file === undefined && level === undefined) return undefined
  return {
    ...(file === undefined ? {} : { file }),
    ...(level === undefined ? {} : { level }),
    ...(file === undefined || stamp === undefined ? {} : { stamp }),
  }
}

/** Variables of the environment that logs look at. */
export function loggedVariables(logs: readonly LogOptions[]): readonly string[] {
  return logs.flatMap(({ only, format }) => [
    ...(only === undefined ? [] : [only.replace(/^!/, '')]),
    ...[...format.matchAll(/%[^{%a-zA-Z]*\{([^}]*)\}e/g)].map(([, name = '']) => name),
  ])
}
