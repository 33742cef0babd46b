/** Requests on a status worker: answered by a page that is made elsewhere, from a snapshot of this balancer. */
import { STATUS_CODES as reasons } from 'node:http'
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

  constructor(name: string, page: StatusPage) {
    this.#name = name
    this.#page = page
  }

  serve(exchange: Exchange): void {
    if (!exchange.isAdmitted && !isLocal(exchange.client.address)) {
      exchange.refuse('FRONT_FORBIDDEN')
      return
    }
    exchange.server = this
    const { target } = exchange
    const query = target.indexOf('?')
    const answer = this.#page({
      worker: this.#name,
      method: exchange.method,
      path: exchange.path,
      query: query === -1 ? '' : target.slice(query + 1),
      host: exchange.host,
      encrypted: exchange.client.encrypted,
      localPort: exchange.client.localPort,
      remoteAddress: exchange.client.address,
    })
    const body = Buffer.from(answer.body, 'utf8').toString('latin1')
    let text = `HTTP/1.1 ${answer.status} ${reasons[answer.status] ?? ''}\r\n`
    for (const [name, value] of Object.entries(answer.headers)) text += `${name}: ${value}\r\n`
    const isHead = exchange.method === 'HEAD'
    if (isHead) text += `Content-Length: ${body.length}\r\n`
    exchange.whole(
      { status: answer.status, text, framing: isHead ? 'none' : 'length', length: isHead ? -1 : body.length },
      isHead ? '' : body,
    )
  }

  failed(exchange: Exchange, failure: Failure): void {
    exchange.refuse(failure.code)
  }

  finished(): void {
    // Nothing was counted.
  }
}
