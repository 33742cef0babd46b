/** The three ways in which clients reach the same app. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createBalancer, type EndpointWorkerOptions } from '../../src/balancer/index.ts'
import { createConnector } from '../../src/connector/index.ts'
import { atEnd, type Owner } from '../kit/owner.ts'

export const ARRANGEMENTS = ['straight', 'over http', 'over ajp'] as const
/** `straight`: node:http alone, with which the others are compared. */
export type Arrangement = (typeof ARRANGEMENTS)[number]

/** Longer than any answer that is still read takes; shorter than what tests wait for. */
const HALF_CLOSED_MS = 500

const SECRET = 'between two ends'

/** Serves the app and gives the port that clients connect to. */
export async function arrange(owner: Owner, arrangement: Arrangement, handler: RequestListener): Promise<number> {
  if (arrangement === 'straight') return serveHttp(owner, handler)
  if (arrangement === 'over http') return balance(owner, { type: 'http', port: await serveHttp(owner, handler) })
  return balance(owner, { type: 'ajp13', port: await serveAjp(owner, handler), secret: SECRET })
}

async function serveHttp(owner: Owner, handler: RequestListener): Promise<number> {
  const server = createServer(handler)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  atEnd(owner, async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  })
  return (server.address() as AddressInfo).port
}

async function balance(owner: Owner, worker: EndpointWorkerOptions): Promise<number> {
  const balancer = createBalancer({
    listen: [{ host: '127.0.0.1', port: 0 }],
    workers: { app: { host: '127.0.0.1', ...worker } },
    workerList: ['app'],
    // A client that closes and one that only finished sending look the same from here; ours do not wait for long.
    timeouts: { halfClosedMs: HALF_CLOSED_MS },
    hosts: [{ names: [], mounts: [{ pattern: '/*', worker: 'app', source: 'mount' }], access: [] }],
  })
  await balancer.start()
  atEnd(owner, () => balancer.stop(0))
  return balancer.addresses()[0]!.port
}

/** With a secret, as it should be. */
async function serveAjp(owner: Owner, handler: RequestListener): Promise<number> {
  const connector = createConnector(handler, { port: 0, secret: SECRET })
  await connector.listen()
  atEnd(owner, () => connector.close(0))
  return connector.address!.port
}
