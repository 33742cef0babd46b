/** How the parts of a balancer in a clowder.yaml fit together: names that must exist, addresses, routes. */
import type { BalancerOptions, EndpointWorkerOptions, LbWorkerOptions } from '../balancer/options.ts'
import type { YamlReader } from './clowder-yaml-read.ts'
import { shown, visible } from './complaint.ts'
import { didYouMean } from './did-you-mean.ts'
import type { ComplaintCode } from './errors.ts'
import { isHost, parseNetwork } from './names-and-addresses.ts'

/** @param written the same options as they were read, which know their places */
export function checkBalancer(options: BalancerOptions, written: BalancerOptions, reader: YamlReader): void {
  const { workers, workerList } = options
  const check = new BalancerCheck(options, reader)
  for (const [name, worker] of Object.entries(workers)) {
    if (worker.type === 'lb') check.lb(name, worker)
    else if (worker.type !== 'status') check.endpoint(name, worker)
  }
  for (const [index, name] of workerList.entries()) {
    if (!Object.hasOwn(workers, name)) check.unknown(workerList, index, 'balancer.workerList', name)
  }
  check.networks('balancer.trustedProxies', written.trustedProxies)
  for (const [index, host] of (written.hosts ?? []).entries()) check.host(`balancer.hosts[${index}]`, host)
}

class BalancerCheck {
  readonly #options: BalancerOptions
  readonly #reader: YamlReader
  readonly #names = new Set<string>()

  constructor(options: BalancerOptions, reader: YamlReader) {
    this.#options = options
    this.#reader = reader
  }

  lb(name: string, worker: LbWorkerOptions): void {
    const path = `balancer.workers.${name}.balanceWorkers`
    const routes = new Map<string, string>()
    for (const [index, member] of (worker.balanceWorkers ?? []).entries()) {
      const built = Object.hasOwn(this.#options.workers, member) ? this.#options.workers[member] : undefined
      if (built === undefined) {
        this.unknown(worker.balanceWorkers, index, path, member)
      } else if (built.type === 'lb' || built.type === 'status') {
        const message = `${shown(member)} is of type ${built.type}; members are http, https or ajp13 workers`
        this.#complain('CONFIG_MEMBER_TYPE', worker.balanceWorkers, index, path, message)
      } else {
        const route = built.route ?? member
        const other = routes.get(route)
        if (other !== undefined) {
          const message = `${shown(other)} and ${shown(member)} have the same route ${shown(route)}`
          const hint = other === member ? 'name each member once' : 'give each member a route of its own'
          this.#complain('CONFIG_ROUTE_TWICE', worker.balanceWorkers, index, path, message, hint)
        }
        routes.set(route, member)
      }
    }
    for (const member of routes.values()) {
      const built = this.#options.workers[member] as EndpointWorkerOptions
      const { redirect, domain } = built
      const at = `balancer.workers.${member}`
      if (redirect !== undefined && !routes.has(redirect)) {
        const hint =
          didYouMean(redirect, routes.keys()) ??
          `its routes: ${[...routes.keys()].slice(0, 10).map(visible).join(', ')}`
        this.#complain(
          'CONFIG_REDIRECT_UNKNOWN',
          built,
          'redirect',
          `${at}.redirect`,
          `${shown(redirect)} is no route of this lb`,
          hint,
        )
      }
      if (domain?.includes('.')) {
        const message = `${shown(domain)} never matches: a route's domain ends at its first dot`
        this.#complain('CONFIG_DOMAIN_DOT', built, 'domain', `${at}.domain`, message)
      }
    }
  }

  endpoint(name: string, worker: EndpointWorkerOptions): void {
    for (const key of ['host', 'source'] as const) {
      const host = worker[key]
      if (host === undefined || isHost(host)) continue
      const message = `${shown(host)} is no host name and no address`
      this.#complain('CONFIG_ADDRESS_SYNTAX', worker, key, `balancer.workers.${name}.${key}`, message)
    }
    const { connectionPoolSize: size, connectionPoolMinsize: minsize } = worker
    if (size === undefined || minsize === undefined || minsize <= size) return
    const message = `${minsize} counts as ${size}, the size of the pool`
    this.#complain(
      'CONFIG_VALUE_ADJUSTED',
      worker,
      'connectionPoolMinsize',
      `balancer.workers.${name}.connectionPoolMinsize`,
      message,
    )
  }

  host(path: string, host: BalancerOptions['hosts'][number]): void {
    for (const [index, written] of host.names.entries()) {
      const name = written.toLowerCase()
      const problem = !isHost(name.startsWith('*.') ? name.slice(2) : name)
        ? 'is no host name'
        : this.#names.has(name) && host.addresses === undefined
          ? 'belongs to an earlier host'
          : undefined
      this.#names.add(name)
      if (problem === undefined) continue
      this.#complain('CONFIG_HOST_NAME', host.names, index, `${path}.names[${index}]`, `${shown(written)} ${problem}`)
    }
    const listed = new Set(this.#options.workerList)
    for (const [index, rule] of host.mounts.entries()) {
      const { worker } = rule
      if (worker === undefined || listed.has(worker) || (rule.exclude && worker === '*')) continue
      const hint = () =>
        Object.hasOwn(this.#options.workers, worker)
          ? `add ${visible(worker)} to workerList`
          : didYouMean(worker, listed)
      const consequence = rule.exclude ? 'it excludes nothing' : 'its requests get 500'
      const message = `${shown(worker)} is not in workerList; ${consequence}`
      this.#complain('CONFIG_MOUNT_WORKER_UNKNOWN', rule, 'worker', `${path}.mounts[${index}].worker`, message, hint)
    }
    for (const [index, rule] of host.access.entries()) {
      this.networks(`${path}.access[${index}].allow`, rule.allow)
      this.networks(`${path}.access[${index}].deny`, rule.deny)
    }
  }

  networks(path: string, list: readonly string[] | undefined): void {
    for (const [index, entry] of (list ?? []).entries()) {
      const word = entry.toLowerCase()
      if (word === 'all' || word === 'local' || parseNetwork(entry) !== undefined) continue
      const message = `${shown(entry)} is no address and no network`
      this.#complain(
        'CONFIG_ADDRESS_SYNTAX',
        list!,
        index,
        `${path}[${index}]`,
        message,
        'write 10.1.2.3, 10.0.0.0/8, local or all',
      )
    }
  }

  unknown(list: object, index: number, path: string, name: string): void {
    const hint = () => didYouMean(name, Object.keys(this.#options.workers)) ?? 'define it under workers'
    this.#complain('CONFIG_MEMBER_UNDEFINED', list, index, `${path}[${index}]`, `${shown(name)} is not defined`, hint)
  }

  #complain(
    code: ComplaintCode,
    holder: object,
    entry: string | number,
    path: string,
    message: string,
    hint?: string | (() => string | undefined),
  ): void {
    const at = this.#reader.placeOf(holder, entry)
    if (at !== undefined) this.#reader.complaints.add(code, at, path, message, hint)
  }
}
