/**
 * Status pages that everybody who reaches the front may open: whoever opens one can stop members. Where a rule speaks of such a
 * page at all, it is taken to close it, unless it plainly lets everybody in: what is missing here are rules that were forgotten.
 */
import type { AccessRule } from '../balancer/access-options.ts'
import type { BalancerOptions } from '../balancer/options.ts'
import { type Complaints, shown } from './complaint.ts'
import type { PlacedMount } from './mount-rules.ts'

interface Host {
  readonly mounts: readonly PlacedMount[]
  readonly access: readonly AccessRule[]
}

/** Once for each rule, whichever hosts have it. Where nothing says where to listen, it is on loopback. */
export function complainOfOpenStatusPages(
  { listen, workers }: Pick<BalancerOptions, 'listen' | 'workers'>,
  hosts: readonly Host[],
  complaints: Complaints,
): void {
  if (listen.every(({ host }) => isLoopback(host))) return
  const told = new Set<string>()
  for (const { mounts, access } of hosts) {
    for (const { rule, at, directive } of mounts) {
      const worker = workers[rule.worker]
      if (worker?.type !== 'status' || rule.exclude || rule.disabled) continue
      if ((worker.users ?? []).length > 0 || access.some((each) => mayClose(each, rule.pattern))) continue
      const key = `${at.file}:${at.line}:${at.column}`
      if (told.has(key)) continue
      told.add(key)
      const may = worker.readOnly ? 'see' : 'see and change'
      const message = `everybody may ${may} the workers at ${shown(rule.pattern)}`
      const hint = `add <Location ${rule.pattern.replace(/[*?].*/, '')}> with Require`
      complaints.add('CONFIG_STATUS_OPEN', at, directive, message, hint)
    }
  }
}

function isLoopback(host: string): boolean {
  return /^127\./.test(host) || host === '::1' || host === 'localhost'
}

function mayClose({ location, match = 'prefix', of = 'path', ...rule }: AccessRule, pattern: string): boolean {
  if (of !== 'path' || isOpen(rule)) return false
  if (match !== 'prefix') return true
  const folder = location.endsWith('/') ? location : `${location}/`
  return pattern === location || pattern.startsWith(folder)
}

function isOpen({ order, allow = [], deny = [], limits, require }: Omit<AccessRule, 'location'>): boolean {
  if (limits !== undefined) return false
  const opensAddresses = order === undefined || (order === 'deny,allow' ? deny.length === 0 : allow.includes('all'))
  return opensAddresses && deny.length === 0 && (require === undefined || (require.is === 'all' && require.granted))
}
