/**
 * Which route a session goes by on this node: what Tomcat's JvmRouteBinderValve decides after a failover
 * (tomcat-cluster.md 6.11). The session's key stays; only the route behind it changes, and the client must be told.
 */

export interface Binding {
  /** What ids of this session end in from now on. */
  readonly route: string
  /** The client presented another route (or none): it needs a new cookie, or the balancer would keep missing us. */
  readonly moved: boolean
}

/**
 * As in Tomcat, a node without a route leaves ids alone. Other than in Tomcat, an id without a route is bound too: there
 * the balancer would have nothing to stick to until the session ends.
 */
export function bindRoute(presentedRoute: string, localRoute: string): Binding {
  return localRoute === ''
    ? { route: presentedRoute, moved: false }
    : { route: localRoute, moved: presentedRoute !== localRoute }
}
