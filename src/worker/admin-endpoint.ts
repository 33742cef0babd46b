/**
 * A port of its own for who operates the worker: `GET /clowder/cluster` answers with a `ClusterStatus` as JSON. It is no
 * path of the app's connectors, because whatever stands before those would pass it on: a proxy on the same machine comes
 * from loopback as well, and many say nothing of whom they ask for. Off unless configured, on loopback only; and as a
 * second lock, questions that came through a proxy or from a page in a browser are refused. It changes nothing and knows
 * no values of sessions.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isLoopback } from '../addresses/index.ts'
import type { ClusterStatus } from './cluster-status.ts'
import type { EndpointAddress } from './endpoint.ts'
import { listen } from './listen.ts'

export const CLUSTER_PATH = '/clowder/cluster'
/** Operators and what they let watch; not users. */
const MAX_CONNECTIONS = 32
const HEAD_TIMEOUT_MS = 5000
const MAX_HEAD_BYTES = 4096
/** What proxies add. */
const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'] as const

export interface AdminEndpointOptions {
  /** An address of loopback. */
  readonly host: string
  /** 0 = any free port. */
  readonly port: number
}

export class AdminEndpoint {
  readonly #options: AdminEndpointOptions
  readonly #server: Server

  constructor(options: AdminEndpointOptions, status: () => ClusterStatus) {
    this.#options = options
    this.#server = createServer(
      { headersTimeout: HEAD_TIMEOUT_MS, requestTimeout: HEAD_TIMEOUT_MS, maxHeaderSize: MAX_HEAD_BYTES },
      (request, response) => answer(request, response, status),
    )
    this.#server.maxConnections = MAX_CONNECTIONS
  }

  listen(): Promise<EndpointAddress> {
    return listen(this.#server, this.#options)
  }

  /** May be called twice, and before `listen`. */
  stop(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

function answer(request: IncomingMessage, response: ServerResponse, status: () => ClusterStatus): void {
  const refusal = refusalOf(request)
  response.setHeader('cache-control', 'no-store')
  response.setHeader('x-content-type-options', 'nosniff')
  if (refusal !== undefined) {
    response.statusCode = refusal.status
    if (refusal.status === 405) response.setHeader('allow', 'GET, HEAD')
    response.setHeader('content-type', 'text/plain')
    response.end(`${refusal.why}\n`)
    return
  }
  response.setHeader('content-type', 'application/json')
  response.end(`${JSON.stringify(status())}\n`)
}

function refusalOf({ method, url = '', headers }: IncomingMessage): { status: number; why: string } | undefined {
  const through = FORWARDED.find((field) => headers[field] !== undefined)
  if (through !== undefined) return { status: 403, why: `asked through a proxy (${through}); ask the worker itself` }
  // A name that a page had resolved to 127.0.0.1 would make a browser ask us in that page's name (DNS rebinding).
  if (!isLoopbackName(headers.host)) return { status: 403, why: 'ask for it by 127.0.0.1, [::1] or localhost' }
  const site = headers['sec-fetch-site']
  if (headers.origin !== undefined || (site !== undefined && site !== 'none' && site !== 'same-origin'))
    return { status: 403, why: 'not for pages of other sites' }
  const query = url.indexOf('?')
  if ((query === -1 ? url : url.slice(0, query)) !== CLUSTER_PATH) return { status: 404, why: `see ${CLUSTER_PATH}` }
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, why: 'only to be read' }
  return undefined
}

/** With a port or without. */
function isLoopbackName(host = ''): boolean {
  return isLoopback(host.replace(/:\d{1,5}$/, '').replace(/^\[(.*)\]$/, '$1'))
}
