/**
 * The workers of a balancer: defaults, ranges, and whether they fit together. Part of `resolve-options.ts`.
 */
import { type Findings, MAX_COUNT, MAX_MS } from './findings.ts'
import type {
  BalancerOptions,
  EndpointWorkerOptions,
  LbWorkerOptions,
  StatusWorkerOptions,
  WorkerOptions,
} from './options.ts'
import { resolveAjp } from './resolve-ajp.ts'
import type {
  ResolvedEndpointWorker,
  ResolvedFrontTimeouts,
  ResolvedLbWorker,
  ResolvedStatusWorker,
  ResolvedWorker,
} from './resolved-options.ts'
import { isCookieName, isCookiePath } from './set-cookie.ts'

export { packetSize } from './resolve-ajp.ts'

const DEFAULT_PORT = { http: 8080, https: 8443, ajp13: 8009 } as const
const DEFAULT_POOL_SIZE = 250
const DEFAULT_RETRIES = 2
const DEFAULT_RETRY_INTERVAL_MS = 100
const DEFAULT_RECOVER_TIME_MS = 60_000
export const MAX_PORT = 65_535
/** All bits of `recovery_options` that mean something. */
export const MAX_RECOVERY_OPTIONS = 31
/** mod_jk.md 1.4, status worker. */
const DEFAULT_GOOD = ['a.o', 'a.i', 'a.b', 'a.r']
const DEFAULT_BAD = ['s', 'e']
/** Activations A D S, states O I (or N) B R E, or one of each in either order (mod_jk.md 7.9). */
const RATING = /^(?:[ADSOINBRE][^.]*|[ADS][^.]*\.[OINBRE][^.]*|[OINBRE][^.]*\.[ADS][^.]*)$/i
/** Weights are multiplied with one another (lb_mult), so they stay small. */
export const MAX_LBFACTOR = 1_000_000

export function resolveWorkers(
  options: BalancerOptions,
  timeouts: ResolvedFrontTimeouts,
  findings: Findings,
): Readonly<Record<string, ResolvedWorker>> {
  const secrets = new Map<string, string>()
  for (const each of Object.values(options.workers)) {
    if (each.type !== 'lb') continue
    for (const member of each.balanceWorkers) secrets.set(member, secrets.get(member) || (each.secret ?? ''))
  }
  const workers: Record<string, ResolvedWorker> = Object.create(null)
  for (const [name, worker] of Object.entries(options.workers)) {
    if (name === '') findings.problem('workers', 'hold one without a name')
    const resolved = resolveWorker(name, worker, secrets.get(name), timeouts, findings)
    if (resolved !== undefined) workers[name] = resolved
  }
  for (const worker of Object.values(workers)) {
    if (worker.type === 'lb') checkMembers(worker, options.workers, workers, findings)
  }
  return workers
}

function resolveWorker(
  name: string,
  worker: WorkerOptions,
  lbSecret: string | undefined,
  timeouts: ResolvedFrontTimeouts,
  findings: Findings,
): ResolvedWorker | undefined {
  switch (worker.type) {
    case 'http':
    case 'https':
    case 'ajp13':
      return resolveEndpoint(name, worker, lbSecret, timeouts, findings)
    case 'lb':
      return resolveLb(name, worker, findings)
    case 'status':
      return resolveStatus(name, worker, findings)
    default:
      findings.problem(`workers.${name}.type`, `is not known: ${String((worker as { type: unknown }).type)}`)
      return undefined
  }
}

function resolveEndpoint(
  name: string,
  worker: EndpointWorkerOptions,
  lbSecret: string | undefined,
  timeouts: ResolvedFrontTimeouts,
  findings: Findings,
): ResolvedEndpointWorker {
  const at = `workers.${name}`
  const whole = (key: keyof EndpointWorkerOptions & string, fallback: number, least: number, most: number): number =>
    findings.whole(`${at}.${key}`, (worker[key] as number | undefined) ?? fallback, least, most)
  const ms = (key: keyof EndpointWorkerOptions & string, fallback: number): number => whole(key, fallback, 0, MAX_MS)

  const port = whole('port', DEFAULT_PORT[worker.type], 0, MAX_PORT)
  const socketTimeoutMs = ms('socketTimeoutMs', 0)
  const connectTimeoutMs = ms('socketConnectTimeoutMs', 0)
  const connectionPoolSize = whole('connectionPoolSize', DEFAULT_POOL_SIZE, 1, MAX_COUNT)
  const minsize = whole('connectionPoolMinsize', Math.floor((connectionPoolSize + 1) / 2), 0, MAX_COUNT)
  const retries = whole('retries', DEFAULT_RETRIES, 1, MAX_COUNT)
  const retryIntervalMs = ms('retryIntervalMs', DEFAULT_RETRY_INTERVAL_MS)
  const route = worker.route ?? name
  const activation = worker.activation ?? 'active'
  findings.oneOf(`${at}.activation`, activation, ['active', 'disabled', 'stopped'])
  if (worker.host === '') findings.problem(`${at}.host`, 'is empty')
  if (route === '') findings.problem(`${at}.route`, 'is empty')
  return {
    name,
    type: worker.type,
    host: worker.host ?? 'localhost',
    port,
    source: worker.source === '' ? undefined : worker.source,
    preferIpv6: worker.preferIpv6 ?? false,
    socketConnectTimeoutMs: connectTimeoutMs === 0 ? socketTimeoutMs : connectTimeoutMs,
    socketTimeoutMs,
    socketKeepalive: worker.socketKeepalive ?? false,
    ...resolveAjp(at, worker, lbSecret, findings),
    replyTimeoutMs: ms('replyTimeoutMs', timeouts.replyMs),
    connectionPoolSize,
    connectionPoolMinsize: Math.min(minsize, connectionPoolSize),
    connectionPoolTimeoutMs: ms('connectionPoolTimeoutMs', 0),
    connectionAcquireTimeoutMs: ms('connectionAcquireTimeoutMs', Math.min(MAX_MS, retries * retryIntervalMs)),
    busyLimit: whole('busyLimit', 0, 0, MAX_COUNT),
    retries,
    retryIntervalMs,
    recoveryOptions: whole('recoveryOptions', 0, 0, MAX_RECOVERY_OPTIONS),
    allowReplay: worker.allowReplay ?? false,
    failOnStatus: resolveStatuses(`${at}.failOnStatus`, worker.failOnStatus ?? [], findings),
    lbfactor: whole('lbfactor', 1, 1, MAX_LBFACTOR),
    distance: whole('distance', 0, 0, MAX_COUNT),
    route,
    domain: worker.domain ?? domainOf(route),
    redirect: worker.redirect ?? '',
    // A provisioned member without a port starts stopped (mod_jk.md 1.2).
    activation: lbSecret !== undefined && port === 0 ? 'stopped' : activation,
  }
}

/** `dom1.node7` is in `dom1`. */
export function domainOf(route: string): string {
  const dot = route.indexOf('.')
  return dot === -1 ? '' : route.slice(0, dot)
}

function resolveStatuses(at: string, statuses: readonly number[], findings: Findings): readonly number[] {
  for (const status of statuses) findings.whole(at, Math.abs(status), 100, 599)
  return [...statuses]
}

function resolveLb(name: string, worker: LbWorkerOptions, findings: Findings): ResolvedLbWorker {
  const at = `workers.${name}`
  const whole = (key: keyof LbWorkerOptions & string, fallback: number, least: number, most: number): number =>
    findings.whole(`${at}.${key}`, (worker[key] as number | undefined) ?? fallback, least, most)
  const recoverTimeMs = whole('recoverTimeMs', DEFAULT_RECOVER_TIME_MS, 1, MAX_MS)
  const method = worker.method ?? 'request'
  const lock = worker.lock ?? 'optimistic'
  const sessionCookie = worker.sessionCookie ?? 'JSESSIONID'
  const sessionPath = worker.sessionPath ?? ';jsessionid'
  findings.oneOf(`${at}.method`, method, ['request', 'traffic', 'busyness', 'session', 'next'])
  findings.oneOf(`${at}.lock`, lock, ['optimistic', 'pessimistic'])
  if (worker.balanceWorkers.length === 0) findings.problem(`${at}.balanceWorkers`, 'is empty')
  if (sessionCookie === '') findings.problem(`${at}.sessionCookie`, 'is empty')
  if (sessionPath === '') findings.problem(`${at}.sessionPath`, 'is empty')
  const sessionCookiePath = worker.sessionCookiePath ?? '/'
  // They are written into a Set-Cookie field.
  if (worker.setSessionCookie === true && !isCookieName(sessionCookie))
    findings.problem(`${at}.sessionCookie`, `${sessionCookie} is no name of a cookie`)
  if (!isCookiePath(sessionCookiePath))
    findings.problem(`${at}.sessionCookiePath`, `${sessionCookiePath} cannot be the path of a cookie`)
  return {
    name,
    type: 'lb',
    balanceWorkers: [...worker.balanceWorkers],
    stickySession: worker.stickySession ?? true,
    stickySessionForce: worker.stickySessionForce ?? false,
    method,
    lock,
    retries: whole('retries', DEFAULT_RETRIES, 1, MAX_COUNT),
    lbRetries: whole('lbRetries', DEFAULT_RETRIES, 1, MAX_COUNT),
    retryIntervalMs: whole('retryIntervalMs', DEFAULT_RETRY_INTERVAL_MS, 0, MAX_MS),
    recoverTimeMs,
    errorEscalationTimeMs: whole('errorEscalationTimeMs', Math.floor(recoverTimeMs / 2), 0, MAX_MS),
    maxReplyTimeouts: whole('maxReplyTimeouts', 0, 0, MAX_COUNT),
    sessionCookie,
    sessionPath,
    setSessionCookie: worker.setSessionCookie ?? false,
    sessionCookiePath,
  }
}

function resolveStatus(name: string, worker: StatusWorkerOptions, findings: Findings): ResolvedStatusWorker {
  const { good = DEFAULT_GOOD, bad = DEFAULT_BAD } = worker
  return {
    name,
    type: 'status',
    css: worker.css ?? '',
    readOnly: worker.readOnly ?? false,
    persist: worker.persist ?? false,
    users: [...(worker.users ?? [])],
    usersIgnoreCase: worker.usersIgnoreCase ?? false,
    good: ratings(`workers.${name}.good`, good, findings),
    bad: ratings(`workers.${name}.bad`, bad, findings),
    prefix: worker.prefix ?? 'worker',
    ns: unlessMinus(worker.ns ?? 'jk:'),
    xmlns: unlessMinus(worker.xmlns ?? 'xmlns:jk="http://tomcat.apache.org"'),
    doctype: worker.doctype ?? '',
  }
}

/** What begins with a minus stands for nothing at all (mod_jk.md 1.4, `ns` and `xmlns`). */
function unlessMinus(text: string): string {
  return text.startsWith('-') ? '' : text
}

/** Only first letters count (mod_jk.md 7.9): `active.ok` is `a.o`. What says nothing is left out. */
function ratings(at: string, rules: readonly string[], findings: Findings): readonly string[] {
  return rules.filter((rule) => {
    if (RATING.test(rule)) return true
    findings.warn(at, `${rule} is no activation, no state and not both with a dot between`)
    return false
  })
}

/** Members exist and can serve, and no two answer to one route; a session would not know which is meant. */
function checkMembers(
  lb: ResolvedLbWorker,
  given: Readonly<Record<string, WorkerOptions>>,
  workers: Readonly<Record<string, ResolvedWorker>>,
  findings: Findings,
): void {
  const at = `workers.${lb.name}.balanceWorkers`
  const byRoute = new Map<string, string>()
  const redirects: ResolvedEndpointWorker[] = []
  for (const name of lb.balanceWorkers) {
    const member = workers[name]
    if (member === undefined) {
      if (!Object.hasOwn(given, name)) findings.problem(at, `names ${name}, which does not exist`)
    } else if (member.type === 'lb' || member.type === 'status') {
      findings.problem(at, `names ${name}, which is a worker of type ${member.type}`)
    } else {
      const other = byRoute.get(member.route)
      if (other !== undefined) findings.problem(at, `${other} and ${name} have the same route ${member.route}`)
      byRoute.set(member.route, name)
      if (member.redirect !== '') redirects.push(member)
      if (member.domain.includes('.'))
        findings.warn(`workers.${name}.domain`, `${member.domain} holds a dot, so that no session route matches it`)
    }
  }
  for (const { name, redirect } of redirects) {
    if (!byRoute.has(redirect))
      findings.warn(`workers.${name}.redirect`, `${redirect} is the route of no member of ${lb.name}`)
  }
}
