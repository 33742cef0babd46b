/** The `store` of a persistent manager in a clowder.yaml: its tables, and how it and the rest of a cluster fit together. */
import { redisUrlProblem } from '../addresses/index.ts'
import type { RedisClusterFileOptions, RedisFileOptions } from '../worker/options.ts'
import type { ClusterOptions } from '../worker/worker-options.ts'
import {
  anyText,
  choice,
  type FieldsOf,
  field,
  integer,
  list,
  object,
  required,
  someDuration,
  type VariantsKind,
} from './clowder-yaml-kinds.ts'
import type { YamlReader } from './clowder-yaml-read.ts'
import { maxMembers } from './limits.ts'

const count = integer(1)
const secret = { secret: true } as const

const rest = {
  username: field(anyText, 'that of the url', 'Who this node is to the store.'),
  password: field(anyText, 'that of the url', 'Its password; best a variable.', secret),
  prefix: field(anyText, 'clowder:', 'What all keys begin with; another for each application.'),
  timeoutMs: field(someDuration, '1s', 'Longest wait for one answer.'),
  whenFails: field(
    choice('fail', 'without'),
    'fail',
    'What a request does whose session cannot be read: fail with 503, or go on without a session.',
  ),
  maxCalls: field(count, '10000', 'Calls that wait for answers; more fail.'),
  maxUnsaved: field(count, '10000', 'Sessions whose changes wait for a store that has failed.'),
  maxUserSessions: field(count, '1000', 'Sessions of one user that are found.'),
}

const redisFields = {
  kind: required(choice('redis'), 'One server of Redis or Valkey.'),
  url: required(anyText, 'redis://HOST:PORT, rediss:// with TLS; may have USER:PASSWORD@, and /DATABASE.', secret),
  ...rest,
} as const satisfies FieldsOf<RedisFileOptions>

const clusterFields = {
  kind: required(choice('redis-cluster'), 'A Redis Cluster, or one of Valkey.'),
  urls: required(list(anyText, maxMembers, 1), 'Some of its nodes, which tell of the others.', secret),
  ...rest,
} as const satisfies FieldsOf<RedisClusterFileOptions>

export const store: VariantsKind = {
  is: 'variants',
  by: 'kind',
  of: { redis: object(redisFields), 'redis-cluster': object(clusterFields) },
}

/** What only a channel has, or needs. */
const OF_CHANNEL: readonly (keyof ClusterOptions)[] = [
  'clusterName',
  'channelStartOptions',
  'heartbeatMs',
  'membership',
  'quorum',
  'receiver',
  'sender',
  'interceptors',
  'staticMembers',
  'localMember',
  'encryption',
  'insecure',
]
const OF_OTHER_MANAGERS: readonly (keyof NonNullable<ClusterOptions['manager']>)[] = [
  'stateTransferTimeoutMs',
  'mapSendOptions',
  'rpcTimeoutMs',
  'whenFull',
  'whenMinority',
]

export function checkStore(cluster: ClusterOptions, path: string, reader: YamlReader): void {
  const { manager } = cluster
  if (manager === undefined) return
  const { kind, store } = manager
  const here = `${path}.manager`
  const kindAt = reader.placeOf(manager, 'kind')
  const storeAt = reader.placeOf(manager, 'store')
  if (kind !== 'persistent') {
    if (storeAt === undefined) return
    const hint = 'write kind: persistent, or remove the store'
    reader.complaints.add('CONFIG_VALUE_REFUSED', storeAt, `${here}.store`, `kind ${kind} has no store`, hint)
    return
  }
  if (storeAt === undefined && kindAt !== undefined) {
    const hint = 'write where sessions are: store: { kind: redis, url: "redis://127.0.0.1:6379" }'
    reader.complaints.add('CONFIG_KEY_MISSING', kindAt, here, 'kind persistent has no store', hint)
  }
  checkNoEffect(cluster, OF_CHANNEL, path, reader)
  checkNoEffect(manager, OF_OTHER_MANAGERS, here, reader)
  if (store?.kind === 'redis') checkUrl(store, 'url', `${here}.store.url`, store.url, false, reader)
  if (store?.kind !== 'redis-cluster' || store.urls === undefined) return
  for (const [index, url] of store.urls.entries())
    checkUrl(store.urls, index, `${here}.store.urls[${index}]`, url, true, reader)
}

function checkNoEffect<Part extends object>(
  part: Part,
  options: readonly (keyof Part & string)[],
  path: string,
  reader: YamlReader,
): void {
  for (const option of options) {
    const at = reader.placeOf(part, option)
    if (at === undefined) continue
    const message = 'accepted, has no effect: with a store there is no channel'
    reader.complaints.add('CONFIG_DIRECTIVE_NO_EFFECT', at, `${path}.${option.replace(/Ms$/, '')}`, message)
  }
}

/** The url is not shown: it may hold a password. */
function checkUrl(
  holder: object,
  entry: string | number,
  path: string,
  url: string,
  isCluster: boolean,
  reader: YamlReader,
): void {
  const at = reader.placeOf(holder, entry)
  if (at === undefined || typeof url !== 'string') return
  const problem = redisUrlProblem(url, isCluster)
  if (problem === undefined) return
  const hint = 'write redis://HOST:PORT, or rediss://HOST:PORT for TLS'
  reader.complaints.add('CONFIG_VALUE_REFUSED', at, path, problem, hint)
}
