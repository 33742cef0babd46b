/**
 * What lies below every framework: an app's own use of node:http's request and response. Each app mounts these under
 * `/raw/` through the way out that its framework offers.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Journal, Visit } from '../journal.ts'
import { RAW_CONNECTIONS } from './raw-connections.ts'
import { RAW_RESPONSES } from './raw-responses.ts'
import { RAW_STREAMS } from './raw-streams.ts'

export interface RawContext {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly visit: Visit
  readonly files: string
}

export type RawRoute = (context: RawContext) => void | Promise<void>

const ROUTES: ReadonlyMap<string, RawRoute> = new Map([...RAW_RESPONSES, ...RAW_STREAMS, ...RAW_CONNECTIONS])

/** Whether the request was for one of these routes, and is being answered. */
export function serveRaw(request: IncomingMessage, response: ServerResponse, journal: Journal, files: string): boolean {
  const route = ROUTES.get(/^\/raw\/([^?]*)/.exec(request.url ?? '')?.[1] ?? '')
  if (route === undefined) return false
  const visit = journal.of(request)
  visit.isBusy = true
  const run = async () => route({ request, response, visit, files })
  run()
    .catch((error: unknown) => visit.event(`route failed: ${error}`))
    .finally(() => {
      visit.isBusy = false
    })
  return true
}
