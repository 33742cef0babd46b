/** What a connector reports. Nothing in here is secret, and nothing of a request but its method and path. */
import type { AjpError } from '../ajp/index.ts'
import type { ConnectorError } from './errors.ts'

export interface PeerAddress {
  readonly address: string
  readonly port: number
}

/** What happened: `error.code` says why, and its row in the table of errors what to try. */
export interface ConnectorEvent {
  /**
   * `refused`: a connection, or a request that was answered with an error status and never reached the application.
   * `dropped`: a connection was cut because its peer broke the protocol or was too slow.
   * `aborted`: a request ended before its answer was complete, or its answer was cut off where its Content-Length ends.
   * `replaced`: the answer of the application could not be sent; the web server got a 500.
   * `closed`: a connection was closed behind a complete answer, because it could not be used again.
   */
  readonly type: 'refused' | 'dropped' | 'aborted' | 'replaced' | 'closed'
  readonly error: AjpError | ConnectorError
  readonly peer: PeerAddress
  /** Of the request concerned, if there is one. */
  readonly request?: { readonly method: string; readonly path: string }
}
