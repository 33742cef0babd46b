/** Workers named on the command line -> the options of a balancer, without a file. What `clowder up` uses. Pure. */
import type { BalancerOptions, EndpointWorkerOptions, ListenOptions } from '../balancer/options.ts'

export interface QuickWorker {
  readonly name: string
  readonly host: string
  readonly port: number
}

const BALANCER = 'loadbalancer'
const STATUS = 'jkstatus'
/** Names that a worker on the command line cannot have. */
export const RESERVED_NAMES: readonly string[] = [BALANCER, STATUS]

/**
 * mod_jk's 60 s are for Tomcats that take as long to start. Here a dead process is back within a second, so it is tried
 * again soon; a try costs one refused connect at most.
 */
const RECOVER_TIME_MS = 1_000

/** All requests go to one load balancer over the workers, except those for its status page, which this machine alone may see. */
export function quickBalancer(listen: readonly ListenOptions[], workers: readonly QuickWorker[]): BalancerOptions {
  const members = workers.map(({ name, host, port }): [string, EndpointWorkerOptions] => [
    name,
    { type: 'http', host, port },
  ])
  return {
    listen,
    workers: {
      ...Object.fromEntries(members),
      [BALANCER]: { type: 'lb', balanceWorkers: workers.map(({ name }) => name), recoverTimeMs: RECOVER_TIME_MS },
      [STATUS]: { type: 'status' },
    },
    workerList: [BALANCER, STATUS],
    hosts: [
      {
        names: [],
        mounts: [
          { pattern: '/*', worker: BALANCER, source: 'mount' },
          { pattern: '/jk-status', worker: STATUS, source: 'mount' },
        ],
        access: [{ location: '/jk-status', order: 'deny,allow', deny: ['all'], allow: ['127.0.0.1', '::1'] }],
      },
    ],
    maintainMs: RECOVER_TIME_MS,
  }
}
