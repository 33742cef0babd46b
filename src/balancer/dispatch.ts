/** From a request to whoever serves it: virtual host, mounts and access rules, in this order and nowhere else. */
import type { BalancerErrorCode } from './errors.ts'
import type { ClientFacts, Exchange } from './exchange.ts'
import type { Router } from './router.ts'

/** A worker as the dispatcher sees it. */
export interface Service {
  serve(exchange: Exchange): void
}

export class Dispatcher {
  readonly #router: Router
  /** The workers of the worker list; no other can be mounted (mod_jk.md 1.3). */
  readonly #services: ReadonlyMap<string, Service>

  readonly #refused: (code: BalancerErrorCode, client: ClientFacts) => void

  constructor(
    router: Router,
    services: ReadonlyMap<string, Service>,
    refused: (code: BalancerErrorCode, client: ClientFacts) => void,
  ) {
    this.#router = router
    this.#services = services
    this.#refused = refused
  }

  dispatch(exchange: Exchange): void {
    const { target } = exchange
    // `OPTIONS *` asks about the server as a whole: whoever serves its root answers.
    const route = this.#router.route(exchange.host, target === '*' ? '/' : target)
    if (route.kind === 'refused') {
      this.#refuse(exchange, route.status === 404 ? 'FRONT_HIDDEN_SLASH' : 'FRONT_BAD_PATH')
      return
    }
    exchange.path = route.path
    if (route.access !== undefined) {
      if (!route.access(exchange.client.address)) {
        this.#refuse(exchange, 'FRONT_FORBIDDEN')
        return
      }
      exchange.isAdmitted = true
    }
    if (route.kind === 'none') {
      this.#refuse(exchange, 'FRONT_NOT_FOUND')
      return
    }
    const service = this.#services.get(route.worker)
    if (service === undefined) {
      this.#refuse(exchange, 'LB_UNKNOWN_WORKER')
      return
    }
    exchange.overrides = route.overrides
    exchange.forwardPath = route.forward
    if (target !== '*') exchange.forwardTarget = withQuery(target, route.forward)
    service.serve(exchange)
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
