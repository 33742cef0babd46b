/**
 * From a request to whoever serves it: virtual host, mounts, environment and access rules, in this order and nowhere else.
 * A request that none of them but a mount speaks of takes the short way.
 */
import type { Guard } from './access.ts'
import type { Proved } from './basic-auth.ts'
import type { Environment } from './environment.ts'
import type { BalancerErrorCode } from './errors.ts'
import type { ClientFacts, Exchange } from './exchange.ts'
import { firstField } from './first-field.ts'
import type { MountRule } from './options.ts'
import type { FoundRoute, Router } from './router.ts'
import { overridesOf, withEnvironment } from './rule-extensions.ts'
import { type FilePlace, type FileService, refuse } from './serve-files.ts'
import type { Telling } from './telling.ts'

/** A worker as the dispatcher sees it. */
export interface Service {
  serve(exchange: Exchange): void
}

/** What a virtual host has besides its mounts. */
export interface Site {
  readonly environment: Environment | undefined
  readonly telling: Telling | undefined
  /** Where a path that no rule maps goes to the worker of JK_WORKER_NAME. */
  readonly isForced: ((path: string) => boolean) | undefined
  readonly files: FileService | undefined
  /** Told of each request before it goes anywhere. */
  readonly log: ((exchange: Exchange) => void) | undefined
}

const REFUSALS = { 400: 'FRONT_BAD_PATH', 404: 'FRONT_HIDDEN_SLASH', nowhere: 'FRONT_NOT_FOUND' } as const
const NO_JK = 'no-jk'
const WORKER_NAME = 'JK_WORKER_NAME'

export class Dispatcher {
  readonly #router: Router
  readonly #sites: readonly Site[]
  /** The workers of the worker list; no other can be mounted (mod_jk.md 1.3). */
  readonly #services: ReadonlyMap<string, Service>
  /** Reads `WORKER;extension=value`, as it stands in a variable of the environment. */
  readonly #readTarget: (target: string) => Pick<MountRule, 'worker' | 'extensions'>
  readonly #refused: (code: BalancerErrorCode, client: ClientFacts) => void

  constructor(
    router: Router,
    sites: readonly Site[],
    services: ReadonlyMap<string, Service>,
    refused: (code: BalancerErrorCode, client: ClientFacts) => void,
    readTarget: (target: string) => Pick<MountRule, 'worker' | 'extensions'> = (worker) => ({ worker }),
  ) {
    this.#router = router
    this.#sites = sites
    this.#services = services
    this.#refused = refused
    this.#readTarget = readTarget
  }

  dispatch(exchange: Exchange): void {
    const { target } = exchange
    // `OPTIONS *` asks about the server as a whole: whoever serves its root answers.
    const route = this.#router.route(exchange.host, target === '*' ? '/' : target, exchange.client)
    if (route.kind === 'refused') {
      this.#refuse(exchange, REFUSALS[route.status])
      return
    }
    const site = this.#sites[route.host]!
    exchange.path = route.path
    site.log?.(exchange)
    this.#follow(exchange, route, site)
  }

  #follow(exchange: Exchange, route: FoundRoute, site: Site): void {
    if (site.environment !== undefined) exchange.env = site.environment.early(exchange)
    const isMapped = route.kind === 'worker' && exchange.env?.has(NO_JK) !== true
    if (!isMapped && site.files !== undefined && site.isForced?.(route.path) !== true) {
      this.#serveFile(exchange, route, site, site.files)
    } else if (route.access === undefined) {
      this.#serve(exchange, route, site)
    } else {
      this.#admit(exchange, route.access, () => this.#serve(exchange, route, site))
    }
  }

  // ---- who may -----------------------------------------------------------------------------------------------------

  /** Goes on with `then` for those who may. */
  #admit(exchange: Exchange, guard: Guard, then: () => void): void {
    const verdict = guard.judge(exchange)
    if (verdict === 'in') {
      exchange.isAdmitted = true
      then()
    } else if (verdict === 'out' || guard.auth === undefined) {
      this.#refuse(exchange, 'FRONT_FORBIDDEN')
    } else if (exchange.user !== undefined) {
      this.#challenge(exchange, guard.auth.challenge)
    } else {
      const proved = guard.auth.prove(firstField(exchange.fields, 'authorization'), exchange)
      if (!(proved instanceof Promise)) {
        this.#proved(exchange, guard, proved, then)
        return
      }
      const admitted = proved.then((later) => {
        if (!exchange.finished) this.#proved(exchange, guard, later, then)
      })
      admitted.catch((cause: unknown) => this.#failed(exchange, cause))
    }
  }

  #proved(exchange: Exchange, guard: Guard, { user, busy }: Proved, then: () => void): void {
    if (busy === true) {
      this.#refuse(exchange, 'FRONT_AUTH_BUSY')
    } else if (user === undefined) {
      this.#challenge(exchange, guard.auth!.challenge)
    } else {
      exchange.user = user
      this.#admit(exchange, guard, then)
    }
  }

  #challenge(exchange: Exchange, challenge: string): void {
    this.#refused('FRONT_UNAUTHORIZED', exchange.client)
    refuse(exchange, 'FRONT_UNAUTHORIZED', challenge)
  }

  // ---- who serves --------------------------------------------------------------------------------------------------

  #serve(exchange: Exchange, route: FoundRoute, site: Site): void {
    let rule: Pick<MountRule, 'worker' | 'extensions'> | undefined = route.kind === 'worker' ? route.rule : undefined
    let overrides = route.kind === 'worker' ? route.overrides : undefined
    const { env } = exchange
    if (env !== undefined) {
      site.environment!.late(exchange, env)
      const named = rule === undefined && site.isForced?.(route.path) === true ? env.get(WORKER_NAME) : undefined
      if (named !== undefined) {
        rule = this.#readTarget(named)
        overrides = overridesOf(rule.extensions)
      }
      if (env.has(NO_JK)) rule = undefined
      overrides = withEnvironment(overrides, env)
    }
    if (rule === undefined) {
      if (site.files === undefined) this.#refuse(exchange, 'FRONT_NOT_FOUND')
      else this.#serveFile(exchange, route, site, site.files)
      return
    }
    const service = this.#services.get(rule.worker)
    if (service === undefined) {
      this.#refuse(exchange, 'LB_UNKNOWN_WORKER')
      return
    }
    exchange.worker = rule.worker
    exchange.overrides = site.telling === undefined ? overrides : site.telling(exchange, overrides)
    exchange.forwardPath = route.forward
    if (exchange.target !== '*') exchange.forwardTarget = withQuery(exchange.target, route.forward)
    service.serve(exchange)
  }

  /**
   * Rules for folders count besides those for paths, so who may is asked when it is known which file is meant. The page of
   * a folder is asked for as a file of its own, too, as in httpd; one that is mapped goes to its worker, which makes a page
   * of what lies there as a file.
   */
  #serveFile(exchange: Exchange, route: FoundRoute, site: Site, files: FileService): void {
    const local = route.kind === 'none' ? route.local : route.path
    const served = files.find(route.path, local).then(async (place) => {
      const page = typeof place === 'string' ? undefined : await this.#mappedPage(exchange, route, site, files, place)
      if (exchange.finished) return
      const guards = typeof place === 'string' ? [route.access] : this.#guardsOf(route, place)
      const then = () => {
        if (page !== undefined) {
          exchange.path = page.path
          this.#follow(exchange, page, site)
        } else if (place === 'none') this.#refuse(exchange, 'FRONT_NOT_FOUND')
        else if (place === 'forbidden') this.#refuse(exchange, 'FRONT_FILE_FORBIDDEN')
        else {
          // As in httpd, logs speak of the page.
          exchange.path += place.index ?? ''
          files.serve(exchange, place).catch((cause: unknown) => this.#failed(exchange, cause))
        }
      }
      this.#admitAll(exchange, guards, then)
    })
    served.catch((cause: unknown) => this.#failed(exchange, cause))
  }

  /**
   * Where a request for a folder goes whose page is mapped: to that page when it lies there as a file, else to its worker as
   * it came (JkOptions `ForwardDirectories`; mod_jk 1.2.48 does both with and without it).
   */
  async #mappedPage(
    exchange: Exchange,
    route: FoundRoute,
    site: Site,
    files: FileService,
    place: FilePlace,
  ): Promise<FoundRoute | undefined> {
    const { path, forward } = route
    if (!path.endsWith('/')) return undefined
    if (place.index !== undefined) {
      const page = this.#router.routeAt(route.host, path + place.index)
      return this.#isMapped(exchange, page, site) ? page : undefined
    }
    for (const name of files.pages) {
      const folder = { ...this.#router.routeAt(route.host, path + name), path, forward, access: route.access }
      if (this.#isMapped(exchange, folder, site)) return (await files.isFolder(place)) ? folder : undefined
    }
    return undefined
  }

  /** Whether a request would go to a worker there, were that what it had asked for. */
  #isMapped(exchange: Exchange, { kind, path }: FoundRoute, { environment }: Site): boolean {
    if (kind !== 'worker' || environment === undefined) return kind === 'worker'
    const asked = exchange.path
    exchange.path = path
    const env = environment.early(exchange)
    environment.late(exchange, env)
    exchange.path = asked
    return !env.has(NO_JK)
  }

  #guardsOf({ host, path }: FoundRoute, { file, index }: FilePlace): (Guard | undefined)[] {
    if (index === undefined) return [this.#router.guardOf(host, path, file)]
    const folder = file.slice(0, file.length - index.length)
    return [this.#router.guardOf(host, path, folder), this.#router.guardOf(host, path + index, file)]
  }

  #admitAll(exchange: Exchange, guards: readonly (Guard | undefined)[], then: () => void): void {
    const [guard, ...others] = guards
    if (guards.length === 0) then()
    else if (guard === undefined) this.#admitAll(exchange, others, then)
    else this.#admit(exchange, guard, () => this.#admitAll(exchange, others, then))
  }

  #failed(exchange: Exchange, cause: unknown): void {
    exchange.fail({ code: 'LB_INTERNAL', stage: 'unsent', staleConnection: false, cause })
  }

  #refuse(exchange: Exchange, code: BalancerErrorCode): void {
    this.#refused(code, exchange.client)
    exchange.refuse(code)
  }
}

/** The target itself where its path is forwarded as it came, which is nearly always. */
function withQuery(target: string, forward: string): string {
  const query = target.indexOf('?')
  if (query === -1) return forward
  return query === forward.length && target.startsWith(forward) ? target : forward + target.slice(query)
}
