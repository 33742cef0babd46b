/**
 * The directives of workers.properties: the one table that the parser, the checks and the reference page read. A directive
 * that clowder learns to act on changes its row (`effect`, `option`) and nothing else in this room. Here are those that any
 * worker may have, those of status workers and old names; the others have files of their own.
 * Source of the rows: mod_jk.md 1.3 and 1.4, the deprecated names of 1.1.
 */
import { endpointDirectives } from './endpoint-directives.ts'
import { lbDirectives } from './lb-directives.ts'
import {
  any,
  atLeastOne,
  boolean,
  count,
  endpoint,
  lb,
  name,
  names,
  status,
  text,
  type ValueKind,
  type WorkerDirective,
} from './worker-directive.ts'
import type { WorkerType } from './worker-types.ts'

export type { Effect, ValueKind, WorkerDirective } from './worker-directive.ts'

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

  ...endpointDirectives,
  ...lbDirectives,

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
