/**
 * A running balancer: front, mounts and workers put together, and the clockwork that keeps them well. What each of
 * them does stands in its own file; here is only how they are joined, started and stopped.
 */
import { type Clock, systemClock, type TimerHandle } from '../clock/clock.ts'
import { DateLine } from './date-line.ts'
import { Deadlines } from './deadlines.ts'
import { Dispatcher, type Service } from './dispatch.ts'
import { applyEdits } from './edit-apply.ts'
import { checkEdits } from './edit-check.ts'
import { judgeOverlay, type OverlayEntry, type OverlayVerdict, overlayOf } from './edit-overlay.ts'
import type { Edit, Editor, EditResult } from './edit-types.ts'
import { formatProblem } from './edit-words.ts'
import { Endpoint } from './endpoint.ts'
import { BalancerError, type BalancerErrorCode } from './errors.ts'
import { eventLog } from './event-log.ts'
import type { BalancerEvent } from './events.ts'
import type { ClientFacts } from './exchange.ts'
import { Front } from './front/front.ts'
import { createLb, type Lb } from './lb.ts'
import { firstAddress } from './look-up.ts'
import { MountReload, type ReadMounts } from './mount-reload.ts'
import { compileNetworks } from './networks.ts'
import type { BalancerOptions, MountRule } from './options.ts'
import { LogFiles } from './request-log.ts'
import { resolveOptions, withSlashes } from './resolve-options.ts'
import type { ResolvedBalancerOptions, ResolvedVirtualHost, ResolvedWorker } from './resolved-options.ts'
import { createRouter, type Router } from './router.ts'
import { EndpointServer } from './serve-endpoint.ts'
import { LbServer } from './serve-lb.ts'
import { type StatusPage, StatusServer } from './serve-status.ts'
import { ShownAddresses } from './shown-addresses.ts'
import { createSite } from './site.ts'
import type { BalancerSnapshot } from './snapshot.ts'
import { takeSnapshot } from './take-snapshot.ts'

/** What a balancer needs from outside. Everything has a default. */
export interface BalancerHooks {
  /** Makes the pages of status workers; default: a status worker answers 404. */
  readonly statusPage?: StatusPage
  /** Told what happens; must not throw. */
  readonly onEvent?: (event: BalancerEvent) => void
  readonly clock?: Clock
  /** Reads a mount file that has changed; default: mounts stay as the options have them. */
  readonly readMounts?: ReadMounts
  /** The first address of the name of a backend; default: as the system resolves it. */
  readonly lookUp?: typeof firstAddress
  /** Reads `WORKER;extension=value…` of a variable JK_WORKER_NAME; default: all of it is the name of a worker. */
  readonly readTarget?: (target: string) => Pick<MountRule, 'worker' | 'extensions'>
}

export interface Balancer {
  /** Rejects with a BalancerError when an address cannot be listened on; then nothing was started. */
  start(): Promise<void>
  /**
   * Stops accepting, lets requests under way finish for at most `graceMs` (default 10 000), cuts off the others.
   * May be called twice.
   */
  stop(graceMs?: number): Promise<void>
  /** Where it listens, in the order of the options; ports that were 0 are filled in. */
  addresses(): { host: string; port: number }[]
  /** For log files that were moved away: further lines go to new ones. */
  reopenLogs(): void
  snapshot(): BalancerSnapshot
  /** Whether a backend could have this name. Never rejects; takes as long as the system takes to look it up. */
  canResolve(host: string): Promise<boolean>
  /** Changes running workers: all that is asked for, or nothing. Each change is an event, and so is a refusal. */
  edit(edits: readonly Edit[], by: Editor): EditResult
  /** What edits have made other than the options say, for {@link Balancer.overlay} at another time. */
  edited(): OverlayEntry[]
  /** Does edits again that were kept; says which of them the options have overruled since. */
  overlay(entries: readonly OverlayEntry[], by: Editor): OverlayVerdict
}

const DEFAULT_GRACE_MS = 10_000

/** Throws a BalancerError `BALANCER_OPTIONS` that lists everything that is wrong with the options. */
export function createBalancer(options: BalancerOptions, hooks: BalancerHooks = {}): Balancer {
  return new RunningBalancer(resolveOptions(options), hooks)
}

class RunningBalancer implements Balancer {
  readonly #options: ResolvedBalancerOptions
  readonly #clock: Clock
  readonly #onEvent: (event: BalancerEvent) => void
  readonly #deadlines: Deadlines
  readonly #endpoints = new Map<string, Endpoint>()
  readonly #lbs = new Map<string, Lb>()
  readonly #front: Front
  readonly #router: Router
  readonly #logs: LogFiles
  readonly #addresses: ShownAddresses
  readonly #mountReload: MountReload | undefined
  /** With their mounts as they are now. */
  readonly #hosts: ResolvedVirtualHost[]
  #maintenance: TimerHandle
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined

  constructor(options: ResolvedBalancerOptions, hooks: BalancerHooks) {
    this.#options = options
    this.#clock = hooks.clock ?? systemClock
    this.#logs = new LogFiles(this.#clock, (file, reason) => this.#onEvent({ type: 'log-trouble', file, reason }))
    this.#onEvent = toldEvents(hooks.onEvent ?? (() => {}), options.log, this.#logs, this.#clock)
    this.#deadlines = new Deadlines(this.#clock, shortestLimit(options))
    const lookUp = hooks.lookUp ?? firstAddress
    this.#addresses = new ShownAddresses((host) => lookUp(host, this.#prefersIpv6(host)))
    const services = this.#createServices(hooks.statusPage ?? notFound)
    const refused = (code: BalancerErrorCode, client: ClientFacts, cause?: unknown): void =>
      this.#onEvent({ type: 'request-refused', code, client, ...(cause === undefined ? {} : { cause }) })
    const dates = new DateLine(this.#clock, this.#deadlines)
    this.#router = createRouter(options.hosts)
    const date = () => dates.text
    const sites = options.hosts.map((host) => createSite(host, date, this.#logs, this.#clock, options.workers))
    const dispatcher = new Dispatcher(this.#router, sites, services, refused, hooks.readTarget)
    this.#hosts = [...options.hosts]
    if (hooks.readMounts !== undefined) {
      const target = {
        hosts: this.#hosts,
        remount: (host: number, rules: readonly MountRule[]) => this.#remount(host, rules),
      }
      this.#mountReload = new MountReload(target, hooks.readMounts, this.#clock, this.#onEvent)
    }
    this.#front = new Front({
      limits: options.limits,
      timeouts: options.timeouts,
      deadlines: this.#deadlines,
      ownName: options.hosts[0]!.names[0] ?? 'localhost',
      isTrustedProxy: compileNetworks(options.trustedProxies),
      dispatch: (exchange) => dispatcher.dispatch(exchange),
      refused,
    })
  }

  /** One service for each name of the worker list; the endpoints of members, which need not be listed, come first. */
  #createServices(statusPage: StatusPage): ReadonlyMap<string, Service> {
    const { workers, workerList, limits } = this.#options
    for (const worker of Object.values(workers)) {
      if (worker.type === 'lb' || worker.type === 'status') continue
      this.#endpoints.set(worker.name, new Endpoint(worker, limits, this.#deadlines, this.#clock))
    }
    return new Map(workerList.map((name) => [name, this.#createService(workers[name]!, statusPage)]))
  }

  #createService(worker: ResolvedWorker, statusPage: StatusPage): Service {
    if (worker.type === 'status') return new StatusServer(worker.name, statusPage, this.#onEvent)
    if (worker.type !== 'lb') return new EndpointServer(this.#endpoints.get(worker.name)!, this.#clock, this.#onEvent)
    const members = worker.balanceWorkers.map((name) => this.#endpoints.get(name)!)
    const lb = createLb(worker, members, this.#clock.monotonic(), (each, { name, numbers }, before) =>
      this.#onEvent({ type: 'member-state', lb: each.name, member: name, before, state: numbers.state }),
    )
    this.#lbs.set(worker.name, lb)
    return new LbServer(lb, this.#endpoints, this.#clock, this.#onEvent)
  }

  start(): Promise<void> {
    if (this.#stopping !== undefined) return Promise.reject(new BalancerError('BALANCER_STOPPED'))
    this.#starting ??= this.#start()
    return this.#starting
  }

  async #start(): Promise<void> {
    for (const text of this.#options.warnings) this.#onEvent({ type: 'option-warning', text })
    this.#logs.open()
    this.#refreshAddresses()
    await this.#front.listen(this.#options.listen)
    await this.#mountReload?.start()
    const { maintainMs } = this.#options
    if (maintainMs > 0) this.#maintenance = this.#clock.every(maintainMs, () => this.#maintain())
  }

  #remount(index: number, rules: readonly MountRule[]): void {
    const mounts = withSlashes(rules, this.#options.workers)
    this.#hosts[index] = { ...this.#hosts[index]!, mounts }
    this.#router.remount(index, mounts)
  }

  #maintain(): void {
    const nowMs = this.#clock.monotonic()
    for (const lb of this.#lbs.values()) lb.maintain(nowMs, this.#options.maintainMs)
    for (const endpoint of this.#endpoints.values()) endpoint.maintain()
    this.#refreshAddresses()
  }

  #refreshAddresses(): void {
    this.#addresses.refresh([...this.#endpoints.values()].map(({ options }) => options.host))
  }

  /** One address is shown for a name, also where two workers of it differ. */
  #prefersIpv6(host: string): boolean {
    for (const { options } of this.#endpoints.values()) if (options.preferIpv6 && options.host === host) return true
    return false
  }

  stop(graceMs = DEFAULT_GRACE_MS): Promise<void> {
    this.#stopping ??= this.#stop(graceMs)
    return this.#stopping
  }

  async #stop(graceMs: number): Promise<void> {
    // What is being opened can be closed only once it is open. Whether that went well is told by `start`.
    await this.#starting?.catch(() => {})
    this.#clock.clear(this.#maintenance)
    this.#mountReload?.close()
    await this.#front.close(graceMs)
    for (const endpoint of this.#endpoints.values()) endpoint.close()
    this.#deadlines.close()
    await this.#logs.close()
  }

  reopenLogs(): void {
    this.#logs.reopen()
  }

  addresses(): { host: string; port: number }[] {
    return this.#front.addresses()
  }

  snapshot(): BalancerSnapshot {
    const nowMs = this.#clock.now()
    return takeSnapshot(
      {
        options: { ...this.#options, hosts: this.#hosts },
        lbs: this.#lbs,
        endpoints: this.#endpoints,
        addresses: this.#addresses,
      },
      { nowMs, monotonicMs: this.#clock.monotonic(), utcOffsetMinutes: -new Date(nowMs).getTimezoneOffset() },
    )
  }

  canResolve(host: string): Promise<boolean> {
    return this.#addresses.ask(host)
  }

  edited(): OverlayEntry[] {
    return overlayOf(this.#options, { lbs: this.#lbs, endpoints: this.#endpoints })
  }

  overlay(entries: readonly OverlayEntry[], by: Editor): OverlayVerdict {
    const verdict = judgeOverlay(entries, this.#options)
    const { edits } = verdict
    // Together, since one may make room for the other; but one that cannot be done any more must not cost the others.
    const problems = checkEdits(edits, { lbs: this.#lbs, endpoints: this.#endpoints })
    if (problems.length === 0) this.edit(edits, by)
    else for (const edit of edits) this.edit([edit], by)
    return verdict
  }

  edit(edits: readonly Edit[], by: Editor): EditResult {
    const result = applyEdits(edits, { lbs: this.#lbs, endpoints: this.#endpoints }, this.#clock.monotonic())
    if (!result.done) {
      for (const problem of result.problems) this.#onEvent({ type: 'edit-refused', by, reason: formatProblem(problem) })
      return result
    }
    for (const change of result.changes) this.#onEvent({ type: 'edited', by, change })
    if (result.changes.some(({ attribute }) => attribute === 'host')) this.#refreshAddresses()
    return result
  }
}

/** Events for `onEvent`, and for the log where there is one. */
function toldEvents(
  onEvent: (event: BalancerEvent) => void,
  log: ResolvedBalancerOptions['log'],
  files: LogFiles,
  clock: Clock,
): (event: BalancerEvent) => void {
  if (log.file === undefined) return onEvent
  const write = eventLog(files.file(log.file), log, () => clock.now())
  return (event) => {
    write(event)
    onEvent(event)
  }
}

/** The smallest time limit there is: it sets how often deadlines are looked at. */
function shortestLimit(options: ResolvedBalancerOptions): number {
  const limits = [...Object.values(options.timeouts), ...Object.values(options.workers).flatMap(limitsOf)]
  return Math.min(...limits.filter((ms) => ms > 0))
}

function limitsOf(worker: ResolvedWorker): number[] {
  if (worker.type === 'lb' || worker.type === 'status') return []
  const { socketConnectTimeoutMs, replyTimeoutMs, connectionAcquireTimeoutMs, socketTimeoutMs } = worker
  const limits = [socketConnectTimeoutMs, replyTimeoutMs, connectionAcquireTimeoutMs, socketTimeoutMs]
  if (worker.type !== 'ajp13') return limits
  const { answerGapMs, connectTimeoutMs, prepostTimeoutMs, pingTimeoutMs } = worker
  return [...limits, answerGapMs, connectTimeoutMs, prepostTimeoutMs, pingTimeoutMs]
}

const notFound: StatusPage = () => ({
  status: 404,
  headers: { 'Content-Type': 'text/plain' },
  body: 'no status page\n',
})
