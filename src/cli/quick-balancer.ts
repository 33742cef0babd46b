/** Workers named on the command line -> the options of a balancer, without a file. What `clowder up` uses. Pure. */
import type { BalancerOptions, EndpointWorkerOptions, ListenOptions } from '../balancer/options.ts'
import { CliError } from './errors.ts'

export interface QuickWorker {
  readonly name: string
  readonly type: 'ajp13' | 'http'
  readonly host: string
  readonly port: number
}

const BALANCER = 'loadbalancer'
const STATUS = 'jkstatus'
const TAKEN: ReadonlySet<string> = new Set([BALANCER, STATUS])

/**
 * mod_jk's 60 s are for Tomcats that take as long to start. Here a dead process is back within a second, so it is tried
 * again soon; a try costs one refused connect at most.
 */
const RECOVER_TIME_MS = 1_000

/** `NAME=ajp://HOST:PORT` or `NAME=http://HOST:PORT`, each. Fails with everything that is wrong. */
export function parseQuickWorkers(texts: readonly string[]): QuickWorker[] {
  const problems: string[] = []
  const names = new Set<string>()
  const workers = texts.flatMap((text) => {
    const worker = parseQuickWorker(text)
    if (worker === undefined) problems.push(`--worker ${text} is not NAME=ajp://HOST:PORT or NAME=http://HOST:PORT`)
    else if (names.has(worker.name)) problems.push(`there are two workers called ${worker.name}`)
    else if (TAKEN.has(worker.name)) problems.push(`a worker cannot be called ${worker.name}`)
    else names.add(worker.name)
    return worker ?? []
  })
  if (problems.length > 0) throw new CliError('CLI_USAGE', problems)
  return workers
}

function parseQuickWorker(text: string): QuickWorker | undefined {
  const [, name, scheme, host, port] =
    /^([\w-]+)=(ajp|http):\/\/([\w.-]+|\[[\da-f:.]+\]):(\d{1,5})\/?$/i.exec(text) ?? []
  if (name === undefined || host === undefined || Number(port) > 65_535) return undefined
  const type = scheme?.toLowerCase() === 'ajp' ? 'ajp13' : 'http'
  return { name, type, host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

/**
 * All requests go to one load balancer over the workers, except those for its status page, which this machine alone may see.
 *
 * @param secret of all workers that speak AJP
 */
export function quickBalancer(
  listen: readonly ListenOptions[],
  workers: readonly QuickWorker[],
  secret?: string,
): BalancerOptions {
  const members = workers.map(({ name, type, host, port }): [string, EndpointWorkerOptions] => [
    name,
    { type, host, port, ...(type === 'ajp13' && secret !== undefined && { secret }) },
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
