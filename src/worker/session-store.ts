/** The store that a file names -> one that can be opened. The client's package is loaded here, and only here. */
import { createRequire } from 'node:module'
import { parseRedisUrl } from '../addresses/index.ts'
import type { Clock } from '../clock/clock.ts'
import { WorkerError } from './errors.ts'
import type { StoreFileOptions } from './options.ts'
import { RedisLink, type RedisPackage } from './redis-link.ts'

const PACKAGE = 'redis'

/** What is wrong with the options; empty when nothing is. */
export function storeProblems(store: StoreFileOptions): string[] {
  const problems: string[] = []
  const named = store.kind === 'redis' ? [['url', store.url] as const] : store.urls.map((url, i) => [`urls[${i}]`, url])
  if (named.length === 0) problems.push('urls is empty')
  for (const [at, url] of named) {
    const read = parseRedisUrl(url!)
    if ('problem' in read) problems.push(`${at} ${read.problem}`)
    else if (store.kind === 'redis-cluster' && read.database !== 0)
      problems.push(`${at} names a database, and a cluster has only 0`)
  }
  return problems
}

/** Throws WORKER_STORE_CLIENT where the package of the client is not installed. */
export function createStore(
  store: StoreFileOptions,
  clock: Clock,
  onError: (error: unknown) => void,
  load: (name: string) => unknown = createRequire(import.meta.url),
): RedisLink {
  const { kind, username, password, prefix } = store
  const addresses = (kind === 'redis' ? [store.url] : store.urls).map((url) => {
    const read = parseRedisUrl(url)
    if ('problem' in read) throw new WorkerError('WORKER_OPTIONS', `the address of the store ${read.problem}`)
    return read
  })
  const options = {
    addresses,
    isCluster: kind === 'redis-cluster',
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(prefix === undefined ? {} : { prefix }),
    clock,
  }
  return new RedisLink(packageOf(load), options, onError)
}

/** At once rather than awaited: a worker is made, or is not, before anything of it starts. */
function packageOf(load: (name: string) => unknown): RedisPackage {
  try {
    return load(PACKAGE) as RedisPackage
  } catch (cause) {
    const fact = `the package ${PACKAGE}, with which sessions are kept in Redis or Valkey, cannot be loaded`
    throw new WorkerError(
      'WORKER_STORE_CLIENT',
      `${fact}: run \`npm install ${PACKAGE}\` where clowder is installed`,
      cause,
    )
  }
}
