/** What the connector refuses, cuts or fails with, and what happens next. What breaks the protocol itself is in src/ajp. */

const CONFIGURE = 'make the options of the connector and of the web server agree'

export const connectorErrors = {
  CONNECTOR_OPTIONS: {
    says: 'an option has a value that cannot be used; nothing was started',
    next: 'correct every problem in the list',
  },
  CONNECTOR_LISTEN: {
    says: 'the address could not be listened on',
    next: 'stop what listens there, or choose another port',
  },
  CONNECTOR_FULL: {
    says: 'more connections than maxConnections; the newest was closed',
    next: 'raise maxConnections, or let the web server keep fewer connections',
  },
  CONNECTOR_PEER: {
    says: 'a peer that is not in the list of allowed ones; its connection was closed',
    next: CONFIGURE,
  },
  CONNECTOR_SECRET: { status: 403, says: 'a request without the secret, or with another one', next: CONFIGURE },
  CONNECTOR_ATTRIBUTE: {
    status: 403,
    says: 'a request attribute whose name is not allowed',
    next: 'if the attribute is meant, allow its name with allowedRequestAttributesPattern',
  },
  CONNECTOR_CONNECT: {
    status: 501,
    says: 'CONNECT asks for a tunnel, which AJP does not have; node:http does not give it to the application either',
    next: 'nothing: let the web server refuse it',
  },
  CONNECTOR_PACKET_TIMEOUT: {
    says: 'a packet began and did not end within packetTimeoutMs',
    next: 'check that a peer that speaks AJP/1.3 is at the other end, and the network between',
  },
  CONNECTOR_BODY_TIMEOUT: {
    says: 'a packet of the request body did not come within connectionTimeoutMs',
    next: 'raise connectionTimeoutMs if clients are that slow',
  },
  CONNECTOR_BODY_OWED: {
    says: 'the answer was complete, and a packet of the request body that is due did not come within bodyGraceMs',
    next: 'nothing: the connection was closed behind the answer',
  },
  CONNECTOR_PEER_LEFT: {
    says: 'the web server closed the connection in the middle of a request',
    next: 'nothing if the client went away; else look at the timeouts of the web server',
  },
  CONNECTOR_ANSWER_SHORT: {
    says: 'the application ended its answer before the Content-Length that it had set; the connection was cut, so that nobody takes the answer for whole',
    next: 'let the application set the right length, or none',
  },
  CONNECTOR_ANSWER_LONG: {
    says: 'the application wrote more than the Content-Length that it had set; the answer was sent without the surplus',
    next: 'let the application set the right length, or none',
  },
  CONNECTOR_STOPPED: {
    says: 'a request was cut because it did not end within the grace of close()',
    next: 'give close() more time, or end requests sooner',
  },
  CONNECTOR_RAW_WRITE: {
    says: 'the application wrote to req.socket; there is no HTTP connection that could carry it',
    next: 'answer with the response object',
  },
} as const

export type ConnectorErrorCode = keyof typeof connectorErrors

export class ConnectorError extends Error {
  override readonly name = 'ConnectorError'
  readonly code: ConnectorErrorCode
  /** What the web server is answered, where it is answered. */
  readonly status: number | undefined

  constructor(code: ConnectorErrorCode, fact?: string, cause?: unknown) {
    const row: { readonly says: string; readonly status?: number } = connectorErrors[code]
    super(fact === undefined ? row.says : `${row.says}: ${fact}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.status = row.status
  }
}
