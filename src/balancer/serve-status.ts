/** Requests on a status worker: answered by a page that is made elsewhere, from a snapshot of this balancer. */
import { STATUS_CODES as reasons } from 'node:http'
import { asBytes } from './as-bytes.ts'
import type { Editor, EditProblem } from './edit-types.ts'
import { formatProblem } from './edit-words.ts'
import { attemptFailed, type BalancerEvent } from './events.ts'
import type { Exchange, Failure, Server } from './exchange.ts'
import { firstField } from './first-field.ts'
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
  /** As the front has authenticated; undefined where it does not. */
  readonly user: string | undefined
  /** A field of the request by its lower-case name; the first, where there are several. */
  field(name: string): string | undefined
}

export interface StatusAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Why a change that was asked for was not even tried, for the audit. */
  readonly refusedEdit?: string | EditProblem
}

/** A page may have to look something up first. */
export type StatusPage = (request: StatusRequest) => StatusAnswer | Promise<StatusAnswer>

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
    try {
      const answer = this.#page(this.#requestOf(exchange))
      if (!(answer instanceof Promise)) this.#answer(exchange, answer)
      else
        answer.then(
          (later) => this.#answer(exchange, later),
          (cause: unknown) => this.#cannotAnswer(exchange, cause),
        )
    } catch (cause) {
      this.#cannotAnswer(exchange, cause)
    }
  }

  #answer(exchange: Exchange, answer: StatusAnswer): void {
    const { refusedEdit } = answer
    if (refusedEdit !== undefined) {
      const reason = typeof refusedEdit === 'string' ? refusedEdit : formatProblem(refusedEdit)
      this.#onEvent({ type: 'edit-refused', by: editorOf(exchange), reason })
    }
    // The client may have gone meanwhile.
    if (!exchange.finished) send(exchange, answer)
  }

  /** Whoever wants to see how the balancer is doing must not bring it down. */
  #cannotAnswer(exchange: Exchange, cause: unknown): void {
    const failure: Failure = { code: 'LB_INTERNAL', stage: 'unsent', staleConnection: false, cause }
    this.#onEvent(attemptFailed(this.#name, exchange, failure, false))
    exchange.refuse(failure.code)
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
      user: exchange.user,
      field: (name) => firstField(exchange.fields, name),
    }
  }

  failed(exchange: Exchange, failure: Failure): void {
    exchange.refuse(failure.code)
  }

  finished(): void {
    // Nothing was counted.
  }
}

function editorOf(exchange: Exchange): Editor {
  return { address: exchange.client.address, user: exchange.user }
}

/** For HEAD the length a GET would have had travels as a field, and no body follows. */
function send(exchange: Exchange, { status, headers, body: page }: StatusAnswer): void {
  const body = asBytes(page)
  let text = `HTTP/1.1 ${status} ${reasons[status] ?? ''}\r\n`
  for (const [name, value] of Object.entries(headers)) text += `${name}: ${value}\r\n`
  if (exchange.method === 'HEAD') {
    text += `Content-Length: ${body.length}\r\n`
    exchange.whole({ status, text, framing: 'none', length: -1 }, '')
  } else {
    exchange.whole({ status, text, framing: 'length', length: body.length }, body)
  }
}
