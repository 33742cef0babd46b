/** One AJP listener of a worker: the connector of `connector/`, with the face that a worker knows of its HTTP listeners. */

import type { Clock } from '../clock/clock.ts'
import { type Connector, type ConnectorEvent, type ConnectorOptions, createConnector } from '../connector/index.ts'
import type { Endpoint, EndpointAddress } from './endpoint.ts'
import { WorkerError } from './errors.ts'
import type { RequestHandler } from './load-app.ts'

/** A worker hands in clock and listener itself. */
export type AjpEndpointOptions = Omit<ConnectorOptions, 'clock' | 'onEvent'>

export class AjpEndpoint implements Endpoint {
  readonly protocol = 'ajp'
  readonly #connector: Connector

  constructor(
    options: AjpEndpointOptions,
    handler: RequestHandler,
    clock: Clock,
    onEvent: (event: ConnectorEvent) => void,
  ) {
    this.#connector = createConnector(handler, { ...options, clock, onEvent })
  }

  get busy(): number {
    return this.#connector.snapshot().busy
  }

  async listen(): Promise<EndpointAddress> {
    try {
      await this.#connector.listen()
    } catch (error) {
      throw new WorkerError('WORKER_LISTEN', (error as Error).message, error)
    }
    return this.#connector.address!
  }

  stop(graceMs: number): Promise<void> {
    return this.#connector.close(graceMs)
  }
}
