/** Requests on a status worker: answered by a page that is made elsewhere, from a snapshot of this balancer. */
import { STATUS_CODES as reasons } from 'node:http'
import { attemptFailed, type BalancerEvent } from './events.ts'
import type { Exchange, Failure, Server } from './exchange.ts'
import { compileNetworks } from './networks.ts'

export interface StatusRequest {
  /** Name of the status worker. */
  readonly worker: string
  readonly method: string
  /** The cleaned path the worker is mounted on. */
  readonly path: string
  /** What stands behind the first `?`, without it; empty for none. */
  readonly query: string
  readonly host: string
  readonly encrypted: boolean
  readonly localPort: number
  readonly remoteAddress: string
}

export interface StatusAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type StatusPage = (request: StatusRequest) => StatusAnswer

/** Without an access rule for its path, a status page is for this machine alone. */
const isLocal = compileNetworks(['local'])

export class StatusServer implements Server {
  readonly #name: string
  readonly #page: StatusPage
  readonly #onEvent: (event: BalancerEvent) => void

  constructor(name: string, page: StatusPage, onEvent: (event: BalancerEvent) => void) {
    this.#name = name
    this.#page = page
    this.#onEvent = onEvent
  }

  serve(exchange: Exchange): void {
    if (!exchange.isAdmitted && !isLocal(exchange.client.address)) {
      exchange.refuse('FRONT_FORBIDDEN')
      return
    }
    exchange.server = this
    let answer: StatusAnswer
    try {
      answer = this.#page(this.#requestOf(exchange))
    } catch (cause) {
      // Whoever wants to see how the balancer is doing must not bring it down.
      const failure: Failure = { code: 'LB_INTERNAL', stage: 'unsent', staleConnection: false, cause }
      this.#onEvent(attemptFailed(this.#name, exchange, failure, false))
      exchange.refuse(failure.code)
      return
    }
    send(exchange, answer)
  }

  #requestOf(exchange: Exchange): StatusRequest {
    const { target } = exchange
    const query = target.indexOf('?')
    return {
      worker: this.#name,
      method: exchange.method,
      path: exchange.path,
      query: query === -1 ? '' : target.slice(query + 1),
      host: exchange.host,
      encrypted: exchange.client.encrypted,
      localPort: exchange.client.localPort,
      remoteAddress: exchange.client.address,
    }
  }

  failed(exchange: Exchange, failure: Failure): void {
    exchange.refuse(failure.code)
  }

  finished(): void {
    // Nothing was counted.
  }
}

/** For HEAD the length a GET would have had travels as a field, and no body follows. */
function send(exchange: Exchange, { status, headers, body: page }: StatusAnswer): void {
  const body = Buffer.from(page, 'utf8').toString('latin1')
  let text = `HTTP/1.1 ${status} ${reasons[status] ?? ''}\r\n`
  for (const [name, value] of Object.entries(headers)) text += `${name}: ${value}\r\n`
  if (exchange.method === 'HEAD') {
    text += `Content-Length: ${body.length}\r\n`
    exchange.whole({ status, text, framing: 'none', length: -1 }, '')
  } else {
    exchange.whole({ status, text, framing: 'length', length: body.length }, body)
  }
}
