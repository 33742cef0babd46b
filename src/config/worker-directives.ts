/**
 * The directives of workers.properties: the one table that the parser, the checks and the reference page read. A directive
 * that clowder learns to act on changes its row here (`effect`, `option`) and nowhere else in this room.
 * Source of the rows: mod_jk.md 1.3 and 1.4, the deprecated names of 1.1.
 */
import type { EndpointWorkerOptions, LbWorkerOptions, StatusWorkerOptions } from '../balancer/options.ts'
import type { WorkerType } from './worker-types.ts'

/**
 * acts:  the value reaches the option.
 * later: accepted with a warning, clowder does not act on it yet; the option, if there is one, is filled all the same.
 * never: accepted with a warning, it cannot have an effect here (`note` says why).
 * moot:  accepted in silence, what it asks for is always so (`note` says why).
 */
export type Effect = 'acts' | 'later' | 'never' | 'moot'

/** How a value is read (mod_jk.md 1.1, value types). */
export type ValueKind =
  | { readonly is: 'boolean' }
  | {
      readonly is: 'integer'
      /** Smallest and largest; default the 32-bit range. */
      readonly min?: number
      readonly max?: number
      /** A smaller value is raised to `min` with a warning, as mod_jk does; else it is an error. */
      readonly raise?: true
    }
  /** One word out of a few; only the first letter or digit counts. */
  | { readonly is: 'letter'; readonly words: readonly string[]; readonly values: readonly string[] }
  /** Any of these letters, in any case and order; others are passed over. */
  | { readonly is: 'letters'; readonly known: string }
  | { readonly is: 'text'; readonly limited?: true }
  | { readonly is: 'host' }
  | { readonly is: 'names' }
  | { readonly is: 'statuses' }

export interface WorkerDirective {
  /** As written behind `worker.NAME.`; global ones behind `worker.`. */
  readonly name: string
  /** Types of worker it is for; `global` stands for `worker.NAME` itself. */
  readonly on: readonly (WorkerType | 'global')[]
  readonly kind: ValueKind
  /** For people. */
  readonly default: string
  /** Of the value in the file; options are in milliseconds. */
  readonly unit?: 's' | 'ms' | 'bytes'
  readonly option?: keyof EndpointWorkerOptions | keyof LbWorkerOptions | keyof StatusWorkerOptions | 'maintainMs'
  readonly effect: Effect
  /** Values of a second line are appended (mod_jk.md 1.1, duplicate names); else the last line counts. */
  readonly list?: true
  /** An old name of this directive, used where the new one is absent. */
  readonly aliasOf?: string
  /** Read by code of its own, not by the general rule. */
  readonly special?: true
  readonly note?: string
  /** Clowder's own; all others are mod_jk's. */
  readonly clowder?: true
}

const endpoint = ['http', 'https', 'ajp13'] as const
const ajp = ['ajp13'] as const
const lb = ['lb'] as const
const status = ['status'] as const
const any = ['http', 'https', 'ajp13', 'lb', 'status'] as const

const boolean: ValueKind = { is: 'boolean' }
const text: ValueKind = { is: 'text' }
const name: ValueKind = { is: 'text', limited: true }
const names: ValueKind = { is: 'names' }
const count: ValueKind = { is: 'integer', min: 0, raise: true }
const atLeastOne: ValueKind = { is: 'integer', min: 1, raise: true }

const jni = 'left from the times when mod_jk could start a JVM'

export const workerDirectives: readonly WorkerDirective[] = [
  // Global
  { name: 'list', on: ['global'], kind: names, default: '`ajp13`', effect: 'acts', list: true, special: true },
  { name: 'maintain', on: ['global'], kind: count, default: '60', unit: 's', option: 'maintainMs', effect: 'acts' },

  // Identity
  { name: 'type', on: any, kind: text, default: '`ajp13`', option: 'type', effect: 'acts', special: true },
  {
    name: 'reference',
    on: any,
    kind: text,
    default: '–',
    effect: 'acts',
    special: true,
    note: 'takes over all directives of `worker.OTHER` that this worker does not have itself',
  },
  {
    name: 'mount',
    on: any,
    kind: names,
    default: '–',
    effect: 'acts',
    list: true,
    special: true,
    note: 'mounts for the main server; only for workers in `worker.list`',
  },

  // Addressing and socket
  { name: 'host', on: endpoint, kind: { is: 'host' }, default: '`localhost`', option: 'host', effect: 'acts' },
  {
    name: 'port',
    on: endpoint,
    kind: { is: 'integer', min: 0, max: 65_535 },
    default: '8080 (http), 8443 (https), 8009 (ajp13)',
    option: 'port',
    effect: 'acts',
    note: '0 = disabled',
  },
  { name: 'source', on: endpoint, kind: { is: 'host' }, default: '–', option: 'source', effect: 'acts' },
  { name: 'prefer_ipv6', on: endpoint, kind: boolean, default: 'false', effect: 'later' },
  {
    name: 'socket_timeout',
    on: endpoint,
    kind: count,
    default: '0 = none',
    unit: 's',
    option: 'socketTimeoutMs',
    effect: 'acts',
    note: 'one read or write; an answer that does not go on counts as lost, not as a reply timeout',
  },
  {
    name: 'socket_connect_timeout',
    on: endpoint,
    kind: count,
    default: '`socket_timeout`',
    unit: 'ms',
    option: 'socketConnectTimeoutMs',
    effect: 'acts',
  },
  {
    name: 'socket_keepalive',
    on: endpoint,
    kind: boolean,
    default: 'false',
    option: 'socketKeepalive',
    effect: 'acts',
  },
  {
    name: 'socket_buffer',
    on: endpoint,
    kind: count,
    default: '0 = the system’s',
    unit: 'bytes',
    effect: 'never',
    note: 'Node.js cannot set the buffers of a TCP socket',
  },

  // Timeouts and probing
  {
    name: 'connect_timeout',
    on: ajp,
    kind: count,
    default: '0 = off',
    unit: 'ms',
    option: 'connectTimeoutMs',
    effect: 'acts',
  },
  {
    name: 'prepost_timeout',
    on: ajp,
    kind: count,
    default: '0 = off',
    unit: 'ms',
    option: 'prepostTimeoutMs',
    effect: 'acts',
  },
  {
    name: 'ping_timeout',
    on: ajp,
    kind: count,
    default: '10000',
    unit: 'ms',
    option: 'pingTimeoutMs',
    effect: 'acts',
  },
  {
    name: 'ping_mode',
    on: ajp,
    kind: { is: 'letters', known: 'CPIA' },
    default: '–',
    option: 'pingMode',
    effect: 'acts',
    note: 'C after connecting, P before a request, I while idle, A all; without it, a POST on a connection that was silent for a second is preceded by a CPing all the same',
  },
  {
    name: 'connection_ping_interval',
    on: ajp,
    kind: count,
    default: '0 = off',
    unit: 's',
    option: 'connectionPingIntervalMs',
    effect: 'acts',
  },
  {
    name: 'reply_timeout',
    on: endpoint,
    kind: count,
    default: '0 = for ever',
    unit: 'ms',
    option: 'replyTimeoutMs',
    effect: 'acts',
  },

  // Pool
  {
    name: 'connection_pool_size',
    on: endpoint,
    kind: atLeastOne,
    default: '250',
    option: 'connectionPoolSize',
    effect: 'acts',
    note: 'mod_jk’s is per httpd process, its default is the number of threads',
  },
  {
    name: 'connection_pool_minsize',
    on: endpoint,
    kind: count,
    default: 'half the pool',
    option: 'connectionPoolMinsize',
    effect: 'acts',
  },
  {
    name: 'connection_pool_timeout',
    on: endpoint,
    kind: count,
    default: '0 = never close',
    unit: 's',
    option: 'connectionPoolTimeoutMs',
    effect: 'acts',
  },
  {
    name: 'connection_acquire_timeout',
    on: endpoint,
    kind: count,
    default: '`retries` × `retry_interval`',
    unit: 'ms',
    option: 'connectionAcquireTimeoutMs',
    effect: 'acts',
    note: '0 = one attempt at once; mod_jk makes none at all (quirk 12)',
  },
  { name: 'busy_limit', on: endpoint, kind: count, default: '0 = off', option: 'busyLimit', effect: 'acts' },

  // Retry and recovery
  { name: 'retries', on: endpoint, kind: atLeastOne, default: '2', option: 'retries', effect: 'acts' },
  {
    name: 'retry_interval',
    on: endpoint,
    kind: count,
    default: '100',
    unit: 'ms',
    option: 'retryIntervalMs',
    effect: 'acts',
  },
  {
    name: 'recovery_options',
    on: endpoint,
    kind: { is: 'integer', min: 0, max: 31 },
    default: '0',
    option: 'recoveryOptions',
    effect: 'acts',
    note: 'bits: 1, 2 no retry after the request / the answer’s head; 4 close on client error; 8, 16 retry HEAD / GET despite 1',
  },
  {
    name: 'allow_replay',
    on: endpoint,
    kind: boolean,
    default: 'false',
    option: 'allowReplay',
    effect: 'acts',
    clowder: true,
    note: 'repeat also POST, PATCH and the like after they may have been executed, as mod_jk always does',
  },
  {
    name: 'fail_on_status',
    on: endpoint,
    kind: { is: 'statuses' },
    default: '–',
    option: 'failOnStatus',
    effect: 'acts',
    list: true,
  },
  {
    name: 'max_packet_size',
    on: ajp,
    kind: count,
    default: '8192',
    unit: 'bytes',
    option: 'maxPacketSize',
    effect: 'acts',
  },
  {
    name: 'secret',
    on: ['ajp13', 'lb'],
    kind: text,
    default: '–',
    option: 'secret',
    effect: 'acts',
    note: 'of an lb: for members that have none of their own',
  },
  {
    name: 'max_header_count',
    on: ajp,
    kind: { is: 'integer', min: 1, max: 10_000, raise: true },
    default: '100',
    option: 'maxHeaderCount',
    effect: 'acts',
    clowder: true,
    note: 'Tomcat’s `maxHeaderCount`; a request with more headers is answered 431 here',
  },
  {
    name: 'answer_gap_timeout',
    on: ajp,
    kind: { is: 'integer', min: 1 },
    default: '60000',
    unit: 'ms',
    option: 'answerGapMs',
    effect: 'acts',
    clowder: true,
    note: 'longest silence within an answer; Tomcat never ends one whose servlet failed after it had begun',
  },
  {
    name: 'names_delete_and_propfind',
    on: ajp,
    kind: boolean,
    default: 'false',
    option: 'namesDeleteAndPropfind',
    effect: 'acts',
    clowder: true,
    note: 'for Tomcat 10.1.47, which takes the codes of these methods for OPTIONS and TRACE',
  },
  {
    name: 'strict_truncation',
    on: ajp,
    kind: boolean,
    default: 'false',
    option: 'strictTruncation',
    effect: 'acts',
    clowder: true,
    note: 'an answer of unknown length after which the container gives the connection up is cut, not complete',
  },
  { name: 'secretkey', on: ajp, kind: text, default: '–', effect: 'never', note: 'only ajp14 workers used it' },

  // lb
  {
    name: 'balance_workers',
    on: lb,
    kind: names,
    default: 'required',
    option: 'balanceWorkers',
    effect: 'acts',
    list: true,
    special: true,
  },
  { name: 'sticky_session', on: lb, kind: boolean, default: 'true', option: 'stickySession', effect: 'acts' },
  {
    name: 'sticky_session_force',
    on: lb,
    kind: boolean,
    default: 'false',
    option: 'stickySessionForce',
    effect: 'acts',
  },
  {
    name: 'method',
    on: lb,
    kind: {
      is: 'letter',
      words: ['Request', 'Traffic', 'Busyness', 'Session', 'Next'],
      values: ['request', 'traffic', 'busyness', 'session', 'next'],
    },
    default: '`Request`',
    option: 'method',
    effect: 'acts',
  },
  {
    name: 'lock',
    on: lb,
    kind: { is: 'letter', words: ['Optimistic', 'Pessimistic'], values: ['optimistic', 'pessimistic'] },
    default: '`Optimistic`',
    option: 'lock',
    effect: 'acts',
    note: 'shown by jk-status; one thread changes the values, so there is nothing to lock',
  },
  { name: 'retries', on: lb, kind: atLeastOne, default: '2', option: 'retries', effect: 'acts' },
  { name: 'lb_retries', on: lb, kind: atLeastOne, default: '2', option: 'lbRetries', effect: 'acts' },
  {
    name: 'retry_interval',
    on: lb,
    kind: count,
    default: '100',
    unit: 'ms',
    option: 'retryIntervalMs',
    effect: 'acts',
  },
  { name: 'recover_time', on: lb, kind: atLeastOne, default: '60', unit: 's', option: 'recoverTimeMs', effect: 'acts' },
  {
    name: 'error_escalation_time',
    on: lb,
    kind: count,
    default: 'half of `recover_time`',
    unit: 's',
    option: 'errorEscalationTimeMs',
    effect: 'acts',
  },
  { name: 'max_reply_timeouts', on: lb, kind: count, default: '0', option: 'maxReplyTimeouts', effect: 'acts' },
  { name: 'session_cookie', on: lb, kind: name, default: '`JSESSIONID`', option: 'sessionCookie', effect: 'acts' },
  { name: 'session_path', on: lb, kind: name, default: '`;jsessionid`', option: 'sessionPath', effect: 'acts' },
  { name: 'set_session_cookie', on: lb, kind: boolean, default: 'false', option: 'setSessionCookie', effect: 'acts' },
  { name: 'session_cookie_path', on: lb, kind: name, default: '`/`', option: 'sessionCookiePath', effect: 'acts' },

  // Members of an lb
  {
    name: 'lbfactor',
    on: endpoint,
    kind: { is: 'integer', min: 1, max: 1_000_000, raise: true },
    default: '1',
    option: 'lbfactor',
    effect: 'acts',
  },
  { name: 'distance', on: endpoint, kind: count, default: '0', option: 'distance', effect: 'acts' },
  { name: 'route', on: endpoint, kind: name, default: 'the worker’s name', option: 'route', effect: 'acts' },
  {
    name: 'domain',
    on: endpoint,
    kind: name,
    default: '`route` before its first dot',
    option: 'domain',
    effect: 'acts',
  },
  { name: 'redirect', on: endpoint, kind: name, default: '–', option: 'redirect', effect: 'acts' },
  {
    name: 'activation',
    on: endpoint,
    kind: {
      is: 'letter',
      words: ['Active', 'Disabled', 'Stopped'],
      values: ['active', 'disabled', 'stopped'],
    },
    default: '`Active`',
    option: 'activation',
    effect: 'acts',
  },

  // status
  { name: 'css', on: status, kind: text, default: '–', option: 'css', effect: 'acts' },
  { name: 'read_only', on: status, kind: boolean, default: 'false', option: 'readOnly', effect: 'acts' },
  {
    name: 'persist',
    on: status,
    kind: boolean,
    default: 'false',
    option: 'persist',
    effect: 'acts',
    clowder: true,
    note: 'changes made while it runs are kept in `FILE.edits` beside the configuration, for the next start',
  },
  {
    name: 'user',
    on: status,
    kind: names,
    default: 'everyone',
    option: 'users',
    effect: 'acts',
    list: true,
    note: 'as the front has authenticated; where it asks nobody, a list lets nobody in',
  },
  {
    name: 'user_case_insensitive',
    on: status,
    kind: boolean,
    default: 'false',
    option: 'usersIgnoreCase',
    effect: 'acts',
  },
  { name: 'good', on: status, kind: names, default: '`a.o,a.i,a.b,a.r`', option: 'good', effect: 'acts', list: true },
  { name: 'bad', on: status, kind: names, default: '`s,e`', option: 'bad', effect: 'acts', list: true },
  { name: 'prefix', on: status, kind: text, default: '`worker`', option: 'prefix', effect: 'acts' },
  { name: 'ns', on: status, kind: text, default: '`jk:`', option: 'ns', effect: 'acts', note: '`-` for none' },
  {
    name: 'xmlns',
    on: status,
    kind: text,
    default: '`xmlns:jk="http://tomcat.apache.org"`',
    option: 'xmlns',
    effect: 'acts',
    note: '`-` for none',
  },
  { name: 'doctype', on: status, kind: text, default: '–', option: 'doctype', effect: 'acts' },

  // Deprecated names
  alias('cachesize', 'connection_pool_size', endpoint, atLeastOne),
  alias('cache_timeout', 'connection_pool_timeout', endpoint, count),
  alias('balanced_workers', 'balance_workers', lb, names),
  alias('jvm_route', 'route', endpoint, name),
  alias('disabled', 'activation', endpoint, boolean),
  alias('stopped', 'activation', endpoint, boolean),
  gone('recycle_timeout', any, count, 'mod_jk ignores it too; see `connection_pool_timeout`'),
  gone('local_worker', any, boolean, 'mod_jk ignores it too; see `distance`'),
  gone('local_worker_only', any, boolean, 'mod_jk ignores it too; see `sticky_session_force`'),
  ...[
    'sysprops',
    'stderr',
    'stdout',
    'mx',
    'ms',
    'class_path',
    'bridge',
    'jvm_lib',
    'ld_path',
    'cmd_line',
    'native_lib',
  ].map((old) => gone(old, any, text, jni)),
]

function alias(old: string, aliasOf: string, on: readonly WorkerType[], kind: ValueKind): WorkerDirective {
  return { name: old, on, kind, default: '–', effect: 'acts', aliasOf, special: true, note: `now \`${aliasOf}\`` }
}

function gone(old: string, on: readonly WorkerType[], kind: ValueKind, note: string): WorkerDirective {
  return { name: old, on, kind, default: '–', effect: 'never', note }
}

const byName = new Map<string, WorkerDirective[]>()
for (const directive of workerDirectives) {
  const rows = byName.get(directive.name)
  if (rows === undefined) byName.set(directive.name, [directive])
  else rows.push(directive)
}

/** All rows of a name: `retries` and `retry_interval` mean different things on an lb and on its members. */
export function directivesNamed(attribute: string): readonly WorkerDirective[] {
  return byName.get(attribute) ?? []
}

/** Names that may stand behind `worker.NAME.`. */
export function attributeNames(): Iterable<string> {
  return byName.keys()
}
