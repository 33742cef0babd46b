/** What a worker knows of its listeners, whatever they speak. */

export interface Endpoint {
  readonly protocol: 'ajp' | 'http'
  /** Requests that are being answered. */
  readonly busy: number
  /** Rejects with WORKER_LISTEN when the address cannot be listened on. */
  listen(): Promise<EndpointAddress>
  /**
   * Accepts nothing new at once, finishes what is in flight, closes what is idle; what is not done after `graceMs` is cut.
   * May be called twice, and before `listen`.
   */
  stop(graceMs: number): Promise<void>
}

export interface EndpointAddress {
  readonly host: string
  readonly port: number
}
