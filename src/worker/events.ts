/** What a worker tells its surroundings, for logs, dashboards and tests; told apart by `type`. */
import type { ClusterEvent } from '../cluster/index.ts'
import type { ConnectorEvent } from '../connector/index.ts'
import type { SessionEvent } from '../session/index.ts'

export type WorkerEvent =
  /** The app threw or rejected; the request was answered with 500, or cut if its answer had begun. */
  | { readonly type: 'app-failed'; readonly method: string; readonly url: string; readonly error: unknown }
  | { readonly type: 'cluster'; readonly event: ClusterEvent }
  /** What an AJP connector refused, cut or could not finish. */
  | { readonly type: 'connector'; readonly event: ConnectorEvent }
  | { readonly type: 'session'; readonly event: SessionEvent }
  /** The store of the sessions could not be reached, or the connection broke; it is tried again. */
  | { readonly type: 'store-unreachable'; readonly error: unknown }

export type WorkerListener = (event: WorkerEvent) => void
