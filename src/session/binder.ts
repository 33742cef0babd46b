/**
 * Which id a session goes by on this node: what Tomcat's JvmRouteBinderValve decides after a failover
 * (tomcat-cluster.md 6.11). The session's key stays; only the route behind it changes, and the client must be told.
 */
import { formatSessionId, type PresentedId } from './session-id.ts'

export interface Binding {
  /** The id to answer with. */
  readonly id: string
  /** The client presented another route (or none): it needs a new cookie, or the balancer would keep missing us. */
  readonly moved: boolean
}

/**
 * As in Tomcat, a node without a route leaves ids alone. Other than in Tomcat, an id without a route is bound too: there
 * the balancer would have nothing to stick to until the session ends.
 */
export function bindRoute(presented: PresentedId, localRoute: string): Binding {
  const moved = localRoute !== '' && presented.route !== localRoute
  return { id: formatSessionId(presented.key, moved ? localRoute : presented.route), moved }
}
