/** The store that a file names -> one that can be opened. The client's package is loaded here, and only here. */
import { createRequire } from 'node:module'
import { parseRedisUrl, redisUrlProblem } from '../addresses/index.ts'
import type { Clock } from '../clock/clock.ts'
import { WorkerError } from './errors.ts'
import { given } from './given.ts'
import type { StoreFileOptions } from './options.ts'
import { RedisLink, type RedisPackage } from './redis-link.ts'

const PACKAGE = 'redis'

/** What is wrong with the options; empty when nothing is. */
export function storeProblems(store: StoreFileOptions): string[] {
  const problems: string[] = []
  const check = (at: string, url: string): void => {
    const problem = redisUrlProblem(url, store.kind === 'redis-cluster')
    if (problem !== undefined) problems.push(`${at} ${problem}`)
  }
  if (store.kind === 'redis') check('url', store.url)
  else if (store.urls.length === 0) problems.push('urls is empty')
  else for (const [index, url] of store.urls.entries()) check(`urls[${index}]`, url)
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
    ...given('username', username),
    ...given('password', password),
    ...given('prefix', prefix),
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
