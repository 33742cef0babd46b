/** What the connections of one connector share: options, counters, the writer, the time. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { getBodyPacket, PacketWriter } from '../ajp/index.ts'
import type { AjpConnection } from './connection.ts'
import { createGate, type Gate } from './gate.ts'
import type { ResolvedConnectorOptions } from './options.ts'
import type { SharedWriter } from './output.ts'

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => unknown

export class ConnectorState {
  readonly options: ResolvedConnectorOptions
  readonly handler: RequestHandler
  readonly gate: Gate
  readonly shared: SharedWriter
  /** GET_BODY_CHUNK for as much as fits. */
  readonly getBody: Buffer
  readonly connections = new Set<AjpConnection>()
  busy = 0
  requests = 0
  refused = 0
  /** Called when a connection has gone. */
  connectionClosed: () => void = () => {}
  #dateSecond = Number.NaN
  #date = ''

  constructor(handler: RequestHandler, options: ResolvedConnectorOptions) {
    this.handler = handler
    this.options = options
    this.gate = createGate(options.secret, options.allowedAttributes)
    this.shared = { writer: new PacketWriter(options.packetSize) }
    this.getBody = getBodyPacket(options.packetSize)
  }

  /** For the Date header; made once a second. */
  readonly date = (): string => {
    const second = Math.floor(this.options.clock.now() / 1_000)
    if (second !== this.#dateSecond) {
      this.#dateSecond = second
      this.#date = new Date(second * 1_000).toUTCString()
    }
    return this.#date
  }
}
