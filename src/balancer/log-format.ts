/**
 * Formats of request logs as functions: those of httpd's LogFormat (mod_log_config) and of JkRequestLogFormat (mod_jk.md 2.6).
 * What a client has sent is escaped, so that no request can write a line of its own.
 */
import { asBytes } from './as-bytes.ts'
import { compileTime, pad } from './log-time.ts'
import { type MemberNotes, noteNames } from './member-notes.ts'
import { splitHost } from './split-host.ts'

/** One request that is over. */
export interface LoggedRequest {
  readonly method: string
  readonly target: string
  /** The cleaned path. */
  readonly path: string
  readonly minor: 0 | 1
  readonly host: string
  readonly client: {
    readonly address: string
    readonly port: number
    readonly localPort: number
    readonly localAddress?: string
  }
  readonly user: string | undefined
  readonly env: ReadonlyMap<string, string> | undefined
  /** Empty: none. */
  readonly worker: string
  /** `lb`, `ajp13`, …; empty: none. */
  readonly workerType: string
  /** Of the member that served it last, or that it was told to have. */
  readonly route: string
  readonly memberNotes: Readonly<MemberNotes> | undefined
  /** 0: there was no answer. */
  readonly status: number
  /** Of the body. */
  readonly sentBytes: number
  readonly keepsAlive: boolean
  readonly isAborted: boolean
  readonly serverName: string
  readonly startedAt: number
  readonly durationMs: number
  requestField(name: string): string | undefined
  answerField(name: string): string | undefined
}

export type LogLine = (request: LoggedRequest) => string
type Part = (request: LoggedRequest) => string | number | undefined

/** Throws an Error that names the code that is not known. */
export function compileLogFormat(format: string, of: 'httpd' | 'jk'): LogLine {
  const parts: (string | Part)[] = []
  let at = 0
  while (at < format.length) {
    const character = format[at]!
    if (character === '\\') {
      parts.push({ n: '\n', t: '\t' }[format[at + 1] ?? ''] ?? format[at + 1] ?? '')
      at += 2
    } else if (character !== '%') {
      const end = format.slice(at).search(/[%\\]/)
      const text = end === -1 ? format.slice(at) : format.slice(at, at + end)
      parts.push(text)
      at += text.length
    } else {
      const [all, part] = readCode(format, at, of)
      parts.push(part)
      at += all
    }
  }
  return (request) => {
    let line = ''
    for (const part of parts) line += typeof part === 'string' ? part : (part(request) ?? '-')
    return line
  }
}

/** `%`, statuses, `<` or `>`, an argument in braces, the code. */
function readCode(format: string, at: number, of: 'httpd' | 'jk'): [length: number, part: Part] {
  const match = /^%(!?)([\d,]*)([<>]?)(?:\{([^}]*)\})?(\^[a-zA-Z]{2}|[a-zA-Z%])/.exec(format.slice(at))
  const [all = '', negation, statuses = '', , argument, code = ''] = match ?? []
  const table = of === 'jk' ? jkCodes : httpdCodes
  const make = Object.hasOwn(table, code) ? table[code] : undefined
  const part = make?.(argument ?? '')
  if (part === undefined)
    throw new Error(`${match === null ? format.slice(at, at + 8) : all} is no code of a log format`)
  if (statuses === '') return [all.length, part]
  const listed = new Set(statuses.split(',').map(Number))
  return [all.length, (request) => (listed.has(request.status) !== (negation === '!') ? part(request) : '-')]
}

const bytesOrDash: Part = ({ sentBytes }) => (sentBytes === 0 ? '-' : sentBytes)
const query: Part = ({ target }) => {
  const at = target.indexOf('?')
  return at === -1 ? '' : escapeLog(target.slice(at))
}
const requestLine: Part = ({ method, target, minor }) => escapeLog(`${method} ${target} HTTP/1.${minor}`)
const path: Part = ({ path: cleaned }) => escapeLog(cleaned)
const hostOnly: Part = ({ host }) => escapeLog(splitHost(host).name)
const serverName: Part = ({ serverName: name, host }) => escapeLog(name === '' ? splitHost(host).name : name)
const seconds: Part = ({ durationMs }) => {
  const us = Math.round(durationMs * 1000)
  const whole = Math.floor(us / 1_000_000)
  return `${whole}.${pad(us - whole * 1_000_000, 6)}`
}
const nonEmpty = (text: string): string | undefined => (text === '' ? undefined : escapeLog(text))

/** Whether a format of httpd speaks of the members of an lb that a request went to. */
export function wantsMemberNotes(format: string): boolean {
  return /\{JK_LB_(?:FIRST|LAST)_[A-Z]+\}n/.test(format)
}

const memberParts = noteNames.flatMap((name): [string, Part][] => [
  [`JK_LB_FIRST_${name}`, ({ memberNotes }) => memberNotes?.first?.[name]],
  [`JK_LB_LAST_${name}`, ({ memberNotes }) => memberNotes?.last?.[name]],
])

/** Notes that mod_jk sets (2.6). */
const notes: Readonly<Record<string, Part>> = {
  JK_WORKER_NAME: ({ worker }) => nonEmpty(worker),
  JK_WORKER_TYPE: ({ workerType }) => nonEmpty(workerType),
  JK_WORKER_ROUTE: ({ route }) => nonEmpty(route),
  JK_REQUEST_DURATION: seconds,
  ...Object.fromEntries(memberParts),
}

const none: Part = () => undefined

const httpdCodes: Readonly<Record<string, (argument: string) => Part | undefined>> = {
  '%': () => () => '%',
  a:
    () =>
    ({ client }) =>
      client.address,
  h:
    () =>
    ({ client }) =>
      client.address,
  A:
    () =>
    ({ client }) =>
      client.localAddress,
  B:
    () =>
    ({ sentBytes }) =>
      sentBytes,
  b: () => bytesOrDash,
  C: (name) => (request) => nonEmpty(cookie(request.requestField('cookie') ?? '', name)),
  D:
    () =>
    ({ durationMs }) =>
      Math.round(durationMs * 1000),
  e:
    (name) =>
    ({ env }) =>
      nonEmpty(env?.get(name) ?? ''),
  f: () => none,
  H:
    () =>
    ({ minor }) =>
      `HTTP/1.${minor}`,
  i: (name) => (request) => nonEmpty(request.requestField(name.toLowerCase()) ?? ''),
  k: () => none,
  l: () => none,
  L: () => none,
  m:
    () =>
    ({ method }) =>
      escapeLog(method),
  n: (name) => (Object.hasOwn(notes, name) ? notes[name] : none),
  o: (name) => (request) => nonEmpty(request.answerField(name.toLowerCase()) ?? ''),
  p:
    (which) =>
    ({ client }) =>
      which === 'remote' ? client.port : client.localPort,
  P: () => () => process.pid,
  q: () => query,
  r: () => requestLine,
  R: () => none,
  s:
    () =>
    ({ status }) =>
      status === 0 ? undefined : status,
  t: (format) => timeOf(format),
  T:
    (unit) =>
    ({ durationMs }) =>
      unit === 'ms'
        ? Math.floor(durationMs)
        : unit === 'us'
          ? Math.round(durationMs * 1000)
          : Math.floor(durationMs / 1000),
  u:
    () =>
    ({ user }) =>
      user === undefined ? undefined : nonEmpty(asBytes(user)),
  U: () => path,
  v: () => serverName,
  V: () => hostOnly,
  X:
    () =>
    ({ isAborted, keepsAlive }) =>
      isAborted ? 'X' : keepsAlive ? '+' : '-',
  I: () => none,
  O: () => none,
  S: () => none,
}

const jkCodes: Readonly<Record<string, (argument: string) => Part | undefined>> = {
  '%': () => () => '%',
  b: () => bytesOrDash,
  B:
    () =>
    ({ sentBytes }) =>
      sentBytes,
  H:
    () =>
    ({ minor }) =>
      `HTTP/1.${minor}`,
  m:
    () =>
    ({ method }) =>
      escapeLog(method),
  p:
    () =>
    ({ client }) =>
      client.localPort,
  q: () => query,
  r: () => requestLine,
  s:
    () =>
    ({ status }) =>
      status === 0 ? undefined : status,
  t: (format) => timeOf(format),
  T: () => seconds,
  U: () => path,
  v: () => serverName,
  V: () => hostOnly,
  w:
    () =>
    ({ worker }) =>
      nonEmpty(worker),
  R:
    () =>
    ({ route }) =>
      nonEmpty(route),
}

function timeOf(format: string): Part {
  if (format === '') {
    const time = compileTime('[%d/%b/%Y:%H:%M:%S %z]')
    return ({ startedAt }) => time(startedAt)
  }
  const [, moment = '', name = format] = /^(?:(begin|end):)?(.*)$/s.exec(format) ?? []
  const text = momentText(name)
  return ({ startedAt, durationMs }) => text(moment === 'end' ? startedAt + durationMs : startedAt)
}

function momentText(name: string): (ms: number) => string | number {
  switch (name) {
    case 'sec':
      return (ms) => Math.floor(ms / 1000)
    case 'msec':
      return (ms) => Math.floor(ms)
    case 'usec':
      return (ms) => Math.floor(ms * 1000)
    case 'msec_frac':
      return (ms) => pad(Math.floor(ms) % 1000, 3)
  }
  return compileTime(name)
}

function cookie(field: string, name: string): string {
  for (const part of field.split(';')) {
    const equals = part.indexOf('=')
    if (equals !== -1 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim()
  }
  return ''
}

/** As httpd writes what came from outside: `\"`, `\\`, `\n`, and `\xhh` for what is not printable ASCII. */
export function escapeLog(text: string): string {
  // Nearly all is harmless, and to find that out costs a third of what replacing nothing does.
  if (!/["\\]|[^ -~]/.test(text)) return text
  return text.replace(/["\\]|[^ -~]/g, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`
    const named = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character]
    return named ?? `\\x${(character.charCodeAt(0) & 0xff).toString(16).padStart(2, '0')}`
  })
}
