/** Requests on a worker that is mounted directly, without a balancer over it: its own retries and nothing else. */
import type { Clock } from '../clock/clock.ts'
import type { Endpoint } from './endpoint.ts'
import type { Outcome } from './errors.ts'
import { attemptFailed, type BalancerEvent } from './events.ts'
import type { Exchange, Failure, Server } from './exchange.ts'
import { isReplyTimeout, mayRetry, outcomeOf, pauseBefore } from './retry.ts'
import { beginRequest, endRequest } from './worker-life.ts'

export class EndpointServer implements Server {
  readonly endpoint: Endpoint
  readonly #clock: Clock
  readonly #onEvent: (event: BalancerEvent) => void

  constructor(endpoint: Endpoint, clock: Clock, onEvent: (event: BalancerEvent) => void) {
    this.#onEvent = onEvent
    this.endpoint = endpoint
    this.#clock = clock
  }

  serve(exchange: Exchange): void {
    exchange.server = this
    exchange.workerAttempts = 1
    beginRequest(this.endpoint.numbers)
    this.endpoint.attempt(exchange, false)
  }

  failed(exchange: Exchange, failure: Failure): void {
    const { options } = this.endpoint
    if (isReplyTimeout(failure.code)) exchange.replyTimeouts++
    const decision = mayRetry(failure, exchange, options)
    this.#onEvent(attemptFailed(options.name, exchange, failure, decision !== 'no'))
    if (decision === 'fresh-connection') {
      this.endpoint.attempt(exchange, true)
    } else if (decision === 'same-worker') {
      exchange.workerAttempts++
      this.#clock.after(pauseBefore(decision, options), () => {
        if (!exchange.finished) this.endpoint.attempt(exchange, true)
      })
    } else {
      this.#end(exchange, outcomeOf(failure))
      // It has ended here: `finished` is not to count it again.
      exchange.server = undefined
      exchange.refuse(failure.code)
    }
  }

  finished(exchange: Exchange, aborted: boolean): void {
    this.#end(exchange, aborted ? 'client-error' : 'ok')
  }

  #end(exchange: Exchange, outcome: Outcome): void {
    endRequest(this.endpoint.numbers, outcome, exchange, this.#clock.monotonic())
  }
}
