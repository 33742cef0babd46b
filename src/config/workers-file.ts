/**
 * A workers.properties without an httpd configuration → balancer options. The mounts are those of `worker.NAME.mount`; when
 * there are none, everything goes to the first lb of `worker.list`, or else its first backend, and `/jk-status` to its first
 * status worker. Status pages are for this machine only; nothing is said about where to listen.
 */
import type { AccessRule, BalancerOptions, MountRule } from '../balancer/options.ts'
import { type BuiltWorkers, buildWorkers, workerOptions } from './build-workers.ts'
import type { Complaints } from './complaint.ts'
import type { PlacedMount } from './mount-rules.ts'
import { resolveBeside, type SourceText } from './source-text.ts'
import { checkMounts, workerMounts } from './worker-mounts.ts'
import { type VariableSource, WorkerProperties } from './workers-properties.ts'

export function readWorkersFile(
  source: SourceText,
  env: VariableSource['env'],
  complaints: Complaints,
  fromFiles: readonly PlacedMount[] = [],
): BalancerOptions {
  const properties = new WorkerProperties({ env, serverRoot: resolveBeside(source.file, '.') }, complaints)
  properties.addFile(source)
  const built = buildWorkers(properties, source.lines.at(0), complaints)
  const explicit = [...fromFiles, ...workerMounts(built.mounts, complaints).list()]
  checkMounts(explicit, built, complaints)
  const mounts = explicit.length > 0 ? explicit.map(({ rule }) => rule) : defaultMounts(built)
  return { listen: [], ...workerOptions(built), hosts: [{ names: [], mounts, access: statusAccess(mounts, built) }] }
}

function defaultMounts({ workerList, workers }: BuiltWorkers): MountRule[] {
  const typed = workerList.map((name) => ({ name, type: workers.get(name)?.type }))
  const lb =
    typed.find(({ type }) => type === 'lb') ?? typed.find(({ type }) => type !== undefined && type !== 'status')
  const status = typed.find(({ type }) => type === 'status')
  return [
    ...(lb === undefined ? [] : [{ pattern: '/*', worker: lb.name, source: 'worker' as const }]),
    ...(status === undefined ? [] : [{ pattern: '/jk-status', worker: status.name, source: 'worker' as const }]),
  ]
}

/** For this machine only: what no file can open here, a Location in an httpd file can. */
function statusAccess(mounts: readonly MountRule[], { workers }: BuiltWorkers): AccessRule[] {
  return mounts
    .filter(({ worker, exclude }) => !exclude && workers.get(worker)?.type === 'status')
    .map(({ pattern }) => ({
      location: pattern.replace(/\/?[*?].*$/s, '') || '/',
      order: 'allow,deny',
      allow: ['local'],
      deny: [],
    }))
}
