/**
 * Fills in what was left out, checks everything, and freezes the result. All problems are reported at once, so that
 * a configuration is corrected in one go. Defaults and ranges are named in `options.ts`; the workers have a file of
 * their own.
 */

import { isAbsolute } from 'node:path'
import { checkAccess } from './check-access.ts'
import { checkExtensions } from './check-extensions.ts'
import { BalancerError } from './errors.ts'
import { DEFAULT_LOG_LEVEL, DEFAULT_LOG_STAMP, type EventLogOptions, logLevels } from './event-log.ts'
import { Findings, MAX_COUNT, MAX_MS } from './findings.ts'
import { badNetworks } from './networks.ts'
import type {
  BalancerOptions,
  FrontLimits,
  FrontTimeouts,
  ListenOptions,
  MountRule,
  VirtualHostOptions,
} from './options.ts'
import { resolveSite } from './resolve-site.ts'
import { resolveWorkers } from './resolve-workers.ts'
import type {
  ResolvedBalancerOptions,
  ResolvedFrontLimits,
  ResolvedFrontTimeouts,
  ResolvedVirtualHost,
  ResolvedWorker,
} from './resolved-options.ts'
import { hasWildcard } from './wildcard.ts'

export type { ListenOptions } from './options.ts'
export type {
  ResolvedBalancerOptions,
  ResolvedEndpointWorker,
  ResolvedFrontLimits,
  ResolvedFrontTimeouts,
  ResolvedLbWorker,
  ResolvedStatusWorker,
  ResolvedVirtualHost,
  ResolvedWorker,
} from './resolved-options.ts'

const DEFAULT_MAINTAIN_MS = 60_000
const MAX_PORT = 65_535

/** Throws a {@link BalancerError} `BALANCER_OPTIONS` that lists every problem. */
export function resolveOptions(options: BalancerOptions): ResolvedBalancerOptions {
  const findings = new Findings()
  const limits = resolveLimits(options.limits ?? {}, findings)
  const timeouts = resolveTimeouts(options.timeouts ?? {}, findings)
  const workers = resolveWorkers(options, timeouts, findings)
  checkWorkerList(options.workerList, workers, findings)
  const resolved: ResolvedBalancerOptions = {
    listen: resolveListen(options.listen, findings),
    workers,
    workerList: [...options.workerList],
    hosts: resolveHosts(options, workers, findings),
    properties: (options.properties ?? []).map(([name, value]): readonly [string, string] => [name, value]),
    trustedProxies: resolveNetworks('trustedProxies', options.trustedProxies ?? [], findings),
    limits,
    timeouts,
    log: resolveLog(options.log ?? {}, findings),
    maintainMs: findings.whole('maintainMs', options.maintainMs ?? DEFAULT_MAINTAIN_MS, 0, MAX_MS),
    warnings: findings.warnings,
  }
  const problems = findings.problems
  if (problems.length > 0) throw new BalancerError('BALANCER_OPTIONS', { problems })
  return freezeDeeply(resolved)
}

function resolveLog(log: EventLogOptions, findings: Findings): ResolvedBalancerOptions['log'] {
  const { file, level = DEFAULT_LOG_LEVEL, stamp = DEFAULT_LOG_STAMP } = log
  if (file !== undefined && !isAbsolute(file)) findings.problem('log.file', `${file} is not absolute`)
  findings.oneOf('log.level', level, logLevels)
  return { file, level, stamp }
}

function resolveListen(listen: readonly ListenOptions[], findings: Findings): readonly ListenOptions[] {
  if (listen.length === 0) findings.problem('listen', 'is empty: there is nothing to listen on')
  return listen.map(({ host, port }, index) => {
    if (host === '') findings.problem(`listen[${index}].host`, 'is empty')
    return { host, port: findings.whole(`listen[${index}].port`, port, 0, MAX_PORT) }
  })
}

function resolveLimits(limits: FrontLimits, findings: Findings): ResolvedFrontLimits {
  const count = (name: keyof FrontLimits, fallback: number, least: number, most = MAX_COUNT): number =>
    findings.whole(`limits.${name}`, limits[name] ?? fallback, least, most)
  return {
    headBytes: count('headBytes', 65_536, 256),
    headerCount: count('headerCount', 100, 1),
    targetBytes: count('targetBytes', 8_192, 16),
    bodyBytes: count('bodyBytes', 0, 0, Number.MAX_SAFE_INTEGER),
    pipelinedRequests: count('pipelinedRequests', 32, 1),
    connections: count('connections', 16_384, 1),
    requestsPerConnection: count('requestsPerConnection', 0, 0),
  }
}

function resolveTimeouts(timeouts: FrontTimeouts, findings: Findings): ResolvedFrontTimeouts {
  const ms = (name: keyof FrontTimeouts, fallback: number): number =>
    findings.whole(`timeouts.${name}`, timeouts[name] ?? fallback, 0, MAX_MS)
  return {
    headMs: ms('headMs', 20_000),
    bodyMs: ms('bodyMs', 30_000),
    keepAliveMs: ms('keepAliveMs', 15_000),
    halfClosedMs: ms('halfClosedMs', 30_000),
    sendMs: ms('sendMs', 60_000),
    replyMs: ms('replyMs', 300_000),
  }
}

function checkWorkerList(
  list: readonly string[],
  workers: Readonly<Record<string, ResolvedWorker>>,
  findings: Findings,
): void {
  if (list.length === 0) findings.problem('workerList', 'is empty: nothing can be mounted')
  for (const name of list) {
    if (workers[name] === undefined) findings.problem('workerList', `names ${name}, which does not exist`)
  }
}

function resolveHosts(
  options: BalancerOptions,
  workers: Readonly<Record<string, ResolvedWorker>>,
  findings: Findings,
): readonly ResolvedVirtualHost[] {
  if (options.hosts.length === 0) findings.problem('hosts', 'is empty: there must be a default host')
  const mountable = new Set(options.workerList)
  return options.hosts.map((host, index) => {
    const resolved = resolveHost(`hosts[${index}]`, host, mountable, workers, findings)
    return { ...resolved, mounts: withSlashes(resolved.mounts, workers) }
  })
}

function resolveHost(
  at: string,
  host: VirtualHostOptions,
  mountable: ReadonlySet<string>,
  workers: Readonly<Record<string, ResolvedWorker>>,
  findings: Findings,
): ResolvedVirtualHost {
  const names = host.names.map((name) => name.toLowerCase())
  for (const rule of host.mounts) {
    checkMount(`${at}.mounts`, rule, mountable, findings)
    if (rule.extensions !== undefined) checkExtensions(`${at}.mounts ${rule.pattern}`, rule, workers, findings)
  }
  for (const rule of host.access) checkAccess(`${at}.access`, rule, findings)
  return {
    ...resolveSite(at, host, findings),
    label: host.label ?? names[0] ?? '',
    names,
    mounts: host.mounts.map((rule) => structuredClone(rule)),
    access: structuredClone(host.access),
  }
}

/** A status page that is mounted at `/jk-status` alone is there for `/jk-status/`, too: people and scripts write both. */
export function withSlashes(
  mounts: readonly MountRule[],
  workers: Readonly<Record<string, ResolvedWorker>>,
): readonly MountRule[] {
  const patterns = new Set(mounts.map(({ pattern }) => pattern))
  return mounts.flatMap((rule): readonly MountRule[] => {
    const { pattern, worker, exclude, disabled } = rule
    const isPage = workers[worker]?.type === 'status' && exclude !== true && disabled !== true
    const slashed = `${pattern}/`
    if (!isPage || hasWildcard(pattern) || pattern.endsWith('/') || patterns.has(slashed)) return [rule]
    return [rule, { ...rule, pattern: slashed }]
  })
}

/** A rule that names an unknown worker is no problem but a warning: its requests get 500, as with mod_jk (2.4). */
function checkMount(at: string, rule: MountRule, mountable: ReadonlySet<string>, findings: Findings): void {
  if (!rule.pattern.startsWith('/')) findings.problem(at, `the pattern ${rule.pattern} does not begin with /`)
  findings.oneOf(at, rule.source, ['mount-file', 'mount', 'worker'])
  if (mountable.has(rule.worker) || (rule.worker === '*' && rule.exclude === true)) return
  findings.warn(at, `${rule.pattern} names ${rule.worker}, which is not in the worker list`)
}

function resolveNetworks(at: string, list: readonly string[], findings: Findings): readonly string[] {
  for (const entry of badNetworks(list)) findings.problem(at, `${entry} is no address and no network`)
  return [...list]
}

function freezeDeeply<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const part of Object.values(value)) freezeDeeply(part)
  return Object.freeze(value)
}
