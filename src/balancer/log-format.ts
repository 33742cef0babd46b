/**
 * Formats of request logs as functions: those of httpd's LogFormat (mod_log_config) and of JkRequestLogFormat (mod_jk.md 2.6).
 * What a client has sent is escaped, so that no request can write a line of its own.
 */

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
  readonly memberName: string
  readonly memberRoute: string
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
const hostOnly: Part = ({ host }) => escapeLog(host.replace(/:\d*$/, ''))
const serverName: Part = ({ serverName: name, host }) => escapeLog(name === '' ? host.replace(/:\d*$/, '') : name)
const seconds: Part = ({ durationMs }) => (durationMs / 1000).toFixed(6)
const nonEmpty = (text: string): string | undefined => (text === '' ? undefined : escapeLog(text))

/** Notes that mod_jk sets (2.6); those about single attempts and counters are not kept for each request. */
const notes: Readonly<Record<string, Part>> = {
  JK_WORKER_NAME: ({ worker }) => nonEmpty(worker),
  JK_WORKER_ROUTE: ({ memberRoute }) => nonEmpty(memberRoute),
  JK_REQUEST_DURATION: seconds,
  JK_LB_LAST_NAME: ({ memberName }) => nonEmpty(memberName),
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
      user === undefined ? undefined : nonEmpty(Buffer.from(user, 'utf8').toString('latin1')),
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
    ({ memberRoute }) =>
      nonEmpty(memberRoute),
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

function timeOf(format: string): Part {
  if (format === '') return ({ startedAt }) => `[${strftime('%d/%b/%Y:%H:%M:%S %z', startedAt)}]`
  const [, moment = '', name = format] = /^(?:(begin|end):)?(.*)$/s.exec(format) ?? []
  return ({ startedAt, durationMs }) => {
    const at = moment === 'end' ? startedAt + durationMs : startedAt
    if (name === 'sec') return Math.floor(at / 1000)
    if (name === 'msec') return Math.floor(at)
    if (name === 'usec') return Math.floor(at * 1000)
    if (name === 'msec_frac') return pad(Math.floor(at) % 1000, 3)
    return strftime(name, at)
  }
}

/** As far as logs use it; `%Q` is milliseconds, `%q` microseconds (mod_jk). In local time. */
function strftime(format: string, ms: number): string {
  const date = new Date(ms)
  const offset = -date.getTimezoneOffset()
  const values: Readonly<Record<string, string>> = {
    a: DAYS[date.getDay()]!,
    b: MONTHS[date.getMonth()]!,
    d: pad(date.getDate(), 2),
    H: pad(date.getHours(), 2),
    m: pad(date.getMonth() + 1, 2),
    M: pad(date.getMinutes(), 2),
    S: pad(date.getSeconds(), 2),
    y: pad(date.getFullYear() % 100, 2),
    Y: String(date.getFullYear()),
    z: `${offset < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(offset) / 60), 2)}${pad(Math.abs(offset) % 60, 2)}`,
    Q: pad(date.getMilliseconds(), 3),
    q: `${pad(date.getMilliseconds(), 3)}000`,
    '%': '%',
  }
  const whole = format.replace(/%T/g, '%H:%M:%S').replace(/%F/g, '%Y-%m-%d').replace(/%D/g, '%m/%d/%y')
  return whole.replace(/%([a-zA-Z%])/g, (all, code: string) => values[code] ?? all)
}

function pad(value: number, length: number): string {
  return String(value).padStart(length, '0')
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
  return text.replace(/["\\]|[^ -~]/g, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`
    const named = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character]
    return named ?? `\\x${(character.charCodeAt(0) & 0xff).toString(16).padStart(2, '0')}`
  })
}
