/** Interceptors as a file names them -> layers of the channel, top to bottom. Pure. */
import {
  domainFilter,
  type EncryptionOptions,
  fragmentation,
  gzip,
  type Interceptor,
  leaderElection,
  order,
  ping,
  throughput,
  twoPhaseCommit,
} from '../cluster/index.ts'
import { given } from './given.ts'
import type { InterceptorFileOptions } from './options.ts'

/** Of `TcpPingInterceptor` with `useThread`. */
const PING_MS = 1000

/** Those that are part of every channel, and the one that encrypts, are told to the channel in other ways. */
export function channelLayers(interceptors: readonly InterceptorFileOptions[]): Interceptor[] {
  return interceptors.flatMap((options) => layerOf(options) ?? [])
}

/** The key of Tomcat's EncryptInterceptor, for Tomcat's format. */
export function encryptionOf(interceptors: readonly InterceptorFileOptions[]): EncryptionOptions | undefined {
  for (const options of interceptors) {
    if (options.name !== 'EncryptInterceptor') continue
    return {
      keys: options.encryptionKey.split(',').map((key) => key.trim()),
      format: 'tomcat',
      ...given('clockToleranceMs', options.replayWindowTimeMs),
      ...given('replayMessages', options.replayWindowMessageCount),
    }
  }
  return undefined
}

function layerOf(options: InterceptorFileOptions): Interceptor | undefined {
  switch (options.name) {
    case 'GzipInterceptor':
      return gzip({ ...given('minBytes', options.compressionMinSize), ...given('optionFlag', options.optionFlag) })
    case 'FragmentationInterceptor':
      return fragmentation({ ...given('maxBytes', options.maxSize), ...given('expireMs', options.expireMs) })
    case 'OrderInterceptor':
      return order({
        ...given('expireMs', options.expireMs),
        ...given('forwardExpired', options.forwardExpired),
        ...given('maxQueue', options.maxQueue),
      })
    case 'TwoPhaseCommitInterceptor':
      return twoPhaseCommit({ ...given('expireMs', options.expireMs) })
    case 'DomainFilterInterceptor':
      return domainFilter({ ...given('domain', options.domain) })
    case 'ThroughputInterceptor':
      return throughput({ ...given('interval', options.interval) })
    case 'TcpPingInterceptor':
      return ping(options.useThread === true ? { intervalMs: options.intervalMs ?? PING_MS } : {})
    case 'NonBlockingCoordinator':
      return leaderElection()
    case 'EncryptInterceptor':
    case 'MessageDispatchInterceptor':
    case 'StaticMembershipInterceptor':
    case 'TcpFailureDetector':
      return undefined
  }
}
