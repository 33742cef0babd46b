/**
 * Options that were never in a file, as workers.properties would have them: for `cmd=dump` of jk-status, which shows the
 * configuration as it was written (mod_jk.md 7.3). Only what was given is written, and no secret.
 */
import type { BalancerOptions, WorkerOptions } from '../balancer/options.ts'
import { type WorkerDirective, workerDirectives } from './worker-directives.ts'

type Property = readonly [name: string, value: string]

const SECRETS: ReadonlySet<string> = new Set(['secret', 'secretkey'])

const shownDirectives = workerDirectives.filter(
  ({ name, option, aliasOf }) => option !== undefined && aliasOf === undefined && !SECRETS.has(name),
)

export function writtenOptions({ workers, workerList, maintainMs }: BalancerOptions): readonly Property[] {
  return [
    ['worker.list', workerList.join(',')],
    ...(maintainMs === undefined ? [] : [['worker.maintain', String(maintainMs / 1_000)] as const]),
    ...Object.entries(workers).flatMap(([name, worker]) => writtenWorker(name, worker)),
  ]
}

function writtenWorker(name: string, worker: WorkerOptions): Property[] {
  const given = new Map<string, unknown>(Object.entries(worker))
  return shownDirectives.flatMap((directive): readonly Property[] => {
    const value = given.get(directive.option!)
    if (value === undefined || !directive.on.includes(worker.type)) return []
    return [[`worker.${name}.${directive.name}`, written(value, directive)]]
  })
}

function written(value: unknown, { unit }: WorkerDirective): string {
  if (Array.isArray(value)) return value.join(',')
  return String(typeof value === 'number' && unit === 's' ? value / 1_000 : value)
}
