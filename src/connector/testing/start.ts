/** A connector on a free loopback port for a test, with what it reports. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { atEnd, type Owner } from '../../../test/kit/owner.ts'
import { type Connector, createConnector } from '../connector.ts'
import type { ConnectorEvent } from '../events.ts'
import type { ConnectorOptions } from '../options.ts'
import { WebServer } from './web-server.ts'

export interface Started {
  readonly connector: Connector
  readonly port: number
  readonly events: ConnectorEvent[]
  /** `type code` of each event, in order. */
  reported(): string[]
  connect(): Promise<WebServer>
}

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

export async function start(owner: Owner, handler: Handler, options: ConnectorOptions = {}): Promise<Started> {
  const events: ConnectorEvent[] = []
  const connector = createConnector(handler, {
    port: 0,
    secretRequired: false,
    onEvent: (event) => events.push(event),
    ...options,
  })
  await connector.listen()
  atEnd(owner, () => connector.close(0))
  const { port } = connector.address!
  return {
    connector,
    port,
    events,
    reported: () => events.map(({ type, error }) => `${type} ${error.code}`),
    connect: () => WebServer.connect(owner, port),
  }
}

/** The whole body of a request. */
export async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** A promise, and what keeps it. */
export function signal(): { readonly passed: Promise<void>; open(): void } {
  let open = () => {}
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open: () => open() }
}
